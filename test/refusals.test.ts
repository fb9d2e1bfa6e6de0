/** Packets that are refused whole: what is kept of them, who is told, and what lay beside them. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ExchangeResult } from "../daemon/exchange.ts";
import type { Receipt } from "../daemon/packet/model.gen.ts";
import { wireTime } from "../daemon/transfer/dates.ts";
import {
  bomb,
  leave,
  type Letter,
  packetXml,
  passedOn,
  ping,
  sealed,
  signedTwice,
  stranger,
  unsigned,
  writerAt,
  type Writer,
} from "./forge.ts";
import { meet, newWorld, office, type World } from "./homes.ts";
import { encrypted, frame, signedFrames, split } from "./keys/crafted.ts";
import { textOf } from "./keys/people.ts";
import {
  alertsAt,
  claimOn,
  configure,
  digest,
  inBox,
  kept,
  readByIt,
  receiptsFor,
} from "./scene.ts";

const START = new Date("2024-07-19T14:00:00Z");
const DAY_MS = 86_400_000;
const later = (days: number): Date => new Date(START.getTime() + days * DAY_MS);
const time = (days: number): string => wireTime(later(days));

interface Cast {
  readonly nobody: Writer;
  readonly third: Writer;
  readonly letter: Letter;
}

/** A student's name stands wherever a sentence might repeat it. */
const NAME = "Abrams";

const edited = (letter: Letter, from: string | RegExp, to: string): string =>
  Buffer.from(packetXml(letter)).toString("utf8").replace(from, to);

/** The packet, its code, whether its sender is proved and so is answered, and how it is made. */
const BAD: readonly (readonly [string, string, boolean, (cast: Cast) => unknown])[] = [
  ["readable XML", "PACKET_NOT_SEALED", false, ({ letter }) => packetXml(letter)],
  ["nothing at all", "PACKET_EMPTY", false, () => Buffer.of()],
  ["no signature", "PACKET_NOT_SIGNED", false, ({ letter }) => unsigned(packetXml(letter), letter)],
  [
    "a stranger's signature",
    "PACKET_UNKNOWN_SIGNER",
    false,
    ({ letter, nobody }) => sealed(packetXml(letter), { ...letter, from: nobody }),
  ],
  [
    "two signatures",
    "PACKET_SIGNATURES",
    false,
    ({ letter, nobody }) => signedTwice(packetXml(letter), letter, nobody),
  ],
  [
    "another reader's seal",
    "PACKET_NOT_FOR_US",
    false,
    ({ letter, third }) => sealed(packetXml(letter), { ...letter, to: third }),
  ],
  [
    "a signature that was meant for another reader",
    "PACKET_NOT_FOR_US",
    false,
    ({ letter, third }) => passedOn(packetXml(letter), letter, third),
  ],
  [
    "one byte changed",
    "PACKET_DAMAGED",
    false,
    async ({ letter }) => {
      const bytes = Buffer.from(await sealed(packetXml(letter), letter));
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 40) ^ 1, bytes.length - 40);
      return bytes;
    },
  ],
  [
    "a cipher that guards too little",
    "PACKET_WEAK",
    false,
    async ({ letter }) => {
      const signed = await signedFrames(letter.from, textOf(packetXml(letter)), {
        date: letter.at,
      });
      return encrypted(Buffer.concat(signed), letter.to, { cipher: "tripledes" });
    },
  ],
  [
    "a format of newer programs",
    "PACKET_FORMAT",
    false,
    async ({ letter }) => {
      const [sessionKey = Buffer.of()] = split(await sealed(packetXml(letter), letter));
      return Buffer.concat([sessionKey, frame(20, Buffer.from("01090210".repeat(20), "hex"))]);
    },
  ],
  ["more than the limit once unpacked", "PACKET_TOO_BIG", false, ({ letter }) => bomb(40, letter)],
  [
    "more XML than the limit",
    "PACKET_TOO_BIG",
    false,
    ({ letter }) =>
      sealed(edited(letter, "<Messages>", `<Messages>${" ".repeat(2 ** 20)}`), letter),
  ],
  ["nothing under the seal", "PACKET_EMPTY", true, ({ letter }) => sealed(" \n", letter)],
  [
    "an end tag missing",
    "XML_MALFORMED",
    true,
    ({ letter }) => sealed(edited(letter, "</Ping>", NAME), letter),
  ],
  [
    "a DOCTYPE",
    "XML_DOCTYPE",
    true,
    ({ letter }) =>
      sealed(edited(letter, "<TransferPacket", `<!DOCTYPE ${NAME}>\n<TransferPacket`), letter),
  ],
  [
    "elements a hundred deep",
    "XML_LIMIT",
    true,
    ({ letter }) => {
      const deep = "<Ping>".repeat(100) + NAME + "</Ping>".repeat(100);
      return sealed(edited(letter, "<Messages>", `<Messages>${deep}`), letter);
    },
  ],
  [
    "another namespace",
    "XML_PROFILE",
    true,
    ({ letter }) => sealed(edited(letter, /urn:[a-z:]*1/, `urn:${NAME}`), letter),
  ],
  [
    "an attribute",
    "XML_PROFILE",
    true,
    ({ letter }) => sealed(edited(letter, "<Ping>", `<Ping student="${NAME}">`), letter),
  ],
  [
    "UTF-16",
    "XML_ENCODING",
    true,
    ({ letter }) => sealed(Buffer.from(edited(letter, "", "\ufeff"), "utf16le"), letter),
  ],
  [
    "another version",
    "PACKET_VERSION",
    true,
    ({ letter }) => sealed(edited(letter, /(?<=SchemaVersion>)1/, NAME), letter),
  ],
  [
    "a header without a sender",
    "SCHEMA_INVALID",
    true,
    ({ letter }) =>
      sealed(edited(letter, /<From>[^]*<\/From>/, `<Author>${NAME}</Author>`), letter),
  ],
  [
    "other messages than its digest",
    "PACKET_DIGEST_DIFFERS",
    true,
    ({ letter }) => {
      const more = Buffer.from(ping(letter.at)).toString("utf8");
      return sealed(edited(letter, "</Messages>", `${more}</Messages>`), letter);
    },
  ],
  [
    "another sender in the header",
    "PACKET_HEADER_DIFFERS",
    true,
    ({ letter, third }) => sealed(packetXml({ ...letter, from: third }), letter),
  ],
  [
    "another key of the sender in the header",
    "PACKET_HEADER_DIFFERS",
    true,
    ({ letter, third }) =>
      sealed(packetXml({ ...letter, from: { ...third, id: letter.from.id } }), letter),
  ],
  [
    "another reader in the header",
    "PACKET_MISADDRESSED",
    true,
    ({ letter, third }) => sealed(packetXml({ ...letter, to: third }), letter),
  ],
  [
    "a key in the header that we do not have",
    "PACKET_MISADDRESSED",
    true,
    ({ letter, third }) =>
      sealed(packetXml({ ...letter, to: { ...third, id: letter.to.id } }), letter),
  ],
  [
    "its time over",
    "PACKET_EXPIRED",
    true,
    ({ letter }) => {
      const created = time(-30);
      const old = { CreatedDateTime: created, ExpiresDateTime: time(-1) };
      return sealed(packetXml(letter, old), { ...letter, at: later(-30) });
    },
  ],
  [
    "too long a life",
    "PACKET_EXPIRED",
    true,
    ({ letter }) => sealed(packetXml(letter, { ExpiresDateTime: time(91) }), letter),
  ],
  [
    "an end before its beginning",
    "PACKET_EXPIRED",
    true,
    ({ letter }) => sealed(packetXml(letter, { ExpiresDateTime: time(-1) }), letter),
  ],
  [
    "a signature older than itself",
    "PACKET_SIGNED_AT_WRONG_TIME",
    true,
    ({ letter }) => sealed(packetXml(letter, { CreatedDateTime: time(1) }), letter),
  ],
  [
    "a signature hours younger than itself",
    "PACKET_SIGNED_AT_WRONG_TIME",
    true,
    ({ letter }) => sealed(packetXml(letter, { CreatedDateTime: time(-0.25) }), letter),
  ],
  [
    "a date in the future",
    "PACKET_SIGNED_AT_WRONG_TIME",
    true,
    ({ letter }) => sealed(packetXml({ ...letter, at: later(1) }), { ...letter, at: later(1) }),
  ],
];

let world: World;
let cast: Cast;
const left = new Map<string, { name: string; bytes: Uint8Array }>();
let first: ExchangeResult;
let receipts: Receipt[];

beforeAll(async () => {
  world = await newWorld(time(-40));
  const { valley, prairie, clock } = world;
  const [from, to] = await Promise.all([writerAt(valley), writerAt(prairie)]);
  const nobody = await stranger("4808940", later(-40));
  const third = await stranger("1234567", later(-40));
  cast = { nobody, third, letter: { from, to, at: START } };
  clock.pass({ days: 40 });
  await configure(prairie, { at: ["limits", "packetMegabytes"], value: 1 });
  for (const [what, , , make] of BAD) {
    const bytes = (await make(cast)) as Uint8Array;
    left.set(what, { name: await leave(world, prairie, bytes), bytes });
  }
  const honest = await sealed(packetXml(cast.letter), cast.letter);
  left.set("honest", { name: await leave(world, prairie, honest), bytes: honest });
  first = await meet(world, prairie);
  receipts = await receiptsFor(world, valley, { from: to, to: from, at: START });
  await meet(world, prairie);
  await meet(world, prairie);
});
afterAll(() => world[Symbol.asyncDispose]());

describe("a packet is refused", () => {
  it.each(BAD)("with %s", async (what, code, isAnswered) => {
    const { prairie } = world;
    const { name = "", bytes = Buffer.of() } = left.get(what) ?? {};
    const claim = await claimOn(prairie, name);
    expect(claim).toMatchObject({ state: "QUARANTINED", code, deaths: 0, removed_from_box: 1 });

    const found = await kept(prairie, claim?.claim_id);
    expect(found?.original).toEqual(Buffer.from(bytes));
    expect(found?.reason).toMatchObject({ file: name, code });

    const told = (await alertsAt(prairie)).filter(({ subject }) => subject === claim?.claim_id);
    expect(told.map((alert) => [alert.code, alert.facts["code"], alert.times])).toEqual([
      ["PACKET_REFUSED", code, 1],
    ]);

    const answers = receipts.filter(({ SealedSha256 }) => SealedSha256 === digest(bytes));
    const expected = { Acknowledgment: "Resubmit", ErrorCode: code };
    expect(answers).toMatchObject(isAnswered ? [expected] : []);
  });
});

describe("beside refused packets", () => {
  it("an honest one is taken, and answered", async () => {
    const { name = "", bytes = Buffer.of() } = left.get("honest") ?? {};
    expect(await claimOn(world.prairie, name)).toMatchObject({ state: "RECORDED" });
    const [answer] = receipts.filter(({ SealedSha256 }) => SealedSha256 === digest(bytes));
    expect(answer).toMatchObject({ Acknowledgment: "Confirmation" });
    expect(first.counts).toMatchObject({ taken: 1, refused: BAD.length, waiting: 0 });
  });

  it("the exchange says that a person is needed, once", async () => {
    expect(first.exit).toBe(10);
    expect((await meet(world, world.prairie)).exit).toBe(0);
  });

  it("the box is empty, and so are requests, records and staging", async () => {
    const { prairie } = world;
    expect(await inBox(world, prairie)).toEqual([]);
    expect(await readdir(office(prairie, "requests"))).toEqual([]);
    expect(await readdir(office(prairie, "records"))).toEqual([]);
    expect(await readdir(join(prairie.folder, "state", "staging"))).toEqual([]);
  });

  it("nothing of what they held is told to IT", async () => {
    expect(await readByIt(world.prairie)).not.toContain(NAME);
  });

  it("only those whose sender was proved are answered, and answers that answer nothing are not", async () => {
    const { valley, prairie } = world;
    const answered = 1 + BAD.filter(([, , isAnswered]) => isAnswered).length;
    expect(receipts).toHaveLength(answered);
    // It never sent these packets: somebody has its keys, or so it seems there.
    const { exit, counts } = await meet(world, valley);
    expect([exit, counts.refused, counts.sent]).toEqual([10, answered, 0]);
    expect(await inBox(world, valley)).toEqual([]);
    expect(await inBox(world, prairie)).toEqual([]);
  });
});
