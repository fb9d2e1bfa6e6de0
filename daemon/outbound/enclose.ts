/**
 * Enclose: a message gets what it must carry before it can be packed: a request its signature, a
 * release its sealed documents (PROTOCOL 2 and 3). From then on its bytes are settled.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { exists } from "../disk.ts";
import { newRandomPart, sha256, type AgencyId } from "../ids.ts";
import { sealFile } from "../keys/attachment.ts";
import type { PrivateKey, PublicKey } from "../keys/key.ts";
import { signInline } from "../keys/seal.ts";
import type { Ledger, LedgerTransaction } from "../ledger/connect.ts";
import { readContent, replaceContent } from "../ledger/content.ts";
import { attachmentsOf, markAttachment, markEnclosed, nameAttachment } from "../ledger/outgoing.ts";
import type { AttachmentOutRow, MessageOutRow } from "../ledger/tables.ts";
import { durable } from "../ledger/together.ts";
import { findTransfer } from "../ledger/transfers.ts";
import { readMessage, writeMessage } from "../packet/envelope.ts";
import type { Attachment, SectionName, TransferRelease } from "../packet/model.gen.ts";
import type { Message, MessageKind } from "../packet/model.ts";
import { attachmentName } from "../packet/names.ts";

export interface Enclosing {
  readonly ledger: Ledger;
  readonly us: AgencyId;
  readonly signWith: PrivateKey;
  readonly sealFor: PublicKey;
  /** Private folder for sealed files. */
  readonly sealed: string;
  readonly at: Date;
}

/**
 * @throws PacketboatError KEY_EXPIRED, KEY_REVOKED, DISK_…; then the message still waits
 */
export async function enclose(row: MessageOutRow, enclosing: Enclosing): Promise<void> {
  const { ledger } = enclosing;
  const written = await readContent(ledger, row.content_id);
  if (row.kind === "TransferRequest") return settleRequest(row, written, enclosing);
  const bytes = await withReferral(ledger, row, written);
  const attachments = await attachmentsOf(ledger, row.message_id);
  if (attachments.length > 0) return settleRelease(row, bytes, attachments, enclosing);
  await ledger.transaction().execute((db) => settle(db, row, row.kind as MessageKind, bytes));
}

/** In a state transfer each word of the releaser carries the entity's, that it was asked (PROTOCOL 2). */
async function withReferral(
  ledger: Ledger,
  row: MessageOutRow,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  const { kind, requester_id: requesterId, transfer_id: transferId } = row;
  if (!isAnswering(kind) || !requesterId || !transferId) return bytes;
  const found = await findTransfer(ledger, { requesterId, transferId });
  if (found?.transfer.side !== "releaser" || found.referralContentId === null) return bytes;
  const message = readMessage({ kind, bytes });
  const kept = readMessage({
    kind: "ForwardedRequest",
    bytes: await readContent(ledger, found.referralContentId),
  });
  if (kept.kind !== "ForwardedRequest") return bytes;
  const { ReferralText } = kept.body;
  const said = message.body as Extract<Message, { kind: Answering }>["body"];
  return writeMessage(kind, { ...said, ReferralText });
}

type Answering = "TransferResponse" | "TransferRelease" | "Recall";

const isAnswering = (kind: MessageOutRow["kind"]): kind is Answering =>
  kind === "TransferResponse" || kind === "TransferRelease" || kind === "Recall";

async function settleRequest(
  row: MessageOutRow,
  request: Uint8Array,
  { ledger, signWith, at }: Enclosing,
): Promise<void> {
  const text = Buffer.from(request).toString("utf8");
  const RequestText = await signInline(text, { signWith, at });
  const message = writeMessage("SignedRequest", { MessageId: row.message_id, RequestText });
  await ledger.transaction().execute((db) => settle(db, row, "SignedRequest", message));
}

async function settleRelease(
  row: MessageOutRow,
  bytes: Uint8Array,
  attachments: readonly AttachmentOutRow[],
  enclosing: Enclosing,
): Promise<void> {
  const { ledger } = enclosing;
  const release = readMessage({ kind: "TransferRelease", bytes }).body as TransferRelease;
  const Attachment: Attachment[] = [];
  for (const attachment of attachments) {
    Attachment.push(await sealDocument(row, attachment, enclosing));
  }
  const message = writeMessage("TransferRelease", { ...release, Attachment });
  await ledger.transaction().execute(async (db) => {
    for (const { attachment_id } of attachments) await markAttachment(db, attachment_id, "SEALED");
    await settle(db, row, "TransferRelease", message);
  });
  await durable(ledger);
  for (const { staged_path } of attachments) await rm(staged_path, { force: true });
}

/** Sealed under a name that is recorded first; what an earlier try left is thrown away. */
async function sealDocument(
  row: MessageOutRow,
  attachment: AttachmentOutRow,
  { ledger, us, signWith, sealFor, sealed, at }: Enclosing,
): Promise<Attachment> {
  const name =
    attachment.sealed_name ??
    attachmentName({
      from: us,
      to: row.to_agency,
      group: groupOf(row),
      number: attachment.number,
      random: newRandomPart(),
    });
  await nameAttachment(ledger, attachment.attachment_id, name);
  // To seal it takes long, and others write meanwhile.
  await durable(ledger);
  const path = join(sealed, name);
  if (await exists(path)) await rm(path);
  const file = await sealFile(
    { from: attachment.staged_path, to: path },
    { signWith, sealFor, at },
  );
  return {
    FileName: attachment.file_name,
    MediaType: attachment.media_type as Attachment["MediaType"],
    ...(attachment.section ? { SectionName: attachment.section as SectionName } : {}),
    Size: String(file.bytes),
    ContentSha256: file.sha256,
    SealedFileName: name,
    SealedSize: String(file.sealedBytes),
    SealedSha256: file.sealedSha256,
  };
}

/** Common to the attachments of one message, and saying nothing: digits of its id. */
const groupOf = ({ message_id }: MessageOutRow): number =>
  Number.parseInt(message_id.slice(-7), 16);

async function settle(
  db: LedgerTransaction,
  row: MessageOutRow,
  kind: MessageKind,
  bytes: Uint8Array,
): Promise<void> {
  if (await markEnclosed(db, row.message_id, sha256(bytes), kind)) {
    await replaceContent(db, row.content_id, bytes);
  }
}
