/** The morning's digest: once a school day, whatever the clocks do, and what stands in it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseConfig, type Config } from "../../daemon/config.ts";
import { openLedger, type Ledger } from "../../daemon/ledger/connect.ts";
import { raisePostAlert } from "../../daemon/alerts/raise.ts";
import { resolveAlerts } from "../../daemon/ledger/alerts.ts";
import { digestDue, gatherDigest } from "../../daemon/notices/digest.ts";
import { asked, meet, newWorld } from "../homes.ts";
import { startDaemon } from "../daemons.ts";
import { startMailServer, startSilentServer } from "../mail-server.ts";
import { nightly, configure } from "../scene.ts";
import { until } from "../until.ts";
import { dropRequests, expectDiscreet, IT, mailed, mailFrom, mailRows, OFFICE } from "./mailed.ts";

const configFor = (timeZone: string, digestAt: string): Config =>
  parseConfig(
    `role: district
mode: production
agency:
  { id: "2700105", name: Example Schools, city: Example, state: MN, zip: "55001", timeZone: ${timeZone} }
home: /var/lib/packetboat
dropFolders:
  office: { path: /srv/exchange/office }
reports:
  registrar: { path: /srv/exchange/office/reports }
  it: { path: /srv/exchange/it }
deadlines: { noSchool: [2026-11-26..2026-11-27] }
mail: { server: "smtp://mail.district.example", from: packetboat@district.example, digestAt: "${digestAt}", it: [${IT}] }
`,
    "packetboat.yaml",
  );

async function withNewLedger(use: (ledger: Ledger) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "packetboat-digest-"));
  const ledger = await openLedger(join(folder, "ledger.sqlite"));
  try {
    await use(ledger);
  } finally {
    await ledger.destroy();
    await rm(folder, { recursive: true });
  }
}

/** When digests are made if somebody looks every ten minutes. */
async function madeBetween(config: Config, from: string, to: string): Promise<string[]> {
  const made: string[] = [];
  await withNewLedger(async (ledger) => {
    for (let at = Date.parse(from); at < Date.parse(to); at += 600_000) {
      const now = new Date(at);
      const day = await digestDue(ledger, config, now);
      if (day === null) continue;
      made.push(`${day} ${now.toISOString().slice(11, 16)}`);
      await gatherDigest(ledger, config, { day, at: now });
    }
  });
  return made;
}

describe("a digest is made", () => {
  it.each([
    // The clocks go forward on Sunday, March 14, 2027, and back on Sunday, November 7.
    ["America/Chicago", "07:00", ["2027-03-12 13:00", "2027-03-15 12:00"]],
    ["America/Denver", "07:00", ["2027-03-12 14:00", "2027-03-15 13:00"]],
    ["Pacific/Honolulu", "07:00", ["2027-03-12 17:00", "2027-03-15 17:00"]],
  ])("at its hour on the wall, once: %s %s in March", async (timeZone, digestAt, expected) => {
    const config = configFor(timeZone, digestAt);
    expect(await madeBetween(config, "2027-03-12T08:00:00Z", "2027-03-16T08:00:00Z")).toEqual(
      expected,
    );
  });

  it.each([
    ["America/Chicago", ["2027-11-05 12:00", "2027-11-08 13:00"]],
    ["America/New_York", ["2027-11-05 11:00", "2027-11-08 12:00"]],
  ])("at its hour on the wall, once: %s in November", async (timeZone, expected) => {
    const config = configFor(timeZone, "07:00");
    expect(await madeBetween(config, "2027-11-05T08:00:00Z", "2027-11-09T08:00:00Z")).toEqual(
      expected,
    );
  });

  it("once on a school day on which the clock skips its hour, or shows it twice", async () => {
    // In Iran the clocks changed on weekdays: at the start of March 22, and at the end of September 21, 2022.
    const spring = configFor("Asia/Tehran", "00:30");
    expect(await madeBetween(spring, "2022-03-20T18:00:00Z", "2022-03-22T18:00:00Z")).toEqual([
      "2022-03-21 21:00",
      "2022-03-22 20:30",
    ]);
    const autumn = configFor("Asia/Tehran", "23:30");
    expect(await madeBetween(autumn, "2022-09-20T18:00:00Z", "2022-09-22T18:00:00Z")).toEqual([
      "2022-09-20 19:00",
      "2022-09-21 19:00",
    ]);
  });

  it("on school days only", async () => {
    const config = configFor("America/Chicago", "07:00");
    expect(await madeBetween(config, "2026-11-25T08:00:00Z", "2026-12-01T08:00:00Z")).toEqual([
      "2026-11-25 13:00",
      "2026-11-30 13:00",
    ]);
  });

  it("later on its day if nobody looked in the morning, and not on the next", async () => {
    const config = configFor("America/Chicago", "07:00");
    await withNewLedger(async (ledger) => {
      const at = (text: string): Date => new Date(text);
      // The first one ever, though, is not made up for.
      expect(await digestDue(ledger, config, at("2026-11-23T20:00:00Z"))).toBeNull();
      const day = await digestDue(ledger, config, at("2026-11-23T13:10:00Z"));
      expect(day).toBe("2026-11-23");
      await gatherDigest(ledger, config, { day: "2026-11-23", at: at("2026-11-23T13:10:00Z") });
      expect(await digestDue(ledger, config, at("2026-11-24T23:00:00Z"))).toBe("2026-11-24");
      expect(await digestDue(ledger, config, at("2026-11-25T07:00:00Z"))).toBeNull();
    });
  });

  it("for nobody if nothing is open", async () => {
    const config = configFor("America/Chicago", "07:00");
    await withNewLedger(async (ledger) => {
      const at = new Date("2026-11-23T13:00:00Z");
      const facts = { place: "the home of packetboat" };
      const alert = { code: "DISK_FULL", subject: "server" } as const;
      await raisePostAlert(ledger, { ...alert, facts, at });
      expect(await gatherDigest(ledger, config, { day: "2026-11-23", at })).toBe(1);
      // Twice for one day makes nothing.
      expect(await gatherDigest(ledger, config, { day: "2026-11-23", at })).toBe(0);
      await resolveAlerts(ledger, { ...alert, by: "somebody", at });
      expect(await gatherDigest(ledger, config, { day: "2026-11-24", at })).toBe(0);
    });
  });
});

describe("the digest of a home", () => {
  it("counts and lists what is open, what is overdue first, and names nobody", async () => {
    await using world = await newWorld("2024-07-19T14:00:00Z");
    await using server = await startMailServer();
    const { prairie, clock } = world;
    await mailFrom(prairie, server, "  newRequest: digest\n");
    await configure(prairie, { at: ["deadlines"], value: { answerWithinSchoolDays: 3 } });
    await dropRequests(world, 70);
    await meet(world, world.valley);
    await meet(world, prairie);
    await meet(world, world.valley);
    await meet(world, prairie);
    clock.set(new Date("2024-07-25T12:00:00Z"));
    await meet(world, prairie);
    expectDiscreet(server.mails);
    const digest = server.mails.find(({ subject }) => subject.includes("open"));
    expect(digest?.subject).toBe("Test: Packetboat: 70 open, July 25, 2024");
    expect(digest?.text).toContain("URGENT: TODAY (70)");
    expect(digest?.text).not.toContain("TO DO");
    expect(digest?.text).toContain("and 10 more: see alerts.html");
    expect(digest?.text).toMatch(
      /\* A request is overdue \w{4}-\w{4}, Example Valley Schools, to be answered by\n {2}July 24, 2024, drop folder office\n/,
    );
    expect(digest?.text.split("\n").every((line) => line.length <= 78)).toBe(true);
  });

  it("is sent by a daemon that has nothing else to do, and not again by the next one", async () => {
    await using world = await newWorld("2024-07-22T10:00:00Z");
    await using server = await startMailServer();
    const { prairie, clock } = world;
    await mailFrom(prairie, server);
    await asked(world);
    mailed(server);
    await configure(prairie, nightly("02:00"), {
      at: ["exchanges", "watch"],
      value: { collectEveryMinutes: 600 },
    });
    {
      await using daemon = await startDaemon(world, prairie);
      await daemon.look();
      clock.set(new Date("2024-07-22T12:00:30Z"));
      const before = daemon.scopes().length;
      await daemon.look();
      await until("the digest is there", () => server.mails.length > 0);
      // Who ends before it has noted so mails it again, rather than never.
      await until("it is noted", async () =>
        (await mailRows(prairie)).every(({ state }) => state === "SENT"),
      );
      expect(daemon.scopes()).toHaveLength(before);
      expect(mailed(server)).toEqual([`${OFFICE}: Test: Packetboat: 1 open, July 22, 2024`]);
    }
    clock.pass({ minutes: 5 });
    await using daemon = await startDaemon(world, prairie);
    await daemon.look();
    await meet(world, prairie);
    expect(mailed(server)).toEqual([]);
  });
});

describe("a mail server that hangs", () => {
  it("holds up neither an exchange of the daemon nor its end", async () => {
    await using world = await newWorld("2024-07-22T14:00:00Z");
    await using silent = await startSilentServer();
    const { prairie, valley } = world;
    await mailFrom(prairie, silent);
    await dropRequests(world, 1);
    await meet(world, valley);
    await using daemon = await startDaemon(world, prairie);
    await until("the mail is under way", async () => (await mailRows(prairie)).length === 1);
    const before = daemon.scopes().length;
    world.clock.pass({ minutes: 20 });
    const begun = performance.now();
    await daemon.look();
    expect(daemon.scopes().length).toBeGreaterThan(before);
    await daemon.end();
    expect(performance.now() - begun).toBeLessThan(5_000);
    // It was cut by us: nobody is blamed.
    expect(await mailRows(prairie)).toMatchObject([{ state: "WAITING", attempts: 0, code: null }]);
  });
});
