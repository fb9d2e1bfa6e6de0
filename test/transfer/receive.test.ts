import { describe, expect, it } from "vitest";
import type {
  Recall,
  TransferRelease,
  TransferRequest,
  TransferResponse,
} from "../../daemon/packet/model.gen.ts";
import { ALERT_AUDIENCE } from "../../daemon/transfer/alert-codes.ts";
import type { Effect, Transfer } from "../../daemon/transfer/effects.ts";
import { districtHandlers } from "../../daemon/transfer/receive.ts";
import { MOST_RELEASES } from "../../daemon/transfer/releases.ts";
import {
  ASKING,
  district,
  factsOf,
  jenna,
  nextMessageId,
  only,
  publishedBy,
  raised,
  recallOf,
  recordOf,
  registrar,
  releaseOf,
  REQUEST_ID,
  requestFrom,
  resolved,
  responseOf,
  stateAfter,
  STRANGER,
  TRANSFER_ID,
  transferAt,
} from "./cast.ts";

type Facts = ReturnType<typeof factsOf>;

const refusedWith = (code: string): unknown => expect.objectContaining({ code });

const hearRequest = (request: TransferRequest, facts: Facts): Effect[] =>
  districtHandlers.SignedRequest(
    { message: { MessageId: request.MessageId, RequestText: "signed" }, request },
    facts,
  );
const hearRelease = (release: TransferRelease, facts: Facts): Effect[] =>
  districtHandlers.TransferRelease(release, facts);
const hearResponse = (response: TransferResponse, facts: Facts): Effect[] =>
  districtHandlers.TransferResponse(response, facts);
const hearRecall = (recall: Recall, facts: Facts): Effect[] =>
  districtHandlers.Recall(recall, facts);

const newRequest = (): Facts => factsOf("releaser", null, { request: null });
const asking = (state: Transfer["state"], changes: Partial<Transfer> = {}): Facts =>
  factsOf("requester", transferAt("requester", state, changes));
const answering = (state: Transfer["state"], changes: Partial<Transfer> = {}): Facts =>
  factsOf("releaser", transferAt("releaser", state, changes));

describe("a request that arrives", () => {
  it("opens a transfer, is acknowledged, published, put on the desk and registered", () => {
    const effects = hearRequest(requestFrom(), newRequest());
    expect(effects.map(({ effect }) => effect)).toEqual([
      "OpenTransfer",
      "Send",
      "Publish",
      "RaiseAlert",
      "RecordDisclosure",
    ]);
    expect(only(effects, "OpenTransfer")[0]?.transfer).toEqual(
      transferAt("releaser", "RequestReceived"),
    );
    expect(only(effects, "Send")[0]).toMatchObject({
      to: ASKING,
      message: { ResponseStatus: "RequestReceived", RespondsTo: REQUEST_ID },
    });
    expect(publishedBy(effects)).toEqual(["request"]);
    expect(raised(effects)).toEqual(["REQUEST_TO_RELEASE"]);
  });

  it("stands in the register with who asked, why and for what (34 CFR 99.32)", () => {
    const [line] = only(hearRequest(requestFrom(), newRequest()), "RecordDisclosure");
    expect(line).toMatchObject({
      what: "request",
      party: { agencyId: ASKING, name: "Example Public Schools" },
      interest: "The student enrolled here.",
      purpose: "R01",
      user: registrar,
    });
  });

  it("tells the registrar how the user was authenticated, and nothing about the student", () => {
    const request = requestFrom({ ExpediteReason: "FosterCare", RequestedByParent: "true" });
    const [alert] = only(hearRequest(request, newRequest()), "RaiseAlert");
    expect(alert?.audience).toBe("registrar");
    expect(alert?.facts).toMatchObject({
      userAuthentication: "OperatingSystem",
      expediteReason: "FosterCare",
      requestedByParent: true,
    });
    expect(alert).toMatchObject({ subject: `${ASKING}/${TRANSFER_ID}`, partnerId: ASKING });
    expect(JSON.stringify(alert)).not.toMatch(/Abrams|Jenna|2009/);
  });

  it("asks for a notice to the parents where nothing else covers it (34 CFR 99.34)", () => {
    const facts = newRequest();
    const policy = { ...facts.policy, annualNoticeCoversTransfers: false };
    const fromParent = requestFrom({ RequestedByParent: "true" });
    expect(raised(hearRequest(requestFrom(), { ...facts, policy }))).toContain("PARENT_NOTICE_DUE");
    expect(raised(hearRequest(fromParent, { ...facts, policy }))).not.toContain(
      "PARENT_NOTICE_DUE",
    );
  });

  it.each<[string, Partial<TransferRequest>, Partial<Facts>, string]>([
    [
      "of another district than the one that sealed it",
      {},
      { from: STRANGER },
      "TRANSFER_NOT_THEIRS",
    ],
    [
      "that shows people another district than the one that sealed it",
      { RequestingDistrict: district(STRANGER) },
      {},
      "TRANSFER_NOT_THEIRS",
    ],
    ["for another district", { To: STRANGER }, {}, "PACKET_MISADDRESSED"],
    ["for tests, in production", {}, { processCode: "PRODUCTION" }, "RULE_BROKEN"],
    ["that breaks a rule", { Revision: "7" }, {}, "RULE_BROKEN"],
  ])("%s is refused", (_, request, facts, code) => {
    expect(() => hearRequest(requestFrom(request), { ...newRequest(), ...facts })).toThrow(
      refusedWith(code),
    );
  });

  it("under another MessageId than the one signed inside is refused", () => {
    const request = requestFrom();
    const message = { MessageId: nextMessageId(), RequestText: "signed" };
    expect(() => districtHandlers.SignedRequest({ message, request }, newRequest())).toThrow(
      refusedWith("INNER_TEXT_INVALID"),
    );
  });

  const again = (Revision: string, changes: Partial<TransferRequest> = {}): TransferRequest =>
    requestFrom({
      MessageId: nextMessageId(),
      Revision,
      TransmissionType: "Resubmission",
      ...changes,
    });

  it("whose revision does not grow is refused", () => {
    const facts = answering("RequestReceived", { revision: 2 });
    expect(() => hearRequest(again("2"), facts)).toThrow(refusedWith("RULE_BROKEN"));
  });

  it("which a newer one has overtaken changes nothing", () => {
    const facts = answering("OnHold", { revision: 2 });
    expect(hearRequest(again("1"), facts)).toEqual([]);
    expect(hearRequest(requestFrom({ MessageId: nextMessageId() }), facts)).toEqual([]);
  });

  it("again puts it back on the desk, and a release that still waits is taken back", () => {
    const waiting = nextMessageId();
    const facts = answering("ReleasePending", {
      releases: [{ messageId: waiting, standing: "waiting" }],
    });
    const request = again("1");
    const effects = hearRequest(request, facts);
    expect(only(effects, "Unsend")).toEqual([{ effect: "Unsend", messageId: waiting }]);
    expect(only(effects, "SetState")[0]).toMatchObject({
      state: "RequestReceived",
      changes: { revision: 1, requestMessageId: request.MessageId, releases: [], holdUntil: null },
    });
    expect(raised(effects)).toEqual(["REQUEST_TO_RELEASE"]);
  });

  it("again after the records were taken is refused, and so is a cancellation", () => {
    expect(() => hearRequest(again("1"), answering("Delivered"))).toThrow(
      refusedWith("TRANSFER_STATE"),
    );
    const cancellation = again("1", { TransmissionType: "Cancellation" });
    expect(() => hearRequest(cancellation, answering("Imported"))).toThrow(
      refusedWith("TRANSFER_STATE"),
    );
  });

  it("to cancel closes the case, clears the desk and is confirmed", () => {
    const request = again("1", { TransmissionType: "Cancellation" });
    const effects = hearRequest(request, answering("RequestReceived"));
    expect(stateAfter(effects)).toBe("Canceled");
    expect(publishedBy(effects)).toEqual(["closedRequest"]);
    expect(resolved(effects)).toContain("REQUEST_TO_RELEASE");
    expect(raised(effects)).toEqual(["REQUEST_CANCELED"]);
    expect(only(effects, "Send")[0]?.message).toMatchObject({
      ResponseStatus: "Canceled",
      RespondsTo: request.MessageId,
    });
  });

  it("to cancel again is only confirmed again", () => {
    const request = again("2", { TransmissionType: "Cancellation" });
    const effects = hearRequest(request, answering("Canceled", { revision: 1 }));
    expect(raised(effects)).toEqual([]);
    expect(publishedBy(effects)).toEqual([]);
    expect(only(effects, "Send")).toHaveLength(1);
  });
});

describe("an answer that arrives", () => {
  it("moves the request and tells the registrar why and until when, without the comments", () => {
    const hold = responseOf({
      ResponseStatus: "Hold",
      ReasonCode: "AwaitingFinalMarks",
      HoldUntil: "2024-08-12",
      Comments: "Jenna's marks come next week.",
    });
    const effects = hearResponse(hold, asking("RequestReceived"));
    expect(only(effects, "SetState")[0]).toMatchObject({
      state: "OnHold",
      changes: { holdUntil: "2024-08-12" },
    });
    const [alert] = only(effects, "RaiseAlert");
    expect(alert).toMatchObject({
      code: "REQUEST_ON_HOLD",
      messageId: hold.MessageId,
      facts: { reason: "AwaitingFinalMarks", holdUntil: "2024-08-12", hasComments: true },
    });
    expect(JSON.stringify(alert)).not.toContain("Jenna");
  });

  it.each([
    ["Rejected", "Rejected", "REQUEST_REJECTED"],
    ["NoRecord", "NoRecord", "NO_RECORD"],
    ["MultipleMatch", "MultipleMatch", "MULTIPLE_MATCH"],
    ["Deceased", "Rejected", "STUDENT_DECEASED"],
    ["OfflineRecordSearch", "OnHold", "REQUEST_ON_HOLD"],
    ["OfflineRecordSent", "Released", "RECORDS_SENT_OFFLINE"],
    ["RecordSent", "Released", "RECORDS_SENT_OFFLINE"],
  ] as const)("%s leads to %s with the alert %s", (ResponseStatus, state, alert) => {
    const reason = ResponseStatus === "Rejected" ? { ReasonCode: "NotAuthorized" as const } : {};
    const effects = hearResponse(responseOf({ ResponseStatus, ...reason }), asking("OnHold"));
    expect(stateAfter(effects)).toBe(state);
    expect(raised(effects)).toEqual([alert]);
    expect(resolved(effects)).toEqual(["REQUEST_ON_HOLD"]);
  });

  it("to an older version of the request changes nothing", () => {
    const facts = asking("Requested", { requestMessageId: nextMessageId(), revision: 1 });
    const rejected = responseOf({ ResponseStatus: "Rejected", ReasonCode: "Other" });
    expect(hearResponse(rejected, facts)).toEqual([]);
  });

  it("that confirms a cancellation nobody made is refused", () => {
    const canceled = responseOf({ ResponseStatus: "Canceled" });
    expect(() => hearResponse(canceled, asking("OnHold"))).toThrow(refusedWith("TRANSFER_STATE"));
  });

  it.each<[string, Partial<TransferResponse>, Facts, string]>([
    [
      "from a district that was not asked",
      {},
      { ...asking("Requested"), from: STRANGER },
      "TRANSFER_NOT_THEIRS",
    ],
    [
      "about a transfer between two others",
      { RequesterId: STRANGER },
      asking("Requested"),
      "TRANSFER_NOT_THEIRS",
    ],
    ["about no transfer", {}, { ...asking("Requested"), transfer: null }, "TRANSFER_UNKNOWN"],
    [
      "that only a requester gives",
      { ResponseStatus: "Imported" },
      asking("Delivered"),
      "TRANSFER_NOT_THEIRS",
    ],
    ["that only a releaser gives", {}, answering("RequestReceived"), "TRANSFER_NOT_THEIRS"],
    ["without the reason it owes", { ResponseStatus: "Hold" }, asking("Requested"), "RULE_BROKEN"],
  ])("%s is refused", (_, response, facts, code) => {
    expect(() => hearResponse(responseOf(response), facts)).toThrow(refusedWith(code));
  });
});

describe("records that arrive", () => {
  it("are published, and the registrar is told how much of what was asked for came", () => {
    const release = releaseOf();
    const effects = hearRelease(release, asking("OnHold"));
    expect(only(effects, "SetState")[0]).toMatchObject({
      state: "Delivered",
      changes: {
        releases: [{ messageId: release.MessageId, standing: "received" }],
        holdUntil: null,
      },
    });
    expect(publishedBy(effects)).toEqual(["record"]);
    expect(resolved(effects)).toEqual(["REQUEST_ON_HOLD"]);
    const [alert] = only(effects, "RaiseAlert");
    expect(alert).toMatchObject({
      code: "RECORDS_RELEASED",
      facts: { sectionsAsked: 8, sectionsCame: 1, attachments: 0, supplement: false },
    });
    expect(JSON.stringify(alert)).not.toMatch(/Abrams|Jenna|2009/);
  });

  it("without a request are refused", () => {
    const facts = { ...asking("Requested"), transfer: null, request: null };
    expect(() => hearRelease(releaseOf(), facts)).toThrow(refusedWith("TRANSFER_UNKNOWN"));
  });

  it("for another requester are refused", () => {
    const facts = { ...answering("RequestReceived"), from: ASKING };
    expect(() => hearRelease(releaseOf(), facts)).toThrow(refusedWith("TRANSFER_NOT_THEIRS"));
  });

  it("from a district that was not asked are refused, though it knows the transfer", () => {
    const facts = { ...asking("Requested"), from: STRANGER };
    const release = releaseOf({ ReleasingDistrict: district(STRANGER) });
    expect(() => hearRelease(release, facts)).toThrow(refusedWith("TRANSFER_NOT_THEIRS"));
  });

  it("that show people another district than the one that sealed them are refused", () => {
    const release = releaseOf({ ReleasingDistrict: district(STRANGER) });
    expect(() => hearRelease(release, asking("Requested"))).toThrow(
      refusedWith("TRANSFER_NOT_THEIRS"),
    );
  });

  it.each(["Canceled", "Expired"] as const)("for a request that is %s are refused", (state) => {
    expect(() => hearRelease(releaseOf(), asking(state))).toThrow(refusedWith("TRANSFER_STATE"));
  });

  it("for an older version of the request are refused", () => {
    const facts = asking("Requested", { requestMessageId: nextMessageId(), revision: 1 });
    expect(() => hearRelease(releaseOf(), facts)).toThrow(refusedWith("TRANSFER_STATE"));
  });

  it("that were recalled before they came are refused", () => {
    const release = releaseOf();
    const messageId = nextMessageId();
    const facts = asking("RequestReceived", { releases: [{ messageId, standing: "recalled" }] });
    expect(() => hearRelease({ ...release, MessageId: messageId }, facts)).toThrow(
      refusedWith("TRANSFER_STATE"),
    );
    expect(stateAfter(hearRelease(release, facts))).toBe("Delivered");
  });

  it("of a stranger are refused; of somebody who is almost the student they come with a warning", () => {
    const stranger = {
      ...jenna,
      LastOrSurname: "Okafor",
      FirstName: "Daniel",
      Birthdate: "2012-10-01",
    };
    const almost = { ...jenna, Birthdate: "2009-12-02" };
    const withStudent = (Student: typeof jenna): TransferRelease =>
      releaseOf({ StudentRecord: recordOf({ Student }) });
    expect(() => hearRelease(withStudent(stranger), asking("Requested"))).toThrow(
      refusedWith("RULE_BROKEN"),
    );
    expect(raised(hearRelease(withStudent(almost), asking("Requested")))).toEqual([
      "RECORDS_RELEASED",
      "STUDENT_DIFFERS",
    ]);
  });

  it("that show the student still enrolled there come with a warning, and the days in common", () => {
    const enrollment = {
      NameOfInstitution: "South High School",
      SchoolYear: "2023-2024",
      EntryGradeLevel: "09" as const,
      EnrollmentEntryDate: "2023-08-15",
    };
    const recordWith = (exit: object): TransferRelease =>
      releaseOf({
        StudentRecord: recordOf({
          Enrollment: { Present: { SchoolEnrollment: [{ ...enrollment, ...exit }] } },
        }),
      });
    const effects = hearRelease(recordWith({}), asking("Requested"));
    expect(only(effects, "RaiseAlert").at(-1)).toMatchObject({
      code: "STILL_ENROLLED_AT_BOTH",
      facts: { daysInCommon: 8 },
    });
    const left = hearRelease(recordWith({ EnrollmentExitDate: "2024-06-10" }), asking("Requested"));
    expect(raised(left)).toEqual(["RECORDS_RELEASED"]);
  });
});

describe("a recall that arrives", () => {
  const [first, second] = [nextMessageId(), nextMessageId()];
  const here = { releases: [{ messageId: first, standing: "received" as const }] };
  const both = {
    releases: [...here.releases, { messageId: second, standing: "received" as const }],
  };

  it("of all that came marks it, warns, and is confirmed", () => {
    const effects = hearRecall(recallOf([first]), asking("Imported", here));
    expect(stateAfter(effects)).toBe("Recalled");
    expect(publishedBy(effects)).toEqual(["recall"]);
    expect(only(effects, "RaiseAlert")[0]).toMatchObject({
      code: "RECORDS_RECALLED",
      facts: { reason: "WrongStudent", recalledHere: 1, imported: true },
    });
    expect(only(effects, "Send")[0]?.message).toMatchObject({ ResponseStatus: "RecallConfirmed" });
  });

  it("of a part leaves the rest", () => {
    const effects = hearRecall(recallOf([second]), asking("Delivered", both));
    expect(only(effects, "SetState")[0]).toMatchObject({
      event: "RecallOfPart",
      state: "Delivered",
    });
    expect(resolved(effects)).toEqual([]);
  });

  it("of what has not come is remembered, and shows nothing", () => {
    const effects = hearRecall(recallOf([first]), asking("RequestReceived"));
    expect(only(effects, "SetState")[0]).toMatchObject({
      state: "RequestReceived",
      changes: { releases: [{ messageId: first, standing: "recalled" }] },
    });
    expect(publishedBy(effects)).toEqual([]);
    expect(only(effects, "Send")[0]?.message).toMatchObject({ ResponseStatus: "RecallConfirmed" });
  });

  it("is remembered only as far as a transfer may have releases, so that no message costs ever more", () => {
    let facts = asking("Delivered", here);
    const invented = Array.from({ length: MOST_RELEASES - 1 }, nextMessageId);
    const [set] = only(hearRecall(recallOf(invented), facts), "SetState");
    expect(set?.changes.releases).toHaveLength(MOST_RELEASES);

    facts = asking("Delivered", { ...here, ...set?.changes });
    const again = (): Effect[] => hearRecall(recallOf([second]), facts);
    expect(again).toThrow(refusedWith("TRANSFER_STATE"));
    expect(() => hearRelease(releaseOf({ TransmissionType: "Supplement" }), facts)).toThrow(
      refusedWith("TRANSFER_STATE"),
    );
    // What is known already is still taken back, and told again.
    const known = hearRecall(recallOf([first, ...invented.slice(1)]), facts);
    expect(stateAfter(known)).toBe("Recalled");
    expect(only(known, "SetState")[0]?.changes.releases).toHaveLength(MOST_RELEASES);
  });

  it("of as many as one recall can name is taken, and a transfer with more from before still moves", () => {
    const named = Array.from({ length: 100 }, nextMessageId);
    const set = only(hearRecall(recallOf(named), asking("RequestReceived")), "SetState")[0];
    expect(set?.changes.releases).toHaveLength(MOST_RELEASES);
    const releases = [...named, first].map((messageId) => ({
      messageId,
      standing: "received" as const,
    }));
    const effects = hearRecall(recallOf(named), asking("Delivered", { releases }));
    expect(only(effects, "SetState")[0]).toMatchObject({ event: "RecallOfPart" });
  });

  it("from a district that did not send them is refused", () => {
    const facts = { ...asking("Delivered", here), from: STRANGER };
    expect(() => hearRecall(recallOf([first]), facts)).toThrow(refusedWith("TRANSFER_NOT_THEIRS"));
  });

  it("is taken whatever its comments say", () => {
    const recall = recallOf([first], { Comments: "Wrong student, 123-45-6789." });
    expect(stateAfter(hearRecall(recall, asking("Delivered", here)))).toBe("Recalled");
  });
});

describe("at the releaser, the word that", () => {
  const sent = nextMessageId();
  const gone = { releases: [{ messageId: sent, standing: "sent" as const }] };
  const back = { releases: [{ messageId: sent, standing: "recalled" as const }] };
  const imported = responseOf({ ResponseStatus: "Imported", RespondsTo: sent });
  const confirmed = responseOf({ ResponseStatus: "RecallConfirmed", RespondsTo: nextMessageId() });

  it("records were imported ends the transfer, before or after their receipt", () => {
    expect(stateAfter(hearResponse(imported, answering("Released", gone)))).toBe("Imported");
    expect(stateAfter(hearResponse(imported, answering("Delivered", gone)))).toBe("Imported");
  });

  it("records were imported which were never released is refused", () => {
    const other = { ...imported, RespondsTo: nextMessageId() };
    expect(() => hearResponse(other, answering("Delivered", gone))).toThrow(
      refusedWith("TRANSFER_STATE"),
    );
    expect(() => hearResponse(imported, answering("RequestReceived"))).toThrow(
      refusedWith("TRANSFER_STATE"),
    );
  });

  it("recalled records were imported is an alarm, and no import", () => {
    const effects = hearResponse(imported, answering("Recalled", back));
    expect(stateAfter(effects)).toBe("Recalled");
    expect(raised(effects)).toEqual(["RECALLED_RECORDS_IMPORTED"]);
  });

  it("a recall arrived ends the waiting for it", () => {
    const effects = hearResponse(confirmed, answering("Recalled", back));
    expect(resolved(effects)).toEqual(["RECALL_NOT_CONFIRMED"]);
  });

  it("a recall arrived which nobody sent is refused", () => {
    expect(() => hearResponse(confirmed, answering("Delivered", gone))).toThrow(
      refusedWith("TRANSFER_STATE"),
    );
  });
});

describe("other messages", () => {
  it("a Ping asks for nothing but its receipt", () => {
    const ping = { MessageId: nextMessageId(), PingDateTime: "2024-08-01T14:00:00Z" };
    expect(districtHandlers.Ping(ping, newRequest())).toEqual([]);
  });
});

it("every alert is for a registrar, or for IT if only the programs disagree", () => {
  const forIt = Object.entries(ALERT_AUDIENCE).filter(([, audience]) => audience === "it");
  expect(forIt.map(([code]) => code)).toEqual(["ANSWER_REFUSED"]);
});
