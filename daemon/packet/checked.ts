/** A packet whose sender is proved and whose envelope holds, each of its messages with its own verdict. */
import type { PacketboatError } from "../errors.ts";
import type { AgencyId, MessageId, PacketId, Sha256 } from "../ids.ts";
import type { Header, MessageKind, Referral, TransferRequest } from "./model.gen.ts";
import type { Message } from "./model.ts";

type Of<Kind extends MessageKind> = Extract<Message, { readonly kind: Kind }>;

/** What the releaser says in a state transfer carries the entity's word that it was asked. */
type Carrying = Of<"TransferResponse"> | Of<"TransferRelease"> | Of<"Recall">;

/** A message that keeps its schema, with the documents inside it, each proved to be its own agency's. */
export type Sound =
  | (Of<"SignedRequest"> & { readonly request: TransferRequest })
  | (Of<"SignedReferral"> & { readonly referral: Referral })
  | (Of<"ForwardedRequest"> & { readonly request: TransferRequest; readonly referral: Referral })
  | (Carrying & { readonly referral: Referral | null })
  | Of<"TransferStatus" | "Receipt" | "Manifest" | "Ping">;

export interface CheckedMessage {
  readonly position: number;
  readonly kind: string;
  readonly sha256: Sha256;
  readonly bytes: Uint8Array;
  readonly messageId: MessageId | null;
  /** What it says, or why it is refused. */
  readonly verdict: Sound | PacketboatError;
  /** Files in the box that it names; they leave with it, also if it is refused. */
  readonly namedFiles: readonly string[];
}

export interface CheckedPacket {
  readonly from: AgencyId;
  readonly header: Header;
  readonly packetId: PacketId;
  readonly messagesDigest: Sha256;
  readonly messages: readonly CheckedMessage[];
}
