/** Which alerts the reports show: of many thousands the first, and how many there are. */
import { isFor, SEVERITIES, wordsOf, type Words } from "../alerts/catalogue.ts";
import type { Severity } from "../alerts/kind.ts";
import { type Alert, manyAlerts } from "../ledger/alerts.ts";
import type { Ledger } from "../ledger/connect.ts";
import type { LongList } from "../ledger/pages.ts";
import type { Reader } from "./reading.ts";

export interface Told {
  readonly alert: Alert;
  readonly words: Words;
}

/** The alerts of one reader, each list as long as it may be. */
export interface ToldAlerts {
  /** The most urgent first, and among those the oldest. */
  readonly open: readonly Told[];
  /** How many are open, shown or not. */
  readonly openCount: number;
  /** What waits for the other reader. */
  readonly others: readonly Told[];
  readonly othersCount: number;
  /** Closed in the last days, the last one first. */
  readonly settled: readonly Told[];
  readonly settledCount: number;
}

export interface Showing {
  readonly timeZone: string;
  /** Those that were closed before are shown no more. */
  readonly settledSince: Date;
  /** Of each list. */
  readonly limit: number;
}

/** What either reader is shown. */
export async function alertsShown(
  ledger: Ledger,
  { timeZone, settledSince: since, limit }: Showing,
): Promise<Readonly<Record<Reader, ToldAlerts>>> {
  const registrar = new Shown("registrar", limit);
  const it = new Shown("it", limit);
  for await (const each of told(await manyAlerts(ledger, { open: true }), timeZone)) {
    registrar.open(each);
    it.open(each);
  }
  for await (const each of told(await manyAlerts(ledger, { open: false, since }), timeZone)) {
    registrar.settled(each);
    it.settled(each);
  }
  return { registrar: registrar.lists(), it: it.lists() };
}

async function* told(alerts: LongList<Alert>, timeZone: string): AsyncGenerator<Told> {
  for await (const page of alerts.pages()) {
    for (const alert of page) yield { alert, words: wordsOf(alert, timeZone) };
  }
}

/** Takes alerts, the oldest first, and keeps those that one reader is shown. */
class Shown {
  readonly #reader: Reader;
  readonly #limit: number;
  readonly #open: Readonly<Record<Severity, Told[]>> = { urgent: [], attention: [], info: [] };
  readonly #others: Told[] = [];
  readonly #settled: Told[] = [];
  readonly #counts = { open: 0, others: 0, settled: 0 };

  constructor(reader: Reader, limit: number) {
    this.#reader = reader;
    this.#limit = limit;
  }

  open(alert: Told): void {
    const isMine = isFor(this.#reader, alert.words);
    this.#counts[isMine ? "open" : "others"]++;
    const list = isMine ? this.#open[alert.words.severity] : this.#others;
    if (list.length < this.#limit) list.push(alert);
  }

  settled(alert: Told): void {
    if (!isFor(this.#reader, alert.words)) return;
    this.#counts.settled++;
    this.#settled.push(alert);
    if (this.#settled.length > this.#limit) this.#settled.shift();
  }

  lists(): ToldAlerts {
    const open = SEVERITIES.flatMap((severity) => this.#open[severity]);
    return {
      open: open.slice(0, this.#limit),
      openCount: this.#counts.open,
      others: this.#others,
      othersCount: this.#counts.others,
      settled: this.#settled.toReversed(),
      settledCount: this.#counts.settled,
    };
  }
}
