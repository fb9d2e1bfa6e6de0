/**
 * Values as offices write them, read as we write them. Each reader knows many ways to write one thing,
 * and guesses nothing: what could mean two things is a fault. Faults never repeat the value, which may
 * be about somebody.
 */
import { dayNumber } from "../transfer/dates.ts";
import { SECTIONS } from "../transfer/sections.ts";

/** A value as our schema has it, or what is wrong with it. */
export type Read = string | { readonly fault: string };

/** @param text cleaned, not empty @param dateFormat of the config */
export type Reader = (text: string, dateFormat: string) => Read;

const fault = (sentence: string): Read => ({ fault: sentence });

const WIDE_SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g;
const INVISIBLE = /[\u200b\u2060\ufeff]/g;
const CONTROLS = /[^\P{Cc}\t\n]/u;
/** A text that Excel is to leave as it is: `="00123"`. */
const KEPT_TEXT = /^="((?:[^"]|"")*)"$/;

/** Without the spaces that nobody sees; what Excel was told to keep as text is that text. */
export function cleaned(text: string): string {
  const plain = text
    .replaceAll(INVISIBLE, "")
    .replaceAll(WIDE_SPACES, " ")
    .replaceAll(/\r\n?/g, "\n")
    .trim();
  const kept = KEPT_TEXT.exec(plain)?.[1];
  return kept === undefined ? plain : kept.replaceAll('""', '"').trim();
}

/** What makes any value unfit; `null` if nothing does. */
export function damage(text: string): string | null {
  if (text.includes("\u{FFFD}"))
    return "has letters that were lost when the file was saved (\u{FFFD})";
  if (CONTROLS.test(text)) return "has control characters";
  if (/^#(?:N\/A|REF!|VALUE!|NAME\?|DIV\/0!|NUM!|NULL!|#+)$/.test(text)) {
    return "holds an error of the spreadsheet";
  }
  return null;
}

/** One line of text. */
export const line: Reader = (text) =>
  /[\n\t]/.test(text) ? fault("must be one line: look for a quotation mark too many") : text;

export const lines: Reader = (text) => text.replaceAll("\t", " ");

/** Names for one thing: as it is written without spaces and signs, in capitals or not, to our value. */
const among =
  (values: readonly string[], others: Readonly<Record<string, string>> = {}): Reader =>
  (text) => {
    const wanted = letters(text);
    const own = values.find((value) => letters(value) === wanted);
    const found = own ?? (Object.hasOwn(others, wanted) ? others[wanted] : undefined);
    return found ?? fault(`must be one of ${values.join(", ")}`);
  };

const letters = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");

export const sex = among(["Female", "Male", "Non-binary", "Not Selected"], {
  f: "Female",
  m: "Male",
  x: "Non-binary",
  nb: "Non-binary",
});

const GRADES = ["IT", "PR", "PK", "TK", "KG", "PS", "UG", "ABE", "Other"];
const gradeCode = among(GRADES, {
  k: "KG",
  kdg: "KG",
  kindergarten: "KG",
  prek: "PK",
  prekindergarten: "PK",
});

export const gradeLevel: Reader = (text, dateFormat) => {
  const number = /^(?:grade\s+)?0?([0-9]{1,2})(?:st|nd|rd|th)?(?:\s+grade)?$/i.exec(text)?.[1];
  if (number === undefined) {
    const read = gradeCode(text, dateFormat);
    return typeof read === "string"
      ? read
      : fault(`must be 01 to 13, or one of ${GRADES.join(", ")}`);
  }
  if (Number(number) >= 1 && Number(number) <= 13) return number.padStart(2, "0");
  return fault("must be 01 to 13; KG is written K or KG");
};

/** `2026-27`, `2026/2027`; one year alone could be either. */
export const schoolYear: Reader = (text) => {
  const [, first = "", second = ""] =
    /^([0-9]{4})\s*[-/\u2013]\s*([0-9]{2}|[0-9]{4})$/.exec(text) ?? [];
  if (first === "") return fault("must be a school year like 2026-2027 or 2026-27");
  const next = String(Number(first) + 1);
  if (second === next || second === next.slice(2)) return `${first}-${next}`;
  return fault("must be two years in a row, like 2026-2027");
};

/** Spreadsheets add a time to dates: midnight says nothing. */
const MIDNIGHT = /[T ]0{1,2}:00(?::00(?:\.0+)?)?Z?$/;

/** Our own form, or that of the config; `6/3/2026` is read as `06/03/2026` is. */
export const date: Reader = (text, dateFormat) => {
  const day = text.replace(MIDNIGHT, "");
  const parts =
    /^(?<yyyy>[0-9]{4})-(?<MM>[0-9]{2})-(?<dd>[0-9]{2})$/.exec(day) ??
    patternOf(dateFormat).exec(day);
  if (!parts?.groups) {
    if (/^[0-9]{5}(?:\.[0-9]+)?$/.test(text)) {
      return fault(
        "is a number as a spreadsheet counts days: give the column the format of a date",
      );
    }
    return fault(`must be a date like ${dateFormat} (dateFormat in the config), or 2009-02-12`);
  }
  const { yyyy = "", MM = "", dd = "" } = parts.groups;
  const written = `${yyyy}-${MM.padStart(2, "0")}-${dd.padStart(2, "0")}`;
  return isDay(written) ? written : fault(`must be a day of the calendar, written ${dateFormat}`);
};

const patterns = new Map<string, RegExp>();

/** Without anything between them, day and month must have both their digits. */
function patternOf(dateFormat: string): RegExp {
  const known = patterns.get(dateFormat);
  if (known) return known;
  const digits = /[^yMd]/.test(dateFormat) ? "[0-9]{1,2}" : "[0-9]{2}";
  const pattern = dateFormat
    .replaceAll(/[./ -]/g, (sign) => (sign === "." ? "\\." : sign))
    .replace(/y+/, "(?<yyyy>[0-9]{4})")
    .replace(/M+/, `(?<MM>${digits})`)
    .replace(/d+/, `(?<dd>${digits})`);
  const made = new RegExp(`^${pattern}$`);
  patterns.set(dateFormat, made);
  return made;
}

const isDay = (text: string): boolean => {
  const number = dayNumber(text);
  return !Number.isNaN(number) && new Date(number * 86_400_000).toISOString().startsWith(text);
};

/** An id of so many digits. A zero that a spreadsheet took away is not put back: it may be another id. */
const digits =
  (count: number, called: string): Reader =>
  (text) => {
    const bare = text.replace(/^'/, "");
    if (bare.length === count && /^[0-9]+$/.test(bare)) return bare;
    const what = `must be ${called}, ${count} digits`;
    if (/^[0-9](?:[.,][0-9]+)?E\+[0-9]+$/i.test(bare)) {
      return fault(
        `${what}: a spreadsheet made another number of it; give the column the format Text`,
      );
    }
    const isShort = bare.length < count && bare.length >= count - 2 && /^[0-9]+$/.test(bare);
    if (!isShort) return fault(what);
    const example = `="${"0".repeat(count - bare.length)}…"`;
    return fault(
      `${what}, and has ${bare.length}: if a spreadsheet took a leading zero away, give the column the format Text, or write ${example}`,
    );
  };

export const agencyId = digits(7, "the id of a district");
export const zip4 = digits(4, "the last digits of a ZIP code");
const zip5 = digits(5, "a ZIP code");

/** Five digits, or all nine. */
export const zip: Reader = (text, dateFormat) => {
  const [, first, last] = /^([0-9]{5})-?([0-9]{4})$/.exec(text) ?? [];
  return first === undefined || last === undefined ? zip5(text, dateFormat) : `${first}-${last}`;
};

export const schoolId = digits(12, "the NCES id of a school");

export const state: Reader = (text) => text.toUpperCase();

export const membershipType = among(["Home", "Concurrent", "Summer"]);

export const expediteReason = among([
  "FosterCare",
  "Homelessness",
  "MilitaryConnected",
  "JuvenileJustice",
]);

export const purpose: Reader = (text) => text.toUpperCase();

export const yesNo = among(["true", "false"], {
  yes: "true",
  y: "true",
  "1": "true",
  no: "false",
  n: "false",
  "0": "false",
});

/** Names of sections, between blanks, commas or the like; in our answer between blanks. */
export const sections: Reader = (text) => {
  const names = text
    .replaceAll(/health[ _-]conditions?/gi, "HealthCondition")
    .split(/[\s,;|+/]+/)
    .filter((name) => name !== "");
  const read = names.map((name) => section(name, ""));
  const known = read.filter((each) => typeof each === "string");
  const wrong = read.find((each) => typeof each !== "string");
  return wrong ?? [...new Set(known)].join(" ");
};

const section = among(SECTIONS);
