/** Packets that cannot be taken yet, or cannot even be fetched: they stay in the box, and a person hears of it. */
import { chmod, readdir, readFile, rm, stat } from "node:fs/promises";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { exchange, type Exchange } from "../daemon/exchange.ts";
import { PacketboatError } from "../daemon/errors.ts";
import { claimFile } from "../daemon/ledger/incoming.ts";
import { resultOf } from "./commands/terminal.ts";
import { leave, type Letter, packetXml, sealed, writerAt } from "./forge.ts";
import {
  boxOf,
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
  configure,
  inBox,
  kept,
  messagesFrom,
  withParts,
} from "./scene.ts";
import { type Snapshot, snapshot } from "./snapshots.ts";

let world: World;
let atFirst: Snapshot;
let letter: Letter;
beforeAll(async () => {
  world = await newWorld();
  atFirst = await snapshot(world);
  const [from, to] = await Promise.all([writerAt(world.valley), writerAt(world.prairie)]);
  letter = { from, to, at: world.clock.now() };
});
beforeEach(() => atFirst.restore());
afterAll(async () => {
  await atFirst[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

const honest = (): Promise<Uint8Array> => sealed(packetXml(letter), letter);

describe("an upload that was cut short", () => {
  it("waits, and is taken when the whole file comes under its name", async () => {
    const { prairie } = world;
    const bytes = await honest();
    const name = await leave(world, prairie, bytes.subarray(0, bytes.length / 2));
    for (let times = 0; times < 3; times++) {
      const { exit, counts } = await meet(world, prairie);
      expect([exit, counts.waiting, counts.refused, counts.sent]).toEqual([0, 1, 0, 0]);
    }
    expect(await alertsWithCause(prairie)).toEqual(["PACKET_WAITING PACKET_CUT_SHORT"]);
    await leave(world, prairie, bytes, name);
    const { counts } = await meet(world, prairie);
    expect(counts).toMatchObject({ taken: 1, waiting: 0, sent: 1 });
    expect(await alertsAt(prairie)).toEqual([]);
    expect(await inBox(world, prairie)).toEqual([]);
  });

  it("is refused when it was not completed within a day, and kept", async () => {
    const { prairie, clock } = world;
    const cut = (await honest()).subarray(0, 300);
    const name = await leave(world, prairie, cut);
    await meet(world, prairie);
    clock.pass({ hours: 23 });
    expect((await meet(world, prairie)).counts).toMatchObject({ waiting: 1, refused: 0 });
    clock.pass({ hours: 2 });
    const { exit, counts } = await meet(world, prairie);
    expect([exit, counts.refused, counts.sent]).toEqual([10, 1, 0]);
    const claim = await claimOn(prairie, name);
    expect((await kept(prairie, claim?.claim_id))?.original).toEqual(Buffer.from(cut));
    expect(await alertsWithCause(prairie)).toEqual(["PACKET_REFUSED PACKET_CUT_SHORT"]);
    expect(await inBox(world, prairie)).toEqual([]);
  });

  it("closes its alert when its sender takes it away", async () => {
    const { prairie } = world;
    const name = await leave(world, prairie, (await honest()).subarray(0, 300));
    await meet(world, prairie);
    await rm(boxOf(world, prairie, name));
    expect((await meet(world, prairie)).counts).toMatchObject({ waiting: 0, refused: 0 });
    expect(await alertsAt(prairie)).toEqual([]);
    expect(await claimOn(prairie, name)).toMatchObject({ state: "GONE" });
  });
});

describe("a packet of the other mode", () => {
  it("is left in the box with one alert, however long it lies there", async () => {
    const { prairie, clock } = world;
    const xml = packetXml(letter, { DocumentProcessCode: "PRODUCTION" });
    const name = await leave(world, prairie, await sealed(xml, letter));
    for (const days of [0, 2, 40]) {
      clock.pass({ days });
      const { counts } = await meet(world, prairie);
      expect(counts).toMatchObject({ waiting: 1, refused: 0, taken: 0, sent: 0 });
    }
    expect(await inBox(world, prairie)).toEqual([name]);
    expect(await alertsWithCause(prairie)).toEqual(["PACKET_WAITING PACKET_PROCESS_CODE"]);
  });
});

describe("a file larger than is taken", () => {
  it("is not fetched, and stays in the box, for it is the only copy", async () => {
    const { prairie } = world;
    await configure(prairie, { at: ["limits", "packetMegabytes"], value: 1 });
    const big = Buffer.alloc(2 ** 20 + 2 ** 18, 0xc1);
    const name = await leave(world, prairie, big);
    await leave(world, prairie, await honest());
    const { exit, counts } = await meet(world, prairie);
    expect([exit, counts.taken, counts.refused]).toEqual([10, 1, 1]);
    expect((await meet(world, prairie)).exit).toBe(0);
    const claim = await claimOn(prairie, name);
    expect(claim).toMatchObject({ state: "QUARANTINED", code: "BOX_FILE_TOO_BIG" });
    expect(await kept(prairie, claim?.claim_id)).toMatchObject({
      original: null,
      reason: { file: name, code: "BOX_FILE_TOO_BIG" },
    });
    expect(await alertsWithCause(prairie)).toEqual(["PACKET_REFUSED BOX_FILE_TOO_BIG"]);
    expect(await readFile(boxOf(world, prairie, name))).toEqual(big);
  });
});

describe("a file that its owner lets nobody read", () => {
  it("waits in the box, and its neighbours are taken", async () => {
    const { prairie, valley } = world;
    await dropRequest(world);
    await meet(world, valley);
    const [name = ""] = await inBox(world, prairie);
    await chmod(boxOf(world, prairie, name), 0o600);
    await leave(world, prairie, await honest());
    expect((await meet(world, prairie)).counts).toMatchObject({ taken: 1, waiting: 1, sent: 1 });
    expect(await alertsWithCause(prairie)).toEqual(["PACKET_WAITING BOX_FILE_DENIED"]);
    await chmod(boxOf(world, prairie, name), 0o640);
    expect((await meet(world, prairie)).counts).toMatchObject({ taken: 1, waiting: 0 });
    expect(await openAlerts(prairie)).toEqual(["REQUEST_TO_RELEASE"]);
  });
});

/** Whoever would write a receipt fails. */
const BUG = `CREATE TRIGGER bug BEFORE INSERT ON messages_out WHEN NEW.kind = 'Receipt'
  BEGIN SELECT RAISE(ABORT, 'a bug'); END`;

describe("a packet that ended the program three times", () => {
  const died = (name: string, times: number) =>
    withLedger(world.prairie, (ledger) =>
      ledger
        .updateTable("packets_in")
        .set({ deaths: times })
        .where("file_name", "=", name)
        .execute(),
    );

  it("is refused unread at the fourth, and kept; its neighbours are taken", async () => {
    const { prairie } = world;
    const cut = await leave(world, prairie, (await honest()).subarray(0, 300));
    await meet(world, prairie);
    await died(cut, 3);
    await leave(world, prairie, await honest());
    const { exit, counts } = await meet(world, prairie);
    expect([exit, counts.taken, counts.refused]).toEqual([10, 1, 1]);
    expect(await alertsWithCause(prairie)).toEqual(["PACKET_REFUSED PACKET_POISONOUS"]);
    const claim = await claimOn(prairie, cut);
    expect(claim).toMatchObject({ state: "QUARANTINED", deaths: 0 });
    expect((await kept(prairie, claim?.claim_id))?.original).toHaveLength(300);
    expect(await inBox(world, prairie)).toEqual([]);
  });

  it("before it was ever here stays in the box", async () => {
    const { prairie } = world;
    const name = await leave(world, prairie, await honest());
    await withParts(prairie, world, async ({ ledger }) => {
      const { mtime, size } = await stat(boxOf(world, prairie, name));
      // The server tells whole seconds.
      const modifiedAt = new Date(Math.floor(mtime.getTime() / 1000) * 1000);
      await claimFile(ledger, { name, size, modifiedAt }, world.clock.now());
    });
    await died(name, 3);
    expect((await meet(world, prairie)).exit).toBe(10);
    const claim = await claimOn(prairie, name);
    expect(claim).toMatchObject({ state: "QUARANTINED", code: "PACKET_POISONOUS" });
    expect((await kept(prairie, claim?.claim_id))?.original).toBe(null);
    expect(await inBox(world, prairie)).toEqual([name]);
  });

  it("by a bug that came after its messages were taken, is kept, and gives its receipt once that is mended", async () => {
    const { prairie, valley } = world;
    await dropRequest(world);
    await meet(world, valley);
    const [name = ""] = await inBox(world, prairie);
    await withLedger(prairie, (ledger) => sql.raw(BUG).execute(ledger));
    for (let times = 0; times < 3; times++) {
      await expect(meet(world, prairie)).rejects.toThrow("a bug");
    }
    expect((await meet(world, prairie)).exit).toBe(10);
    const claim = await claimOn(prairie, name);
    expect(claim).toMatchObject({ state: "QUARANTINED", code: "PACKET_POISONOUS" });
    expect((await kept(prairie, claim?.claim_id))?.original).toHaveLength(claim?.size ?? 0);
    const alerts = ["PACKET_REFUSED PACKET_POISONOUS", "REQUEST_TO_RELEASE"];
    expect(await alertsWithCause(prairie)).toEqual(alerts);
    const words = ["quarantine", "explain", claim?.claim_id ?? "", "--config", prairie.configPath];
    expect(await resultOf(words, { now: world.clock.now() })).toMatchObject({
      mail: expect.not.stringContaining("nothing in it was taken") as unknown,
    });

    await withLedger(prairie, (ledger) => sql.raw("DROP TRIGGER bug").execute(ledger));
    const retry = ["quarantine", "retry", claim?.claim_id ?? "", "--config", prairie.configPath];
    await resultOf(retry, { now: world.clock.now() });
    expect(await meet(world, prairie)).toMatchObject({ exit: 0, counts: { sent: 1 } });
    expect(await readdir(office(prairie, "requests"))).toHaveLength(1);
    expect((await meet(world, valley)).exit).toBe(0);
    expect(await states(world)).toEqual(["RequestReceived", "RequestReceived"]);
    expect(await messagesFrom(valley)).toContainEqual(
      expect.objectContaining({ kind: "SignedRequest", state: "CONFIRMED" }),
    );
  });

  it("is none that our own disk kept from being recorded, however often", async () => {
    const { prairie, valley } = world;
    await dropRequest(world);
    await meet(world, valley);
    const [name = ""] = await inBox(world, prairie);
    await withParts(prairie, world, async (parts) => {
      // There was room when the exchange looked for it; then somebody else took it.
      const inbound: Exchange["inbound"] = (harbor) => ({
        ...parts.inbound(harbor),
        hear: () => Promise.reject(new PacketboatError("DISK_FULL", "no room is left")),
      });
      for (let times = 0; times < 5; times++) {
        const { failure, counts } = await exchange({ ...parts, inbound });
        expect([failure?.code, counts.taken, counts.refused]).toEqual(["DISK_FULL", 0, 0]);
        expect(await claimOn(prairie, name)).toMatchObject({ state: "FETCHED", deaths: 0 });
      }
    });
    expect((await meet(world, prairie)).counts).toMatchObject({ taken: 1, refused: 0, sent: 1 });
    expect(await alertsWithCause(prairie)).toEqual(["REQUEST_TO_RELEASE"]);
  });

  it("at the third is read once more", async () => {
    const { prairie } = world;
    const cut = await leave(world, prairie, (await honest()).subarray(0, 300));
    await meet(world, prairie);
    await died(cut, 2);
    expect((await meet(world, prairie)).counts).toMatchObject({ waiting: 1, refused: 0 });
    expect(await claimOn(prairie, cut)).toMatchObject({ state: "WAITING", deaths: 0 });
  });
});
