/** A partner's key or card changes while packets are under way. */
import { rename } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { distrust, hearOfRevocation, rekey, trust } from "./cards.ts";
import {
  asked,
  boxOf,
  drop,
  dropRelease,
  dropRequest,
  meet,
  newWorld,
  openAlerts,
  states,
  withLedger,
  type District,
  type World,
} from "./homes.ts";
import { alertsWithCause, claimOn, date, inBox, messagesFrom } from "./scene.ts";
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

const packetsFrom = (home: District) =>
  withLedger(home, (ledger) =>
    ledger.selectFrom("packets_out").selectAll().orderBy("sequence").execute(),
  );

describe("a partner whose key ends soon", () => {
  it("is told of, as its card says and as the ledger has it, until its new card is here", async () => {
    const { valley, prairie, clock } = world;
    const inDays = (days: number): Date => new Date(clock.now().getTime() + days * 86_400_000);
    const told = async (): Promise<string[]> => {
      await meet(world, prairie);
      return (await openAlerts(prairie)).filter((code) => code === "KEY_EXPIRES_SOON");
    };
    await rekey(valley, { at: clock.now(), expires: inDays(30) });
    await trust(prairie, valley, clock.now());
    const ofValley = ["KEY_EXPIRES_SOON"];
    expect(await told()).toEqual(ofValley);
    expect(await told()).toEqual(ofValley);
    // As a ledger of 0.3.0 has it, which noted no key's end.
    await withLedger(prairie, (ledger) =>
      ledger.updateTable("agency_keys").set({ signers: null, valid_until: null }).execute(),
    );
    expect(await told()).toEqual(ofValley);
    expect(await told()).toEqual(ofValley);
    await rekey(valley, { at: clock.now(), expires: inDays(300) });
    await trust(prairie, valley, clock.now());
    expect(await told()).toEqual([]);
    clock.pass({ days: 250 });
    expect(await told()).toEqual(ofValley);
  });
});

describe("a partner whose key expired", () => {
  it("is sent nothing, and is sent everything when its new card is here", async () => {
    const { valley, prairie, clock } = world;
    const expires = new Date(clock.now().getTime() + 10 * 86_400_000);
    await rekey(valley, { at: clock.now(), expires });
    await trust(prairie, valley, clock.now());
    await dropRelease(world, await asked(world));
    clock.pass({ days: 11 });
    const { exit: late, counts: none } = await meet(world, prairie);
    expect([late, none.failed, none.sent]).toEqual([10, 1, 0]);
    expect(await alertsWithCause(prairie)).toContain("PARTNER_UNREACHABLE KEY_EXPIRED");
    expect(await inBox(world, valley)).toHaveLength(1);

    await rekey(valley, { at: clock.now() });
    await trust(prairie, valley, clock.now());
    const { exit, counts } = await meet(world, prairie);
    expect([exit, counts.failed]).toEqual([0, 0]);
    expect(await openAlerts(prairie)).not.toContain("PARTNER_UNREACHABLE");
    await meet(world, valley);
    expect(await states(world)).toEqual(["Delivered", "Released"]);
  });

  it("waits with what it sent too late, and sends it again, signed with its new key", async () => {
    const { valley, prairie, clock } = world;
    const expires = new Date(clock.now().getTime() + 10 * 86_400_000);
    await rekey(prairie, { at: clock.now(), expires });
    await trust(valley, prairie, clock.now());
    const about = `<Reference>${await asked(world)}</Reference>`;
    await drop(
      prairie,
      "hold.xml",
      `<Hold>${about}<ReasonCode>StaffUnavailable</ReasonCode></Hold>`,
    );
    await meet(world, prairie);
    clock.pass({ days: 11 });
    await date(world, valley);
    expect((await meet(world, valley)).counts).toMatchObject({ taken: 0, refused: 0, waiting: 2 });
    expect(await alertsWithCause(valley)).toContain("PACKET_WAITING KEY_EXPIRED");

    await rekey(prairie, { at: clock.now() });
    await trust(valley, prairie, clock.now());
    expect((await meet(world, prairie)).counts).toMatchObject({ sent: 2 });
    expect((await meet(world, valley)).counts).toMatchObject({ collected: 2, refused: 2 });
    expect(await states(world)).toEqual(["OnHold", "OnHold"]);
    expect(await openAlerts(valley)).not.toContain("PACKET_WAITING");
  });
});

describe("a partner whose key was revoked", () => {
  it("is stopped both ways by whatever meets the key first, until a card is added", async () => {
    const { valley, prairie, clock } = world;
    await dropRequest(world);
    await meet(world, valley);
    const [name = ""] = await inBox(world, prairie);
    await hearOfRevocation(prairie, valley);
    for (let times = 0; times < 3; times++) {
      const { counts } = await meet(world, prairie);
      expect(counts).toMatchObject({ taken: 0, refused: 0, waiting: 1, sent: 0 });
    }
    expect(await claimOn(prairie, name)).toMatchObject({ state: "WAITING", from_agency: null });
    expect(await inBox(world, prairie)).toEqual([name]);
    expect(await alertsWithCause(prairie)).toEqual([
      "PACKET_WAITING KEY_REVOKED",
      "PARTNER_STOPPED KEY_REVOKED",
    ]);

    await trust(prairie, valley, clock.now());
    expect((await meet(world, prairie)).counts).toMatchObject({ taken: 1, sent: 1 });
    expect(await openAlerts(prairie)).toEqual(["REQUEST_TO_RELEASE"]);
  });

  it("is not sent what was sealed before", async () => {
    const { valley, prairie } = world;
    await dropRelease(world, await asked(world));
    await rename(boxOf(world, valley), `${boxOf(world, valley)}.away`);
    await meet(world, prairie);
    expect((await packetsFrom(prairie)).map(({ state }) => state)).toEqual(["SENT", "SEALED"]);
    await hearOfRevocation(prairie, valley);
    await rename(`${boxOf(world, valley)}.away`, boxOf(world, valley));
    const before = await inBox(world, valley);
    world.clock.pass({ hours: 6 });
    expect((await meet(world, prairie)).counts).toMatchObject({ sent: 0, failed: 1 });
    expect(await inBox(world, valley)).toEqual(before);
    expect(await alertsWithCause(prairie)).toContain("PARTNER_STOPPED KEY_REVOKED");
    expect((await meet(world, prairie)).exit).toBe(0);
  });
});

describe("a partner with a new card", () => {
  it("is sent what waited for it, sealed for its new key as another rendition", async () => {
    const { valley, prairie, clock } = world;
    await dropRequest(world);
    await rename(boxOf(world, prairie), `${boxOf(world, prairie)}.away`);
    await meet(world, valley);
    const [before] = await packetsFrom(valley);
    expect(before).toMatchObject({ state: "SEALED", rendition: 0 });

    await rekey(prairie, { at: clock.now(), keepsOld: false });
    await trust(valley, prairie, clock.now());
    await rename(`${boxOf(world, prairie)}.away`, boxOf(world, prairie));
    clock.pass({ hours: 6 });
    expect((await meet(world, valley)).counts).toMatchObject({ packed: 0, sent: 1 });
    const [after] = await packetsFrom(valley);
    expect(after).toMatchObject({ packet_id: before?.packet_id, state: "SENT", rendition: 1 });
    expect((await meet(world, prairie)).counts).toMatchObject({ taken: 1, refused: 0 });
    await meet(world, valley);
    expect(await states(world)).toEqual(["RequestReceived", "RequestReceived"]);
    expect(await openAlerts(valley)).toEqual([]);
  });
});

describe("a partner whose card was removed", () => {
  it("is neither heard nor answered; with a card again, what waited goes on", async () => {
    const { valley, prairie, clock } = world;
    await dropRequest(world);
    await meet(world, valley);
    await rename(boxOf(world, valley), `${boxOf(world, valley)}.away`);
    await meet(world, prairie);
    await rename(`${boxOf(world, valley)}.away`, boxOf(world, valley));
    await distrust(prairie, valley, clock.now());
    clock.pass({ days: 1, minutes: 1 });
    await meet(world, valley);
    const [name = ""] = await inBox(world, prairie);
    await date(world, prairie);

    expect((await meet(world, prairie)).exit).toBe(10);
    expect(await claimOn(prairie, name)).toMatchObject({ code: "PACKET_UNKNOWN_SIGNER" });
    expect(await alertsWithCause(prairie)).toEqual([
      "PACKET_REFUSED PACKET_UNKNOWN_SIGNER",
      "PARTNER_UNREACHABLE PARTNER_UNKNOWN",
      "REQUEST_TO_RELEASE",
    ]);
    expect((await messagesFrom(prairie)).map(({ state }) => state)).toEqual(["PACKED", "PACKED"]);
    expect(await inBox(world, valley)).toEqual([]);

    await trust(prairie, valley, clock.now());
    expect((await meet(world, prairie)).counts).toMatchObject({ sent: 1, failed: 0 });
    await meet(world, valley);
    expect(await states(world)).toEqual(["RequestReceived", "RequestReceived"]);
    expect(await openAlerts(prairie)).not.toContain("PARTNER_UNREACHABLE");
  });
});
