/** After something was decided here, the lists that people look at say so too. */
import { reportsConfigOf } from "../../daemon.ts";
import { requestReader, studentReader } from "../../desk/requests.ts";
import { isRefusal } from "../../errors.ts";
import { writeReports } from "../../reports/write.ts";
import type { Context } from "../frame/context.ts";

/**
 * Bring alerts and transfers in the reports up to date. The decision stands either way.
 *
 * @returns what to tell if that failed
 */
export async function refreshed(context: Context): Promise<string[]> {
  const ledger = await context.ledger();
  const config = reportsConfigOf(await context.config());
  try {
    const reading = { studentsOf: studentReader(ledger), requestOf: requestReader(ledger) };
    await writeReports({ ledger, config, at: context.now(), ...reading });
    return [];
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return ["", `The reports are not up to date: ${error.message} [${error.code}]`];
  }
}
