/** Keep: what must not be moved on goes to the quarantine as it came, with its reason, and only then leaves the box. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { diskRefusal, makePrivateFolder, syncTree, writeDurably } from "../../disk.ts";
import type { DropBox } from "../../dropbox/contract.ts";
import { isRefusal, type PacketboatError } from "../../errors.ts";
import type { Sha256 } from "../../ids.ts";
import type { Ledger } from "../../ledger/connect.ts";
import { keptAlike, keptOf, updateRelay } from "../../ledger/relays.ts";
import type { RelayRow } from "../../ledger/tables.ts";
import type { SenderKey, ShareLimits } from "../../packet/shares.ts";

export interface Keeping {
  readonly ledger: Ledger;
  readonly here: DropBox;
  readonly staging: string;
  readonly quarantine: string;
  /** The most that any file may have, in bytes. */
  readonly mostBytes: number;
  readonly at: Date;
}

/** What is kept of a file, and why, in the folder of its id. */
const ORIGINAL = "sealed.pgp";
const REASON = "reason.json";

/** Where a file lies while it is moved on; what a crash leaves there is swept with everything that was fetched. */
export const stagedAt = (staging: string, { relay_id }: RelayRow): string =>
  join(staging, `${relay_id}.xml.pgp`);

/** Where the original of a file lies that is kept. */
export const originalAt = (quarantine: string, { relay_id }: RelayRow): string =>
  join(quarantine, relay_id, ORIGINAL);

/**
 * Refuse a file. One that is too big, or that we may not read, stays in the box: it is the only copy. The same bytes
 * that came again are kept once.
 *
 * @returns whether it is to be cleared from the box now
 * @throws PacketboatError BOX_…, DISK_…; then it is refused another time
 */
export async function keep(
  row: RelayRow,
  error: PacketboatError,
  keeping: Keeping,
): Promise<boolean> {
  const { ledger, at } = keeping;
  const refused = {
    state: "REFUSED",
    code: error.code,
    reason: error.message,
    ended_at: at.toISOString(),
  } as const;
  if (row.removed_from_box === 1) {
    // A person had it tried again.
    await writeReason(row, error, keeping);
    await updateRelay(ledger, row.relay_id, refused);
    return false;
  }
  const sealedSha256 = await keepOriginal(row, error, keeping);
  const isHere = sealedSha256 !== null;
  const isKnown = isHere && (await keptAlike(ledger, row, sealedSha256)) !== null;
  if (isKnown) await forgetOriginal(keeping.quarantine, row);
  const seenTo = isKnown ? { code: null, reason: null } : {};
  await updateRelay(ledger, row.relay_id, { ...refused, ...seenTo, sealed_sha256: sealedSha256 });
  return isHere;
}

/** How much of each sender's refused files is kept: here no quota of its account counts. */
export class KeptShares {
  readonly #ledger: Ledger;
  readonly #most: ShareLimits;
  /** By account, or else by name. */
  readonly #kept = new Map<SenderKey, ReturnType<typeof keptOf>>();

  /** @param most of one sender */
  constructor(ledger: Ledger, most: ShareLimits) {
    this.#ledger = ledger;
    this.#most = most;
  }

  /** May this one be kept as well? If so, it counts from now on; what is kept already is not counted again. */
  async hasRoomFor(row: RelayRow): Promise<boolean> {
    if (row.removed_from_box === 1) return true;
    const sender = row.owner ?? row.from_agency;
    // Several files are refused at once.
    const counting = this.#kept.get(sender) ?? keptOf(this.#ledger, row);
    this.#kept.set(sender, counting);
    const kept = await counting;
    if (kept.files >= this.#most.files || kept.bytes + row.size > this.#most.bytes) return false;
    kept.files++;
    kept.bytes += row.size;
    return true;
  }
}

/** What was refused and is kept leaves the box. Safe to repeat. */
export async function clear(
  { relay_id, file_name }: RelayRow,
  { ledger, here }: Pick<Keeping, "ledger" | "here">,
): Promise<void> {
  await here.remove(file_name);
  await updateRelay(ledger, relay_id, { removed_from_box: 1 });
}

/** @returns the digest of what is kept; `null` if the file cannot be had */
async function keepOriginal(
  row: RelayRow,
  error: PacketboatError,
  { here, staging, quarantine, mostBytes, at }: Keeping,
): Promise<Sha256 | null> {
  const staged = stagedAt(staging, row);
  const folder = join(quarantine, row.relay_id);
  await rm(folder, { recursive: true, force: true });
  await makePrivateFolder(folder);
  try {
    const isHere = await fetched(here, staged, row, mostBytes);
    if (isHere) {
      await copyFile(staged, join(folder, ORIGINAL)).catch((failure: unknown) => {
        throw diskRefusal(failure, folder);
      });
    }
    await writeDurably(join(folder, REASON), reasonText(row, error, at));
    await syncTree(folder);
    return isHere ? await digestOf(staged) : null;
  } finally {
    await rm(staged, { force: true });
  }
}

async function fetched(
  here: DropBox,
  staged: string,
  { file_name, size }: RelayRow,
  maxBytes: number,
): Promise<boolean> {
  await rm(staged, { force: true });
  try {
    await here.fetch(file_name, staged, { size, maxBytes });
    return true;
  } catch (error) {
    if (isRefusal(error, "BOX_FILE_TOO_BIG") || isRefusal(error, "BOX_FILE_DENIED")) return false;
    throw error;
  }
}

const writeReason = (
  row: RelayRow,
  error: PacketboatError,
  { quarantine, at }: Keeping,
): Promise<void> =>
  writeDurably(join(quarantine, row.relay_id, REASON), reasonText(row, error, at));

function reasonText({ file_name }: RelayRow, { code, message }: PacketboatError, at: Date): string {
  const reason = { file: file_name, at: at.toISOString(), code, reason: message };
  return `${JSON.stringify(reason, null, 2)}\n`;
}

async function digestOf(path: string): Promise<Sha256> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex") as Sha256;
}

/** It was moved on after all, or lies there already. */
export const forgetOriginal = (quarantine: string, { relay_id }: RelayRow): Promise<void> =>
  rm(join(quarantine, relay_id), { recursive: true, force: true });
