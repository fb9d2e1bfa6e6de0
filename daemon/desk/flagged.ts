/**
 * A student may be put on the list when the request is here already. Whoever has to report that hears of
 * it then, and not when somebody releases; so every request that is still open is compared with a list
 * that has changed.
 */
import { raiseAlert } from "../ledger/alerts.ts";
import type { Ledger } from "../ledger/connect.ts";
import { readSetting, writeSetting } from "../ledger/settings.ts";
import { transfersNotFlagged } from "../ledger/transfers.ts";
import type { Flags } from "./flags.ts";
import { studentReader } from "./requests.ts";

const COMPARED = "flags compared";
/** Requests in memory at once. */
const BATCH = 100;

/** Raise FLAGGED_STUDENT for each open request that the list flags now. Safe to repeat. */
export async function tellOfFlagged(ledger: Ledger, flags: Flags, at: Date): Promise<void> {
  const { isFlagged, mark, refusal } = flags;
  if (refusal || (await readSetting(ledger, COMPARED)) === mark) return;
  const open = flags.students === 0 ? [] : await transfersNotFlagged(ledger);
  for (let index = 0; index < open.length; index += BATCH) {
    const some = open.slice(index, index + BATCH);
    const students = await studentReader(ledger)(some.map(({ contentId }) => contentId));
    for (const { transfer, agencyId, reference, contentId } of some) {
      const student = students.get(contentId);
      if (!student || isFlagged(student) !== true) continue;
      const subject = `${transfer.requesterId}/${transfer.transferId}`;
      const about = { code: "FLAGGED_STUDENT", subject, transfer, agencyId } as const;
      await raiseAlert(ledger, { ...about, facts: { reference }, at });
    }
  }
  await writeSetting(ledger, COMPARED, mark);
}
