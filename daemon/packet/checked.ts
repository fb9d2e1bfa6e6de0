/** A packet whose sender is proved and whose envelope holds, each of its messages with its own verdict. */
import type { PacketboatError } from "../errors.ts";
import type { AgencyId, MessageId, PacketId, Sha256 } from "../ids.ts";
import type { Header, TransferRequest } from "./model.gen.ts";
import type { Message } from "./model.ts";

/** A message that keeps its schema, with the request inside it if it carries one. */
export type Sound = Message & { readonly request?: TransferRequest };

export interface CheckedMessage {
  readonly position: number;
  readonly kind: string;
  readonly sha256: Sha256;
  readonly bytes: Uint8Array;
  readonly messageId: MessageId | null;
  /** What it says, or why it is refused. */
  readonly verdict: Sound | PacketboatError;
}

export interface CheckedPacket {
  readonly from: AgencyId;
  readonly header: Header;
  readonly packetId: PacketId;
  readonly messagesDigest: Sha256;
  readonly messages: readonly CheckedMessage[];
}
