/**
 * The journey of a record as two daemons make it, over a real sshd: two nights of the winter's end, of
 * which the second has no 02:30, and one night of autumn that has two.
 */
import { readdir } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ChildDaemon, ShiftedClock } from "./child-daemons.ts";
import {
  type District,
  drop,
  dropRelease,
  dropRequest,
  newWorld,
  office,
  openAlerts,
  states,
  type World,
} from "./homes.ts";
import { noOpenSsh, startOpenSsh } from "./openssh.ts";
import { configure, nightly, nightsOf } from "./scene.ts";
import { until } from "./until.ts";

let world: World;
let clock: ShiftedClock;

async function begin(at: string, nightlyAt: string): Promise<void> {
  world = await newWorld(at, startOpenSsh);
  clock = await ShiftedClock.at(world.folder, at);
  for (const home of [world.valley, world.prairie]) {
    await configure(home, nightly(nightlyAt));
  }
}

/** When the full exchanges began, to the minute. */
const fullExchanges = ({ lines }: ChildDaemon): string[] =>
  lines
    .filter(({ message, scope }) => message === "Exchange begun" && scope === "everything")
    .map(({ time }) => time.slice(0, 16));

/** Until what was dropped was taken. */
const taken = (home: District, name: string): Promise<unknown> =>
  until(`${name} is taken`, async () => (await readdir(office(home, "sent"))).includes(name));

describe.skipIf(noOpenSsh)("two daemons on a real sshd", { timeout: 180_000 }, () => {
  beforeEach(() => begin("2027-03-13T18:00:00Z", "02:30"));
  afterEach(() => world[Symbol.asyncDispose]());

  it("bring a student's records across by themselves, at night, over a change of the clock", async () => {
    const { valley, prairie } = world;
    await using asking = new ChildDaemon(valley, clock);
    await using answering = new ChildDaemon(prairie, clock);
    await asking.says("Daemon sleeps");
    await answering.says("Daemon sleeps");

    // Saturday noon: the registrar asks. The document is taken at once, and leaves at night.
    await dropRequest(world);
    await taken(valley, "request.xml");
    await clock.set("2027-03-14T07:58:00Z");
    await asking.look();
    expect(await states(world)).toEqual(["Requested", ""]);
    expect(await readdir(office(prairie, "requests"))).toEqual([]);

    // The hour from two to three is skipped: the night is at three.
    await clock.set("2027-03-14T08:00:00Z");
    await asking.look();
    await answering.look();
    await clock.set("2027-03-14T08:16:00Z");
    await answering.look();
    await asking.look();
    const [reference = ""] = await readdir(office(prairie, "requests"));
    await clock.set("2027-03-14T08:32:00Z");
    await asking.look();
    expect(await states(world)).toEqual(["RequestReceived", "RequestReceived"]);

    // Monday morning: the other registrar releases, with two documents.
    await clock.set("2027-03-15T14:00:00Z");
    await asking.look();
    await answering.look();
    await dropRelease(world, reference);
    await taken(prairie, "release.xml");
    expect((await states(world))[1]).toBe("ReleasePending");
    await clock.set("2027-03-16T07:30:00Z");
    await answering.look();
    await clock.set("2027-03-16T07:46:00Z");
    await asking.look();
    expect((await readdir(office(valley, "records", reference))).toSorted()).toEqual([
      "01-abrams-jenna.transcript.pdf",
      "02-abrams-jenna.immunization.pdf",
      "record.html",
      "record.xml",
    ]);
    await clock.set("2027-03-16T08:02:00Z");
    await answering.look();
    expect(await states(world)).toEqual(["Delivered", "Delivered"]);

    // And the import is told.
    await drop(valley, "done.xml", `<Imported><Reference>${reference}</Reference></Imported>`);
    await taken(valley, "done.xml");
    for (const at of ["2027-03-16T08:18:00Z", "2027-03-16T08:34:00Z"]) {
      await clock.set(at);
      await asking.look();
      await answering.look();
    }
    expect(await states(world)).toEqual(["Imported", "Imported"]);
    expect(await openAlerts(valley)).toEqual([]);
    expect(await openAlerts(prairie)).toEqual([]);

    // Each night once: Sunday's at three, Monday's late, for the machines slept.
    const nights = ["2027-03-14 made 1", "2027-03-15 made 1", "2027-03-16 made 1"];
    expect([await nightsOf(valley), await nightsOf(prairie)]).toEqual([nights, nights]);
    const begun = ["2027-03-14T08:00", "2027-03-15T14:00"];
    expect(fullExchanges(answering)).toEqual([...begun, "2027-03-16T07:30"]);
    expect(fullExchanges(asking)).toEqual([...begun, "2027-03-16T07:46"]);
    await asking.end();
    await answering.end();
    expect([asking.complaints, answering.complaints]).toEqual(["", ""]);
  });
});

describe.skipIf(noOpenSsh)("a daemon on a real sshd", { timeout: 120_000 }, () => {
  beforeEach(() => begin("2027-11-06T18:00:00Z", "01:30"));
  afterEach(() => world[Symbol.asyncDispose]());

  it("exchanges once in the night that has its hour twice, also when it is killed in between", async () => {
    const { valley } = world;
    {
      await using daemon = new ChildDaemon(valley, clock);
      await daemon.says("Daemon sleeps");
      await clock.set("2027-11-07T06:29:50Z");
      await daemon.look();
      expect(await nightsOf(valley)).toEqual([]);
      await clock.set("2027-11-07T06:30:00Z");
      await daemon.look();
      expect(fullExchanges(daemon)).toEqual(["2027-11-07T06:30"]);
    }
    await clock.set("2027-11-07T07:30:00Z");
    await using daemon = new ChildDaemon(valley, clock);
    await daemon.says("Daemon sleeps");
    await daemon.look();
    expect(fullExchanges(daemon)).toEqual([]);
    expect(await nightsOf(valley)).toEqual(["2027-11-07 made 1"]);
    await daemon.end();
  });
});
