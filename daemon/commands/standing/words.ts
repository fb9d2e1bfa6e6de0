/** How a home stands, in a few lines. */
import { EXIT } from "../../errors.ts";
import { statusWords } from "../../reports/status-words.ts";
import type { Side } from "../../transfer/effects.ts";
import { pairs } from "../frame/shown.ts";
import { counted } from "../showing/spans.ts";
import { shownDay, shownTime } from "../showing/times.ts";
import type { Standing } from "./standing.ts";

type Row = readonly [name: string, value: string | null];

export function standingLines(standing: Standing, timeZone: string): string[] {
  const time = (at: string): string => shownTime(new Date(at), timeZone);
  const { underWay, waitingIn, key, quarantine } = standing;
  return pairs([
    ["Agency", `${standing.name} (${standing.agencyId}), ${standing.role}, mode ${standing.mode}`],
    ["Last exchange", lastExchange(standing, time)],
    ["Next exchange", nextExchange(standing, time)],
    ["Under way", underWay && `since ${time(underWay.since)}, process ${underWay.processId}`],
    ["Alerts", alerts(standing)],
    ["Directory", directoryLine(standing, timeZone)],
    ["Registry", registryLine(standing)],
    ...(standing.districts ? betweenDistricts(standing.districts) : transfers(standing)),
    ...waitingOut(standing, time),
    ["Waiting in", waitingIn === 0 ? "nothing" : counted(waitingIn, "packet")],
    ["Mail", mailLine(standing, time)],
    ["Quarantine", quarantine === 0 ? "empty" : counted(quarantine, "packet")],
    [standing.districts ? "Stopped" : "Partners", partnersLine(standing)],
    ["Our key", `${key.standing}, ${keyEnd(key.expires, timeZone)}`],
  ]);
}

const OUTCOMES: Readonly<Record<number, string>> = {
  [EXIT.done]: "done",
  [EXIT.unreachable]: "the server could not be reached",
  [EXIT.security]: "broken off for security",
  [EXIT.needsPerson]: "done, and something needs a person",
};

function lastExchange({ lastExchange: run }: Standing, time: (at: string) => string): string {
  if (!run) return "none yet: packetboat exchange";
  const outcome = OUTCOMES[run.exitCode ?? 0] ?? `ended with ${run.exitCode}`;
  const { collected = 0, sent = 0 } = run.counts;
  return `${time(run.startedAt)}, ${outcome}; ${collected} collected, ${sent} sent`;
}

function nextExchange(
  { running, nextExchange: next }: Standing,
  time: (at: string) => string,
): string {
  if (running === null) return "when somebody exchanges: packetboat run is not alive";
  const alive = `packetboat run is alive since ${time(running.since)}, process ${running.processId}`;
  return next === null ? alive : `${time(next)}; ${alive}`;
}

function alerts({ alerts: { urgent, attention, info } }: Standing): string {
  if (urgent + attention + info === 0) return "none";
  return `${urgent} urgent, ${attention} to do, ${info} to know: packetboat alerts list`;
}

function transfers({ transfers: counts }: Standing): Row[] {
  const line = (side: Side): string =>
    counts
      .filter((each) => each.side === side)
      .map(({ state, count }) => `${count} ${statusWords(state, side).label.toLowerCase()}`)
      .join(", ") || "none";
  // Districts have no such transfers, and an entity no others.
  if (counts.some(({ side }) => side === "entity")) return [["Between districts", line("entity")]];
  return [
    ["We ask", line("requester")],
    ["We are asked", line("releaser")],
  ];
}

/** An entity has one before its districts can send anything; a district may do without. */
function directoryLine({ directory, role }: Standing, timeZone: string): string | null {
  if (!directory) {
    return role === "entity" ? "none published yet: packetboat directory publish" : null;
  }
  const { entity, version, expiresAt } = directory;
  const whose = role === "entity" ? "" : ` of ${entity.name ?? entity.agencyId}`;
  return `version ${version}${whose}, holds until ${shownDay(new Date(expiresAt), timeZone)}`;
}

function betweenDistricts(districts: NonNullable<Standing["districts"]>): Row[] {
  const { members, requests, boxesNotCollected, refusedToday } = districts;
  const { asked, forwarded, unanswered, late } = requests;
  return [
    ["Districts", membersLine(members)],
    [
      "Requests",
      `${asked} came, ${forwarded} forwarded, ${unanswered} unanswered${late > 0 ? `, ${late} of them too long` : ""}`,
    ],
    [
      "Not collected",
      boxesNotCollected === 0 ? "nothing" : counted(boxesNotCollected, "box", "boxes"),
    ],
    [
      "Refused today",
      refusedToday === 0
        ? "nothing"
        : counted(refusedToday, "packet or message", "packets and messages"),
    ],
  ];
}

function membersLine({
  participating,
  testOnly,
  others,
  notJoined,
}: NonNullable<Standing["districts"]>["members"]): string {
  if (participating + testOnly + others === 0) return "none yet: packetboat directory add CARD";
  return [
    `${participating} take part`,
    ...(testOnly > 0 ? [`${testOnly} for tests only`] : []),
    ...(others > 0 ? [`${others} not any more or not yet`] : []),
    ...(notJoined > 0 ? [`${notJoined} of the registry have not joined`] : []),
  ].join(", ");
}

function waitingOut({ waitingOut: waiting }: Standing, time: (at: string) => string): Row[] {
  if (waiting.length === 0) return [["Waiting out", "nothing"]];
  return waiting.map(({ agencyId, name, messages, notBefore, packets, unanswered, failure }) => [
    "Waiting out",
    [
      `for ${name ?? agencyId}:`,
      [
        ...(messages > 0 ? [counted(messages, "message")] : []),
        ...(messages > 0 && notBefore ? [`the first from ${time(notBefore)}`] : []),
        ...(packets > 0 ? [counted(packets, "packet")] : []),
        ...(unanswered > 0 ? [`${counted(unanswered, "packet")} without a receipt yet`] : []),
        ...(failure ? [`${failure.code}, tried again from ${time(failure.nextAttemptAt)}`] : []),
      ].join(", "),
    ].join(" "),
  ]);
}

function mailLine({ mail }: Standing, time: (at: string) => string): string | null {
  if (mail === null) return null;
  if (mail.waiting === 0) return "nothing waits";
  const since = mail.since === null ? "" : ` since ${time(mail.since)}`;
  const { failure } = mail;
  const why = failure && `, ${failure.code}, tried again from ${time(failure.nextAttemptAt)}`;
  return `${counted(mail.waiting, "mail")} waiting${since}${why ?? ""}`;
}

function registryLine({ registry }: Standing): string | null {
  if (registry === null) return null;
  const { asOf, ageDays, isOld, students, enrollments, isWaiting } = registry;
  if (asOf === null) return "nothing imported yet: packetboat registry import FILE --snapshot";
  return [
    `${counted(students, "student")}, ${counted(enrollments, "enrollment")} as of ${asOf}`,
    `${counted(ageDays ?? 0, "day")} old${isOld ? ", which is too old" : ""}`,
    ...(isWaiting ? ["a newer snapshot waits for a person: packetboat registry status"] : []),
  ].join("; ");
}

function partnersLine({ districts, partners: { count, stopped } }: Standing): string | null {
  if (districts) return stopped.length === 0 ? null : stopped.join(", ");
  if (count === 0)
    return "none yet: packetboat join CARD (your entity's), or packetboat partner add CARD";
  return stopped.length === 0 ? String(count) : `${count}, stopped: ${stopped.join(", ")}`;
}

const keyEnd = (expires: string | null, timeZone: string): string =>
  expires === null ? "without an end" : `until ${shownDay(new Date(expires), timeZone)}`;
