/** Wait: a packet whose time has not come stays in the box, and a person hears of it once (PROTOCOL 4). */
import { raisePostAlert } from "../alerts/raise.ts";
import type { Partner } from "../directory/partners.ts";
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import { stopAgency } from "../ledger/agencies.ts";
import type { Ledger } from "../ledger/connect.ts";
import { updateClaim } from "../ledger/incoming.ts";
import type { PacketInRow } from "../ledger/tables.ts";

/** Of the directory and of a key that is held there is an alert already, however many packets wait for it. */
const TOLD_ELSEWHERE: readonly string[] = ["DIRECTORY_EXPIRED", "KEY_HELD"];

const DAY_MS = 24 * 60 * 60 * 1000;
/** How long a cut-off upload, an absent attachment or a directory that is under way is waited for. */
const PATIENCE_MS = DAY_MS;
/** The entity's word, or a person's, is waited for over more than one night. */
const WORD_PATIENCE_MS = 7 * DAY_MS;
const WORD_AWAITED: readonly (string | null)[] = ["REFERRAL_MISSING", "KEY_HELD"];

const patience = (code: string | null): number =>
  WORD_AWAITED.includes(code) ? WORD_PATIENCE_MS : PATIENCE_MS;

export interface Waiting {
  readonly claimed: PacketInRow;
  readonly error: PacketboatError;
  /** Who proved to have sent it. */
  readonly from: AgencyId | null;
  /** Whom it is about: the sender, or the owner of a key that is not good. */
  readonly about: AgencyId | null;
  readonly at: Date;
}

/** What comes of itself within a day, or does not come. */
export const isGivenUp = ({ code }: PacketboatError, claimed: PacketInRow, at: Date): boolean =>
  (code === "PACKET_CUT_SHORT" || code === "KEY_NOT_LISTED") && isOverdue(claimed, at);

/** Has this packet been waited for long enough? */
export const isOverdue = ({ claimed_at, code }: PacketInRow, at: Date): boolean =>
  at.getTime() - Date.parse(claimed_at) > patience(code);

/** Look at it again at the next exchange. */
export async function awaitMore(ledger: Ledger, waiting: Waiting): Promise<void> {
  const { claimed, error, from, about, at } = waiting;
  const until = new Date(Date.parse(claimed.claimed_at) + patience(error.code)).toISOString();
  await ledger.transaction().execute(async (db) => {
    await updateClaim(db, claimed.claim_id, {
      state: "WAITING",
      code: error.code,
      reason: error.message,
      from_agency: from,
      waiting_until: until,
    });
    if (TOLD_ELSEWHERE.includes(error.code)) return;
    await raisePostAlert(db, {
      code: "PACKET_WAITING",
      subject: claimed.claim_id,
      ...(about ? { agencyId: about } : {}),
      facts: { code: error.code, reason: error.message },
      at,
    });
  });
}

/** Nothing more goes to or comes from this agency until a person acts; the packet stays in the box. */
export async function stopPartner(ledger: Ledger, waiting: Waiting): Promise<void> {
  await awaitMore(ledger, waiting);
  const { error, about, at } = waiting;
  if (!about || error.code === "PARTNER_STOPPED") return;
  await ledger.transaction().execute(async (db) => {
    await stopAgency(db, about, error.code);
    await raisePostAlert(db, {
      code: "PARTNER_STOPPED",
      subject: about,
      agencyId: about,
      facts: { code: error.code, reason: error.message },
      at,
    });
  });
}

/** @throws PacketboatError PARTNER_STOPPED (stop) */
export function refuseIfStopped({ id, stoppedCode }: Partner): void {
  if (!stoppedCode) return;
  const sentence = `nothing is taken from agency ${id} until a person acts: ${stoppedCode}`;
  throw new PacketboatError("PARTNER_STOPPED", sentence, { facts: { from: id } });
}
