/** What we say, as XML and back: the rules speak of it as `Outgoing`, the ledger keeps its bytes. */
import { PacketboatError } from "../errors.ts";
import { readSigned } from "../keys/signed.ts";
import type { Queries } from "../ledger/connect.ts";
import { readContent } from "../ledger/content.ts";
import { attachmentsOf } from "../ledger/outgoing.ts";
import type { MessageOutRow } from "../ledger/tables.ts";
import { readKept, writeDocument } from "../packet/document.ts";
import { readCover, readMessage, writeMessage } from "../packet/envelope.ts";
import type { MediaType, SectionName } from "../packet/model.gen.ts";
import { TRANSFER_REQUEST } from "../packet/model.ts";
import type { Outgoing, OutgoingDocument, Posted } from "../transfer/effects.ts";

const INNER_BYTES = 200_000;
/** What naming one document in a release takes, with its sealed file, digests and sizes. */
const NAMING_BYTES = 1024;

/**
 * A request is a document of its own, to be signed before it travels; everything else is a message.
 *
 * @throws PacketboatError WRITING_INVALID naming every field that the schema refuses
 */
export function writeOutgoing(outgoing: Outgoing): Uint8Array {
  return outgoing.kind === "TransferRequest"
    ? writeDocument(TRANSFER_REQUEST, outgoing.message)
    : writeMessage(outgoing.kind, outgoing.message);
}

/**
 * The same, but for what no packet could carry: it is refused while whoever decided is still there to hear it.
 *
 * @param mostBytes that one message may have in a packet
 * @throws PacketboatError RECORD_TOO_BIG; WRITING_INVALID
 */
export const writeWithin =
  (mostBytes: number) =>
  (outgoing: Outgoing): Uint8Array => {
    const bytes = writeOutgoing(outgoing);
    const documents = outgoing.kind === "TransferRelease" ? outgoing.documents.length : 0;
    const size = bytes.length + documents * NAMING_BYTES;
    if (size <= mostBytes) return bytes;
    const sentence = `the ${outgoing.kind} has ${size} bytes, more than ${mostBytes}`;
    throw new PacketboatError("RECORD_TOO_BIG", sentence);
  };

/**
 * What a message of ours said about a transfer, as far as the post must know it: nobody reads a whole record again
 * to know whether it may leave, or whether it came.
 *
 * @returns `null` for what the post says by itself: receipts and pings
 */
export async function postedOf(db: Queries, row: MessageOutRow): Promise<Posted | null> {
  const bytes = await readContent(db, row.content_id);
  if (row.kind === "TransferRequest") {
    return { kind: "TransferRequest", message: readKept(bytes, TRANSFER_REQUEST) };
  }
  if (row.kind === "TransferRelease") {
    const documents = await documentsOf(db, row);
    return { kind: "TransferRelease", message: readCover(bytes), documents };
  }
  const message = readMessage({ kind: row.kind, bytes });
  switch (message.kind) {
    case "SignedRequest": {
      // Our own words, which nobody else could have put into the ledger: no proof is needed.
      const signed = await readSigned(message.body.RequestText, { maxBytes: INNER_BYTES });
      const request = readKept(signed.unverifiedContent(), TRANSFER_REQUEST);
      return { kind: "TransferRequest", message: request };
    }
    case "TransferResponse":
      return { kind: "TransferResponse", message: message.body };
    case "Recall":
      return { kind: "Recall", message: message.body };
    case "SignedReferral":
      return { kind: "SignedReferral", message: message.body };
    case "ForwardedRequest":
      return { kind: "ForwardedRequest", message: message.body };
    case "TransferStatus":
      return { kind: "TransferStatus", message: message.body };
    case "TransferRelease":
    case "Receipt":
    case "Manifest":
    case "Ping":
      return null;
  }
}

async function documentsOf(db: Queries, row: MessageOutRow): Promise<OutgoingDocument[]> {
  return (await attachmentsOf(db, row.message_id)).map((attachment) => ({
    fileName: attachment.file_name,
    mediaType: attachment.media_type as MediaType,
    ...(attachment.section ? { section: attachment.section as SectionName } : {}),
    stagedPath: attachment.staged_path,
  }));
}
