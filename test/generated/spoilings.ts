/** What a packet's own sender, or somebody on the way, may do to it before it comes to a home. */
import fc from "fast-check";
import { seal, signInline } from "../../daemon/keys/seal.ts";
import { readSigned } from "../../daemon/keys/signed.ts";
import type { Letter } from "../forge.ts";
import { encrypted, signedFrames } from "../keys/crafted.ts";
import {
  anyArmorFault,
  anyDamage,
  anyMisframing,
  type ArmorFault,
  type Damage,
  damaged,
  misarmored,
  type Misframing,
  misframed,
} from "../keys/damage.ts";
import { anyBlemish, type Blemish, blemished } from "../packet/blemishes.ts";
import { anyChange, type Change, changed, exchange } from "../packet/changing.ts";
import { digested, textOf, treeOf } from "./packets.ts";

const few = <T>(each: fc.Arbitrary<T>) => fc.array(each, { minLength: 1, maxLength: 2 });

/** Where it is done: to the file, to the frames under a seal put on again, or by the true sender, to the XML. */
export type Spoiling =
  | { readonly layer: "file"; readonly faults: readonly Damage[] }
  | { readonly layer: "frames"; readonly faults: readonly Misframing[] }
  | { readonly layer: "xml"; readonly faults: readonly (readonly [number, Change])[] }
  | { readonly layer: "id"; readonly faults: readonly (readonly [number, string])[] }
  | { readonly layer: "repeated"; readonly faults: readonly (readonly [number, number])[] }
  | { readonly layer: "mixed"; readonly faults: readonly (readonly [number, number])[] }
  | { readonly layer: "blemish"; readonly faults: readonly Blemish[] }
  | { readonly layer: "inner"; readonly faults: readonly (readonly [number, Change])[] }
  | { readonly layer: "armour"; readonly faults: readonly ArmorFault[] };

const layered = <const Layer extends Spoiling["layer"], Fault>(
  layer: Layer,
  fault: fc.Arbitrary<Fault>,
) => few(fault).map((faults) => ({ layer, faults }));

/** What a message may call itself instead of by its id. */
const anyNoId = fc.oneof(
  fc.constantFrom("", "-".repeat(36), "0".repeat(36), "0190c9a0-0000-7000-c000-000000000000"),
  fc.uuid({ version: [1, 4, 6, 8] }),
  fc.uuid({ version: 7 }).map((id) => id.toUpperCase()),
  fc.uuid({ version: 7 }).map((id) => id.slice(1)),
);

/** The true sender's own faults are the dangerous ones, and the most. */
export const anySpoiling: fc.Arbitrary<Spoiling> = fc.oneof(
  { arbitrary: layered("file", anyDamage), weight: 2 },
  { arbitrary: layered("frames", anyMisframing), weight: 2 },
  { arbitrary: layered("xml", fc.tuple(fc.nat(), anyChange)), weight: 6 },
  { arbitrary: layered("id", fc.tuple(fc.nat(), anyNoId)), weight: 6 },
  { arbitrary: layered("repeated", fc.tuple(fc.nat(), fc.nat())), weight: 4 },
  { arbitrary: layered("mixed", fc.tuple(fc.nat(), fc.nat())), weight: 6 },
  { arbitrary: layered("blemish", anyBlemish), weight: 3 },
  { arbitrary: layered("inner", fc.tuple(fc.nat(), anyChange)), weight: 4 },
  { arbitrary: layered("armour", anyArmorFault), weight: 2 },
);

/** One good packet, and another of the same sender from which pieces come. */
export interface Good {
  readonly xml: Uint8Array;
  readonly other: Uint8Array;
}

/** The packet as it lies in the box. */
export async function spoiled(
  { xml, other }: Good,
  spoiling: Spoiling,
  letter: Letter,
): Promise<Uint8Array> {
  const close = (text: string | Uint8Array) =>
    seal(Buffer.from(text), {
      signWith: letter.from.secret,
      sealFor: letter.to.key,
      at: letter.at,
    });
  const text = Buffer.from(xml).toString();
  switch (spoiling.layer) {
    case "file": {
      const spare = await close(other);
      return spoiling.faults.reduce<Uint8Array>(
        (file, fault) => damaged(file, fault, spare),
        await close(xml),
      );
    }
    case "frames": {
      const signed = async (content: Uint8Array): Promise<Uint8Array> =>
        Buffer.concat(
          await signedFrames(letter.from, Buffer.from(content).toString(), {
            date: letter.at,
            recipient: letter.to,
          }),
        );
      const spare = await signed(other);
      const frames = spoiling.faults.reduce<Uint8Array>(
        (file, fault) => misframed(file, fault, spare),
        await signed(xml),
      );
      return encrypted(frames, letter.to);
    }
    case "xml": {
      const made = spoiling.faults.reduce((root, fault) => changed(root, ...fault), treeOf(xml));
      return close(digested(textOf(made)));
    }
    case "id":
      return close(digested(spoiling.faults.reduce(misnamed, text)));
    case "repeated":
      return close(digested(spoiling.faults.reduce(renamed, text)));
    case "mixed": {
      const [one, two] = [treeOf(xml), treeOf(other)];
      const made = spoiling.faults.reduce((root, fault) => exchange(root, two, ...fault), one);
      return close(digested(textOf(made)));
    }
    case "blemish":
      return close(digested(spoiling.faults.reduce(blemished, text)));
    case "inner":
      return close(digested(await resigned(text, spoiling.faults, letter)));
    case "armour":
      return close(digested(misarmoredIn(text, Buffer.from(other).toString(), spoiling.faults)));
  }
}

const MESSAGE_ID = /(?<=<MessageId>)[^<]*/g;

/** One of the messages, under another id. */
function misnamed(text: string, [where, id]: readonly [number, string]): string {
  const ids = [...text.matchAll(MESSAGE_ID)];
  const { index = 0, 0: old = "" } = ids[where % ids.length] ?? {};
  return `${text.slice(0, index)}${id}${text.slice(index + old.length)}`;
}

/** One of the messages, under the id of another in the same packet; where there is but one, it stays as it is. */
function renamed(text: string, [where, which]: readonly [number, number]): string {
  const ids = text.match(MESSAGE_ID) ?? [];
  const other = ids[(where + 1 + (which % Math.max(1, ids.length - 1))) % ids.length];
  return misnamed(text, [where, other ?? ""]);
}

const SIGNED = /-----BEGIN PGP MESSAGE-----[^<]*-----END PGP MESSAGE-----/g;

/** The text inside that the sender signed, changed and signed again; a packet without one stays as it is. */
async function resigned(
  text: string,
  faults: readonly (readonly [number, Change])[],
  { from, at }: Letter,
): Promise<string> {
  for (const armor of text.match(SIGNED) ?? []) {
    const signed = await readSigned(armor, { maxBytes: 200_000 });
    if (signed.issuer.fingerprint !== from.key.fingerprint) continue;
    const root = treeOf(signed.unverifiedContent());
    const made = faults.reduce((each, fault) => changed(each, ...fault), root);
    return text.replace(armor, await signInline(textOf(made), { signWith: from.secret, at }));
  }
  return text;
}

function misarmoredIn(text: string, other: string, faults: readonly ArmorFault[]): string {
  const [[armor], [spare]] = [text.match(SIGNED) ?? [], other.match(SIGNED) ?? []];
  if (armor === undefined || spare === undefined) return text;
  const made = faults.reduce((each, fault) => misarmored(each, fault, spare), armor);
  return text.replace(armor, () => made.replaceAll("<", "&lt;").replaceAll(/[\0\r]/g, ""));
}
