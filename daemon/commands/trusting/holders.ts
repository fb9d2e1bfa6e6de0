/** The districts and peers of an entity, as far as their accounts are concerned. */
import { readCard } from "../../directory/card.ts";
import type { AccountHolder } from "../../entity/accounts.ts";
import { isRefusal } from "../../errors.ts";
import { listCards } from "../../ledger/agencies.ts";
import { listKeys } from "../../ledger/agency-keys.ts";
import type { Queries } from "../../ledger/connect.ts";
import type { CardRow } from "../../ledger/tables.ts";

export async function accountHolders(ledger: Queries): Promise<AccountHolder[]> {
  const members = await listCards(ledger);
  const keys = await listKeys(ledger);
  const revoked = new Set(
    keys.filter(({ standing }) => standing === "Revoked").map(({ fingerprint }) => fingerprint),
  );
  return await Promise.all(members.map((row) => holderOf(row, revoked.has(row.fingerprint))));
}

/** The card as it was when it was added: whether its OpenPGP key has ended since is no matter of the account. */
async function holderOf(row: CardRow, isKeyRevoked: boolean): Promise<AccountHolder> {
  const { agency_id: id, role, name, status, signed_card: text, added_at: addedAt } = row;
  const read = await readCard(Buffer.from(text), new Date(addedAt)).catch((error: unknown) => {
    if (isRefusal(error)) return null;
    throw error;
  });
  return { id, role, name, status, sshPublicKey: read?.card.SshPublicKey ?? null, isKeyRevoked };
}
