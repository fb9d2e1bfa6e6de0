/** Retention of what was dropped into an outbox, and of the answers beside it. */
import { join } from "node:path";
import { daysBefore, forgetDocument, pastDocuments } from "../../ledger/purging.ts";
import type { DocumentRow } from "../../ledger/tables.ts";
import type { Promised } from "../answers.ts";
import { lookForSameFolder } from "../mounted.ts";
import { unmakeFile, unmakeNamed, type Unmade } from "../unmade.ts";
import { type Purging, type Left, sentDays, reasonOf } from "./purging.ts";

/** Documents that were answered, with their answers. @returns how many */
export async function purgeDocuments(purging: Purging, left: Left[]): Promise<number> {
  const { ledger, keep, at, isDry } = purging;
  const days = sentDays(keep);
  if (days === undefined) return 0;
  let count = 0;
  for (const row of await pastDocuments(ledger, daysBefore(at, days))) {
    if (purging.stop?.aborted) break;
    const why = await removeDocument(purging, row).catch(reasonOf);
    if (why !== null) {
      left.push({ what: row.document_id, why });
      continue;
    }
    if (!isDry) await forgetDocument(ledger, row.document_id);
    count++;
  }
  return count;
}

/** @returns why it stays; `null` if it is gone, or no longer as we left it and somebody's own */
async function removeDocument(
  { dropFolders, isDry, ledger }: Purging,
  { answer, sha256 }: DocumentRow,
): Promise<string | null> {
  if (answer === null) return null;
  const { place, returned, returnedSha256 } = JSON.parse(answer) as Promised;
  const home = [...dropFolders.values()].find(({ sent, refused }) =>
    [sent, refused].includes(place.folder),
  );
  if (!home) return "it was answered in a drop folder that the config has no more";
  await lookForSameFolder(ledger, home.path);
  // Rows that came back to be mended, and never were.
  if (returned && returnedSha256) {
    const rows = join(returned.folder, returned.name);
    const outcome = await unmakeFile(rows, returnedSha256, isDry);
    if (outcome !== "foreign") await unmakeNamed(`${rows}.faults.txt`, isDry);
  }
  const path = join(place.folder, place.name);
  const outcome: Unmade = await unmakeFile(path, sha256, isDry);
  // Mended in its place, or another file: what lies beside it may be about that one.
  if (outcome === "foreign") return null;
  for (const ending of [".result.json", ".faults.txt"]) await unmakeNamed(path + ending, isDry);
  return null;
}
