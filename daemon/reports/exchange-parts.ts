/**
 * The lists of an exchange's report. It may have sent and collected a hundred thousand messages: its page shows
 * the foremost, and the other files read all again, a page of the ledger at a time.
 */
import { documentsTaken, packetsCollected, type CollectedPacket } from "../ledger/arrivals.ts";
import type { Ledger } from "../ledger/connect.ts";
import {
  packetsSent,
  packetsWaiting,
  type SentPacket,
  type Waiting,
} from "../ledger/departures.ts";
import type { LongList } from "../ledger/pages.ts";
import type { Span } from "../ledger/overviews.ts";
import type { DocumentRow } from "../ledger/tables.ts";

/** A page of many thousand lines is no page to read. */
export const MOST_LINES = 2000;

/** One list. */
export interface Part<Row> {
  readonly all: LongList<Row>;
  /** Those that a page shows: when it must choose, what needs a person comes first. */
  readonly foremost: readonly Row[];
  /** How much was refused, by either side. */
  readonly refused: number;
}

export interface Traffic {
  readonly documents: Part<DocumentRow>;
  readonly sent: Part<SentPacket>;
  readonly collected: Part<CollectedPacket>;
  readonly waiting: readonly Waiting[];
}

/** What an exchange sent, collected and took, and what waits after it. */
export const trafficOf = async (ledger: Ledger, span: Span): Promise<Traffic> => ({
  documents: await partOf(await documentsTaken(ledger, span), DOCUMENTS),
  sent: await partOf(await packetsSent(ledger, span), SENT),
  collected: await partOf(await packetsCollected(ledger, span), COLLECTED),
  waiting: await packetsWaiting(ledger),
});

interface Rules<Row> {
  readonly lines: (row: Row) => number;
  /** Does it need a person? */
  readonly isBad: (row: Row) => boolean;
  /** How much of it was refused: the packet or document, and each message. */
  readonly refused: (row: Row) => number;
}

interface WithMessages {
  readonly messages: readonly { readonly state: string }[];
}

const linesOf = ({ messages }: WithMessages): number => Math.max(messages.length, 1);
const refusedIn = ({ messages }: WithMessages): number =>
  messages.filter(({ state }) => state === "REFUSED").length;

const DOCUMENTS: Rules<DocumentRow> = {
  lines: () => 1,
  isBad: ({ state }) => state !== "ANSWERED" && state !== "KNOWN",
  refused: ({ state }) => (state === "REFUSED" ? 1 : 0),
};

const SENT: Rules<SentPacket> = {
  lines: linesOf,
  isBad: (packet) => packet.state === "REFUSED" || refusedIn(packet) > 0,
  refused: (packet) => (packet.state === "REFUSED" ? 1 : 0) + refusedIn(packet),
};

const COLLECTED: Rules<CollectedPacket> = {
  lines: linesOf,
  isBad: (packet) => packet.state !== "RECORDED" || refusedIn(packet) > 0,
  refused: (packet) => (packet.state === "QUARANTINED" ? 1 : 0) + refusedIn(packet),
};

async function partOf<Row>(all: LongList<Row>, rules: Rules<Row>): Promise<Part<Row>> {
  const first: Row[] = [];
  const [bad, good] = [new Filling(rules), new Filling(rules)];
  let [lines, refused] = [0, 0];
  for await (const page of all.pages()) {
    for (const row of page) {
      if (lines <= MOST_LINES) first.push(row);
      lines += rules.lines(row);
      refused += rules.refused(row);
      (rules.isBad(row) ? bad : good).add(row);
    }
  }
  return { all, foremost: lines <= MOST_LINES ? first : bad.andThen(good), refused };
}

/** The first rows that fit on a page together. */
class Filling<Row> {
  readonly #rules: Rules<Row>;
  readonly #rows: Row[] = [];
  #left = MOST_LINES;

  constructor(rules: Rules<Row>) {
    this.#rules = rules;
  }

  /** The first that does not fit ends it. */
  add(row: Row): void {
    if (this.#left < 0) return;
    this.#left -= this.#rules.lines(row);
    if (this.#left >= 0) this.#rows.push(row);
  }

  /** These, and of those that come after as many as still fit. */
  andThen(after: Filling<Row>): readonly Row[] {
    for (const row of after.#rows) this.add(row);
    return this.#rows;
  }
}
