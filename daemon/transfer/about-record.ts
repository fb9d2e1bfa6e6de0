/** What a record shows that a person must look at: on its way out, and again when it comes. */
import { PacketboatError } from "../errors.ts";
import type { MessageId } from "../ids.ts";
import type { SchoolEnrollment, TransferRelease, TransferRequest } from "../packet/model.gen.ts";
import { raise } from "./alerting.ts";
import { dateOf } from "./dates.ts";
import type { RaiseAlert, Transfer } from "./effects.ts";
import { likenessOf } from "./likeness.ts";
import { overlapOf, type Overlap } from "./overlap.ts";

/** @throws PacketboatError RULE_BROKEN if nothing of the student agrees: it is a stranger's record */
export function aboutStudent(
  transfer: Transfer,
  { StudentRecord: record }: TransferRelease,
  request: TransferRequest,
  messageId: MessageId,
): RaiseAlert[] {
  const likeness = likenessOf(request.Student, record.Student);
  if (likeness === "same") return [];
  if (likeness === "differs") return [raise("STUDENT_DIFFERS", transfer, {}, messageId)];
  throw new PacketboatError(
    "RULE_BROKEN",
    "no name, birthdate or identifier in the record is that of the student who was asked for",
    { facts: { reference: transfer.reference } },
  );
}

/** The record itself shows whether the student is still enrolled at the releaser. */
export function aboutEnrollment(
  transfer: Transfer,
  { StudentRecord: record }: TransferRelease,
  request: TransferRequest,
  at: Date,
): RaiseAlert[] {
  const enrollments = record.Enrollment?.Present?.SchoolEnrollment ?? [];
  const overlaps = enrollments.map((enrollment) => overlapWith(enrollment, request, at));
  const open = overlaps.find(
    (overlap) => overlap.known && overlap.overlaps && overlap.stillEnrolledAtBoth,
  );
  if (!open?.known || !open.overlaps) return [];
  return [raise("STILL_ENROLLED_AT_BOTH", transfer, { daysInCommon: open.days })];
}

function overlapWith(enrollment: SchoolEnrollment, request: TransferRequest, at: Date): Overlap {
  const { EnrollmentEntryDate: entry, EnrollmentExitDate: exit } = request.NewEnrollment;
  const previousExit = enrollment.EnrollmentExitDate;
  return overlapOf(
    { entry, ...(exit ? { exit } : {}) },
    { entry: enrollment.EnrollmentEntryDate, ...(previousExit ? { exit: previousExit } : {}) },
    dateOf(at),
  );
}
