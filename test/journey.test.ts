/** The README's example: a student's records, from the file in one outbox to the folder at the other. */
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startServer } from "../daemon/dropbox/server.ts";
import {
  asked,
  boxOf,
  drop,
  dropRelease,
  dropRequest,
  meet,
  newWorld,
  office,
  openAlerts,
  states,
  STUDENTS,
  type World,
} from "./homes.ts";
import { noOpenSsh, startOpenSsh } from "./openssh.ts";

const answerOf = async (...path: string[]): Promise<unknown> =>
  JSON.parse(await readFile(join(...path), "utf8"));

describe.each([
  { kind: "the embedded server", serve: startServer, skipped: false },
  { kind: "OpenSSH", serve: startOpenSsh, skipped: noOpenSsh },
])("two districts with boxes on $kind", ({ serve, skipped }) => {
  it.skipIf(skipped)(
    "bring a student's records from outbox to folder, with a receipt",
    async () => {
      await using world = await newWorld(undefined, serve);
      const { valley, prairie } = world;

      // The registrar asks.
      await dropRequest(world);
      expect((await meet(world, valley)).exit).toBe(0);
      expect(await readdir(office(valley, "outbox"))).toEqual([]);
      expect(await answerOf(office(valley, "sent", "request.xml.result.json"))).toMatchObject({
        outcome: "taken",
        results: [{ outcome: "taken", status: "Requested" }],
      });
      expect(await readdir(boxOf(world, prairie))).toEqual([
        expect.stringMatching(/^3900417_2700105_000000001_[0-9a-f]{16}\.xml\.pgp$/),
      ]);

      // The other district sees a case.
      expect((await meet(world, prairie)).exit).toBe(0);
      const [reference = ""] = await readdir(office(prairie, "requests"));
      expect(reference).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
      const page = await readFile(office(prairie, "requests", reference, "request.html"), "utf8");
      for (const shown of ["Abrams", "Jenna", "Example Valley Schools", "555-555-0140"]) {
        expect(page).toContain(shown);
      }
      expect(await openAlerts(prairie)).toEqual(["REQUEST_TO_RELEASE"]);
      await meet(world, valley);
      expect(await states(world)).toEqual(["RequestReceived", "RequestReceived"]);

      // It releases, with two documents.
      await dropRelease(world, reference);
      expect((await meet(world, prairie)).exit).toBe(0);
      expect(await states(world)).toEqual(["RequestReceived", "Released"]);
      expect(await openAlerts(prairie)).toEqual([]);

      // The records are there, all at once.
      expect((await meet(world, valley)).exit).toBe(0);
      const folder = office(valley, "records", reference);
      expect((await readdir(folder)).toSorted()).toEqual([
        "01-abrams-jenna.transcript.pdf",
        "02-abrams-jenna.immunization.pdf",
        "record.html",
        "record.xml",
      ]);
      const sent = await readFile(join(STUDENTS, "abrams-jenna.transcript.pdf"));
      expect(await readFile(join(folder, "01-abrams-jenna.transcript.pdf"))).toEqual(sent);
      expect(await readFile(join(folder, "record.html"), "utf8")).toContain("34 CFR 99.33");
      expect((await stat(folder)).mode & 0o7777).toBe(0o2770);
      expect(await openAlerts(valley)).toEqual(["RECORDS_RELEASED"]);

      // The receipt says so, and nothing is left in a box but what has not been read yet.
      await meet(world, prairie);
      expect(await states(world)).toEqual(["Delivered", "Delivered"]);
      expect(await readdir(boxOf(world, prairie))).toEqual([]);

      // And the import is told.
      await drop(valley, "done.xml", `<Imported><Reference>${reference}</Reference></Imported>`);
      await meet(world, valley);
      await meet(world, prairie);
      await meet(world, valley);
      expect(await states(world)).toEqual(["Imported", "Imported"]);
      expect(await openAlerts(valley)).toEqual([]);
      for (const district of [valley, prairie]) {
        expect(await readdir(join(district.folder, "state", "staging"))).toEqual([]);
        expect(await readdir(join(district.folder, "state", "intake"))).toEqual([]);
        expect(await readdir(join(district.folder, "quarantine"))).toEqual([]);
      }
    },
  );
});

describe("two districts that trust each other", () => {
  let world: World;
  beforeEach(async () => {
    world = await newWorld();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it("have nothing to say when nothing has happened", async () => {
    const result = await meet(world, world.valley);
    expect(Object.values(result.counts).every((count) => count === 0)).toBe(true);
    expect(result.exit).toBe(0);
  });

  it("hold, and then reject", async () => {
    const { valley, prairie } = world;
    const reference = await asked(world);
    const about = `<Reference>${reference}</Reference>`;
    await drop(
      prairie,
      "hold.xml",
      `<Hold>${about}<ReasonCode>StaffUnavailable</ReasonCode></Hold>`,
    );
    await meet(world, prairie);
    await meet(world, valley);
    expect(await states(world)).toEqual(["OnHold", "OnHold"]);
    expect(await openAlerts(valley)).toEqual(["REQUEST_ON_HOLD"]);
    await drop(
      prairie,
      "no.xml",
      `<Reject>${about}<ReasonCode>NotOurStudent</ReasonCode></Reject>`,
    );
    await meet(world, prairie);
    await meet(world, valley);
    expect(await states(world)).toEqual(["Rejected", "Rejected"]);
    expect(await openAlerts(valley)).toEqual(["REQUEST_REJECTED"]);
  });

  it("cancel, and what was on its way is not shown", async () => {
    const { valley, prairie } = world;
    const reference = await asked(world);
    await dropRelease(world, reference);
    await meet(world, prairie);
    // The two cross: the release lies in the box when the registrar cancels.
    await drop(valley, "stop.xml", `<Cancel><Reference>${reference}</Reference></Cancel>`);
    const crossing = await meet(world, valley);
    expect(crossing.exit).toBe(10);
    expect(await readdir(office(valley, "records"))).toEqual([]);
    await meet(world, prairie);
    await meet(world, valley);
    expect(await states(world)).toEqual(["Canceled", "Canceled"]);
  });

  it("withdraw a release in time, and keep nothing of its documents", async () => {
    const { prairie, valley } = world;
    const text = await readFile(prairie.configPath, "utf8");
    await writeFile(prairie.configPath, text.replace("holdBackMinutes: 0", "holdBackMinutes: 60"));
    const reference = await asked(world);
    await dropRelease(world, reference);
    await meet(world, prairie);
    expect(await states(world)).toEqual(["Requested", "ReleasePending"]);
    expect(await readdir(join(prairie.folder, "state", "staging"))).toHaveLength(2);
    world.clock.pass({ minutes: 59 });
    await drop(prairie, "stop.xml", `<Withdraw><Reference>${reference}</Reference></Withdraw>`);
    await meet(world, prairie);
    world.clock.pass({ minutes: 59 });
    await meet(world, prairie);
    await meet(world, valley);
    expect(await states(world)).toEqual(["RequestReceived", "RequestReceived"]);
    expect(await readdir(office(valley, "records"))).toEqual([]);
    expect(await readdir(join(prairie.folder, "state", "staging"))).toEqual([]);
  });

  it("recall what was sent by mistake", async () => {
    const { valley, prairie } = world;
    const reference = await asked(world);
    await dropRelease(world, reference);
    await meet(world, prairie);
    await meet(world, valley);
    const about = `<Reference>${reference}</Reference>`;
    await drop(prairie, "oh.xml", `<Recall>${about}<ReasonCode>WrongStudent</ReasonCode></Recall>`);
    await meet(world, prairie);
    await meet(world, valley);
    expect(await states(world)).toEqual(["Recalled", "Recalled"]);
    expect(await openAlerts(valley)).toEqual(["RECORDS_RECALLED"]);
    expect(await readdir(office(valley, "records"))).toContain(`${reference}-recalled`);
    expect(await openAlerts(prairie)).toContain("RECALL_NOT_CONFIRMED");
    await meet(world, prairie);
    expect(await openAlerts(prairie)).not.toContain("RECALL_NOT_CONFIRMED");
  });

  it("close a request that nobody answered when its time is over", async () => {
    const { prairie, valley } = world;
    await asked(world);
    world.clock.pass({ days: 61 });
    await meet(world, prairie);
    expect(await states(world)).toEqual(["Requested", "Expired"]);
    world.clock.pass({ days: 7 });
    await meet(world, valley);
    expect(await states(world)).toEqual(["Expired", "Expired"]);
  });
});
