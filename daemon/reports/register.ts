/**
 * The register as a file: all there ever was, with every student's name. It grows for years, and most
 * exchanges add nothing to it: it is written anew only when something may have changed what it says.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { writeDurably } from "../disk.ts";
import type { Ledger } from "../ledger/connect.ts";
import { type DisclosureOverview, registerMark, wholeRegister } from "../ledger/overviews.ts";
import type { LongList } from "../ledger/pages.ts";
import { readSetting, writeSetting } from "../ledger/settings.ts";
import { disclosuresCsv, type RegisterPage } from "./disclosures-report.ts";
import { studentNames, type StudentsOf } from "./reading.ts";

const FILE = "disclosures.csv";
/** The setting that says what the file shows; without it the file is written anew. */
export const REGISTER_SHOWN = "register shown";

/**
 * @param folder of the registrar's reports
 * @returns the path, if it was written
 * @throws PacketboatError FOLDER_MISSING, DISK_FULL, DISK_FAILED
 */
export async function writeRegister(
  folder: string,
  { ledger, studentsOf, mode }: { ledger: Ledger; studentsOf: StudentsOf; mode: number },
): Promise<string[]> {
  const path = join(folder, FILE);
  // Read first: what happens meanwhile is in the file or makes it be written again.
  const mark = await registerMark(ledger);
  const shown = (size: number): string => JSON.stringify([path, mark, size]);
  const there = await stat(path).catch(() => null);
  if (there && (await readSetting(ledger, REGISTER_SHOWN)) === shown(there.size)) return [];
  const register = await wholeRegister(ledger);
  await writeDurably(path, disclosuresCsv(named(register, studentsOf)), { mode });
  await writeSetting(ledger, REGISTER_SHOWN, shown((await stat(path)).size));
  return [path];
}

async function* named(
  register: LongList<DisclosureOverview>,
  studentsOf: StudentsOf,
): AsyncGenerator<RegisterPage> {
  for await (const disclosures of register.pages()) {
    const ids = disclosures.flatMap(({ transfer }) => transfer?.requestContentId ?? []);
    yield { disclosures, names: await studentNames(ids, studentsOf) };
  }
}
