/** What is known of an agency: as messages name it, and its people who may ask. */
import { readSigned } from "../keys/signed.ts";
import type { AgencyRow } from "../ledger/tables.ts";
import { readDocument } from "../packet/document.ts";
import type { Agency } from "../packet/model.gen.ts";
import { given } from "../transfer/given.ts";
import { CARD, MOST_BYTES, SIGNED_CARD } from "./card.ts";

/** The agency as a message names it to people. */
export const agencyKnown = (row: AgencyRow): Agency => ({
  AgencyId: row.agency_id,
  ...given({ StateDistrictNumber: row.state_number ?? undefined }),
  OrganizationName: row.name,
  ...given({
    AddressCity: row.city ?? undefined,
    StateAbbreviation: row.state ?? undefined,
    AddressPostalCode: row.zip ?? undefined,
    TelephoneNumber: row.phone ?? undefined,
  }),
});

/**
 * The usernames of those who may request.
 *
 * @param signedCard of the ledger: it was proved when it was taken, and its key may have expired since
 */
export async function usernamesOn(signedCard: string): Promise<string[]> {
  const { CardText } = readDocument(Buffer.from(signedCard), SIGNED_CARD);
  const signed = await readSigned(CardText, { maxBytes: MOST_BYTES });
  const { Person: people = [] } = readDocument(signed.unverifiedContent(), CARD);
  return people.map(({ Username }) => Username);
}
