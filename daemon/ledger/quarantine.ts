/** What was refused on its way in, as rows; the originals lie in the quarantine folder. */
import type { Queries } from "./connect.ts";
import type { NamedAgency } from "./overviews.ts";
import type { AgencyRow, PacketInRow } from "./tables.ts";

/** A claim, with the agency that proved to have sent it. */
export interface SentClaim {
  readonly claim: PacketInRow;
  /** `null` where nobody was proved. */
  readonly from:
    | (NamedAgency & Pick<AgencyRow, "phone"> & { readonly source: AgencyRow["source"] | null })
    | null;
}

/** Recalled records in the quarantine, oldest first, with the agency that recalled them and when we heard of it. */
export const recalledKept = (db: Queries) =>
  db
    .selectFrom("publications")
    .innerJoin("transfers", (join) =>
      join
        .onRef("transfers.requester_id", "=", "publications.requester_id")
        .onRef("transfers.transfer_id", "=", "publications.transfer_id"),
    )
    .leftJoin("agencies", "agencies.agency_id", "transfers.partner_id")
    .leftJoin("messages_in", (join) =>
      join
        .onRef("messages_in.from_agency", "=", "transfers.partner_id")
        .onRef("messages_in.message_id", "=", "publications.recalled_by"),
    )
    .selectAll("publications")
    .select(["transfers.partner_id", "agencies.name", "agencies.phone", "messages_in.recorded_at"])
    .where("publications.state", "=", "QUARANTINED")
    .orderBy("publications.publication_id")
    .execute();

/** Ids that a query can name at once. */
const BATCH = 200;

/** The claims of these ids, in the order in which they were made; an unknown id has none. */
export async function claimsNamed(db: Queries, ids: readonly string[]): Promise<SentClaim[]> {
  const found: SentClaim[] = [];
  for (let index = 0; index < ids.length; index += BATCH) {
    const rows = await db
      .selectFrom("packets_in")
      .leftJoin("agencies", "agencies.agency_id", "packets_in.from_agency")
      .selectAll("packets_in")
      .select(["agencies.name", "agencies.phone", "agencies.source"])
      .where("packets_in.claim_id", "in", ids.slice(index, index + BATCH))
      .execute();
    found.push(
      ...rows.map(({ name, phone, source, ...claim }) => ({
        claim,
        from: claim.from_agency === null ? null : { id: claim.from_agency, name, phone, source },
      })),
    );
  }
  return found.toSorted((one, other) => (one.claim.claim_id < other.claim.claim_id ? -1 : 1));
}
