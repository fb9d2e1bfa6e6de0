/** What an entity says of its districts, and what districts are shown of it. */
import { cp } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newState, type State } from "../states.ts";
import {
  at,
  known,
  retake,
  rotate,
  said,
  say,
  secretOf,
  spread,
  standings,
  versionAt,
} from "../directories.ts";
import { type District, meet, withLedger } from "../homes.ts";
import { settle } from "../../daemon/commands/demo/world.ts";
import { parseAgencyId } from "../../daemon/ids.ts";
import { beginReconciling } from "../../daemon/ledger/settings.ts";
import { removeAgency } from "../../daemon/ledger/agencies.ts";
import { cardBy } from "../cards.ts";
import { configure } from "../scene.ts";
import { type Snapshot, snapshot } from "../snapshots.ts";
import { errorOf, packetboat, resultOf } from "./terminal.ts";

const APPROVER = "example.approver";

let state: State;
let atFirst: Snapshot;
beforeAll(async () => {
  state = await newState();
  atFirst = await snapshot(state);
}, 60_000);
beforeEach(() => atFirst.restore());
afterAll(async () => {
  await atFirst[Symbol.asyncDispose]();
  await state[Symbol.asyncDispose]();
});

const directory = (...argv: string[]) => at(state, state.entity, APPROVER, "directory", ...argv);
const fingerprintOf = async (home: District): Promise<string> =>
  (await secretOf(home)).publicKey.fingerprint;

const newDistrict = (id: string, stateCode = "MN"): Promise<District> => {
  const place = {
    city: "Example City",
    state: stateCode,
    zip: "55001",
    timeZone: "America/Chicago",
  };
  const named = { ...place, id: parseAgencyId(id), name: `Example ${id}`, phone: "555-555-0120" };
  return settle(state.server, `${state.folder}/${id}`, named, state.clock);
};

describe("directory add", () => {
  it("takes a district up by its card and the fingerprint that was read out, and gives it a box", async () => {
    const lakes = await newDistrict("2700208");
    const fingerprint = await fingerprintOf(lakes);
    expect(await resultOf(...directory("add", lakes.card, "--fingerprint", fingerprint))).toEqual({
      agencyId: "2700208",
      role: "district",
      name: "Example 2700208",
      change: "added",
      keyChanged: false,
      fingerprint,
      box: "/boxes/2700208",
      status: "Participating",
    });
    await meet(state, state.entity);
    const { Agency = [] } = await said(state);
    expect(Agency.map(({ AgencyId }) => AgencyId)).toContain("2700208");
  });

  it("asks who compared the fingerprint, and demands a person who may approve", async () => {
    const lakes = await newDistrict("2700208");
    expect(await errorOf(...directory("add", lakes.card))).toMatchObject({
      code: "CONFIRMATION_NEEDED",
    });
    await configure(state.entity, { at: ["people", 0, "may"], value: ["approveKeyChanges"] });
    const fingerprint = await fingerprintOf(lakes);
    expect(
      await errorOf(...directory("add", lakes.card, "--fingerprint", fingerprint)),
    ).toMatchObject({ code: "PERSON_NOT_ALLOWED" });
  });

  it("refuses the card of another state, of an entity, and our own", async () => {
    const foreign = await newDistrict("3900208", "OH");
    const fingerprint = await fingerprintOf(foreign);
    const refused = directory("add", foreign.card, "--fingerprint", fingerprint);
    expect(await errorOf(...refused)).toMatchObject({ code: "CARD_UNFIT" });
    expect(await errorOf(...directory("add", state.entity.card))).toMatchObject({
      code: "CARD_UNFIT",
    });
  });

  it("takes another state's entity by its card, and refuses one that is not that", async () => {
    const { entity, clock } = state;
    const key = `SHA256:${"k".repeat(43)}`;
    const peer = (id: string, server: object = {}) =>
      cardBy(entity, clock.now(), (card) => {
        card.Agency.AgencyId = id;
        card.Server = { Address: "sftp://sftp.other.example", HostKey: [key], ...server };
      });
    const add = ({ path, fingerprint }: Awaited<ReturnType<typeof peer>>) =>
      directory("add", path, "--fingerprint", fingerprint);
    expect(await resultOf(...add(await peer("3900000")))).toMatchObject({
      agencyId: "3900000",
      role: "entity",
      change: "added",
      box: "/boxes/3900000",
    });
    for (const [card, sentence] of [
      [await peer("5500417"), "5500417 is no id of an entity"],
      [await peer("2700001"), "2700001 is an entity of our own state"],
      [await peer("3900001"), "speaks for that state already"],
      [
        await peer("5500000", { Address: "file:///srv" }),
        "names no server that we could log in to",
      ],
      [await peer("5500000", { HostKey: undefined }), "has to name its server's host key"],
    ] as const) {
      expect(await errorOf(...add(card))).toMatchObject({
        code: "CARD_UNFIT",
        message: expect.stringContaining(sentence) as string,
      });
    }
    const unkeyed = await cardBy(entity, clock.now(), (card) => {
      card.Agency.AgencyId = "5500000";
      delete card.SshPublicKey;
    });
    expect(await errorOf(...add(unkeyed))).toMatchObject({
      message: expect.stringContaining("has no SSH key") as string,
    });
    const own = await peer(entity.id);
    expect(await errorOf(...add(own))).toMatchObject({ code: "CARD_CONFLICT" });
  });

  it("refuses somebody else's id, though its fingerprint is named", async () => {
    const { entity, prairie } = state;
    const fingerprint = await fingerprintOf(prairie);
    const impostor = await impostorOf(prairie);
    await configure(entity, { at: ["people", 0, "may"], value: ["approveDistricts"] });
    const theirs = await fingerprintOf(impostor);
    expect(
      await errorOf(...directory("add", impostor.card, "--fingerprint", theirs)),
    ).toMatchObject({ code: "CARD_CONFLICT" });
    expect(await known(entity, prairie)).toMatchObject({ fingerprint });
  });

  it("refuses somebody else's key under another id", async () => {
    const { prairie, corners } = state;
    await withLedger(state.entity, (ledger) => removeAgency(ledger, corners.id, state.clock.now()));
    const thief = await withKeyOf(corners, prairie);
    expect(
      await errorOf(...directory("add", thief.card, "--fingerprint", await fingerprintOf(prairie))),
    ).toMatchObject({ code: "CARD_CONFLICT" });
    expect(await known(state.entity, corners)).toBeNull();
  });

  it("takes a new key by the word of the former; without it a person who may must have compared it", async () => {
    const { entity, prairie, clock } = state;
    clock.pass({ days: 1 });
    await rotate(prairie, clock.now());
    expect(await retake(state, prairie)).toMatchObject({ change: "replaced", keyChanged: true });
    expect(await standings(entity, prairie)).toEqual(["Current", "Retired"]);

    const impostor = await impostorOf(prairie);
    expect(await errorOf(...directory("add", impostor.card))).toMatchObject({
      code: "CONFIRMATION_NEEDED",
    });
    const compared = ["--fingerprint", await fingerprintOf(impostor)];
    expect(await retake(state, impostor, ...compared)).toMatchObject({ keyChanged: true });
  });

  it("keeps the status of a district whose card is renewed", async () => {
    const { entity, prairie } = state;
    await say(state, entity, APPROVER, "directory", "status", prairie.id, "NotParticipating");
    expect(await retake(state, prairie)).toMatchObject({ status: "NotParticipating" });
  });
});

/** A home that says it is this district, with a key of its own. */
async function impostorOf({ id, name }: District): Promise<District> {
  const place = { city: "Example City", state: "MN", zip: "55001", timeZone: "America/Chicago" };
  const named = { ...place, id, name, phone: "900-555-0000" };
  return settle(state.server, `${state.folder}/impostor`, named, state.clock);
}

/** The same home, with another's secret key: that it has it is not the question here. */
async function withKeyOf(home: District, owner: District): Promise<District> {
  const { copyFile } = await import("node:fs/promises");
  const key = ({ folder }: District): string => `${folder}/keys/openpgp.asc`;
  await copyFile(key(owner), key(home));
  await say(state, home, "x", "keys", "card");
  return home;
}

describe("directory status", () => {
  it("closes a district in favour of another, and everybody reads it", async () => {
    const { valley, prairie, corners } = state;
    const closed = directory("status", prairie.id, "Closed", "--successor", corners.id);
    expect(await resultOf(...closed)).toMatchObject({ status: "Closed", successorId: corners.id });
    await spread(state, valley);
    expect(await known(valley, prairie)).toMatchObject({
      status: "Closed",
      successor_id: corners.id,
    });
    const show = at(state, valley, "x", "directory", "show", prairie.id);
    expect(await resultOf(...show)).toMatchObject({ status: "Closed", source: "directory" });
    const found = at(state, valley, "x", "locate", "--state", "MN", "--name", "Prairie");
    expect(await resultOf(...found)).toMatchObject([{ agencyId: prairie.id, status: "Closed" }]);
  });

  it("refuses a successor of a district that goes on, and one that nobody knows", async () => {
    const { prairie, corners } = state;
    const goesOn = directory("status", prairie.id, "Inactive", "--successor", corners.id);
    expect(await errorOf(...goesOn)).toMatchObject({ code: "RULE_BROKEN" });
    const nobody = directory("status", prairie.id, "Closed", "--successor", "2799999");
    expect(await errorOf(...nobody)).toMatchObject({ code: "PARTNER_UNKNOWN" });
  });
});

describe("directory list, show and publish", () => {
  it("tell what is published, on either side", async () => {
    const { entity, valley } = state;
    expect(await errorOf(...directory("show"))).toMatchObject({ code: "FILE_NOT_FOUND" });
    expect(await resultOf(...directory("publish"))).toMatchObject({ version: 1, agencies: 3 });
    expect(await resultOf(...directory("publish"))).toMatchObject({ version: 2 });
    await meet(state, valley);
    for (const home of [entity, valley]) {
      const show = at(state, home, APPROVER, "directory", "show");
      expect(await resultOf(...show)).toMatchObject({ version: 2, isExpired: false, keysHeld: 0 });
    }
    const listed = (await resultOf(...directory("list"))) as { agencyId: string }[];
    expect(listed.map(({ agencyId }) => agencyId)).toEqual(["2700012", "2700105", "2700417"]);
    const read = at(state, valley, "x", "directory", "list");
    expect(await resultOf(...read)).toHaveLength(2);
  });

  it("go on behind every number that districts have read, when the entity was restored from a backup", async () => {
    await resultOf(...directory("publish"));
    const backup = await snapshot(state);
    await using _ = backup;
    for (let times = 0; times < 3; times++) await resultOf(...directory("publish"));
    await meet(state, state.valley);
    const entitysLedger = `${state.entity.folder}/state/ledger.sqlite`;
    const restored = async (): Promise<void> => {
      await cp(`${backup.folder}/${state.entity.id}/state/ledger.sqlite`, entitysLedger);
      await withLedger(state.entity, (ledger) => beginReconciling(ledger, state.clock.now()));
    };
    state.clock.pass({ days: 1 });
    await restored();
    const first = 1 + 24 * 60 * 60 + 1000;
    expect(await resultOf(...directory("publish"))).toMatchObject({ version: first });
    expect(await resultOf(...directory("publish"))).toMatchObject({ version: first + 1 });
    await meet(state, state.valley);
    expect(await versionAt(state.valley, state)).toBe(first + 1);
    // The same backup again, for the restored disk broke too.
    state.clock.pass({ minutes: 5 });
    await restored();
    expect(await resultOf(...directory("publish"))).toMatchObject({ version: first + 5 * 60 });
    await meet(state, state.valley);
    expect(await versionAt(state.valley, state)).toBe(first + 5 * 60);
  });

  it("are an entity's alone, where something is said", async () => {
    for (const argv of [["publish"], ["add", "card.xml"], ["revoke", "2700105"]]) {
      const call = at(state, state.valley, "x", "directory", ...argv);
      expect(await errorOf(...call)).toMatchObject({ code: "ROLE_DIFFERS" });
    }
  });
});

describe("directory revoke", () => {
  it("asks, unless the fingerprint is named, and is for whoever may change keys", async () => {
    const { entity, prairie } = state;
    expect(await errorOf(...directory("revoke", prairie.id))).toMatchObject({
      code: "CONFIRMATION_NEEDED",
    });
    const fingerprint = await fingerprintOf(prairie);
    const revoke = directory("revoke", prairie.id, "--fingerprint", fingerprint);
    expect(await resultOf(...revoke)).toEqual({ agencyId: prairie.id, fingerprint });
    expect(await standings(entity, prairie)).toEqual(["Revoked"]);
    expect(await errorOf(...directory("add", prairie.card))).toMatchObject({
      code: "KEY_REVOKED",
    });
  });

  it("is followed by a warning if the new card has the SSH key of the stolen home", async () => {
    const { prairie, clock } = state;
    const typed = async (): Promise<string> => {
      const [argv, around] = directory("add", prairie.card);
      const { stdout, stderr } = await packetboat(argv, { ...around, typing: "no" });
      return stdout + stderr;
    };
    const fingerprint = await fingerprintOf(prairie);
    await resultOf(...directory("revoke", prairie.id, "--fingerprint", fingerprint));
    clock.pass({ minutes: 1 });
    const rotating = (...more: string[]) =>
      resultOf(...at(state, prairie, "x", "keys", "rotate", "--yes", ...more));
    await rotating();
    expect(await typed()).toContain("its SSH key is still the same");
    await rotating("--ssh");
    const asked = await typed();
    expect(asked).toContain("This is another key than the one that is known");
    expect(asked).not.toContain("SSH key");
  });
});
