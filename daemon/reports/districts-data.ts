/** What the entity's report about its districts says, read from the ledger. */
import { daysSince } from "../alerts/when.ts";
import { forwardedUnanswered, type ForwardedCounting } from "../alerts/forwarded.ts";
import type { AgencyId, Reference } from "../ids.ts";
import type { Ledger } from "../ledger/connect.ts";
import { unconfirmed } from "../ledger/departures.ts";
import { lastDirectory } from "../ledger/directories.ts";
import {
  type DistrictFigures,
  districtFigures,
  enrollmentsByAgency,
  notJoined,
  type RegistryInForce,
  registryInForce,
  type NotJoined,
} from "../ledger/districts.ts";

/** So many school days old, both ends included; no end for the oldest. */
export interface AgeGroup {
  readonly from: number;
  readonly to: number | null;
}

export interface DistrictLine extends DistrictFigures {
  /** In the registry; `null` if there is none. */
  readonly enrollments: number | null;
  /** Requests that it has not answered, by age group. */
  readonly unanswered: readonly number[];
  readonly oldest: Reference | null;
  /** Packets of ours that lie in its box, and when the first of them was made. */
  readonly notCollected: { readonly packets: number; readonly since: Date } | null;
}

export interface Districts {
  readonly districts: readonly DistrictLine[];
  readonly ages: readonly AgeGroup[];
  readonly directory:
    | (Readonly<Record<"issuedAt" | "expiresAt", Date>> & {
        readonly version: number;
      })
    | null;
  readonly registry: (RegistryInForce & { readonly ageDays: number }) | null;
  readonly notJoined: readonly NotJoined[];
}

export interface DistrictsCounting extends ForwardedCounting {
  readonly entityId: AgencyId;
  readonly unansweredAfterSchoolDays: number;
}

/** Those in time, in two groups, and those that are late. @param limit in school days */
export function ageGroups(limit: number): AgeGroup[] {
  const half = Math.floor(limit / 2);
  return [
    { from: 0, to: half },
    { from: half + 1, to: limit },
    { from: limit + 1, to: null },
  ];
}

export async function districtsNow(
  ledger: Ledger,
  counting: DistrictsCounting,
): Promise<Districts> {
  const ages = ageGroups(counting.unansweredAfterSchoolDays);
  const [directory, registry] = [
    await lastDirectory(ledger, counting.entityId),
    await registryInForce(ledger),
  ];
  const { at, timeZone } = counting;
  const enrollments = await enrollmentsByAgency(ledger);
  const unanswered = await forwardedUnanswered(ledger, counting);
  const waiting = await unconfirmed(ledger, at);
  const boxes = new Map(waiting.map((box) => [box.agencyId, box]));
  const districts = (await districtFigures(ledger)).map((figures): DistrictLine => {
    const requests = unanswered.get(figures.id) ?? [];
    const box = boxes.get(figures.id);
    return {
      ...figures,
      enrollments: registry && (enrollments.get(figures.id) ?? 0),
      unanswered: ages.map(
        ({ from, to }) =>
          requests.filter(({ schoolDays: age }) => from <= age && age <= (to ?? age)).length,
      ),
      oldest: requests[0]?.reference ?? null,
      notCollected: box ? { packets: box.packets, since: box.oldest } : null,
    };
  });
  return {
    districts,
    ages,
    directory: directory && {
      version: directory.version,
      issuedAt: new Date(directory.issued_at),
      expiresAt: new Date(directory.expires_at),
    },
    registry: registry && { ...registry, ageDays: daysSince(registry.asOf, at, timeZone) },
    notJoined: await notJoined(ledger),
  };
}
