/** Builds the parts of a home from its config, and says which rules apply to it. */
import { readFile } from "node:fs/promises";
import { raisePostAlert } from "./alerts/raise.ts";
import { remind, type KeyInUse } from "./alerts/remind.ts";
import { dayOf, plainDate } from "./alerts/when.ts";
import { calendarOf } from "./config/calendar.ts";
import { OFFICE, placeOf, schoolMeant } from "./config/schools.ts";
import type { CaseLook } from "./desk/case-look.ts";
import { type CaseAlert, followCases, workCases, type WorkedCase } from "./desk/casework.ts";
import { agencyPages } from "./desk/pages.ts";
import type { Desk, DeskFolders } from "./desk/enact.ts";
import { decide, storedAbout } from "./desk/decide.ts";
import { importWords } from "./desk/import-words.ts";
import {
  type ImportAnswer,
  type ImportFile,
  type ImportLook,
  importsIn,
  reportImports,
} from "./desk/imports.ts";
import type { Order } from "./desk/decision.ts";
import { flagsFileOf, flagsReader } from "./desk/flags.ts";
import { isAnyKept, purge, type Purged, type Purging } from "./desk/purge.ts";
import { requestReader, studentReader } from "./desk/requests.ts";
import { finishedFiles, type Found, type Look } from "./desk/ready.ts";
import { dropFolderPaths, homePaths, serverOf, type Config, type DropFolder } from "./config.ts";
import { Partners } from "./directory/partners.ts";
import { parseBoxAddress, siblingBox, type BoxAddress } from "./config/address.ts";
import { connect } from "./dropbox/connect.ts";
import type { DropBox, Harbor } from "./dropbox/contract.ts";
import type { LastingHarbor } from "./dropbox/lasting.ts";
import type { Exchange, Told, Trying } from "./exchange.ts";
import { assertSameFolder } from "./desk/mounted.ts";
import { isRefusal } from "./errors.ts";
import type { AgencyId } from "./ids.ts";
import { loadOurKeys, type OurKeys } from "./keys/keyring.ts";
import { resolveAlerts } from "./ledger/alerts.ts";
import type { Ledger, LedgerTransaction } from "./ledger/connect.ts";
import { documentsMended } from "./ledger/refusals.ts";
import { ourStream, readSetting, writeSetting } from "./ledger/settings.ts";
import type { Log } from "./log.ts";
import { mailRound, type Posting } from "./notices/round.ts";
import { take, type AnsweredDocument, type TakenDocument } from "./outbound/take.ts";
import type { Run } from "./reports/exchange-page.ts";
import { writeReports, type ReportsConfig } from "./reports/write.ts";
import type { Agency, MessageKind } from "./packet/model.gen.ts";
import { accountNamed, assertMay, userOf, whoActs } from "./people.ts";
import { districtHandlers } from "./transfer/receive.ts";
import type { TransferPolicy } from "./transfer/facts.ts";
import { unlawfulReasons } from "./transfer/reasons.ts";

export interface HomeParts {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly now: () => Date;
}

export interface ExchangeParts extends HomeParts {
  readonly log: Log;
  /**
   * Let so many milliseconds pass: whoever exchanges once waits until what was just dropped has held
   * still. `null` for who comes again by itself and waits for nothing.
   */
  readonly pause: ((ms: number) => Promise<unknown>) | null;
}

const MEGABYTE = 1024 * 1024;
/** Room for a packet's header, and for what stands around a message. */
const ENVELOPE_BYTES = 8192;
/** Others wait for the next exchange, which is soon: answers are to leave in between. */
const MOST_PACKETS = 20_000;
/** They leave at night; receipts and answers, in which nobody's records are, whenever there is an exchange. */
const NIGHTLY_KINDS: readonly MessageKind[] = ["SignedRequest", "TransferRelease"];
/** Whoever exchanges once waits so long for a decision to hold still. */
const MOST_WAIT_MS = 150_000;
/** How long a new request may be answered. */
const REQUEST_DAYS = 60;

/** The desk of a home: all that a decision needs, and no server. */
export function deskOf({ config, ledger, now }: HomeParts): Desk {
  return {
    ledger,
    us: asAgency(config),
    processCode: config.mode === "test" ? "TEST" : "PRODUCTION",
    policy: policyOf(config),
    folders: foldersOf({ config, ledger, now }),
    messageBytes: config.limits.packetMegabytes * MEGABYTE - ENVELOPE_BYTES,
    flags: flagsReader(flagsFileOf(config)),
  };
}

function foldersOf(home: HomeParts): DeskFolders {
  const { config } = home;
  const pages = agencyPages(home);
  const folders = new Map(
    Object.entries(config.dropFolders).map(([name, dropFolder]) => [
      name,
      { name, ...dropFolderPaths(dropFolder), pages },
    ]),
  );
  const office = { name: OFFICE, ...dropFolderPaths(config.dropFolders.office), pages };
  return {
    all: [...folders.values()],
    of: (name) => folders.get(name ?? OFFICE) ?? office,
    placeOf: ({ NewEnrollment, PreviousSchool }, side) =>
      placeOf(config, side === "requester" ? NewEnrollment : PreviousSchool),
  };
}

/** All that an exchange needs. */
export async function exchangeOf(home: ExchangeParts): Promise<Exchange> {
  const { config, ledger, now, log } = home;
  const desk = deskOf(home);
  const server = serverOf(config);
  const address = parseBoxAddress(server.address);
  const ourKeys = await loadOurKeys(homePaths(config).keys);
  const partners = new Partners(ledger);
  const stream = await ourStream(ledger);
  const building: Building = { ...home, desk, address, ourKeys, partners };
  return {
    ledger,
    desk,
    now,
    log,
    takeAll: (trying, stop, told) => takeAll(building, trying, stop, told),
    reportImports: (trying, told) => reportAllImports(building, trying, told),
    workCases: (trying, occasion, told) => workAllCases(building, trying, occasion, told),
    connect: async () =>
      address.kind === "folder"
        ? connect(address)
        : connect(address, {
            privateKey: await readFile(server.identityFile),
            hostKeys: server.hostKeys ?? [],
          }),
    inbound: (harbor) => inboundOf(building, harbor),
    outbound: (harbor) => ({ ...outboundOf(building, harbor), stream }),
    remind: () => remindNow(building),
    purge: (stop) => purgeToday(building, stop),
    report: (run) => report(building, run),
  };
}

interface Building extends ExchangeParts {
  readonly desk: Desk;
  readonly address: BoxAddress;
  readonly ourKeys: OurKeys;
  readonly partners: Partners;
}

const boxOf = ({ config, address }: Building, harbor: Harbor, id: AgencyId): DropBox =>
  harbor.box(siblingBox(address.folder, id, config.mode === "test"));

function inboundOf(building: Building, harbor: LastingHarbor) {
  const { config, desk, ourKeys, partners, now, log } = building;
  const { staging, quarantine } = homePaths(config);
  return {
    desk,
    ourKeys,
    partners,
    staging,
    quarantine,
    now,
    log,
    box: boxOf(building, harbor, config.agency.id),
    mend: harbor.mend,
    handlers: districtHandlers,
    limits: {
      packetBytes: config.limits.packetMegabytes * MEGABYTE,
      attachmentBytes: config.limits.attachmentMegabytes * MEGABYTE,
      packets: MOST_PACKETS,
    },
  };
}

function outboundOf(building: Building, harbor: LastingHarbor) {
  const { config, desk, ourKeys, partners, now, log } = building;
  const { sealed } = homePaths(config);
  return {
    desk,
    ourKeys,
    partners,
    sealed,
    now,
    log,
    boxOf: (id: AgencyId) => boxOf(building, harbor, id),
    mend: harbor.mend,
    limits: {
      packetBytes: config.limits.packetMegabytes * MEGABYTE,
      messages: config.limits.messagesPerPacket,
    },
    heldForNight: config.exchanges.watch.sendOnArrival ? [] : NIGHTLY_KINDS,
    random: Math.random,
  };
}

/** Every drop folder, each by itself; one that is missing does not stop the others. */
async function takeAll(
  building: Building,
  trying: Trying,
  stop: AbortSignal,
  told: Told,
): Promise<void> {
  for (const [name, dropFolder] of Object.entries(building.config.dropFolders)) {
    await trying(async () => {
      for await (const document of takeFrom(building, name, dropFolder, stop)) told(document);
    });
  }
}

/** Imports that registrars report by a file, in every drop folder. */
async function reportAllImports(
  building: Building,
  trying: Trying,
  told: (answer: ImportAnswer) => void,
): Promise<void> {
  const { config, ledger, now } = building;
  const { timeZone } = config.agency;
  for (const [name, { path, ready }] of Object.entries(config.dropFolders)) {
    await trying(async () => {
      const { records } = dropFolderPaths({ path });
      await assertSameFolder(ledger, path);
      const look = { ledger, records, unchangedForSeconds: ready.unchangedForSeconds };
      const found = await importsWithin(building, look);
      const reporting = {
        ledger,
        dropFolder: name,
        at: now(),
        decide: (order: Order) => carryOut(building, order),
        wordsFor: importWords(ledger, dayOf(now(), timeZone)),
      };
      for await (const answer of reportImports(reporting, found)) told(answer);
    });
  }
}

/** As `lookTwice`. */
async function importsWithin(
  { now, pause }: Building,
  look: Omit<ImportLook, "at">,
): Promise<readonly ImportFile[]> {
  const first = await importsIn({ ...look, at: now() });
  if (first.lookAgainAt === Infinity || pause === null) return first.ready;
  await pause(Math.max(first.lookAgainAt - now().getTime(), 0) + 10);
  return (await importsIn({ ...look, at: now() })).ready;
}

async function* takeFrom(
  building: Building,
  name: string,
  dropFolder: DropFolder,
  stop: AbortSignal,
): AsyncGenerator<TakenDocument, void> {
  const { config, ledger, now } = building;
  const { intake, staging } = homePaths(config);
  const paths = dropFolderPaths(dropFolder);
  await assertSameFolder(ledger, dropFolder.path);
  const found = await lookTwice(building, {
    ledger,
    folder: paths.outbox,
    unchangedForSeconds: dropFolder.ready.unchangedForSeconds,
    marker: dropFolder.ready.marker,
  });
  const owners = new Map<number, Promise<string | null>>();
  const taking = {
    ledger,
    intake,
    staging,
    at: now(),
    dropFolder: { name, ...paths, marker: dropFolder.ready.marker },
    lists: { ...dropFolder.csv, setting: `dropFolders.${name}.csv` },
    documentBytes: config.limits.packetMegabytes * MEGABYTE,
    attachmentBytes: config.limits.attachmentMegabytes * MEGABYTE,
    // A list has thousands of rows and one owner, whom a directory service may have to name.
    decide: (order: Order) => carryOut(building, order, (uid) => remembered(owners, uid)),
    settled: (db: LedgerTransaction, document: AnsweredDocument) =>
      tellOfRefusal(db, document, now()),
    stop,
  };
  yield* take(taking, found);
}

/** The case folders of every drop folder, each by itself. */
async function workAllCases(
  building: Building,
  trying: Trying,
  { stop, decide: mayDecide }: { readonly stop: AbortSignal; readonly decide: boolean },
  told: (worked: WorkedCase) => void,
): Promise<void> {
  const { config, ledger, now, pause } = building;
  for (const [name, dropFolder] of Object.entries(config.dropFolders)) {
    await trying(async () => {
      if (!(await isSameFolder(ledger, dropFolder.path))) return;
      const look = caseLookOf(config, name, dropFolder);
      const work = {
        ...look,
        ledger,
        places: look.folders,
        staging: homePaths(config).staging,
        documentBytes: config.limits.packetMegabytes * MEGABYTE,
        attachmentBytes: config.limits.attachmentMegabytes * MEGABYTE,
        usernames: config.people.map(({ username }) => username),
        decide: (order: Order) => carryOut(building, order),
        alert: (about: CaseAlert) => tellOfCase(ledger, about, now()),
        stop,
      };
      if (!mayDecide) {
        for await (const worked of followCases({ ...work, at: now() })) told(worked);
        return;
      }
      let again = Infinity;
      for await (const worked of workCases({ ...work, at: now() })) {
        if (worked.until) again = Math.min(again, worked.until.getTime());
        told(worked);
      }
      const forMs = again - now().getTime();
      if (pause === null || forMs > MOST_WAIT_MS) return;
      await pause(Math.max(forMs, 0) + 10);
      for await (const worked of workCases({ ...work, at: now() })) told(worked);
    });
  }
}

/** One that is missing or another was told of by whoever looked into its outbox. */
async function isSameFolder(ledger: Ledger, path: string): Promise<boolean> {
  try {
    await assertSameFolder(ledger, path);
    return true;
  } catch (error) {
    if (isRefusal(error, "FOLDER_MISSING") || isRefusal(error, "FOLDER_REPLACED")) return false;
    throw error;
  }
}

/** How the cases of a drop folder are looked at, by an exchange and by the daemon. */
export const caseLookOf = (
  { agency }: Pick<Config, "agency">,
  dropFolder: string,
  { path, ready }: DropFolder,
): Pick<CaseLook, "dropFolder" | "folders" | "unchangedForSeconds" | "timeZone"> => ({
  dropFolder,
  folders: dropFolderPaths({ path }),
  unchangedForSeconds: ready.decisionUnchangedForSeconds,
  timeZone: agency.timeZone,
});

/** A decision with a fault is somebody's to mend; without one, nobody's any more. */
async function tellOfCase(
  ledger: Ledger,
  { caseId: subject, transfer, faults }: CaseAlert,
  at: Date,
): Promise<void> {
  const alert = { code: "DECISION_NOT_TAKEN", subject, at } as const;
  if (faults === 0) {
    await resolveAlerts(ledger, { ...alert, by: "packetboat" });
    return;
  }
  const { requesterId, transferId, partnerId: agencyId } = transfer;
  const about = { transfer: { requesterId, transferId }, agencyId };
  await raisePostAlert(ledger, { ...alert, ...about, facts: { faults } });
}

/** What came back to `refused/` is somebody's to mend, until it comes again. */
async function tellOfRefusal(
  db: LedgerTransaction,
  { documentId, dropFolder, fileName, results }: AnsweredDocument,
  at: Date,
): Promise<void> {
  for (const subject of await documentsMended(db, { id: documentId, dropFolder, fileName })) {
    await resolveAlerts(db, { code: "DOCUMENT_REFUSED", subject, by: "packetboat", at });
  }
  const refused = results.filter(({ outcome }) => outcome === "refused");
  const [first] = refused;
  if (!first) return;
  const facts = { dropFolder, code: first.code ?? "DOCUMENT_INVALID", faults: refused.length };
  await raisePostAlert(db, { code: "DOCUMENT_REFUSED", subject: documentId, facts, at });
}

/** Once, and once more when what was new may have held still: an exchange takes what lay there before it. */
async function lookTwice({ now, pause }: Building, look: Omit<Look, "at">): Promise<Found> {
  const first = await finishedFiles({ ...look, at: now() });
  const again = Math.min(...first.notYet.map(({ lookAgainAt }) => lookAgainAt.getTime()));
  if (again === Infinity || pause === null) return first;
  await pause(Math.max(again - now().getTime(), 0) + 10);
  return finishedFiles({ ...look, at: now() });
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

/** Alerts that time raises. */
async function remindNow(building: Building): Promise<void> {
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
  await remind(ledger, { at: now(), ...counting, keys, escalatedTo, isOurSchool });
}

/** What retention needs of a home. */
export function purgingOf({ config, ledger, now }: HomeParts, isDry: boolean): Purging {
  const { quarantine, staging } = homePaths(config);
  const withPaths = (folder: DropFolder) => ({ path: folder.path, ...dropFolderPaths(folder) });
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
    office: withPaths(config.dropFolders.office),
    reports: [config.reports.registrar.path, config.reports.it.path],
    timeZone: config.agency.timeZone,
  };
}

const PURGED = "purged on";

/** Once a day of the agency's own, and only if the config has a number for anything. */
async function purgeToday(building: Building, stop: AbortSignal): Promise<Purged | null> {
  const { config, ledger, now } = building;
  const today = plainDate(now(), config.agency.timeZone);
  if (!isAnyKept(config.keep ?? {}) || (await readSetting(ledger, PURGED)) === today) return null;
  const purged = await purge({ ...purgingOf(building, false), stop });
  if (!stop.aborted) await writeSetting(ledger, PURGED, today);
  return purged;
}

/** As long as the list cannot be read, nothing is released. */
async function tellOfFlags({ ledger, flags }: Desk, at: Date): Promise<void> {
  const { refusal } = await flags();
  const alert = { code: "FLAGS_UNREADABLE", subject: "flags", at } as const;
  if (!refusal) await resolveAlerts(ledger, { ...alert, by: "packetboat" });
  else await raisePostAlert(ledger, { ...alert, facts: { reason: refusal.message } });
}

/** Both trees of reports. */
const report = ({ config, ledger, now }: HomeParts, run: Run | null): Promise<string[]> =>
  writeReports({
    ledger,
    config: reportsConfigOf(config),
    at: now(),
    studentsOf: studentReader(ledger),
    requestOf: requestReader(ledger),
    ...(run ? { run } : {}),
  });

async function keysInUse({ config, ourKeys, partners }: Building): Promise<KeyInUse[]> {
  const { expires } = ourKeys.present.publicKey;
  const theirs = (await partners.all()).map(({ id, key }) => ({
    agencyId: id,
    ours: false,
    expires: key.expires,
  }));
  return [{ agencyId: config.agency.id, ours: true, expires }, ...theirs];
}

/** As reports and pages read the config. */
export const reportsConfigOf = ({ agency, mode, reports, deadlines }: Config): ReportsConfig => ({
  registrarPath: reports.registrar.path,
  itPath: reports.it.path,
  timeZone: agency.timeZone,
  calendar: calendarOf({ deadlines }),
  agency: { id: agency.id, name: agency.name },
  mode,
});

/** A decision from a drop folder: by whom it was made, and whether they may. */
async function carryOut(
  { config, desk }: Building,
  order: Order,
  accountOf: (uid: number) => Promise<string | null> = accountNamed,
): Promise<void> {
  const { decision, decidedBy, ownerUid, dropFolder, isHandwritten = false, at, within } = order;
  const isFromSystem = config.dropFolders[dropFolder]?.sourceSystem ?? false;
  const osUser = ownerUid === null ? null : await accountOf(ownerUid);
  const actor = whoActs(config, {
    ...(decidedBy === null ? {} : { username: decidedBy }),
    ...(osUser === null ? {} : { osUser }),
    isFromSourceSystem: isFromSystem && !isHandwritten,
  });
  const school = await schoolOfMatter(desk, config, decision);
  // To stop a release shows nothing to anybody, and must not wait for a proof of who stops it.
  const trusting = { releases: { allowDeclaredUser: true } };
  const isStop = decision.kind === "withdraw" && isHandwritten;
  assertMay(actor, rightFor(decision.kind), isStop ? trusting : config, school);
  await decide(desk, { decision, user: userOf(actor), at, within });
}

function remembered(
  owners: Map<number, Promise<string | null>>,
  uid: number,
): Promise<string | null> {
  const known = owners.get(uid) ?? accountNamed(uid);
  owners.set(uid, known);
  return known;
}

/** The school of ours that a decision is about; `undefined` if it is none that we know. */
async function schoolOfMatter(
  { ledger }: Pick<Desk, "ledger">,
  config: Config,
  decision: Order["decision"],
): Promise<string | undefined> {
  if (decision.kind === "request") {
    return schoolMeant(config, decision.request.enrollment)?.name;
  }
  const { school } = await storedAbout(ledger, decision.about);
  return ownSchool(config, school);
}

/** Other districts write our schools' names as they like: only a name of our own says whose matter it is. */
export const ownSchool = ({ schools }: Config, named: string | null): string | undefined =>
  schools.find(({ name }) => name === named)?.name;

/** To ask for records is one right; to decide about ours is the other. */
export const rightFor = (kind: Order["decision"]["kind"]): "request" | "release" =>
  ["request", "resubmit", "cancel", "imported"].includes(kind) ? "request" : "release";

function asAgency({ agency }: Config): Desk["us"] {
  return {
    AgencyId: agency.id,
    ...(agency.stateNumber === undefined ? {} : { StateDistrictNumber: agency.stateNumber }),
    OrganizationName: agency.name,
    AddressCity: agency.city,
    StateAbbreviation: agency.state,
    AddressPostalCode: agency.zip,
    ...(agency.phone === undefined ? {} : { TelephoneNumber: agency.phone }),
  } satisfies Agency;
}

const policyOf = ({ agency, releases }: Config): TransferPolicy => ({
  holdBackMinutes: releases.holdBackMinutes,
  allowDeclaredUser: releases.allowDeclaredUser,
  annualNoticeCoversTransfers: releases.annualNoticeCoversTransfers,
  unlawfulReasons: unlawfulReasons(agency.state, releases.reasonsNotAllowed),
  requestDays: REQUEST_DAYS,
});
