import { rename } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newSshKey, hostKeyFingerprint } from "../../daemon/dropbox/sshkeys.ts";
import { EXIT } from "../../daemon/errors.ts";
import { takeLock } from "../../daemon/ledger/locks.ts";
import { leave } from "../forge.ts";
import { boxOf, newWorld, openAlerts, withLedger, type World } from "../homes.ts";
import { configure } from "../scene.ts";
import { askedBy, type Desk, deskOf, REQUEST } from "./desk.ts";
import { packetboat, resultOf } from "./terminal.ts";

let world: World;
let valley: Desk;
let prairie: Desk;
beforeEach(async () => {
  world = await newWorld();
  valley = deskOf(world, world.valley);
  prairie = deskOf(world, world.prairie);
});
afterEach(async () => world[Symbol.asyncDispose]());

interface Exchanged {
  readonly counts: Readonly<Record<string, number>>;
  readonly reports: readonly string[];
  readonly raised: readonly { readonly code: string; readonly severity: string }[];
}

describe("exchange", () => {
  it("tells in words what went and came, and where the reports are", async () => {
    await valley.result("request", "--student", REQUEST, "--to", "2700105");
    const sent = await valley.run("exchange");
    expect([sent.exit, sent.stderr]).toEqual([0, ""]);
    const reports = join(world.valley.folder, "reports");
    expect(sent.stdout).toBe(
      `Sent: 1 packet.\nReport: ${reports}/registrar/alerts.html\nReport: ${reports}/it/alerts.html\n`,
    );
    const { stdout } = await prairie.run("exchange");
    expect(stdout).toMatch(/^Collected: 1 packet with 1 message\.\n/);
    expect(stdout).toMatch(/\nShown in requests and records: 1 folder\.\n/);
    expect(stdout).toMatch(/\n[0-9A-Z]{6} {2}Request to release\n/);
  });

  it("names no student, for it is IT's", async () => {
    await askedBy(world);
    const { stdout } = await prairie.run("exchange", "--json");
    expect(stdout).not.toMatch(/abrams|jenna/i);
  });

  it("ends with 3 when nothing waited and nothing came, if that is asked", async () => {
    expect((await valley.run("exchange")).exit).toBe(EXIT.done);
    const idle = await valley.run("exchange", "--exit-code");
    expect([idle.exit, idle.stdout.split("\n")[0]]).toEqual([
      3,
      "Nothing was due to leave, and nothing came.",
    ]);
    await valley.result("request", "--student", REQUEST, "--to", "2700105");
    expect((await valley.run("exchange", "--exit-code", "--quiet")).exit).toBe(EXIT.done);
  });

  it("ends with 10 when something was refused, and only in that run", async () => {
    await leave(world, world.prairie, "<TransferPacket/>");
    const { exit, stdout } = await prairie.run("exchange");
    expect(exit).toBe(EXIT.needsPerson);
    expect(stdout).toMatch(/^Refused of what came: 1\.\n/);
    expect(stdout).toMatch(
      /Packet refused\n {2}A packet was refused: .* \(PACKET_NOT_SEALED\)\.\n/,
    );
    world.clock.pass({ minutes: 1 });
    const after = await prairie.result<Exchanged>("exchange", "--exit-code");
    expect(after.raised).toEqual([]);
    expect(await openAlerts(world.prairie)).toEqual(["PACKET_REFUSED"]);
  });

  it("ends with 4 when the server is away, keeps everything, and tells people", async () => {
    await valley.result("request", "--student", REQUEST, "--to", "2700105");
    await world.server.close();
    const { exit, stdout, stderr } = await valley.run("exchange");
    expect(exit).toBe(EXIT.unreachable);
    expect(stdout).toMatch(/Server unreachable\n/);
    expect(stderr).toMatch(
      /^packetboat: error: sftp:.* \[BOX_UNREACHABLE\]\npacketboat: hint: .*\n$/,
    );
    const refused = await valley.error("exchange");
    expect(refused).toMatchObject({ code: "BOX_UNREACHABLE", facts: { sent: 0, documents: 0 } });
    expect(await valley.result("status")).toMatchObject({ waitingOut: [{ messages: 1 }] });
    expect(await openAlerts(world.valley)).toEqual(["SERVER_UNREACHABLE"]);
  });

  it("ends with 5 when the server shows another host key, and connects to nothing", async () => {
    const other = hostKeyFingerprint(newSshKey("other").publicKey);
    await configure(world.valley, { at: ["server", "hostKeys"], value: [other] });
    const { exit, stderr } = await valley.run("exchange");
    expect(exit).toBe(EXIT.security);
    expect(stderr).toContain("[BOX_HOST_KEY_CHANGED]");
    expect(await openAlerts(world.valley)).toEqual(["HOST_KEY_CHANGED"]);
  });

  it("does not run twice at once in one home", async () => {
    const refused = await withLedger(world.valley, async (ledger) => {
      const giveBack = await takeLock(ledger, "home", world.clock.now());
      try {
        expect(await valley.result("status")).toMatchObject({
          underWay: { processId: process.pid },
        });
        return await valley.run("exchange");
      } finally {
        await giveBack();
      }
    });
    expect(refused.exit).toBe(EXIT.refused);
    expect(refused.stderr).toContain("[HOME_BUSY]");
    expect(await valley.result("status")).toMatchObject({ underWay: null });
  });

  it("needs a server", async () => {
    await configure(world.valley, { at: ["server"] });
    expect((await valley.error("exchange")).code).toBe("CONFIG_INVALID");
  });
});

describe("ping", () => {
  it("is left for the partner once, and is answered after their exchange", async () => {
    const first = await valley.result("ping", "2700105");
    expect(first).toMatchObject({ standing: "sent", sequence: 1, answeredAt: null });
    expect(await valley.result("ping", "2700105")).toMatchObject({ standing: "sent", sequence: 1 });
    await prairie.result("exchange");
    expect((await valley.run("ping", "2700105")).stdout).toMatch(
      /^Example Prairie Schools has answered, at .*: the way works in both directions\.\n$/,
    );
    expect(await valley.result("ping", "2700105")).toMatchObject({ standing: "sent", sequence: 2 });
  });

  it("waits for the receipt if that is asked", async () => {
    const around = (home: string[]) => resultOf(home);
    const wait = ["ping", "2700105", "--wait", "60", "--config", world.valley.configPath];
    let isAnswered = false;
    const answered = around(wait).then((result) => {
      isAnswered = true;
      return result;
    });
    // Each waits for the other's packet, not for a time.
    while (!isAnswered) await around(["exchange", "--config", world.prairie.configPath]);
    expect(await answered).toMatchObject({ standing: "answered" });
  });

  it("ends with 4 when no receipt came in the time it was waited for", async () => {
    const argv = ["ping", "2700105", "--wait", "1", "--config", world.valley.configPath];
    const { exit, stdout } = await packetboat(argv);
    expect([exit, stdout]).toEqual([
      EXIT.unreachable,
      expect.stringMatching(
        /^The test packet lies in the box of .*; waiting up to 1 s for its receipt\.\nThe test packet has lain in the box of /,
      ) as string,
    ]);
  });

  it("tells why it could not be left, and is left as soon as it can be", async () => {
    const box = boxOf(world, world.prairie);
    await rename(box, `${box}-away`);
    const { exit, stderr } = await valley.run("ping", "2700105");
    expect(exit).toBe(EXIT.unreachable);
    expect(stderr).toMatch(/could not be left for agency 2700105: sftp:.* \[BOX_NOT_FOUND\]/);
    await rename(`${box}-away`, box);
    // The partner would be tried again only after a while.
    expect(await valley.result("ping", "2700105")).toMatchObject({ standing: "sent" });
  });

  it("names what a person must mend, and not the server, if that is it", async () => {
    world.clock.pass({ days: 2 * 365 });
    await valley.result("keys", "rotate", "--yes");
    world.clock.pass({ days: 366 });
    // Theirs is as old as it was; ours is new.
    expect(await valley.error("ping", "2700105")).toMatchObject({
      code: "KEY_EXPIRED",
      message: expect.stringMatching(
        /could not be left for agency 2700105: key .* expired on/,
      ) as string,
    });
  });

  it("waits for another exchange to end if it may", async () => {
    const { configPath } = world.valley;
    await withLedger(world.valley, async (ledger) => {
      const giveBack = await takeLock(ledger, "home", new Date());
      expect((await valley.error("ping", "2700105")).code).toBe("HOME_BUSY");
      const waited = resultOf(["ping", "2700105", "--wait", "60", "--config", configPath]);
      await valley.error("exchange");
      await giveBack();
      const prairieExchanges = ["exchange", "--config", world.prairie.configPath];
      let isAnswered = false;
      const answered = waited.finally(() => (isAnswered = true));
      while (!isAnswered) await resultOf(prairieExchanges);
      expect(await answered).toMatchObject({ standing: "answered", sequence: 1 });
    });
  });

  it.each([
    ["9999999", "PARTNER_UNKNOWN"],
    ["Prairie", "ID_INVALID"],
  ])("refuses %s", async (agency, code) => {
    expect((await valley.error("ping", agency)).code).toBe(code);
  });

  it("refuses a time that is none", async () => {
    expect((await valley.error("ping", "2700105", "--wait", "soon")).code).toBe("USAGE");
  });

  it("refuses a partner that is stopped", async () => {
    await withLedger(world.valley, (ledger) =>
      ledger.updateTable("agencies").set({ stopped_code: "KEY_REVOKED" }).execute(),
    );
    expect(await valley.error("ping", "2700105")).toMatchObject({ code: "PARTNER_STOPPED" });
  });
});
