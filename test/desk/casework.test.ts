import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  asked,
  meet,
  newWorld,
  office,
  openAlerts,
  states,
  withLedger,
  type World,
} from "../homes.ts";
import { configure, messagesFrom } from "../scene.ts";
import { addDocument, caseFolder, fillIn, statusIn, visibleIn } from "./registrar.ts";

let world: World;
let reference: string;
let folder: string;
let done: string;
beforeEach(async () => {
  world = await newWorld();
  reference = await asked(world);
  folder = caseFolder(world.prairie, reference);
  done = caseFolder(world.prairie, reference, "done");
});
afterEach(async () => world[Symbol.asyncDispose]());

const meetPrairie = () => meet(world, world.prairie);
const holdBack = (value: number) =>
  configure(world.prairie, { at: ["releases", "holdBackMinutes"], value });

const eventsAt = () =>
  withLedger(world.prairie, async (ledger) => {
    const rows = await ledger
      .selectFrom("transfer_events")
      .select("event")
      .orderBy("event_id")
      .execute();
    return rows.map(({ event }) => event);
  });

const attachments = () =>
  withLedger(world.prairie, async (ledger) => {
    const rows = await ledger
      .selectFrom("attachments_out")
      .selectAll()
      .orderBy("attachment_id")
      .execute();
    return rows.map(({ file_name, section }) => `${file_name} ${section ?? "beside"}`);
  });

describe("a new request", () => {
  it("makes a case folder with a form, and says nothing until something is decided", async () => {
    expect(await visibleIn(folder)).toEqual([
      "decision.txt",
      "documents",
      "request.html",
      "request.xml",
    ]);
    await meetPrairie();
    expect(await visibleIn(folder)).not.toContain("status.txt");
    expect(await states(world)).toEqual(["Requested", "RequestReceived"]);
  });
});

describe("a release in a folder", () => {
  it("of documents alone leaves, and the folder moves to done", async () => {
    await addDocument(folder);
    await addDocument(folder, "letter.pdf");
    await fillIn(folder, {
      Decision: "release",
      "Not available": "Immunization, Discipline:NotKept",
    });
    await meetPrairie();
    expect(await states(world)).toEqual(["Requested", "Released"]);
    expect(await visibleIn(office(world.prairie, "requests"))).toEqual([]);
    expect(await visibleIn(done)).toEqual([
      "decision-1.txt",
      "decision.txt",
      "documents",
      "request.html",
      "request.xml",
      "status.txt",
    ]);
    expect(await statusIn(done)).toContain("The records have left");
    expect(await attachments()).toEqual(["letter.pdf beside", "Transcript 2024.pdf Transcript"]);
    await meet(world, world.valley);
    await meetPrairie();
    expect(await statusIn(done)).toContain("The records arrived");
  });

  it("waits for the hold-back, and an emptied decision stops it", async () => {
    await holdBack(60);
    await addDocument(folder);
    await fillIn(folder, { Decision: "release" });
    await meetPrairie();
    expect(await states(world)).toEqual(["Requested", "ReleasePending"]);
    const status = await statusIn(folder);
    expect(status).toMatch(
      /The records leave with the first exchange after July 19, 2024 at 10:\d\d AM CDT\./,
    );
    expect(status).toContain("Transcript 2024.pdf (Transcript)");
    expect(status).toMatch(/\r\n/);
    await fillIn(folder, { Decision: "" });
    await meetPrairie();
    expect(await states(world)).toEqual(["Requested", "RequestReceived"]);
    expect(await statusIn(folder)).toContain("Nothing is decided now.");
    world.clock.pass({ hours: 2 });
    await meetPrairie();
    expect(await states(world)).toEqual(["Requested", "RequestReceived"]);
    expect((await messagesFrom(world.prairie)).map(({ state }) => state)).toContain("WITHDRAWN");
  });
});
