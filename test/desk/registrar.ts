/** What a registrar does at a case folder, with a file manager and a text editor. */
import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CasePlace } from "../../daemon/ledger/tables.ts";
import { type District, office, REGISTRAR, STUDENTS } from "../homes.ts";

export const caseFolder = (
  home: District,
  reference: string,
  place: CasePlace = "requests",
): string => office(home, place, reference);

/** Write over what stands behind the colons of a form, and save it as Notepad does. */
export async function fillIn(
  folder: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const path = join(folder, "decision.txt");
  let text = await readFile(path, "utf8");
  for (const [name, value] of Object.entries({ "Decided by": REGISTRAR, ...values })) {
    text = text.replace(
      new RegExp(`^(${name}: *).*\\r$`, "m"),
      (_, line: string) => `${line}${value}\r`,
    );
  }
  await writeFile(path, text);
}

export const statusIn = (folder: string): Promise<string> =>
  readFile(join(folder, "status.txt"), "utf8");

/** Names in a folder that people see. */
export const visibleIn = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => !name.startsWith(".")).toSorted();

/** Put one of the fixture's documents into a case. */
export const addDocument = (folder: string, name = "Transcript 2024.pdf"): Promise<void> =>
  copyFile(join(STUDENTS, "abrams-jenna.transcript.pdf"), join(folder, "documents", name));
