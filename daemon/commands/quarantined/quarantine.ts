/** The quarantine of a home, and what is in it, as commands tell it. */
import { homePaths } from "../../config.ts";
import type { InQuarantine, Kept, Quarantine } from "../../desk/quarantine.ts";
import type { SetAside } from "../../desk/recalled.ts";
import type { Unrelayed } from "../../desk/unrelayed.ts";
import { type AgencyId, showReference } from "../../ids.ts";
import type { NamedAgency } from "../../ledger/overviews.ts";
import { parseSealedName } from "../../packet/names.ts";
import type { Context } from "../frame/context.ts";
import { ownAccount } from "../../people.ts";

export async function quarantineOf(context: Context): Promise<Quarantine> {
  const { quarantine, staging } = homePaths(await context.config());
  return { ledger: await context.ledger(), quarantine, staging };
}

/** Who has seen to it, and when. */
export const byWhom = (context: Context) => ({
  who: context.as ?? ownAccount() ?? "unknown",
  at: context.now(),
});

/** What people type instead of the whole id: its end, which is random. */
export const shortId = ({ id }: Pick<Kept, "id">): string => id.slice(-8);

/** Whom the file's name gives as its sender, which proves nothing. */
export const namedSender = ({ claim }: Kept): AgencyId | null =>
  parseSealedName(claim.file_name)?.from ?? null;

/** `Example Valley Schools`, or that nobody was proved. */
export const senderWords = ({ from }: { readonly from: NamedAgency | null }): string =>
  from === null ? "not proved" : (from.name ?? `agency ${from.id}`);

export const STANDING_WORDS: Readonly<Record<Kept["standing"], string>> = {
  answered: "the sender was told, and must send it again under a new id",
  kept: "nobody was told; it can be tried again",
  again: "the next exchange looks at it again",
};

/** For `--json`. */
export const setAsideResult = (aside: SetAside) => ({
  kind: "recalled",
  id: aside.id,
  shortId: shortId(aside),
  reference: showReference(aside.reference),
  folder: aside.folder,
  from: { agencyId: aside.from.id, name: aside.from.name },
  recalledAt: aside.recalledAt.toISOString(),
  paths: aside.paths,
});

/** For `--json`. */
export const unrelayedResult = ({ id, row, refusedAt, ...unrelayed }: Unrelayed) => ({
  kind: "unrelayed",
  id,
  shortId: shortId({ id }),
  file: row.file_name,
  bytes: row.size,
  sealedSha256: row.sealed_sha256,
  peer: row.peer_id,
  owner: row.owner,
  namedSender: row.from_agency,
  namedRecipient: row.to_agency,
  claimedAt: row.claimed_at,
  refusedAt: refusedAt.toISOString(),
  ...unrelayed,
});

/** For `--json`. */
export const keptResult = (kept: Kept) => ({
  kind: "refused",
  id: kept.id,
  shortId: shortId(kept),
  file: kept.claim.file_name,
  bytes: kept.claim.size,
  sealedSha256: kept.claim.sealed_sha256,
  packetId: kept.claim.packet_id,
  sequence: kept.claim.sequence,
  from: kept.from && { agencyId: kept.from.id, name: kept.from.name },
  namedSender: namedSender(kept),
  claimedAt: kept.claim.claimed_at,
  refusedAt: kept.refusedAt.toISOString(),
  code: kept.code,
  reason: kept.reason,
  messages: kept.messages,
  standing: kept.standing,
  original: kept.original,
});

/** For `--json`. */
export function foundResult(found: InQuarantine) {
  if (found.kind === "recalled") return setAsideResult(found.setAside);
  return found.kind === "unrelayed" ? unrelayedResult(found.unrelayed) : keptResult(found.kept);
}
