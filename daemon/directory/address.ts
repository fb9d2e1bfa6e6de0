/** Whether an agency may be addressed, and heard, as far as the directory says so. Pure. */
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import type { AgencyRow, AgencyStatus, DirectoryRow } from "../ledger/tables.ts";

/** What a home must know to judge: which kind of traffic it has, its directories, and the time. */
export interface Addressing {
  readonly isTest: boolean;
  readonly directories: readonly Pick<DirectoryRow, "entity_id" | "expires_at">[];
  readonly at: Date;
}

/** The same two digits begin the ids of a state's agencies: its FIPS code. */
export const isOfState = (agency: AgencyId, entity: AgencyId): boolean =>
  agency.slice(0, 2) === entity.slice(0, 2);

type Known = Pick<AgencyRow, "agency_id" | "source" | "status" | "successor_id">;

/**
 * Suspension, closing and removal take effect at once, and nothing is believed of a directory after its
 * time (PROTOCOL 8). A card that was added by hand needs no directory, unless it is the entity's own.
 *
 * @throws PacketboatError DIRECTORY_EXPIRED, AGENCY_NOT_PARTICIPATING
 */
export function assertAddressable(agency: Known, addressing: Addressing): void {
  const { agency_id: id, status, successor_id: successor } = agency;
  const vouching = addressing.directories.find(({ entity_id }) =>
    agency.source === "card" ? entity_id === id : isOfState(id, entity_id),
  );
  if (vouching && vouching.expires_at <= addressing.at.toISOString()) {
    const sentence = `the directory of ${vouching.entity_id} expired at ${vouching.expires_at}`;
    throw new PacketboatError("DIRECTORY_EXPIRED", sentence);
  }
  const fault = participationFault(agency, addressing.isTest);
  if (fault === null) return;
  throw new PacketboatError("AGENCY_NOT_PARTICIPATING", fault, {
    facts: { status, ...(successor === null ? {} : { successor }) },
  });
}

/** Does an agency of this status exchange packets of this traffic? */
export const takesPart = (status: AgencyStatus, isTest: boolean): boolean =>
  status === "Participating" || (status === "TestOnly" && isTest);

/** Does the directory name it only so that it is found? It has never given its card. */
export const isOnlyNamed = ({
  source,
  box,
  fingerprint,
  status,
}: Pick<AgencyRow, "source" | "box" | "fingerprint" | "status">): boolean =>
  source === "directory" && box === null && fingerprint === null && !takesPart(status, true);

/** Why an agency takes part in nothing now, in a sentence; `null` if it does. */
export function participationFault(
  { agency_id: id, status, successor_id: successor }: Known,
  isTest: boolean,
): string | null {
  if (takesPart(status, isTest)) return null;
  const now = successor === null ? "" : `; its records are with agency ${successor} now`;
  return `agency ${id} cannot be addressed: its status is ${status}${now}`;
}
