/** What an alert of one kind is: how urgent, for whom, and what it says. */
import type { AlertFacts, Side } from "../transfer/effects.ts";
import { longDate } from "./when.ts";
import { joined, say, typed, type Sentence } from "./say.ts";

/** `info`: good to know. `attention`: somebody must do something. `urgent`: today. */
export type Severity = "info" | "attention" | "urgent";

/** Whose report it stands in; `both` is told to registrars and to IT. */
export type AlertAudience = "registrar" | "it" | "both";

/** What a sentence may draw on. Never the student: a page names the student beside it. */
export interface Told<Facts extends AlertFacts = AlertFacts> {
  readonly facts: Facts;
  /** What the alert is about, by its id. */
  readonly subject: string;
  /** The other agency by its name, or by its id if its card is not here. */
  readonly partner: Sentence;
  /** `K7QM-3F2D`; empty without a transfer. */
  readonly reference: string;
  readonly side: Side | null;
  /** Where people see the transfer, if that is not the office's drop folder. */
  readonly dropFolder: string | null;
  /** For times. */
  readonly timeZone: string;
}

export interface AlertKind<Facts extends AlertFacts = AlertFacts> {
  readonly severity: Severity | ((told: Told<Facts>) => Severity);
  readonly audience: AlertAudience;
  readonly title: string;
  readonly happened: (told: Told<Facts>) => Sentence;
  readonly todo: (told: Told<Facts>) => Sentence;
  /** Whom to call: the other agency, by the number on its card; the server's administrator; nobody. */
  readonly call: "partner" | "administrator" | "nobody";
}

/** `requests/K7QM-3F2D`, and in which drop folder that lies if it is not the office's. */
export const folderOf = (
  { dropFolder }: Pick<Told, "dropFolder">,
  folder: "requests" | "records" | "letters",
  name: string,
): Sentence =>
  joined(
    [typed(`${folder}/${name}`)],
    dropFolder === null ? null : say`of the drop folder ${dropFolder}`,
  );

/** ` until December 4, 2026`, or nothing. */
export const until = (date: string | undefined): Sentence =>
  date === undefined ? [] : say` until ${[longDate(date)]}`;

/** `1 packet`, `3 packets` */
export const counted = (count: number, one: string, many = `${one}s`): Sentence => [
  `${count} ${count === 1 ? one : many}`,
];
