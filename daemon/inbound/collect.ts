/**
 * Collect: claim what waits in our box, and fetch it. The ledger knows of a file before its bytes are
 * here, so that whatever happens next, one file is one claim (TRUST, "Exactly-once effects").
 */
import { readFile, rm } from "node:fs/promises";
import { stagedPath } from "../desk/staged.ts";
import { exists } from "../disk.ts";
import type { DropBox, WaitingFile } from "../dropbox/contract.ts";
import { sha256 } from "../ids.ts";
import { resolveAlerts } from "../ledger/alerts.ts";
import type { Ledger, LedgerTransaction } from "../ledger/connect.ts";
import { claimFiles, claimsIn, updateClaim } from "../ledger/incoming.ts";
import type { PacketInRow } from "../ledger/tables.ts";
import { parseSealedName } from "../packet/names.ts";

export interface Collecting {
  readonly ledger: Ledger;
  readonly box: DropBox;
  /** Private folder for what is not judged yet. */
  readonly staging: string;
  readonly at: Date;
  /** The largest sealed file that is fetched. */
  readonly maxBytes: number;
}

export interface Claims {
  /** Still to be worked on, by sender and number. */
  readonly waiting: readonly PacketInRow[];
  /** Their files were in the box once, and are there no more. */
  readonly vanished: readonly PacketInRow[];
}

/** Claim every sealed packet in the box. */
export async function claim({ ledger, box, at }: Collecting): Promise<Claims> {
  const waiting = new Set<string>();
  for await (const listing of box.list((name) => parseSealedName(name) !== null)) {
    await ledger.transaction().execute(async (db) => {
      for (const claimed of await claimFiles(db, listing.files, at)) {
        waiting.add(claimed.claim_id);
        await noteStillThere(db, claimed);
      }
    });
  }
  const claims = await claimsIn(ledger, ["CLAIMED", "FETCHED", "WAITING"]);
  const isThere = (each: PacketInRow): boolean => isHere(each) || waiting.has(each.claim_id);
  const vanished = claims.filter((each) => !isThere(each));
  for (const claimed of vanished) await closeVanished(ledger, claimed, at);
  const here = claims
    .filter(isThere)
    .toSorted((one, other) => compare(placeOf(one, at), placeOf(other, at)));
  return { waiting: here, vanished };
}

/**
 * Did the server fail when this file was last touched? Then it is looked at after all the others, so that
 * they do not wait behind it.
 */
export const isSuspect = ({ code }: PacketInRow): boolean =>
  code === "BOX_UNREACHABLE" || code === "BOX_TIMEOUT" || code === "BOX_FAILED";

/** Names hold sender, recipient and number, filled up with zeros. Suspects take turns in being the first of theirs. */
const placeOf = (claimed: PacketInRow, at: Date): string =>
  isSuspect(claimed) ? `~${sha256(`${claimed.claim_id} ${at.toISOString()}`)}` : claimed.file_name;

/** Its bytes are in staging: fetched, or put back there from the quarantine when the box had it no more. */
const isHere = ({ state, removed_from_box }: PacketInRow): boolean =>
  state === "FETCHED" || removed_from_box === 1;

/** Done with here, but still there: the answer to our delete was lost. Or it is back. */
async function noteStillThere(db: LedgerTransaction, claimed: PacketInRow): Promise<void> {
  const { claim_id, state, removed_from_box } = claimed;
  if (state === "GONE") await updateClaim(db, claim_id, { state: "CLAIMED", code: null });
  if (removed_from_box === 1) await updateClaim(db, claim_id, { removed_from_box: 0 });
}

/** Replaced by a newer file of that name, or taken away by its sender, before we had it. */
async function closeVanished(ledger: Ledger, { claim_id }: PacketInRow, at: Date): Promise<void> {
  await updateClaim(ledger, claim_id, { state: "GONE", code: "BOX_FILE_GONE" });
  await resolveAlerts(ledger, {
    code: "PACKET_WAITING",
    subject: claim_id,
    by: "packetboat",
    at,
  });
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/**
 * Fetch a claimed file, unless it is here already.
 *
 * @returns its bytes
 * @throws PacketboatError BOX_… as `DropBox#fetch` says
 */
export async function fetch(collecting: Collecting, claimed: PacketInRow): Promise<Uint8Array> {
  const { ledger, box, staging, maxBytes } = collecting;
  const path = stagedPath(staging, claimed);
  if (!isHere(claimed) || !(await exists(path))) {
    // A staged file without its row is what a crash left of an earlier try.
    await rm(path, { force: true });
    const file: Pick<WaitingFile, "size"> = claimed;
    await box.fetch(claimed.file_name, path, { size: file.size, maxBytes });
  }
  const bytes = await readFile(path);
  await updateClaim(ledger, claimed.claim_id, {
    state: "FETCHED",
    sealed_sha256: sha256(bytes),
  });
  return bytes;
}
