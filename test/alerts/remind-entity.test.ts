import { describe, expect, it } from "vitest";
import { type EntityReminding, remindEntity } from "../../daemon/alerts/remind-entity.ts";
import { wordsOf } from "../../daemon/alerts/catalogue.ts";
import { textOf } from "../../daemon/alerts/say.ts";
import type { AgencyId } from "../../daemon/ids.ts";
import { showReference } from "../../daemon/ids.ts";
import { listAlerts } from "../../daemon/ledger/alerts.ts";
import type { Ledger } from "../../daemon/ledger/connect.ts";
import { updatePacket } from "../../daemon/ledger/outgoing.ts";
import { addForwarded, addRegistry } from "../entitys-books.ts";
import { addSentPacket, after, AT, openWorld, PARTNER, US } from "./world.ts";

const ELSEWHERE = "2709999" as AgencyId;

const reminding = (at: Date, more: Partial<EntityReminding> = {}): EntityReminding => ({
  at,
  timeZone: "America/Chicago",
  calendar: { answerWithinSchoolDays: 10, noSchool: [] },
  notCollectedAfterDays: 5,
  unansweredAfterSchoolDays: 10,
  keys: [],
  ...more,
});

const open = async (ledger: Ledger) =>
  (await listAlerts(ledger, { open: true })).map(({ code, subject, facts }) => ({
    code,
    subject,
    facts,
  }));

describe("a box that is not collected", () => {
  it("is told of after the days of the config, and no more when the receipts come", async () => {
    await using world = await openWorld();
    const { ledger } = world;
    const packetId = await addSentPacket(ledger, {});
    await addSentPacket(ledger, { created_at: after(1).toISOString() });
    await remindEntity(ledger, reminding(after(5 * 24)));
    expect(await open(ledger)).toEqual([]);
    await remindEntity(ledger, reminding(after(6 * 24)));
    expect(await open(ledger)).toEqual([
      { code: "NOT_COLLECTED", subject: PARTNER, facts: { packets: 2, since: "2024-08-12" } },
    ]);
    await updatePacket(ledger, packetId, { state: "ACKED" });
    await remindEntity(ledger, reminding(after(6 * 24)));
    expect(await open(ledger)).toMatchObject([{ facts: { packets: 1 } }]);
    await ledger.updateTable("packets_out").set({ state: "ACKED" }).execute();
    await remindEntity(ledger, reminding(after(7 * 24)));
    expect(await open(ledger)).toEqual([]);
  });
});

describe("forwarded requests without an answer", () => {
  // AT is a Monday: ten school days later it is a Monday, and a day later it is late.
  const DUE = after(14 * 24);
  const LATE = after(15 * 24);

  it("are one alert for a district, which names the oldest", async () => {
    await using world = await openWorld();
    const { ledger } = world;
    const about = { from: US, to: PARTNER, at: AT } as const;
    await addForwarded(ledger, { ...about, state: "RequestReceived", at: after(1) });
    const oldest = await addForwarded(ledger, { ...about, state: "Forwarded" });
    for (const state of ["OnHold", "Rejected", "Delivered", "Canceled"] as const) {
      await addForwarded(ledger, { ...about, state });
    }
    await addForwarded(ledger, { ...about, state: "Forwarded", at: after(24) });
    await remindEntity(ledger, reminding(DUE));
    expect(await open(ledger)).toEqual([]);
    await remindEntity(ledger, reminding(LATE));
    const reference = showReference(oldest);
    const facts = { requests: 2, schoolDays: 10, oldest: reference, since: "2024-08-12" };
    expect(await open(ledger)).toEqual([{ code: "FORWARDED_UNANSWERED", subject: PARTNER, facts }]);
    const [alert] = await listAlerts(ledger, { open: true });
    const words = alert && wordsOf(alert, "America/Chicago");
    expect(textOf(words?.happened ?? [])).toBe(
      `Cedar Flats Community School District has not answered 2 requests within 10 school days. The oldest is ${reference}, forwarded on August 12, 2024.`,
    );
    expect(textOf(words?.call ?? [])).toContain("555-555-0188");
  });

  it("are counted in school days of the entity's own calendar", async () => {
    await using world = await openWorld();
    const { ledger } = world;
    await addForwarded(ledger, { from: US, to: PARTNER, state: "Forwarded", at: AT });
    const calendar = {
      answerWithinSchoolDays: 10,
      noSchool: [{ first: "2024-08-19", last: "2024-08-23" }],
    };
    await remindEntity(ledger, reminding(after(21 * 24), { calendar }));
    expect(await open(ledger)).toEqual([]);
    await remindEntity(ledger, reminding(after(22 * 24), { calendar }));
    expect(await open(ledger)).toMatchObject([{ code: "FORWARDED_UNANSWERED" }]);
  });

  it("are told of no more when the district has decided", async () => {
    await using world = await openWorld();
    const { ledger } = world;
    await addForwarded(ledger, { from: US, to: PARTNER, state: "Forwarded", at: AT });
    await remindEntity(ledger, reminding(LATE));
    await ledger.updateTable("transfers").set({ state: "OnHold" }).execute();
    await remindEntity(ledger, reminding(LATE));
    expect(await open(ledger)).toEqual([]);
  });
});

describe("agencies of the registry that have not joined", () => {
  it("are one alert, as long as there is one of them", async () => {
    await using world = await openWorld();
    const { ledger } = world;
    await remindEntity(ledger, reminding(AT));
    expect(await open(ledger)).toEqual([]);
    await addRegistry(ledger, "2024-08-11", { [PARTNER]: 3, [ELSEWHERE]: 2, [US]: 1 });
    await remindEntity(ledger, reminding(AT));
    expect(await open(ledger)).toEqual([
      { code: "NOT_JOINED", subject: "registry", facts: { agencies: 2, enrollments: 3 } },
    ]);
    await ledger.deleteFrom("enrollments").where("agency_id", "!=", PARTNER).execute();
    await ledger.updateTable("registry_imports").set({ state: "SUPERSEDED" }).execute();
    await remindEntity(ledger, reminding(AT));
    expect(await open(ledger)).toEqual([]);
  });
});

describe("a key that expires soon", () => {
  it.each([
    [false, /add it with packetboat directory add/],
    [true, /packetboat directory publish: the districts take the new key from it/],
  ])("is to be renewed as an entity does (our own: %s)", async (ours, todo) => {
    await using world = await openWorld();
    const { ledger } = world;
    const keys = [{ agencyId: PARTNER, ours, expires: after(20 * 24) }];
    await remindEntity(ledger, reminding(AT, { keys }));
    const [alert] = await listAlerts(ledger, { open: true, code: "KEY_EXPIRES_SOON" });
    expect(textOf((alert && wordsOf(alert, "America/Chicago").todo) ?? [])).toMatch(todo);
  });
});
