/** The entity's registry of students and enrollments, as others ask it. */
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import type { Queries } from "../ledger/connect.ts";
import { candidatesQuery } from "../ledger/enrollments.ts";
import { importIn } from "../ledger/registry.ts";
import type { EnrollmentRow } from "../ledger/tables.ts";
import type { Student } from "../packet/model.gen.ts";
import type { PlainDate } from "../transfer/dates.ts";
import type { Finding } from "./finding.ts";
import { findStudent, type RegisteredStudent, stateIdsOf } from "./matching.ts";

export type { Finding, PreviousEnrollment } from "./finding.ts";

/**
 * Look a student up.
 *
 * @param about who asks, whose own enrollments are not what is asked for; and the day, `YYYY-MM-DD`
 * @throws PacketboatError REGISTRY_EMPTY if nothing was ever imported: "no record" would not be true
 */
export async function findInRegistry(
  db: Queries,
  student: Student,
  about: { readonly requesterId: AgencyId; readonly today: PlainDate },
): Promise<Finding> {
  let generation = await currentGeneration(db);
  for (;;) {
    const rows = await candidatesQuery(db, {
      generation,
      birthdate: student.Birthdate,
      stateIds: stateIdsOf(student),
    }).execute();
    // Another import may have become current meanwhile, and rows of this one may be gone: look there.
    const now = await currentGeneration(db);
    if (now === generation) return findStudent(student, studentsIn(rows), about);
    generation = now;
  }
}

async function currentGeneration(db: Queries): Promise<number> {
  const current = await importIn(db, "CURRENT");
  if (current) return current.generation;
  throw new PacketboatError("REGISTRY_EMPTY", "nothing was imported into the registry yet");
}

/** The day of which the registry tells, `YYYY-MM-DD`; `null` if nothing was ever imported. */
export const registryDate = async (db: Queries): Promise<PlainDate | null> =>
  (await importIn(db, "CURRENT"))?.as_of ?? null;

/** Who a student is, the newest import says that lists any enrollment of the student. */
function studentsIn(rows: readonly EnrollmentRow[]): RegisteredStudent[] {
  return [...Map.groupBy(rows, (row) => row.state_student_id)].map(([stateStudentId, theirs]) => {
    const newest = Math.max(...theirs.map((row) => row.said_by));
    return {
      stateStudentId,
      identities: theirs
        .filter((row) => row.said_by === newest)
        .map(({ last_key, first_key, birthdate, sex }) => ({
          lastName: last_key,
          firstName: first_key,
          birthdate,
          sex,
        })),
      enrollments: theirs.map((row) => ({
        agencyId: row.agency_id,
        schoolId: row.school_id,
        schoolName: row.school_name,
        schoolYear: row.school_year,
        gradeLevel: row.grade_level,
        entryDate: row.entry_date,
        exitDate: row.exit_date,
      })),
    };
  });
}
