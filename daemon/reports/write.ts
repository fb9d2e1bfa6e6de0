/**
 * Writing the reports: two trees, one for registrars with names, one for IT with references only. Each
 * file is replaced whole, so that whoever has it open reads the old one or the new one.
 */
import { join } from "node:path";
import { replaceOne, syncFolder, type Content } from "../disk.ts";
import { answersDue, type Counting } from "../alerts/due.ts";
import type { Ledger } from "../ledger/connect.ts";
import { documentName, type NamedTransfer, transferOverviews } from "../ledger/overviews.ts";
import { lastRun } from "../ledger/runs.ts";
import { newestUnanswered } from "../ledger/transfers.ts";
import { alertsCsv, alertsHtml, alertsJson } from "./alerts-report.ts";
import { alertsShown } from "./alerts-shown.ts";
import { exchangeCsv, exchangeJson } from "./exchange-data.ts";
import { exchangeHtml, exchangeName, type ExchangeView, type Run } from "./exchange-page.ts";
import { trafficOf } from "./exchange-parts.ts";
import { studentNames, type Reader, type Reading, type StudentsOf } from "./reading.ts";
import { writeRegister } from "./register.ts";
import { transfersCsv, transfersHtml, transfersJson } from "./transfers-report.ts";

/** A list of thousands is no list to read; the command line shows all. */
const MOST_TRANSFERS = 1000;
const MOST_ALERTS = 1000;
const SETTLED_DAYS = 7;
const DAY_MS = 86_400_000;

/** People of the folder's group read reports (PROTOCOL 9). */
const SHARED_FILE = { mode: 0o660 };

export interface ReportsConfig {
  /** Folders that exist; an entity has no registrars. */
  readonly registrarPath: string | null;
  readonly itPath: string;
  readonly timeZone: string;
  readonly calendar: Counting["calendar"];
  readonly agency: Reading["agency"];
  readonly role: Reading["role"];
  readonly mode: "test" | "production";
}

/** A report that only one role has, beside those of all; for IT. */
export interface RoleReport {
  /** What people call it, and the name of its three files. */
  readonly shown: string;
  readonly name: string;
  /** Reads what is in it. @returns its texts, each made when it is written */
  readonly gather: (
    at: Date,
  ) => Promise<Readonly<Record<"html" | "csv" | "json", (reading: Reading) => Content>>>;
}

export interface Reporting {
  readonly ledger: Ledger;
  readonly config: ReportsConfig;
  readonly at: Date;
  readonly studentsOf: StudentsOf;
  readonly requestOf: Counting["requestOf"];
  readonly roleReports?: readonly RoleReport[];
  /** The exchange that has just ended; without it only the alerts and transfers are brought up to date. */
  readonly run?: Run;
}

/**
 * Write the reports of both trees.
 *
 * @returns the paths written
 * @throws PacketboatError FOLDER_MISSING, DISK_FULL, DISK_FAILED
 */
export async function writeReports(reporting: Reporting): Promise<string[]> {
  const { config } = reporting;
  const found = await gather(reporting);
  const { registrarPath, itPath } = config;
  const trees = [
    ...(registrarPath === null
      ? []
      : [[registrarPath, filesFor("registrar", reporting, found)] as const]),
    [itPath, filesFor("it", reporting, found)] as const,
  ];
  const paths: string[] = [];
  for (const [folder, files] of trees) {
    for (const [name, textOf] of files) {
      const path = join(folder, name);
      await replaceOne(path, textOf(), SHARED_FILE);
      paths.push(path);
    }
    await syncFolder(folder);
  }
  if (!reporting.run || registrarPath === null) return paths;
  return [...paths, ...(await writeRegister(registrarPath, { ...reporting, ...SHARED_FILE }))];
}

type Found = Awaited<ReturnType<typeof gather>>;

/** Everything from the ledger, once for both readers. */
async function gather(reporting: Reporting) {
  const { ledger, at, run, studentsOf, requestOf, config, roleReports = [] } = reporting;
  const alerts = await alertsShown(ledger, {
    timeZone: config.timeZone,
    settledSince: new Date(at.getTime() - SETTLED_DAYS * DAY_MS),
    limit: MOST_ALERTS,
  });
  const { registrar } = alerts;
  const told = [...registrar.open, ...registrar.others, ...registrar.settled].map(
    ({ alert }) => alert,
  );
  const transfers = await transferOverviews(ledger, MOST_TRANSFERS);
  const waiting = await newestUnanswered(ledger, MOST_TRANSFERS);
  const traffic = run ? await trafficOf(ledger, { from: run.startedAt, until: run.endedAt }) : null;
  const packets = traffic ? [...traffic.sent.foremost, ...traffic.collected.foremost] : [];
  const messages = packets.flatMap((packet): readonly Message[] => packet.messages);
  const namesOf = namesBy(studentsOf);
  return {
    alerts,
    transfers,
    due: await answersDue(waiting, at, { ...config, requestOf }),
    traffic,
    namesOf,
    names: await namesOf([
      ...[...told, ...messages].flatMap(({ transfer }) => transfer ?? []),
      ...transfers,
    ]),
    documentNames: await namesOfDocuments(ledger, told),
    pages: await pagesBeside(reporting),
    roleFiles: await Promise.all(
      roleReports.map(async ({ name, gather: gathered }) => ({ name, ...(await gathered(at)) })),
    ),
  };
}

interface Message {
  readonly transfer: NamedTransfer | null;
}

const namesBy =
  (studentsOf: StudentsOf): ExchangeView["namesOf"] =>
  (transfers) =>
    studentNames(
      transfers.map(({ requestContentId }) => requestContentId),
      studentsOf,
    );

async function namesOfDocuments(
  ledger: Ledger,
  alerts: readonly { readonly code: string; readonly subject: string }[],
): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const { code, subject } of alerts) {
    if (code !== "DOCUMENT_REFUSED" || names.has(subject)) continue;
    const name = await documentName(ledger, subject);
    if (name !== null) names.set(subject, name);
  }
  return names;
}

async function pagesBeside({
  ledger,
  config: { timeZone },
  run,
  roleReports = [],
}: Reporting): Promise<Reading["pages"]> {
  const last = run ? null : await lastRun(ledger);
  const startedAt = run?.startedAt ?? (last ? new Date(last.started_at) : null);
  return [
    { shown: "Alerts", page: "alerts.html" },
    { shown: "Transfers", page: "transfers.html" },
    ...roleReports.map(({ shown, name }) => ({ shown, page: `${name}.html` })),
    ...(startedAt
      ? [{ shown: "Last exchange", page: `${exchangeName({ startedAt }, timeZone)}.html` }]
      : []),
  ];
}

/** The name of a file, and what makes its text: one text is in memory at a time. */
type File = readonly [name: string, text: () => Content];

/** The files of one tree. IT is handed no name of anybody. */
function filesFor(reader: Reader, reporting: Reporting, found: Found): File[] {
  const { config, at, run } = reporting;
  const reading: Reading = {
    reader,
    at,
    agency: config.agency,
    role: config.role,
    timeZone: config.timeZone,
    pages: found.pages,
    isTest: config.mode === "test",
    names: reader === "registrar" ? found.names : new Map(),
    documentNames: reader === "registrar" ? found.documentNames : new Map(),
  };
  const alerts = { ...reading, ...found.alerts[reader] };
  const { due } = found;
  const transfers = { ...reading, transfers: found.transfers, due, limit: MOST_TRANSFERS };
  const files: File[] = [
    ["alerts.html", () => alertsHtml(alerts)],
    ["alerts.csv", () => alertsCsv(alerts)],
    ["alerts.json", () => alertsJson(alerts)],
    ["transfers.html", () => transfersHtml(transfers)],
    ["transfers.csv", () => transfersCsv(transfers)],
    ["transfers.json", () => transfersJson(transfers)],
    ...(reader === "it" ? found.roleFiles : []).flatMap(({ name, html, csv, json }): File[] => [
      [`${name}.html`, () => html(reading)],
      [`${name}.csv`, () => csv(reading)],
      [`${name}.json`, () => json(reading)],
    ]),
  ];
  if (!run || !found.traffic) return files;
  const namesOf = reader === "registrar" ? found.namesOf : noNames;
  const exchange = { ...reading, run, ...found.traffic, namesOf };
  const name = exchangeName(run, config.timeZone);
  return [
    ...files,
    [`${name}.html`, () => exchangeHtml(exchange)],
    [`${name}.csv`, () => exchangeCsv(exchange)],
    [`${name}.json`, () => exchangeJson(exchange)],
  ];
}

const noNames: ExchangeView["namesOf"] = () => Promise.resolve(new Map());
