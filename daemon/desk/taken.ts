/** What became of a file from an outbox. */
import type { DecisionResult, DocumentOutcome, Place } from "./answers.ts";
import type { PacketboatError } from "../errors.ts";
import type { DocumentRow } from "../ledger/tables.ts";

interface Named {
  readonly dropFolder: string;
  /** As somebody named it: perhaps after a student. */
  readonly fileName: string;
}

/** It lies in `sent/` or `refused/`, with its answer. */
export interface AnsweredDocument extends Named {
  readonly outcome: DocumentOutcome;
  readonly documentId: string;
  readonly results: readonly DecisionResult[];
  readonly place: Place;
}

/** A release whose documents are not all in the outbox yet; it is refused when the time is over. */
export interface WaitingDocument extends Named {
  readonly outcome: "waiting";
  readonly until: Date;
  /** All that it names. */
  readonly documents: readonly string[];
}

/** Something else went wrong; it is tried again at the next call. */
export interface DelayedDocument extends Named {
  readonly outcome: "delayed";
  /** `null` if it was still being written. */
  readonly error: PacketboatError | null;
}

export type TakenDocument = AnsweredDocument | WaitingDocument | DelayedDocument;

/** As it was found. */
export const named = ({
  drop_folder,
  file_name,
}: Pick<DocumentRow, "drop_folder" | "file_name">): Named => ({
  dropFolder: drop_folder,
  fileName: file_name,
});
