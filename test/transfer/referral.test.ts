/** A state transfer at its two districts: who may speak, and what the entity's word is good for. */
import { describe, expect, it } from "vitest";
import { parseAgencyId, sha256 } from "../../daemon/ids.ts";
import type { ForwardedRequest, Referral } from "../../daemon/packet/model.gen.ts";
import { cancel, imported, request, resubmit } from "../../daemon/transfer/decide.ts";
import type { Transfer } from "../../daemon/transfer/effects.ts";
import type { ReceivedFacts } from "../../daemon/transfer/facts.ts";
import { hearReferral } from "../../daemon/transfer/hear-referral.ts";
import { hearForwarded, hearRequest } from "../../daemon/transfer/hear-request.ts";
import { hearRecall } from "../../daemon/transfer/hear-recall.ts";
import { hearRelease } from "../../daemon/transfer/hear-release.ts";
import { hearResponse } from "../../daemon/transfer/hear-response.ts";
import { hearStatus } from "../../daemon/transfer/hear-status.ts";
import { toldEntity } from "../../daemon/transfer/tell-entity.ts";
import {
  ANSWERING,
  ASKING,
  asks,
  district,
  factsOf,
  nextMessageId,
  nextUuid,
  NOW,
  only,
  publishedBy,
  raised,
  recallOf,
  releaseOf,
  requestFrom,
  resolved,
  responseOf,
  stateAfter,
  STRANGER,
  TRANSFER_ID,
  transferAt,
} from "./cast.ts";

const ENTITY = parseAgencyId("2700000");
const REQUEST_TEXT = "the signed request";
const CURRENT = sha256(REQUEST_TEXT);
const OLDER = sha256("the one before");

const referralOf = (changes: Partial<Referral> = {}): Referral => ({
  MessageId: nextUuid(),
  TransferId: TRANSFER_ID,
  RequestSha256: CURRENT,
  EntityId: ENTITY,
  RequesterId: ASKING,
  ReleaserId: ANSWERING,
  DocumentProcessCode: "TEST",
  IssuedDateTime: "2024-08-01T14:00:00Z",
  ExpiresDateTime: "2024-09-28T12:00:00Z",
  ...changes,
});

const refusedWith = (code: string) => expect.objectContaining({ code }) as Error;

/** At the requester: whom it speaks with, and who speaks. */
const asking = (
  state: Transfer["state"],
  partnerId: Transfer["partnerId"],
  from: Transfer["partnerId"],
  more: Partial<ReceivedFacts> = {},
) =>
  factsOf("requester", transferAt("requester", state, { entityId: ENTITY, partnerId }), {
    from,
    sentRequests: { current: CURRENT, earlier: [OLDER] },
    ...more,
  });

const carrying = (changes: Partial<Referral> = {}) => ({
  carried: { referral: referralOf(changes), text: "signed by the entity" },
});

describe("a state request", () => {
  const facts = factsOf("requester", null);

  it("goes to the entity, which is the other side until it has named somebody", () => {
    const effects = request(asks({ to: ENTITY, throughEntity: true }), facts);
    const [opened] = only(effects, "OpenTransfer");
    expect(opened?.transfer).toMatchObject({ partnerId: ENTITY, entityId: ENTITY });
    expect(only(effects, "Send")[0]).toMatchObject({ to: ENTITY, message: { To: ENTITY } });
  });

  it("has the entity named by nobody when a district is asked directly", () => {
    const [opened] = only(request(asks(), facts), "OpenTransfer");
    expect(opened?.transfer).toMatchObject({ partnerId: ANSWERING, entityId: null });
  });

  it("goes to the entity again when it is corrected, and who was named holds no longer", () => {
    const effects = resubmit({}, asking("Forwarded", ANSWERING, ENTITY));
    expect(only(effects, "Send")[0]?.to).toBe(ENTITY);
    expect(only(effects, "SetState")[0]).toMatchObject({
      changes: { partnerId: ENTITY },
      referral: null,
      answer: null,
    });
    expect(resolved(effects)).toContain("STILL_ENROLLED_AT_BOTH");
  });

  it("is given up by way of the entity; that records are imported is told to who released them", () => {
    const [sent] = only(cancel({}, asking("Forwarded", ANSWERING, ENTITY)), "Send");
    expect(sent?.to).toBe(ENTITY);
    const [told] = only(imported({}, asking("Delivered", ANSWERING, ANSWERING)), "Send");
    expect(told?.to).toBe(ANSWERING);
  });
});

describe("the entity's referral", () => {
  const hear = (
    facts: ReceivedFacts,
    changes: Partial<Referral> = {},
    more: Partial<Parameters<typeof hearReferral>[0]["message"]> = {},
  ) =>
    hearReferral(
      {
        message: {
          MessageId: nextUuid(),
          ReferralText: "signed by the entity",
          Releaser: district(ANSWERING),
          ...more,
        },
        referral: referralOf(changes),
      },
      facts,
    );

  it("names the releaser, with whom the requester speaks from now on", () => {
    const [moved] = only(hear(asking("Requested", ENTITY, ENTITY)), "SetState");
    expect(moved).toMatchObject({
      state: "Forwarded",
      changes: { partnerId: ANSWERING },
      referral: { kind: "SignedReferral" },
    });
  });

  it("says that the student is still enrolled at both, and for how many days", () => {
    const overlap = {
      OverlapStartDate: "2024-07-25",
      OverlapDays: "8",
      StillEnrolledAtBoth: "true",
    } as const;
    const facts = asking("Requested", ENTITY, ENTITY);
    const [alert] = only(hear(facts, {}, { Overlap: overlap }), "RaiseAlert");
    expect(alert).toMatchObject({
      code: "STILL_ENROLLED_AT_BOTH",
      partnerId: ANSWERING,
      facts: { daysInCommon: 8, registry: true },
    });
  });

  it("adds what it knows where the releaser's own messages overtook it", () => {
    const [moved] = only(hear(asking("Delivered", ANSWERING, ENTITY)), "SetState");
    expect(moved).toMatchObject({ state: "Delivered", referral: { kind: "SignedReferral" } });
  });

  it("is late for an older version of the request, and where nobody asks any more", () => {
    expect(hear(asking("Requested", ENTITY, ENTITY), { RequestSha256: OLDER })).toEqual([]);
    expect(hear(asking("Canceled", ENTITY, ENTITY))).toEqual([]);
  });

  const requested = asking("Requested", ENTITY, ENTITY);
  it.each([
    ["another request", requested, { RequestSha256: sha256("another") }],
    ["the other kind of traffic", requested, { DocumentProcessCode: "PRODUCTION" as const }],
    ["a time that is long over", requested, { ExpiresDateTime: "2024-07-01T12:00:00Z" }],
    ["a time to come", requested, { IssuedDateTime: "2024-08-02T12:00:00Z" }],
    ["another entity", requested, { EntityId: STRANGER }],
    ["the requester itself as releaser", requested, { ReleaserId: ASKING }],
    ["a second releaser of one request", asking("Forwarded", STRANGER, ENTITY), {}],
  ])("does not hold for %s", (_, facts, changes) => {
    expect(() => hear(facts, changes)).toThrow(refusedWith("REFERRAL_INVALID"));
  });

  it("shows no other district than the one that it names", () => {
    const shown = { Releaser: district(STRANGER) };
    expect(() => hear(requested, {}, shown)).toThrow(refusedWith("REFERRAL_INVALID"));
  });

  it("is nothing for a transfer of others, without an entity, or from anybody but ours", () => {
    const direct = factsOf("requester", transferAt("requester", "Requested"), { from: ENTITY });
    for (const [facts, changes] of [
      [requested, { RequesterId: STRANGER }],
      [direct, {}],
      [asking("Requested", ENTITY, STRANGER), { EntityId: STRANGER }],
    ] as const) {
      expect(() => hear(facts, changes)).toThrow(refusedWith("TRANSFER_NOT_THEIRS"));
    }
  });
});

describe("whoever speaks about a state transfer at the requester", () => {
  const received = responseOf();

  it("may be the releaser, once it is named", () => {
    expect(stateAfter(hearResponse(received, asking("Forwarded", ANSWERING, ANSWERING)))).toBe(
      "RequestReceived",
    );
  });

  it("brings the entity's word along before it is named otherwise, which then is kept", () => {
    const facts = asking("Requested", ENTITY, ANSWERING, carrying());
    const [answered] = only(hearResponse(received, facts), "SetState");
    expect(answered).toMatchObject({
      state: "RequestReceived",
      changes: { partnerId: ANSWERING },
      referral: { kind: "SignedReferral", message: { ReferralText: "signed by the entity" } },
    });
    const effects = hearRelease(releaseOf(), facts);
    expect(publishedBy(effects)).toEqual(["record"]);
    expect(only(effects, "SetState")[0]?.changes).toMatchObject({ partnerId: ANSWERING });
    const recall = hearRecall(recallOf([nextMessageId()]), facts);
    expect(raised(recall)).toEqual(["RECORDS_RECALLED"]);
  });

  it("waits without one, while the entity has named nobody", () => {
    const facts = asking("Requested", ENTITY, ANSWERING);
    for (const speak of [
      () => hearResponse(received, facts),
      () => hearRelease(releaseOf(), facts),
      () => hearRecall(recallOf([nextMessageId()]), facts),
    ]) {
      expect(speak).toThrow(refusedWith("REFERRAL_MISSING"));
    }
  });

  it("is refused without one, when somebody else is named", () => {
    const facts = asking("Forwarded", ANSWERING, STRANGER);
    expect(() => hearResponse(received, facts)).toThrow(refusedWith("TRANSFER_NOT_THEIRS"));
    const release = releaseOf({ ReleasingDistrict: district(STRANGER) });
    expect(() => hearRelease(release, facts)).toThrow(refusedWith("TRANSFER_NOT_THEIRS"));
  });

  it.each([
    ["for another requester", { RequesterId: STRANGER }],
    ["for another releaser", { ReleaserId: STRANGER }],
    ["of another request", { RequestSha256: sha256("another") }],
    ["of another entity", { EntityId: STRANGER }],
    ["of an older version, with an answer to this one", { RequestSha256: OLDER }],
  ])("is refused with a referral %s", (_, changes) => {
    const facts = asking("Requested", ENTITY, ANSWERING, carrying(changes));
    expect(() => hearResponse(received, facts)).toThrow(refusedWith("REFERRAL_INVALID"));
    expect(() => hearRelease(releaseOf(), facts)).toThrow(refusedWith("REFERRAL_INVALID"));
  });

  it("is late, if it was named for an older version: no answer counts, and no record is taken", () => {
    const facts = asking("Requested", ENTITY, ANSWERING, carrying({ RequestSha256: OLDER }));
    const older = { RespondsTo: nextUuid() };
    expect(hearResponse(responseOf({ ...older, ResponseStatus: "NoRecord" }), facts)).toEqual([]);
    expect(() => hearRelease(releaseOf(older), facts)).toThrow(refusedWith("TRANSFER_STATE"));
    const { RespondsTo, ...unnamed } = releaseOf();
    expect(RespondsTo).toBeDefined();
    expect(() => hearRelease(unnamed, facts)).toThrow(refusedWith("RULE_BROKEN"));
  });

  it("may be the entity, with what a registry knows and no more", () => {
    const facts = asking("Requested", ENTITY, ENTITY);
    const none = responseOf({ ResponseStatus: "NoRecord", Comments: "As of yesterday." });
    const [answered] = only(hearResponse(none, facts), "SetState");
    expect(answered).toMatchObject({ state: "NoRecord", answer: none });
    for (const status of ["Hold", "RecordSent", "Deceased"] as const) {
      const said = responseOf({ ResponseStatus: status, ReasonCode: "Other" });
      expect(() => hearResponse(said, facts)).toThrow(refusedWith("TRANSFER_NOT_THEIRS"));
    }
    const release = releaseOf({ ReleasingDistrict: district(ENTITY) });
    expect(() => hearRelease(release, facts)).toThrow(refusedWith("TRANSFER_NOT_THEIRS"));
    const recall = recallOf([nextMessageId()]);
    expect(() => hearRecall(recall, facts)).toThrow(refusedWith("TRANSFER_NOT_THEIRS"));
  });
});

describe("a forwarded request at the releaser", () => {
  const facts = (transfer: Transfer | null = null): ReceivedFacts =>
    factsOf("releaser", transfer, { from: ENTITY, ourEntityId: ENTITY });
  const verification: ForwardedRequest["Verification"] = {
    MatchedBy: "StateStudentId",
    VerifiedDateTime: "2024-08-01T14:00:00Z",
    RegistryDate: "2024-07-31",
    PreviousAgency: district(ANSWERING),
    NameOfInstitution: "North Middle School",
    EnrollmentEntryDate: "2021-08-30",
    Overlap: { OverlapStartDate: "2024-07-25", OverlapDays: "8", StillEnrolledAtBoth: "true" },
  };
  const forward = (
    changes: Partial<ReturnType<typeof requestFrom>> = {},
    referral: Partial<Referral> = {},
  ) => ({
    message: {
      MessageId: nextUuid(),
      RequestText: REQUEST_TEXT,
      ReferralText: "signed by the entity",
      Verification: verification,
    },
    request: requestFrom({ To: ENTITY, ...changes }),
    referral: referralOf(referral),
  });

  it("opens a case with what the registry found, and answers the requester itself", () => {
    const effects = hearForwarded(forward(), facts());
    const [opened] = only(effects, "OpenTransfer");
    expect(opened?.transfer).toMatchObject({ partnerId: ASKING, entityId: ENTITY });
    expect(opened?.referral?.kind).toBe("ForwardedRequest");
    expect(only(effects, "Publish")[0]).toMatchObject({ what: "request", verification });
    expect(only(effects, "Send").map(({ to }) => to)).toEqual([ASKING]);
    expect(raised(effects)).toEqual(["REQUEST_TO_RELEASE", "STILL_ENROLLED_AT_BOTH"]);
    expect(only(effects, "RecordDisclosure")[0]?.party.agencyId).toBe(ASKING);
  });

  it("is refused from anybody but the entity that was joined", () => {
    const stranger = { ...facts(), from: STRANGER, ourEntityId: null };
    const theirs = forward({ To: STRANGER }, { EntityId: STRANGER });
    expect(() => hearForwarded(theirs, stranger)).toThrow(refusedWith("TRANSFER_NOT_THEIRS"));
  });

  it("is never the entity's own, whichever way it comes: an entity has no records", () => {
    const own = { RequesterId: ENTITY, RequestingDistrict: district(ENTITY) };
    const passedOn = forward(own, { RequesterId: ENTITY });
    expect(() => hearForwarded(passedOn, facts())).toThrow(refusedWith("RULE_BROKEN"));
    const asked = requestFrom(own);
    const direct = { message: { MessageId: asked.MessageId, RequestText: "x" }, request: asked };
    expect(() => hearRequest(direct, facts())).toThrow(refusedWith("TRANSFER_NOT_THEIRS"));
  });

  it("is a direct request's own way no longer: each transfer keeps the one it was asked in", () => {
    const through = transferAt("releaser", "RequestReceived", { entityId: ENTITY });
    const again = requestFrom({ Revision: "1", TransmissionType: "Resubmission" });
    const direct = factsOf("releaser", through);
    const said = { message: { MessageId: again.MessageId, RequestText: "x" }, request: again };
    expect(() => hearRequest(said, direct)).toThrow(refusedWith("TRANSFER_NOT_THEIRS"));
    const directly = facts(transferAt("releaser", "RequestReceived"));
    const other = forward({ Revision: "1", TransmissionType: "Resubmission" });
    expect(() => hearForwarded(other, directly)).toThrow(refusedWith("TRANSFER_NOT_THEIRS"));
  });

  it("is answered in each change of state to the entity as well, which learns of no student", () => {
    const effects = hearForwarded(forward(), facts());
    const at = { at: NOW, newMessageId: nextMessageId };
    expect(toldEntity(null, effects, at)).toMatchObject([
      { to: ENTITY, kind: "TransferStatus", message: { TransferState: "RequestReceived" } },
    ]);
    const before = transferAt("releaser", "RequestReceived", { entityId: ENTITY });
    const same = { effect: "SetState", event: "Hold", changes: {} } as const;
    const states = (state: Transfer["state"]) =>
      toldEntity(before, [{ ...same, state }], at).map(({ message }) =>
        "TransferState" in message ? message.TransferState : null,
      );
    expect([states("OnHold"), states("RequestReceived")]).toEqual([["OnHold"], []]);
    const direct = transferAt("releaser", "RequestReceived");
    expect(toldEntity(direct, [{ ...same, state: "OnHold" }], at)).toEqual([]);
  });

  it("is closed when the entity has found the student elsewhere, and nothing is answered", () => {
    const status = {
      MessageId: nextUuid(),
      TransferId: TRANSFER_ID,
      RequesterId: ASKING,
      TransferState: "Canceled",
      StatusDateTime: "2024-08-01T14:00:00Z",
    } as const;
    const waiting = { messageId: nextMessageId(), standing: "waiting" } as const;
    const pending = transferAt("releaser", "ReleasePending", {
      entityId: ENTITY,
      releases: [waiting],
    });
    const effects = hearStatus(status, facts(pending));
    expect(stateAfter(effects)).toBe("Canceled");
    expect(only(effects, "Unsend")).toEqual([{ effect: "Unsend", messageId: waiting.messageId }]);
    expect(only(effects, "Send")).toEqual([]);
    expect(publishedBy(effects)).toEqual(["closedRequest"]);
    expect(raised(effects)).toEqual(["REQUEST_CANCELED"]);
    expect(toldEntity(pending, effects, { at: NOW, newMessageId: nextMessageId })).toEqual([]);
    const gone = transferAt("releaser", "Released", {
      entityId: ENTITY,
      releases: [{ ...waiting, standing: "sent" }],
    });
    expect(raised(hearStatus(status, facts(gone)))).toEqual(["CANCEL_CAME_TOO_LATE"]);
    const again = { ...pending, requestedAt: new Date("2024-08-01T14:30:00Z") };
    expect(hearStatus(status, facts(again))).toEqual([]);
    const other = { ...status, TransferState: "Released" } as const;
    expect(() => hearStatus(other, facts(pending))).toThrow(refusedWith("RULE_BROKEN"));
    const stranger = { ...facts(pending), from: STRANGER };
    expect(() => hearStatus(status, stranger)).toThrow(refusedWith("TRANSFER_NOT_THEIRS"));
  });
});
