/** What a handler is told. It asks for nothing else: no clock, no ledger, no chance but what is here. */
import { PacketboatError } from "../errors.ts";
import type { AgencyId, MessageId, Sha256, TransferId } from "../ids.ts";
import type {
  Agency,
  DocumentProcessCode,
  ReasonCode,
  Referral,
  Student,
  TransferRequest,
  User,
} from "../packet/model.gen.ts";
import type { Transfer } from "./effects.ts";

/** What the config says about transfers. */
export interface TransferPolicy {
  /** How long a release waits, so that it can be withdrawn. */
  readonly holdBackMinutes: number;
  /** May somebody release whose name was only declared in a file? */
  readonly allowDeclaredUser: boolean;
  /** 34 CFR 99.34(a)(1)(ii): the annual notice says that records are forwarded. */
  readonly annualNoticeCoversTransfers: boolean;
  /** Reasons for which nobody here may hold or refuse records: who says so, in words. */
  readonly unlawfulReasons: ReadonlyMap<ReasonCode, string>;
  /** How long a new request may be answered; at most 90. */
  readonly requestDays: number;
}

export interface Facts {
  /** We, as other districts know us. */
  readonly us: Agency;
  readonly processCode: DocumentProcessCode;
  readonly policy: TransferPolicy;
  readonly at: Date;
  /** The transfer that the message or decision is about; `null` if there is none. */
  readonly transfer: Transfer | null;
  /** Its current request; `null` if there is no transfer. */
  readonly request: TransferRequest | null;
  readonly newMessageId: () => MessageId;
  /** Do this student's records need two persons? `null`: nobody can tell, the list cannot be read. */
  readonly isFlagged: (student: Student) => boolean | null;
  /** Our current request is in no packet yet: it can still be taken back, and nobody ever sees it. */
  readonly isRequestWaiting?: boolean;
}

export interface ReceivedFacts extends Facts {
  /** Proved by the seal. */
  readonly from: AgencyId;
  /** The entity that we have joined; `null` if none. */
  readonly ourEntityId: AgencyId | null;
  /** What the entity signed, if the message carries it. */
  readonly carried: CarriedReferral | null;
  /** Of the signed texts of this transfer's requests that we have sent. */
  readonly sentRequests: SentRequests;
}

/** A referral, proved to be of the entity that it names, and its text. */
export interface CarriedReferral {
  readonly referral: Referral;
  readonly text: string;
}

export interface SentRequests {
  /** `null` while the current request has not been signed. */
  readonly current: Sha256 | null;
  /** Of the versions before it. */
  readonly earlier: readonly Sha256[];
}

export interface DecisionFacts extends Facts {
  /** Who decides, and how we know. */
  readonly user: User;
  readonly newTransferId: () => TransferId;
}

/** @throws PacketboatError TRANSFER_UNKNOWN */
export function transferOf({ transfer }: Facts): Transfer {
  if (transfer) return transfer;
  throw new PacketboatError("TRANSFER_UNKNOWN", "there is no such transfer here");
}

/** @throws PacketboatError TRANSFER_UNKNOWN if there is none, or its text is no longer kept */
export function requestOf({ request }: Facts): TransferRequest {
  if (request) return request;
  throw new PacketboatError("TRANSFER_UNKNOWN", "the request of this transfer is not kept here");
}
