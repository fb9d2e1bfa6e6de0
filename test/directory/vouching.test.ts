/** Words by which a new key is believed: true ones among forged ones, and forged ones without end. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Directory, DirectoryKey } from "../../daemon/directory/directory.ts";
import { readOf } from "../../daemon/directory/key-files.ts";
import { writeSuccession } from "../../daemon/directory/succession.ts";
import { changesBy } from "../../daemon/directory/take.ts";
import { PacketboatError } from "../../daemon/errors.ts";
import { parseAgencyId, type AgencyId, type Fingerprint, sha256 } from "../../daemon/ids.ts";
import type { PublicKey } from "../../daemon/keys/key.ts";
import { signInline } from "../../daemon/keys/seal.ts";
import { readSigned } from "../../daemon/keys/signed.ts";
import type { AgencyKeyRow } from "../../daemon/ledger/tables.ts";
import { type Agency, agency, daysAfter, NOON } from "../keys/people.ts";

const ENTITY = parseAgencyId("2700000");
const US = parseAgencyId("2700001");
const AGENCIES = 120;
const FORGED_EACH = 19;

const OURS = parseAgencyId("2720000");
/** @param ours the place of our agency in the list */
const idOf = (at: number, ours: number): AgencyId =>
  at === ours ? OURS : parseAgencyId(String(2_720_001 + at));

let keys: Agency[];
let liar: Agency;
let forged: DirectoryKey[];
beforeAll(async () => {
  const [before, now] = [-1, 0].map((days) => ({ at: daysAfter(NOON, days - 1) }));
  keys = [await agency(OURS, "First", before), await agency(OURS, "Second", before)];
  keys.push(await agency(OURS, "Third", before), await agency(OURS, "Fourth", before));
  liar = await agency("2700105", "Liar", now);
  forged = [];
  for (let at = 0; at < FORGED_EACH; at++) {
    const next = at.toString(16).toUpperCase().padStart(40, "0") as Fingerprint;
    forged.push(listed(next, await forgedWord(next)));
  }
});

const of = (at: number): Agency => {
  const found = keys[at];
  if (!found) throw new Error(`no key ${at}`);
  return found;
};

const wordOf = (former: Agency, next: Fingerprint): Promise<string> =>
  writeSuccession(former.secret, { agencyId: OURS, next, at: NOON });

/** What the first key would say, signed by another. */
async function forgedWord(next: Fingerprint): Promise<string> {
  const signed = await readSigned(await wordOf(of(0), next), { maxBytes: 10_000 });
  const said = Buffer.from(signed.unverifiedContent()).toString("utf8");
  return await signInline(said, { signWith: liar.secret, at: NOON });
}

const listed = (Fingerprint: Fingerprint, SuccessionText?: string): DirectoryKey => ({
  Fingerprint,
  KeySha256: sha256(Fingerprint),
  ValidFrom: "2026-01-01T00:00:00Z",
  KeyStanding: "Retired",
  ...(SuccessionText === undefined ? {} : { SuccessionText }),
});

const present = (entry: DirectoryKey): DirectoryKey => ({ ...entry, KeyStanding: "Current" });

/** Each with this list of keys. */
const directoryOf = (lists: readonly (readonly DirectoryKey[])[], ours: number): Directory => ({
  Version: "2",
  EntityId: ENTITY,
  DocumentProcessCode: "TEST",
  IssuedDateTime: "2026-11-20T12:00:00Z",
  ExpiresDateTime: "2026-12-20T12:00:00Z",
  Key: [],
  Agency: lists.map((Key, at) => ({
    AgencyId: idOf(at, ours),
    Role: "District",
    OrganizationName: `Example District ${at}`,
    AddressCity: "Example City",
    StateAbbreviation: "MN",
    AddressPostalCode: "55001",
    AgencyStatus: "Participating",
    Box: `/boxes/${idOf(at, ours)}`,
    Key: [...Key],
  })),
});

/** Every agency is known by the first key. */
const known = (count: number, ours: number): AgencyKeyRow[] =>
  Array.from({ length: count }, (_, at) => ({
    agency_id: idOf(at, ours),
    fingerprint: of(0).key.fingerprint,
    sha256: sha256("first"),
    ...readOf(of(0).key),
    standing: "Current",
    valid_from: "2026-01-01T00:00:00.000Z",
    valid_until: null,
    succession: null,
  }));

const fetched = async ({ fingerprint }: { fingerprint: Fingerprint }): Promise<PublicKey> => {
  const found = keys.find(({ key }) => key.fingerprint === fingerprint);
  if (found) return found.key;
  throw new PacketboatError("KEY_FILE_DIFFERS", `there is no file of key ${fingerprint}`);
};

const taken = (lists: readonly (readonly DirectoryKey[])[], ours = 0) =>
  changesBy(
    directoryOf(lists, ours),
    { agencies: [], keys: known(lists.length, ours) },
    { us: US, belief: "whole", isAnew: false, fetch: fetched, at: NOON },
  );

describe("a new key", () => {
  it("is believed three words further, whatever is forged before, between and after them", async () => {
    const chain: DirectoryKey[] = [];
    for (let at = 1; at < keys.length; at++) {
      const next = of(at).key.fingerprint;
      chain.push(listed(next, await wordOf(of(at - 1), next)));
    }
    const [second, third, fourth] = chain as [DirectoryKey, DirectoryKey, DirectoryKey];
    const list = [...forged.slice(0, 9), present(fourth), second, ...forged.slice(9, 12), third];
    const { held, keys: changed } = await taken([list]);
    expect(held).toEqual([]);
    expect(changed.map(({ fingerprint, standing }) => [fingerprint, standing])).toEqual([
      [of(0).key.fingerprint, "Retired"],
      [of(1).key.fingerprint, "Retired"],
      [of(2).key.fingerprint, "Retired"],
      [of(3).key.fingerprint, "Current"],
    ]);
  });

  it("is held if a word between is missing, forged, of a revoked key, or leads in a circle", async () => {
    const [second, third] = [of(1).key.fingerprint, of(2).key.fingerprint];
    const last = present(listed(third, await wordOf(of(1), third)));
    const between = listed(second, await wordOf(of(0), second));
    const lists = [
      [last],
      [last, listed(second, await forgedWord(second))],
      [last, { ...between, KeyStanding: "Revoked" as const }],
      [last, listed(second, await wordOf(of(2), second))],
    ];
    for (const list of lists) {
      expect((await taken([list])).held).toEqual([{ agencyId: OURS, fingerprint: third }]);
    }
    expect((await taken([[last, between]])).held).toEqual([]);
  });
});

describe("a directory of forged words", () => {
  it(`of ${AGENCIES} agencies with ${FORGED_EACH} each holds every key, in little time`, async () => {
    const list = forged.map((entry, at) => (at === 0 ? present(entry) : entry));
    const lists = Array.from({ length: AGENCIES }, () => list);
    const before = process.cpuUsage();
    const { held } = await taken(lists);
    const { user, system } = process.cpuUsage(before);
    const seconds = (user + system) / 1_000_000;
    expect(held).toHaveLength(AGENCIES);
    expect(seconds).toBeLessThan(2);
  });

  it("has no true word read after the fiftieth forged one, and costs none before it", async () => {
    const next = of(1).key.fingerprint;
    const honest = [present(listed(next, await wordOf(of(0), next)))];
    const lies = (count: number) =>
      Array.from({ length: count }, () => forged.slice(0, 1).map(present));
    const isBelieved = async (before: number, after: number): Promise<boolean> => {
      const lists = [...lies(before), honest, ...lies(after)];
      const { held } = await taken(lists, before);
      return held.every(({ agencyId }) => agencyId !== OURS);
    };
    expect(await isBelieved(0, 120)).toBe(true);
    expect(await isBelieved(49, 0)).toBe(true);
    expect(await isBelieved(50, 0)).toBe(false);
  });
});
