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

/** Some work whose transactions share their commits. */
interface Group {
  readonly commits: Commits;
  isOver: boolean;
  /** Why something that it had written, and not committed, was undone. Nothing more is written then. */
  lost: Error | undefined;
}

const groupNow = new AsyncLocalStorage<Group>();

/** The commits of one open database, and how they are put off. */
export class Commits {
  readonly #database: Database;
  /** Since when groups have written and not committed, in milliseconds; `null` if none has. */
  #since: number | null = null;
  /** Those groups. */
  readonly #writers = new Set<Group>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** To be called before each statement. @throws PacketboatError DISK_FULL, … if what the group has written was undone */
  before(isWriting: boolean): void {
    const group = groupOf(this);
    if (!group) return this.commit();
    this.#assertWhole(group);
    if (isWriting) this.#beginFor(group);
  }

  control(text: Control): void {
    const group = groupOf(this);
    if (group) this.#inGroup(text, group);
    else this.#alone(text);
  }

  /**
   * What groups have written so far survives a power cut from here on; no transaction is under way. If that fails, it is
   * they who are told, and not whoever comes along.
   */
  commit(): void {
    if (this.#since === null) return;
    const writers = [...this.#writers];
    this.#since = null;
    this.#writers.clear();
    try {
      if (!this.#database.isTransaction) throw undone();
      this.#database.exec("commit");
    } catch (error) {
      for (const group of writers) group.lost = error instanceof Error ? error : undone();
      if (this.#database.isTransaction) this.#database.exec("rollback");
    }
  }

  /** The same, for one of them. @throws PacketboatError DISK_FULL, DISK_FAILED if what it has written was undone */
  commitFor(group: Group): void {
    this.commit();
    this.#assertWhole(group);
  }

  #alone(text: Control): void {
    this.commit();
    // A transaction that reads first and writes later must not lose its place to another process.
    if (text !== "rollback") this.#database.exec(text === "begin" ? "begin immediate" : text);
    // When the disk is full, SQLite has undone the transaction before anybody asks for it.
    else if (this.#database.isTransaction) this.#database.exec(text);
  }

  #inGroup(text: Control, group: Group): void {
    if (text === "rollback") {
      if (this.#database.isTransaction) this.#database.exec(UNDO);
      return;
    }
    this.#assertWhole(group);
    if (text === "begin" && this.#since !== null && performance.now() - this.#since > LONGEST_MS) {
      this.commitFor(group);
    }
    this.#beginFor(group);
    this.#database.exec(text === "begin" ? "savepoint one" : "release one");
  }

  #beginFor(group: Group): void {
    if (this.#since === null) {
      this.#database.exec("begin immediate");
      this.#since = performance.now();
    }
    this.#writers.add(group);
  }

  /** SQLite may have undone by itself what groups have written. */
  #assertWhole(group: Group): void {
    if (this.#since !== null && !this.#database.isTransaction) this.commit();
    if (group.lost !== undefined) throw group.lost;
  }
}

/** The group that whoever asks belongs to. */
function groupOf(commits: Commits | undefined): Group | null {
  const group = groupNow.getStore();
  return group && group.commits === commits && !group.isOver ? group : null;
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
 * @throws why what it had committed could not be made durable; or else what the work throws
 */
export async function together<Result>(
  ledger: Ledger,
  work: () => Promise<Result>,
): Promise<Result> {
  const commits = commitsOf.get(ledger);
  if (!commits || groupOf(commits)) return work();
  const group: Group = { commits, isOver: false, lost: undefined };
  const end = (): Promise<void> =>
    ledger.connection().execute(async () => {
      group.isOver = true;
      commits.commitFor(group);
    });
  let result: Result;
  try {
    result = await groupNow.run(group, work);
  } catch (error) {
    await end();
    throw error;
  }
  await end();
  return result;
}

/**
 * All that the work has committed so far survives a power cut, also within `together`: to be called before what cannot
 * be undone, and before what takes so long that others should not wait for it.
 *
 * @throws PacketboatError DISK_FULL, DISK_FAILED
 */
export async function durable(ledger: Ledger): Promise<void> {
  const group = groupOf(commitsOf.get(ledger));
  if (group) await ledger.connection().execute(async () => group.commits.commitFor(group));
}
