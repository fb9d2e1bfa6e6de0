/** Where a student was before: which of many enrollments the records are asked of. Pure. */
import type { AgencyId } from "../../ids.ts";
import type { PlainDate } from "../../transfer/dates.ts";
import type { PreviousEnrollment } from "../finding.ts";

/** An enrollment as the registry has it. */
export type RegisteredEnrollment = Omit<PreviousEnrollment, "isStillEnrolled">;

const OPEN_END: PlainDate = "9999-12-31";

/**
 * The enrollment at another district than the one that asks which is open, or else ended last; of several
 * such, the one that began last. What begins after today has no records yet; a student whose exit lies
 * ahead is still enrolled.
 *
 * @returns `onlyRequester` if nobody else had the student; `none` if nobody had; `many` if two districts
 *   had the student last, alike in every date
 */
export function previousOf(
  enrollments: readonly RegisteredEnrollment[],
  { requesterId, today }: { readonly requesterId: AgencyId; readonly today: PlainDate },
): PreviousEnrollment | "onlyRequester" | "none" | "many" {
  const elsewhere = enrollments
    .filter(({ agencyId, entryDate }) => agencyId !== requesterId && entryDate <= today)
    .toSorted(lastFirst(today));
  const [last] = elsewhere;
  if (!last) {
    return enrollments.some(({ agencyId }) => agencyId === requesterId) ? "onlyRequester" : "none";
  }
  const isAlike = (each: RegisteredEnrollment): boolean =>
    endOf(each, today) === endOf(last, today) && each.entryDate === last.entryDate;
  if (elsewhere.some((each) => each.agencyId !== last.agencyId && isAlike(each))) return "many";
  return { ...last, isStillEnrolled: endOf(last, today) === OPEN_END };
}

/** Planned ends, like that of the school year, say nothing while they lie ahead. */
const endOf = ({ exitDate }: RegisteredEnrollment, today: PlainDate): PlainDate =>
  exitDate === null || exitDate > today ? OPEN_END : exitDate;

const lastFirst =
  (today: PlainDate) =>
  (one: RegisteredEnrollment, other: RegisteredEnrollment): number =>
    later(endOf(one, today), endOf(other, today)) ||
    later(one.entryDate, other.entryDate) ||
    later(other.schoolId, one.schoolId);

const later = (one: string, other: string): number => (one === other ? 0 : one > other ? -1 : 1);
