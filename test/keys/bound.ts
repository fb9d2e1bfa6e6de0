/** A key to which its owner has bound somebody else's, as a subkey that signs. */
import * as openpgp from "openpgp";
import { frame, signatureBody, split, subpacket } from "./crafted.ts";
import type { Agency } from "./people.ts";

/** What stands there as the other's agreement (RFC 4880, 5.2.1, type 0x19). */
export type Agreement = "none" | "its own" | "its signature over a document";

/**
 * @param other whose primary key is bound
 * @returns the owner's public key, armoured as it stands in a card
 */
export async function withKeyOf(
  owner: Agency,
  other: Agency,
  { at, agreement = "none" }: { at: Date; agreement?: Agreement },
): Promise<string> {
  const own = await framesOf(owner);
  const [primary, bound] = [own, await framesOf(other)].map(([first = Buffer.of()]) =>
    bodyOf(first),
  ) as [Buffer, Buffer];
  const signed = Buffer.concat([forHash(primary), forHash(bound)]);
  const more = [subpacket(27, Buffer.of(SIGNS))];
  if (agreement !== "none") {
    const type = agreement === "its own" ? 0x19 : 0;
    more.push(subpacket(32, await signatureBody(other, signed, { at, type })));
  }
  const binding = await signatureBody(owner, signed, { at, type: 0x18, more });
  const frames = [...own, frame(14, bound), frame(2, binding)];
  const { publicKey } = openpgp.enums.armor;
  return openpgp.armor(publicKey, Buffer.concat(frames)).replaceAll("\r", "").trim();
}

/** A flag of what a part is for. */
const SIGNS = 0x02;

const framesOf = async ({ key }: Agency): Promise<Buffer[]> =>
  split((await openpgp.readKey({ armoredKey: key.armored })).write());

/** Of a short frame, as openpgp.js writes them. */
const bodyOf = (whole: Buffer): Buffer => whole.subarray(2);

const forHash = (body: Buffer): Buffer =>
  Buffer.concat([Buffer.of(0x99, body.length >> 8, body.length & 0xff), body]);
