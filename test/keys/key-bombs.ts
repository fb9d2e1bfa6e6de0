/** Keys that are made to keep whoever reads them busy, or to fill their memory (TRUST B14). */
import { createHash, randomBytes } from "node:crypto";
import * as openpgp from "openpgp";
import type { PrivateKey } from "../../daemon/keys/key.ts";
import { frame, split } from "./crafted.ts";

/** From the parts of an honest key: the key, its user, that one's signature, its subkey, that one's signature. */
type Make = (parts: readonly Buffer[]) => Buffer[];

const times = (count: number, ...parts: readonly Buffer[]): Buffer[] =>
  Array.from({ length: count }, () => parts).flat();

const BOMBS = {
  "many users": ([key, user, own, ...rest]) => some(key, ...times(11, ...some(user, own)), ...rest),
  "many subkeys": ([key, user, own, ...subkey]) => some(key, user, own, ...times(17, ...subkey)),
  "many signatures": ([key, user, own, ...rest]) =>
    some(key, user, ...times(100, ...some(own)), ...rest),
  "more than 64 KB": (parts) => [...parts, frame(13, Buffer.alloc(64 * 1024, "x"))],
  "RSA of 16,384 bits, signed as often as fits": () => giant(16_384, 17, 18),
  "RSA with an exponent of 16,384 bits": () => giant(16_384, 16_384, 14),
  "RSA of 65,535 bits": () => giant(65_535, 65_535, 3),
} as const satisfies Record<string, Make>;

export type KeyBomb = keyof typeof BOMBS;

/** Each as armour, made of somebody's honest key. */
export const KEY_BOMBS = Object.fromEntries(
  Object.entries(BOMBS).map(([name, make]) => [
    name,
    async ({ publicKey }: PrivateKey) => armored(make(await partsOf(publicKey.armored))),
  ]),
) as Readonly<Record<KeyBomb, (honest: PrivateKey) => Promise<string>>>;

const some = (...parts: readonly (Buffer | undefined)[]): Buffer[] =>
  parts.filter((part) => part !== undefined);

const partsOf = async (armoredKey: string): Promise<Buffer[]> =>
  split((await openpgp.readKey({ armoredKey })).write());

const armored = (parts: readonly Buffer[]): string =>
  openpgp.armor(openpgp.enums.armor.publicKey, Buffer.concat(parts)).replaceAll("\r", "").trim();

const uint16 = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff);
const uint32 = (value: number): Buffer => Buffer.concat([uint16(value >>> 16), uint16(value)]);

/** An odd number of so many bits, as RFC 4880, 3.2 writes it. */
function number(bits: number): Buffer {
  const bytes = randomBytes(Math.ceil(bits / 8));
  const top = (bits - 1) % 8;
  bytes[0] = ((bytes[0] ?? 0) & (2 ** top - 1)) | (2 ** top);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 1;
  return Buffer.concat([uint16(bits), bytes]);
}

/** An RSA key whose signatures are of the right form, so that each has to be reckoned out to be found wrong. */
function giant(bits: number, exponentBits: number, signatures: number): Buffer[] {
  const made = uint32(1_700_000_000);
  const key = Buffer.concat([Buffer.of(4), made, Buffer.of(1), number(bits), number(exponentBits)]);
  const begun = Buffer.concat([Buffer.of(0x99), uint16(key.length), key]);
  const keyId = createHash("sha1").update(begun).digest().subarray(12);
  const user = Buffer.from("Example Valley Schools (2700417)");
  const sub = (type: number, body: Uint8Array): Buffer =>
    Buffer.concat([Buffer.of(body.length + 1, type), body]);
  const signed = Array.from({ length: signatures }, (_, index) => {
    const said = [sub(2, made), sub(27, Buffer.of(0x0f)), sub(100, Buffer.of(index))];
    const hashed = Buffer.concat(said);
    const head = Buffer.concat([Buffer.of(4, 0x13, 1, 8), uint16(hashed.length), hashed]);
    const named = [Buffer.of(0xb4), uint32(user.length), user];
    const trailer = [Buffer.of(4, 0xff), uint32(head.length)];
    const digest = createHash("sha256")
      .update(Buffer.concat([begun, ...named, head, ...trailer]))
      .digest();
    const issuer = sub(16, keyId);
    const start = digest.subarray(0, 2);
    return frame(2, Buffer.concat([head, uint16(issuer.length), issuer, start, number(bits - 1)]));
  });
  return [frame(6, key), frame(13, user), ...signed];
}
