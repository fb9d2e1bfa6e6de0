/** How a home stands, gathered for one screen. */
import { SEVERITIES, wordsOf } from "../../alerts/catalogue.ts";
import type { Severity } from "../../alerts/kind.ts";
import { type Config, type EntityConfig, entityOf, homePaths } from "../../config.ts";
import { nightlyPlanOf } from "../../config/calendar.ts";
import { allKept } from "../../desk/quarantine.ts";
import { allUnrelayed } from "../../desk/unrelayed.ts";
import { ageOf } from "../../entity/registry/alerts.ts";
import { listAgencies } from "../../ledger/agencies.ts";
import { listAlerts } from "../../ledger/alerts.ts";
import type { Ledger } from "../../ledger/connect.ts";
import { claimsIn } from "../../ledger/incoming.ts";
import { lockHolder } from "../../ledger/locks.ts";
import { importIn } from "../../ledger/registry.ts";
import { lastGoodEnd, lastRun } from "../../ledger/runs.ts";
import { mailsWaiting, type MailsWaiting } from "../../ledger/mails.ts";
import type { LockRow } from "../../ledger/tables.ts";
import { transferCounts, waitingByAgency, type WaitingFor } from "../../ledger/waiting.ts";
import { standingOf } from "../../keys/standing.ts";
import { comingRuns } from "../../schedule.ts";
import { directoryStanding, districtsStanding } from "./between.ts";
import { readHomeKeys } from "../home/keys.ts";

export type Standing = Awaited<ReturnType<typeof standingNow>>;

export async function standingNow(config: Config, ledger: Ledger, at: Date) {
  const { agency, role, mode } = config;
  const { quarantine, staging } = homePaths(config);
  const partners = await listAgencies(ledger);
  const names = new Map(partners.map((partner) => [partner.agency_id, partner.name]));
  const waiting = await waitingByAgency(ledger);
  return {
    agencyId: agency.id,
    name: agency.name,
    role,
    mode,
    lastExchange: await lastExchange(ledger),
    lastGoodExchange: (await lastGoodEnd(ledger))?.toISOString() ?? null,
    running: held(await lockHolder(ledger, "run")),
    nextExchange: comingRuns(nightlyPlanOf(config), at, 1)[0]?.at.toISOString() ?? null,
    underWay: held(await lockHolder(ledger, "home")),
    transfers: await transferCounts(ledger),
    waitingOut: waiting.map((each) => waitingResult(each, names.get(each.agencyId) ?? null)),
    mail: config.mail ? mailResult(await mailsWaiting(ledger)) : null,
    waitingIn: (await claimsIn(ledger, ["CLAIMED", "FETCHED", "WAITING"])).length,
    alerts: await openAlerts(ledger, agency.timeZone),
    quarantine:
      (await allKept({ ledger, quarantine, staging })).length +
      (await allUnrelayed({ ledger, quarantine })).length,
    partners: {
      // Not the districts of a whole directory: those that people added.
      count: partners.filter(({ source }) => source === "card").length,
      stopped: partners.filter((each) => each.stopped_code !== null).map((each) => each.agency_id),
    },
    registry: config.role === "entity" ? await registryNow(entityOf(config), ledger, at) : null,
    key: await keyStanding(config, at),
    directory: await directoryStanding(config, ledger),
    districts: await districtsStanding(config, ledger, at),
  };
}

const mailResult = ({ count, since, code, nextAttemptAt }: MailsWaiting) => ({
  waiting: count,
  since,
  failure: code !== null && nextAttemptAt !== null ? { code, nextAttemptAt } : null,
});

const held = (lock: LockRow | null) => lock && { processId: lock.process_id, since: lock.since };

async function lastExchange(ledger: Ledger) {
  const run = await lastRun(ledger);
  if (!run) return null;
  const counts = JSON.parse(run.counts ?? "{}") as Readonly<Record<string, number>>;
  return { startedAt: run.started_at, endedAt: run.ended_at, exitCode: run.exit_code, counts };
}

const waitingResult = ({ failure, notBefore, ...waiting }: WaitingFor, name: string | null) => ({
  ...waiting,
  name,
  notBefore: notBefore?.toISOString() ?? null,
  failure: failure && { code: failure.code, nextAttemptAt: failure.next_attempt_at },
});

async function openAlerts(ledger: Ledger, timeZone: string): Promise<Record<Severity, number>> {
  const open = await listAlerts(ledger, { open: true });
  const found = open.map((alert) => wordsOf(alert, timeZone).severity);
  const count = (severity: Severity): number => found.filter((each) => each === severity).length;
  return Object.fromEntries(SEVERITIES.map((each) => [each, count(each)])) as Record<
    Severity,
    number
  >;
}

async function registryNow({ registry, agency }: EntityConfig, ledger: Ledger, at: Date) {
  const current = await importIn(ledger, "CURRENT");
  const { warnWhenOlderThanDays } = registry;
  const { days, isOld } = ageOf(current, { at, timeZone: agency.timeZone, warnWhenOlderThanDays });
  return {
    asOf: current?.as_of ?? null,
    ageDays: days,
    isOld,
    students: current?.students ?? 0,
    enrollments: current?.enrollments ?? 0,
    isWaiting: (await importIn(ledger, "WAITING")) !== null,
  };
}

async function keyStanding(config: Config, at: Date) {
  const { publicKey } = (await readHomeKeys(config)).openpgp;
  return {
    fingerprint: publicKey.fingerprint,
    expires: publicKey.expires?.toISOString() ?? null,
    standing: standingOf(publicKey, at),
  };
}
