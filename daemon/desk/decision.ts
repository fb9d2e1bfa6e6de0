/** What a person may decide, as the desk hands it to the rules of a transfer. */
import { parseReference, parseUuid, referenceOf } from "../ids.ts";
import type { AgencyId, Reference, TransferId } from "../ids.ts";
import type {
  AnswerDecision,
  PaperAnswer,
  RecallDecision,
  ReleaseDecision,
  RequestChanges,
  RequestDecision,
} from "../transfer/decide.ts";
import type { LedgerTransaction } from "../ledger/connect.ts";
import type { OutgoingDocument, Transfer } from "../transfer/effects.ts";

/** Which transfer is meant: people write the reference, programs may write the whole id. */
export type About = { readonly reference: Reference } | { readonly transferId: TransferId };

/** A district as people know it: by its state and at least one of the others. */
export interface DescribedDistrict {
  /** Two letters. */
  readonly state: string;
  readonly name?: string;
  readonly city?: string;
  readonly zip?: string;
}

/** Whom to ask may be described, or left out: then the entity finds the district. */
export type WantedRequest = Omit<RequestDecision, "to" | "throughEntity" | "onPaper"> & {
  readonly to: AgencyId | DescribedDistrict | null;
};

export type Decision =
  | { readonly kind: "request"; readonly request: WantedRequest }
  | {
      readonly kind: "resubmit";
      readonly about: About;
      readonly changes: RequestChanges;
      /** If the document names the releaser again; no other can be asked in the same transfer. */
      readonly to: AgencyId | null;
    }
  | { readonly kind: "cancel"; readonly about: About; readonly comments?: string }
  | { readonly kind: "imported"; readonly about: About; readonly comments?: string }
  | { readonly kind: "answered"; readonly about: About; readonly answer: PaperAnswer }
  | { readonly kind: "answer"; readonly about: About; readonly answer: AnswerDecision }
  | { readonly kind: "release"; readonly about: About; readonly release: ReleaseDecision }
  | { readonly kind: "supplement"; readonly about: About; readonly release: ReleaseDecision }
  | { readonly kind: "withdraw"; readonly about: About }
  | { readonly kind: "recall"; readonly about: About; readonly recall: RecallDecision };

/** @throws PacketboatError ID_INVALID */
export const aboutWhat = (text: string): About =>
  text.length === 36 ? { transferId: parseUuid(text) } : { reference: parseReference(text) };

/** The transfer as people call it. */
export const referenceIn = (about: About): Reference =>
  "reference" in about ? about.reference : referenceOf(about.transferId);

/** The same decision with the documents that were found for it. */
export function withDocuments(
  decision: Decision,
  documents: readonly OutgoingDocument[],
): Decision {
  return decision.kind === "release" || decision.kind === "supplement"
    ? { ...decision, release: { ...decision.release, documents } }
    : decision;
}

/** A decision from a drop folder, to be carried out. */
export interface Order {
  readonly decision: Decision;
  /** The username in the document, if it names one. */
  readonly decidedBy: string | null;
  /** The account that the file belonged to, if that is known. */
  readonly ownerUid: number | null;
  readonly dropFolder: string;
  /** Somebody wrote it into a form: the source system of the drop folder knows nothing of it. */
  readonly isHandwritten?: boolean;
  readonly at: Date;
  /**
   * To be called in the transaction that commits the decision's effects, when all of them are written:
   * what it writes stands or falls with them.
   */
  readonly within: (db: LedgerTransaction, decided: Decided) => Promise<void>;
}

/** The transfer as the decision left it. */
export type Decided = Pick<Transfer, "reference" | "state" | "releases" | "firstPerson">;

/** Was it only the first of two persons who released? Then nothing is sent, and no document taken. */
export const isHalfway = (
  { kind }: Decision,
  { firstPerson }: Pick<Decided, "firstPerson">,
): boolean => ["release", "supplement", "answer"].includes(kind) && firstPerson !== null;

/**
 * Carries out one decision, and calls `within` in every transaction that it tries to commit; it returns
 * only when one has been committed.
 *
 * @throws PacketboatError whatever the rules or the config refuse; then nothing has happened
 */
export type Decide = (order: Order) => Promise<unknown>;
