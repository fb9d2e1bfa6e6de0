/** Requests as they were asked: for reports, which name the student, and for deadlines. */
import { isRefusal } from "../errors.ts";
import type { Queries } from "../ledger/connect.ts";
import { readContent, readContents } from "../ledger/content.ts";
import { readKept, readPart } from "../packet/document.ts";
import type { Student, TransferRequest } from "../packet/model.gen.ts";
import { TRANSFER_REQUEST } from "../packet/model.ts";

/** The request under a content id; `null` once retention has taken it. */
export const requestReader =
  (db: Queries) =>
  async (contentId: string): Promise<TransferRequest | null> => {
    try {
      return readKept(await readContent(db, contentId), TRANSFER_REQUEST);
    } catch (error) {
      if (isRefusal(error, "LEDGER_DAMAGED")) return null;
      throw error;
    }
  };

/** The students of the requests under these content ids, as far as they are still kept. */
export const studentReader =
  (db: Queries) =>
  async (contentIds: readonly string[]): Promise<Map<string, Student>> => {
    const contents = await readContents(db, contentIds);
    const students = [...contents].map(
      ([id, bytes]) => [id, readPart<Student>(bytes, TRANSFER_REQUEST, "Student")] as const,
    );
    return new Map(students);
  };
