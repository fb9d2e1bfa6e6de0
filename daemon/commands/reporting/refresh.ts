/** After something was decided here, the lists that people look at say so too. */
import { report } from "../../daemon.ts";
import { isRefusal } from "../../errors.ts";
import type { Context } from "../frame/context.ts";

/**
 * Bring alerts and transfers in the reports up to date. The decision stands either way.
 *
 * @returns what to tell if that failed
 */
export async function refreshed(context: Context): Promise<string[]> {
  const [config, ledger] = [await context.config(), await context.ledger()];
  try {
    await report({ config, ledger, now: context.now }, null);
    return [];
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return ["", `The reports are not up to date: ${error.message} [${error.code}]`];
  }
}
