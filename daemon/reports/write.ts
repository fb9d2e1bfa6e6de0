/**
 * Writing the reports: two trees, one for registrars with names, one for IT with references only. Each
 * file is replaced whole, so that whoever has it open reads the old one or the new one.
 */
import { join } from "node:path";
import { replaceOne, syncFolder, type Content } from "../disk.ts";
import { answersDue, type Counting } from "../alerts/due.ts";
import { listAlerts } from "../ledger/alerts.ts";
import type { Ledger } from "../ledger/connect.ts";
import { documentName, transferOverviews } from "../ledger/overviews.ts";
import { lastRun } from "../ledger/runs.ts";
import { documentsTaken, packetsCollected } from "../ledger/arrivals.ts";
import { packetsSent, packetsWaiting } from "../ledger/departures.ts";
import { alertsCsv, alertsFor, alertsHtml, alertsJson, toldAlerts } from "./alerts-report.ts";
import { exchangeCsv, exchangeJson } from "./exchange-data.ts";
import { exchangeHtml, exchangeName, type Run } from "./exchange-page.ts";
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
  const open = toldAlerts(await listAlerts(ledger, { open: true }), config.timeZone);
  const weekAgo = new Date(at.getTime() - SETTLED_DAYS * DAY_MS);
  const closed = await listAlerts(ledger, { open: false, since: weekAgo });
  const settled = toldAlerts(closed, config.timeZone);
  const alerts = {
    registrar: alertsFor("registrar", { open, settled }, MOST_ALERTS),
    it: alertsFor("it", { open, settled }, MOST_ALERTS),
  };
  const { registrar } = alerts;
  const told = [...registrar.open, ...registrar.others, ...registrar.settled].map(
    ({ alert }) => alert,
  );
  const transfers = await transferOverviews(ledger, MOST_TRANSFERS);
  const traffic = run ? await trafficOf(ledger, run) : null;
  const named = [
    ...told.map(({ transfer }) => transfer),
    ...transfers,
    ...(traffic ? [...traffic.sent, ...traffic.collected] : []).flatMap(({ messages }) =>
      messages.map(({ transfer }) => transfer),
    ),
  ];
  const ids = named.flatMap((transfer) => (transfer ? [transfer.requestContentId] : []));
  return {
    alerts,
    transfers,
    due: await answersDue(ledger, at, { ...config, requestOf }),
    traffic,
    names: await studentNames(ids, studentsOf),
    documentNames: await namesOfDocuments(ledger, told, traffic?.documents ?? []),
    pages: await pagesBeside(reporting),
    roleFiles: await Promise.all(
      roleReports.map(async ({ name, gather: gathered }) => ({ name, ...(await gathered(at)) })),
    ),
  };
}

async function trafficOf(ledger: Ledger, { startedAt, endedAt }: Run) {
  const span = { from: startedAt, until: endedAt };
  return {
    sent: await packetsSent(ledger, span),
    collected: await packetsCollected(ledger, span),
    documents: await documentsTaken(ledger, span),
    waiting: await packetsWaiting(ledger),
  };
}

async function namesOfDocuments(
  ledger: Ledger,
  alerts: readonly { readonly code: string; readonly subject: string }[],
  documents: readonly { readonly document_id: string; readonly file_name: string }[],
): Promise<Map<string, string>> {
  const names = new Map(documents.map((each) => [each.document_id, each.file_name]));
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
  const exchange = { ...reading, run, ...found.traffic };
  const name = exchangeName(run, config.timeZone);
  return [
    ...files,
    [`${name}.html`, () => exchangeHtml(exchange)],
    [`${name}.csv`, () => exchangeCsv(exchange)],
    [`${name}.json`, () => exchangeJson(exchange)],
  ];
}
