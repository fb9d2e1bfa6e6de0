/** The signed directory: published by an entity, read by its districts, and refused in words. */
import { copyFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../daemon/ids.ts";
import { newKeyPair, type PrivateKey } from "../daemon/keys/key.ts";
import { wireTime } from "../daemon/transfer/dates.ts";
import { writeDirectory } from "../daemon/directory/directory.ts";
import { keyFileName, keyFileOf } from "../daemon/directory/key-files.ts";
import { alertsWithCause, claimOn, configure, inBox } from "./scene.ts";
import { leave, nameFrom, packetXml, sealed, writerAt } from "./forge.ts";
import { KEY_BOMBS } from "./keys/key-bombs.ts";
import { resultOf } from "./commands/terminal.ts";
import {
  at,
  entryOf,
  forge,
  known,
  layOut,
  layOutKey,
  published,
  retake,
  rotate,
  said,
  say,
  secretOf,
  spread,
  standings,
  strangersKey,
  UNBELIEVED,
  versionAt,
} from "./directories.ts";
import {
  asked,
  type District,
  drop,
  dropRequest,
  meet,
  office,
  openAlerts,
  REGISTRAR,
  requestTo,
  states,
} from "./homes.ts";
import { type Snapshot, snapshot } from "./snapshots.ts";
import { newState, type State } from "./states.ts";

let state: State;
let atFirst: Snapshot;
beforeAll(async () => {
  state = await newState();
  await spread(state, state.valley, state.prairie);
  atFirst = await snapshot(state);
}, 60_000);
beforeEach(() => atFirst.restore());
afterAll(async () => {
  await atFirst[Symbol.asyncDispose]();
  await state[Symbol.asyncDispose]();
});

const stranger = (): Promise<PrivateKey> => strangersKey(state);

let day = 12;
/** Each time for another student. */
async function valleyAsks(): Promise<void> {
  const text = await requestTo(state.prairie);
  const birthdate = `<Birthdate>2009-02-${++day > 28 ? (day = 13) : day}</Birthdate>`;
  await drop(state.valley, `${day}.xml`, text.replace(/<Birthdate>[^]*<[/]Birthdate>/, birthdate));
}

describe("a directory", () => {
  it("lets two districts speak that never saw each other's card", async () => {
    const { valley, prairie } = state;
    expect(await known(valley, prairie)).toMatchObject({ source: "directory", public_key: null });
    await asked(state);
    await meet(state, valley);
    expect(await states(state)).toEqual(["RequestReceived", "RequestReceived"]);
    expect((await known(valley, prairie))?.public_key).toContain("BEGIN PGP PUBLIC KEY");
  });

  it("is not published again until it is due, and again at once when something changed", async () => {
    const { clock, entity, prairie } = state;
    const before = await readFile(published(state));
    clock.pass({ days: 6 });
    await meet(state, entity);
    expect(await readFile(published(state))).toEqual(before);
    await say(state, entity, "example.approver", "directory", "status", prairie.id, "Inactive");
    await meet(state, entity);
    expect((await said(state)).Version).toBe("2");
    clock.pass({ days: 7, minutes: 1 });
    await meet(state, entity);
    expect((await said(state)).Version).toBe("3");
  });

  it("comes back when a crash or a hand took the file away", async () => {
    const before = await readFile(published(state));
    await rm(published(state));
    await meet(state, state.entity);
    expect(await readFile(published(state))).toEqual(before);
  });
});

describe("a directory that is not to be believed", () => {
  it.each(UNBELIEVED)(
    "%s: refused as %s, and the last good one serves",
    async (_what, code, make) => {
      const { valley, prairie, entity } = state;
      await make(state);
      for (let times = 0; times < 2; times++) await meet(state, valley);
      expect(await alertsWithCause(valley)).toEqual([`DIRECTORY_REFUSED ${code}`]);
      expect(await versionAt(valley, state)).toBe(1);
      expect(await known(valley, prairie)).toMatchObject({ phone: "555-555-0170" });
      await valleyAsks();
      expect((await meet(state, valley)).counts).toMatchObject({ sent: 1 });

      await say(state, entity, "example.approver", "directory", "publish");
      await meet(state, valley);
      expect(await openAlerts(valley)).toEqual([]);
    },
  );

  it("is an old one, shown again: refused, for it would bring back what was revoked", async () => {
    const { valley, prairie, entity } = state;
    const old = await readFile(published(state));
    const { fingerprint } = (await secretOf(prairie)).publicKey;
    const revoke = ["directory", "revoke", prairie.id, "--fingerprint", fingerprint];
    expect(await resultOf(...at(state, entity, "example.approver", ...revoke))).toEqual({
      agencyId: prairie.id,
      fingerprint,
    });
    await spread(state, valley);
    await layOut(state, old);
    await meet(state, valley);
    expect(await alertsWithCause(valley)).toEqual(["DIRECTORY_REFUSED DIRECTORY_OLDER"]);
    expect(await standings(valley, prairie)).toEqual(["Revoked"]);
  });
});

describe("a directory that ends", () => {
  it("is told of from fourteen days before, and by one alert when it has", async () => {
    const { valley, clock } = state;
    clock.pass({ days: 15 });
    await meet(state, valley);
    expect(await openAlerts(valley)).toEqual([]);
    clock.pass({ days: 1, minutes: 1 });
    await meet(state, valley);
    expect(await openAlerts(valley)).toEqual(["DIRECTORY_EXPIRES_SOON"]);
    clock.pass({ days: 14 });
    await meet(state, valley);
    expect(await openAlerts(valley)).toEqual(["DIRECTORY_EXPIRED"]);
  });

  it("lets nothing be sealed or taken, loses nothing, and all goes on with a newer one", async () => {
    const { valley, prairie, clock } = state;
    await dropRequest(state);
    await meet(state, valley);
    clock.pass({ days: 31 });
    await valleyAsks();
    const { counts } = await meet(state, valley);
    expect(counts.sent).toBe(0);
    const [name = ""] = await inBox(state, prairie);
    expect((await meet(state, prairie)).counts).toMatchObject({ taken: 0, refused: 0, waiting: 1 });
    expect(await claimOn(prairie, name)).toMatchObject({
      state: "WAITING",
      code: "DIRECTORY_EXPIRED",
    });
    expect(await openAlerts(prairie)).toEqual(["DIRECTORY_EXPIRED"]);
    expect(await openAlerts(valley)).toContain("DIRECTORY_EXPIRED");
    expect(await openAlerts(valley)).not.toContain("PARTNER_UNREACHABLE");

    await spread(state, valley);
    expect((await meet(state, prairie)).counts).toMatchObject({ waiting: 0 });
    const alerts = await openAlerts(prairie);
    expect(alerts.filter((code) => code === "REQUEST_TO_RELEASE")).toHaveLength(2);
    expect(alerts).not.toContain("DIRECTORY_EXPIRED");
  });
});

const homeKey = async (home: District) => (await secretOf(home)).publicKey.fingerprint;

describe("a key that the entity lists", () => {
  it("without the district's word is held; the known one goes on serving until a person says so", async () => {
    const { valley, prairie, clock } = state;
    const key = await stranger();
    const listed = await layOutKey(state, key);
    await forge(state, (directory) => {
      const [present] = entryOf(directory, prairie).Key ?? [];
      if (present) present.KeyStanding = "Retired";
      entryOf(directory, prairie).Key = [listed, ...(present ? [present] : [])];
    });
    await meet(state, valley);
    expect(await standings(valley, prairie)).toEqual(["Current", "Held"]);
    expect(await openAlerts(valley)).toEqual(["KEY_HELD"]);
    await valleyAsks();
    expect((await meet(state, valley)).counts).toMatchObject({ sent: 1 });
    expect((await meet(state, prairie)).counts).toMatchObject({ taken: 1 });

    const { fingerprint } = key.publicKey;
    const wrong = await say(
      state,
      valley,
      "x",
      "directory",
      "accept",
      prairie.id,
      "--fingerprint",
      await homeKey(prairie),
    );
    expect([wrong.exit, wrong.stderr]).toEqual([5, expect.stringContaining("FINGERPRINT_DIFFERS")]);
    const accept = ["directory", "accept", prairie.id, "--fingerprint", fingerprint];
    expect(await resultOf(...at(state, valley, "x", ...accept))).toMatchObject({ fingerprint });
    expect(await standings(valley, prairie)).toEqual(["Current", "Retired"]);
    expect(await known(valley, prairie)).toMatchObject({ fingerprint });
    clock.pass({ minutes: 1 });
    await meet(state, valley);
    expect(await openAlerts(valley)).toEqual([]);
  });

  it("as an old one that nobody knew is not believed either: what it signs is a stranger's", async () => {
    const { valley, prairie } = state;
    const listed = await layOutKey(state, await stranger());
    await forge(state, (directory) => {
      const until = wireTime(state.clock.now());
      entryOf(directory, prairie).Key?.push({
        ...listed,
        KeyStanding: "Retired",
        ValidUntil: until,
      });
    });
    await meet(state, valley);
    expect(await versionAt(valley, state)).toBe(2);
    expect(await standings(valley, prairie)).toEqual(["Current"]);
  });

  it("after the agency was taken out and put in again is held all the same", async () => {
    const { valley, prairie } = state;
    await forge(state, (directory) => {
      directory.Agency = directory.Agency?.filter(({ AgencyId }) => AgencyId !== prairie.id) ?? [];
    });
    await meet(state, valley);
    expect(await known(valley, prairie)).toMatchObject({ status: "NotParticipating" });
    const listed = await layOutKey(state, await stranger());
    await forge(state, (directory) => {
      const { Key: _, ...other } = structuredClone(entryOf(directory, state.corners));
      directory.Agency?.push({ ...other, AgencyId: prairie.id, Key: [listed] });
    });
    await meet(state, valley);
    expect(await standings(valley, prairie)).toEqual(["Current", "Held"]);
  });

  it("for tests says nothing of the one that counts, which is introduced anew", async () => {
    const { valley, prairie, entity, clock, folder } = state;
    const counting = await stranger();
    const listed = await layOutKey(state, counting);
    const directory = structuredClone(await said(state));
    directory.DocumentProcessCode = "PRODUCTION";
    directory.Version = "1";
    entryOf(directory, prairie).Key = [listed];
    const { text } = await writeDirectory(directory, await secretOf(entity), clock.now());
    const counts = join(folder, "server", "directory");
    await writeFile(join(counts, "directory.xml.pgp"), text);
    const file = keyFileName({ fingerprint: listed.Fingerprint, sha256: listed.KeySha256 });
    await copyFile(published(state, file), join(counts, file));
    await configure(valley, { at: ["mode"], value: "production" });
    await meet(state, valley);
    expect(await standings(valley, prairie)).toEqual(["Current"]);
    const { fingerprint } = counting.publicKey;
    expect(await known(valley, prairie)).toMatchObject({ fingerprint });
    expect(await openAlerts(valley)).toEqual([]);
  });

  it("is not taken from another agency that holds it", async () => {
    const { valley, prairie, corners } = state;
    await forge(state, (directory) => {
      const { Key = [] } = entryOf(directory, corners);
      directory.Agency = directory.Agency?.filter(({ AgencyId }) => AgencyId !== corners.id) ?? [];
      entryOf(directory, prairie).Key = Key;
    });
    await meet(state, valley);
    expect(await openAlerts(valley)).toEqual(["KEY_HELD"]);
    expect(await known(valley, prairie)).toMatchObject({ fingerprint: null });
  });

  it("is none that can be used: what is for it waits, and what it signed does, until it is mended", async () => {
    const { corners, prairie, entity } = state;
    const bytes = keyFileOf(await KEY_BOMBS["many users"](await secretOf(prairie)));
    const named = { fingerprint: await homeKey(prairie), sha256: sha256(bytes) };
    await writeFile(published(state, keyFileName(named)), bytes);
    await forge(state, (directory) => {
      const [listed] = entryOf(directory, prairie).Key ?? [];
      if (listed) listed.KeySha256 = named.sha256;
    });
    await meet(state, corners);
    await drop(corners, "request.xml", await requestTo(prairie));
    expect((await meet(state, corners)).counts).toMatchObject({ sent: 0, failed: 1 });
    expect(await alertsWithCause(corners)).toEqual(["PARTNER_UNREACHABLE KEY_FILE_DIFFERS"]);
    const [from, to] = await Promise.all([writerAt(prairie), writerAt(corners)]);
    const letter = { from, to, at: state.clock.now() };
    const bytesOfTheirs = await sealed(packetXml(letter), letter);
    const name = await leave(state, corners, bytesOfTheirs, nameFrom(prairie, corners));
    expect((await meet(state, corners)).counts).toMatchObject({ waiting: 1, refused: 0 });
    expect(await alertsWithCause(corners)).toContain("PACKET_WAITING KEY_FILE_DIFFERS");
    await say(state, entity, "example.approver", "directory", "publish");
    await say(state, entity, "example.approver", "directory", "publish");
    expect((await meet(state, corners)).counts).toMatchObject({ taken: 1 });
    expect(await claimOn(corners, name)).toMatchObject({ state: "RECORDED" });
    expect(await openAlerts(corners)).toEqual([]);
  });

  it("is fetched when it is first needed, and its file must be the one that is named", async () => {
    const { valley, prairie } = state;
    const [listed] = entryOf(await said(state), prairie).Key ?? [];
    const file = published(state, `${await homeKey(prairie)}-${listed?.KeySha256}.pgp`);
    const good = await readFile(file);
    await writeFile(file, (await stranger()).publicKey.armored);
    await valleyAsks();
    expect((await meet(state, valley)).counts).toMatchObject({ sent: 0, failed: 1 });
    expect(await alertsWithCause(valley)).toEqual(["PARTNER_UNREACHABLE KEY_FILE_DIFFERS"]);
    await writeFile(file, good);
    expect((await meet(state, valley)).counts).toMatchObject({ sent: 1 });
  });
});

describe("a district with a new key", () => {
  it("is known by the word of the old one; what it sent before and what it sends now is taken", async () => {
    const { valley, prairie, clock } = state;
    await dropRequest(state);
    await meet(state, valley);
    clock.pass({ minutes: 5 });
    await rotate(valley, clock.now());
    expect(await retake(state, valley)).toMatchObject({ change: "replaced", keyChanged: true });
    await spread(state, prairie);
    expect(await openAlerts(prairie)).toEqual(["REQUEST_TO_RELEASE"]);
    expect(await standings(prairie, valley)).toEqual(["Current", "Retired"]);
    expect(await known(prairie, valley)).toMatchObject({ fingerprint: await homeKey(valley) });

    await valleyAsks();
    await meet(state, valley);
    expect((await meet(state, prairie)).counts).toMatchObject({ taken: 2, refused: 0 });
  });

  it("two keys further, is known by the words of both", async () => {
    const { valley, prairie, clock } = state;
    for (let times = 0; times < 2; times++) {
      clock.pass({ days: 1 });
      await rotate(valley, clock.now());
      await retake(state, valley);
    }
    await spread(state, prairie);
    expect(await standings(prairie, valley)).toEqual(["Current", "Retired", "Retired"]);
    expect(await openAlerts(prairie)).toEqual([]);
  });
});

describe("a revoked key", () => {
  it("stops at once what it seals and what it signed", async () => {
    const { valley, prairie, entity, clock } = state;
    await dropRequest(state);
    await meet(state, valley);
    const fingerprint = await homeKey(valley);
    await say(
      state,
      entity,
      "example.approver",
      "directory",
      "revoke",
      valley.id,
      "--fingerprint",
      fingerprint,
    );
    await spread(state, prairie);
    expect(await alertsWithCause(prairie)).toEqual(["PACKET_REFUSED PACKET_SIGNER_REVOKED"]);

    // The key that follows it is believed by nobody's word: somebody else may have the old one.
    clock.pass({ minutes: 5 });
    await rotate(valley, clock.now());
    const card = await retake(state, valley, "--fingerprint", await homeKey(valley));
    expect(card).toMatchObject({ keyChanged: true });
    await spread(state, prairie);
    expect(await standings(prairie, valley)).toEqual(["Held", "Revoked"]);
    expect(await openAlerts(prairie)).toContain("KEY_HELD");
    await valleyAsks();
    await meet(state, valley);
    expect((await meet(state, prairie)).counts).toMatchObject({ taken: 0, refused: 0, waiting: 1 });
    await say(
      state,
      prairie,
      "x",
      "directory",
      "accept",
      valley.id,
      "--fingerprint",
      await homeKey(valley),
    );
    expect((await meet(state, prairie)).counts).toMatchObject({ taken: 1 });
  });
});

describe("a district that takes part no more", () => {
  it("is asked for nothing: the request is refused in words that name who has its records", async () => {
    const { valley, prairie, corners, entity } = state;
    const closed = ["directory", "status", prairie.id, "Closed", "--successor", corners.id];
    await say(state, entity, "example.approver", ...closed);
    await spread(state, valley);
    await valleyAsks();
    expect((await meet(state, valley)).counts).toMatchObject({ documentsRefused: 1, sent: 0 });
    const [faults = ""] = (await readdir(office(valley, "refused"))).filter((name) =>
      name.endsWith(".faults.txt"),
    );
    expect(await readFile(office(valley, "refused", faults), "utf8")).toContain(
      `its records are with agency ${corners.id} now`,
    );
  });

  it("is sent nothing, and what it sent waits; with its part in it again, both go on", async () => {
    const { valley, prairie, entity } = state;
    await dropRequest(state);
    await meet(state, valley);
    await say(
      state,
      entity,
      "example.approver",
      "directory",
      "status",
      valley.id,
      "NotParticipating",
    );
    await spread(state, prairie);
    expect(await alertsWithCause(prairie)).toEqual(["PACKET_WAITING AGENCY_NOT_PARTICIPATING"]);
    await say(state, entity, "example.approver", "directory", "status", valley.id, "Participating");
    await spread(state, prairie);
    expect(await openAlerts(prairie)).toEqual(["REQUEST_TO_RELEASE"]);
  });
});

describe("an entity that only a directory lists", () => {
  it("is asked for nothing: nobody has compared its key", async () => {
    const { valley, prairie } = state;
    await forge(state, (directory) => {
      const { Key: _, ...like } = structuredClone(entryOf(directory, prairie));
      const other = { ...like, AgencyId: "2700001", Role: "Entity" as const };
      directory.Agency = [...(directory.Agency ?? []), other];
    });
    await meet(state, valley);
    const text = (await requestTo(prairie)).replace(`>${prairie.id}<`, ">2700001<");
    await drop(valley, "other.xml", text);
    await meet(state, valley);
    expect(await alertsWithCause(valley)).toEqual(["DOCUMENT_REFUSED ENTITY_NOT_JOINED"]);
  });
});

describe("an entity with a new key", () => {
  it("is known by the word of the old one, also two keys further", async () => {
    const { valley, entity, clock } = state;
    for (let times = 0; times < 2; times++) {
      clock.pass({ days: 1 });
      await rotate(entity, clock.now());
      await meet(state, entity);
    }
    await meet(state, valley);
    expect(await openAlerts(valley)).toEqual([]);
    expect(await known(valley, entity)).toMatchObject({
      source: "card",
      fingerprint: await homeKey(entity),
    });
    expect(await standings(valley, entity)).toEqual(["Current", "Retired", "Retired"]);
  });

  it("after the old one was stolen, and is joined anew, is not measured by what the thief published", async () => {
    const { valley, entity } = state;
    await forge(state, (directory) => void (directory.Version = "9999999999"));
    await meet(state, valley);
    expect(await versionAt(valley, state)).toBe(9_999_999_999);
    await rm(join(entity.folder, "keys", "openpgp.asc"));
    const { privateKey } = await newKeyPair({
      agencyId: entity.id,
      name: entity.name,
      at: state.clock.now(),
    });
    await writeFile(join(entity.folder, "keys", "openpgp.asc"), privateKey, { mode: 0o600 });
    await say(state, entity, "example.approver", "keys", "card");
    await meet(state, entity);
    const joined = ["join", entity.card, "--fingerprint", await homeKey(entity)];
    expect(await say(state, valley, "x", ...joined)).toMatchObject({ exit: 0 });
    await meet(state, valley);
    expect(await openAlerts(valley)).toEqual([]);
    expect(await versionAt(valley, state)).toBeLessThan(100);
  });

  it("that its old key did not name is not believed", async () => {
    const { valley, entity, clock } = state;
    clock.pass({ days: 1 });
    await rotate(entity, clock.now());
    await rm(`${entity.folder}/keys/succession-${await homeKey(entity)}.pgp`);
    await spread(state, valley);
    expect(await alertsWithCause(valley)).toEqual(["DIRECTORY_REFUSED DIRECTORY_SIGNER"]);
  });
});

describe("a card that was added by hand", () => {
  it("wins over the directory: another key there is held", async () => {
    const { valley, prairie } = state;
    const add = ["partner", "add", prairie.card, "--fingerprint", await homeKey(prairie)];
    expect((await say(state, valley, "x", ...add)).exit).toBe(0);
    expect(await known(valley, prairie)).toMatchObject({ source: "card" });
    const listed = await layOutKey(state, await stranger());
    await forge(state, (directory) => {
      const entry = entryOf(directory, prairie);
      entry.Key = [listed];
      entry.AgencyStatus = "Closed";
      entry.TelephoneNumber = "555-555-0666";
    });
    await meet(state, valley);
    expect(await openAlerts(valley)).toEqual(["KEY_HELD"]);
    expect(await known(valley, prairie)).toMatchObject({
      source: "card",
      status: "Participating",
      phone: "555-555-0170",
      fingerprint: await homeKey(prairie),
    });
    await valleyAsks();
    expect((await meet(state, valley)).counts).toMatchObject({ sent: 1 });
  });

  it("is not replaced by a held key whose file is not here yet; the next directory brings it", async () => {
    const { valley, prairie } = state;
    const add = ["partner", "add", prairie.card, "--fingerprint", await homeKey(prairie)];
    expect((await say(state, valley, "x", ...add)).exit).toBe(0);
    const listed = await layOutKey(state, await stranger());
    const file = published(state, `${listed.Fingerprint}-${listed.KeySha256}.pgp`);
    const bytes = await readFile(file);
    await rm(file);
    const list = () =>
      forge(state, (directory) => {
        entryOf(directory, prairie).Key = [listed];
      });
    await list();
    await meet(state, valley);
    const accept = ["directory", "accept", prairie.id, "--fingerprint", listed.Fingerprint];
    const refused = await say(state, valley, REGISTRAR, ...accept);
    expect(refused.exit).toBe(6);
    expect(refused.stderr).toContain("is not here yet [KEY_NOT_FETCHED]");
    expect(await known(valley, prairie)).toMatchObject({ fingerprint: await homeKey(prairie) });
    await writeFile(file, bytes);
    await list();
    await meet(state, valley);
    expect((await say(state, valley, REGISTRAR, ...accept)).exit).toBe(0);
    expect(await known(valley, prairie)).toMatchObject({ fingerprint: listed.Fingerprint });
  });

  it("is not missed when it is removed: the directory lists the district", async () => {
    const { valley, prairie } = state;
    const byKey = ["--fingerprint", await homeKey(prairie)];
    await say(state, valley, "x", "partner", "add", prairie.card, ...byKey);
    const removed = await say(state, valley, "x", "partner", "remove", prairie.id, ...byKey);
    expect(removed.stdout).toContain("from the next exchange on it is known as the directory");
    expect(await known(valley, prairie)).toBeNull();
    await meet(state, valley);
    expect(await known(valley, prairie)).toMatchObject({ source: "directory" });
    await valleyAsks();
    expect((await meet(state, valley)).counts).toMatchObject({ sent: 1 });
  });
});
