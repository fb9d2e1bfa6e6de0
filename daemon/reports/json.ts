/** Reports for programs: `schemas/reports.schema.json` says what is in them. */
import type { Reading } from "./reading.ts";

/** Grows when something is taken away or changes its meaning. */
const VERSION = 1;

/**
 * The document as text, in pieces: other control characters than those of JSON itself are written as
 * escapes.
 *
 * @param content by name; what may be long is a list, made as it is written
 */
export async function* jsonOf(
  reading: Reading,
  report: "alerts" | "transfers" | "exchange" | "districts",
  content: Readonly<Record<string, unknown>>,
): AsyncGenerator<string> {
  const { reader, agency, isTest, at } = reading;
  const document = {
    version: VERSION,
    report,
    reader,
    agency,
    mode: isTest ? "test" : "production",
    made: at.toISOString(),
    ...content,
  };
  let before = "{\n";
  for (const [name, value] of Object.entries(document)) {
    if (value === undefined) continue;
    yield `${before}  ${JSON.stringify(name)}: `;
    if (value instanceof Listed) yield* items(value);
    else yield text(value, 2);
    before = ",\n";
  }
  yield "\n}\n";
}

/** A list whose items are made when they are written, so that thousands are never there at once. */
class Listed {
  readonly all: () => AsyncIterable<unknown>;

  constructor(all: () => AsyncIterable<unknown>) {
    this.all = all;
  }
}

/** As the array of these, in a document. */
export const listed = <Item>(
  all: Iterable<Item> | AsyncIterable<Item>,
  shown: (item: Item) => unknown,
): Listed =>
  new Listed(async function* each() {
    for await (const item of all) yield shown(item);
  });

async function* items({ all }: Listed): AsyncGenerator<string> {
  let before = "[\n";
  for await (const item of all()) {
    yield `${before}    ${text(item, 4)}`;
    before = ",\n";
  }
  yield before === "[\n" ? "[]" : "\n  ]";
}

/** @param depth by which all lines but the first are moved to the right */
const text = (value: unknown, depth: number): string =>
  JSON.stringify(value, null, 2)
    .replaceAll("\n", `\n${" ".repeat(depth)}`)
    .replaceAll(UNSEEN, escaped);

/** Delete, C1 controls, line separators and what turns the direction of writing. */
const UNSEEN = /[\x7F-\x9F\u2028-\u202E\u2066-\u2069\uFEFF]/g;

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
