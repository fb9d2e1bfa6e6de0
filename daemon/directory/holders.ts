/** Whose a key is already: none has a part that another agency signs with. */
import { isRefusal, PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import { type PublicKey, readPublicKey } from "../keys/key.ts";
import type { AgencyKeyRow } from "../ledger/tables.ts";

/** A part of a key that is another agency's. */
export interface HeldPart {
  readonly fingerprint: string;
  readonly holder: AgencyId;
}

/**
 * The first part of a key that another agency has proved to be its own: by its primary key, or by a subkey that signs.
 * A subkey to encrypt for proves nothing, or whoever came first with a copy would shut its owner out; and what is
 * sealed for a copy nobody can open but that owner, for whom it is not meant.
 *
 * @param id whose key it is to be
 * @param rows keys of the agencies that are known
 */
export async function heldPart(
  id: AgencyId,
  { parts }: PublicKey,
  rows: readonly AgencyKeyRow[],
): Promise<HeldPart | null> {
  for (const row of rows) {
    if (row.agency_id === id || !parts.some(({ keyId }) => mayProve(row, keyId))) continue;
    const proved = await provedBy(row);
    const part = parts.find(({ fingerprint }) => proved.includes(fingerprint));
    if (part) return { fingerprint: part.fingerprint, holder: row.agency_id };
  }
  return null;
}

/**
 * @param key as its file holds it
 * @throws PacketboatError KEY_FILE_DIFFERS if a part of it is another agency's
 */
export async function assertOwn(
  id: AgencyId,
  key: PublicKey,
  rows: readonly AgencyKeyRow[],
): Promise<void> {
  const held = await heldPart(id, key, rows);
  if (!held) return;
  const { fingerprint } = key;
  const sentence = `the file of key ${fingerprint} of agency ${id} has a part that belongs to agency ${held.holder}: ${held.fingerprint}`;
  throw new PacketboatError("KEY_FILE_DIFFERS", sentence, { facts: { fingerprint } });
}

const mayProve = ({ fingerprint, signers }: AgencyKeyRow, keyId: string): boolean =>
  signers === null || signers.includes(keyId) || fingerprint.endsWith(keyId);

/** What is listed only proves nothing; and what was taken may have been when more was. */
async function provedBy({ public_key: armored }: AgencyKeyRow): Promise<string[]> {
  if (armored === null) return [];
  try {
    const { parts } = await readPublicKey(armored);
    const proved = parts.filter(({ signs }, index) => index === 0 || signs);
    return proved.map(({ fingerprint }) => fingerprint);
  } catch (error) {
    if (isRefusal(error)) return [];
    throw error;
  }
}
