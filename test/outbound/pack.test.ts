import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PacketboatError } from "../../daemon/errors.ts";
import { newMessageId, newStreamId, parseAgencyId, sha256 } from "../../daemon/ids.ts";
import { type Ledger, openLedger } from "../../daemon/ledger/connect.ts";
import { readContent, replaceContent } from "../../daemon/ledger/content.ts";
import {
  addMessage,
  attachmentsOf,
  markAttachment,
  markEnclosed,
  messagesDue,
  messagesOf,
  nameAttachment,
  packetsIn,
  withdrawMessage,
} from "../../daemon/ledger/outgoing.ts";
import type { MessageOutRow } from "../../daemon/ledger/tables.ts";
import { attachmentsFirst, unseal } from "../../daemon/outbound/deliver.ts";
import { pack } from "../../daemon/outbound/pack.ts";
import { seal } from "../../daemon/outbound/seal.ts";
import { writePacket } from "../../daemon/packet/envelope.ts";
import { headerOf, ping, stranger } from "../forge.ts";
import { agency, codeOf } from "../keys/people.ts";
import { district } from "../transfer/cast.ts";

const AT = new Date("2024-07-19T14:00:00Z");
const US = parseAgencyId("3900417");
const TO = parseAgencyId("2700105");

let folder: string;
let ledger: Ledger;
/** The codes of what was told to be damaged. */
let refused: string[];
beforeEach(async () => {
  refused = [];
  folder = await mkdtemp(join(tmpdir(), "packetboat-pack-"));
  ledger = await openLedger(join(folder, "ledger.sqlite"));
});
afterEach(async () => {
  await ledger.destroy();
  await rm(folder, { recursive: true });
});

/** So many pings wait, and their bytes are settled. */
async function enclosed(count: number): Promise<MessageOutRow[]> {
  for (let number = 0; number < count; number++) {
    const messageId = newMessageId();
    const bytes = ping(AT, messageId);
    await ledger.transaction().execute(async (db) => {
      const about = { to: TO, kind: "Ping" as const, transfer: null, documents: [] };
      await addMessage(db, { messageId, bytes, notBefore: AT, at: AT, ...about });
      await markEnclosed(db, messageId, sha256(bytes), "Ping");
    });
  }
  return messagesDue(ledger, { to: TO, at: AT, held: [], most: 1000 });
}

/** Make packets of them. @returns how many messages went into each */
async function fixed(
  waiting: readonly MessageOutRow[],
  limits = { messages: 100, bytes: 1_000_000 },
): Promise<number[]> {
  const policy = {
    holdBackMinutes: 0,
    allowDeclaredUser: true,
    annualNoticeCoversTransfers: true,
    unlawfulReasons: new Map(),
    requestDays: 60,
  };
  const facts = { us: district(US), processCode: "TEST" as const, policy, newMessageId };
  const noFlags = () =>
    Promise.resolve({ isFlagged: () => false, students: 0, mark: "", refusal: null });
  const damaged = (error: PacketboatError) => refused.push(error.code);
  const packing = { ledger, stream: newStreamId(), facts, flags: noFlags, limits, damaged, at: AT };
  const made: number[] = [];
  for await (const { messages } of pack(TO, waiting, packing)) made.push(messages);
  return made;
}

/** Pack so many pings under these limits. @returns how many went in each packet, and its bytes */
async function packed(count: number, limits: { messages: number; bytes: number }) {
  const made = await fixed(await enclosed(count), limits);
  expect(made.reduce((sum, messages) => sum + messages, 0)).toBe(count);
  const writer = await stranger(US, AT);
  const header = headerOf({ from: writer, to: writer, at: AT });
  const packets = await packetsIn(ledger, ["FIXED"], TO);
  return Promise.all(
    packets.map(async ({ packet_id, sequence }) => {
      const rows = await messagesOf(ledger, packet_id);
      const messages = await Promise.all(rows.map((row) => readContent(ledger, row.content_id)));
      return { sequence, messages: messages.length, bytes: writePacket(header, messages).length };
    }),
  );
}

describe("a packet", () => {
  it("holds as many messages as it may, and numbers go up", async () => {
    const packets = await packed(7, { messages: 3, bytes: 1_000_000 });
    expect(packets.map(({ messages, sequence }) => [messages, sequence])).toEqual([
      [3, 1],
      [3, 2],
      [1, 3],
    ]);
  });

  it("is never larger than its reader takes, header and all", async () => {
    const limit = 4096 + 20 * ping(AT).length;
    const packets = await packed(50, { messages: 100, bytes: limit });
    expect(packets.length).toBeGreaterThan(2);
    expect(packets.reduce((sum, { messages }) => sum + messages, 0)).toBe(50);
    for (const { bytes } of packets) expect(bytes).toBeLessThanOrEqual(limit);
  });

  it("holds one message at least, however large that is", async () => {
    const packets = await packed(2, { messages: 100, bytes: 10 });
    expect(packets.map(({ messages }) => messages)).toEqual([1, 1]);
  });
});

describe("a message that a disk has changed since it was settled", () => {
  const damage = async ({ content_id }: MessageOutRow) => {
    const bytes = await readContent(ledger, content_id);
    const at = Buffer.from(bytes).indexOf("</MessageId>") - 1;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await replaceContent(ledger, content_id, bytes);
  };

  it("is in no packet, and the others leave without it", async () => {
    const rows = await enclosed(3);
    const [, row] = rows;
    if (row) await damage(row);
    expect(await fixed(rows)).toEqual([2]);
    expect(refused).toEqual(["LEDGER_DAMAGED"]);
    const [packet] = await packetsIn(ledger, ["FIXED"], TO);
    const ids =
      packet && (await messagesOf(ledger, packet.packet_id)).map(({ message_id: id }) => id);
    expect(ids).toEqual(rows.filter((each) => each !== row).map(({ message_id: id }) => id));
  });

  it("is no damage if it was withdrawn meanwhile", async () => {
    const [row] = await enclosed(1);
    if (!row) throw new Error("nothing waits");
    await damage(row);
    await ledger
      .transaction()
      .execute((db) => withdrawMessage(db, row.message_id, AT.toISOString()));
    expect(await fixed([row])).toEqual([]);
    expect(refused).toEqual([]);
  });

  it("is not sealed, though its packet was made before", async () => {
    const [row] = await enclosed(1);
    expect(await fixed(row ? [row] : [])).toEqual([1]);
    if (row) await damage(row);
    const [packet] = await packetsIn(ledger, ["FIXED"], TO);
    const { secret, key } = await agency(US, "Us");
    const sealing = {
      ledger,
      us: US,
      signWith: secret,
      sealFor: key,
      processCode: "TEST" as const,
    };
    const sealed = packet && seal(packet, { ...sealing, sealed: folder, at: AT });
    expect(await codeOf(sealed ?? Promise.resolve())).toBe("LEDGER_DAMAGED");
  });
});

it("leaves the documents beside it once more, when its packet is to be sealed again", async () => {
  const messageId = newMessageId();
  const bytes = ping(AT, messageId);
  const documents = [
    { fileName: "a.pdf", mediaType: "application/pdf", stagedPath: join(folder, "a.pdf") },
  ] as const;
  await ledger.transaction().execute(async (db) => {
    const about = { to: TO, kind: "Ping" as const, transfer: null, documents };
    await addMessage(db, { messageId, bytes, notBefore: AT, at: AT, ...about });
    await markEnclosed(db, messageId, sha256(bytes), "Ping");
  });
  const [attachment] = await attachmentsOf(ledger, messageId);
  const id = attachment?.attachment_id ?? "";
  await nameAttachment(ledger, id, "a.att.pgp");
  await markAttachment(ledger, id, "SENT");
  await fixed(await messagesDue(ledger, { to: TO, at: AT, held: [], most: 1 }));
  const [packet] = await packetsIn(ledger, ["FIXED"], TO);
  if (!packet) throw new Error("no packet");
  expect(await attachmentsFirst(packet, ledger)).toEqual([]);
  await unseal(packet, { ledger, sealed: folder });
  expect(await attachmentsFirst(packet, ledger)).toMatchObject([{ sealed_name: "a.att.pgp" }]);
});

describe("messages that may leave", () => {
  it("are read a few at a time, receipts before all others, each once", async () => {
    const kinds = ["Ping", "Receipt", "Ping", "Ping", "Receipt", "Receipt", "Ping"] as const;
    await ledger.transaction().execute(async (db) => {
      for (const kind of kinds) {
        const messageId = newMessageId();
        const about = { to: TO, transfer: null, documents: [], notBefore: AT, at: AT };
        await addMessage(db, { ...about, kind, messageId, bytes: ping(AT, messageId) });
      }
    });
    const due = { to: TO, at: AT, held: [] };
    const whole = await messagesDue(ledger, { ...due, most: 100 });
    expect(whole.map(({ kind }) => kind)).toEqual(kinds.toSorted().toReversed());
    for (const most of [1, 2, 3, 4, 7]) {
      const read: MessageOutRow[] = [];
      for (let pages = 0; pages <= kinds.length; pages++) {
        read.push(...(await messagesDue(ledger, { ...due, after: read.at(-1), most })));
      }
      expect(read).toEqual(whole);
    }
  });
});
