/**
 * Requests that wait for a decision, and whose case folder is nowhere: deleted, moved out of the drop
 * folder, or left behind when the drop folder got another path in the config, or none.
 */
import { join } from "node:path";
import type { LostCase } from "../../alerts/remind.ts";
import { exists } from "../../disk.ts";
import { hasFolder, undecidedCases, type UndecidedCase } from "../../ledger/cases.ts";
import type { Queries } from "../../ledger/connect.ts";
import { sideBySide } from "../../side-by-side.ts";
import type { Places } from "./places.ts";

const AT_ONCE = 16;

/** @param placesOf the folders of a drop folder by its name; `null` for one that is not in the config */
export async function lostCases(
  db: Queries,
  placesOf: (dropFolder: string) => Places | null,
): Promise<LostCase[]> {
  const found: LostCase[] = [];
  for await (const cases of (await undecidedCases(db)).pages()) {
    const isGone = ({ row }: UndecidedCase): Promise<boolean> =>
      isLost(row, placesOf(row.drop_folder));
    const lost = await sideBySide(cases, isGone, AT_ONCE);
    for (const [index, { row, transfer, partnerId }] of cases.entries()) {
      if (lost[index]) found.push({ transfer, partnerId, dropFolder: row.drop_folder });
    }
  }
  return found;
}

/** Of a drop folder that is not there at all another alert tells. */
async function isLost(row: UndecidedCase["row"], places: Places | null): Promise<boolean> {
  if (!hasFolder(row)) return false;
  if (places === null) return true;
  const isThere = await exists(join(places[row.place], row.name));
  return !isThere && (await exists(places.requests));
}
