/** Two states: directories passed on and taken, and nothing believed that is not the other state's own matter. */
import { readFile, rm, utimes, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Directory, writeDirectory } from "../daemon/directory/directory.ts";
import { exchange, type ExchangeResult } from "../daemon/exchange.ts";
import { parseAgencyId } from "../daemon/ids.ts";
import { newKeyPair, readPrivateKey } from "../daemon/keys/key.ts";
import { wireTime } from "../daemon/transfer/dates.ts";
import { namesPassedOn, passedOn, saidIn, spreadAbroad, versionOf } from "./countries.ts";
import {
  entryOf,
  forge,
  known,
  layOut,
  layOutKey,
  published,
  rotate,
  said,
  say,
  secretOf,
  standings,
  versionAt,
} from "./directories.ts";
import { type District, meet, openAlerts } from "./homes.ts";
import { keepingLog, type Said } from "./logs.ts";
import { alertsWithCause, withParts } from "./scene.ts";
import { type Snapshot, snapshot } from "./snapshots.ts";
import { type Country, newCountry, type State } from "./states.ts";

let country: Country;
let here: State;
let there: State;
let atFirst: Snapshot[];
beforeAll(async () => {
  country = await newCountry();
  ({ here, there } = country);
  await spreadAbroad(country, here.valley, there.prairie);
  atFirst = [await snapshot(here), await snapshot(there)];
}, 120_000);
beforeEach(async () => {
  for (const each of atFirst) await each.restore();
});
afterAll(async () => {
  for (const each of atFirst) await each[Symbol.asyncDispose]();
  await country[Symbol.asyncDispose]();
});

/** The other state's is changed; ours passes on what there is, and the district reads. */
async function pass(): Promise<void> {
  country.clock.pass({ minutes: 1 });
  await meet(country, here.entity);
  await meet(country, here.valley);
}

const status = async (home: District, agency: District): Promise<string | undefined> =>
  (await known(home, agency))?.status;

const approve = (state: State, ...argv: string[]) =>
  say(state, state.entity, "example.approver", "directory", ...argv);

describe("a peer that takes longer than a meeting may", () => {
  /** One exchange of our entity, in which the time is up when this is said. */
  const meetUntil = (sentence: string): Promise<ExchangeResult> =>
    withParts(here.entity, country, async (parts) => {
      const time = new AbortController();
      using _ = vi.spyOn(AbortSignal, "timeout").mockReturnValueOnce(time.signal);
      const lines: Said[] = [];
      lines.push = (line) => {
        if (line?.sentence === sentence) time.abort();
        return 0;
      };
      return await exchange({ ...parts, log: keepingLog(lines) });
    });

  it.each([
    ["before it is reached", "Exchange begun"],
    ["while files are moved", "Peer reached"],
  ])("%s is told of and rests, and nobody was asked to end anything", async (_when, sentence) => {
    const { failure, counts } = await meetUntil(sentence);
    expect([failure, counts.failed]).toEqual([null, 1]);
    expect(await alertsWithCause(here.entity)).toContain("PARTNER_UNREACHABLE BOX_TIMEOUT");
    await meet(country, here.entity);
    expect(await alertsWithCause(here.entity)).toContain("PARTNER_UNREACHABLE BOX_TIMEOUT");
    country.clock.pass({ hours: 2 });
    await meet(country, here.entity);
    expect(await openAlerts(here.entity)).not.toContain("PARTNER_UNREACHABLE");
  });
});

describe("the directory of another state", () => {
  it("is passed on as it was published, with its keys, and known to our districts", async () => {
    const file = await readFile(published(there));
    expect((await readFile(passedOn(here, there.entity))).equals(file)).toBe(true);
    // Its own, and those of its three districts, and of ours, which it has introduced.
    expect(await namesPassedOn(here, there.entity)).toHaveLength(1 + 5);
    expect(await known(here.valley, there.prairie)).toMatchObject({
      source: "directory",
      role: "district",
      status: "Participating",
    });
    expect(await known(here.valley, there.entity)).toMatchObject({ role: "entity" });
    expect(await openAlerts(here.valley)).toEqual([]);
    expect(await openAlerts(here.entity)).toEqual(["REGISTRY_OLD"]);
  });

  it("is found by the locator", async () => {
    const located = await say(
      here,
      here.valley,
      "x",
      "locate",
      "--state",
      "OH",
      "--name",
      "Prairie",
    );
    expect(located.stdout).toContain("Sample Prairie Schools");
  });

  it("cannot have one of its districts found in our state, whatever address it gives it", async () => {
    await forge(there, (directory) => {
      const entry = entryOf(directory, there.prairie);
      entry.StateAbbreviation = "MN";
      entry.OrganizationName = "Example Prairie Schools";
    });
    await pass();
    expect(await known(here.valley, there.prairie)).toMatchObject({ state: "MN" });
    const found = async (state: string): Promise<unknown> => {
      const argv = ["locate", "--state", state, "--name", "Prairie", "--json"];
      const { stdout } = await say(here, here.valley, "x", ...argv);
      const { result } = JSON.parse(stdout) as { result: { agencyId: string }[] };
      return result.map(({ agencyId }) => agencyId);
    };
    expect(await found("MN")).toEqual([here.prairie.id]);
    expect(await found("OH")).toEqual([there.prairie.id]);
  });

  it("costs one look while it is the same, and is written nowhere anew", async () => {
    const before = await saidIn(here.entity);
    await pass();
    const after = (await saidIn(here.entity)).slice(before.length);
    expect(after).toContain("Peer reached");
    expect(after).not.toContain("Directory passed on");
    expect((await saidIn(here.valley)).at(-2)).not.toBe("Directory taken");
  });

  it("is followed when it changes: a district that closes there can no more be addressed here", async () => {
    await approve(there, "status", there.prairie.id, "Inactive");
    await meet(country, there.entity);
    await pass();
    expect(await status(here.valley, there.prairie)).toBe("Inactive");
    expect(await status(here.valley, there.corners)).toBe("Participating");
  });

  it("comes back with its keys when somebody took the folder away", async () => {
    const before = await namesPassedOn(here, there.entity);
    await rm(passedOn(here, there.entity, ""), { recursive: true });
    await pass();
    await pass();
    expect(await namesPassedOn(here, there.entity)).toEqual(before);
  });

  it("loses the keys that it names no more", async () => {
    await writeFile(passedOn(here, there.entity, "left-over.pgp"), "x");
    await approve(there, "status", there.prairie.id, "TestOnly");
    await meet(country, there.entity);
    await pass();
    expect(await namesPassedOn(here, there.entity)).toHaveLength(1 + 5);
  });

  it("is passed on without a key file that is not there, which is fetched when it is", async () => {
    const { clock } = country;
    await rotate(there.prairie, clock.now());
    await approve(there, "add", there.prairie.card);
    await meet(country, there.entity);
    const { Key: keys = [] } = entryOf(await said(there), there.prairie);
    const fresh = keys.find(({ KeyStanding }) => KeyStanding === "Current");
    const path = published(there, `${fresh?.Fingerprint}-${fresh?.KeySha256}.pgp`);
    const bytes = await readFile(path);
    await writeFile(path, "another");
    await pass();
    expect(await namesPassedOn(here, there.entity)).toHaveLength(1 + 5);
    expect(await versionOf(here.valley, there.entity)).toBe(await versionAt(there.entity, there));
    await writeFile(path, bytes);
    await pass();
    expect(await namesPassedOn(here, there.entity)).toHaveLength(1 + 6);
  });

  it("is signed with a new key, which the former has named: believed here, and by our districts", async () => {
    await rotate(there.entity, country.clock.now());
    await meet(country, there.entity);
    await pass();
    await pass();
    expect(await openAlerts(here.valley)).toEqual([]);
    for (const home of [here.entity, here.valley]) {
      expect(await standings(home, there.entity)).toEqual(["Current", "Retired"]);
      expect(await versionOf(home, there.entity)).toBe(await versionAt(there.entity, there));
    }
  });
});

const listing = (id: string, Role: "District" | "Entity"): Promise<void> =>
  forge(there, (directory) => {
    const { Key: _, ...like } = structuredClone(entryOf(directory, there.prairie));
    directory.Agency = [...(directory.Agency ?? []), { ...like, AgencyId: id, Role }];
  });

/** Of the other state, and not to be believed: laid out by whoever holds a key. */
const UNBELIEVED: [what: string, code: string, make: () => Promise<void>][] = [
  [
    "is signed by one of its own districts",
    "DIRECTORY_SIGNER",
    async () => forge(there, () => {}, await secretOf(there.prairie)),
  ],
  [
    "is signed by our own entity",
    "DIRECTORY_SIGNER",
    async () => forge(there, () => {}, await secretOf(here.entity)),
  ],
  ["lists a district of our state", "DIRECTORY_INVALID", () => listing("2700999", "District")],
  ["lists a district of a third state", "DIRECTORY_INVALID", () => listing("5500417", "District")],
  [
    "calls a third state's district an entity",
    "DIRECTORY_INVALID",
    () => listing("5500417", "Entity"),
  ],
  ["lists two entities of our state", "DIRECTORY_INVALID", () => listing("2700001", "Entity")],
  [
    "is older than the one that is known",
    "DIRECTORY_OLDER",
    async () => {
      const old = await readFile(published(there));
      await approve(there, "status", there.corners.id, "TestOnly");
      await meet(country, there.entity);
      await pass();
      await layOut(there, old);
    },
  ],
  [
    "says something else under the same number",
    "DIRECTORY_CONFLICT",
    () =>
      forge(there, (directory) => {
        directory.Version = String(Number(directory.Version) - 1);
        entryOf(directory, there.prairie).OrganizationName = "Another";
      }),
  ],
  [
    "has expired",
    "DIRECTORY_EXPIRED",
    () =>
      forge(there, (directory) => {
        const ago = (minutes: number): string =>
          wireTime(new Date(country.clock.now().getTime() - minutes * 60_000));
        directory.IssuedDateTime = ago(30);
        directory.ExpiresDateTime = ago(1);
      }),
  ],
  ["is nothing but noise", "DIRECTORY_INVALID", () => layOut(there, "noise")],
];

describe("a directory of another state that is not to be believed", () => {
  it.each(UNBELIEVED)("%s: %s", async (_, code, make) => {
    await make();
    const good = await readFile(passedOn(here, there.entity));
    const before = await known(here.valley, there.prairie);
    await pass();
    expect(await alertsWithCause(here.entity)).toEqual([
      `DIRECTORY_REFUSED ${code}`,
      "REGISTRY_OLD",
    ]);
    expect((await readFile(passedOn(here, there.entity))).equals(good)).toBe(true);
    expect(await known(here.valley, there.prairie)).toEqual(before);
    expect(await openAlerts(here.valley)).toEqual([]);
    await approve(there, "publish");
    await approve(there, "publish");
    await pass();
    expect(await openAlerts(here.entity)).toEqual(["REGISTRY_OLD"]);
  });

  it("is told of with the name of that state's entity", async () => {
    await layOut(there, "noise");
    await pass();
    const told = await say(here, here.entity, "x", "alerts", "list");
    expect(told.stdout).toContain("The directory of Sample State Department was not taken");
  });

  it("is not believed by a district either, whatever our own entity lays out", async () => {
    const { clock } = country;
    const layOutHere = async (directory: Directory, by: District): Promise<void> => {
      clock.pass({ minutes: 1 });
      const { text } = await writeDirectory(directory, await secretOf(by), clock.now());
      await writeFile(passedOn(here, there.entity), text);
      await utimes(passedOn(here, there.entity), clock.now(), clock.now());
      await meet(country, here.valley);
    };
    const directory = structuredClone(await said(there));
    directory.Version = "9";
    directory.IssuedDateTime = wireTime(clock.now());
    entryOf(directory, there.prairie).Key = [await layOutKey(here, await secretOf(here.corners))];
    const before = await known(here.valley, there.prairie);
    await layOutHere(directory, here.entity);
    expect(await alertsWithCause(here.valley)).toEqual(["DIRECTORY_REFUSED DIRECTORY_SIGNER"]);
    const ours = structuredClone(await said(there));
    ours.Version = "9";
    ours.IssuedDateTime = wireTime(clock.now());
    entryOf(ours, there.prairie).AgencyId = here.prairie.id;
    await layOutHere(ours, there.entity);
    expect(await alertsWithCause(here.valley)).toEqual(["DIRECTORY_REFUSED DIRECTORY_INVALID"]);
    expect(await known(here.valley, there.prairie)).toEqual(before);
    const told = await say(here, here.valley, "x", "alerts", "list");
    expect(told.stdout).toContain("The directory of Sample State Department was not taken");
  });

  it("says nothing of a third state's entity to our districts", async () => {
    await forge(there, (directory) => {
      const { Key: _, ...like } = structuredClone(entryOf(directory, there.prairie));
      const third = { ...like, AgencyId: "5500000", Role: "Entity" as const };
      directory.Agency = [...(directory.Agency ?? []), third];
    });
    await pass();
    expect(await versionOf(here.valley, there.entity)).toBe(2);
    const id = parseAgencyId("5500000");
    expect(await known(here.valley, { ...there.entity, id })).toBeNull();
  });
});

describe("another key of a district of the other state", () => {
  it("that its own has not named is held here, and told of until it is taken back", async () => {
    const { publicKey } = await secretOf(there.corners);
    const other = await newKeyPair({
      agencyId: there.prairie.id,
      name: "Another",
      at: publicKey.created,
    });
    await forge(there, async (directory) => {
      const key = await readPrivateKey(other.privateKey);
      entryOf(directory, there.prairie).Key = [await layOutKey(there, key)];
    });
    const before = await known(here.valley, there.prairie);
    await pass();
    expect(await openAlerts(here.valley)).toEqual(["KEY_HELD"]);
    expect(await known(here.valley, there.prairie)).toEqual(before);
    // What our own directory says is no matter of it.
    await approve(here, "status", here.corners.id, "TestOnly");
    await pass();
    expect(await openAlerts(here.valley)).toEqual(["KEY_HELD"]);
  });
});

describe("an entity that is a peer no more", () => {
  const districts = async (): Promise<(string | undefined)[]> => [
    await status(here.valley, there.prairie),
    await status(here.valley, there.corners),
  ];

  it("takes its districts with it at once, and nothing of it is passed on; added again, all come back", async () => {
    const removed = await say(
      here,
      here.entity,
      "x",
      "partner",
      "remove",
      there.entity.id,
      "--fingerprint",
      (await secretOf(there.entity)).publicKey.fingerprint,
    );
    expect(removed.stdout).toContain("nothing is exchanged with its state any more");
    await pass();
    expect(await districts()).toEqual(["NotParticipating", "NotParticipating"]);
    expect(await status(here.valley, here.prairie)).toBe("Participating");
    expect(await namesPassedOn(here, there.entity)).toEqual([]);

    const { fingerprint } = (await secretOf(there.entity)).publicKey;
    const added = await approve(here, "add", there.entity.card, "--fingerprint", fingerprint);
    expect(added.stdout).toContain("the box for what goes to its districts");
    await pass();
    await pass();
    expect(await districts()).toEqual(["Participating", "Participating"]);
  });

  it("is met no more while it is inactive", async () => {
    await approve(here, "status", there.entity.id, "Inactive");
    const before = await saidIn(here.entity);
    await pass();
    expect(await districts()).toEqual(["NotParticipating", "NotParticipating"]);
    expect((await saidIn(here.entity)).slice(before.length)).not.toContain("Peer reached");
    await approve(here, "status", there.entity.id, "Participating");
    await pass();
    expect(await districts()).toEqual(["Participating", "Participating"]);
  });

  it("whose key was revoked is not believed, and its districts are not addressed", async () => {
    const { fingerprint } = (await secretOf(there.entity)).publicKey;
    await approve(here, "revoke", there.entity.id, "--fingerprint", fingerprint);
    await approve(there, "status", there.corners.id, "Inactive");
    await meet(country, there.entity);
    await pass();
    expect(await districts()).toEqual(["NotParticipating", "NotParticipating"]);
    expect(await alertsWithCause(here.entity)).toContain("DIRECTORY_REFUSED KEY_REVOKED");
  });
});

describe("a directory of another state that nobody renews", () => {
  it("is told of on both sides of the entity, and its districts are left alone when it has expired", async () => {
    const { clock } = country;
    clock.pass({ days: 20 });
    await pass();
    expect(await openAlerts(here.entity)).toContain("DIRECTORY_EXPIRES_SOON");
    expect(await openAlerts(here.valley)).toContain("DIRECTORY_EXPIRES_SOON");
    clock.pass({ days: 11 });
    await pass();
    expect(await openAlerts(here.valley)).toContain("DIRECTORY_EXPIRED");
    const told = await say(here, here.valley, "x", "alerts", "list");
    expect(told.stdout).toContain("The directory of Sample State Department expired");
    await meet(country, there.entity);
    await pass();
    expect(await openAlerts(here.valley)).not.toContain("DIRECTORY_EXPIRED");
  });
});

describe("directory list, show and check", () => {
  it("tell of the other state's entity", async () => {
    for (const home of [here.entity, here.valley]) {
      const list = await say(here, home, "x", "directory", "list");
      expect(list.stdout).toMatch(/3900000 +entity/);
      const show = await say(here, home, "x", "directory", "show", there.entity.id);
      expect(show.stdout).toMatch(/Directory: +version 1 of/);
    }
    const check = await say(here, here.entity, "x", "check");
    expect(check.stdout).toMatch(
      /ok +peer 3900000: Sample State Department: sftp:\/\/entity2700000@.* lets us in, and takes files/,
    );
    expect(check.stdout).toMatch(/ok +directory of 3900000: version 1, good until/);
  });
});
