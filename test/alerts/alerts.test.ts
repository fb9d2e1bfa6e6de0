import { describe, expect, it } from "vitest";
import { parseAlertId } from "../../daemon/ids.ts";
import {
  listAlerts,
  raiseAlert,
  resolveAlert,
  resolveAlerts,
  type NewAlert,
} from "../../daemon/ledger/alerts.ts";
import { addTransfer, after, AT, openWorld, PARTNER } from "./world.ts";

const alert = (more: Partial<NewAlert> = {}): NewAlert => ({
  code: "PARTNER_UNREACHABLE",
  subject: PARTNER,
  agencyId: PARTNER,
  facts: { code: "BOX_TIMEOUT", packets: 1 },
  at: AT,
  ...more,
});

describe("an alert that is raised", () => {
  it("is open, with its facts, its agency's name and the number on its card", async () => {
    await using world = await openWorld();
    const id = await raiseAlert(world.ledger, alert());
    expect(await listAlerts(world.ledger, { open: true })).toEqual([
      {
        id,
        code: "PARTNER_UNREACHABLE",
        subject: PARTNER,
        transfer: null,
        agency: {
          id: PARTNER,
          name: "Cedar Flats Community School District",
          phone: "555-555-0188",
          source: "card",
        },
        facts: { code: "BOX_TIMEOUT", packets: 1 },
        raisedAt: AT,
        lastRaisedAt: AT,
        times: 1,
        resolvedAt: null,
        resolvedBy: null,
      },
    ]);
  });

  it("has an id that people can type", async () => {
    await using world = await openWorld();
    const id = await raiseAlert(world.ledger, alert());
    expect(id).toMatch(/^[0-9A-HJKMNP-TV-Z]{6}$/);
    expect(parseAlertId(` ${id.toLowerCase()} `)).toBe(id);
  });

  it("is renewed when it is raised again: one row, newer facts, counted", async () => {
    await using world = await openWorld();
    const first = await raiseAlert(world.ledger, alert());
    const second = await raiseAlert(
      world.ledger,
      alert({ facts: { code: "BOX_DENIED", packets: 3 }, at: after(24) }),
    );
    expect(second).toBe(first);
    const [only, ...others] = await listAlerts(world.ledger);
    expect(others).toEqual([]);
    expect(only).toMatchObject({
      times: 2,
      raisedAt: AT,
      lastRaisedAt: after(24),
      facts: { code: "BOX_DENIED", packets: 3 },
    });
  });

  it("is another one for another subject or another code", async () => {
    await using world = await openWorld();
    await raiseAlert(world.ledger, alert());
    await raiseAlert(world.ledger, alert({ subject: "another" }));
    await raiseAlert(world.ledger, alert({ code: "NO_RECEIPT" }));
    expect(await listAlerts(world.ledger, { open: true })).toHaveLength(3);
  });

  it("opens anew after it was resolved", async () => {
    await using world = await openWorld();
    const first = await raiseAlert(world.ledger, alert());
    await resolveAlert(world.ledger, first, "k.lindqvist", after(1));
    const second = await raiseAlert(world.ledger, alert({ at: after(2) }));
    expect(second).not.toBe(first);
    expect((await listAlerts(world.ledger)).map(({ id, times }) => [id, times])).toEqual([
      [first, 1],
      [second, 1],
    ]);
  });

  it("is not there if its transaction is taken back", async () => {
    await using world = await openWorld();
    const failing = world.ledger.transaction().execute(async (db) => {
      await raiseAlert(db, alert());
      throw new Error("cut");
    });
    await expect(failing).rejects.toThrow("cut");
    expect(await listAlerts(world.ledger)).toEqual([]);
  });

  it("knows its transfer by reference and side", async () => {
    await using world = await openWorld();
    const transfer = await addTransfer(world.ledger, { side: "releaser" });
    await raiseAlert(world.ledger, alert({ transfer }));
    const [only] = await listAlerts(world.ledger);
    expect(only?.transfer).toEqual({
      requesterId: transfer.requesterId,
      transferId: transfer.transferId,
      reference: transfer.reference,
      side: "releaser",
      requestContentId: transfer.transferId,
      dropFolder: null,
    });
  });
});

describe("resolving", () => {
  it("closes what code and subject name, and says how many", async () => {
    await using world = await openWorld();
    await raiseAlert(world.ledger, alert());
    const kept = await raiseAlert(world.ledger, alert({ code: "NO_RECEIPT" }));
    const count = await resolveAlerts(world.ledger, {
      code: "PARTNER_UNREACHABLE",
      subject: PARTNER,
      by: "packetboat",
      at: after(1),
    });
    expect(count).toBe(1);
    expect((await listAlerts(world.ledger, { open: true })).map(({ id }) => id)).toEqual([kept]);
    const [closed] = await listAlerts(world.ledger, { open: false });
    expect(closed).toMatchObject({ resolvedAt: after(1), resolvedBy: "packetboat" });
  });

  it("closes everything about a transfer, and nothing about another", async () => {
    await using world = await openWorld();
    const mine = await addTransfer(world.ledger, {});
    const other = await addTransfer(world.ledger, {});
    await raiseAlert(world.ledger, alert({ transfer: mine, subject: "a" }));
    await raiseAlert(world.ledger, alert({ transfer: mine, subject: "b" }));
    await raiseAlert(world.ledger, alert({ transfer: other, subject: "c" }));
    expect(await resolveAlerts(world.ledger, { transfer: mine, by: "x", at: AT })).toBe(2);
    expect((await listAlerts(world.ledger, { open: true })).map((each) => each.subject)).toEqual([
      "c",
    ]);
  });

  it("closes nothing when nothing is named", async () => {
    await using world = await openWorld();
    await raiseAlert(world.ledger, alert());
    expect(await resolveAlerts(world.ledger, { by: "x", at: AT })).toBe(0);
    expect(await listAlerts(world.ledger, { open: true })).toHaveLength(1);
  });

  it("by id is said once; the first one stays on record", async () => {
    await using world = await openWorld();
    const id = await raiseAlert(world.ledger, alert());
    expect(await resolveAlert(world.ledger, id, "k.lindqvist", after(1))).toBe("resolved");
    expect(await resolveAlert(world.ledger, id, "other", after(2))).toBe("already resolved");
    const [closed] = await listAlerts(world.ledger);
    expect(closed).toMatchObject({ resolvedBy: "k.lindqvist", resolvedAt: after(1) });
  });

  it("of an alert that never was is refused", async () => {
    await using world = await openWorld();
    await expect(resolveAlert(world.ledger, "7XK2QD", "x", AT)).rejects.toMatchObject({
      code: "ALERT_UNKNOWN",
      message: "there is no alert 7XK2QD",
    });
  });
});

describe("the list", () => {
  it("since a time has what was raised, raised again or closed since", async () => {
    await using world = await openWorld();
    const { ledger } = world;
    await raiseAlert(ledger, alert({ subject: "old" }));
    await raiseAlert(ledger, alert({ subject: "renewed" }));
    await raiseAlert(ledger, alert({ subject: "renewed", at: after(5) }));
    const closed = await raiseAlert(ledger, alert({ subject: "closed" }));
    await resolveAlert(ledger, closed, "x", after(5));
    const found = await listAlerts(ledger, { since: after(4) });
    expect(found.map(({ subject }) => subject).toSorted()).toEqual(["closed", "renewed"]);
  });
});
