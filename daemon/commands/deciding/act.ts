/** Decisions that are typed: by whom, with what right, and carried out at the desk. */
import type { Config } from "../../config.ts";
import { deskOf, ownSchool, proofFor, rightFor } from "../../daemon.ts";
import { decide } from "../../desk/decide.ts";
import type { About, Decision } from "../../desk/decision.ts";
import type { Ledger } from "../../ledger/connect.ts";
import type { StoredTransfer } from "../../ledger/transfers.ts";
import type { User } from "../../packet/model.gen.ts";
import { assertMay, userOf } from "../../people.ts";
import type { Transfer } from "../../transfer/effects.ts";
import type { Context } from "../frame/context.ts";

/** Somebody who may decide, and where. */
export interface Acting {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly user: User;
  readonly now: () => Date;
}

/**
 * Find out who decides, and refuse it to whoever may not.
 *
 * @param matter `username` as a document names it, if `--as` does not; `school` whose matter it is
 * @throws PacketboatError PERSON_UNKNOWN, PERSON_NOT_ALLOWED
 */
export async function actingOn(
  context: Context,
  kind: Decision["kind"],
  matter: { readonly username?: string | null; readonly school?: string | null },
): Promise<Acting> {
  const config = await context.config();
  const actor = await context.actor(matter.username);
  const school = ownSchool(config, matter.school ?? null);
  assertMay(actor, rightFor(kind), proofFor(kind, config), school);
  return { config, ledger: await context.ledger(), user: userOf(actor), now: context.now };
}

/** @throws PacketboatError what the rules refuse; then nothing has happened */
export const carryOut = (acting: Acting, decision: Decision): Promise<Transfer> =>
  decide(deskOf(acting), { decision, user: acting.user, at: acting.now() });

/** The transfer that a reference or a whole TransferId names, for a decision. */
export const aboutOf = ({ transfer: { transferId } }: StoredTransfer): About => ({ transferId });
