/**
 * The overlap that the screens of a records transfer show: where the enrollment at the releaser overlaps
 * the new one. Dates are whole days, first and last included.
 */
import { daysCounted, type PlainDate } from "./dates.ts";

/** One enrollment; without `exit` it is still open. */
export interface Enrollment {
  readonly entry: PlainDate;
  readonly exit?: PlainDate;
}

export type Overlap =
  /** Nobody here knows the releaser's enrollment: a national transfer, before the records came. */
  | { readonly known: false }
  | { readonly known: true; readonly overlaps: false }
  | {
      readonly known: true;
      readonly overlaps: true;
      readonly start: PlainDate;
      /** `null` while the student is enrolled at both. */
      readonly end: PlainDate | null;
      /** Days in common, up to `today` where there is no end; 0 if they have not begun. */
      readonly days: number;
      readonly stillEnrolledAtBoth: boolean;
    };

const OPEN_END: PlainDate = "9999-12-31";
const earlier = (a: PlainDate, b: PlainDate): PlainDate => (a < b ? a : b);
const later = (a: PlainDate, b: PlainDate): PlainDate => (a > b ? a : b);

/**
 * @param asked the new enrollment, at the requester
 * @param previous the enrollment at the releaser, or `null` if it is not known
 * @param today `YYYY-MM-DD` where the question is asked
 */
export function overlapOf(
  asked: Enrollment,
  previous: Enrollment | null,
  today: PlainDate,
): Overlap {
  if (previous === null) return { known: false };
  const start = later(asked.entry, previous.entry);
  const end = earlier(asked.exit ?? OPEN_END, previous.exit ?? OPEN_END);
  if (start > end) return { known: true, overlaps: false };
  const stillEnrolledAtBoth = end === OPEN_END;
  const last = stillEnrolledAtBoth ? later(today, start) : end;
  const hasBegun = !stillEnrolledAtBoth || start <= today;
  return {
    known: true,
    overlaps: true,
    start,
    end: stillEnrolledAtBoth ? null : end,
    days: hasBegun ? daysCounted(start, last) : 0,
    stillEnrolledAtBoth,
  };
}
