/** Alerts on a terminal and for scripts. None of them names a student. */
import { wordsOf } from "../../alerts/catalogue.ts";
import type { Severity } from "../../alerts/kind.ts";
import { textOf } from "../../alerts/say.ts";
import { showReference } from "../../ids.ts";
import type { Alert } from "../../ledger/alerts.ts";
import { shownTime } from "./times.ts";

const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  urgent: "Urgent",
  attention: "To do",
  info: "To know",
};

/** For `--json`. */
export function alertResult(alert: Alert, timeZone: string) {
  const { severity, audience, title, happened, todo, call } = wordsOf(alert, timeZone);
  return {
    id: alert.id,
    code: alert.code,
    severity,
    audience,
    title,
    reference: alert.transfer && showReference(alert.transfer.reference),
    agencyId: alert.agency?.id ?? null,
    agency: alert.agency?.name ?? null,
    happened: textOf(happened),
    todo: textOf(todo),
    call: call && textOf(call),
    raisedAt: alert.raisedAt.toISOString(),
    lastRaisedAt: alert.lastRaisedAt.toISOString(),
    times: alert.times,
    resolvedAt: alert.resolvedAt?.toISOString() ?? null,
    resolvedBy: alert.resolvedBy,
  };
}

/** What happened, what to do and whom to call, a line each. */
export function alertLines(alert: Alert, timeZone: string): string[] {
  const words = wordsOf(alert, timeZone);
  const since = shownTime(alert.raisedAt, timeZone);
  const heads = [
    alert.id,
    SEVERITY_WORDS[words.severity],
    words.title,
    ...(alert.transfer ? [showReference(alert.transfer.reference)] : []),
    alert.times === 1 ? since : `${since}, ${alert.times} times`,
  ];
  const settled =
    alert.resolvedAt === null
      ? []
      : [`  Settled: ${shownTime(alert.resolvedAt, timeZone)} by ${alert.resolvedBy ?? "?"}`];
  return [
    heads.join("  "),
    `  ${textOf(words.happened)}`,
    `  To do: ${textOf(words.todo)}`,
    ...(words.call === null ? [] : [`  Call: ${textOf(words.call)}`]),
    ...settled,
  ];
}
