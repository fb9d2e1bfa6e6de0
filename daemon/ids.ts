/**
 * The names of things: made here, parsed here, and branded so that one is never taken for another.
 * All of them are text; an AgencyId keeps its leading zeros.
 */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { v7 } from "uuid";
import { PacketboatError } from "./errors.ts";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Seven digits; a district's is its NCES LEA id, an entity's its state's FIPS code and `00000`. */
export type AgencyId = Branded<"AgencyId">;
/** UUIDv7 of one packet; with the MessagesDigest it is the packet's identity. */
export type PacketId = Branded<"PacketId">;
/** UUIDv7 of one message. */
export type MessageId = Branded<"MessageId">;
/** UUIDv7 of one transfer, unique together with its requester. */
export type TransferId = Branded<"TransferId">;
/** UUIDv4 of one numbering of packets; new at `init` and at every restore. */
export type StreamId = Branded<"StreamId">;
/** Eight characters in Crockford's base 32, shown as `K7QM-3F2D`: what people call a transfer. */
export type Reference = Branded<"Reference">;
/** SHA-256 in 64 lower-case hexadecimal digits. */
export type Sha256 = Branded<"Sha256">;
/** Fingerprint of an OpenPGP v4 key: 40 upper-case hexadecimal digits. */
export type Fingerprint = Branded<"Fingerprint">;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** @throws PacketboatError ID_INVALID unless `text` has exactly seven digits. */
export function parseAgencyId(text: string): AgencyId {
  if (!/^[0-9]{7}$/.test(text)) throw invalid("an AgencyId", text, "seven digits");
  return text as AgencyId;
}

/** The same two digits begin the ids of a state's agencies: its FIPS code. */
export const isOfState = (agency: AgencyId, entity: AgencyId): boolean =>
  agency.slice(0, 2) === entity.slice(0, 2);

/** Is this an id that an entity may have: of a state, or of a region of it? */
export const isEntityId = (id: string): boolean => /^[0-9]{2}0000[0-9]$/.test(id);

/** A new packet id; sorts by the time of its making (RFC 9562, version 7). */
export const newPacketId = (): PacketId => v7() as PacketId;
export const newMessageId = (): MessageId => v7() as MessageId;
export const newTransferId = (): TransferId => v7() as TransferId;
export const newStreamId = (): StreamId => randomUUID() as StreamId;

/** A private name for a claim, a staged file or a row that never leaves this home. */
export const newLocalId = (): string => v7();

/** When such an id was made: its first 48 bits count milliseconds (RFC 9562). */
export const madeAt = (localId: string): Date =>
  new Date(Number.parseInt(localId.replaceAll("-", "").slice(0, 12), 16));

/** 16 hexadecimal digits, unguessable: the random part of a sealed file's name. */
export const newRandomPart = (): string => randomBytes(8).toString("hex");

/** @throws PacketboatError ID_INVALID unless `text` is a UUID in lower case. */
export function parseUuid<Id extends PacketId | MessageId | TransferId | StreamId>(
  text: string,
): Id {
  if (!UUID.test(text)) throw invalid("a UUID", text, "a UUID in lower case");
  return text as Id;
}

/** @throws PacketboatError ID_INVALID unless `text` is an OpenPGP v4 fingerprint; spaces and lower case are forgiven, as people read it out. */
export function parseFingerprint(text: string): Fingerprint {
  const packed = text.replaceAll(/[\s:]/g, "").toUpperCase();
  if (!/^[0-9A-F]{40}$/.test(packed)) {
    throw invalid("a fingerprint", text, "40 hexadecimal digits");
  }
  return packed as Fingerprint;
}

/** A fingerprint in groups of four, as it is read out on the telephone. */
export const showFingerprint = (fingerprint: Fingerprint): string =>
  fingerprint.replaceAll(/(.{4})(?=.)/g, "$1 ");

/** SHA-256 of bytes (or of text in UTF-8), in lower-case hexadecimal digits. */
export const sha256 = (bytes: Uint8Array | string): Sha256 =>
  createHash("sha256").update(bytes).digest("hex") as Sha256;

/** The reference of a transfer: its last 40 bits, which are random. The same on both sides (PROTOCOL 2). */
export function referenceOf(transferId: TransferId): Reference {
  let bits = BigInt(`0x${transferId.slice(-10)}`);
  let text = "";
  for (let digit = 0; digit < 8; digit++) {
    text = CROCKFORD[Number(bits & 31n)] + text;
    bits >>= 5n;
  }
  return text as Reference;
}

/** `K7QM-3F2D` */
export const showReference = (reference: Reference): string =>
  `${reference.slice(0, 4)}-${reference.slice(4)}`;

/**
 * Read a reference as people write it: any case, with or without the hyphen, O for 0, I or L for 1.
 *
 * @throws PacketboatError ID_INVALID
 */
export function parseReference(text: string): Reference {
  const plain = readCrockford(text, 8);
  if (plain === null) {
    throw invalid("a reference", text, "eight letters and digits, like K7QM-3F2D");
  }
  return plain as Reference;
}

/** Six random characters: short enough to type, and never as long as a reference. */
export const newAlertId = (): string =>
  Array.from(randomBytes(6), (byte) => CROCKFORD[byte % 32]).join("");

/**
 * Read an alert's id as people write it.
 *
 * @throws PacketboatError ID_INVALID
 */
export function parseAlertId(text: string): string {
  const plain = readCrockford(text, 6);
  if (plain === null) throw invalid("an alert", text, "six letters and digits, like 7XK2QD");
  return plain;
}

function readCrockford(text: string, length: number): string | null {
  const packed = text.replaceAll(/[\s-]/g, "").toUpperCase();
  const plain = packed.replaceAll("O", "0").replaceAll(/[IL]/g, "1");
  return plain.length === length && [...plain].every((char) => CROCKFORD.includes(char))
    ? plain
    : null;
}

function invalid(kind: string, text: string, form: string): PacketboatError {
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  return new PacketboatError("ID_INVALID", `${shown} is not ${kind} (${form})`);
}
