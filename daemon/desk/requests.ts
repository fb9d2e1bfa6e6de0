/** Requests as they were asked: for reports, which name the student, and for deadlines. */
import { isRefusal } from "../errors.ts";
import type { Queries } from "../ledger/connect.ts";
import { readContent } from "../ledger/content.ts";
import { readDocument } from "../packet/document.ts";
import type { TransferRequest } from "../packet/model.gen.ts";
import { TRANSFER_REQUEST } from "../packet/model.ts";

/** The request under a content id; `null` once retention has taken it. */
export const requestReader =
  (db: Queries) =>
  async (contentId: string): Promise<TransferRequest | null> => {
    try {
      return readDocument(await readContent(db, contentId), TRANSFER_REQUEST);
    } catch (error) {
      if (isRefusal(error, "LEDGER_DAMAGED")) return null;
      throw error;
    }
  };
