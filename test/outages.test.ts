/** Servers, lines and boxes that fail: told once, tried again, and nothing lost or doubled. */
import { readdirSync } from "node:fs";
import { readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { homePaths } from "../daemon/config.ts";
import { newSshKey } from "../daemon/dropbox/sshkeys.ts";
import { type ErrorCode, PacketboatError } from "../daemon/errors.ts";
import { type RoughLine, roughLine } from "./dropbox/rough-line.ts";
import { failingHarbor, meetWith, refusing, thenGone } from "./harbors.ts";
import {
  asked,
  boxOf,
  type District,
  drop,
  dropRelease,
  dropRequest,
  meet,
  newWorld,
  office,
  openAlerts,
  requestTo,
  states,
  type World,
} from "./homes.ts";
import {
  alertsAt,
  alertsWithCause,
  claimOn,
  configure,
  date,
  everythingIn,
  inBox,
  neighbour,
  reachBy,
} from "./scene.ts";
import { type Snapshot, snapshot } from "./snapshots.ts";

let world: World;
let atFirst: Snapshot;
beforeAll(async () => {
  world = await newWorld();
  atFirst = await snapshot(world);
});
beforeEach(() => atFirst.restore());
afterAll(async () => {
  await atFirst[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** A request is in the outbox; three exchanges fail alike, and are told by one open alert. */
async function expectHindered(exit: number, alert: string): Promise<void> {
  const { valley, prairie } = world;
  await dropRequest(world);
  for (let times = 0; times < 3; times++) expect((await meet(world, valley)).exit).toBe(exit);
  expect(await alertsWithCause(valley)).toEqual([alert]);
  expect(await inBox(world, prairie)).toEqual([]);
  expect(await everythingIn(join(valley.folder, "reports", "it"))).toContain(alert.split(" ")[0]);
}

/** What hindered is mended: what waited leaves, and the alert closes by itself. */
async function expectMended(): Promise<void> {
  const { valley, prairie } = world;
  expect((await meet(world, valley)).exit).toBe(0);
  expect(await alertsAt(valley)).toEqual([]);
  expect(await inBox(world, prairie)).toHaveLength(1);
  expect((await states(world))[0]).toBe("Requested");
}

describe("a server", () => {
  it("that has enough callers, and says so", async () => {
    const { valley, server } = world;
    await using line = await roughLine(server.port);
    await reachBy(valley, line);
    line.refuse("Exceeded MaxStartups\r\n");
    await expectHindered(4, "SERVER_UNREACHABLE BOX_UNREACHABLE");
    expect(line.done.refused).toBe(3);
    line.mend();
    await expectMended();
  });

  it("that cannot be reached", async () => {
    const { valley, server } = world;
    const line = await roughLine(server.port);
    await reachBy(valley, line);
    await line[Symbol.asyncDispose]();
    await expectHindered(4, "SERVER_UNREACHABLE BOX_UNREACHABLE");
    await reachBy(valley, server);
    await expectMended();
  });

  it("that shows another host key", async () => {
    const { valley, server } = world;
    const other = `SHA256:${"A".repeat(43)}`;
    await configure(valley, { at: ["server", "hostKeys"], value: [other] });
    await expectHindered(5, "HOST_KEY_CHANGED");
    const [{ facts } = { facts: {} }] = await alertsAt(valley);
    expect(facts).toEqual({ expected: other, found: server.hostKey });
    await configure(valley, { at: ["server", "hostKeys"], value: [server.hostKey] });
    await expectMended();
  });

  it("that refuses our SSH key", async () => {
    const { sshKey } = homePaths({ home: world.valley.folder });
    const ours = await readFile(sshKey);
    await writeFile(sshKey, newSshKey("another").privateKey);
    await expectHindered(4, "SERVER_UNREACHABLE BOX_LOGIN_REFUSED");
    await writeFile(sshKey, ours);
    await expectMended();
  });

  it("without our own box still takes what we send", async () => {
    const { valley, prairie } = world;
    await dropRequest(world);
    await rename(boxOf(world, valley), `${boxOf(world, valley)}.away`);
    for (let times = 0; times < 3; times++) expect((await meet(world, valley)).exit).toBe(4);
    expect(await alertsWithCause(valley)).toEqual(["SERVER_UNREACHABLE BOX_NOT_FOUND"]);
    await rename(`${boxOf(world, valley)}.away`, boxOf(world, valley));
    await meet(world, prairie);
    expect((await meet(world, valley)).exit).toBe(0);
    expect(await alertsAt(valley)).toEqual([]);
    expect(await states(world)).toEqual(["RequestReceived", "RequestReceived"]);
  });
});

it("our own disk, when it is full, is told of once, and what came stays in the box until there is room", async () => {
  const { valley, prairie } = world;
  await dropRequest(world);
  await meet(world, valley);
  const waiting = await inBox(world, prairie);
  const full = { connect: () => Promise.reject(new PacketboatError("DISK_FULL", "no room")) };
  for (let times = 0; times < 3; times++) await meetWith(world, prairie, () => full);
  expect(await openAlerts(prairie)).toEqual(["DISK_FULL"]);
  expect(await inBox(world, prairie)).toEqual(waiting);
  expect((await meet(world, prairie)).counts).toMatchObject({ taken: 1 });
  expect(await openAlerts(prairie)).toEqual(["REQUEST_TO_RELEASE"]);
});

describe("the box of one partner", () => {
  let corners: District;
  beforeEach(async () => {
    corners = await neighbour(world);
    await drop(world.valley, "other.xml", await requestTo(corners));
    await dropRequest(world);
  });

  const expectOthersServed = async (): Promise<void> => {
    expect(await inBox(world, corners)).toHaveLength(1);
    expect(await readdir(join(world.valley.folder, "state", "sealed"))).toHaveLength(2);
  };

  it("that is not there is told once; the others are served, and it later", async () => {
    const { valley, prairie, clock } = world;
    await rename(boxOf(world, prairie), `${boxOf(world, prairie)}.away`);
    const first = await meet(world, valley);
    expect([first.exit, first.counts.failed, first.counts.sent]).toEqual([10, 1, 1]);
    for (let times = 0; times < 2; times++) {
      clock.pass({ minutes: 10 });
      await meet(world, valley);
    }
    expect(await alertsWithCause(valley)).toEqual(["PARTNER_UNREACHABLE BOX_NOT_FOUND"]);
    await expectOthersServed();
    await rename(`${boxOf(world, prairie)}.away`, boxOf(world, prairie));
    clock.pass({ hours: 6 });
    expect((await meet(world, valley)).counts).toMatchObject({ sent: 1, failed: 0 });
    expect(await alertsAt(valley)).toEqual([]);
    expect(await inBox(world, prairie)).toHaveLength(1);
  });

  it.each<ErrorCode>(["BOX_DENIED", "BOX_FULL", "BOX_FAILED"])(
    "that fails with %s leaves the others alone",
    async (code) => {
      const { valley, prairie } = world;
      const { exit, counts } = await meetWith(world, valley, ({ outbound }) => ({
        outbound: (harbor) => {
          const parts = outbound(harbor);
          const boxFor: typeof parts.boxOf = (id) =>
            id === prairie.id ? refusing(parts.boxOf(id), code) : parts.boxOf(id);
          return { ...parts, boxOf: boxFor };
        },
      }));
      expect([exit, counts.failed, counts.sent]).toEqual([10, 1, 1]);
      expect(await alertsWithCause(valley)).toEqual([`PARTNER_UNREACHABLE ${code}`]);
      await expectOthersServed();
    },
  );
});

describe("a line that drops", () => {
  let line: RoughLine;
  beforeEach(async () => {
    line = await roughLine(world.server.port);
  });
  afterEach(() => line[Symbol.asyncDispose]());

  it("in the middle of an upload leaves nothing that could be taken, and all arrives once", async () => {
    const { valley, prairie } = world;
    await asked(world);
    await meet(world, valley);
    await reachBy(prairie, line);
    const [reference = ""] = await readdir(office(prairie, "requests"));
    await dropRelease(world, reference);
    const big = Buffer.concat([
      await readFile(office(prairie, "outbox", "abrams-jenna.transcript.pdf")),
      Buffer.alloc(4 * 2 ** 20),
    ]);
    await writeFile(office(prairie, "outbox", "abrams-jenna.transcript.pdf"), big);

    const under = meet(world, prairie);
    await vi.waitUntil(async () => (await sizeOfPart(valley)) > 0, {
      timeout: 20_000,
      interval: 1,
    });
    line.cut();
    line.refuse();
    expect((await under).exit).toBe(4);
    expect((await inBox(world, valley)).filter((name) => !name.startsWith("."))).toEqual([]);

    line.mend();
    expect((await meet(world, prairie)).exit).toBe(0);
    expect((await inBox(world, valley)).filter((name) => name.startsWith("."))).toEqual([]);
    await meet(world, valley);
    expect(await readdir(office(valley, "records"))).toEqual([reference]);
    const came = office(valley, "records", reference, "01-abrams-jenna.transcript.pdf");
    expect(await readFile(came)).toEqual(big);
  });

  const sizeOfPart = async (home: District): Promise<number> => {
    const [part] = (await inBox(world, home)).filter((name) => name.startsWith("."));
    if (part === undefined) return 0;
    return (await stat(boxOf(world, home, part)).catch(() => null))?.size ?? 0;
  };

  it("once in each exchange costs nothing: it is had anew, and nobody needs to know", async () => {
    const { valley, prairie } = world;
    await reachBy(valley, line);
    await reachBy(prairie, line);
    await dropRequest(world);
    const inTheBoxOf = (home: District) => (): boolean =>
      readdirSync(boxOf(world, home)).length > 0;
    line.spoil({ harm: "cut", way: "toClient", when: inTheBoxOf(prairie) });
    expect((await meet(world, valley)).counts).toMatchObject({ sent: 1, failed: 0 });
    line.spoil({ harm: "cut", way: "toClient", when: inTheBoxOf(valley) });
    expect((await meet(world, prairie)).counts).toMatchObject({ taken: 1, sent: 1, failed: 0 });
    expect((await meet(world, valley)).exit).toBe(0);
    expect(line.done).toMatchObject({ accepted: 5, harmed: { cut: 2 } });
    expect(await states(world)).toEqual(["RequestReceived", "RequestReceived"]);
    expect(await alertsAt(valley)).toEqual([]);
    expect(await openAlerts(prairie)).toEqual(["REQUEST_TO_RELEASE"]);
  });

  it("every few thousand bytes delays a big delivery, and hinders nothing", async () => {
    const { valley, prairie, clock } = world;
    const reference = await asked(world);
    await dropRelease(world, reference);
    await reachBy(prairie, line);
    await reachBy(valley, line);
    const size = 20_000;
    line.cutEvery(() => size + Math.floor(Math.random() * size));
    await vi.waitUntil(
      async () => {
        clock.pass({ minutes: 10 });
        for (const home of [prairie, valley]) await meet(world, home);
        return (await states(world)).join() === "Delivered,Delivered";
      },
      { timeout: 30_000, interval: 1 },
    );
    expect(line.done.harmed.cut).toBeGreaterThan(1);
    expect(await readdir(office(valley, "records"))).toEqual([reference]);
    line.mend();
    clock.pass({ hours: 6 });
    for (const home of [prairie, valley]) await meet(world, home);
    for (const home of [prairie, valley]) expect(await inBox(world, home)).toEqual([]);
  });

  it("whenever a packet is fetched does not make it poison", async () => {
    const { valley, prairie } = world;
    await dropRequest(world);
    await meet(world, valley);
    const [name = ""] = await inBox(world, prairie);
    for (let times = 0; times < 5; times++) {
      const { harbor } = failingHarbor(world, { call: 3, when: "before" });
      const { exit } = await meetWith(world, prairie, () => ({ connect: thenGone(harbor) }));
      expect(exit).toBe(4);
      expect(await claimOn(prairie, name)).toMatchObject({ state: "CLAIMED", deaths: 0 });
    }
    expect((await meet(world, prairie)).counts).toMatchObject({ taken: 1, refused: 0 });
  });
});

describe("a packet without its receipt", () => {
  it("is told of after a day, uploaded again as it is, and forgotten when it is answered", async () => {
    const { valley, prairie, clock } = world;
    await dropRequest(world);
    await meet(world, valley);
    const [name = ""] = await inBox(world, prairie);
    const bytes = await readFile(boxOf(world, prairie, name));
    await rename(boxOf(world, prairie, name), join(world.folder, "lost"));
    clock.pass({ hours: 23 });
    expect((await meet(world, valley)).counts.sent).toBe(0);
    expect(await alertsAt(valley)).toEqual([]);

    clock.pass({ hours: 2 });
    expect((await meet(world, valley)).counts.sent).toBe(1);
    expect(await openAlerts(valley)).toEqual(["NO_RECEIPT"]);
    expect((await meet(world, valley)).counts.sent).toBe(0);
    expect(await inBox(world, prairie)).toEqual([name]);
    expect(await readFile(boxOf(world, prairie, name))).toEqual(bytes);
    expect(await openAlerts(valley)).toEqual(["NO_RECEIPT"]);
    await date(world, prairie);
    await meet(world, prairie);
    await meet(world, valley);
    expect(await openAlerts(valley)).toEqual([]);
    expect(await states(world)).toEqual(["RequestReceived", "RequestReceived"]);
  });
});
