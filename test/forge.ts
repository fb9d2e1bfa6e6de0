/** Packets as a partner or a stranger would make them who keeps the rules badly, or not at all. */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import {
  newMessageId,
  newPacketId,
  newRandomPart,
  newStreamId,
  parseAgencyId,
  sha256,
  type AgencyId,
} from "../daemon/ids.ts";
import { newKeyPair, readPrivateKey } from "../daemon/keys/key.ts";
import { seal, signInline } from "../daemon/keys/seal.ts";
import { unseal } from "../daemon/keys/unseal.ts";
import { writeDocument } from "../daemon/packet/document.ts";
import { readEnvelope, writeMessage, writePacket } from "../daemon/packet/envelope.ts";
import type {
  Attachment,
  Header,
  Receipt,
  Referral,
  TransferRequest,
} from "../daemon/packet/model.gen.ts";
import { REFERRAL, TRANSFER_REQUEST } from "../daemon/packet/model.ts";
import { attachmentName, sealedName } from "../daemon/packet/names.ts";
import { wireTime } from "../daemon/transfer/dates.ts";
import { boxOf, type District, type World } from "./homes.ts";
import { compressed, encrypted, literal, signedFrames } from "./keys/crafted.ts";
import type { Agency } from "./keys/people.ts";
import { requestFrom } from "./transfer/cast.ts";
import { heard } from "./packet/heard.ts";

/** Whoever holds these keys, honest or not. */
export interface Writer extends Agency {
  readonly id: AgencyId;
}

const DAY_MS = 86_400_000;

const writerWith = async (id: string, armoredSecret: string): Promise<Writer> => {
  const secret = await readPrivateKey(armoredSecret);
  return { id: parseAgencyId(id), secret, key: secret.publicKey, armoredSecret };
};

/** Somebody who has a district's own keys. */
export const writerAt = async ({ id, folder }: District): Promise<Writer> =>
  writerWith(id, await readFile(join(folder, "keys", "openpgp.asc"), "utf8"));

/** Somebody whose key nobody here has added. */
export async function stranger(id: string, at: Date): Promise<Writer> {
  const made = await newKeyPair({ agencyId: parseAgencyId(id), name: "Nobody", at });
  return writerWith(id, made.privateKey);
}

export interface Letter {
  readonly from: Writer;
  readonly to: Writer;
  readonly at: Date;
}

/** What an honest packet of theirs would say of itself. */
export function headerOf({ from, to, at }: Letter, sequence = 1): Omit<Header, "MessagesDigest"> {
  return {
    SchemaVersion: "1",
    PacketId: newPacketId(),
    Stream: newStreamId(),
    Sequence: String(sequence),
    Rendition: "0",
    DocumentProcessCode: "TEST",
    CreatedDateTime: wireTime(at),
    ExpiresDateTime: wireTime(new Date(at.getTime() + 60 * DAY_MS)),
    From: { AgencyId: from.id, Fingerprint: from.key.fingerprint },
    To: { AgencyId: to.id, Fingerprint: to.key.fingerprint },
  };
}

export const ping = (at: Date, messageId: string = newMessageId()): Uint8Array =>
  writeMessage("Ping", { MessageId: messageId, PingDateTime: wireTime(at) });

/** The XML of a packet, honest but for what is changed in its header. */
export const packetXml = (
  letter: Letter,
  changes: Partial<Omit<Header, "MessagesDigest">> = {},
  messages: readonly Uint8Array[] = [ping(letter.at)],
): Uint8Array => writePacket({ ...headerOf(letter), ...changes }, messages);

/** What one home honestly asks of another now, but for what is changed. */
export const asking = (
  from: Pick<District, "id" | "name">,
  to: Pick<District, "id">,
  at: Date,
  changes: Partial<TransferRequest> = {},
): TransferRequest =>
  requestFrom({
    MessageId: newMessageId(),
    RequesterId: from.id,
    To: to.id,
    CreatedDateTime: wireTime(at),
    ExpiresDateTime: wireTime(new Date(at.getTime() + 60 * DAY_MS)),
    RequestingDistrict: { AgencyId: from.id, OrganizationName: from.name },
    ...changes,
  });

/** A receipt as an honest reader would give it for a packet, but for what is changed. */
export const receiptFor = (
  packet: {
    readonly packet_id: string;
    readonly messages_digest: string;
    readonly sealed_sha256: string | null;
  },
  at: Date,
  changes: Partial<Receipt> = {},
): Receipt => ({
  MessageId: newMessageId(),
  PacketId: packet.packet_id,
  MessagesDigest: packet.messages_digest,
  SealedSha256: packet.sealed_sha256 ?? "0".repeat(64),
  AuditHead: "0".repeat(64),
  ReceiptDateTime: wireTime(at),
  Acknowledgment: "Confirmation",
  ...changes,
});

/** A request as its own signed document, inside the message that carries it. */
export async function signedRequest(
  request: TransferRequest,
  { from, at }: Pick<Letter, "from" | "at">,
): Promise<Uint8Array> {
  const document = Buffer.from(writeDocument(TRANSFER_REQUEST, request)).toString("utf8");
  return writeMessage("SignedRequest", {
    MessageId: request.MessageId,
    RequestText: await signInline(document, { signWith: from.secret, at }),
  });
}

/** A referral as its own signed document. */
export const signedReferral = (
  referral: Referral,
  { from, at }: Pick<Letter, "from" | "at">,
): Promise<string> =>
  signInline(Buffer.from(writeDocument(REFERRAL, referral)).toString("utf8"), {
    signWith: from.secret,
    at,
  });

/** Signed and sealed as it should be, whatever is inside. */
export const sealed = (content: Uint8Array | string, { from, to, at }: Letter) =>
  seal(Buffer.from(content), { signWith: from.secret, sealFor: to.key, at });

/** Encrypted, and signed by nobody. */
export const unsigned = (xml: Uint8Array, { to }: Letter): Promise<Buffer> =>
  encrypted(literal(text(xml)), to);

/** Signed by the sender for somebody else, and encrypted again for this reader. */
export async function passedOn(xml: Uint8Array, { from, to, at }: Letter, meant: Writer) {
  const signed = await signedFrames(from, text(xml), { date: at, recipient: meant });
  return encrypted(Buffer.concat(signed), to);
}

/** Signed by two. */
export async function signedTwice(xml: Uint8Array, { from, to, at }: Letter, other: Writer) {
  const [header, content, signature] = await signedFrames(from, text(xml), { date: at });
  const [header2, , signature2] = await signedFrames(other, text(xml), { date: at });
  return encrypted(Buffer.concat([header2, header, content, signature, signature2]), to);
}

/** A few kilobytes that unpack to many megabytes. */
export function bomb(megabytes: number, { to }: Letter): Promise<Buffer> {
  const packed = deflateRawSync(literal(" ".repeat(megabytes * 1024 * 1024)));
  return encrypted(compressed(1, packed), to);
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");

/**
 * Lay a file into a district's box as an upload does: under another name first.
 *
 * @returns its name
 */
export async function leave(
  world: Pick<World, "folder" | "valley">,
  to: District,
  bytes: Uint8Array | string,
  name = nameFrom(world.valley, to),
): Promise<string> {
  const hidden = boxOf(world, to, `.${name}.part`);
  await writeFile(hidden, bytes);
  await rename(hidden, boxOf(world, to, name));
  return name;
}

/** Lay a sealed document into a district's box. @returns how an honest release of it names it */
export async function leaveDocument(
  world: Pick<World, "folder" | "valley">,
  [from, to]: readonly [District, District],
  content: string | Buffer,
  letter: Letter,
  number = 1,
): Promise<Attachment> {
  const bytes = await sealed(content, letter);
  const random = newRandomPart();
  const name = attachmentName({ from: from.id, to: to.id, group: 7, number, random });
  await leave(world, to, bytes, name);
  return {
    FileName: `note-${number}.txt`,
    MediaType: "text/plain",
    Size: String(content.length),
    ContentSha256: sha256(content),
    SealedFileName: name,
    SealedSize: String(bytes.length),
    SealedSha256: sha256(bytes),
  };
}

let sequence = 100;

/** A name as an honest packet has it. */
export const nameFrom = (from: Pick<District, "id">, to: Pick<District, "id">): string =>
  sealedName({ from: from.id, to: to.id, sequence: sequence++, random: newRandomPart() });

/** What one district has said to another in receipts, opened with the reader's key and proved. */
export async function receiptsIn(
  files: readonly Uint8Array[],
  { from, to, at }: Letter,
): Promise<Receipt[]> {
  const receipts: Receipt[] = [];
  for (const file of files) {
    const opened = await unseal(file, { ourKeys: [to.secret], maxBytes: 10_000_000 });
    const { content } = await opened.verify(from.key, at);
    for (const message of readEnvelope(content).messages) {
      const { kind, body } = heard(message);
      if (kind === "Receipt") receipts.push(body);
    }
  }
  return receipts;
}
