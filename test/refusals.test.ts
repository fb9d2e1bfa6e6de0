/** What lies beside packets that are refused whole, and who is told; what becomes of them, `torment/` tries. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ExchangeResult } from "../daemon/exchange.ts";
import type { Receipt } from "../daemon/packet/model.gen.ts";
import { wireTime } from "../daemon/transfer/dates.ts";
import { leave, type Letter, packetXml, sealed, stranger, writerAt, type Writer } from "./forge.ts";
import { meet, newWorld, office, type World } from "./homes.ts";
import { claimOn, configure, digest, inBox, readByIt, receiptsFor } from "./scene.ts";

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

/** The packet, whether its sender is proved and so is answered, and how it is made; `torment/` has them all. */
const BAD: readonly (readonly [string, boolean, (cast: Cast) => unknown])[] = [
  ["readable XML", false, ({ letter }) => packetXml(letter)],
  [
    "a stranger's signature",
    false,
    ({ letter, nobody }) => sealed(packetXml(letter), { ...letter, from: nobody }),
  ],
  [
    "another reader's seal",
    false,
    ({ letter, third }) => sealed(packetXml(letter), { ...letter, to: third }),
  ],
  [
    "more XML than the limit of this home",
    false,
    ({ letter }) =>
      sealed(edited(letter, "<Messages>", `<Messages>${" ".repeat(2 ** 20)}`), letter),
  ],
  ["an end tag missing", true, ({ letter }) => sealed(edited(letter, "</Ping>", NAME), letter)],
  [
    "an attribute",
    true,
    ({ letter }) => sealed(edited(letter, "<Ping>", `<Ping student="${NAME}">`), letter),
  ],
  [
    "another version",
    true,
    ({ letter }) => sealed(edited(letter, /(?<=SchemaVersion>)1/, NAME), letter),
  ],
  [
    "another sender in the header",
    true,
    ({ letter, third }) => sealed(packetXml({ ...letter, from: third }), letter),
  ],
];

let world: World;
let cast: Cast;
let honest: { name: string; bytes: Uint8Array };
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
  for (const [, , make] of BAD) await leave(world, prairie, (await make(cast)) as Uint8Array);
  const bytes = await sealed(packetXml(cast.letter), cast.letter);
  honest = { name: await leave(world, prairie, bytes), bytes };
  first = await meet(world, prairie);
  receipts = await receiptsFor(world, valley, { from: to, to: from, at: START });
  await meet(world, prairie);
  await meet(world, prairie);
});
afterAll(() => world[Symbol.asyncDispose]());

describe("beside refused packets", () => {
  it("an honest one is taken, and answered", async () => {
    const { name, bytes } = honest;
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
    const answered = 1 + BAD.filter(([, isAnswered]) => isAnswered).length;
    expect(receipts).toHaveLength(answered);
    // It never sent these packets: somebody has its keys, or so it seems there.
    const { exit, counts } = await meet(world, valley);
    expect([exit, counts.refused, counts.sent]).toEqual([10, answered, 0]);
    expect(await inBox(world, valley)).toEqual([]);
    expect(await inBox(world, prairie)).toEqual([]);
  });
});
