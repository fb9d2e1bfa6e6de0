/** A letter is written once, whenever the power fails. */
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { newLocalId } from "../daemon/ids.ts";
import { exchangeUntil } from "./dying.ts";
import { localHarbor } from "./harbors.ts";
import { drop, newWorld, office, requestTo, withLedger, type World } from "./homes.ts";
import { CEDAR, takeList } from "./listed.ts";
import { type Snapshot, snapshot } from "./snapshots.ts";

let world: World;
let before: Snapshot;
/** Of the whole exchange. */
let writes: number;
beforeAll(async () => {
  world = await newWorld(new Date().toISOString());
  await takeList(world.valley);
  const text = await requestTo(world.prairie);
  await drop(world.valley, "request.xml", text.replace(world.prairie.id, CEDAR.agency_id));
  before = await snapshot(world);
  writes = (await exchange(Infinity)).writes;
});
afterAll(async () => {
  await before[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

async function exchange(at: number) {
  const connect = async () => localHarbor(world);
  await using run = await exchangeUntil(world, world.valley, at, () => ({ connect }));
  return { died: run.died, writes: run.writes };
}

const letters = (...path: string[]): string => office(world.valley, "letters", ...path);

/** What there is of letters, on the disk and in the ledger. */
async function account() {
  const rows = await withLedger(world.valley, async (ledger) => ({
    transfers: await ledger.selectFrom("transfers").select(["state", "on_paper"]).execute(),
    publications: await ledger.selectFrom("publications").select(["what", "state"]).execute(),
    messages: await ledger.selectFrom("messages_out").select("kind").execute(),
    agencies: await ledger
      .selectFrom("agencies")
      .select("source")
      .where("agency_id", "=", CEDAR.agency_id)
      .execute(),
  }));
  return { ...rows, folders: (await readdir(letters())).length };
}

const ONE_LETTER = {
  transfers: [{ state: "Requested", on_paper: 1 }],
  publications: [{ what: "letter", state: "PUBLISHED" }],
  messages: [],
  agencies: [{ source: "listed" }],
  folders: 1,
};

it("by an exchange that nothing hinders", async () => {
  expect(await account()).toEqual(ONE_LETTER);
});

it("by one that is killed at one of its writes, and the next", async () => {
  expect(writes).toBeGreaterThan(10);
  for (let at = 2; at <= writes; at += 3) {
    await before.restore();
    expect([at, (await exchange(at)).died]).toEqual([at, true]);
    await exchange(Infinity);
    // What a command might still have needed is swept after an hour.
    world.clock.pass({ hours: 2 });
    await exchange(Infinity);
    expect([at, await account()]).toEqual([at, ONE_LETTER]);
    const [name = ""] = await readdir(letters());
    expect(await readFile(letters(name, "letter.html"), "utf8")).toContain("1200 Main Street");
  }
});

it("between the transaction and the rename: it is shown by the next exchange", async () => {
  await before.restore();
  await exchange(Infinity);
  // As a kill leaves it there: the row is committed, and the folder stands hidden.
  await withLedger(world.valley, async (ledger) => {
    const { hidden_path, final_path } = await ledger
      .selectFrom("publications")
      .selectAll()
      .executeTakeFirstOrThrow();
    await rename(final_path, hidden_path);
    await ledger.updateTable("publications").set({ state: "READY" }).execute();
  });
  expect(await readdir(letters())).toEqual([expect.stringMatching(/^\.[0-9a-f-]{36}\.hidden$/)]);
  await exchange(Infinity);
  expect(await account()).toEqual(ONE_LETTER);
  expect(await readdir(letters())).toEqual([expect.stringMatching(/^.{4}-.{4}$/)]);
});

it("and not again when somebody has taken it", async () => {
  const [name = ""] = await readdir(letters());
  await rm(letters(name), { recursive: true });
  await exchange(Infinity);
  expect(await readdir(letters())).toEqual([]);
});

it("an exchange leaves what a command is filling, and sweeps what is old", async () => {
  await mkdir(letters(`.${newLocalId()}.hidden`));
  world.clock.set(new Date());
  await exchange(Infinity);
  expect(await readdir(letters())).toHaveLength(1);
  world.clock.pass({ hours: 2 });
  await exchange(Infinity);
  expect(await readdir(letters())).toEqual([]);
});
