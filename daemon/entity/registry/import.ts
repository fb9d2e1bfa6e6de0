/**
 * One file imported into the registry, start to end. What it lists becomes a generation of its own, beside
 * the current one; what it does not list is carried over; then one small transaction makes it current. Until
 * then nothing has changed, wherever it was cut off, and afterwards the generation before is swept.
 *
 * Changes that are few are merged into the current generation instead, in one transaction: to copy a
 * million rows for a hundred would wear the disk, and a merge of more would hold the ledger for too long.
 */
import { plainDate } from "../../alerts/when.ts";
import type { Registry } from "../../config.ts";
import { isRefusal, PacketboatError } from "../../errors.ts";
import type { Ledger } from "../../ledger/connect.ts";
import { keepEnrollments, mergeInto, takeOver } from "../../ledger/enrollments.ts";
import { lockHolder, takeLock } from "../../ledger/locks.ts";
import {
  beginImport,
  discardCutOff,
  discardWaiting,
  importIn,
  makeCurrent,
  noteImport,
} from "../../ledger/registry.ts";
import type { EnrollmentRow, RegistryImportRow } from "../../ledger/tables.ts";
import type { PlainDate } from "../../transfer/dates.ts";
import { tellOfImport, tellOfKnown } from "./alerts.ts";
import { columnsIn, meaningOf } from "./columns.ts";
import { invalid, linesOf, survey, type Surveyed } from "./file.ts";
import {
  assertRoom,
  carryAllOver,
  countAll,
  type Pacing,
  pause,
  SLICE_ROWS,
  sweep,
} from "./generations.ts";
import { enrollmentIn, type RowFault } from "./row.ts";

export interface Importing {
  readonly ledger: Ledger;
  readonly settings: Registry;
  readonly timeZone: string;
  readonly path: string;
  readonly kind: "snapshot" | "changes";
  /** A person has said that it may close as many as it does. */
  readonly mayClose: boolean;
  /** Username, or `packetboat`. */
  readonly by: string;
  readonly at: Date;
  readonly stop?: AbortSignal;
  /** Hears of each step; a test ends the program there. */
  readonly passed?: (step: ImportStep) => void;
  /** Hears how far it is, at least once for every slice of rows. */
  readonly progress?: (progress: ImportProgress) => void;
}

/** How far an import is. What comes after the reading is as long as the registry is. */
export interface ImportProgress {
  readonly phase: "reading" | "carrying over" | "counting" | "sweeping";
  /** Bytes of the file while it is read, rows of the registry afterwards. */
  readonly done: number;
  /** The same at the end, about; 0 if that is not known. */
  readonly total: number;
  /** Rows of the file that were read. */
  readonly rows: number;
}

export type ImportStep = "begun" | "slice kept" | "read" | "carried over" | "current" | "swept";

export interface Imported {
  /** `known`: the very file that is current. `waiting`: a person must allow it. */
  readonly outcome: "current" | "waiting" | "known";
  readonly row: RegistryImportRow;
  /** The first of them; `row.faulty_rows` says how many rows have any. */
  readonly faults: readonly RowFault[];
}

/** More are counted, and not kept. */
export const MOST_FAULTS = 1000;
/** Changes of so many rows are merged. */
const MERGED_ROWS = 10_000;

/**
 * @throws PacketboatError REGISTRY_INVALID if the file is no list, has too many faulty rows, or says changes
 *   of a registry that is empty; then nothing has changed. HOME_BUSY while another import is under way; EXCHANGE_STOPPED; FILE_NOT_FOUND,
 *   FILE_UNREADABLE, DISK_FULL …
 */
export async function importFile(importing: Importing): Promise<Imported> {
  const { ledger, at } = importing;
  const giveBack = await takeLock(ledger, "registry", at);
  try {
    return await importOnce(importing);
  } finally {
    await giveBack();
  }
}

async function importOnce(importing: Importing): Promise<Imported> {
  const { ledger, settings, kind, path, at, by, timeZone } = importing;
  const file = await survey(path, settings);
  const modified = plainDate(file.modifiedAt, timeZone);
  const today = plainDate(at, timeZone);
  const asOf = modified < today ? modified : today;
  const known = await knownAlready(importing, file, asOf);
  if (known) return known;
  if (kind === "changes" && !(await importIn(ledger, "CURRENT"))) {
    throw invalid(
      "there is nothing yet that it could change: a snapshot of all enrollments comes first",
    );
  }
  const about = { kind, sha256: file.sha256, as_of: asOf, by, begun_at: at.toISOString() };
  const row = await beginImport(ledger, about);
  importing.passed?.("begun");
  await sweep(ledger, pacing(importing, "sweeping", 0));
  await assertRoom(ledger, file.size);
  const faults: RowFault[] = [];
  try {
    const counts = await load(importing, file, row, faults);
    importing.passed?.("read");
    return { ...(await settle(importing, { ...row, ...counts })), faults };
  } catch (error) {
    // Whatever else cut it off: its rows are swept by the next one.
    if (!isRefusal(error, "REGISTRY_INVALID")) throw error;
    const { code, facts } = error;
    const { rows = 0, faultyRows = 0 } = facts as { rows?: number; faultyRows?: number };
    const counts = { rows, faulty_rows: faultyRows };
    const refused = { ...counts, state: "REFUSED", ended_at: at.toISOString(), code } as const;
    await noteImport(ledger, row.import_id, refused);
    await sweep(ledger, pacing(importing, "sweeping", rows, rows));
    throw error;
  }
}

/** The pace of what is done to a registry of about so many rows. @param rows that were read of the file */
function pacing(
  { stop, progress }: Pick<Importing, "stop" | "progress">,
  phase: ImportProgress["phase"],
  total: number,
  rows = 0,
): Pacing {
  let done = 0;
  const tell = (): void => progress?.({ phase, done: Math.min(done, total), total, rows });
  const passed = (more: number): void => {
    done += more;
    tell();
  };
  tell();
  return { stop, passed };
}

/** The same bytes, and nothing came since: nothing changes but their age. */
async function knownAlready(
  { ledger, kind, mayClose, at }: Importing,
  { sha256 }: Surveyed,
  asOf: PlainDate,
): Promise<Imported | null> {
  const waiting = await importIn(ledger, "WAITING");
  if (waiting?.sha256 === sha256 && waiting.kind === kind && !mayClose) {
    return { outcome: "waiting", row: waiting, faults: [] };
  }
  const row = await importIn(ledger, "CURRENT");
  if (waiting || row?.sha256 !== sha256 || row.kind !== kind) return null;
  const newest = asOf > row.as_of ? asOf : row.as_of;
  await ledger.transaction().execute(async (db) => {
    await noteImport(db, row.import_id, { as_of: newest });
    await tellOfKnown(db, at);
  });
  return { outcome: "known", row: { ...row, as_of: newest }, faults: [] };
}

/**
 * Every row into the import's own generation. A student whose row has a fault is known as before: left out of
 * a snapshot, the row would otherwise end the enrollment.
 *
 * @param faults the first of them are added
 */
async function load(
  importing: Importing,
  file: Surveyed,
  { import_id: said_by, generation, kind }: RegistryImportRow,
  faults: RowFault[],
): Promise<Pick<RegistryImportRow, "rows" | "faulty_rows">> {
  const { settings, ledger, stop, progress } = importing;
  const meaning = meaningOf(settings);
  let [done, rows, faulty_rows] = [0, 0, 0];
  const tell = (): void => progress?.({ phase: "reading", done, total: file.size, rows });
  const isKnown = (header: string): boolean => meaning(header) !== undefined;
  await using lines = linesOf(file, settings, isKnown, (bytes) => void (done += bytes));
  const header = await lines.next();
  if (header.done) throw invalid("the file is empty");
  const columns = columnsIn(header.value.fields, settings);
  const before = kind === "snapshot" ? await importIn(ledger, "CURRENT") : null;
  const slice = new Map<string, EnrollmentRow>();
  const unread = new Set<string>();
  const keep = async (): Promise<void> => {
    await keepEnrollments(ledger, [...slice.values()]);
    slice.clear();
    if (before) await takeOver(ledger, [...unread], { from: before.generation, to: generation });
    unread.clear();
    importing.passed?.("slice kept");
    tell();
    await pause(stop);
  };
  tell();
  for await (const line of lines) {
    rows++;
    const read = enrollmentIn(line, columns, settings.dateFormat);
    if ("state_student_id" in read) {
      slice.set(keyOf(read), { ...read, generation, said_by });
      if (slice.size === SLICE_ROWS) await keep();
      continue;
    }
    faulty_rows++;
    if (faults.length < MOST_FAULTS) faults.push(...read.faults);
    if (read.student !== null && unread.add(read.student).size === SLICE_ROWS) await keep();
  }
  await keep();
  if (rows === 0 && kind === "snapshot") throw invalid("the file has a header and no rows");
  assertFew(importing, { rows, faulty_rows }, faults);
  return { rows, faulty_rows };
}

const keyOf = (
  row: Pick<EnrollmentRow, "state_student_id" | "agency_id" | "school_id" | "entry_date">,
) => `${row.agency_id} ${row.school_id} ${row.entry_date} ${row.state_student_id}`;

/** @throws PacketboatError REGISTRY_INVALID with the faults beside it */
function assertFew(
  { settings }: Importing,
  { rows, faulty_rows }: Pick<RegistryImportRow, "rows" | "faulty_rows">,
  faults: readonly RowFault[],
): void {
  const isAllowed = faulty_rows <= rows * shareOf(settings.maxFaultyRows);
  // A registry of nobody would say of everybody that there is no record, however many faults are allowed.
  if (isAllowed && (rows === 0 || faulty_rows < rows)) return;
  const sentence = isAllowed
    ? `all ${rows} rows have faults`
    : `${faulty_rows} of ${rows} rows have faults, more than ${settings.maxFaultyRows} (registry.maxFaultyRows)`;
  throw new PacketboatError("REGISTRY_INVALID", sentence, {
    facts: { rows, faultyRows: faulty_rows, faults: faults.map(faultText) },
  });
}

/** `line 17: Birthdate (column DOB): is empty` */
export const faultText = ({ line, column, sentence }: RowFault): string =>
  `line ${line}: ${column}: ${sentence}`;

/** `1.5%` is 0.015. */
const shareOf = (written: string): number => Number(written.replace("%", "")) / 100;

/** What was read becomes current, or waits for a person. */
async function settle(
  importing: Importing,
  row: RegistryImportRow,
): Promise<Omit<Imported, "faults">> {
  const { ledger, kind, settings, mayClose, at } = importing;
  const before = await importIn(ledger, "CURRENT");
  if (kind === "changes" && before && row.rows <= MERGED_ROWS) {
    return { outcome: "current", row: await merged(importing, row, before) };
  }
  const closeOn = kind === "snapshot" ? row.as_of : null;
  const paced = (phase: ImportProgress["phase"], total: number): Pacing =>
    pacing(importing, phase, total, row.rows);
  const carried =
    before === null
      ? 0
      : await carryAllOver(
          ledger,
          { from: before.generation, to: row.generation, closeOn },
          paced("carrying over", before.enrollments),
        );
  importing.passed?.("carried over");
  const closed = closeOn === null ? 0 : carried;
  const about = Math.max(row.rows, before?.enrollments ?? 0);
  const { open, ...counts } = await countAll(ledger, row.generation, paced("counting", about));
  const done = { ...row, ...counts, open_enrollments: open, closed, ended_at: at.toISOString() };
  const most = (before?.open_enrollments ?? 0) * shareOf(settings.askBeforeClosingMoreThan);
  if (closed > most && !mayClose) {
    const waiting = { ...done, state: "WAITING" as const };
    await ledger.transaction().execute(async (db) => {
      await discardWaiting(db, at.toISOString());
      await noteImport(db, row.import_id, waiting);
      await tellOfImport(db, waiting, { openBefore: before?.open_enrollments ?? 0, at });
    });
    return { outcome: "waiting", row: waiting };
  }
  const sweeping = paced("sweeping", before?.enrollments ?? 0);
  return { outcome: "current", row: await becomeCurrent({ ...importing, sweeping }, done) };
}

/** The one transaction in which the registry changes. */
async function becomeCurrent(
  {
    ledger,
    at,
    passed,
    sweeping,
  }: Pick<Importing, "ledger" | "at" | "passed"> & { readonly sweeping?: Pacing },
  row: RegistryImportRow,
): Promise<RegistryImportRow> {
  const current = { ...row, state: "CURRENT" as const };
  await ledger.transaction().execute(async (db) => {
    if (!(await makeCurrent(db, row, { ...current, at: at.toISOString() }))) throw overtaken();
    await tellOfImport(db, current, { openBefore: 0, at });
  });
  passed?.("current");
  await sweep(ledger, sweeping);
  passed?.("swept");
  return current;
}

const overtaken = (): PacketboatError =>
  new PacketboatError("REGISTRY_NOTHING_WAITS", "another import became current meanwhile");

/** Few changes: over what the registry says already, in one transaction. */
async function merged(
  importing: Importing,
  row: RegistryImportRow,
  before: RegistryImportRow,
): Promise<RegistryImportRow> {
  const { ledger, at, passed } = importing;
  const { generation, students, enrollments, open_enrollments } = before;
  // About as many as before, until they are counted.
  const about = { students, enrollments, open_enrollments };
  const done = { ...row, ...about, generation, ended_at: at.toISOString() };
  await ledger.transaction().execute(async (db) => {
    await mergeInto(db, row.generation, generation);
    if (!(await makeCurrent(db, row, { ...done, at: at.toISOString() }))) throw overtaken();
    await tellOfImport(db, done, { openBefore: 0, at });
  });
  passed?.("current");
  const paced = pacing(importing, "counting", enrollments, row.rows);
  const { open, ...counts } = await countAll(ledger, generation, paced);
  const counted = { ...counts, open_enrollments: open };
  await noteImport(ledger, row.import_id, counted);
  return { ...done, ...counted, state: "CURRENT" };
}

/**
 * A person allows what waits: it becomes current.
 *
 * @throws PacketboatError REGISTRY_NOTHING_WAITS, HOME_BUSY
 */
export async function proceed(ledger: Ledger, at: Date): Promise<RegistryImportRow> {
  const giveBack = await takeLock(ledger, "registry", at);
  try {
    return await becomeCurrent({ ledger, at }, await waitingImport(ledger));
  } finally {
    await giveBack();
  }
}

/**
 * A person throws away what waits: the registry stays as it is.
 *
 * @throws PacketboatError REGISTRY_NOTHING_WAITS, HOME_BUSY
 */
export async function discard(ledger: Ledger, at: Date): Promise<RegistryImportRow> {
  const giveBack = await takeLock(ledger, "registry", at);
  try {
    const discarded = { ...(await waitingImport(ledger)), state: "DISCARDED" as const };
    await ledger.transaction().execute(async (db) => {
      await noteImport(db, discarded.import_id, discarded);
      await tellOfImport(db, discarded, { openBefore: 0, at });
    });
    await sweep(ledger);
    return discarded;
  } finally {
    await giveBack();
  }
}

async function waitingImport(ledger: Ledger): Promise<RegistryImportRow> {
  const waiting = await importIn(ledger, "WAITING");
  if (waiting) return waiting;
  throw new PacketboatError("REGISTRY_NOTHING_WAITS", "no import waits for a person");
}

/** Delete what a crash left of an import; one that is under way is left alone. */
export async function sweepLeft(ledger: Ledger, at: Date, stop: AbortSignal): Promise<void> {
  if ((await lockHolder(ledger, "registry")) !== null) return;
  const giveBack = await takeLock(ledger, "registry", at);
  try {
    await discardCutOff(ledger, at.toISOString());
    await sweep(ledger, { stop });
  } finally {
    await giveBack();
  }
}
