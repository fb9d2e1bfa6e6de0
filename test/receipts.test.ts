/** Receipts: given once, given again, believed only from whom they are due, and never answered. */
import { readdir, readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exchange, type ExchangeResult } from "../daemon/exchange.ts";
import { newPacketId, newStreamId, parseAgencyId, type Sha256 } from "../daemon/ids.ts";
import { writeMessage } from "../daemon/packet/envelope.ts";
import type { Receipt } from "../daemon/packet/model.gen.ts";
import {
  leave,
  type Letter,
  nameFrom,
  packetXml,
  ping,
  receiptFor,
  sealed,
  writerAt,
} from "./forge.ts";
import {
  asked,
  boxOf,
  type District,
  dropRelease,
  dropRequest,
  meet,
  newWorld,
  office,
  openAlerts,
  states,
  withLedger,
  type World,
} from "./homes.ts";
import {
  alertsAt,
  alertsWithCause,
  claimOn,
  digest,
  inBox,
  kept,
  messagesFrom,
  neighbour,
  receiptsFor,
  saidBy,
  withParts,
} from "./scene.ts";

const AT = new Date("2024-07-19T14:00:00Z");

let world: World;
let letter: Letter;
let back: Letter;

beforeAll(async () => {
  world = await newWorld();
  const [from, to] = await Promise.all([writerAt(world.valley), writerAt(world.prairie)]);
  letter = { from, to, at: AT };
  back = { from: to, to: from, at: AT };
});
afterAll(() => world[Symbol.asyncDispose]());

/** An exchange of a home that takes itself for another agency, and so refuses every packet. */
const meetAsAnother = (of: World, home: District): Promise<ExchangeResult> =>
  withParts(home, of, (parts) =>
    exchange({
      ...parts,
      inbound: (harbor) => {
        const inbound = parts.inbound(harbor);
        const us = { ...inbound.desk.us, AgencyId: parseAgencyId("2700999") };
        return { ...inbound, desk: { ...inbound.desk, us } };
      },
    }),
  );

/** Receipts that valley has not collected, of one sealed file or packet. */
const answersTo = async (which: Partial<Receipt>): Promise<Receipt[]> =>
  (await receiptsFor(world, world.valley, back)).filter((receipt) =>
    which.PacketId ? receipt.PacketId === which.PacketId : isOf(receipt, which),
  );

const isOf = (one: Partial<Receipt>, other: Partial<Receipt>): boolean =>
  one.SealedSha256 === other.SealedSha256;

describe("a packet that comes again", () => {
  it("under a new name is taken once, and given the same receipt, at most hourly", async () => {
    const { prairie, clock } = world;
    const PacketId = newPacketId();
    const bytes = await sealed(packetXml(letter, { PacketId }), letter);
    await leave(world, prairie, bytes);
    await meet(world, prairie);
    const again = await leave(world, prairie, bytes);
    expect((await meet(world, prairie)).counts).toMatchObject({ taken: 0, refused: 0, sent: 0 });
    expect(await claimOn(prairie, again)).toMatchObject({ state: "RECORDED", removed_from_box: 1 });
    expect(await answersTo({ PacketId })).toHaveLength(1);
    clock.pass({ hours: 1 });
    await leave(world, prairie, bytes);
    await leave(world, prairie, bytes);
    expect((await meet(world, prairie)).counts).toMatchObject({ taken: 0, sent: 1 });
    const [first, second, ...more] = await answersTo({ PacketId });
    expect(more).toEqual([]);
    expect({ ...second, MessageId: "" }).toEqual({ ...first, MessageId: "" });
    expect(await inBox(world, prairie)).toEqual([]);
  });

  it("with other messages is refused, and the first is not touched", async () => {
    const { prairie } = world;
    const PacketId = newPacketId();
    const first = await sealed(packetXml(letter, { PacketId }, [ping(AT)]), letter);
    const other = await sealed(packetXml(letter, { PacketId }, [ping(AT)]), letter);
    await leave(world, prairie, first);
    await meet(world, prairie);
    const name = await leave(world, prairie, other);
    expect((await meet(world, prairie)).exit).toBe(10);
    const claim = await claimOn(prairie, name);
    expect(claim).toMatchObject({ state: "QUARANTINED", code: "PACKET_CONFLICT" });
    expect((await kept(prairie, claim?.claim_id))?.original).toEqual(Buffer.from(other));
    expect((await answersTo({ SealedSha256: digest(other) })).map(saidBy)).toEqual([
      "Resubmit PACKET_CONFLICT",
    ]);
    expect((await answersTo({ PacketId })).map(saidBy)).toEqual(["Confirmation"]);
  });

  it("under the number of another is taken, and told of once", async () => {
    const { prairie } = world;
    const numbered = { Stream: newStreamId(), Sequence: "7" };
    for (let packet = 0; packet < 3; packet++) {
      await leave(world, prairie, await sealed(packetXml(letter, numbered), letter));
    }
    const { exit, counts } = await meet(world, prairie);
    expect([exit, counts.taken, counts.refused]).toEqual([0, 3, 0]);
    const told = (await alertsAt(prairie)).filter(({ code }) => code === "SEQUENCE_REPEATED");
    expect(told).toMatchObject([{ facts: { sequence: 7 }, agency: { id: letter.from.id } }]);
  });

  it("and was refused is told so again at most hourly", async () => {
    const { prairie, clock } = world;
    const bad = await sealed("<Nothing/>", letter);
    for (let copy = 0; copy < 3; copy++) await leave(world, prairie, bad);
    await meet(world, prairie);
    await leave(world, prairie, bad);
    await meet(world, prairie);
    expect(await answersTo({ SealedSha256: digest(bad) })).toHaveLength(1);
    clock.pass({ hours: 1 });
    await leave(world, prairie, bad);
    await meet(world, prairie);
    expect(await answersTo({ SealedSha256: digest(bad) })).toHaveLength(2);
  });
});

describe("a receipt is refused, answered by nobody, and changes nothing", () => {
  let fresh: World;
  let corners: District;
  beforeAll(async () => {
    fresh = await newWorld();
    corners = await neighbour(fresh);
    await dropRequest(fresh);
    await meet(fresh, fresh.valley);
  });
  afterAll(() => fresh[Symbol.asyncDispose]());

  /** What valley sent, as its reader could know it. */
  const packetSent = () =>
    withLedger(fresh.valley, async (ledger) => {
      const packet = await ledger.selectFrom("packets_out").selectAll().executeTakeFirstOrThrow();
      const messages = ledger.selectFrom("messages_out").selectAll();
      return { packet, message: await messages.executeTakeFirstOrThrow() };
    });

  const receipt = async (changes: Partial<Receipt>): Promise<Receipt> => {
    const { packet, message } = await packetSent();
    return receiptFor(packet, fresh.clock.now(), {
      MessageReceipt: [
        {
          Position: "1",
          MessageSha256: message.sha256 as Sha256,
          Acknowledgment: "Resubmit",
          ErrorCode: "RULE_BROKEN",
        },
      ],
      ...changes,
    });
  };

  it.each([
    ["of a packet that was never sent", false, { PacketId: newPacketId() }],
    ["of other messages than were sent", false, { MessagesDigest: "1".repeat(64) }],
    [
      "of another message in the same place",
      false,
      {
        MessageReceipt: [
          { Position: "1", MessageSha256: "2".repeat(64), Acknowledgment: "Resubmit" },
        ] as const,
      },
    ],
    ["from an agency to which it was not sent", true, {}],
  ])("%s", async (_, isFromAnother, changes) => {
    const { valley, prairie } = fresh;
    const from = await writerAt(isFromAnother ? corners : prairie);
    const forged = { from, to: await writerAt(valley), at: AT };
    const said = writeMessage("Receipt", await receipt(changes as Partial<Receipt>));
    const name = await leave(
      fresh,
      valley,
      await sealed(packetXml(forged, {}, [said]), forged),
      nameFrom(from, valley),
    );
    const { exit, counts } = await meet(fresh, valley);
    expect([exit, counts.refused, counts.sent]).toEqual([10, 1, 0]);
    const claim = await claimOn(valley, name);
    expect((await kept(valley, claim?.claim_id))?.reason["refused"]).toMatchObject([
      { kind: "Receipt", code: "RECEIPT_INVALID" },
    ]);
    expect(await alertsWithCause(valley)).toContain("MESSAGE_REFUSED RECEIPT_INVALID");
    expect((await states(fresh))[0]).toBe("Requested");
    expect((await messagesFrom(valley)).map(({ state }) => state)).toEqual(["PACKED"]);
  });

  it("but one that is due is believed, and a second opinion later is not", async () => {
    const { valley, prairie } = fresh;
    const forged = { from: await writerAt(prairie), to: await writerAt(valley), at: AT };
    for (const changes of [
      {},
      { Acknowledgment: "Resubmit", ErrorCode: "PACKET_EXPIRED", MessageReceipt: undefined },
    ]) {
      const { MessageReceipt, ...said } = { ...(await receipt({})), ...changes } as Receipt;
      const body = MessageReceipt ? { ...said, MessageReceipt } : said;
      const xml = packetXml(forged, {}, [writeMessage("Receipt", body)]);
      await leave(fresh, valley, await sealed(xml, forged), nameFrom(prairie, valley));
      await meet(fresh, valley);
    }
    expect((await states(fresh))[0]).toBe("Rejected");
    expect((await packetSent()).packet.state).toBe("ACKED");
    expect((await messagesFrom(valley)).map(({ answer_code }) => answer_code)).toEqual([
      "RULE_BROKEN",
    ]);
  });
});

describe("two homes", () => {
  it("fall silent when everything has been said", async () => {
    await using fresh = await newWorld();
    const { valley, prairie } = fresh;
    await dropRelease(fresh, await asked(fresh));
    for (let round = 0; round < 3; round++) {
      for (const home of [prairie, valley]) await meet(fresh, home);
    }
    expect(await states(fresh)).toEqual(["Delivered", "Delivered"]);
    for (let round = 0; round < 5; round++) {
      for (const home of [prairie, valley]) {
        const { counts } = await meet(fresh, home);
        expect(counts).toMatchObject({ collected: 0, packed: 0, sent: 0 });
        expect(await inBox(fresh, home)).toEqual([]);
      }
    }
  });

  it("of which one refuses a packet: the other is told, and so is its registrar", async () => {
    await using fresh = await newWorld();
    const { valley, prairie, clock } = fresh;
    await dropRequest(fresh);
    await meet(fresh, valley);
    const [name = ""] = await inBox(fresh, prairie);
    const bytes = await readFile(boxOf(fresh, prairie, name));
    clock.pass({ days: 61 });
    expect((await meet(fresh, prairie)).exit).toBe(10);
    const claim = await claimOn(prairie, name);
    expect(claim).toMatchObject({ state: "QUARANTINED", code: "PACKET_EXPIRED" });
    expect((await kept(prairie, claim?.claim_id))?.original).toEqual(bytes);
    await meet(fresh, valley);
    expect((await states(fresh))[0]).toBe("Rejected");
    const alerts = await openAlerts(valley);
    expect(alerts).toContain("REQUEST_REFUSED");
    expect(alerts).toContain("PACKET_REFUSED_BY_PARTNER");
    expect(await readdir(office(prairie, "requests"))).toEqual([]);
  });

  it("that cannot read each other do not refuse each other's refusals for ever", async () => {
    await using fresh = await newWorld();
    const { valley, prairie, clock } = fresh;
    await dropRequest(fresh);
    await meet(fresh, valley);
    let sent = 0;
    for (let round = 0; round < 10; round++) {
      for (const home of [prairie, valley]) sent += (await meetAsAnother(fresh, home)).counts.sent;
      clock.pass({ minutes: 10 });
    }
    expect(sent).toBeLessThanOrEqual(2);
  });
});
