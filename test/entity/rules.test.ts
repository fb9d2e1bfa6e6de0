/** What an entity says about a request, as pure rules; that it shows nobody a record is a type. */
import { describe, expect, expectTypeOf, it } from "vitest";
import { matchOf, type Matching } from "../../daemon/entity/answering.ts";
import { takesPart } from "../../daemon/directory/address.ts";
import { isOvertaken, type Member } from "../../daemon/entity/asking.ts";
import type { EntityEffect, EntitySays } from "../../daemon/entity/effects.ts";
import type { Finding } from "../../daemon/entity/finding.ts";
import { answered, forwarded, referralFor, stands, withdrawn } from "../../daemon/entity/rules.ts";
import { parseAgencyId, sha256 } from "../../daemon/ids.ts";
import { expired } from "../../daemon/transfer/post.ts";
import type { Effect, Transfer } from "../../daemon/transfer/effects.ts";
import {
  ANSWERING,
  ASKING,
  district,
  factsOf,
  nextUuid,
  NOW,
  only,
  requestFrom,
  stateAfter,
  STRANGER,
  transferAt,
} from "../transfer/cast.ts";

const ENTITY = parseAgencyId("2700000");

const facts = (transfer: Transfer | null = null) => ({
  ...factsOf("releaser", transfer),
  us: district(ENTITY),
  from: ASKING,
});

const asked = (changes: Partial<ReturnType<typeof requestFrom>> = {}) => {
  const request = requestFrom({ To: ENTITY, ...changes });
  return { message: { MessageId: request.MessageId, RequestText: "signed" }, request };
};

const member: Member = { id: ASKING, takesPart: true, people: ["robin"] };
const refusedWith = (code: string) => expect.objectContaining({ code }) as Error;

const one = {
  kind: "one",
  stateStudentId: "9000001",
  matchedBy: "StateStudentId",
  previous: {
    agencyId: ANSWERING,
    schoolId: "063432000017",
    schoolName: "North Middle School",
    schoolYear: "2023-2024",
    gradeLevel: "09",
    entryDate: "2021-08-30",
    exitDate: null,
    isStillEnrolled: true,
  },
} as const satisfies Finding;

const matching = (finding: Finding, more: Partial<Matching> = {}): Matching => ({
  finding,
  releaser: { agency: district(ANSWERING), takesPart: true },
  registryDate: "2024-07-31",
  today: "2024-08-01",
  at: NOW,
  ...more,
});

describe("an entity", () => {
  it("has no effect that shows, sends or recalls a record, nor any that knows a folder", () => {
    expectTypeOf<Extract<EntityEffect, { effect: "Publish" }>>().toBeNever();
    expectTypeOf<Extract<EntitySays, { kind: "TransferRelease" | "Recall" }>>().toBeNever();
    expectTypeOf<Extract<EntityEffect, { effect: "RecordDisclosure" }>>().toBeNever();
    expectTypeOf<EntityEffect>().toExtend<Effect>();
  });

  it("looks into a request of a district that takes part, from a person on its card", () => {
    expect(isOvertaken(asked(), member, facts())).toBe(false);
  });

  it.each([
    [
      "a district that does not take part",
      asked(),
      { takesPart: false },
      "DISTRICT_NOT_PARTICIPATING",
    ],
    ["a person who is not on the card", asked(), { people: ["rob"] }, "USER_NOT_ON_CARD"],
    ["a request to somebody else", asked({ To: ANSWERING }), {}, "PACKET_MISADDRESSED"],
    ["a request of another district", asked({ RequesterId: STRANGER }), {}, "TRANSFER_NOT_THEIRS"],
    ["the other kind of traffic", asked({ DocumentProcessCode: "PRODUCTION" }), {}, "RULE_BROKEN"],
    [
      "a request that is over",
      asked({ ExpiresDateTime: "2024-07-31T12:00:00Z" }),
      {},
      "RULE_BROKEN",
    ],
  ])("refuses %s", (_, said, changes, code) => {
    expect(() => isOvertaken(said, { ...member, ...changes }, facts())).toThrow(refusedWith(code));
  });

  it("looks past an older version, and refuses another of the same number", () => {
    const newer = transferAt("entity", "Forwarded", { revision: 1 });
    expect(isOvertaken(asked(), member, facts(newer))).toBe(true);
    const same = transferAt("entity", "Forwarded");
    expect(() => isOvertaken(asked(), member, facts(same))).toThrow(refusedWith("RULE_BROKEN"));
  });

  it("has districts take part by their status, and those that try only in tests", () => {
    const may = (["Participating", "TestOnly", "Inactive", "Closed"] as const).map((status) => [
      takesPart(status, true),
      takesPart(status, false),
    ]);
    expect(may).toEqual([
      [true, true],
      [true, false],
      [false, false],
      [false, false],
    ]);
  });
});

describe("what the registry found", () => {
  it("is referred to with the previous enrollment and the overlap", () => {
    expect(matchOf(requestFrom(), matching(one))).toEqual({
      kind: "refer",
      releaser: district(ANSWERING),
      verification: {
        MatchedBy: "StateStudentId",
        VerifiedDateTime: "2024-08-01T15:00:00Z",
        RegistryDate: "2024-07-31",
        PreviousAgency: district(ANSWERING),
        SchoolId: "063432000017",
        NameOfInstitution: "North Middle School",
        EnrollmentEntryDate: "2021-08-30",
        Overlap: {
          OverlapStartDate: "2024-07-25",
          OverlapDays: "8",
          StillEnrolledAtBoth: "true",
        },
      },
    });
  });

  it("has no overlap if the student had left before", () => {
    const left = { ...one, previous: { ...one.previous, exitDate: "2024-06-07" } };
    const match = matchOf(requestFrom(), matching(left));
    expect(match.kind === "refer" && match.verification).toMatchObject({
      EnrollmentExitDate: "2024-06-07",
    });
    expect(match.kind === "refer" && match.verification.Overlap).toBeUndefined();
  });

  it.each([
    [
      "nobody",
      matching({ kind: "none" }),
      "NoRecord",
      /^The registry knows no student .* of 2024-07-31\.$/,
    ],
    [
      "several",
      matching({ kind: "many" }),
      "MultipleMatch",
      /^More than one student .* of 2024-07-31\.$/,
    ],
    [
      "only the requester",
      matching({ kind: "onlyRequester" }),
      "NoRecord",
      /only at your own district/,
    ],
    [
      "a district that does not take part",
      matching(one, {
        releaser: {
          agency: { ...district(ANSWERING), TelephoneNumber: "555-555-0170" },
          takesPart: false,
        },
      }),
      "NoRecord",
      /Sample Unified \(0634320\), telephone 555-555-0170\. That district does not take part/,
    ],
    [
      "a district of which nothing is known",
      matching(one, { releaser: null }),
      "NoRecord",
      /district 0634320\. That district does not take part/,
    ],
  ] as const)("is said in words, if it is %s", (_, found, status, words) => {
    const match = matchOf(requestFrom(), found);
    expect(match).toMatchObject({ kind: "answer", status });
    expect(match.kind === "answer" && match.comments).toMatch(words);
    expect(JSON.stringify(match)).not.toMatch(/Abrams|Jenna|2009-02-12|9000001/);
  });
});

const match = matchOf(requestFrom(), matching(one));
if (match.kind !== "refer") throw new Error("it is not referred to");

describe("a request", () => {
  it("goes on unchanged, with one signed word for both districts", () => {
    const effects = forwarded(asked(), match, "the referral", facts());
    const [opened] = only(effects as Effect[], "OpenTransfer");
    expect(opened?.transfer).toMatchObject({
      side: "entity",
      state: "Forwarded",
      partnerId: ANSWERING,
      entityId: null,
    });
    expect(only(effects as Effect[], "Send")).toMatchObject([
      {
        to: ASKING,
        kind: "SignedReferral",
        message: { ReferralText: "the referral", Releaser: { AgencyId: ANSWERING } },
      },
      {
        to: ANSWERING,
        kind: "ForwardedRequest",
        message: { RequestText: "signed", ReferralText: "the referral" },
      },
    ]);
  });

  it("is named in the referral by its digest, with both districts, and as long as it lives", () => {
    expect(referralFor(asked(), ANSWERING, facts())).toMatchObject({
      RequestSha256: sha256("signed"),
      EntityId: ENTITY,
      RequesterId: ASKING,
      ReleaserId: ANSWERING,
      IssuedDateTime: "2024-08-01T15:00:00Z",
      ExpiresDateTime: requestFrom().ExpiresDateTime,
    });
  });

  const again = asked({ Revision: "1", TransmissionType: "Resubmission", MessageId: nextUuid() });
  const before = transferAt("entity", "OnHold", { partnerId: STRANGER });

  it("that comes again and goes elsewhere is taken from whoever had it", () => {
    const told = only(forwarded(again, match, "the referral", facts(before)) as Effect[], "Send");
    expect(told.map(({ to, kind }) => [to, kind])).toEqual([
      [STRANGER, "TransferStatus"],
      [ASKING, "SignedReferral"],
      [ANSWERING, "ForwardedRequest"],
    ]);
    const here = facts({ ...before, partnerId: ANSWERING });
    expect(only(forwarded(again, match, "the referral", here) as Effect[], "Send")).toHaveLength(2);
    const none = { kind: "answer", status: "NoRecord", comments: "None." } as const;
    const said = only(answered(again, none, facts(before)) as Effect[], "Send");
    expect(said.map(({ to, kind }) => [to, kind])).toEqual([
      [STRANGER, "TransferStatus"],
      [ASKING, "TransferResponse"],
    ]);
  });

  it("that is given up goes to whoever has it; nobody has it: the entity answers", () => {
    const up = asked({ Revision: "1", TransmissionType: "Cancellation" });
    const kept = {
      before: {
        MessageId: nextUuid(),
        RequestText: "x",
        ReferralText: "y",
        Verification: match.verification,
      },
      referralText: "the new referral",
    };
    const effects = withdrawn(up, kept, facts(before)) as Effect[];
    expect(stateAfter(effects)).toBe("Canceled");
    expect(only(effects, "Send")).toMatchObject([{ to: STRANGER, kind: "ForwardedRequest" }]);
    const nobody = transferAt("entity", "NoRecord", { partnerId: ASKING });
    expect(only(withdrawn(up, null, facts(nobody)) as Effect[], "Send")).toMatchObject([
      { to: ASKING, kind: "TransferResponse", message: { ResponseStatus: "Canceled" } },
    ]);
  });
});

describe("a status", () => {
  const status = (state: Transfer["state"]) => ({
    MessageId: nextUuid(),
    TransferId: nextUuid(),
    RequesterId: ASKING,
    TransferState: state,
    StatusDateTime: "2024-08-01T14:00:00Z",
  });
  const named = transferAt("entity", "Forwarded", { partnerId: ANSWERING });

  it("of the releaser is the entity's own", () => {
    const effects = stands(status("Delivered"), true, { ...facts(named), from: ANSWERING });
    expect(stateAfter(effects as Effect[])).toBe("Delivered");
  });

  it("of a releaser who was named before is late, of anybody else refused", () => {
    const from = { ...facts(named), from: STRANGER };
    expect(stands(status("OnHold"), true, from)).toEqual([]);
    expect(() => stands(status("OnHold"), false, from)).toThrow(refusedWith("TRANSFER_NOT_THEIRS"));
    const own = facts(transferAt("entity", "NoRecord", { partnerId: ASKING }));
    expect(() => stands(status("Delivered"), false, own)).toThrow(
      refusedWith("TRANSFER_NOT_THEIRS"),
    );
  });

  it("of an older version of the request is late", () => {
    const again = { ...named, requestedAt: new Date("2024-08-01T14:30:00Z") };
    expect(stands(status("Rejected"), true, { ...facts(again), from: ANSWERING })).toEqual([]);
  });

  it("is none that a releaser never has", () => {
    const from = { ...facts(named), from: ANSWERING };
    expect(() => stands(status("Requested"), true, from)).toThrow(refusedWith("RULE_BROKEN"));
  });

  it("is Expired when nobody told the end, a week after the request's time", () => {
    const at = (day: string) => ({ ...facts(named), at: new Date(`${day}T12:00:00Z`) });
    expect(expired(at("2024-10-04"))).toEqual([]);
    expect(expired(at("2024-10-05"))).toMatchObject([{ effect: "SetState", state: "Expired" }]);
  });
});
