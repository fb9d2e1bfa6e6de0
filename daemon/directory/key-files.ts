/** Key files beside the directory: named by what they hold, so that none is believed for another's. */
import type { DropBox } from "../dropbox/contract.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import { type Fingerprint, sha256, type Sha256 } from "../ids.ts";
import { type PublicKey, readPublicKey } from "../keys/key.ts";

/** A key as a directory names it. */
export interface NamedKey {
  readonly fingerprint: Fingerprint;
  /** Of the bytes of its file. */
  readonly sha256: Sha256;
}

/**
 * @throws PacketboatError KEY_FILE_DIFFERS if it is absent, another than was named, or no key that can be used:
 *   whoever publishes it mends it, and what was signed with it waits; BOX_… if the line fails
 */
export type FetchKey = (key: NamedKey) => Promise<PublicKey>;

/** A key block is at most this long (the schema's PublicKey). */
const MOST_BYTES = 100_000;

export const keyFileName = ({ fingerprint, sha256: digest }: NamedKey): string =>
  `${fingerprint}-${digest}.pgp`;

/** The bytes of a key's file. @param armored as a card has it */
export const keyFileOf = (armored: string): Buffer => Buffer.from(`${armored.trim()}\n`, "utf8");

/** What the ledger keeps of a key that was read. */
export const readOf = ({ armored, parts }: PublicKey) => ({
  public_key: armored,
  signers: parts
    .filter(({ signs }) => signs)
    .map(({ keyId }) => keyId)
    .join(" "),
});

/** @param box the directory's folder on the server */
export const fetchingFrom =
  (box: DropBox): FetchKey =>
  async (wanted) => {
    const bytes = await keyFileIn(box, wanted);
    const key = await readPublicKey(bytes).catch((error: unknown) => {
      if (!isRefusal(error)) throw error;
      throw differs(wanted, `holds no key that can be used: ${error.message}`, error);
    });
    if (key.fingerprint === wanted.fingerprint) return key;
    throw differs(wanted, `holds the key ${key.fingerprint}`);
  };

/**
 * The bytes of a key's file, which are those that were named.
 *
 * @throws PacketboatError KEY_FILE_DIFFERS; BOX_… if the line fails
 */
export async function keyFileIn(box: DropBox, wanted: NamedKey): Promise<Buffer> {
  const bytes = await fileOf(box, wanted);
  if (sha256(bytes) === wanted.sha256) return bytes;
  throw differs(wanted, "has another digest");
}

async function fileOf(box: DropBox, wanted: NamedKey): Promise<Buffer> {
  try {
    return await box.read(keyFileName(wanted), { maxBytes: MOST_BYTES });
  } catch (error) {
    if (!isRefusal(error) || !error.code.startsWith("BOX_FILE_")) throw error;
    throw differs(wanted, "is not there, or cannot be read", error);
  }
}

const differs = ({ fingerprint }: NamedKey, how: string, cause?: unknown): PacketboatError =>
  new PacketboatError("KEY_FILE_DIFFERS", `the file of key ${fingerprint} ${how}`, {
    facts: { fingerprint },
    cause,
  });
