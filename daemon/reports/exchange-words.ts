/** Kinds of message, and what became of packets, messages and documents, as reports say it. */
import type { Tone } from "./blocks.ts";
import type {
  DocumentRow,
  MessageInState,
  MessageOutState,
  PacketInState,
  PacketOutState,
} from "../ledger/tables.ts";

export const KIND_WORDS: Readonly<Record<string, string>> = {
  TransferRequest: "Request",
  SignedRequest: "Request",
  SignedReferral: "Referral",
  ForwardedRequest: "Forwarded request",
  TransferResponse: "Answer",
  TransferRelease: "Records",
  Recall: "Recall",
  TransferStatus: "Status",
  Receipt: "Receipt",
  Manifest: "Manifest",
  Ping: "Test packet",
};

/** How it is shown. */
export interface Fate {
  readonly tone: Tone;
  readonly shown: string;
}

const fate = (tone: Tone, shown: string): Fate => ({ tone, shown });

export const PACKET_OUT_WORDS: Readonly<Record<PacketOutState, Fate>> = {
  FIXED: fate("waiting", "Not sent yet"),
  SEALED: fate("waiting", "Not sent yet"),
  SENT: fate("info", "Sent"),
  ACKED: fate("done", "Confirmed"),
  REFUSED: fate("urgent", "Refused there"),
};

export const MESSAGE_OUT_WORDS: Readonly<Record<MessageOutState, Fate>> = {
  WAITING: fate("waiting", "Not sent yet"),
  ENCLOSED: fate("waiting", "Not sent yet"),
  PACKED: fate("info", "Sent"),
  CONFIRMED: fate("done", "Confirmed"),
  REFUSED: fate("urgent", "Refused there"),
  WITHDRAWN: fate("plain", "Withdrawn"),
};

export const PACKET_IN_WORDS: Readonly<Record<PacketInState, Fate>> = {
  CLAIMED: fate("waiting", "Not read yet"),
  FETCHED: fate("waiting", "Not read yet"),
  WAITING: fate("waiting", "Waits"),
  RECORDED: fate("done", "Taken"),
  GONE: fate("plain", "Left the box before it was read"),
  QUARANTINED: fate("urgent", "Refused"),
};

export const MESSAGE_IN_WORDS: Readonly<Record<MessageInState, Fate>> = {
  TAKEN: fate("done", "Taken"),
  REFUSED: fate("urgent", "Refused"),
};

export const DOCUMENT_WORDS: Readonly<Record<DocumentRow["state"], Fate>> = {
  CLAIMED: fate("waiting", "Not read yet"),
  TAKEN: fate("done", "Taken"),
  ANSWERED: fate("done", "Taken"),
  KNOWN: fate("plain", "Known already"),
  REFUSED: fate("urgent", "Refused"),
};
