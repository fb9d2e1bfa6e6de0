/**
 * Files that a state's student information system leaves in the registry's drop folder. One that held still
 * is claimed by a move into the private intake, imported, answered, and removed: it is full of students. What
 * a crash or another import left in the intake is worked on first, next time.
 */
import { lstat, readdir, utimes } from "node:fs/promises";
import { join } from "node:path";
import { raisePostAlert } from "../alerts/raise.ts";
import { type EntityConfig, entityOf, homePaths } from "../config.ts";
import type { Place } from "../desk/answers.ts";
import { carry, removeDurably, SHARED_FILE } from "../desk/carry.ts";
import { assertSameFolder } from "../desk/mounted.ts";
import { exists, makeSharedFolder, writeDurably } from "../disk.ts";
import { remindOfAge, SUBJECT } from "../entity/registry/alerts.ts";
import { faultText, type Imported, importFile, sweepLeft } from "../entity/registry/import.ts";
import { isRefusal, type PacketboatError } from "../errors.ts";
import type { Told, Trying } from "../exchange.ts";
import { newLocalId } from "../ids.ts";
import type { Building } from "./parts.ts";
import { lookTwice } from "./taking.ts";

const CLAIMED = "registry-";
/** As the log names it. */
const DROP_FOLDER = "registry";

/** The registry's files, as far as they lie in the drop folder. */
export const isRegistryFile = (name: string): boolean => /\.csv$/i.test(name);

/** Take every finished file of the registry's drop folder, and sweep what a crash left of an import. */
export async function takeRegistry(
  building: Building,
  trying: Trying,
  stop: AbortSignal,
  told: Told,
): Promise<void> {
  const { ledger, now } = building;
  const config = entityOf(building.config);
  const { dropFolder, unchangedForSeconds } = config.registry;
  await trying(() => sweepLeft(ledger, now(), stop));
  if (dropFolder === undefined) return;
  await trying(async () => {
    /** @returns whether the next file may be taken: one that waits must not be overtaken by a later one */
    const goesOn = async (name: string): Promise<boolean> => {
      const document = await work(building, config, name, stop);
      told(document);
      return document.outcome !== "delayed" && !stop.aborted;
    };
    for (const name of await claimedBefore(config)) if (!(await goesOn(name))) return;
    await assertSameFolder(ledger, dropFolder);
    const look = { ledger, folder: dropFolder, unchangedForSeconds, only: isRegistryFile };
    for (const { name, path } of (await lookTwice(building, look)).ready) {
      if (stop.aborted) return;
      await claim(path, intakePath(config, name));
      if (!(await goesOn(name))) return;
    }
  });
}

const intakePath = (config: EntityConfig, name: string): string =>
  join(homePaths(config).intake, CLAIMED + name);

async function claimedBefore(config: EntityConfig): Promise<string[]> {
  const names = await readdir(homePaths(config).intake);
  return names
    .filter((name) => name.startsWith(CLAIMED) && isRegistryFile(name))
    .map((name) => name.slice(CLAIMED.length));
}

/**
 * Its time says how old its data are: a copy from another file system is given it. What was moved has it, and
 * may belong to whoever dropped it, so that we could not set it.
 */
async function claim(from: string, to: string): Promise<void> {
  const { atime, mtime } = await lstat(from);
  await carry(from, to);
  const isKept = (await lstat(to)).mtime.getTime() === mtime.getTime();
  if (!isKept) await utimes(to, atime, mtime);
}

/** What is over by itself; of whatever else hinders, like a full disk, IT is told. */
const PASSING: ReadonlySet<string> = new Set(["HOME_BUSY", "EXCHANGE_STOPPED"]);

/** What another try would find again. */
const OWNERS_TO_MEND: ReadonlySet<string> = new Set(["REGISTRY_INVALID", "FILE_UNREADABLE"]);

/**
 * From a file in the intake to its answer.
 *
 * @throws PacketboatError DISK_FULL …: the file stays, and is worked on again by the next exchange
 */
async function work(
  building: Building,
  config: EntityConfig,
  name: string,
  stop: AbortSignal,
): Promise<Parameters<Told>[0]> {
  const { ledger, now } = building;
  const about = { dropFolder: DROP_FOLDER, fileName: name };
  try {
    const imported = await importFile({
      ledger,
      settings: config.registry,
      timeZone: config.agency.timeZone,
      path: intakePath(config, name),
      kind: config.registry.import,
      mayClose: false,
      by: "packetboat",
      at: now(),
      stop,
    });
    const place = await answer(config, name, imported);
    const isWhole = imported.outcome !== "waiting" && imported.row.faulty_rows === 0;
    const outcome = isWhole ? (imported.outcome === "known" ? "known" : "taken") : "partlyTaken";
    return { ...about, documentId: newLocalId(), outcome, results: [], place };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (PASSING.has(error.code)) return { ...about, outcome: "delayed", error };
    if (!OWNERS_TO_MEND.has(error.code)) throw error;
    const place = await refuse(config, name, error);
    const facts = { code: error.code };
    await raisePostAlert(ledger, { code: "REGISTRY_REFUSED", subject: SUBJECT, facts, at: now() });
    return { ...about, documentId: newLocalId(), outcome: "refused", results: [], place };
  }
}

/** What became of it; the file itself is kept nowhere, nor what an earlier one of its name was refused for. */
async function answer(config: EntityConfig, name: string, imported: Imported): Promise<Place> {
  const { sent, refused } = await answerFolders(config);
  const text = `${resultLines(imported).join("\n")}\n`;
  await writeDurably(join(sent, `${name}.result.txt`), text, { mode: SHARED_FILE });
  for (const left of [name, `${name}.faults.txt`]) await removeDurably(join(refused, left));
  await removeDurably(intakePath(config, name));
  return { folder: sent, name };
}

async function refuse(config: EntityConfig, name: string, error: PacketboatError): Promise<Place> {
  const { refused } = await answerFolders(config);
  const { faults = [] } = error.facts as { faults?: readonly string[] };
  const lines = [`${error.message} [${error.code}]`, error.hint, "", ...faults];
  const text = `${lines.join("\n")}\n`;
  await writeDurably(join(refused, `${name}.faults.txt`), text, { mode: SHARED_FILE });
  await removeDurably(join(refused, name));
  await carry(intakePath(config, name), join(refused, name), SHARED_FILE);
  return { folder: refused, name };
}

async function answerFolders({
  registry,
}: EntityConfig): Promise<{ sent: string; refused: string }> {
  const folder = registry.dropFolder ?? "";
  const folders = { sent: join(folder, "sent"), refused: join(folder, "refused") };
  for (const path of Object.values(folders)) {
    if (!(await exists(path))) await makeSharedFolder(path);
  }
  return folders;
}

function resultLines({ outcome, row, faults }: Imported): string[] {
  const counts = [
    `Rows: ${row.rows}`,
    `Left out with faults: ${row.faulty_rows}`,
    `Open enrollments that it does not list: ${row.closed}`,
    `The registry has with it: ${row.students} students, ${row.enrollments} enrollments, ${row.open_enrollments} of them open`,
    `As of: ${row.as_of}`,
  ];
  return [
    SAID[outcome],
    "",
    ...counts,
    ...(faults.length > 0 ? ["", ...faults.map(faultText)] : []),
  ];
}

const SAID: Readonly<Record<Imported["outcome"], string>> = {
  current: "Taken: the registry is as this file says.",
  known: "Known: this very file is in the registry already.",
  waiting:
    "Waits: it would close more enrollments than the config allows. The state's IT decides with `packetboat registry proceed` or `packetboat registry discard`.",
};

/** REGISTRY_OLD, as long as it is. */
export const remindOfRegistry = ({ ledger, now, config }: Building): Promise<void> => {
  const { registry, agency } = entityOf(config);
  const { warnWhenOlderThanDays } = registry;
  return remindOfAge(ledger, { at: now(), timeZone: agency.timeZone, warnWhenOlderThanDays });
};
