/** What the registry answers when it is asked for a student. */
import type { AgencyId } from "../ids.ts";
import type { MatchedBy } from "../packet/model.gen.ts";
import type { PlainDate } from "../transfer/dates.ts";

/** The enrollment whose records are asked for: at another district than the one that asks. */
export interface PreviousEnrollment {
  readonly agencyId: AgencyId;
  /** Twelve digits. */
  readonly schoolId: string;
  readonly schoolName: string;
  /** `2026-2027`; empty if the registry does not say. */
  readonly schoolYear: string;
  /** As the registry has it; empty if it does not say. */
  readonly gradeLevel: string;
  readonly entryDate: PlainDate;
  /** `null` while no end is known. */
  readonly exitDate: PlainDate | null;
  /** On the day on which it was asked for. */
  readonly isStillEnrolled: boolean;
}

/** One student or none, never a guess; of several, nothing is told. */
export type Finding =
  | {
      readonly kind: "one";
      readonly stateStudentId: string;
      readonly matchedBy: MatchedBy;
      readonly previous: PreviousEnrollment;
    }
  /** Nobody matches, or nobody who is in any district yet. */
  | { readonly kind: "none" }
  /** More than one student, or one who was last at two districts alike. */
  | { readonly kind: "many" }
  /** The student is found, and the one who asks is the only district that the registry knows. */
  | { readonly kind: "onlyRequester" };
