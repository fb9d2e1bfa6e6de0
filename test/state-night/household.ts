/**
 * One district of a simulated night: a real home and its daemon, in this process, at the night's own time,
 * and a registrar who releases whatever is asked for as soon as it is shown.
 */
import { homePaths, readConfig } from "../../daemon/config.ts";
import { exchangeOf } from "../../daemon/daemon.ts";
import { studentReader } from "../../daemon/desk/requests.ts";
import { exchange } from "../../daemon/exchange.ts";
import { showReference } from "../../daemon/ids.ts";
import { ask } from "../../daemon/ledger/asks.ts";
import { type Ledger, openLedger } from "../../daemon/ledger/connect.ts";
import { listTransfers } from "../../daemon/ledger/transfers.ts";
import type { Fields, Log } from "../../daemon/log.ts";
import { run } from "../../daemon/run.ts";
import { type District, drop, fixture, recordAlone } from "../homes.ts";
import { silent } from "../logs.ts";
import { type FastTime, shownBy } from "./clock.ts";
import type { Move } from "./plan.ts";
import { isAtRest } from "./standing.ts";

/** An exchange as it was seen from outside, in real time. */
export interface Seen {
  readonly scope: string;
  /** Milliseconds since 1970. */
  readonly began: number;
  readonly tookMs: number;
  /** From the call to the first answer of a box; `null` if the server was not reached. */
  readonly loginMs: number | null;
  /** Whatever failed in it, or was lost and mended. */
  readonly codes: readonly string[];
}

export class Household implements AsyncDisposable {
  readonly home: District;
  readonly seen: Seen[] = [];
  /** Nothing waits to leave, no receipt is missing, and every transfer has its end. */
  isAtRest = false;
  #ledger: Ledger | undefined;
  #running: Promise<unknown> = Promise.resolve();
  #registrar: Promise<unknown> = Promise.resolve();
  #time: FastTime | undefined;
  #look = (): void => undefined;
  readonly #stopping = new AbortController();
  readonly #released = new Set<string>();
  #current: { scope: string; began: number; loginMs: number | null; codes: string[] } | undefined;

  constructor(home: District) {
    this.home = home;
  }

  /** The day before: the students' lists are dropped and taken, and the directory is read. */
  async spendDay(moves: readonly Move[]): Promise<void> {
    const request = await fixture("abrams-jenna.xml");
    for (const { lastName, stateStudentId } of moves) {
      await drop(this.home, `${stateStudentId}.xml`, named(request, lastName));
    }
    const config = await readConfig(this.home.configPath);
    const ledger = await openLedger(homePaths(config).ledger);
    const now = (): Date => new Date();
    const pause = (ms: number): Promise<unknown> => new Promise((done) => setTimeout(done, ms));
    try {
      const parts = await exchangeOf({ config, ledger, log: silent, now, pause });
      const { failure, counts } = await exchange(parts, { scope: "collect" });
      if (failure) throw failure;
      if (counts.documents !== moves.length) {
        throw new Error(`${this.home.id} took ${counts.documents} of ${moves.length} requests`);
      }
    } finally {
      await ledger.destroy();
    }
  }

  /** The daemon is started, as in the morning when the machine came up. */
  async begin(time: FastTime): Promise<void> {
    this.#time = time;
    const ledger = await openLedger(homePaths({ home: this.home.folder }).ledger);
    this.#ledger = ledger;
    const config = await readConfig(this.home.configPath);
    this.#running = run({
      readConfig: () => Promise.resolve(config),
      ledger,
      log: this.#hearing({}),
      now: this.#now,
      random: Math.random,
      stop: this.#stopping.signal,
      listen: ({ look }) => (this.#look = look),
    });
  }

  /** A minute of its clock has passed. */
  tick(): void {
    this.#look();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.#registrar;
    await this.#ledger?.destroy();
  }

  readonly #now = (): Date => (this.#time ? shownBy(this.#time) : new Date());

  #hearing(own: Fields): Log {
    const hear = (sentence: string, fields: Fields = {}): void =>
      this.#hear(sentence, { ...own, ...fields });
    return {
      debug: () => undefined,
      info: hear,
      warn: hear,
      error: hear,
      child: (fields) => this.#hearing({ ...own, ...fields }),
    };
  }

  #hear(sentence: string, fields: Fields): void {
    if (sentence === "Exchange begun") {
      const scope = String(fields["scope"]);
      this.#current = { scope, began: Date.now(), loginMs: null, codes: [] };
    }
    const current = this.#current;
    if (!current) return;
    if (sentence === "Server reached") current.loginMs = Number(fields["tookMs"]);
    if (typeof fields["code"] === "string") current.codes.push(fields["code"]);
    if (sentence !== "Exchange ended" || this.#stopping.signal.aborted) return;
    const { scope, began, loginMs, codes } = current;
    this.seen.push({ scope, began, tookMs: Date.now() - began, loginMs, codes });
    this.#current = undefined;
    this.#registrar = this.#registrar.then(() => this.#workAsRegistrar());
  }

  /** Release what is asked for, and have it sent at once; again, if it could not be. */
  async #workAsRegistrar(): Promise<void> {
    const ledger = this.#ledger;
    if (!ledger || this.#stopping.signal.aborted) return;
    const dropped = await this.#releaseAll(ledger);
    const held = await ledger
      .selectFrom("messages_out")
      .select("message_id")
      .where("kind", "=", "TransferRelease")
      .where("state", "in", ["WAITING", "ENCLOSED"])
      .execute();
    if (dropped + held.length > 0) {
      await ask(ledger, this.#now());
      this.#look();
    }
    this.isAtRest = await isAtRest(ledger);
  }

  async #releaseAll(ledger: Ledger): Promise<number> {
    const asked = await listTransfers(ledger, { side: "releaser", state: "RequestReceived" });
    const fresh = asked.filter(({ transfer_id: id }) => !this.#released.has(id));
    if (fresh.length === 0) return 0;
    const students = await studentReader(ledger)(fresh.map((row) => row.request_content_id));
    const record = await recordAlone();
    for (const { transfer_id: id, reference, request_content_id: content } of fresh) {
      const shown = showReference(reference);
      const about = `<Release><Reference>${shown}</Reference>`;
      const lastName = students.get(content)?.LastOrSurname ?? "";
      const release = named(record.replace("<Release>", about), lastName);
      await drop(this.home, `${shown}.xml`, release);
      this.#released.add(id);
    }
    return fresh.length;
  }
}

const named = (text: string, lastName: string): string =>
  text.replaceAll("<LastOrSurname>Abrams<", `<LastOrSurname>${lastName}<`);
