/**
 * `flags.csv`: students whose records leave only when two persons have released them. It is read again
 * whenever it has changed. A list that is owed and cannot be read lets nothing leave: whoever made it
 * relies on it. So is one that named students when it was last read, and is gone: a restored home has no
 * list, and some programs remove a file before they write it anew. What stands in it is shown to nobody.
 */
import { realpath, stat } from "node:fs/promises";
import { basename } from "node:path";
import { flagsPath } from "../config.ts";
import { delimiterOf, withoutSeparatorLine } from "../csv/form.ts";
import { type Row, rowsOf } from "../csv/rows.ts";
import { errnoOf } from "../disk.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import type { Student } from "../packet/model.gen.ts";
import { nearestName } from "../schema.ts";
import { plain } from "../transfer/likeness.ts";
import { openRegular } from "./carry.ts";
import { listText } from "./csv/text.ts";

export interface Flags {
  /** `null` if nobody can tell. */
  readonly isFlagged: (student: Student) => boolean | null;
  /** How many students are in the list. */
  readonly students: number;
  /** Another one than before: another list, perhaps. */
  readonly mark: string;
  /** Why the list cannot be read, if that is so. */
  readonly refusal: PacketboatError | null;
}

/** Where the list is, and whether it must be there. */
export interface FlagsFile {
  readonly path: string;
  readonly isOwed: boolean;
}

/** As a row has one student: an identifier, or a name with a birthdate; both may stand in it. */
interface Flag {
  readonly id: string;
  readonly person: Person | null;
}

/** Names folded. */
interface Person {
  readonly last: string;
  readonly first: string;
  readonly birthdate: string;
}

const MOST_BYTES = 10_000_000;
/** A tenth of a district of half a million; the list is held in memory, 1.5 KB each while it is read. */
const MOST_STUDENTS = 50_000;
const COLUMNS = ["StudentId", "LastOrSurname", "FirstName", "Birthdate", "Note"] as const;
const PERSON = ["LastOrSurname", "FirstName", "Birthdate"] as const;
type Column = (typeof COLUMNS)[number];

/** @param config only its home and its flags file are read */
export const flagsFileOf = ({
  home,
  releases,
}: {
  readonly home: string;
  readonly releases: { readonly flagsFile?: string };
}): FlagsFile => ({
  path: flagsPath({ home, releases }),
  isOwed: releases.flagsFile !== undefined,
});

/** What is remembered of the list. */
export interface FlagsMemory {
  /** Did it name anybody when it was last read? */
  readonly namedAnybody: () => Promise<boolean>;
  /** Absent for who only looks. */
  readonly note?: (students: number) => Promise<void>;
}

/** @returns reads the list, anew only when the file has changed; a refusal is in what it returns */
export function flagsReader(file: FlagsFile, memory?: FlagsMemory): () => Promise<Flags> {
  let known: { readonly mark: string; readonly flags: Flags } | null = null;
  return async () => {
    try {
      const mark = await markOf(file);
      if (known?.mark === mark) return known.flags;
      if (mark === ABSENT && (await memory?.namedAnybody())) {
        const why = "is not there any more; with its header alone it flags nobody";
        throw unreadable(file.path, why);
      }
      known = { mark, flags: await flagsIn(file, mark) };
      if (mark !== ABSENT) await memory?.note?.(known.flags.students);
      return known.flags;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      known = null;
      return { isFlagged: () => null, students: 0, mark: "", refusal: error };
    }
  };
}

const ABSENT = "absent";

async function markOf({ path, isOwed }: FlagsFile): Promise<string> {
  try {
    const found = await stat(path);
    if (!found.isFile()) throw unreadable(path, "is not a file");
    if (found.size > MOST_BYTES) throw unreadable(path, "is larger than 10 MB");
    return [found.mtimeMs, found.ctimeMs, found.size, found.ino].join(" ");
  } catch (error) {
    if (errnoOf(error) === "ENOENT" && !isOwed) return ABSENT;
    throw unread(path, error);
  }
}

async function flagsIn({ path }: FlagsFile, mark: string): Promise<Flags> {
  if (mark === ABSENT) return { isFlagged: () => false, students: 0, mark, refusal: null };
  const bytes = await bytesOf(path).catch((error: unknown) => {
    throw unread(path, error);
  });
  const flags = await flagsOf(bytes, path);
  const ids = new Set(flags.map(({ id }) => id).filter((id) => id !== ""));
  const persons = flags.flatMap(({ person }) => person ?? []);
  const born = Map.groupBy(persons, ({ birthdate }) => birthdate);
  return {
    isFlagged: (student) =>
      (student.StudentIdentification ?? []).some((each) => ids.has(idOf(each.StudentIdentifier))) ||
      (born.get(student.Birthdate) ?? []).some((person) => isLike(person, student)),
    students: flags.length,
    mark,
    refusal: null,
  };
}

/** It may be a link of whoever chose the path; it is no pipe that never ends, though it was a file just now. */
async function bytesOf(path: string): Promise<Buffer> {
  await using file = await openRegular(await realpath(path));
  if ((await file.stat()).size > MOST_BYTES) throw unreadable(path, "is larger than 10 MB");
  return await file.readFile();
}

/** @throws PacketboatError FLAGS_UNREADABLE */
async function flagsOf(bytes: Buffer, path: string): Promise<Flag[]> {
  const text = textOf(bytes, path);
  const [header, ...rows] = await recordsIn(text, path);
  if (!header) throw unreadable(path, "has no header");
  const columns = header.fields.map((name, index) => columnOf(name, index + 1, path));
  if (new Set(columns).size < columns.length) throw unreadable(path, "has a column twice");
  const isKeyed = columns.includes("StudentId") || PERSON.every((name) => columns.includes(name));
  if (!isKeyed) throw unreadable(path, `has neither StudentId nor ${PERSON.join(", ")}`);
  return rows.map(({ fields, line }) => {
    const of = (column: Column): string => (fields[columns.indexOf(column)] ?? "").trim();
    return flagOf(of, `line ${line}`, path);
  });
}

function flagOf(of: (column: Column) => string, place: string, path: string): Flag {
  const id = idOf(of("StudentId"));
  const named = PERSON.filter((name) => of(name) !== "");
  const missing = PERSON.filter((name) => of(name) === "");
  if (named.length > 0 && missing.length > 0) {
    throw unreadable(path, `${place} has no ${missing.join(" and no ")}`);
  }
  if (named.length === 0 && id === "") throw unreadable(path, `${place} names no student`);
  if (named.length === 0) return { id, person: null };
  const birthdate = dateIn(of("Birthdate"));
  if (birthdate === null) {
    throw unreadable(path, `${place} has a Birthdate that is not YYYY-MM-DD or MM/DD/YYYY`);
  }
  const [last, first] = [plain(of("LastOrSurname")), plain(of("FirstName"))];
  return { id, person: { last, first, birthdate } };
}

/** Spreadsheets take zeros away in front, and people set hyphens: too many matches do no harm. */
const idOf = (id: string): string => plain(id).replace(/^0+(?=.)/, "");

/**
 * May this be a student of that birthdate in the list? Whoever asks writes the name, and may write it otherwise on
 * purpose: one name that fits is enough, and so are letters that only look like those of a name. A sister or a
 * namesake is looked at by two persons as well, which harms nobody.
 */
function isLike({ last, first }: Person, student: Student): boolean {
  const names = [student.LastOrSurname, student.FirstName, ...(student.OtherName ?? [])].map(plain);
  return names.some((name) => name === last || name === first || !LATIN.test(name));
}

/** Letters without accents, and digits. */
const LATIN = /^[\p{Script=Latin}0-9]*$/u;

/** A day of the calendar, however a spreadsheet has turned it. */
function dateIn(text: string): string | null {
  const [, month = "", day = "", year = ""] = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text) ?? [];
  const iso = year === "" ? text : `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(iso)) return null;
  const date = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso) ? iso : null;
}

/** The name is not shown: in a list without its header it is a student's, and IT reads the refusal. */
function columnOf(name: string, number: number, path: string): Column {
  const column = COLUMNS.find((each) => plain(each) === plain(name));
  if (column) return column;
  const meant = nearestName(name, COLUMNS) || `: its first line must name ${COLUMNS.join(", ")}`;
  throw unreadable(path, `has an unknown column ${number}${meant}`);
}

/** As any list that a spreadsheet wrote. */
function textOf(bytes: Buffer, path: string): string {
  try {
    return listText(bytes, "auto");
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw unreadable(path, `cannot be read: ${error.message}`, error);
  }
}

/** A quotation mark that is not where it belongs may hide one student in another's row: it is not passed over. */
async function recordsIn(text: string, path: string): Promise<Row[]> {
  const isKnown = (name: string): boolean => COLUMNS.some((each) => plain(each) === plain(name));
  const invalid = (...faults: readonly string[]): PacketboatError =>
    unreadable(path, `is not proper CSV: ${faults.join("; ")}`);
  const { body, told } = withoutSeparatorLine(text);
  const before = told === null ? 0 : 1;
  const delimiter = delimiterOf(body, told, isKnown);
  if (typeof delimiter !== "string") throw invalid(delimiter.fault);
  const rows: Row[] = [];
  for await (const row of rowsOf([body], { delimiter, isStrict: true, invalid })) {
    const line = row.line + before;
    if (row.fields.length > (rows[0] ?? row).fields.length) {
      throw unreadable(path, `line ${line} has more fields than the header`);
    }
    if (row.fields.some((field) => /[\r\n]/.test(field))) {
      throw unreadable(
        path,
        `line ${line} ends a field of several lines, in which a student may be hidden: write it in one`,
      );
    }
    rows.push({ ...row, line });
    // Beside the header.
    if (rows.length <= MOST_STUDENTS + 1) continue;
    throw unreadable(path, `names more than ${MOST_STUDENTS} students`);
  }
  return rows;
}

function unread(path: string, error: unknown): PacketboatError {
  if (isRefusal(error, "FLAGS_UNREADABLE")) return error;
  if (isRefusal(error)) return unreadable(path, `cannot be read: ${error.message}`, error);
  const errno = errnoOf(error);
  if (errno === null) throw error;
  return unreadable(path, errno === "ENOENT" ? "is not there" : `cannot be read (${errno})`, error);
}

const unreadable = (path: string, why: string, cause?: unknown): PacketboatError =>
  new PacketboatError("FLAGS_UNREADABLE", `${basename(path)} ${why}`, { cause });
