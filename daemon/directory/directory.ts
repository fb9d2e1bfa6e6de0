/** The entity's directory as a file: `directory.xml.pgp`, signed by the entity (PROTOCOL 8). */
import { isRefusal, PacketboatError } from "../errors.ts";
import { sha256, type Sha256 } from "../ids.ts";
import type { PrivateKey, PublicKey } from "../keys/key.ts";
import { signInline } from "../keys/seal.ts";
import { isIssuer, readSigned } from "../keys/signed.ts";
import type { DirectoryRow } from "../ledger/tables.ts";
import { readDocument, writeDocument } from "../packet/document.ts";
import type { DocumentKind } from "../packet/model.ts";
import { takesPart } from "./address.ts";
import type { Directory, DirectoryAgency } from "./directory.gen.ts";
import { assertSignedWhenMade } from "./times.ts";

export type { Directory, DirectoryAgency, DirectoryKey } from "./directory.gen.ts";

export const DIRECTORY_FILE = "directory.xml.pgp";

const DIRECTORY: DocumentKind<"Directory", Directory> = {
  root: "Directory",
  namespace: "urn:packetboat:directory:1",
  schemaFile: "directory.schema.json",
};

/** Of the document: 1,500 agencies with a changed key each have some 3 MB. */
const MOST_BYTES = 8 * 1024 * 1024;
/** Of the file: armour makes four bytes of three, and breaks lines. */
export const MOST_FILE_BYTES = 1.5 * MOST_BYTES;

/** A directory whose signature holds. */
export interface ReadDirectory {
  readonly directory: Directory;
  /** Of what it says: another signature over the same makes no other directory. */
  readonly sha256: Sha256;
  /** Whose word it is. */
  readonly signer: PublicKey;
}

/** Has a district neither box nor key because it never gave its card, and is named only so that it is found? */
export const isOnlyListed = ({
  AgencyStatus: status,
  Box: box,
  Key: keys,
}: DirectoryAgency): boolean => box === undefined && keys === undefined && !takesPart(status, true);

/** @returns the file's text, signed now */
export async function writeDirectory(
  directory: Directory,
  signWith: PrivateKey,
  at: Date,
): Promise<{ text: string; sha256: Sha256 }> {
  const document = writeDocument(DIRECTORY, directory);
  const text = await signInline(Buffer.from(document).toString("utf8"), { signWith, at });
  return { text, sha256: sha256(document) };
}

/**
 * Read a directory and prove that the entity signed it, before anything in it is believed.
 *
 * @param entity.key by which the entity is known
 * @param entity.successor finds, in what nobody has proved yet, the key that the known one named to follow
 *   it; `null` if there is none
 * @throws PacketboatError DIRECTORY_INVALID, DIRECTORY_SIGNER; what `successor` throws
 */
export async function readDirectory(
  bytes: Uint8Array,
  entity: {
    readonly key: PublicKey;
    readonly successor: (unproved: Directory) => Promise<PublicKey | null>;
  },
  at: Date,
): Promise<ReadDirectory> {
  const signed = await readSigned(bytes, { maxBytes: MOST_BYTES }).catch((error: unknown) =>
    refuse(error, isUnsigned(error) ? "DIRECTORY_SIGNER" : "DIRECTORY_INVALID"),
  );
  const signer = isIssuer(entity.key, signed.issuer)
    ? entity.key
    : await entity.successor(documentIn(signed.unverifiedContent()));
  if (!signer) {
    const sentence = `the directory is signed with key ${signed.issuer.keyId}, not with the entity's ${entity.key.fingerprint}`;
    throw new PacketboatError("DIRECTORY_SIGNER", sentence);
  }
  const { content, signedAt } = await signed
    .verify(signer, at)
    .catch((error: unknown) => refuse(error, "DIRECTORY_SIGNER"));
  const directory = documentIn(content);
  try {
    assertSignedWhenMade({ created: new Date(directory.IssuedDateTime), signedAt, at });
  } catch (error) {
    refuse(error, "DIRECTORY_INVALID");
  }
  return { directory, sha256: sha256(content), signer };
}

/** What a directory says that was proved when it was taken, or that we signed ourselves. */
export async function keptDirectory({ text }: Pick<DirectoryRow, "text">): Promise<Directory> {
  const signed = await readSigned(Buffer.from(text, "latin1"), { maxBytes: MOST_BYTES });
  return documentIn(signed.unverifiedContent());
}

function documentIn(content: Uint8Array): Directory {
  try {
    return readDocument(content, DIRECTORY, MOST_BYTES);
  } catch (error) {
    return refuse(error, "DIRECTORY_INVALID");
  }
}

const isUnsigned = (error: unknown): boolean =>
  isRefusal(error, "PACKET_NOT_SIGNED") || isRefusal(error, "PACKET_SIGNATURES");

function refuse(error: unknown, code: "DIRECTORY_SIGNER" | "DIRECTORY_INVALID"): never {
  if (!isRefusal(error)) throw error;
  throw new PacketboatError(code, `the directory cannot be believed: ${error.message}`, {
    facts: { because: error.code },
    cause: error,
  });
}
