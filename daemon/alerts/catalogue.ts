/** Every alert there is, and what one that was raised says to a person. */
import { OFFICE } from "../config/schools.ts";
import type { Alert } from "../ledger/alerts.ts";
import type { AgencyRow } from "../ledger/tables.ts";
import { showReference } from "../ids.ts";
import { EITHER_SIDE_ALERTS } from "./either-side-alerts.ts";
import type { AlertAudience, AlertKind, Severity, Told } from "./kind.ts";
import { POST_ALERTS, type PostAlertCode } from "./post-alerts.ts";
import { say, type Sentence } from "./say.ts";
import { RELEASER_ALERTS } from "./releaser-alerts.ts";
import { REQUESTER_ALERTS } from "./requester-alerts.ts";
import type { AlertCode } from "../transfer/alert-codes.ts";

/** One entry for each code that the rules of a transfer raise. */
const TRANSFER_ALERTS = {
  ...RELEASER_ALERTS,
  ...REQUESTER_ALERTS,
  ...EITHER_SIDE_ALERTS,
} as const satisfies Readonly<Record<AlertCode, AlertKind<never>>>;

export const ALERT_KINDS = { ...TRANSFER_ALERTS, ...POST_ALERTS } as const;

export type AnyAlertCode = AlertCode | PostAlertCode;

/** An alert in words. None of them names the student. */
export interface Words {
  readonly severity: Severity;
  readonly audience: AlertAudience;
  readonly title: string;
  readonly happened: Sentence;
  readonly todo: Sentence;
  /** `null` if a call would not help. */
  readonly call: Sentence | null;
}

/** The least urgent last. */
export const SEVERITIES: readonly Severity[] = ["urgent", "attention", "info"];

/**
 * What an alert says: how urgent it is and for whom, what happened, what to do, whom to call. The
 * telephone number is the one on the agency's card, never one that came with a message.
 *
 * @param timeZone the agency's own, for times
 */
export function wordsOf(alert: Alert, timeZone: string): Words {
  const kind = kindOf(alert.code);
  if (kind === null) return unknownKind(alert);
  const told: Told = {
    facts: alert.facts,
    subject: alert.subject,
    partner: partnerOf(alert),
    reference: alert.transfer ? showReference(alert.transfer.reference) : "",
    side: alert.transfer?.side ?? null,
    dropFolder: elsewhere(alert),
    timeZone,
  };
  const { severity, audience, title } = kind;
  return {
    severity: typeof severity === "string" ? severity : severity(told),
    audience,
    title,
    happened: kind.happened(told),
    todo: kind.todo(told),
    call: callOf(kind.call, alert),
  };
}

const elsewhere = ({ transfer }: Alert): string | null =>
  transfer === null || transfer.dropFolder === OFFICE ? null : transfer.dropFolder;

/** Is an alert told to registrars, or to IT? */
export const isFor = (reader: "registrar" | "it", { audience }: Words): boolean =>
  audience === reader || audience === "both";

/** Each entry takes the facts that are raised with its own code. */
const kindOf = (code: string): AlertKind | null =>
  Object.hasOwn(ALERT_KINDS, code) ? (ALERT_KINDS[code as AnyAlertCode] as AlertKind) : null;

const partnerOf = ({ agency }: Alert): Sentence => {
  if (agency === null) return [];
  return agency.name === null ? [`agency ${agency.id}`] : say`${agency.name}`;
};

function callOf(call: AlertKind["call"], alert: Alert): Sentence | null {
  if (call === "administrator") return ["The administrator of the server"];
  const { agency } = alert;
  if (call === "nobody" || agency === null) return null;
  const partner = partnerOf(alert);
  const source = [sourceWords(agency.source ?? "card")];
  return agency.phone === null
    ? say`${partner}: ${source} gives no telephone number, so use one that you already know`
    : say`${partner}: ${agency.phone} (from ${source})`;
}

/** Where the telephone number of an agency is from. */
export const sourceWords = (source: AgencyRow["source"]): string => SOURCES[source];

const SOURCES: Readonly<Record<AgencyRow["source"], string>> = {
  card: "its card",
  directory: "the directory",
  listed: "the list of districts",
};

/** Raised by a newer packetboat: what it means stands in that one's words. */
const unknownKind = ({ code }: Alert): Words => ({
  severity: "attention",
  audience: "both",
  title: code,
  happened: say`This alert was raised by a newer packetboat, which has words for it.`,
  todo: say`Install that version, or look at ${{ type: "packetboat alerts list --json" }}.`,
  call: null,
});
