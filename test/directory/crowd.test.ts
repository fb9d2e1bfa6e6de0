/** A directory of a whole state: read, taken and looked up in little time and memory. */
import { beforeAll, describe, expect, it } from "vitest";
import { readDirectory, writeDirectory, type Directory } from "../../daemon/directory/directory.ts";
import { judgeDirectory } from "../../daemon/directory/judge.ts";
import { Partners } from "../../daemon/directory/partners.ts";
import { changesBy } from "../../daemon/directory/take.ts";
import { parseAgencyId, type Fingerprint, sha256 } from "../../daemon/ids.ts";
import { newKeyPair, type PrivateKey, readPrivateKey } from "../../daemon/keys/key.ts";
import { listAgencies } from "../../daemon/ledger/agencies.ts";
import { listKeys } from "../../daemon/ledger/agency-keys.ts";
import { writeChanges } from "../../daemon/ledger/directories.ts";
import { newLedger } from "../ledger/ledgers.ts";

const AT = new Date("2026-11-23T18:00:00Z");
const ENTITY = parseAgencyId("2700000");
const US = parseAgencyId("2700001");
const AGENCIES = 1500;

const fingerprintOf = (index: number): Fingerprint =>
  sha256(String(index)).slice(0, 40).toUpperCase() as Fingerprint;

const WHOLE: Directory = {
  Version: "1",
  EntityId: ENTITY,
  DocumentProcessCode: "TEST",
  IssuedDateTime: "2026-11-23T18:00:00Z",
  ExpiresDateTime: "2026-12-23T18:00:00Z",
  Key: [],
  Agency: Array.from({ length: AGENCIES }, (_, index) => ({
    AgencyId: String(2_700_002 + index),
    Role: "District",
    StateDistrictNumber: String(index),
    OrganizationName: `Example Public School District ${index}`,
    AddressCity: "Example City",
    StateAbbreviation: "MN",
    AddressPostalCode: "55001",
    TelephoneNumber: "555-555-0100",
    AgencyStatus: "Participating",
    Box: `/boxes/${2_700_002 + index}`,
    Contact: [
      { ContactRole: "Records", PersonName: "Example Registrar", TelephoneNumber: "555-555-0101" },
      { ContactRole: "IT", PersonName: "Example Administrator" },
    ],
    Key: [
      {
        Fingerprint: fingerprintOf(index),
        KeySha256: sha256(`file ${index}`),
        ValidFrom: "2026-01-01T00:00:00Z",
        ValidUntil: "2029-01-01T00:00:00Z",
        KeyStanding: "Current",
      },
    ],
  })),
};

let entity: PrivateKey;
let text: string;
beforeAll(async () => {
  const made = await newKeyPair({ agencyId: ENTITY, name: "Example State", at: AT });
  entity = await readPrivateKey(made.privateKey);
  const [one] = WHOLE.Agency?.[0]?.Key ?? [];
  if (one) WHOLE.Key = [{ ...one, Fingerprint: entity.publicKey.fingerprint }];
  text = (await writeDirectory(WHOLE, entity, AT)).text;
});

const nobody = (): Promise<never> => Promise.reject(new Error("no key is fetched"));
const TAKING = { us: US, belief: "whole", isAnew: false, fetch: nobody, at: AT } as const;

describe(`a directory of ${AGENCIES} agencies`, () => {
  it("is read, judged and taken within seconds, without a key being fetched", async () => {
    await using home = await newLedger();
    const { ledger } = home;
    const began = performance.now();
    const before = process.memoryUsage().rss;
    const key = entity.publicKey;
    const read = await readDirectory(
      Buffer.from(text),
      { key, successor: () => Promise.resolve(null) },
      AT,
    );
    const readAt = performance.now();
    const judging = { entityId: ENTITY, processCode: "TEST", last: null, at: AT } as const;
    expect(judgeDirectory(read.directory, read.sha256, judging)).toBe("newer");
    const known = { agencies: [], keys: [] };
    const changes = await changesBy(read.directory, known, TAKING);
    expect([changes.agencies.length, changes.keys.length]).toEqual([AGENCIES, AGENCIES]);
    await ledger.transaction().execute((db) => writeChanges(db, changes));
    const takenAt = performance.now();

    const again = { agencies: await listAgencies(ledger), keys: await listKeys(ledger) };
    const none = await changesBy(read.directory, again, TAKING);
    expect([none.agencies, none.keys, none.forgotten, none.held]).toEqual([[], [], [], []]);
    const comparedAt = performance.now();
    const megabytes = (process.memoryUsage().rss - before) / 1_000_000;
    const figures = {
      fileKilobytes: Math.round(text.length / 1000),
      readMs: Math.round(readAt - began),
      takenMs: Math.round(takenAt - readAt),
      comparedMs: Math.round(comparedAt - takenAt),
      megabytes: Math.round(megabytes),
    };
    if (process.env["SHOW_FIGURES"]) process.stderr.write(`${JSON.stringify(figures)}\n`);
    expect(takenAt - began).toBeLessThan(20_000);
    expect(megabytes).toBeLessThan(600);
  });

  it("names the owner of a key without reading the others", async () => {
    await using home = await newLedger();
    const { ledger } = home;
    const changes = await changesBy(WHOLE, { agencies: [], keys: [] }, TAKING);
    await ledger.transaction().execute((db) => writeChanges(db, changes));
    const asked: string[] = [];
    const partners = new Partners(ledger, { isTest: true, now: () => AT });
    partners.fetchFrom((_, { fingerprint }) => {
      asked.push(fingerprint);
      return Promise.reject(new Error("far away"));
    });
    const fingerprint = fingerprintOf(700);
    const issuer = { keyId: fingerprint.slice(-16), fingerprint };
    const isBy = () => Promise.resolve(true);
    await expect(partners.signerOf({ issuer, signedAt: AT, isBy })).rejects.toThrow("far away");
    expect(asked).toEqual([fingerprint]);
  });
});
