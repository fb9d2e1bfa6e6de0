/** What a home does beside the packets: reminders, reports, mail, and deleting what is old. */
import { raisePostAlert } from "../alerts/raise.ts";
import type { KeyInUse } from "../alerts/key-expiry.ts";
import { remind } from "../alerts/remind.ts";
import { plainDate } from "../alerts/when.ts";
import { type Config, type DropFolder, dropFolderPaths, homePaths } from "../config.ts";
import { calendarOf } from "../config/calendar.ts";
import { schoolMeant } from "../config/schools.ts";
import { tellOfFlagged } from "../desk/flagged.ts";
import type { Desk } from "../desk/enact.ts";
import { isAnyKept, purge, type Purged, type Purging } from "../desk/purge.ts";
import { lostCases } from "../desk/case/lost.ts";
import { requestReader, studentReader } from "../desk/requests.ts";
import { isRefusal } from "../errors.ts";
import { resolveAlerts } from "../ledger/alerts.ts";
import { readSetting, writeSetting } from "../ledger/settings.ts";
import { mailRound, type Posting } from "../notices/round.ts";
import type { Run } from "../reports/exchange-page.ts";
import { districtsReport } from "../reports/districts-report.ts";
import { type Reporting, type ReportsConfig, writeReports } from "../reports/write.ts";
import type { Building, HomeParts } from "./parts.ts";

/** Alerts that time raises. */
export async function remindNow(building: Building): Promise<void> {
  const { config, desk, ledger, now } = building;
  const { timeZone } = config.agency;
  await tellOfFlags(desk, now());
  const keys = await keysInUse(building);
  const requestOf = requestReader(ledger);
  const escalatedTo = config.deadlines.escalateTo.length;
  const calendar = calendarOf(config);
  const isOurSchool = (name: string): boolean =>
    schoolMeant(config, { NameOfInstitution: name }) !== null;
  const counting = { timeZone, calendar, requestOf };
  const lost = await lostCases(ledger, (name) => {
    const dropFolder = config.dropFolders[name];
    return dropFolder ? dropFolderPaths(dropFolder) : null;
  });
  const more = { keys, escalatedTo, isOurSchool, lostCases: lost };
  await remind(ledger, { at: now(), ...counting, ...more });
}

/** As long as the list cannot be read, nothing is released. */
async function tellOfFlags({ ledger, flags }: Desk, at: Date): Promise<void> {
  const list = await flags();
  const { refusal } = list;
  await tellOfFlagged(ledger, list, at);
  const alert = { code: "FLAGS_UNREADABLE", subject: "flags", at } as const;
  if (!refusal) await resolveAlerts(ledger, { ...alert, by: "packetboat" });
  else await raisePostAlert(ledger, { ...alert, facts: { reason: refusal.message } });
}

/** Our own and everybody's. */
export async function keysInUse({ config, ourKeys, partners }: Building): Promise<KeyInUse[]> {
  const { expires } = ourKeys.present.publicKey;
  const theirs = (await partners.ends()).map(({ id: agencyId, expires: end }) => ({
    agencyId,
    ours: false,
    expires: end,
  }));
  return [{ agencyId: config.agency.id, ours: true, expires }, ...theirs];
}

/** What retention needs of a home. */
export function purgingOf({ config, ledger, now }: HomeParts, isDry: boolean): Purging {
  const { quarantine, staging } = homePaths(config);
  const withPaths = (folder: DropFolder) => ({ path: folder.path, ...dropFolderPaths(folder) });
  const { office } = config.dropFolders;
  const named = Object.entries(config.dropFolders).map(
    ([name, folder]) => [name, withPaths(folder)] as const,
  );
  return {
    ledger,
    quarantine,
    staging,
    keep: config.keep ?? {},
    at: now(),
    isDry,
    dropFolders: new Map(named),
    office: office ? withPaths(office) : null,
    reports: reportFolders(config),
    timeZone: config.agency.timeZone,
  };
}

/** Both trees, as far as there are two. */
const reportFolders = ({ reports: { registrar, it } }: Pick<Config, "reports">): string[] =>
  [...(registrar ? [registrar] : []), it].map(({ path }) => path);

const PURGED = "purged on";

/** Once a day of the agency's own, and only if the config has a number for anything. */
export async function purgeToday(building: Building, stop: AbortSignal): Promise<Purged | null> {
  const { config, ledger, now } = building;
  const today = plainDate(now(), config.agency.timeZone);
  if (!isAnyKept(config.keep ?? {}) || (await readSetting(ledger, PURGED)) === today) return null;
  const purged = await purge({ ...purgingOf(building, false), stop });
  if (!stop.aborted) await writeSetting(ledger, PURGED, today);
  return purged;
}

/**
 * Mail what people must hear of, and what waited. It may last a minute if the mail server is slow; the
 * home's lock is not held meanwhile.
 *
 * @param posting what a round of mail needs
 */
export async function mailNow(posting: Posting): Promise<void> {
  try {
    const { isNews } = await mailRound(posting);
    if (isNews && !posting.stop.aborted) await report(posting, null);
  } catch (error) {
    // The ledger is busy, or a disk full: what is due is due again at the next round.
    if (!isRefusal(error)) throw error;
    posting.log.error("Mail hindered", { code: error.code });
  }
}

/** The reports, of both trees as far as there are two. */
export const report = (home: HomeParts, run: Run | null): Promise<string[]> =>
  writeReports({ ...reportingOf(home), ...(run ? { run } : {}) });

/** What the reports of a home are made of, without an exchange. */
export const reportingOf = ({ config, ledger, now }: HomeParts): Reporting => ({
  ledger,
  config: reportsConfigOf(config),
  at: now(),
  studentsOf: studentReader(ledger),
  requestOf: requestReader(ledger),
  roleReports: config.role === "entity" ? [districtsReport(ledger, config)] : [],
});

/** As reports and pages read the config. */
export const reportsConfigOf = ({
  agency,
  role,
  mode,
  reports,
  deadlines,
}: Config): ReportsConfig => ({
  registrarPath: reports.registrar?.path ?? null,
  itPath: reports.it.path,
  timeZone: agency.timeZone,
  calendar: calendarOf({ deadlines }),
  agency: { id: agency.id, name: agency.name },
  role,
  mode,
});
