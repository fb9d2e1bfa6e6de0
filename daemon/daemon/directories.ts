/** A directory that was proved is taken: what it changes of what is known, in one transaction with itself. */
import { tellOfHeldKeys } from "../alerts/directory-told.ts";
import type { NewDirectory } from "../directory/newest.ts";
import {
  type Believing,
  changesBy,
  type Changes,
  isAbout,
  type KnownAgencies,
} from "../directory/take.ts";
import type { AgencyId } from "../ids.ts";
import { listAgencies } from "../ledger/agencies.ts";
import { listKeys } from "../ledger/agency-keys.ts";
import { resolveAlerts } from "../ledger/alerts.ts";
import { addAudit } from "../ledger/audit.ts";
import type { Ledger, LedgerTransaction } from "../ledger/connect.ts";
import { markDirectory, saveDirectory, UNREAD, writeChanges } from "../ledger/directories.ts";

/** Worked out again if a command changed meanwhile what it was worked out from. */
export async function takeDirectory(
  ledger: Ledger,
  { directory, row, isAnew }: NewDirectory,
  believing: Believing,
): Promise<Changes> {
  const { belief, at } = believing;
  for (;;) {
    const known = await knownIn(ledger);
    const changes = await changesBy(directory, known, { ...believing, isAnew });
    const isTaken = await ledger.transaction().execute(async (db) => {
      if (JSON.stringify(await knownIn(db)) !== JSON.stringify(known)) return false;
      await writeChanges(db, changes);
      await saveDirectory(db, row);
      await withdraw(db, changes, at);
      const meant = aboutWhom(known, { entityId: row.entity_id, belief });
      await tellOfHeldKeys(db, { held: changes.held, isAbout: meant, at });
      await addAudit(db, {
        at: at.toISOString(),
        event: "directory taken",
        subject: `${row.entity_id} ${row.version}`,
      });
      return true;
    });
    if (isTaken) return changes;
  }
}

/** When they are introduced again, what their directories say is taken again, though it is the same. */
async function withdraw(db: LedgerTransaction, { withdrawn }: Changes, at: Date): Promise<void> {
  for (const subject of withdrawn) {
    await markDirectory(db, subject, UNREAD);
    await resolveAlerts(db, { code: "DIRECTORY_REFUSED", subject, by: "packetboat", at });
  }
}

/** What is held of other directories is no matter of this one. */
function aboutWhom({ agencies }: KnownAgencies, whose: Parameters<typeof isAbout>[1]) {
  const roles = new Map(agencies.map(({ agency_id: id, role }) => [id, role]));
  return (id: AgencyId): boolean =>
    isAbout({ agency_id: id, role: roles.get(id) ?? "district" }, whose);
}

async function knownIn(db: Ledger | LedgerTransaction): Promise<KnownAgencies> {
  return { agencies: await listAgencies(db), keys: await listKeys(db) };
}
