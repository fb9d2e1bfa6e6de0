/**
 * Whether the key by which an agency is known has named the one that the directory lists now: itself, or by
 * way of keys that were in between. So an entity cannot put a key of its own in a district's place (PROTOCOL 8).
 */
import { isRefusal } from "../errors.ts";
import type { AgencyId, Fingerprint, Sha256 } from "../ids.ts";
import type { PublicKey } from "../keys/key.ts";
import type { DirectoryKey } from "./directory.gen.ts";
import type { FetchKey } from "./key-files.ts";
import type { Patience } from "./patience.ts";
import { claimedSuccession, proveSuccession } from "./succession.ts";

/** One key that follows another. */
export interface Link {
  readonly listed: DirectoryKey;
  readonly key: PublicKey;
  /** Since when it is in use. */
  readonly since: Date;
}

export interface Vouching {
  readonly fetch: FetchKey;
  readonly at: Date;
}

/** Nobody makes so many keys between two directories. */
const MOST_LINKS = 10;

/**
 * Words for new keys that prove nothing, of one directory. An honest one has next to none, for an entity proves each
 * when it takes the card. What is listed after the last of them is held for a person.
 */
export const MOST_VAIN_WORDS = 50;

/** By which key the agency is known, and how to have it: `null` if it cannot be had as it was named. */
export interface Known {
  readonly agencyId: AgencyId;
  readonly fingerprint: Fingerprint;
  readonly key: () => Promise<PublicKey | null>;
}

/** What is said of one key in a chain. */
interface Word {
  readonly listed: DirectoryKey;
  readonly text: string;
}

/**
 * The way is looked for backwards: each key has one word, which names the one before it. So whatever else is listed
 * beside the chain is never read, and nothing is proved before the whole chain is there.
 *
 * @param listed the keys that a directory lists for the agency
 * @param known its key that is known and not revoked
 * @returns the keys from the one after the known to the present one; `null` if they do not hang together
 * @throws PacketboatError BOX_… if a key had to be fetched and the line failed
 */
export async function linksTo(
  target: Fingerprint,
  listed: readonly DirectoryKey[],
  known: Known,
  vouching: Vouching & { readonly patience: Patience },
): Promise<readonly Link[] | null> {
  const { patience } = vouching;
  const words = await wordsBetween(known.fingerprint, target, listed, patience);
  const links = words && (await proved(words, known, vouching));
  if (links) patience.regain(links.length);
  return links;
}

async function wordsBetween(
  first: Fingerprint,
  last: Fingerprint,
  listed: readonly DirectoryKey[],
  patience: Patience,
): Promise<readonly Word[] | null> {
  const entries = new Map(listed.map((entry) => [entry.Fingerprint, entry]));
  const words: Word[] = [];
  let next = last;
  while (words.length < MOST_LINKS && !patience.isOver) {
    const entry = entries.get(next);
    const text = entry?.SuccessionText;
    if (!entry || text === undefined || entry.KeyStanding === "Revoked") return null;
    patience.lose();
    const claimed = await claimedSuccession(text);
    if (!claimed) return null;
    words.unshift({ listed: entry, text });
    if (claimed.former === first) return words;
    next = claimed.former;
  }
  return null;
}

async function proved(
  words: readonly Word[],
  { agencyId, key: knownKey }: Known,
  { fetch, at }: Vouching,
): Promise<readonly Link[] | null> {
  const links: Link[] = [];
  let former = await knownKey();
  if (!former) return null;
  for (const { listed, text } of words) {
    const next = listed.Fingerprint as Fingerprint;
    try {
      const since = await proveSuccession(text, { agencyId, former, next }, at);
      const key = await fetch({ fingerprint: next, sha256: listed.KeySha256 as Sha256 });
      links.push({ listed, key, since });
      former = key;
    } catch (error) {
      if (!isRefusal(error) || !error.code.startsWith("KEY_")) throw error;
      return null;
    }
  }
  return links;
}
