/** A decision in a case folder, and a program that ends at any point of it: nothing is lost or doubled. */
import { createHook } from "node:async_hooks";
import { lstat, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { homePaths } from "../../daemon/config.ts";
import { lookAtCases, type SeenCase } from "../../daemon/desk/case/look.ts";
import { sideBySide } from "../../daemon/side-by-side.ts";
import { newLocalId, newTransferId, type Reference, referenceOf } from "../../daemon/ids.ts";
import { addCase, changeCase } from "../../daemon/ledger/cases.ts";
import { decisionForm } from "../../daemon/desk/case/decision-form.ts";
import { startDaemon } from "../daemons.ts";
import { exchangeUntil } from "../dying.ts";
import { localHarbor } from "../harbors.ts";
import { asked, meet, newWorld, office, states, withLedger, type World } from "../homes.ts";
import { configure, messagesFrom } from "../scene.ts";
import { snapshot, type Snapshot } from "../snapshots.ts";
import { addDocument, caseFolder, fillIn, statusIn, visibleIn } from "./registrar.ts";

/** At how many points, spread over the exchange, it is cut off. */
const CUTS = 16;

/** As many as the look has under way at once. */
const QUESTIONS_AT_ONCE = 16;
/** Bare questions that may cost as much as one folder of a look, its row in the ledger with it; it costs three or four. */
const MOST_QUESTIONS = 8;
/** A look's other questions: which folders there are, and on what. */
const FEW_QUESTIONS = 20;

/** How many questions are put to file systems meanwhile. */
async function questionsIn(work: () => Promise<unknown>): Promise<number> {
  let questions = 0;
  const hook = createHook({
    init: (_id, type) => {
      if (type === "FSREQPROMISE") questions++;
    },
  }).enable();
  try {
    await work();
  } finally {
    hook.disable();
  }
  return questions;
}

describe("a release in a case folder, cut off", () => {
  let world: World;
  let before: Snapshot;
  let reference: string;
  let writes: number;
  beforeAll(async () => {
    world = await newWorld(new Date().toISOString());
    reference = await asked(world);
    const folder = caseFolder(world.prairie, reference);
    await addDocument(folder);
    await fillIn(folder, { Decision: "release" });
    before = await snapshot(world);
    await using run = await cutAt(Infinity);
    ({ writes } = run);
  }, 60_000);
  afterAll(async () => {
    await before[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });
  beforeEach(() => before.restore());

  const cutAt = (at: number) =>
    exchangeUntil(world, world.prairie, at, () => ({ connect: async () => localHarbor(world) }));

  const cuts = Array.from({ length: CUTS }, (_, index) => index);
  it.each(cuts)(
    "at point %i of 16, is made once in the end",
    async (index) => {
      const at = 1 + Math.floor((index * writes) / CUTS);
      await using first = await cutAt(at);
      expect(first.died).toBe(true);
      await using second = await cutAt(Infinity);
      // What was copied and is in no release is swept when it is old.
      world.clock.pass({ days: 2 });
      await using third = await cutAt(Infinity);
      expect([second.died, third.died]).toEqual([false, false]);
      const said = (await messagesFrom(world.prairie)).filter(
        ({ kind }) => kind === "TransferRelease",
      );
      expect(said).toHaveLength(1);
      const done = caseFolder(world.prairie, reference, "done");
      expect(await visibleIn(done)).toEqual([
        "decision-1.txt",
        "decision.txt",
        "documents",
        "request.html",
        "request.xml",
        "status.txt",
      ]);
      expect(await statusIn(done)).toContain("The records have left");
      expect(await visibleIn(office(world.prairie, "requests"))).toEqual([]);
      const { staging } = homePaths({ home: world.prairie.folder });
      expect(await readdir(staging)).toEqual([]);
      const events = await withLedger(world.prairie, (ledger) =>
        ledger.selectFrom("transfer_events").select("event").orderBy("event_id").execute(),
      );
      expect(events.map(({ event }) => event)).toEqual(["Original", "Release", "ReleaseSent"]);
    },
    30_000,
  );
});

describe("the daemon", () => {
  let world: World;
  beforeEach(async () => {
    world = await newWorld();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it("takes a decision when its folder has held still, and makes no exchange for one with faults twice", async () => {
    const { prairie, clock } = world;
    const folder = caseFolder(prairie, await asked(world));
    const ready = { unchangedForSeconds: 1, decisionUnchangedForSeconds: 120 };
    await configure(prairie, { at: ["releases", "holdBackMinutes"], value: 60 });
    await configure(prairie, { at: ["dropFolders", "office", "ready"], value: ready });
    await using daemon = await startDaemon(world, prairie);
    const before = daemon.scopes().length;
    await fillIn(folder, { Decision: "release" });
    await daemon.look();
    clock.pass({ minutes: 1 });
    await daemon.look();
    expect(daemon.scopes()).toHaveLength(before);
    clock.pass({ minutes: 1 });
    await daemon.look();
    await daemon.look();
    expect(daemon.scopes().slice(before)).toEqual(["take"]);
    expect(await statusIn(folder)).toContain("There is nothing to send.");
    await addDocument(folder);
    await daemon.look();
    clock.pass({ minutes: 2 });
    await daemon.look();
    expect(daemon.scopes().slice(before)).toEqual(["take", "take"]);
    expect((await states(world))[1]).toBe("ReleasePending");
    await fillIn(folder, { Decision: "" });
    await daemon.look();
    expect((await states(world))[1]).toBe("RequestReceived");
  });
});

describe("a thousand untouched case folders", () => {
  let world: World;
  beforeAll(async () => {
    world = await newWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it("cost two questions each, and little time", async () => {
    const { prairie } = world;
    await asked(world);
    await meet(world, prairie);
    const names: string[] = [];
    await withLedger(prairie, (ledger) =>
      ledger.transaction().execute(async (db) => {
        const [like] = await db.selectFrom("transfers").selectAll().execute();
        if (!like) throw new Error("nobody asked");
        for (let number = 0; number < 1000; number++) {
          const transferId = newTransferId();
          const name = referenceOf(transferId);
          const row = { ...like, transfer_id: transferId, reference: name };
          await db.insertInto("transfers").values(row).execute();
          const caseId = newLocalId();
          const transfer = { requesterId: like.requester_id, transferId };
          await addCase(db, { caseId, dropFolder: "office", transfer });
          await changeCase(db, caseId, { place: "requests", name });
          names.push(name);
        }
      }),
    );
    for (const name of names) {
      const folder = office(prairie, "requests", name);
      await mkdir(folder);
      await writeFile(join(folder, "decision.txt"), decisionForm(name as Reference, "undecided"));
    }
    await withLedger(prairie, async (ledger) => {
      const look = async () => {
        const cases = lookAtCases({
          ledger,
          dropFolder: "office",
          folders: { requests: office(prairie, "requests"), done: office(prairie, "done") },
          unchangedForSeconds: 120,
          timeZone: "America/Chicago",
          at: world.clock.now(),
        });
        const seen: SeenCase[] = [];
        for await (const some of cases) seen.push(...some);
        return seen;
      };
      const ask = () =>
        sideBySide(
          names,
          (name) => lstat(office(prairie, "requests", name, "decision.txt")),
          QUESTIONS_AT_ONCE,
        );
      // Of the processor, beside what bare questions take here and now: machines and hours differ.
      const costOf = async (what: () => Promise<unknown>): Promise<number> => {
        const from = process.cpuUsage();
        await what();
        const { user, system } = process.cpuUsage(from);
        return user + system;
      };
      const spent = { looks: 0, questions: 0 };
      expect(await look()).toHaveLength(1001);
      const questions = await questionsIn(look);
      expect(questions).toBeGreaterThanOrEqual(2 * 1001);
      expect(questions).toBeLessThan(2 * 1001 + FEW_QUESTIONS);
      for (let round = 0; round < 5; round++) {
        spent.looks += await costOf(look);
        spent.questions += await costOf(ask);
      }
      expect(spent.looks / spent.questions).toBeLessThan(MOST_QUESTIONS);
    });
  }, 60_000);
});

it("a case folder of an older home whose mark was written, and no row, gets its form all the same", async () => {
  await using world = await newWorld();
  const reference = await asked(world);
  const folder = office(world.prairie, "requests", reference);
  await rm(join(folder, "decision.txt"));
  await withLedger(world.prairie, (ledger) => ledger.deleteFrom("cases").execute());
  await meet(world, world.prairie);
  expect(await readdir(folder)).toContain("decision.txt");
});
