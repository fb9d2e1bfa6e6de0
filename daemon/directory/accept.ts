/** A person compared a key that was held: it takes the place of the one that served till then. */
import { PacketboatError } from "../errors.ts";
import { type AgencyId, type Fingerprint, showFingerprint } from "../ids.ts";
import { knownAgency, updateAgency } from "../ledger/agencies.ts";
import { keysOfAgency, retireKeys, setStanding } from "../ledger/agency-keys.ts";
import { resolveAlerts } from "../ledger/alerts.ts";
import { addAudit } from "../ledger/audit.ts";
import type { Ledger } from "../ledger/connect.ts";
import type { AgencyKeyRow, AgencyRow } from "../ledger/tables.ts";

/**
 * @param fingerprint as its owner read it out
 * @param by username or account of whoever compared it
 * @throws PacketboatError PARTNER_UNKNOWN if no key of the agency is held; FINGERPRINT_DIFFERS if another
 *   one is; KEY_NOT_FETCHED
 */
export async function acceptKey(
  ledger: Ledger,
  id: AgencyId,
  { fingerprint, by, at }: { fingerprint: Fingerprint; by: string; at: Date },
): Promise<AgencyRow> {
  return await ledger.transaction().execute(async (db) => {
    const agency = await knownAgency(db, id);
    const key = heldIn(await keysOfAgency(db, id), id, fingerprint);
    if (agency.source === "card" && key.public_key === null) {
      throw new PacketboatError("KEY_NOT_FETCHED", `key ${fingerprint} of ${id} is not here yet`);
    }
    await retireKeys(db, { id, but: fingerprint, until: at.toISOString() });
    await setStanding(db, key, { standing: "Current", valid_until: key.valid_until });
    const present = { fingerprint, public_key: key.public_key, stopped_code: null };
    await updateAgency(db, id, present);
    for (const code of ["KEY_HELD", "PARTNER_STOPPED"]) {
      await resolveAlerts(db, { code, subject: id, by, at });
    }
    await addAudit(db, { at: at.toISOString(), event: "key accepted", subject: fingerprint });
    return { ...agency, ...present };
  });
}

function heldIn(
  keys: readonly AgencyKeyRow[],
  id: AgencyId,
  fingerprint: Fingerprint,
): AgencyKeyRow {
  const held = keys.filter(({ standing }) => standing === "Held");
  const meant = held.find((key) => key.fingerprint === fingerprint);
  if (meant) return meant;
  const [other] = held;
  if (!other) throw new PacketboatError("PARTNER_UNKNOWN", `no key of agency ${id} is held`);
  throw new PacketboatError(
    "FINGERPRINT_DIFFERS",
    `the key of ${id} that is held has the fingerprint ${showFingerprint(other.fingerprint)}, not the one named`,
    { facts: { fingerprint: other.fingerprint, named: fingerprint } },
  );
}
