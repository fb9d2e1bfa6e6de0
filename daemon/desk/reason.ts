/** What stands beside an original in the quarantine: since when it is kept there, and why. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/** @param Said what is written there besides; any of it may be missing */
export type Reason<Said> = Partial<Said> & {
  readonly at: string;
  /** Our own disk has spoiled it: why is what the ledger says. */
  readonly isSpoiled: boolean;
};

/** @returns `null` if nothing is written there: the folder is being made just now, or is nothing of ours */
export async function readReason<Said>(folder: string): Promise<Reason<Said> | null> {
  const path = join(folder, "reason.json");
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return null;
  try {
    return { ...(JSON.parse(text) as Reason<Said>), isSpoiled: false };
  } catch {
    const { mtime } = await stat(path);
    return { at: mtime.toISOString(), isSpoiled: true } as Reason<Said>;
  }
}
