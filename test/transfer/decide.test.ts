import { describe, expect, it } from "vitest";
import { referenceOf } from "../../daemon/ids.ts";
import type { StudentRecord, TransferRelease, User } from "../../daemon/packet/model.gen.ts";
import {
  answer,
  cancel,
  imported,
  recall,
  release,
  request,
  resubmit,
  supplement,
  withdraw,
  type ReleaseDecision,
} from "../../daemon/transfer/decide.ts";
import { REDISCLOSURE_NOTICE } from "../../daemon/transfer/notice.ts";
import { MOST_RELEASES } from "../../daemon/transfer/releases.ts";
import type { Effect, Transfer } from "../../daemon/transfer/effects.ts";
import {
  ANSWERING,
  asks,
  ASKING,
  documentNamed,
  factsOf,
  jenna,
  nextMessageId,
  NOW,
  only,
  raised,
  recordOf,
  REQUEST_ID,
  requestFrom,
  resolved,
  stateAfter,
  TRANSFER_ID,
  transcript,
  transferAt,
} from "./cast.ts";

type Facts = ReturnType<typeof factsOf>;

const refusedWith = (code: string): unknown => expect.objectContaining({ code });
const asking = (state: Transfer["state"], changes: Partial<Transfer> = {}): Facts =>
  factsOf("requester", transferAt("requester", state, changes));
const answering = (state: Transfer["state"], changes: Partial<Transfer> = {}): Facts =>
  factsOf("releaser", transferAt("releaser", state, changes));
const nothing = (): Facts => factsOf("requester", null, { request: null });

/** What is said, as the message it is. */
const said = (effects: readonly Effect[]): unknown => only(effects, "Send")[0]?.message;

describe("a request", () => {
  it("opens a transfer under a new reference, and asks the district that was named", () => {
    const effects = request(asks(), nothing());
    const [opened] = only(effects, "OpenTransfer");
    expect(opened?.transfer).toMatchObject({
      reference: referenceOf(TRANSFER_ID),
      side: "requester",
      state: "Requested",
      partnerId: ANSWERING,
      expiresAt: new Date("2024-09-30T15:00:00Z"),
    });
    expect(only(effects, "Send")[0]).toMatchObject({ kind: "TransferRequest", to: ANSWERING });
    expect(said(effects)).toBe(opened?.request);
  });

  it("carries all that was given, and no element without a value", () => {
    const decision = asks({
      expediteReason: "Homelessness",
      requestedByParent: false,
      sections: ["Transcript"],
      comments: "Needed for placement.",
    });
    const effects = request(decision, nothing());
    expect(said(effects)).toEqual({
      MessageId: only(effects, "OpenTransfer")[0]?.transfer.requestMessageId,
      TransferId: TRANSFER_ID,
      Revision: "0",
      TransmissionType: "Original",
      DocumentProcessCode: "TEST",
      RequesterId: ASKING,
      To: ANSWERING,
      CreatedDateTime: "2024-08-01T15:00:00Z",
      ExpiresDateTime: "2024-09-30T15:00:00Z",
      Student: jenna,
      NewEnrollment: asks().enrollment,
      RequestingDistrict: { AgencyId: ASKING, OrganizationName: "Example Public Schools" },
      RequestingUser: factsOf("requester", null).user,
      Purpose: "R01",
      LegitimateInterest: "The student enrolled here.",
      ExpediteReason: "Homelessness",
      RequestedByParent: "false",
      RequestedSection: ["Transcript"],
      Comments: "Needed for placement.",
    });
    expect(Object.keys(said(request(asks(), nothing())) as object)).not.toContain("Comments");
  });

  it("that breaks a rule is refused before it leaves", () => {
    expect(() => request(asks({ to: ASKING }), nothing())).toThrow(refusedWith("RULE_BROKEN"));
  });

  it("can be sent again, corrected, in its next revision", () => {
    const effects = resubmit(
      { student: { ...jenna, MiddleName: "Maria" } },
      asking("MultipleMatch"),
    );
    const message = said(effects);
    expect(message).toMatchObject({
      Revision: "1",
      TransmissionType: "Resubmission",
      TransferId: TRANSFER_ID,
      CreatedDateTime: "2024-08-01T15:00:00Z",
      Student: { MiddleName: "Maria", LastOrSurname: "Abrams" },
      Purpose: "R01",
    });
    expect(message).not.toHaveProperty("MessageId", REQUEST_ID);
    expect(only(effects, "SetState")[0]).toMatchObject({
      state: "Requested",
      changes: { revision: 1, requestMessageId: (message as { MessageId: string }).MessageId },
    });
    expect(resolved(effects)).toEqual(["MULTIPLE_MATCH", "STILL_ENROLLED_AT_BOTH"]);
  });

  it("names the one that the other packetboat refused, once", () => {
    const refusedMessageId = nextMessageId();
    const effects = resubmit({}, asking("Rejected", { refusedMessageId }));
    expect(said(effects)).toHaveProperty("Resubmits", refusedMessageId);
    expect(only(effects, "SetState")[0]?.changes.refusedMessageId).toBeNull();
  });

  it("does not repeat the comments of its former version", () => {
    const facts = { ...asking("Rejected"), request: requestFrom({ Comments: "In a hurry." }) };
    expect(said(resubmit({}, facts))).not.toHaveProperty("Comments");
  });

  it("cannot be sent again when the records are here", () => {
    expect(() => resubmit({}, asking("Delivered"))).toThrow(refusedWith("TRANSFER_STATE"));
  });

  it("can be canceled with a signed cancellation, once", () => {
    const effects = cancel({ comments: "The family moved on." }, asking("OnHold"));
    expect(said(effects)).toMatchObject({ TransmissionType: "Cancellation", Revision: "1" });
    expect(stateAfter(effects)).toBe("Canceled");
    expect(cancel({}, asking("Canceled", { revision: 1 }))).toEqual([]);
  });

  it("is imported by naming the last release that holds", () => {
    const [held, recalled] = [nextMessageId(), nextMessageId()];
    const effects = imported(
      {},
      asking("Delivered", {
        releases: [
          { messageId: held, standing: "received" },
          { messageId: recalled, standing: "recalled" },
        ],
      }),
    );
    expect(said(effects)).toMatchObject({ ResponseStatus: "Imported", RespondsTo: held });
    expect(resolved(effects)).toEqual(["RECORDS_RELEASED", "STUDENT_DIFFERS"]);
    expect(imported({}, asking("Imported"))).toEqual([]);
  });
});

describe("an answer without records", () => {
  it("holds with a reason and a day", () => {
    const decision = { status: "Hold", reason: "AwaitingDocuments", until: "2024-08-15" } as const;
    const effects = answer(decision, answering("RequestReceived"));
    expect(said(effects)).toMatchObject({
      ResponseStatus: "Hold",
      RespondsTo: REQUEST_ID,
      ReasonCode: "AwaitingDocuments",
      HoldUntil: "2024-08-15",
    });
    expect(only(effects, "SetState")[0]).toMatchObject({
      state: "OnHold",
      changes: { holdUntil: "2024-08-15" },
    });
    expect(resolved(effects)).toContain("REQUEST_TO_RELEASE");
    expect(only(effects, "RecordDisclosure")).toEqual([]);
  });

  it.each([
    ["without a reason", { status: "Hold" }],
    ["until a day that is past", { status: "Hold", reason: "Other", until: "2024-07-31" }],
    ["without a reason", { status: "Rejected" }],
  ] as const)("is refused %s: %o", (_, decision) => {
    expect(() => answer(decision, answering("RequestReceived"))).toThrow(
      refusedWith("RULE_BROKEN"),
    );
  });

  it.each([
    ["Rejected", "Rejected", "rejection"],
    ["NoRecord", "NoRecord", "rejection"],
    ["MultipleMatch", "MultipleMatch", "rejection"],
    ["Deceased", "Rejected", "rejection"],
    ["OfflineRecordSent", "Released", "offlineRelease"],
  ] as const)("%s leads to %s and stands in the register as a %s", (status, state, line) => {
    const reason = status === "Rejected" ? { reason: "NotAuthorized" as const } : {};
    const effects = answer({ status, ...reason }, answering("OnHold"));
    expect(stateAfter(effects)).toBe(state);
    expect(only(effects, "RecordDisclosure").map(({ what }) => what)).toEqual([line]);
  });

  it("is not given after the records have left", () => {
    const reject = { status: "Rejected", reason: "NotAuthorized" } as const;
    expect(() => answer(reject, answering("Released"))).toThrow(refusedWith("TRANSFER_STATE"));
  });
});

describe("a release", () => {
  const whole: ReleaseDecision = { record: recordOf(), documents: [] };
  const released = (
    decision: ReleaseDecision,
    facts = answering("RequestReceived"),
  ): TransferRelease => said(release(decision, facts)) as TransferRelease;

  it("waits for the hold-back, and clears the desk", () => {
    const effects = release(whole, answering("RequestReceived"));
    const [send] = only(effects, "Send");
    expect(send).toMatchObject({ to: ASKING, notBefore: new Date("2024-08-01T16:00:00Z") });
    expect(only(effects, "SetState")[0]).toMatchObject({
      state: "ReleasePending",
      changes: { releases: [{ messageId: send?.message.MessageId, standing: "waiting" }] },
    });
    expect(resolved(effects)).toContain("REQUEST_TO_RELEASE");
    expect(only(effects, "RecordDisclosure")).toEqual([]);
  });

  it("leaves at once where the policy holds nothing back", () => {
    const facts = answering("RequestReceived");
    const policy = { ...facts.policy, holdBackMinutes: 0 };
    const [send] = only(release(whole, { ...facts, policy }), "Send");
    expect(send).not.toHaveProperty("notBefore");
  });

  it("carries the notice of 34 CFR 99.33 and answers the current request", () => {
    expect(released(whole)).toMatchObject({
      TransmissionType: "Original",
      RespondsTo: REQUEST_ID,
      DocumentQualifier: "Full",
      ReleasingDistrict: { AgencyId: ANSWERING },
      RedisclosureNotice: REDISCLOSURE_NOTICE,
    });
  });

  it("of one document says of the other sections that nothing was given, and is partial", () => {
    const { StudentRecord: record, DocumentQualifier: qualifier } = released({
      documents: [documentNamed("transcript.pdf", "Transcript"), documentNamed("letter.pdf")],
    });
    expect(record.Student).toEqual(jenna);
    expect(record.Transcript).toEqual({ Attached: { FileName: ["transcript.pdf"] } });
    expect(record.Program).toEqual({
      NotAvailable: {
        NotAvailableReason: "Other",
        Comments: "Nothing was given for this section.",
      },
    });
    expect(qualifier).toBe("Partial");
  });

  it("says nothing of sections that were not asked for", () => {
    const facts = {
      ...answering("RequestReceived"),
      request: requestFrom({ RequestedSection: ["Transcript", "Program"] }),
    };
    const { StudentRecord: record } = released({ record: transcript, documents: [] }, facts);
    expect(Object.keys(record).toSorted()).toEqual(["Program", "Student", "Transcript"]);
  });

  it("says of a section that there is none, by a person's word", () => {
    const { StudentRecord: record } = released({
      record: transcript,
      documents: [],
      notAvailable: [{ section: "Program", reason: "NotApplicable" }],
    });
    expect(record.Program).toEqual({ NotAvailable: { NotAvailableReason: "NotApplicable" } });
  });

  it.each<[string, ReleaseDecision, string]>([
    ["of nothing", { documents: [] }, "RELEASE_EMPTY"],
    [
      "that gives a section and says there is none",
      {
        record: transcript,
        documents: [],
        notAvailable: [{ section: "Transcript", reason: "NotKept" }],
      },
      "RULE_BROKEN",
    ],
    [
      "of a section in a document that is not there",
      { record: { Program: { Attached: { FileName: ["plan.pdf"] } } }, documents: [] },
      "RULE_BROKEN",
    ],
    [
      "of two documents of one name",
      { documents: [documentNamed("a.pdf"), documentNamed("A.pdf")] },
      "RULE_BROKEN",
    ],
    [
      "of a stranger's record",
      {
        record: recordOf({
          Student: {
            ...jenna,
            LastOrSurname: "Okafor",
            FirstName: "Daniel",
            Birthdate: "2012-10-01",
          },
        }),
        documents: [],
      },
      "RULE_BROKEN",
    ],
  ])("%s is refused", (_, decision, code) => {
    expect(() => released(decision)).toThrow(refusedWith(code));
  });

  it("of somebody who is almost the student warns while it can still be withdrawn", () => {
    const record: Partial<StudentRecord> = recordOf({
      Student: { ...jenna, Birthdate: "2009-12-02" },
    });
    const effects = release({ record, documents: [] }, answering("RequestReceived"));
    expect(raised(effects)).toEqual(["STUDENT_DIFFERS"]);
    const releases = only(effects, "SetState")[0]?.changes.releases ?? [];
    expect(resolved(withdraw(answering("ReleasePending", { releases })))).toContain(
      "STUDENT_DIFFERS",
    );
  });

  it("by a name in a file is refused where the policy wants more", () => {
    const facts = answering("RequestReceived");
    const user: User = { ...facts.user, UserAuthentication: "Declared" };
    const policy = { ...facts.policy, allowDeclaredUser: false };
    expect(() => release(whole, { ...facts, user, policy })).toThrow(
      refusedWith("PERSON_NOT_ALLOWED"),
    );
    expect(stateAfter(release(whole, { ...facts, user }))).toBe("ReleasePending");
  });

  it("is decided once: afterwards only a supplement adds to it", () => {
    expect(() => release(whole, answering("Delivered"))).toThrow(refusedWith("TRANSFER_STATE"));
    const effects = supplement({ record: transcript, documents: [] }, answering("Delivered"));
    expect(stateAfter(effects)).toBe("Delivered");
    expect(said(effects)).toMatchObject({
      TransmissionType: "Supplement",
      StudentRecord: { Student: jenna, ...transcript },
    });
    expect(Object.keys((said(effects) as TransferRelease).StudentRecord)).toHaveLength(2);
    expect(resolved(effects)).toContain("RELEASE_REFUSED");
  });

  it("is refused where one recall could not name all that left", () => {
    const sent = (length: number) => ({
      releases: Array.from({ length }, () => ({
        messageId: nextMessageId(),
        standing: "sent" as const,
      })),
    });
    const more = { record: transcript, documents: [] };
    const all = answering("Delivered", sent(MOST_RELEASES));
    expect(() => supplement(more, all)).toThrow(refusedWith("TRANSFER_STATE"));
    const last = supplement(more, answering("Delivered", sent(MOST_RELEASES - 1)));
    expect(only(last, "SetState")[0]?.changes.releases).toHaveLength(MOST_RELEASES);
    const named = said(recall({ reason: "SentByMistake" }, all));
    expect(named).toMatchObject({ RecalledMessageId: { length: MOST_RELEASES } });
  });
});

describe("what was released", () => {
  const [waiting, sent, other] = [nextMessageId(), nextMessageId(), nextMessageId()];
  const gone = [
    { messageId: sent, standing: "sent" as const },
    { messageId: other, standing: "sent" as const },
  ];
  const pending = { messageId: waiting, standing: "waiting" as const };

  it("can be withdrawn before it leaves, and is on the desk again", () => {
    const effects = withdraw(answering("ReleasePending", { releases: [pending] }));
    expect(only(effects, "Unsend")).toEqual([{ effect: "Unsend", messageId: waiting }]);
    expect(stateAfter(effects)).toBe("RequestReceived");
    expect(raised(effects)).toEqual(["REQUEST_TO_RELEASE"]);
    expect(only(effects, "Send")).toEqual([]);
  });

  it("can no longer be withdrawn when it has left, but a waiting supplement can", () => {
    expect(() => withdraw(answering("Released", { releases: gone }))).toThrow(
      refusedWith("TRANSFER_STATE"),
    );
    const effects = withdraw(answering("Delivered", { releases: [...gone, pending] }));
    expect(only(effects, "SetState")[0]).toMatchObject({
      state: "Delivered",
      changes: { releases: gone },
    });
  });

  it("can be recalled, all or one, and the recall stands in the register", () => {
    const all = recall({ reason: "SentByMistake" }, answering("Delivered", { releases: gone }));
    expect(said(all)).toMatchObject({
      RecalledMessageId: [sent, other],
      ReasonCode: "SentByMistake",
    });
    expect(stateAfter(all)).toBe("Recalled");
    expect(raised(all)).toEqual(["RECALL_NOT_CONFIRMED"]);
    expect(only(all, "RecordDisclosure").map(({ what }) => what)).toEqual(["recall"]);

    const decision = { reason: "WrongDocument", messageIds: [other] } as const;
    const one = recall(decision, answering("Delivered", { releases: gone }));
    expect(said(one)).toMatchObject({ RecalledMessageId: [other] });
    expect(stateAfter(one)).toBe("Delivered");
  });

  it("cannot be recalled before it has left, or twice", () => {
    const reason = "SentByMistake" as const;
    expect(() => recall({ reason }, answering("ReleasePending", { releases: [pending] }))).toThrow(
      refusedWith("TRANSFER_STATE"),
    );
    const back = [{ messageId: sent, standing: "recalled" as const }];
    expect(() => recall({ reason }, answering("Recalled", { releases: back }))).toThrow(
      refusedWith("TRANSFER_STATE"),
    );
  });
});

it("decisions of one side are refused on the other, and without a transfer", () => {
  const requesters = [resubmit, cancel, imported];
  for (const decide of requesters) {
    expect(() => decide({}, answering("RequestReceived"))).toThrow(refusedWith("TRANSFER_STATE"));
    expect(() => decide({}, nothing())).toThrow(refusedWith("TRANSFER_UNKNOWN"));
  }
  const reason = "SentByMistake" as const;
  expect(() => recall({ reason }, asking("Delivered"))).toThrow(refusedWith("TRANSFER_STATE"));
  expect(() => withdraw(asking("Delivered"))).toThrow(refusedWith("TRANSFER_STATE"));
  expect(() => release({ documents: [] }, nothing())).toThrow(refusedWith("TRANSFER_UNKNOWN"));
});

it("decisions use the time that is handed in", () => {
  expect(said(answer({ status: "NoRecord" }, answering("RequestReceived")))).toMatchObject({
    ResponseDateTime: NOW.toISOString().replace(".000Z", "Z"),
  });
});
