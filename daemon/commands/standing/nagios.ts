/**
 * How a home stands, for a monitoring system: one state, one sentence, and figures, as the Monitoring
 * Plugins Development Guidelines have them. Their exit codes are an exception to our own.
 */
import { lastRunDue, type NightlyPlan } from "../../schedule.ts";
import type { Ending } from "../frame/command.ts";
import { counted, lasting } from "../showing/spans.ts";
import type { Standing } from "./standing.ts";

export type State = "OK" | "WARNING" | "CRITICAL" | "UNKNOWN";

export const STATE_EXITS: Readonly<Record<State, Ending>> = {
  OK: 0,
  WARNING: 1,
  CRITICAL: 2,
  UNKNOWN: 3,
};

export interface Figure {
  readonly label: string;
  /** `null`: not known. */
  readonly value: number | null;
  readonly unit: "" | "s";
  /** Ranges of the guidelines: outside of them is a warning, or critical. */
  readonly warning: string;
  readonly critical: string;
}

export interface Verdict {
  readonly state: State;
  readonly sentence: string;
  readonly figures: readonly Figure[];
}

/** How old the last whole exchange may be, in seconds. */
export interface Ages {
  readonly warning: number;
  readonly critical: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const KEY_WARN_DAYS = 30;
/** A directory that is published weekly has gone wrong when it holds no longer than this. */
const DIRECTORY_WARN_DAYS = 14;

/** A night that was missed is a warning an hour after its time; two that were missed are critical. */
export function agesOf(plan: NightlyPlan, at: Date): Ages {
  const due = lastRunDue(plan, at);
  const before = lastRunDue(plan, new Date(due.at.getTime() - 1));
  const noticed = lastRunDue(plan, new Date(at.getTime() - HOUR_MS));
  const age = (since: Date): number => Math.floor((at.getTime() - since.getTime()) / 1000);
  return { warning: age(noticed.at), critical: age(before.at) };
}

/** @param firstExchange when this home first tried; counts as long as nothing has succeeded */
export function verdictOn(
  standing: Standing,
  { ages, firstExchange, at }: { ages: Ages; firstExchange: Date | null; at: Date },
): Verdict {
  const { alerts, partners, quarantine, waitingIn, lastGoodExchange: last } = standing;
  const since = last === null ? firstExchange : new Date(last);
  const age = since && Math.max(0, Math.floor((at.getTime() - since.getTime()) / 1000));
  const keyDays = daysUntil(standing.key.expires, at);
  const figures = [
    figure("alerts_urgent", alerts.urgent, { critical: "0" }),
    figure("alerts_attention", alerts.attention, { warning: "0" }),
    figure("alerts_info", alerts.info),
    figure("partners_stopped", partners.stopped.length, { critical: "0" }),
    figure("waiting_out", waitingOut(standing)),
    figure("waiting_in", waitingIn),
    figure("quarantine", quarantine, { warning: "0" }),
    figure("exchange_age", age, {
      unit: "s",
      warning: String(ages.warning),
      critical: String(ages.critical),
    }),
    figure("key_days", keyDays, { warning: `${KEY_WARN_DAYS}:`, critical: "0:" }),
    ...directoryFigures(standing, at),
  ];
  const troubles = [
    ...troublesOf(standing, keyDays),
    ...directoryTroubles(standing, at),
    ...ageTroubles(standing, age, ages),
  ] satisfies Trouble[];
  const state = WORST_FIRST.find((each) => troubles.some(([found]) => found === each)) ?? "OK";
  const told = WORST_FIRST.flatMap((each) => troubles.filter(([found]) => found === each));
  const sentence =
    told.length === 0 ? sound(age, standing) : told.map(([, words]) => words).join(", ");
  return { state, sentence, figures };
}

const figure = (
  label: string,
  value: number | null,
  { unit = "", warning = "", critical = "" }: Partial<Figure> = {},
): Figure => ({ label, value, unit, warning, critical });

type Trouble = readonly [state: "WARNING" | "CRITICAL", words: string];

const WORST_FIRST = ["CRITICAL", "WARNING"] as const;

function troublesOf(standing: Standing, keyDays: number | null): Trouble[] {
  const { alerts, partners, quarantine, key } = standing;
  const isBad = key.standing === "expired" || key.standing === "revoked";
  const isEnding = keyDays !== null && keyDays < KEY_WARN_DAYS;
  return [
    ...when(alerts.urgent > 0, "CRITICAL", counted(alerts.urgent, "urgent alert")),
    ...when(
      partners.stopped.length > 0,
      "CRITICAL",
      `${partners.stopped.length === 1 ? "partner" : "partners"} stopped: ${partners.stopped.join(" ")}`,
    ),
    ...when(isBad, "CRITICAL", `our key is ${key.standing}`),
    ...when(key.standing === "early", "CRITICAL", "our key is dated in the future: see the clock"),
    ...when(!isBad && isEnding, "WARNING", `our key expires in ${counted(keyDays ?? 0, "day")}`),
    ...when(alerts.attention > 0, "WARNING", `${counted(alerts.attention, "alert")} to do`),
    ...when(quarantine > 0, "WARNING", `${counted(quarantine, "packet")} in quarantine`),
  ];
}

/** Only where there is an entity. Its alerts count what is late: here are the numbers. */
function directoryFigures({ directory, districts, registry, role }: Standing, at: Date): Figure[] {
  const days = daysUntil(directory?.expiresAt ?? null, at);
  const limits = { warning: `${DIRECTORY_WARN_DAYS}:`, critical: "0:" };
  return [
    ...(directory || role === "entity" ? [figure("directory_days", days, limits)] : []),
    ...(districts
      ? [
          figure("registry_days", registry?.ageDays ?? null),
          figure("requests_late", districts.requests.late),
          figure("boxes_not_collected", districts.boxesNotCollected),
          figure("refused_today", districts.refusedToday),
        ]
      : []),
  ];
}

/** Once it has expired, nothing is sealed (PROTOCOL 8). */
function directoryTroubles({ directory, role }: Standing, at: Date): Trouble[] {
  if (!directory) return when(role === "entity", "WARNING", "no directory is published yet");
  const days = daysUntil(directory.expiresAt, at) ?? 0;
  if (Date.parse(directory.expiresAt) <= at.getTime()) {
    return when(true, "CRITICAL", "the directory has expired");
  }
  const isEnding = days < DIRECTORY_WARN_DAYS;
  return when(isEnding, "WARNING", `the directory expires in ${counted(days, "day")}`);
}

function ageTroubles({ lastGoodExchange, running }: Standing, age: number | null, ages: Ages) {
  const daemon = running === null ? " (packetboat run is not alive)" : "";
  if (age === null) return when(true, "WARNING", `no exchange yet${daemon}`);
  const words = `no exchange ${lastGoodExchange === null ? "ever went through in" : "for"} ${lasting(age * 1000)}${daemon}`;
  if (age > ages.critical) return when(true, "CRITICAL", words);
  // A daemon that was just set up comes to its first night by itself.
  const isDue = age > ages.warning || (lastGoodExchange === null && running === null);
  return when(isDue, "WARNING", words);
}

const when = (holds: boolean, ...trouble: Trouble): Trouble[] => (holds ? [trouble] : []);

function sound(age: number | null, standing: Standing): string {
  const waits = waitingOut(standing);
  const waiting = waits === 0 ? "nothing waits to leave" : `${waits} waiting to leave`;
  if (standing.lastGoodExchange === null) return `the first night is still to come, ${waiting}`;
  return `last exchange ${lasting((age ?? 0) * 1000)} ago, ${waiting}`;
}

const waitingOut = ({ waitingOut: waiting }: Standing): number =>
  waiting.reduce((sum, { messages, packets }) => sum + messages + packets, 0);

const daysUntil = (expires: string | null, at: Date): number | null =>
  expires === null ? null : Math.floor((Date.parse(expires) - at.getTime()) / DAY_MS);

/** The one line. What a config or a path says cannot end it, nor be taken for figures. */
export function nagiosLine({ state, sentence, figures }: Verdict): string {
  const plain = sentence.replaceAll("|", "/").replaceAll(/\s+/g, " ");
  const told = figures.map(({ label, value, unit, warning, critical }) => {
    const shown = value === null ? "U" : `${value}${unit}`;
    return `${label}=${[shown, warning, critical].join(";").replace(/;+$/, "")}`;
  });
  return [`PACKETBOAT ${state} - ${plain}`, ...(told.length === 0 ? [] : [told.join(" ")])].join(
    " | ",
  );
}
