/** The districts of a state that gave no card: every district finds them, and nothing drowns in them. */
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { enroll, settle } from "../../daemon/commands/demo/world.ts";
import { isOnlyListed } from "../../daemon/directory/directory.ts";
import { isOnlyNamed } from "../../daemon/directory/address.ts";
import { Partners } from "../../daemon/directory/partners.ts";
import { parseAgencyId } from "../../daemon/ids.ts";
import { listAgencies, removeAgency } from "../../daemon/ledger/agencies.ts";
import { keysOfAgency } from "../../daemon/ledger/agency-keys.ts";
import { packetboat, resultOf } from "../commands/terminal.ts";
import { at, known, published, said, spread, standings } from "../directories.ts";
import { type District, openAlerts, withLedger } from "../homes.ts";
import { newState, type State } from "../states.ts";
import { exported, EXPORT_HEADER, EXTRACT_HEADER, listOf } from "./lists.ts";

let state: State;
beforeEach(async () => {
  state = await newState();
});
afterEach(() => state[Symbol.asyncDispose]());

const typed = (home: District, ...argv: string[]) => at(state, home, "example.approver", ...argv);

async function take(home: District, text: string): Promise<unknown> {
  const path = join(state.folder, "districts.csv");
  await writeFile(path, text);
  return resultOf(...typed(home, "directory", "import", path));
}

const LAKE = exported({ id: "2799001", name: "Example Lake Schools", zip: "55099" });
const HILL = exported({ id: "2799002", name: "Example Hill Schools", status: "Closed" });
const PRAIRIE = exported({ id: "2700105", name: "Prairie As The List Has It" });
const ELSEWHERE = exported({ id: "1999001", name: "Example Of Iowa", state: "IA" });

describe("the entity's list", () => {
  it("is in its directory without boxes and keys, but for who gave a card or is of another state", async () => {
    await take(state.entity, listOf(EXPORT_HEADER, LAKE, HILL, PRAIRIE, ELSEWHERE));
    await spread(state, state.valley);
    const { Agency: agencies = [] } = await said(state);
    expect(agencies.map(({ AgencyId: id }) => id)).toEqual(
      "2700012 2700105 2700417 2799001 2799002".split(" "),
    );
    expect(agencies.filter(isOnlyListed)).toEqual([
      expect.objectContaining({ AgencyId: "2799001", AgencyStatus: "NotParticipating" }),
      expect.objectContaining({ AgencyId: "2799002", AgencyStatus: "Closed" }),
    ]);
    const locating = typed(state.valley, "locate", "--state=MN", "--name=example lake");
    expect(await resultOf(...locating)).toMatchObject([
      { agencyId: "2799001", zip: "55099", knownBy: "directory", canBeAsked: false },
    ]);
  });

  it("is told of in the directory only as far as city and ZIP are known", async () => {
    const short = listOf(EXTRACT_HEADER, "2799001,Example Lake,MN,Lake,Lake,1");
    expect(await take(state.entity, short)).toMatchObject({ ofState: { named: 0, notNamed: 1 } });
    expect(await take(state.valley, short)).toMatchObject({ ofState: null });
    await spread(state);
    expect((await said(state)).Agency?.filter(isOnlyListed)).toEqual([]);
  });

  it("does not drown who takes part", async () => {
    const { entity, valley } = state;
    await take(entity, listOf(EXPORT_HEADER, LAKE, HILL));
    expect(await resultOf(...typed(entity, "directory", "publish"))).toMatchObject({
      agencies: 3,
      onlyListed: 2,
    });
    await spread(state, valley);
    for (const [home, others] of [
      [entity, 3],
      [valley, 2],
    ] as const) {
      expect(await resultOf(...typed(home, "directory", "list"))).toHaveLength(others);
      expect(await resultOf(...typed(home, "directory", "show"))).toMatchObject({
        districts: others,
      });
    }
    const { stdout } = await packetboat(...typed(valley, "directory", "list"));
    expect(stdout).toContain("2 districts more of the directory never gave a card");
    expect(await openAlerts(valley)).toEqual([]);
    expect(await openAlerts(entity)).not.toContain("NOT_JOINED");
  });

  it("lets nobody address who is only on it", async () => {
    await take(state.entity, listOf(EXPORT_HEADER, LAKE));
    await spread(state, state.valley);
    await withLedger(state.valley, async (ledger) => {
      const partners = new Partners(ledger, { isTest: true, now: state.clock.now });
      await expect(partners.find(parseAgencyId("2799001"))).rejects.toMatchObject({
        code: "AGENCY_NOT_PARTICIPATING",
      });
    });
  });
});

describe("a district of the list", () => {
  const id = parseAgencyId("2799001");

  it("that gives its card is listed with it, and its key is believed", async () => {
    const { entity, valley } = state;
    await take(entity, listOf(EXPORT_HEADER, LAKE));
    await spread(state, valley);
    const place = { city: "Lake City", state: "MN", zip: "55098", timeZone: "America/Chicago" };
    const lake = await settle(
      state.server,
      join(state.folder, id),
      { ...place, id, name: "Example Lake Schools", phone: "555-555-0111" },
      state.clock,
    );
    await enroll(entity, lake, state.clock);
    await spread(state, valley);
    expect(await known(valley, lake)).toMatchObject({ zip: "55098", status: "Participating" });
    expect(await standings(valley, lake)).toEqual(["Current"]);
    expect(await openAlerts(valley)).toEqual([]);
  });

  it("that is on it no more takes no part, and nobody is to compare a key", async () => {
    const { entity, valley } = state;
    await take(entity, listOf(EXPORT_HEADER, LAKE, HILL));
    await spread(state, valley);
    await withLedger(entity, (ledger) => ledger.deleteFrom("listed_districts").execute());
    await spread(state, valley);
    await withLedger(valley, async (ledger) => {
      const rows = (await listAgencies(ledger)).filter(isOnlyNamed);
      expect(rows.map(({ status }) => status)).toEqual(["NotParticipating", "NotParticipating"]);
    });
    expect(await openAlerts(valley)).toEqual([]);
  });

  it("whose card was taken back keeps the key by which it is known, and only that one comes again", async () => {
    const { entity, valley, prairie, clock } = state;
    await spread(state, valley);
    const before = await withLedger(valley, (ledger) => keysOfAgency(ledger, prairie.id));
    await take(entity, listOf(EXPORT_HEADER, PRAIRIE));
    await withLedger(entity, (ledger) => removeAgency(ledger, prairie.id, clock.now()));
    await spread(state, valley);
    expect(await known(valley, prairie)).toMatchObject({ status: "NotParticipating" });
    expect(await withLedger(valley, (ledger) => keysOfAgency(ledger, prairie.id))).toEqual(before);
    await enroll(entity, prairie, clock);
    await spread(state, valley);
    expect(await known(valley, prairie)).toMatchObject({ status: "Participating" });
    expect(await standings(valley, prairie)).toEqual(["Current"]);
    expect(await openAlerts(valley)).toEqual([]);
  });
});

it("a list as long as California's is published and taken in seconds, and stays small", async () => {
  const rows = Array.from({ length: 2112 }, (_, nth) =>
    exported({
      id: String(2_750_000 + nth),
      number: `MN-${1_964_212 + nth}`,
      name: `Example Union Elementary School District ${nth}`,
      city: "Rancho Example Springs",
      zip4: "1234",
    }),
  );
  await take(state.entity, listOf(EXPORT_HEADER, ...rows));
  const began = performance.now();
  await spread(state);
  const publishedAt = performance.now();
  await spread(state, state.valley);
  const takenAt = performance.now();
  const { size } = await stat(published(state));
  const figures = {
    fileKilobytes: Math.round(size / 1000),
    publishMs: Math.round(publishedAt - began),
    takeMs: Math.round(takenAt - publishedAt),
  };
  if (process.env["SHOW_FIGURES"]) process.stderr.write(`${JSON.stringify(figures)}\n`);
  expect(size).toBeLessThan(3_000_000);
  expect(takenAt - began).toBeLessThan(30_000);
  await withLedger(state.valley, async (ledger) => {
    expect((await listAgencies(ledger)).filter(isOnlyNamed)).toHaveLength(2112);
  });
});
