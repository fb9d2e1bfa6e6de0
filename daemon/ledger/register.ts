/**
 * The register of 34 CFR 99.32, which outlives retention. "With the education records of each student"
 * it can be filed only if it says whose they are: by the id under which we know the student, or, where
 * no record of ours has left that gave one, by name and birthdate. Nothing else of the student is kept.
 */
import { newLocalId } from "../ids.ts";
import type { Student } from "../packet/model.gen.ts";
import type { RecordDisclosure } from "../transfer/effects.ts";
import { findAgency } from "./agencies.ts";
import type { LedgerTransaction } from "./connect.ts";
import type { RegisterStudentRow } from "./tables.ts";
import type { TransferKey } from "./transfers.ts";

/**
 * Add a line. A district is named there as its card or the directory does, as far as it is known: the name in a request
 * is what whoever asks calls itself.
 */
export async function addDisclosure(
  db: LedgerTransaction,
  { requesterId, transferId }: TransferKey,
  effect: RecordDisclosure,
): Promise<void> {
  const disclosure_id = newLocalId();
  const key = { requesterId, transferId };
  const ownId = ownIdIn(effect) ?? (await idKnown(db, key));
  const party = await findAgency(db, effect.party.agencyId);
  await db
    .insertInto("disclosures")
    .values({
      disclosure_id,
      requester_id: requesterId,
      transfer_id: transferId,
      at: effect.at.toISOString(),
      what: effect.what,
      party_id: effect.party.agencyId,
      party_name: party?.name ?? effect.party.name,
      interest: effect.interest,
      purpose: effect.purpose,
      sections: effect.sections.join(" "),
      who: effect.user.Username,
      authentication: effect.user.UserAuthentication,
      first_person: effect.firstPerson,
    })
    .execute();
  const filed = filedUnder(effect.student, ownId);
  await db
    .insertInto("register_students")
    .values({ disclosure_id, ...filed })
    .execute();
  if (ownId !== null) await fileUnder(db, key, effect.student, ownId);
}

type Filed = Omit<RegisterStudentRow, "disclosure_id">;

const filedUnder = (student: Student, ownId: string | null): Filed =>
  ownId === null
    ? {
        student_id: null,
        last_name: student.LastOrSurname,
        first_name: student.FirstName,
        birthdate: student.Birthdate,
      }
    : { student_id: ownId, ...NAMELESS };

const NAMELESS = { last_name: null, first_name: null, birthdate: null } as const;

/** Only in a record of ours are the ids ours; a request brings those of the district that asks. */
function ownIdIn({ what, student }: RecordDisclosure): string | null {
  if (what !== "release" && what !== "partialRelease") return null;
  const ids = student.StudentIdentification ?? [];
  const own = ids.find(({ StudentIdentificationSystem: system }) => system === "District");
  return own?.StudentIdentifier ?? null;
}

/** Under which a line of the transfer is filed already. */
async function idKnown(db: LedgerTransaction, key: TransferKey): Promise<string | null> {
  const row = await linesOf(db, key)
    .select("register_students.student_id")
    .where("register_students.student_id", "is not", null)
    .orderBy("disclosures.disclosure_id", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.student_id ?? null;
}

/** The transfer's earlier lines about the same student need the name no more. */
async function fileUnder(
  db: LedgerTransaction,
  key: TransferKey,
  { LastOrSurname, Birthdate }: Student,
  ownId: string,
): Promise<void> {
  const lines = linesOf(db, key).select("disclosures.disclosure_id");
  await db
    .updateTable("register_students")
    .set({ student_id: ownId, ...NAMELESS })
    .where("disclosure_id", "in", lines)
    .where("last_name", "=", LastOrSurname)
    .where("birthdate", "=", Birthdate)
    .execute();
}

const linesOf = (db: LedgerTransaction, { requesterId, transferId }: TransferKey) =>
  db
    .selectFrom("disclosures")
    .innerJoin("register_students", "register_students.disclosure_id", "disclosures.disclosure_id")
    .where("disclosures.requester_id", "=", requesterId)
    .where("disclosures.transfer_id", "=", transferId);
