/** What was refused on its way in, as rows; the originals lie in the quarantine folder. */
import type { Queries } from "./connect.ts";
import type { NamedAgency } from "./overviews.ts";
import type { PacketInRow } from "./tables.ts";

/** A claim, with the agency that proved to have sent it. */
export interface SentClaim {
  readonly claim: PacketInRow;
  /** `null` where nobody was proved. */
  readonly from: (NamedAgency & { readonly phone: string | null }) | null;
}

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
      .select(["agencies.name", "agencies.phone"])
      .where("packets_in.claim_id", "in", ids.slice(index, index + BATCH))
      .execute();
    found.push(
      ...rows.map(({ name, phone, ...claim }) => ({
        claim,
        from: claim.from_agency === null ? null : { id: claim.from_agency, name, phone },
      })),
    );
  }
  return found.toSorted((one, other) => (one.claim.claim_id < other.claim.claim_id ? -1 : 1));
}
