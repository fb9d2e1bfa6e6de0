/**
 * What a handler wants done. Handlers are pure (PROTOCOL 10): they return effects, and the caller
 * carries them out in one transaction, in their order. All effects of one call are about one transfer:
 * the one handed in, or the one its OpenTransfer opens.
 */
import type { AgencyId, MessageId, Reference, TransferId } from "../ids.ts";
import type {
  ForwardedRequest,
  MediaType,
  Purpose,
  Recall,
  SectionName,
  SignedReferral,
  Student,
  TransferRelease,
  TransferRequest,
  TransferResponse,
  TransferState,
  TransferStatus,
  User,
  Verification,
} from "../packet/model.gen.ts";
import type { ReleaseCover } from "./cover.ts";
import type { AlertCode, Audience } from "./alert-codes.ts";
import type { EntityEvent } from "./entity-moves.ts";
import type { ReleaserEvent } from "./releaser-moves.ts";
import type { RequesterEvent } from "./requester-moves.ts";

export type { TransferState } from "../packet/model.gen.ts";

/** Who we are in a transfer: the one who asks, the one who answers, or the entity between them. */
export type Side = "requester" | "releaser" | "entity";

export type TransferEvent = RequesterEvent | ReleaserEvent | EntityEvent;

/**
 * One release of a transfer, and where it stands.
 *
 * Releaser: `waiting` has not left and can be withdrawn; `sent` is fixed in a packet.
 * Requester: `received` has been taken. Both: `recalled` must not be used; the requester also keeps
 * the ids of recalled releases that have not come yet, so that they are not taken when they do.
 */
export interface ReleaseStanding {
  readonly messageId: MessageId;
  readonly standing: "waiting" | "sent" | "received" | "recalled";
  /** Releaser: who released it first, where two persons had to. */
  readonly firstPerson?: string;
}

/** One student's move of records as the rules see it: the row in the ledger, without the student. */
export interface Transfer {
  readonly requesterId: AgencyId;
  readonly transferId: TransferId;
  readonly reference: Reference;
  readonly side: Side;
  /**
   * The agency on the other side; beside the entity nobody else may speak about this transfer. At the
   * requester the entity itself, until its referral names the releaser; at the entity the releaser that it
   * named, or else the requester.
   */
  readonly partnerId: AgencyId;
  /** The entity through which it goes; `null` if the two districts speak directly, and at the entity. */
  readonly entityId: AgencyId | null;
  /** Asked by a letter, because the other district takes no part: nothing of it is ever sent. */
  readonly isOnPaper: boolean;
  readonly state: TransferState;
  /** Of the current request; grows with each Resubmission and Cancellation. */
  readonly revision: number;
  /** MessageId of the current request. An answer to an older one answers nothing. */
  readonly requestMessageId: MessageId;
  /** In the order in which they were made or came. */
  readonly releases: readonly ReleaseStanding[];
  /** Our message that the other side closed by a receipt: its correction names it in `Resubmits`. */
  readonly refusedMessageId: MessageId | null;
  readonly requestedAt: Date;
  /** Of the current request. */
  readonly expiresAt: Date;
  /** `YYYY-MM-DD`, while on hold and if a day was named. */
  readonly holdUntil: string | null;
  /** Releaser: who released the records of a flagged student, which a second person must do as well. */
  readonly firstPerson: string | null;
}

/** What an event changes of a transfer beside its state. */
export type TransferChanges = Partial<
  Pick<
    Transfer,
    | "partnerId"
    | "revision"
    | "requestMessageId"
    | "releases"
    | "refusedMessageId"
    | "requestedAt"
    | "expiresAt"
    | "holdUntil"
    | "firstPerson"
  >
>;

/** A document that goes beside a release; sealing it makes its `Attachment` element. */
export interface OutgoingDocument {
  readonly fileName: string;
  readonly mediaType: MediaType;
  /** The section it belongs to; without one it is shown beside the record. */
  readonly section?: SectionName;
  /** Where the plain document waits, below `state/`. */
  readonly stagedPath: string;
}

/** Something we say. A TransferRequest is still to be signed, a release's documents to be sealed. */
export type Outgoing =
  | { readonly kind: "TransferRequest"; readonly message: TransferRequest }
  | { readonly kind: "TransferResponse"; readonly message: TransferResponse }
  | {
      readonly kind: "TransferRelease";
      readonly message: TransferRelease;
      readonly documents: readonly OutgoingDocument[];
    }
  | { readonly kind: "Recall"; readonly message: Recall }
  | { readonly kind: "SignedReferral"; readonly message: SignedReferral }
  | { readonly kind: "ForwardedRequest"; readonly message: ForwardedRequest }
  | { readonly kind: "TransferStatus"; readonly message: TransferStatus };

/** What was said, as far as the post must know it: of a release no more than its cover. */
export type Posted =
  | Exclude<Outgoing, { readonly kind: "TransferRelease" }>
  | {
      readonly kind: "TransferRelease";
      readonly message: ReleaseCover;
      readonly documents: readonly OutgoingDocument[];
    };

/** What an entity sent about a transfer: kept, for each message of the releaser carries its referral. */
export type KeptReferral = Extract<
  Outgoing,
  { readonly kind: "SignedReferral" | "ForwardedRequest" }
>;

/** A new transfer begins, with the request it begins with. */
export interface OpenTransfer {
  readonly effect: "OpenTransfer";
  readonly event: TransferEvent;
  readonly transfer: Transfer;
  readonly request: TransferRequest;
  readonly referral?: KeptReferral;
}

/** The transfer stands at `state`, which may be where it stood; `changes` hold either way. */
export interface SetState {
  readonly effect: "SetState";
  readonly event: TransferEvent;
  readonly state: TransferState;
  readonly changes: TransferChanges;
  /** The new current request, if the event brings one. */
  readonly request?: TransferRequest;
  /** The new referral; `null` if the one before holds no longer. */
  readonly referral?: KeptReferral | null;
  /** The other side's answer, kept to be read; `null` if what it said before holds no longer. */
  readonly answer?: TransferResponse | null;
}

/** Say something; not before `notBefore` if that is given. */
export type Send = Outgoing & {
  readonly effect: "Send";
  readonly to: AgencyId;
  readonly notBefore?: Date;
};

/** Take back a message that is in no packet yet, and its documents. */
export interface Unsend {
  readonly effect: "Unsend";
  readonly messageId: MessageId;
}

/** Show people something in a folder: a case to decide, records to import, or a mark on either. */
export type Publish = { readonly effect: "Publish" } & (
  | {
      readonly what: "request";
      readonly request: TransferRequest;
      /** Two persons must release, and the other district must not learn why. */
      readonly isFlagged: boolean;
      /** What the entity found, if the request came through one. */
      readonly verification?: Verification;
    }
  | { readonly what: "closedRequest"; readonly state: "Canceled" | "Expired" }
  /** For a district that takes no part: to be printed and sent. */
  | { readonly what: "letter"; readonly request: TransferRequest }
  | {
      readonly what: "record";
      readonly release: TransferRelease;
      readonly request: TransferRequest;
    }
  | { readonly what: "recall"; readonly recall: Recall }
);

export type PublishedWhat = Publish["what"];

/** Values for an alert's sentence: codes, counts and ids, never anything about the student. */
export type AlertFacts = Readonly<Record<string, string | number | boolean>>;

/** A person must know or do something. One open alert per code and subject: raised again, it is renewed. */
export interface RaiseAlert {
  readonly effect: "RaiseAlert";
  readonly code: AlertCode;
  readonly audience: Audience;
  readonly subject: string;
  readonly partnerId: AgencyId;
  readonly facts: AlertFacts;
  /** The message in which the person reads more. */
  readonly messageId?: MessageId;
}

/** Nothing is left to do about it; without effect if no such alert is open. */
export interface ResolveAlert {
  readonly effect: "ResolveAlert";
  readonly code: AlertCode;
  readonly subject: string;
}

export type DisclosureKind =
  "request" | "release" | "partialRelease" | "offlineRelease" | "rejection" | "recall";

/** One line of the register of 34 CFR 99.32: who asked for or was given what, and why. */
export interface RecordDisclosure {
  readonly effect: "RecordDisclosure";
  readonly what: DisclosureKind;
  readonly party: { readonly agencyId: AgencyId; readonly name: string };
  readonly interest: string;
  readonly purpose: Purpose;
  /** The one who asked (request), or who decided here (all others). */
  readonly user: User;
  /** Who had decided the same before, where two persons had to. */
  readonly firstPerson: string | null;
  /** As the request or the record has the student: the register is filed under that. */
  readonly student: Student;
  /** The sections that were disclosed; none for a request or rejection. */
  readonly sections: readonly SectionName[];
  readonly at: Date;
}

export type Effect =
  OpenTransfer | SetState | Send | Unsend | Publish | RaiseAlert | ResolveAlert | RecordDisclosure;
