/**
 * From what the registry found to what is said about it. One student at one district is referred to; of
 * anything else nobody's data are told, only that it is so, and what to do (PROTOCOL 2).
 */
import type { Agency, TransferRequest, Verification } from "../packet/model.gen.ts";
import type { PlainDate } from "../transfer/dates.ts";
import { wireTime } from "../transfer/dates.ts";
import { given } from "../transfer/given.ts";
import { saidOverlap } from "../transfer/known-overlap.ts";
import { overlapOf } from "../transfer/overlap.ts";
import type { Finding, PreviousEnrollment } from "./finding.ts";

/** Where the records are: the previous district, or the one that has taken its place. */
export interface Releaser {
  readonly agency: Agency;
  /** A request can be sent there. */
  readonly takesPart: boolean;
}

export interface Matching {
  readonly finding: Finding;
  /** Of the previous enrollment, if there is one; `null` if nothing is known of that agency. */
  readonly releaser: Releaser | null;
  readonly registryDate: PlainDate;
  /** Where the entity is. */
  readonly today: PlainDate;
  readonly at: Date;
}

export type Match =
  | {
      readonly kind: "refer";
      readonly releaser: Agency;
      readonly verification: Verification;
    }
  | {
      readonly kind: "answer";
      readonly status: "NoRecord" | "MultipleMatch";
      readonly comments: string;
    };

export function matchOf(request: TransferRequest, matching: Matching): Match {
  const { finding, releaser, registryDate } = matching;
  const asOf = `The registry is of ${registryDate}.`;
  switch (finding.kind) {
    case "none":
      return noRecord(`The registry knows no student with this name, birthdate and sex. ${asOf}`);
    case "many":
      return {
        kind: "answer",
        status: "MultipleMatch",
        comments: `More than one student of the registry fits. Ask again with the state student id, or settle it by telephone. ${asOf}`,
      };
    case "onlyRequester":
      return noRecord(
        `The registry knows this student only at your own district: no other one has records. ${asOf}`,
      );
    case "one":
      if (releaser?.takesPart) return referred(request, finding, releaser.agency, matching);
      return noRecord(`${byLetter(finding.previous, releaser)} ${asOf}`);
  }
}

const noRecord = (comments: string): Match => ({ kind: "answer", status: "NoRecord", comments });

function byLetter({ agencyId, schoolName }: PreviousEnrollment, releaser: Releaser | null): string {
  const { OrganizationName: name, TelephoneNumber: phone } = releaser?.agency ?? {};
  const district = name === undefined ? `district ${agencyId}` : `${name} (${agencyId})`;
  const telephone = phone === undefined ? "" : `, telephone ${phone}`;
  return `The student was last enrolled at ${schoolName}, ${district}${telephone}. That district does not take part: ask it by letter or telephone.`;
}

function referred(
  request: TransferRequest,
  { matchedBy, previous }: Extract<Finding, { kind: "one" }>,
  releaser: Agency,
  { registryDate, today, at }: Matching,
): Match {
  const { EnrollmentEntryDate: entry, EnrollmentExitDate: exit } = request.NewEnrollment;
  const { entryDate, exitDate, schoolId, schoolName } = previous;
  const overlap = overlapOf(
    { entry, ...given({ exit }) },
    { entry: entryDate, ...given({ exit: exitDate ?? undefined }) },
    today,
  );
  return {
    kind: "refer",
    releaser,
    verification: {
      MatchedBy: matchedBy,
      VerifiedDateTime: wireTime(at),
      RegistryDate: registryDate,
      PreviousAgency: releaser,
      ...given({ SchoolId: schoolId === "" ? undefined : schoolId }),
      NameOfInstitution: schoolName,
      EnrollmentEntryDate: entryDate,
      ...given({ EnrollmentExitDate: exitDate ?? undefined, Overlap: saidOverlap(overlap) }),
    },
  };
}
