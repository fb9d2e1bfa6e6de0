import { describe, expect, it } from "vitest";
import { REASON_WORDS } from "../../daemon/alerts/reason-words.ts";
import { isRefusal } from "../../daemon/errors.ts";
import type { ReasonCode } from "../../daemon/packet/model.gen.ts";
import { answer, recall } from "../../daemon/transfer/decide.ts";
import { hearResponse } from "../../daemon/transfer/hear-response.ts";
import { FITTING_REASONS, unlawfulReasons } from "../../daemon/transfer/reasons.ts";
import schema from "../../schemas/transfer.schema.json" with { type: "json" };
import { factsOf, nextMessageId, responseOf, stateAfter, transferAt } from "./cast.ts";

const CODES = schema.$defs.ReasonCode.enum as ReasonCode[];

const answering = (state = "", notAllowed: ReasonCode[] = []) => {
  const facts = factsOf("releaser", transferAt("releaser", "RequestReceived"));
  const policy = { ...facts.policy, unlawfulReasons: unlawfulReasons(state, notAllowed) };
  return { ...facts, policy };
};

/** The code and sentence of a refusal; `null` if there is none. */
function refusalOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (isRefusal(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}

describe("a reason", () => {
  it.each(CODES)("%s has words, and fits some decision", (code) => {
    expect(REASON_WORDS[code]).toMatch(/^[a-z]/);
    expect(Object.values(FITTING_REASONS).flat()).toContain(code);
  });

  it.each(CODES)("%s is taken for a hold and a rejection exactly where it fits", (reason) => {
    for (const status of ["Hold", "Rejected"] as const) {
      const refused = refusalOf(() => answer({ status, reason }, answering()));
      expect(refused === null).toBe(FITTING_REASONS[status].includes(reason));
      if (refused) expect(refused).toContain("REASON_NOT_FITTING");
    }
  });

  it("that fits another decision is refused with those that fit", () => {
    const decision = { status: "Rejected", reason: "AwaitingFinalMarks" } as const;
    expect(refusalOf(() => answer(decision, answering()))).toBe(
      "REASON_NOT_FITTING: AwaitingFinalMarks is no reason to reject a request; these are: IdentityNotConfirmed, LegalHold, FeesOwed, NotOurStudent, StudentStillEnrolled, DuplicateRequest, NotAuthorized, EnrollmentNotConfirmed, Other",
    );
  });

  it("is owed to a recall as well", () => {
    const releases = [{ messageId: nextMessageId(), standing: "sent" }] as const;
    const facts = factsOf("releaser", transferAt("releaser", "Delivered", { releases }));
    expect(refusalOf(() => recall({ reason: "StaffUnavailable" }, facts))).toContain(
      "REASON_NOT_FITTING: StaffUnavailable is no reason to recall records",
    );
    expect(refusalOf(() => recall({ reason: "WrongDocument" }, facts))).toBeNull();
  });

  it("that does not fit is taken from a partner: it is theirs to mend", () => {
    const facts = factsOf("requester", transferAt("requester", "RequestReceived"));
    const said = responseOf({ ResponseStatus: "Hold", ReasonCode: "SentByMistake" });
    expect(stateAfter(hearResponse(said, facts))).toBe("OnHold");
  });
});

describe("fees owed", () => {
  it.each([
    ["CA", "California (5 CCR 438(c))"],
    ["LA", "Louisiana (R.S. 17:112(C))"],
  ])("are no lawful reason in %s", (state, source) => {
    for (const status of ["Hold", "Rejected"] as const) {
      const refused = refusalOf(() => answer({ status, reason: "FeesOwed" }, answering(state)));
      expect(refused).toBe(
        `REASON_NOT_LAWFUL: FeesOwed is no lawful reason to keep records back: ${source} forbids it`,
      );
    }
  });

  it("are taken elsewhere, and not where the config forbids them", () => {
    const hold = { status: "Hold", reason: "FeesOwed" } as const;
    expect(refusalOf(() => answer(hold, answering("MN")))).toBeNull();
    expect(refusalOf(() => answer(hold, answering("MN", ["FeesOwed"])))).toContain(
      "the config (releases.reasonsNotAllowed) forbids it",
    );
  });

  it("are not offered where they are forbidden", () => {
    const decision = { status: "Rejected", reason: "WrongStudent" } as const;
    expect(refusalOf(() => answer(decision, answering("CA")))).not.toContain("FeesOwed");
  });
});
