/**
 * Many transactions, one commit. A commit waits for the disk, and where hundreds of messages are taken one after
 * the other that wait is most of the time. Within `together` each transaction is still whole or not at all, but all
 * of them become durable at the end; a power cut before that undoes them together, as if none had been begun.
 *
 * So whatever cannot be undone, a file that people see, a file that is removed, waits for `durable`. Nobody else's
 * transactions are drawn in: what this process does outside of the group commits by itself, and first what the group
 * has written.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Kysely } from "kysely";
import { PacketboatError } from "../errors.ts";
import type { Tables } from "./tables.ts";

/** Other processes wait for the group's writes; so long at most, and for one transaction more. */
const LONGEST_MS = 500;

/** An open database, as far as commits go. */
interface Database {
  readonly isTransaction: boolean;
  exec(statement: string): void;
}

type Ledger = Kysely<Tables>;

/** What begins, ends and undoes a transaction. */
export type Control = "begin" | "commit" | "rollback";

interface Group {
  readonly commits: Commits;
  isOver: boolean;
}

const groupNow = new AsyncLocalStorage<Group>();

/** The commits of one open database, and how they are put off. */
export class Commits {
  readonly #database: Database;
  /** Since when a group has written and not committed, in milliseconds; `null` if none has. */
  #since: number | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  /** To be called before each statement. @throws PacketboatError DISK_FULL if SQLite has undone the group by itself */
  before(isWriting: boolean): void {
    if (!this.#isGroups()) return this.commit();
    if (this.#since !== null && !this.#database.isTransaction) throw undone();
    if (isWriting && this.#since === null) this.#begin();
  }

  control(text: Control): void {
    if (this.#isGroups()) this.#inGroup(text);
    else this.#alone(text);
  }

  /** What the group has written so far survives a power cut from here on; no transaction is under way. */
  commit(): void {
    if (this.#since === null) return;
    this.#since = null;
    if (!this.#database.isTransaction) throw undone();
    this.#database.exec("commit");
  }

  #alone(text: Control): void {
    this.commit();
    // A transaction that reads first and writes later must not lose its place to another process.
    if (text !== "rollback") this.#database.exec(text === "begin" ? "begin immediate" : text);
    // When the disk is full, SQLite has undone the transaction before anybody asks for it.
    else if (this.#database.isTransaction) this.#database.exec(text);
  }

  #inGroup(text: Control): void {
    if (text === "begin" && this.#since !== null && performance.now() - this.#since > LONGEST_MS) {
      this.commit();
    }
    if (this.#since === null) this.#begin();
    const statements = { begin: "savepoint one", commit: "release one", rollback: UNDO };
    if (this.#database.isTransaction) this.#database.exec(statements[text]);
    else if (text !== "rollback") throw undone();
  }

  #begin(): void {
    this.#database.exec("begin immediate");
    this.#since = performance.now();
  }

  #isGroups(): boolean {
    const group = groupNow.getStore();
    return group?.commits === this && !group.isOver;
  }
}

const UNDO = "rollback to one; release one";

const undone = (): PacketboatError =>
  new PacketboatError(
    "DISK_FULL",
    "the ledger does not fit on the disk, and undid what was written last",
  );

const commitsOf = new WeakMap<Ledger, Commits>();

/** Make known how a ledger's commits can be put off. */
export function letCommitTogether(ledger: Ledger, commits: Commits): void {
  commitsOf.set(ledger, commits);
}

/**
 * Do some work whose transactions share their commits. Within another such work it is a part of that.
 *
 * @throws what the work throws, when all that it had committed is durable; or why that could not be made durable
 */
export async function together<Result>(
  ledger: Ledger,
  work: () => Promise<Result>,
): Promise<Result> {
  const commits = commitsOf.get(ledger);
  if (!commits || isWithin(commits)) return work();
  const group: Group = { commits, isOver: false };
  const end = (): Promise<void> =>
    ledger.connection().execute(async () => {
      group.isOver = true;
      commits.commit();
    });
  let result: Result;
  try {
    result = await groupNow.run(group, work);
  } catch (error) {
    await end().catch(() => undefined);
    throw error;
  }
  await end();
  return result;
}

/**
 * All that was committed so far survives a power cut, also within `together`: to be called before what cannot be
 * undone, and before what takes so long that others should not wait for it.
 *
 * @throws PacketboatError DISK_FULL, DISK_FAILED
 */
export async function durable(ledger: Ledger): Promise<void> {
  const commits = commitsOf.get(ledger);
  if (!commits || !isWithin(commits)) return;
  await ledger.connection().execute(async () => commits.commit());
}

function isWithin(commits: Commits): boolean {
  const group = groupNow.getStore();
  return group?.commits === commits && !group.isOver;
}
