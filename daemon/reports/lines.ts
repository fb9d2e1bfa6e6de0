/** How single values stand in a line: ids in groups, dates in words, others' text as others' text. */
import { dayOf, longDate, longTime, plainDate } from "../alerts/when.ts";
import type { Reference } from "../ids.ts";
import { showReference } from "../ids.ts";
import type { TransferState } from "../transfer/effects.ts";
import type { Inline, Line, Tone } from "./blocks.ts";

/** Others' text; a dash where there is none. */
export const said = (text: string | null | undefined): Line =>
  text === undefined || text === null || text === "" ? ["—"] : [{ said: text }];

/** `27 00105` for an agency, `27 00105 00123` for a school: state, district, school. */
export const idGroups = (id: string): Inline => ({
  groups: [id.slice(0, 2), id.slice(2, 7), id.slice(7)].filter((group) => group !== ""),
});

/** The last sixteen digits of a fingerprint, as gpg shows a key. */
export const shortFingerprint = (fingerprint: string): Inline => ({
  groups: fingerprint.slice(-16).match(/.{1,4}/g) ?? [],
});

/** What every printed page of an education record says at its foot. */
export const confidential = (what: string, of: Reference): string =>
  `${what} ${showReference(of)} · Confidential: education record`;

export const reference = (text: Reference): Inline => ({ reference: showReference(text) });

/** A plain date in words; a dash where there is none. */
export const date = (text: string | null | undefined): Line =>
  text === undefined || text === null ? ["—"] : [{ time: text, shown: longDate(text) }];

/** The day of a moment, in the agency's time zone. */
export const day = (at: Date, timeZone: string): Inline => ({
  time: plainDate(at, timeZone),
  shown: dayOf(at, timeZone),
});

export const time = (at: Date, timeZone: string): Inline => ({
  time: at.toISOString(),
  shown: longTime(at, timeZone),
});

/** A size as people read it: `12 KB`. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const thousands = bytes / 1000;
  return thousands < 1000 ? `${Math.round(thousands)} KB` : `${(thousands / 1000).toFixed(1)} MB`;
}

/** Lines one below the other in one cell. */
export const stacked = (...lines: readonly Line[]): Line =>
  lines
    .filter((line) => line.length > 0)
    .flatMap((line, index): Line => (index === 0 ? line : [{ newline: true }, ...line]));

const TONES: Partial<Record<TransferState, Tone>> = {
  Delivered: "done",
  Imported: "done",
  Released: "done",
  Rejected: "attention",
  NoRecord: "attention",
  MultipleMatch: "attention",
  Recalled: "urgent",
  OnHold: "waiting",
  Requested: "waiting",
  Forwarded: "waiting",
  RequestReceived: "info",
  ReleasePending: "info",
};

export const toneOf = (state: TransferState): Tone => TONES[state] ?? "plain";
