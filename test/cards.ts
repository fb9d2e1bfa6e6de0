/** Keys and cards that change while packets are under way. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as openpgp from "openpgp";
import { renewCard } from "../daemon/commands/home/make.ts";
import { readConfig } from "../daemon/config.ts";
import { type Card, readCard, writeCard } from "../daemon/directory/card.ts";
import { agencyOf } from "../daemon/directory/pin.ts";
import { newLocalId, parseAgencyId } from "../daemon/ids.ts";
import { newKeyPair, type PrivateKey, readPrivateKey } from "../daemon/keys/key.ts";
import { addAgency, removeAgency } from "../daemon/ledger/agencies.ts";
import { type District, REGISTRAR, withLedger } from "./homes.ts";

/**
 * Give a home a new key and card. The old key is retired, and opens what was sealed for it.
 *
 * @param by.keepsOld `false` for a home that lost its old key
 */
export async function rekey(
  home: District,
  by: { at: Date; expires?: Date; keepsOld?: boolean },
): Promise<void> {
  const keys = join(home.folder, "keys");
  const { keepsOld = true, ...times } = by;
  if (keepsOld) {
    await mkdir(join(keys, "retired"), { recursive: true, mode: 0o700 });
    await rename(join(keys, "openpgp.asc"), join(keys, "retired", `${by.at.getTime()}.asc`));
  }
  const made = await newKeyPair({ agencyId: home.id, name: home.name, ...times });
  await writeFile(join(keys, "openpgp.asc"), made.privateKey, { mode: 0o600 });
  await renewCard(await readConfig(home.configPath), by.at);
}

/** Add a partner's present card, as if its fingerprint had been compared by telephone. */
export async function trust(home: District, partner: District, at: Date): Promise<void> {
  const signedCard = await readFile(partner.card);
  const agency = agencyOf(await readCard(signedCard, at), { signedCard, at, by: REGISTRAR });
  await withLedger(home, (ledger) => addAgency(ledger, agency));
}

/** Remove a partner's card. */
export const distrust = (home: District, partner: District, at: Date): Promise<void> =>
  withLedger(home, (ledger) => removeAgency(ledger, partner.id, at));

/** A home learns that a partner revoked its key. */
export async function hearOfRevocation(home: District, partner: District): Promise<void> {
  const armoredKey = await readFile(join(partner.folder, "keys", "openpgp.asc"), "utf8");
  const key = await openpgp.readPrivateKey({ armoredKey });
  const { publicKey: revoked } = await openpgp.revokeKey({
    key,
    reasonForRevocation: { flag: openpgp.enums.reasonForRevocation.keyCompromised },
    date: key.getCreationTime(),
    format: "armored",
  });
  await withLedger(home, async (ledger) => {
    for (const table of ["agencies", "agency_keys"] as const) {
      await ledger
        .updateTable(table)
        .set({ public_key: revoked })
        .where("agency_id", "=", partner.id)
        .execute();
    }
  });
}

/**
 * A home's card as somebody else might have it, signed with a key of its own.
 *
 * @param change what it says otherwise
 * @returns where it lies, and the fingerprint that its owner would read out
 */
export async function cardBy(
  home: District,
  at: Date,
  change: (card: Card) => void,
): Promise<{ path: string; fingerprint: string }> {
  const { card } = await readCard(await readFile(home.card), at);
  change(card);
  const agencyId = parseAgencyId(card.Agency.AgencyId);
  const made = await newKeyPair({ agencyId, name: card.Agency.OrganizationName, at });
  const key = await readPrivateKey(made.privateKey);
  card.PublicKey = key.publicKey.armored.replaceAll("\r", "").trim();
  card.Created = at.toISOString().replace(/\.[0-9]+Z$/, "Z");
  const path = join(home.folder, `card-of-${newLocalId()}.xml`);
  await writeFile(path, await writeCard(card, key, at));
  return { path, fingerprint: made.fingerprint };
}

/** A home's card that carries another key, signed as it should be or by that one. @returns where it lies */
export async function cardWith(
  home: District,
  key: string,
  { signWith, at }: { signWith: PrivateKey; at: Date },
): Promise<string> {
  const { card } = await readCard(await readFile(home.card), at);
  const path = join(home.folder, `card-of-${newLocalId()}.xml`);
  await writeFile(path, await writeCard({ ...card, PublicKey: key }, signWith, at));
  return path;
}
