/**
 * Whether the key by which an agency is known has named the one that the directory lists now: itself, or by
 * way of keys that were in between. So an entity cannot put a key of its own in a district's place (PROTOCOL 8).
 */
import { isRefusal } from "../errors.ts";
import type { AgencyId, Fingerprint, Sha256 } from "../ids.ts";
import type { PublicKey } from "../keys/key.ts";
import type { DirectoryKey } from "./directory.gen.ts";
import type { FetchKey } from "./key-files.ts";
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
 * @param listed the keys that a directory lists for the agency
 * @param known its key that is known and not revoked
 * @returns the keys from the one after the known to the present one; `null` if they do not hang together
 * @throws PacketboatError BOX_… if a key had to be fetched and the line failed
 */
export async function linksTo(
  target: Fingerprint,
  listed: readonly DirectoryKey[],
  { agencyId, known }: { readonly agencyId: AgencyId; readonly known: PublicKey },
  vouching: Vouching,
): Promise<readonly Link[] | null> {
  const links: Link[] = [];
  let former = known;
  while (links.length < MOST_LINKS) {
    const link = await nextLink(listed, { agencyId, former }, vouching);
    if (!link) return null;
    links.push(link);
    if (link.key.fingerprint === target) return links;
    former = link.key;
  }
  return null;
}

async function nextLink(
  listed: readonly DirectoryKey[],
  { agencyId, former }: { readonly agencyId: AgencyId; readonly former: PublicKey },
  { fetch, at }: Vouching,
): Promise<Link | null> {
  for (const entry of listed) {
    const text = entry.SuccessionText;
    if (text === undefined || entry.KeyStanding === "Revoked") continue;
    if ((await claimedSuccession(text))?.former !== former.fingerprint) continue;
    const next = entry.Fingerprint as Fingerprint;
    try {
      const since = await proveSuccession(text, { agencyId, former, next }, at);
      const key = await fetch({ fingerprint: next, sha256: entry.KeySha256 as Sha256 });
      return { listed: entry, key, since };
    } catch (error) {
      if (!isRefusal(error) || !error.code.startsWith("KEY_")) throw error;
    }
  }
  return null;
}
