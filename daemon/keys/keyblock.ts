/** A key as it comes, in a file or a card: its size and parts counted before anybody looks inside. */
import { PacketboatError } from "../errors.ts";
import { looksArmored, readArmor } from "./armor.ts";
import { type Frame, framesOf, TAG } from "./frames.ts";

/** A key with fifty signatures of RSA-4096 and two dozen parts has 35 KB. */
const MOST_BYTES = 64 * 1024;
const MOST_FRAMES = 100;
const MOST_USERS = 10;
const MOST_SUBKEYS = 16;

const PRIVATE_TAGS: readonly number[] = [TAG.secretKey, TAG.secretSubkey];
const SUBKEY_TAGS: readonly number[] = [TAG.publicSubkey, TAG.secretSubkey];
const USER_TAGS: readonly number[] = [TAG.userId, TAG.userAttribute];

/**
 * The bytes of one key, armoured or binary.
 *
 * @throws PacketboatError KEY_INVALID: not one key of this kind, or a key bomb (TRUST, B14).
 */
export function readKeyBlock(input: Uint8Array | string, kind: "public" | "private"): Uint8Array {
  const given = typeof input === "string" ? Buffer.from(input, "utf8") : input;
  if (given.length > MOST_BYTES) {
    throw invalid(`the key has ${given.length} bytes; at most ${MOST_BYTES} are read`);
  }
  const bytes = looksArmored(given) ? dearmored(given, kind) : given;
  const { frames, end } = framesOf(bytes, MOST_FRAMES);
  if (end === "many") throw invalid(`the key has more than ${MOST_FRAMES} parts and signatures`);
  if (end !== "whole" || frames.length === 0) throw invalid("the file holds no whole OpenPGP key");
  assertModest(frames);
  assertKind(frames, kind);
  return bytes;
}

function dearmored(given: Uint8Array, kind: "public" | "private"): Uint8Array {
  const armor = readArmor(Buffer.from(given).toString("latin1"));
  if (kind === "public" && armor?.kind === "PRIVATE KEY BLOCK") throw privateMaterial();
  if (armor?.end !== "whole" || armor.kind !== `${kind.toUpperCase()} KEY BLOCK`) {
    throw invalid(`the file holds no whole ${kind} key, and nothing else`);
  }
  return armor.bytes;
}

function assertModest(frames: readonly Frame[]): void {
  const count = (tags: readonly number[]) => frames.filter(({ tag }) => tags.includes(tag)).length;
  if (count(USER_TAGS) > MOST_USERS) throw invalid(`the key names more than ${MOST_USERS} users`);
  if (count(SUBKEY_TAGS) > MOST_SUBKEYS) {
    throw invalid(`the key has more than ${MOST_SUBKEYS} subkeys`);
  }
}

function assertKind(frames: readonly Frame[], kind: "public" | "private"): void {
  const primary = kind === "public" ? TAG.publicKey : TAG.secretKey;
  if (kind === "public" && frames.some(({ tag }) => PRIVATE_TAGS.includes(tag))) {
    throw privateMaterial();
  }
  const primaries = frames.filter(({ tag }) => tag === TAG.publicKey || tag === TAG.secretKey);
  if (frames[0]?.tag !== primary) throw invalid(`the file does not begin with a ${kind} key`);
  if (primaries.length > 1) throw invalid(`the file holds ${primaries.length} keys, not one`);
}

const invalid = (sentence: string): PacketboatError => new PacketboatError("KEY_INVALID", sentence);

const privateMaterial = (): PacketboatError =>
  invalid("the file holds a private key where a public one belongs; its owner must make a new one");
