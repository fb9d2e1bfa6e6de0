/**
 * Spoiled requests, answers and receipts in real homes: whatever comes, a message has all of its effects or
 * none, and the honest transfer afterwards goes through.
 */
import { readdir } from "node:fs/promises";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../daemon/errors.ts";
import { newMessageId, newStreamId, newTransferId } from "../../daemon/ids.ts";
import { unseal } from "../../daemon/keys/unseal.ts";
import type { MessageOutRow, PacketOutRow } from "../../daemon/ledger/tables.ts";
import { readEnvelope, writeMessage } from "../../daemon/packet/envelope.ts";
import type { Receipt, TransferResponse } from "../../daemon/packet/model.gen.ts";
import {
  asking,
  leave,
  type Letter,
  packetXml,
  ping,
  receiptFor,
  sealed,
  signedRequest,
  writerAt,
} from "../forge.ts";
import { dropRelease, newWorld, office, withLedger, type World } from "../homes.ts";
import { dropRequests } from "../notices/mailed.ts";
import { claimOn, configure } from "../scene.ts";
import { releaseOf, responseOf } from "../transfer/cast.ts";
import { COUNT, empty, leaveSpoiled, meetWell, someSpoilings } from "./boxes.ts";
import { holds } from "./runs.ts";
import { expectWhole } from "./whole.ts";
import { heard } from "../packet/heard.ts";

const AT = new Date("2024-07-19T14:00:00Z");

interface Scene {
  readonly world: World;
  /** Valley asks. */
  readonly there: Letter;
  /** Prairie answers. */
  readonly back: Letter;
}

async function newScene(): Promise<Scene> {
  const world = await newWorld();
  const [valley, prairie] = await Promise.all([writerAt(world.valley), writerAt(world.prairie)]);
  const there = { from: valley, to: prairie, at: AT };
  return { world, there, back: { from: prairie, to: valley, at: AT } };
}

describe("spoiled requests", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await newScene();
  });
  afterAll(() => scene.world[Symbol.asyncDispose]());

  async function askingPacket(): Promise<Uint8Array> {
    const { valley, prairie } = scene.world;
    const request = asking(valley, prairie, AT, { TransferId: newTransferId() });
    const manifest = writeMessage("Manifest", {
      MessageId: newMessageId(),
      ManifestDateTime: "2024-07-19T14:00:00Z",
      Stream: newStreamId(),
      LastSequence: "1",
      AuditHead: "0".repeat(64),
    });
    const messages = [ping(AT), await signedRequest(request, scene.there), manifest];
    return packetXml(scene.there, {}, messages);
  }

  it("open transfers whole or not at all, and an honest one comes through", async () => {
    const { world, there } = scene;
    const { valley, prairie } = world;
    const whole = fc.asyncProperty(someSpoilings, async (spoilings) => {
      const goods = await Promise.all(Array.from({ length: 2 * COUNT }, askingPacket));
      await leaveSpoiled(world, { letter: there, to: prairie }, goods, spoilings);
      await meetWell(world, prairie);
      await expectWhole(prairie);
      await empty(world, valley);
    });
    await holds("homes with spoiled requests", whole, { short: 3, dear: 400 });
    const before = await readdir(office(prairie, "requests"));
    const name = await leave(world, prairie, await sealed(await askingPacket(), there));
    await meetWell(world, prairie);
    expect(await claimOn(prairie, name)).toMatchObject({ state: "RECORDED", code: null });
    expect(await readdir(office(prairie, "requests"))).toHaveLength(before.length + 1);
    await expectWhole(prairie);
  });
});

describe("spoiled answers", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await newScene();
  });
  afterAll(() => scene.world[Symbol.asyncDispose]());

  const transfers = () =>
    withLedger(scene.world.valley, (ledger) =>
      ledger.selectFrom("transfers").selectAll().orderBy("transfer_id").execute(),
    );
  const taken = () =>
    withLedger(scene.world.valley, (ledger) =>
      ledger.selectFrom("messages_in").selectAll().where("state", "=", "TAKEN").execute(),
    );

  /** Two for each packet, and the honest one. */
  const ASKED = 4 * COUNT + 1;

  type Asked = Awaited<ReturnType<typeof transfers>>[number];

  /** Of two transfers each packet says something: two releases, or one and an answer. */
  function answering(asked: readonly Asked[], index: number): Uint8Array {
    const isAnswering = index % 3 === 0;
    const said = asked.map((each, at) => saying(each, at === 0 && isAnswering ? index : null));
    return packetXml(scene.back, {}, [ping(AT), ...said]);
  }

  /** @param answer which of the answers; `null`: a release */
  function saying({ transfer_id, request_message_id }: Asked, answer: number | null): Uint8Array {
    const { from, to } = scene.back;
    const about = { TransferId: transfer_id, RequesterId: to.id, RespondsTo: request_message_id };
    if (answer === null) {
      return writeMessage("TransferRelease", {
        ...releaseOf({ ...about, MessageId: newMessageId() }),
        ReleaseDateTime: "2024-07-19T14:00:00Z",
        ReleasingDistrict: { AgencyId: from.id, OrganizationName: "Example Prairie Schools" },
      });
    }
    const held: Partial<TransferResponse> = {
      ResponseStatus: "Hold",
      ReasonCode: "AwaitingFinalMarks",
    };
    const rejected: Partial<TransferResponse> = {
      ResponseStatus: "Rejected",
      ReasonCode: "NotOurStudent",
    };
    return writeMessage("TransferResponse", {
      ...responseOf(about),
      MessageId: newMessageId(),
      ...(answer % 2 ? held : rejected),
    });
  }

  it("move transfers whole or not at all, and an honest release comes through", async () => {
    const { world, back } = scene;
    const { valley, prairie } = world;
    let honest = "";
    const whole = fc.asyncProperty(someSpoilings, async (spoilings) => {
      const earlier = new Set((await transfers()).map(({ transfer_id: id }) => id));
      await dropRequests(world, ASKED, earlier.size);
      for (const home of [valley, prairie, valley]) await meetWell(world, home);
      const asked = (await transfers()).filter(({ transfer_id: id }) => !earlier.has(id));
      expect(asked).toHaveLength(ASKED);
      const before = new Set((await taken()).map(({ message_id: id }) => id));
      const goods = Array.from({ length: 2 * COUNT }, (_, index) =>
        answering(asked.slice(2 * index, 2 * index + 2), index),
      );
      await leaveSpoiled(world, { letter: back, to: valley }, goods, spoilings);
      await meetWell(world, valley);
      await expectWhole(valley);
      const arrived = (await taken()).filter(({ message_id: id }) => !before.has(id));
      const about = new Set(arrived.map(({ transfer_id: id }) => id));
      const versions = new Map(asked.map((row) => [row.transfer_id, row.version]));
      for (const { transfer_id: id, version, state } of await transfers()) {
        const isMoved = versions.has(id) && versions.get(id) !== version;
        if (isMoved) expect([id, state, about.has(id)]).toEqual([id, state, true]);
      }
      honest = asked.at(-1)?.reference ?? "";
      await empty(world, prairie);
    });
    await holds("homes with spoiled answers", whole, { short: 1, dear: 1000 });
    await dropRelease(world, honest);
    for (const home of [prairie, prairie, valley]) await meetWell(world, home);
    const [last] = (await transfers()).filter(({ reference }) => reference === honest);
    expect(last?.state).toBe("Delivered");
    await expectWhole(valley);
  });
});

describe("spoiled receipts", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await newScene();
    await configure(scene.world.valley, { at: ["limits", "messagesPerPacket"], value: 2 });
  });
  afterAll(() => scene.world[Symbol.asyncDispose]());

  interface Sent {
    readonly packet: PacketOutRow;
    readonly messages: readonly MessageOutRow[];
  }

  const sentPackets = (): Promise<Sent[]> =>
    withLedger(scene.world.valley, async (ledger) => {
      const packets = await ledger
        .selectFrom("packets_out")
        .selectAll()
        .orderBy("packet_id")
        .execute();
      const messages = await ledger
        .selectFrom("messages_out")
        .selectAll()
        .orderBy("position")
        .execute();
      const byPacket = Map.groupBy(messages, ({ packet_id: id }) => id);
      return packets
        .map((packet) => ({ packet, messages: byPacket.get(packet.packet_id) ?? [] }))
        .filter(({ packet }) => packet.receipt_due === 1);
    });

  /** What prairie could say of it, and sometimes does not take. */
  function receiptOf({ packet, messages }: Sent, index: number): Uint8Array {
    const isRefused = (position: number): boolean => (index + position) % 3 === 0;
    const receipt = receiptFor(packet, AT, {
      MessageReceipt: messages.map(({ position, sha256 }) => ({
        Position: String(position),
        MessageSha256: sha256 ?? "",
        ...(isRefused(position ?? 0)
          ? ({ Acknowledgment: "Resubmit", ErrorCode: "RULE_BROKEN" } as const)
          : ({ Acknowledgment: "Confirmation" } as const)),
      })),
    });
    return packetXml(scene.back, {}, [writeMessage("Receipt", receipt)]);
  }

  /** What a reader believes of these files, if it believes anything. */
  async function receiptsIn(files: readonly Uint8Array[]): Promise<Receipt[]> {
    const { from, to } = scene.back;
    const found: Receipt[] = [];
    for (const file of files) {
      try {
        const opened = await unseal(file, { ourKeys: [to.secret], maxBytes: 1_000_000 });
        const { content } = await opened.verify(from.key, AT);
        for (const each of readEnvelope(content).messages) {
          const { kind, body } = heard(each);
          if (kind === "Receipt") found.push(body);
        }
      } catch (error) {
        if (!isRefusal(error)) throw error;
      }
    }
    return found;
  }

  /** Is it a receipt of this packet and of what is in it, and does each message stand as it says? */
  function isAnsweredBy({ packet, messages }: Sent, receipt: Receipt): boolean {
    const { PacketId, SealedSha256, MessagesDigest, MessageReceipt = [] } = receipt;
    const isIts = PacketId ? PacketId === packet.packet_id : SealedSha256 === packet.sealed_sha256;
    if (!isIts || (MessagesDigest ?? packet.messages_digest) !== packet.messages_digest)
      return false;
    if (receipt.Acknowledgment === "Resubmit") {
      return messages.every(({ state }) => state === "REFUSED");
    }
    return messages.every(({ position, sha256, state }) => {
      const answer = MessageReceipt.find(({ Position }) => Position === String(position));
      const said = answer?.Acknowledgment === "Resubmit" ? "REFUSED" : "CONFIRMED";
      return answer?.MessageSha256 === sha256 && state === said;
    });
  }

  it("answer packets whole or not at all, and the true receipts come through", async () => {
    const { world, back } = scene;
    const { valley, prairie } = world;
    const whole = fc.asyncProperty(someSpoilings, async (spoilings) => {
      const earlier = new Set((await sentPackets()).map(({ packet }) => packet.packet_id));
      await dropRequests(world, 4 * COUNT, 2 * earlier.size);
      await meetWell(world, valley);
      const isNew = ({ packet }: Sent): boolean => !earlier.has(packet.packet_id);
      const sent = (await sentPackets()).filter(isNew);
      expect(sent).toHaveLength(2 * COUNT);
      const files = await leaveSpoiled(
        world,
        { letter: back, to: valley },
        sent.map(receiptOf),
        spoilings,
      );
      await meetWell(world, valley);
      const receipts = await receiptsIn(files);
      for (const each of (await sentPackets()).filter(isNew)) {
        const { packet, messages } = each;
        const standing = messages.map(({ state }) => state);
        if (packet.state === "SENT") expect(standing).toEqual(messages.map(() => "PACKED"));
        else
          expect([standing, receipts.some((receipt) => isAnsweredBy(each, receipt))]).toEqual([
            standing,
            true,
          ]);
      }
      await expectWhole(valley);
      for (const home of [prairie, valley]) await meetWell(world, home);
      const after = (await sentPackets()).filter(isNew);
      expect(after.filter(({ packet }) => packet.state === "SENT")).toEqual([]);
      expect(
        after.flatMap(({ messages }) => messages).filter(({ state }) => state === "PACKED"),
      ).toEqual([]);
      await expectWhole(valley);
    });
    await holds("homes with spoiled receipts", whole, { short: 1, dear: 1000 });
  });
});
