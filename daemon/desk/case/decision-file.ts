/**
 * What a registrar wrote into `decision.txt`: from bytes to one decision, or to every fault in words
 * that need no explanation. Pure, and forgiving in everything that cannot be meant otherwise.
 */
import { REASON_WORDS } from "../../alerts/reason-words.ts";
import { oneLine } from "../../alerts/say.ts";
import { isRefusal } from "../../errors.ts";
import { parseReference, showReference, type Reference } from "../../ids.ts";
import { editorText } from "../../packet/encoding.ts";
import type { ReasonCode, SectionName } from "../../packet/model.gen.ts";
import { SECTION_NAMES } from "../../packet/model.ts";
import { nearestName } from "../../schema.ts";
import { isPlainDate, type PlainDate } from "../../transfer/dates.ts";
import { given } from "../../transfer/given.ts";
import {
  DECISIONS,
  HINTS,
  LINE_NAMES,
  type LineName,
  type Stage,
  type WrittenKind,
} from "./decision-form.ts";
import {
  namedIn,
  NOT_AVAILABLE_REASONS,
  type NotAvailable,
  sectionNamed,
} from "../sections-named.ts";

export interface ToFollow {
  readonly section: SectionName;
  readonly expected: PlainDate;
}

/** A decision without a fault in itself; whether it may be made now is for others to say. */
export interface WrittenDecision {
  readonly kind: WrittenKind;
  readonly reason?: ReasonCode;
  readonly until?: PlainDate;
  readonly notAvailable: readonly NotAvailable[];
  readonly toFollow: readonly ToFollow[];
  readonly comments?: string;
}

export interface ReadFile {
  /** `null` while nothing is decided, and if there is a fault. */
  readonly decision: WrittenDecision | null;
  /** The user name, if one is written. */
  readonly decidedBy: string | null;
  readonly faults: readonly string[];
}

/** What a file is judged by. */
export interface Judging {
  /** Of the folder's own transfer. */
  readonly reference: Reference;
  /** Where the agency is. */
  readonly today: PlainDate;
}

const MOST_COMMENTS = 4000;
/** Lines that are none of the form, and are shown: another text may have been saved here. */
const MOST_UNKNOWN = 10;
const KINDS = Object.keys(DECISIONS) as readonly WrittenKind[];
const REASONS = Object.keys(REASON_WORDS) as readonly ReasonCode[];
const OWES_REASON: readonly WrittenKind[] = ["hold", "reject", "recall"];

export const NOTHING_WRITTEN: ReadFile = { decision: null, decidedBy: null, faults: [] };

export function readDecisionFile(bytes: Uint8Array, judging: Judging): ReadFile {
  const text = editorText(bytes);
  if (text === null || text.startsWith("{\\rtf")) {
    const form = "is not a plain text: save it again as plain text (in Notepad: Save As, UTF-8)";
    return { ...NOTHING_WRITTEN, faults: [`decision.txt ${form}.`] };
  }
  const { values, faults } = linesIn(text);
  const isUndecided = values.Decision.length === 0;
  if (isUndecided && faults.length === 0) {
    return { ...NOTHING_WRITTEN, decidedBy: values["Decided by"][0] ?? null };
  }
  if (isUndecided) {
    faults.push("No decision could be found: behind “Decision:” there is nothing.");
    return { ...NOTHING_WRITTEN, faults };
  }
  return judged(values, faults, judging);
}

type Values = Readonly<Record<LineName, string[]>>;

/** The values of each line that is not empty, in their order, and the lines that are none of the form. */
function linesIn(text: string): { values: Values; faults: string[] } {
  const values = Object.fromEntries(LINE_NAMES.map((name) => [name, [] as string[]])) as Values;
  const faults: string[] = [];
  const comments: string[] = [];
  let isComment = false;
  let unknown = 0;
  for (const line of text.split("\n")) {
    if (/^\s*#/.test(line)) continue;
    const [, before = "", value = ""] = /^([^:：]*)[:：](.*)$/u.exec(line) ?? [];
    const name = lineNamed(before);
    if (name === "Comments") comments.push(value.trim());
    else if (name) values[name].push(...meant(name, value));
    if (name) isComment = name === "Comments";
    else if (line.trim() === "" || (isComment && !isNearLine(before))) {
      if (isComment) comments.push(line.trim());
    } else if (++unknown <= MOST_UNKNOWN) faults.push(unknownLine(line, before));
  }
  const more = unknown - MOST_UNKNOWN;
  if (more > 0)
    faults.push(`${more} more ${more === 1 ? "line is" : "lines are"} none of the form.`);
  const comment = comments.join("\n").trim();
  if (comment !== "") values.Comments.push(comment);
  return { values, faults };
}

const plain = (text: string): string =>
  text
    .replaceAll(/[\s_-]+/g, " ")
    .replaceAll(/[“”"'*]/g, "")
    .trim()
    .toLowerCase();

const lineNamed = (text: string): LineName | undefined =>
  LINE_NAMES.find((name) => plain(text).replaceAll(" ", "") === plain(name).replaceAll(" ", ""));

const isNearLine = (before: string): boolean =>
  before.length > 3 && nearestName(before.trim(), LINE_NAMES) !== "";

/** Where the colon was forgotten, the name is what stands before the value. */
const unknownLine = (line: string, before: string): string => {
  const name = before.trim() || (/^\s*([^\s=]+)/.exec(line)?.[1] ?? "");
  return `“${shown(line)}” is not a line of the form${nearestName(name, LINE_NAMES) || "."}`;
};

/** What stands behind the colon, without the hint that we put there; nothing if nothing is left. */
function meant(name: LineName, value: string): string[] {
  let left = value.replaceAll(/\s+/g, " ").trim();
  const hints: Partial<Record<Stage, string>> = HINTS[name];
  for (const hint of Object.values(hints)) {
    if (left.toLowerCase().startsWith(hint.toLowerCase())) left = left.slice(hint.length);
    else if (left.toLowerCase().endsWith(hint.toLowerCase())) left = left.slice(0, -hint.length);
  }
  left = left.trim();
  return left === "" ? [] : [left];
}

function judged(values: Values, faults: string[], judging: Judging): ReadFile {
  const one = (name: LineName): string | undefined => {
    const different = new Map(values[name].map((value) => [plain(value), value]));
    if (different.size > 1) faults.push(`“${name}:” stands there ${different.size} times.`);
    return [...different.values()][0];
  };
  checkReference(one("Reference"), judging, faults);
  const kind = kindIn(one("Decision") ?? "", faults);
  const reason = reasonIn(one("Reason"), kind, faults);
  const until = untilIn(one("Hold until"), kind, judging, faults);
  const isSending = kind === "release" || kind === "supplement";
  const notAvailable = isSending ? notAvailableIn(one("Not available"), faults) : [];
  const toFollow = isSending ? toFollowIn(one("To follow"), judging, faults) : [];
  refuseBoth(notAvailable, toFollow, faults);
  const comments = one("Comments");
  if ((comments?.length ?? 0) > MOST_COMMENTS) {
    faults.push(`Comments: is longer than ${MOST_COMMENTS} characters.`);
  }
  const decidedBy = one("Decided by") ?? null;
  if (faults.length > 0 || kind === null) return { decision: null, decidedBy, faults };
  const more = given({ reason, until, comments });
  return { decision: { kind, notAvailable, toFollow, ...more }, decidedBy, faults };
}

function checkReference(text: string | undefined, { reference }: Judging, faults: string[]): void {
  const ours = showReference(reference);
  if (text === undefined) {
    faults.push(`Reference: is missing: write ${ours} there, if this is the form of that request.`);
    return;
  }
  try {
    if (parseReference(text) === reference) return;
  } catch (error) {
    if (!isRefusal(error, "ID_INVALID")) throw error;
    faults.push(`Reference: “${shown(text)}” is no reference. This folder belongs to ${ours}.`);
    return;
  }
  faults.push(
    `Reference: ${shown(text)} is another request. This folder belongs to ${ours}: decide about each request in its own folder.`,
  );
}

function kindIn(text: string, faults: string[]): WrittenKind | null {
  const said = plain(text).replace(/[.,;!]+$/, "");
  const found = KINDS.find((kind) => kind === said);
  if (found) return found;
  const several = KINDS.filter((kind) => new RegExp(`\\b${kind}\\b`).test(said));
  if (several.length > 1) {
    faults.push(`Decision: “${shown(text)}” are ${several.length} decisions. Write one of them.`);
  } else {
    const near = nearestName(said, KINDS);
    faults.push(
      `Decision: “${shown(text)}” is no decision${near || `. Write one of ${listed(KINDS)}.`}`,
    );
  }
  return null;
}

function reasonIn(
  text: string | undefined,
  kind: WrittenKind | null,
  faults: string[],
): ReasonCode | undefined {
  const isOwed = kind !== null && OWES_REASON.includes(kind);
  if (text === undefined) {
    if (isOwed) faults.push(`Reason: is missing. A ${kind} needs one of the codes in the list.`);
    return undefined;
  }
  const code = reasonNamed(text);
  if (code === null && kind !== "withdraw") {
    const near = nearestName(text, REASONS) || ". Take one of the codes in the list.";
    faults.push(`Reason: “${shown(text)}” is none of the codes${near}`);
  } else if (kind === "release" || kind === "supplement") {
    faults.push(`Reason: a ${kind} has none. Empty that line, or write another Decision.`);
  }
  return isOwed ? (code ?? undefined) : undefined;
}

/** The code, its words, or the line of the list, which begins with the code. */
const reasonNamed = (text: string): ReasonCode | null =>
  namedIn(REASONS, text) ??
  namedIn(REASONS, text.split(/\s/, 1)[0] ?? "") ??
  REASONS.find((code) => plain(REASON_WORDS[code]) === plain(text)) ??
  null;

function untilIn(
  text: string | undefined,
  kind: WrittenKind | null,
  judging: Judging,
  faults: string[],
): PlainDate | undefined {
  if (text === undefined || kind === "withdraw") return undefined;
  if (kind !== "hold" && kind !== null) {
    faults.push(`Hold until: is for hold alone. Empty that line, or write hold as the Decision.`);
    return undefined;
  }
  return dayIn("Hold until", text, judging, faults);
}

/** `6/15/2027`, as it is written where we are. */
const AMERICAN = /^([0-9]{1,2})\/([0-9]{1,2})\/([0-9]{4})$/;

function dayIn(
  line: string,
  text: string,
  { today }: Judging,
  faults: string[],
): PlainDate | undefined {
  const [, month = "", day = "", year = ""] = AMERICAN.exec(text) ?? [];
  const turned = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  if (isPlainDate(text)) {
    if (text >= today) return text;
    faults.push(`${line}: ${text} is past.`);
  } else if (isPlainDate(turned)) {
    faults.push(`${line}: write the day ${shown(text)} like this: ${turned}.`);
  } else if (/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) || AMERICAN.test(text)) {
    faults.push(`${line}: there is no day ${text} in the calendar.`);
  } else {
    faults.push(`${line}: “${shown(text)}” is no day. Write it like 2027-06-15.`);
  }
  return undefined;
}

/** The items of a list; `and` divides it only where the words are not one item's own. */
const itemsOf = (text: string | undefined, isItem: (item: string) => boolean): string[] =>
  (text ?? "")
    .split(/[,;]/)
    .flatMap((item) => (isItem(item.trim()) ? [item] : item.split(/\band\b|&/)))
    .map((item) => item.trim())
    .filter((item) => item !== "");

function notAvailableIn(text: string | undefined, faults: string[]): NotAvailable[] {
  const isItem = (item: string): boolean => sectionNamed(item.split(":", 1)[0] ?? "") !== null;
  return itemsOf(text, isItem).flatMap((item) => {
    const [name = "", why] = item.split(":", 2).map((part) => part.trim());
    const section = sectionIn("Not available", name, faults);
    const reason = why === undefined ? "Other" : namedIn(NOT_AVAILABLE_REASONS, why);
    if (reason === null) {
      const near = nearestName(why ?? "", NOT_AVAILABLE_REASONS);
      const choice = near || `. Write one of ${listed(NOT_AVAILABLE_REASONS)}, or none.`;
      faults.push(`Not available: “${shown(why ?? "")}” is no reason known here${choice}`);
    }
    return section && reason ? [{ section, reason }] : [];
  });
}

function toFollowIn(text: string | undefined, judging: Judging, faults: string[]): ToFollow[] {
  return itemsOf(text, (item) => sectionNamed(item) !== null).flatMap((item) => {
    const [, name = item, day] =
      /^(.*?)[\s:]+(?:(?:by|on|until|expected)\s+)?([0-9][0-9/-]*)$/i.exec(item) ?? [];
    const section = sectionIn("To follow", name, faults);
    if (day === undefined) {
      const example = `${section ?? "Transcript"} by 2027-06-15`;
      faults.push(`To follow: say by when “${shown(item)}” will come, like ${example}.`);
      return [];
    }
    const expected = dayIn("To follow", day, judging, faults);
    return section && expected !== undefined ? [{ section, expected }] : [];
  });
}

function sectionIn(line: LineName, name: string, faults: string[]): SectionName | null {
  const section = sectionNamed(name);
  if (section) return section;
  const near = nearestName(name, SECTION_NAMES) || `. Sections are ${listed(SECTION_NAMES)}.`;
  faults.push(`${line}: “${shown(name)}” is no section of a record${near}`);
  return null;
}

function refuseBoth(
  notAvailable: readonly NotAvailable[],
  toFollow: readonly ToFollow[],
  faults: string[],
): void {
  for (const { section } of toFollow) {
    if (!notAvailable.some((each) => each.section === section)) continue;
    faults.push(`${section} stands under Not available and under To follow.`);
  }
}

/** What somebody wrote, on one line and not without end. */
export function shown(text: string): string {
  const line = oneLine(text);
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}

const listed = (names: readonly string[]): string =>
  `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
