import { describe, expect, it } from "vitest";
import { remind, type Reminding } from "../../daemon/alerts/remind.ts";
import { listAlerts } from "../../daemon/ledger/alerts.ts";
import type { Ledger } from "../../daemon/ledger/connect.ts";
import { updatePacket } from "../../daemon/ledger/outgoing.ts";
import { addTransferEvent } from "../../daemon/ledger/transfers.ts";
import { requestReader } from "../../daemon/desk/requests.ts";
import { writeDocument } from "../../daemon/packet/document.ts";
import { TRANSFER_REQUEST } from "../../daemon/packet/model.ts";
import type { Transfer } from "../../daemon/transfer/effects.ts";
import { request } from "../reports/samples.ts";
import { addSentPacket, addTransfer, after, AT, openWorld, PARTNER, US } from "./world.ts";

const reminding = (at: Date, more: Partial<Reminding> = {}): Reminding => ({
  at,
  timeZone: "America/Chicago",
  calendar: {
    answerWithinSchoolDays: 10,
    remindAfterSchoolDays: 2,
    escalateAfterSchoolDays: 5,
    noSchool: [],
  },
  escalatedTo: 0,
  isOurSchool: () => false,
  lostCases: [],
  keys: [],
  requestOf: () => Promise.resolve(request),
  ...more,
});

const open = async (ledger: Ledger) =>
  (await listAlerts(ledger, { open: true })).map(({ code, subject, facts, times }) => ({
    code,
    subject,
    facts,
    times,
  }));

/** Without those that only press people to decide. */
const late = async (ledger: Ledger) =>
  (await open(ledger)).filter(({ code }) => !code.startsWith("DECISION_"));

describe("a packet without its receipt", () => {
  it("is no alert within a day", async () => {
    await using world = await openWorld();
    await addSentPacket(world.ledger, {});
    await remind(world.ledger, reminding(after(23)));
    expect(await open(world.ledger)).toEqual([]);
  });

  it("is an alert after a day: one for the agency, that counts its packets", async () => {
    await using world = await openWorld();
    await addSentPacket(world.ledger, {});
    const later = after(2).toISOString();
    await addSentPacket(world.ledger, { created_at: later, sent_at: later });
    await remind(world.ledger, reminding(after(27)));
    expect(await open(world.ledger)).toEqual([
      {
        code: "NO_RECEIPT",
        subject: PARTNER,
        facts: { packets: 2, oldest: AT.toISOString() },
        times: 1,
      },
    ]);
  });

  it("is not told again each night while nothing changes", async () => {
    await using world = await openWorld();
    await addSentPacket(world.ledger, {});
    await remind(world.ledger, reminding(after(25)));
    await remind(world.ledger, reminding(after(49)));
    expect(await open(world.ledger)).toMatchObject([{ code: "NO_RECEIPT", times: 1 }]);
  });

  it("stays an alert when it has just been sent again", async () => {
    await using world = await openWorld();
    const packetId = await addSentPacket(world.ledger, {});
    await remind(world.ledger, reminding(after(25)));
    const changes = { sent_at: after(25).toISOString(), uploads: 2 };
    await updatePacket(world.ledger, packetId, changes);
    await remind(world.ledger, reminding(after(26)));
    expect(await open(world.ledger)).toHaveLength(1);
  });

  it("closes its alert by itself when the receipt has come", async () => {
    await using world = await openWorld();
    const packetId = await addSentPacket(world.ledger, {});
    await remind(world.ledger, reminding(after(25)));
    await updatePacket(world.ledger, packetId, { state: "ACKED" });
    await remind(world.ledger, reminding(after(26)));
    expect(await open(world.ledger)).toEqual([]);
    expect(await listAlerts(world.ledger)).toMatchObject([{ resolvedBy: "packetboat" }]);
  });

  it("of which none is due is no alert", async () => {
    await using world = await openWorld();
    await addSentPacket(world.ledger, { receipt_due: 0 });
    await addSentPacket(world.ledger, { state: "SEALED", sent_at: null });
    await remind(world.ledger, reminding(after(100)));
    expect(await open(world.ledger)).toEqual([]);
  });
});

describe("a request that nobody answers", () => {
  // AT is a Monday; ten school days later is the Monday two weeks on, August 26.
  const lastDay = new Date("2024-08-27T04:00:00Z");
  const dayAfter = new Date("2024-08-27T06:00:00Z");

  it("is overdue at the releaser when the last day has ended in the agency's zone", async () => {
    await using world = await openWorld();
    const received = { side: "releaser", state: "RequestReceived", requesterId: PARTNER } as const;
    const transfer = await addTransfer(world.ledger, received);
    await remind(world.ledger, reminding(lastDay));
    expect(await late(world.ledger)).toEqual([]);
    await remind(world.ledger, reminding(dayAfter));
    expect(await late(world.ledger)).toEqual([
      {
        code: "ANSWER_OVERDUE",
        subject: `${PARTNER}/${transfer.transferId}`,
        facts: { due: "2024-08-26" },
        times: 1,
      },
    ]);
  });

  it("is told to the requester as well", async () => {
    await using world = await openWorld();
    const { transferId } = await addTransfer(world.ledger, { state: "RequestReceived" });
    await remind(world.ledger, reminding(dayAfter));
    expect(await open(world.ledger)).toMatchObject([
      { code: "REQUEST_UNANSWERED", subject: `${US}/${transferId}` },
    ]);
  });

  it("is due sooner for a student who cannot wait", async () => {
    await using world = await openWorld();
    const state = { side: "releaser", state: "RequestReceived" } as const;
    const hastened = { ...request, ExpediteReason: "FosterCare" } as const;
    await addTransfer(world.ledger, state, writeDocument(TRANSFER_REQUEST, hastened));
    const requestOf = requestReader(world.ledger);
    await remind(world.ledger, reminding(after(24), { requestOf }));
    expect(await late(world.ledger)).toMatchObject([
      { code: "ANSWER_OVERDUE", facts: { due: "2024-08-12" } },
    ]);
  });

  it("is due even if its text is no longer kept", async () => {
    await using world = await openWorld();
    await addTransfer(world.ledger, {});
    const requestOf = () => Promise.resolve(null);
    await remind(world.ledger, reminding(dayAfter, { requestOf }));
    expect(await open(world.ledger)).toMatchObject([{ code: "REQUEST_UNANSWERED" }]);
  });

  it("is settled by any answer, a hold included", async () => {
    await using world = await openWorld();
    const { transferId } = await addTransfer(world.ledger, {});
    await remind(world.ledger, reminding(dayAfter));
    expect(await open(world.ledger)).toHaveLength(1);
    await world.ledger
      .updateTable("transfers")
      .set({ state: "OnHold" })
      .where("transfer_id", "=", transferId)
      .execute();
    await remind(world.ledger, reminding(dayAfter));
    expect(await open(world.ledger)).toEqual([]);
  });
});

describe("a request on the desk", () => {
  const received = { side: "releaser", state: "RequestReceived", requesterId: PARTNER } as const;
  const pressing = async (ledger: Ledger) =>
    (await open(ledger)).filter(({ code }) => code.startsWith("DECISION_"));

  // AT is a Monday; midnight in Chicago is at five in UTC.
  it("is a reminder after two school days, then an escalation, and neither once it is decided", async () => {
    await using world = await openWorld();
    const { transferId } = await addTransfer(world.ledger, received);
    const subject = `${PARTNER}/${transferId}`;
    const at = async (time: string) => {
      await remind(world.ledger, reminding(new Date(time), { escalatedTo: 2 }));
      return pressing(world.ledger);
    };
    expect(await at("2024-08-14T04:59:00Z")).toEqual([]);
    const facts = { due: "2024-08-26", since: "2024-08-12" };
    const reminder = { code: "DECISION_DUE", subject, facts, times: 1 };
    expect(await at("2024-08-14T05:00:00Z")).toEqual([reminder]);
    expect(await at("2024-08-18T05:00:00Z")).toEqual([reminder]);
    expect(await at("2024-08-19T05:00:00Z")).toEqual([
      { code: "DECISION_ESCALATED", subject, facts: { ...facts, told: 2 }, times: 1 },
    ]);
    await world.ledger.updateTable("transfers").set({ state: "ReleasePending" }).execute();
    expect(await at("2024-08-20T05:00:00Z")).toEqual([]);
  });

  it("is counted from the day on which it came, not from that on which it was asked", async () => {
    await using world = await openWorld();
    const transfer = await addTransfer(world.ledger, received);
    await world.ledger.transaction().execute(async (db) => {
      const event = { event: "Original", who: PARTNER, authentication: null };
      await addTransferEvent(db, transfer, { ...event, at: "2024-08-15T15:00:00.000Z" });
    });
    await remind(world.ledger, reminding(new Date("2024-08-18T15:00:00Z")));
    expect(await pressing(world.ledger)).toEqual([]);
    await remind(world.ledger, reminding(new Date("2024-08-19T15:00:00Z")));
    expect(await pressing(world.ledger)).toMatchObject([
      { code: "DECISION_DUE", facts: { since: "2024-08-15", due: "2024-08-26" } },
    ]);
  });

  it("of ours at another district presses nobody here", async () => {
    await using world = await openWorld();
    await addTransfer(world.ledger, { state: "RequestReceived" });
    await remind(world.ledger, reminding(new Date("2024-08-20T15:00:00Z")));
    expect(await open(world.ledger)).toEqual([]);
  });
});

describe("a key", () => {
  const key = (days: number, ours = false) => ({
    agencyId: ours ? US : PARTNER,
    ours,
    expires: after(days * 24),
  });

  it("that expires in three months is no alert", async () => {
    await using world = await openWorld();
    await remind(world.ledger, reminding(AT, { keys: [key(90), { ...key(1), expires: null }] }));
    expect(await open(world.ledger)).toEqual([]);
  });

  it("that expires within two months is an alert, ours and theirs, until it is replaced", async () => {
    await using world = await openWorld();
    await remind(world.ledger, reminding(AT, { keys: [key(60), key(5, true)] }));
    const told = (await open(world.ledger)).map(({ facts }) => [facts.ours, facts.days]);
    expect(new Map(told as [boolean, number][])).toEqual(
      new Map([
        [true, 5],
        [false, 60],
      ]),
    );
    await remind(world.ledger, reminding(AT, { keys: [key(900), key(900, true)] }));
    expect(await open(world.ledger)).toEqual([]);
  });
});

describe("a request on hold", () => {
  const week = after(8 * 24);
  const held = async (ledger: Ledger, change: Partial<Transfer> = {}): Promise<Transfer> => {
    const onHold = { side: "releaser", state: "OnHold", requesterId: PARTNER } as const;
    const transfer = await addTransfer(ledger, { ...onHold, ...change });
    const event = { at: AT.toISOString(), event: "Hold", who: "someone", authentication: null };
    await ledger.transaction().execute((db) => addTransferEvent(db, transfer, event));
    return transfer;
  };

  it("without a day is not forgotten", async () => {
    await using world = await openWorld();
    const { transferId } = await held(world.ledger);
    await remind(world.ledger, reminding(after(4 * 24)));
    expect(await open(world.ledger)).toEqual([]);
    await remind(world.ledger, reminding(week));
    expect(await open(world.ledger)).toMatchObject([
      {
        code: "HOLD_WITHOUT_DAY",
        subject: `${PARTNER}/${transferId}`,
        facts: { since: "2024-08-12" },
      },
    ]);
    await world.ledger.updateTable("transfers").set({ hold_until: "2024-09-01" }).execute();
    await remind(world.ledger, reminding(week));
    expect(await open(world.ledger)).toEqual([]);
  });

  it("until a day, or for a second person, is no matter of this reminder", async () => {
    await using world = await openWorld();
    await held(world.ledger, { holdUntil: "2024-09-01" });
    await held(world.ledger, { firstPerson: "someone" });
    await held(world.ledger, { side: "requester" });
    await remind(world.ledger, reminding(week));
    expect(await open(world.ledger)).toEqual([]);
  });
});
