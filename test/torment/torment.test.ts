/**
 * The short form of `npm run torment`: every input that is soon made and soon refused, in one exchange; and
 * that each row of the list of bad inputs is tried somewhere.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { packetXml, ping, sealed } from "../forge.ts";
import {
  answered,
  inPart,
  leftAlone,
  refused,
  taken,
  titleOf,
  waiting,
  type Input,
  type Trial,
} from "./kind.ts";
import { KINDS, TRIALS } from "./kinds.ts";
import { ELSEWHERE, ROWS } from "./rows.ts";
import { carrying, newStage, NAME, underSeal, type Stage } from "./stage.ts";
import { BOUNDS, faultsIn, torment, type Tormented } from "./torment.ts";
import { newGrounds, tryAll } from "./trials.ts";

/** Other tests run beside this one: the long form has the bound of time that counts. */
const PATIENT = { ...BOUNDS, mostSeconds: 10 };

const inputs = KINDS.flatMap((kind) => kind.inputs);
const trials = TRIALS.flatMap((kind) => kind.inputs);

let tormented: Tormented;
let fooled: Tormented;
let tried: Tormented;
beforeAll(async () => {
  await using stage = await newStage();
  tormented = await torment(stage, inputs, PATIENT, Infinity);
  fooled = await torment(stage, MISTAKEN, { mostSeconds: 0, mostMegabytes: 1 });
  await using grounds = await newGrounds();
  tried = await tryAll(grounds, [...trials, HARMLESS], PATIENT);
}, 240_000);

it.each([...inputs, ...trials].map((input) => [titleOf(input), input] as const))(
  "%s",
  (_, input) => {
    const all = [...tormented.tried, ...tried.tried];
    expect(all.find((each) => each.input === input)?.faults).toEqual([]);
  },
);

it("beside them an honest packet is taken, nothing else changes, and each code is explained", () => {
  expect(tormented.faults).toEqual([]);
});

const honest = ({ letter }: Stage): Promise<Uint8Array> => sealed(packetXml(letter), letter);

/** Something else becomes of each than is said. */
const MISTAKEN: readonly Input[] = [
  refused("B1", "an honest packet", "PACKET_DAMAGED", honest),
  answered("B1", "one that nobody signed", "PACKET_NOT_SEALED", () => NAME),
  refused("B1", "one whose sender is told", "XML_MALFORMED", (stage) => underSeal(stage, NAME)),
  inPart("B1", "a good message", ["MESSAGE_INVALID"], honest),
  waiting("B1", "one that does not wait", "PACKET_CUT_SHORT", honest),
  leftAlone("B1", "one that is claimed", honest),
  taken("B1", "one that is bad", (stage) => carrying(stage, ["<Ping/>"])),
  taken("B1", "one that shows nothing", (stage) => carrying(stage, [ping(stage.letter.at)]), {
    shows: [NAME],
  }),
];

/** Nothing follows from it. */
const HARMLESS: Trial = {
  row: "B1",
  what: "an exchange",
  outcome: { ends: "CONFIG_INVALID", alert: "KEY_HELD", says: NAME, taken: 1 },
  lay: ({ valley }) => Promise.resolve({ home: valley, words: ["exchange"] }),
};

describe("a collection that is mistaken", () => {
  it.each(MISTAKEN)("is told so: $what", (input) => {
    const { faults = [] } = fooled.tried.find((each) => each.input === input) ?? {};
    expect(faults.filter((each) => !each.startsWith("it took"))).not.toEqual([]);
  });

  it("is told so of a command", () => {
    const faults = tried.tried.find((each) => each.input === HARMLESS)?.faults;
    expect(faults).toEqual([
      'its code: null, not "CONFIG_INVALID"',
      'alerts: [], not ["KEY_HELD"]',
      "taken: 0, not 1",
      "receipts: 0, not 1",
      `not said: ${NAME}`,
    ]);
  });

  it("is told what it took", () => {
    const told = faultsIn(fooled).join("\n");
    expect(told).toMatch(/it took [0-9.]+ s, more than 0/);
    expect(told).toMatch(/the exchange took [0-9]+ MB, more than 1/);
    expect(told).toContain("new in requests/: 0, not 1");
  });
});

describe("the list of bad inputs", () => {
  it.each(ROWS)("%s is tried", (row) => {
    const here = [...inputs, ...trials].filter((input) => input.row === row);
    const elsewhere = ELSEWHERE[row] ?? [];
    expect(here.length + elsewhere.length).toBeGreaterThan(0);
    const absent = elsewhere.filter((file) => !existsSync(join(import.meta.dirname, "..", file)));
    expect(absent).toEqual([]);
  });

  it("has no input twice", () => {
    const titles = [...KINDS, ...TRIALS]
      .flatMap((kind): readonly (Input | Trial)[] => [...kind.inputs, ...(kind.heavy ?? [])])
      .map(titleOf);
    expect(titles.filter((title, at) => titles.indexOf(title) !== at)).toEqual([]);
  });
});
