/** A decision about a transfer that was typed by its reference, from start to end. */
import type { About, Decision } from "../../desk/decision.ts";
import { transferNamed } from "../../ledger/transfers.ts";
import type { Outcome } from "../frame/command.ts";
import type { Context } from "../frame/context.ts";
import { refreshed } from "../reporting/refresh.ts";
import { aboutOf, actingOn, carryOut } from "./act.ts";
import { type Decided, decidedLines, decidedOn, decidedResult } from "./decided.ts";

/** What was decided, for people. */
export interface Words {
  /** One sentence. */
  readonly done: string;
  /** Whole sentences. */
  readonly warnings?: readonly string[];
  /** What to type now. */
  readonly next: readonly string[];
}

/**
 * @param typed the reference, or the whole TransferId
 * @throws PacketboatError ROLE_DIFFERS, ID_INVALID, TRANSFER_UNKNOWN, PERSON_…, and what the rules refuse
 */
export async function decideAbout(
  context: Context,
  typed: string,
  decision: (about: About) => Decision,
  words: (partner: string, decided: Decided) => Words,
): Promise<Outcome> {
  await context.district();
  const stored = await transferNamed(await context.ledger(), typed);
  const made = decision(aboutOf(stored));
  const acting = await actingOn(context, made.kind, { school: stored.school });
  const decided = await decidedOn(acting, await carryOut(acting, made));
  const {
    done,
    warnings = [],
    next,
  } = words(decided.partner ?? `agency ${stored.transfer.partnerId}`, decided);
  return {
    result: decidedResult(decided),
    lines: [done, ...warnings, "", ...decidedLines(decided, next), ...(await refreshed(context))],
  };
}

/** Others hear of a decision with the next exchange, not before. */
export const EXCHANGE = ["packetboat exchange"];
