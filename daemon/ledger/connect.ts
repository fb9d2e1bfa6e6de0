/**
 * The door to SQL: Kysely on `node:sqlite`. A committed transaction survives a power cut (WAL with
 * synchronous=FULL), and what is deleted is overwritten (secure_delete).
 */
import { closeSync, openSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { Kysely, sql, SqliteDialect, type Transaction } from "kysely";
import { PacketboatError } from "../errors.ts";
import { Breathing } from "./breathing.ts";
import { migrate } from "./migrations.ts";
import { Commits, type Control, letCommitTogether } from "./together.ts";
import type { Tables } from "./tables.ts";

export type Ledger = Kysely<Tables>;
export type LedgerTransaction = Transaction<Tables>;
/** Queries run alike inside and outside a transaction. */
export type Queries = Ledger | LedgerTransaction;

const BUSY_TIMEOUT_MS = 10_000;

/**
 * Open the ledger, making or migrating it as needed. The caller destroys it.
 *
 * @param path file of the ledger in a private folder
 * @throws PacketboatError LEDGER_NEWER, LEDGER_DAMAGED; DISK_FULL, DISK_FAILED; HOME_BUSY if another
 *   process holds it for longer than we wait
 */
export async function openLedger(path: string): Promise<Ledger> {
  const database = openDatabase(path);
  const commits = new Commits({
    get isTransaction() {
      return database.isTransaction;
    },
    exec: (statement) => unlessPassing(() => database.exec(statement)),
  });
  const ledger = new Kysely<Tables>({
    dialect: new SqliteDialect({ database: shimmed(database, commits) }),
    plugins: [new Breathing()],
  });
  letCommitTogether(ledger, commits);
  try {
    await migrate(ledger);
  } catch (error) {
    await ledger.destroy();
    throw error;
  }
  return ledger;
}

/**
 * Copy the ledger while it is in use, as it is after the last transaction.
 *
 * @param path of a file that is not there
 */
export async function copyLedger(ledger: Ledger, path: string): Promise<void> {
  closeSync(openSync(path, "wx", 0o600));
  await sql`VACUUM INTO ${path}`.execute(ledger);
}

/**
 * What was deleted still stands in the write-ahead log until that begins anew (PROTOCOL 9).
 *
 * @throws PacketboatError HOME_BUSY if others read for so long that it could not
 */
export async function truncateLog(ledger: Ledger): Promise<void> {
  const { rows } = await sql<{ busy: number }>`PRAGMA wal_checkpoint(TRUNCATE)`.execute(ledger);
  if (rows[0]?.busy !== 1) return;
  throw new PacketboatError("HOME_BUSY", "the ledger's log could not be emptied: others read it");
}

/**
 * How many bytes the ledger may still grow by: what its disk has left, what deleted rows have left in it, and
 * what SQLite's own limit allows.
 */
export async function roomLeft(ledger: Ledger): Promise<number> {
  const pragma = async (name: string): Promise<number> => {
    const { rows } = await sql<Record<string, number>>`PRAGMA ${sql.raw(name)}`.execute(ledger);
    return rows[0]?.[name] ?? 0;
  };
  const { rows } = await sql<{ file: string }>`PRAGMA database_list`.execute(ledger);
  const disk = await statfs(dirname(rows[0]?.file ?? ""));
  const [pageBytes, free] = [await pragma("page_size"), await pragma("freelist_count")];
  const allowed = (await pragma("max_page_count")) - (await pragma("page_count"));
  return Math.min(disk.bavail * disk.bsize, allowed * pageBytes) + free * pageBytes;
}

function openDatabase(path: string): DatabaseSync {
  // Where SQLite sorts what does not fit in memory, students too: it asks once, before it opens anything.
  process.env["SQLITE_TMPDIR"] ??= dirname(path);
  try {
    closeSync(openSync(path, "a", 0o600));
    const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
    database.exec("PRAGMA journal_mode=WAL");
    database.exec("PRAGMA synchronous=FULL");
    database.exec("PRAGMA foreign_keys=ON");
    database.exec("PRAGMA secure_delete=ON");
    return database;
  } catch (cause) {
    const passing = passingRefusalOf(cause);
    if (passing) throw passing;
    throw new PacketboatError("LEDGER_DAMAGED", "the ledger cannot be opened as a database", {
      cause,
    });
  }
}

/** SQLite's numbers (https://sqlite.org/rescode.html); the lower byte is the kind of failure. */
const SQLITE = { busy: 5, ioError: 10, full: 13, noRoomForIndex: 4874 };

/** Failures that say nothing about what is in the ledger, the disk's or another process's; `null` for any other. */
function passingRefusalOf(cause: unknown): PacketboatError | null {
  const number: unknown = cause instanceof Error ? Reflect.get(cause, "errcode") : undefined;
  if (typeof number !== "number") return null;
  const kind = number & 0xff;
  if (kind === SQLITE.full || number === SQLITE.noRoomForIndex) {
    return new PacketboatError("DISK_FULL", "the ledger does not fit on the disk", { cause });
  }
  if (kind === SQLITE.busy) {
    const seconds = BUSY_TIMEOUT_MS / 1000;
    const sentence = `another process has held the ledger for more than ${seconds} seconds`;
    return new PacketboatError("HOME_BUSY", sentence, { cause });
  }
  if (kind !== SQLITE.ioError) return null;
  const sentence = `the ledger could not be read or written (SQLite ${number})`;
  return new PacketboatError("DISK_FAILED", sentence, { cause });
}

function unlessPassing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw passingRefusalOf(error) ?? error;
  }
}

const CONTROLS: readonly string[] = ["begin", "commit", "rollback"] satisfies Control[];
const isControl = (text: string): text is Control => CONTROLS.includes(text);

/** Kysely's SQLite dialect was made for another driver; these few lines bridge the two. */
function shimmed(database: DatabaseSync, commits: Commits) {
  const prepared = new Map<string, Prepared>();
  const statement = (text: string): Prepared => {
    const known = prepared.get(text);
    if (known) return known;
    const ready = database.prepare(text);
    const fresh = { ready, reader: ready.columns().length > 0, writes: !READS.test(text) };
    if (prepared.size < 500) prepared.set(text, fresh);
    return fresh;
  };
  return {
    close: () => {
      prepared.clear();
      database.close();
    },
    prepare: (text: string) => {
      if (isControl(text)) return controlled(text, commits);
      const { ready, reader, writes } = statement(text);
      const carryOut = <Result>(step: () => Result): Result =>
        unlessPassing(() => {
          commits.before(writes);
          return step();
        });
      type Parameters = readonly unknown[];
      return {
        reader,
        all: (parameters: Parameters) =>
          carryOut(() => ready.all(...(parameters as SQLInputValue[]))),
        run: (parameters: Parameters) =>
          carryOut(() => ready.run(...(parameters as SQLInputValue[]))),
        iterate: (parameters: Parameters) =>
          carryOut(() => ready.iterate(...(parameters as SQLInputValue[]))),
      };
    },
  };
}

interface Prepared {
  readonly ready: StatementSync;
  readonly reader: boolean;
  readonly writes: boolean;
}

/** A statement that begins so changes nothing, and needs no place among the writers. */
const READS = /^\s*(?:select|pragma|explain)\b/i;

const NOTHING_DONE = { changes: 0, lastInsertRowid: 0 };

const controlled = (text: Control, commits: Commits) => ({
  reader: false,
  all: () => [],
  run: () => {
    unlessPassing(() => commits.control(text));
    return NOTHING_DONE;
  },
  iterate: () => [][Symbol.iterator](),
});
