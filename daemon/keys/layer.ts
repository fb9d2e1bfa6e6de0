/** The layers of a message: what openpgp.js reads and decrypts, with nothing in it judged yet. */
import { assertFew, assertFewInside } from "./inside.ts";
import { materialOf, type PrivateKey, type PublicKey, secretOf } from "./key.ts";
import {
  ANY_TIME,
  type Config,
  createMessage,
  decryptSessionKeys,
  enums,
  type Message,
  readMessage,
  settingsOf,
  type Signature,
  verify,
} from "./pgp.ts";
import { POLICY, type Policy } from "./policy.ts";
import { factsOf, type SignatureFacts } from "./signature.ts";

/** What stands inside a seal, or by itself: packed bytes, or a content and its signatures. */
export interface Layer {
  /** The tags of its frames up to the content; the library saw to it that what follows fits them. */
  readonly tags: readonly number[];
  /** The bodies of all compressed frames: an octet for the algorithm, then the bytes. */
  readonly packed: readonly Uint8Array[];
  readonly content: Uint8Array;
  /** Those of a kind and version that can be verified. */
  readonly signatures: readonly UnprovedSignature[];
}

export interface UnprovedSignature extends SignatureFacts {
  /** @returns whether this key made it. Times are not looked at. */
  isBy(key: PublicKey): Promise<boolean>;
}

/**
 * Read a message that is not encrypted; fails unless it keeps the grammar of RFC 4880, 11.3.
 *
 * @throws PacketboatError PACKET_FORMAT
 */
export async function readLayer(bytes: Uint8Array, policy: Policy = POLICY): Promise<Layer> {
  assertFew(bytes);
  const { bodies, config } = unopened(policy);
  return await layerOf(await readMessage({ binaryMessage: bytes, config }), bodies, config);
}

export interface Unlocked {
  /** Their ciphers are known before anything is decrypted. */
  readonly sessionKeys: readonly { readonly algorithm: string | null }[];
  /**
   * Decrypt; fails if the integrity check does, before anything inside is looked at.
   *
   * @throws PacketboatError PACKET_FORMAT
   */
  open(): Promise<Layer>;
}

/** Take the session key out of a sealed file; fails if none of our keys can. */
export async function unlock(
  sealed: Uint8Array,
  ourKeys: readonly PrivateKey[],
): Promise<Unlocked> {
  const { bodies, config } = unopened(ourKeys[0]?.publicKey.policy ?? POLICY);
  const message = await readMessage({ binaryMessage: sealed, config });
  const decryptionKeys = ourKeys.map(secretOf);
  const found = await decryptSessionKeys({ message, decryptionKeys, config });
  const sessionKeys = found.flatMap(({ data, algorithm }) =>
    algorithm === null ? [] : [{ data, algorithm }],
  );
  return {
    sessionKeys: found,
    open: async () => {
      assertFewInside(sealed, sessionKeys);
      const inside = await message.decrypt([], undefined, sessionKeys, ANY_TIME, config);
      return await layerOf(inside, bodies, config);
    },
  };
}

/**
 * Settings under which compressed frames stay packed: they are unpacked elsewhere, under a limit, and
 * openpgp.js would not say whether a limit was passed or the file is broken.
 */
function unopened(policy: Policy): { bodies: Uint8Array[]; config: Config } {
  const bodies: Uint8Array[] = [];
  class Packed {
    static readonly tag = enums.packet.compressedData;
    async read(body: Uint8Array | ReadableStream<Uint8Array>): Promise<void> {
      bodies.push(body instanceof Uint8Array ? body : await wholeOf(body));
    }
  }
  return { bodies, config: { ...settingsOf(policy), additionalAllowedPackets: [Packed] } };
}

/** openpgp.js hands over a stream of its own kind here: it has a reader, and no more. */
async function wholeOf(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const reader = body.getReader();
  const pieces: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Uint8Array.from(Buffer.concat(pieces));
    pieces.push(value);
  }
}

type AnyMessage = Message<Uint8Array | string | ReadableStream<Uint8Array | string>>;

async function layerOf(
  message: AnyMessage,
  packed: readonly Uint8Array[],
  config: Config,
): Promise<Layer> {
  const tags = message.packets.map(tagOf);
  if (packed.length > 0) return { tags, packed, content: new Uint8Array(), signatures: [] };
  // The library forgets what stood behind the content once it was asked for: ask once.
  const found = await message.verify([], ANY_TIME, config);
  const content = message.getLiteralData() as Uint8Array;
  const signatures = await Promise.all(found.map(async ({ signature }) => await signature));
  return {
    tags,
    packed,
    content,
    signatures: signatures.map((signature) => ({
      ...factsOf(signature.packets),
      isBy: async (key) => await holds(signature, content, key),
    })),
  };
}

/** A signature in a message and one beside it are the same in version 4, over bytes as over text. */
async function holds(signature: Signature, content: Uint8Array, key: PublicKey): Promise<boolean> {
  const { signatures } = await verify({
    message: await createMessage({ binary: content }),
    signature,
    verificationKeys: materialOf(key),
    date: ANY_TIME,
    format: "binary",
    config: settingsOf(key.policy),
  });
  return (await signatures[0]?.verified.catch(() => false)) ?? false;
}

/** Packets that the library knows carry their tag on the class, others on themselves. */
function tagOf(packet: unknown): number {
  const { tag, constructor } = packet as { tag?: number; constructor: { tag?: number } };
  return constructor.tag ?? tag ?? 0;
}
