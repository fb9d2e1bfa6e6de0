import { describe, expect, it } from "vitest";
import {
  cancel,
  imported,
  notePaperAnswer,
  type PaperAnswer,
  request,
  resubmit,
} from "../../daemon/transfer/decide.ts";
import type { Effect, Transfer } from "../../daemon/transfer/effects.ts";
import { expired } from "../../daemon/transfer/post.ts";
import {
  asks,
  factsOf,
  NOW,
  only,
  publishedBy,
  raised,
  resolved,
  stateAfter,
  transferAt,
} from "./cast.ts";

const refusedWith = (code: string): unknown => expect.objectContaining({ code });

const onPaper = (state: Transfer["state"], changes: Partial<Transfer> = {}) =>
  factsOf("requester", transferAt("requester", state, { isOnPaper: true, ...changes }));

const note = (answer: PaperAnswer, facts: ReturnType<typeof factsOf>): Effect[] =>
  notePaperAnswer(answer, facts);

describe("a request on paper", () => {
  it("opens a transfer with a letter, tells a person to send it, and sends nothing", () => {
    const nothing = factsOf("requester", null, { request: null });
    const effects = request(asks({ onPaper: true }), nothing);
    expect(only(effects, "OpenTransfer")).toMatchObject([
      { transfer: { isOnPaper: true, state: "Requested" } },
    ]);
    expect([publishedBy(effects), raised(effects)]).toEqual([["letter"], ["LETTER_TO_SEND"]]);
    expect(only(effects, "Send")).toEqual([]);
  });

  it("is a new letter when it is asked again", () => {
    const effects = resubmit({ comments: "Please hurry." }, onPaper("NoRecord"));
    expect([stateAfter(effects), publishedBy(effects)]).toEqual(["Requested", ["letter"]]);
    expect(only(effects, "Publish")).toMatchObject([
      { request: { Revision: "1", Comments: "Please hurry." } },
    ]);
    expect(only(effects, "RaiseAlert")).toMatchObject([
      { code: "LETTER_TO_SEND", facts: { again: true } },
    ]);
    expect(only(effects, "Send")).toEqual([]);
  });

  it.each([
    ["canceled", cancel, "Canceled"],
    ["imported", imported, "Imported"],
  ] as const)("tells nobody when it is %s", (_, decide, state) => {
    const effects = decide({}, onPaper("Released"));
    expect(stateAfter(effects)).toBe(state);
    expect([only(effects, "Send"), publishedBy(effects)]).toEqual([[], []]);
  });

  it("expires like any other, and the letter need not be sent any more", () => {
    const expiresAt = new Date(NOW.getTime() - 8 * 86_400_000);
    const effects = expired(onPaper("Requested", { expiresAt }));
    expect(stateAfter(effects)).toBe("Expired");
    expect(resolved(effects)).toContain("LETTER_TO_SEND");
    expect(raised(effects)).toEqual(["REQUEST_EXPIRED"]);
  });
});

describe("what came of a letter", () => {
  it.each([
    ["OfflineRecordSent", "Released"],
    ["NoRecord", "NoRecord"],
    ["Rejected", "Rejected"],
  ] as const)("is noted as %s, and the transfer is %s", (status, state) => {
    const effects = note({ status }, onPaper("Requested"));
    expect(stateAfter(effects)).toBe(state);
    expect(resolved(effects)).toContain("LETTER_TO_SEND");
    expect(only(effects, "Send")).toEqual([]);
  });

  it("asks for the import of what comes on paper, and for nothing else", () => {
    const raisedBy = (status: PaperAnswer["status"]): string[] =>
      raised(note({ status }, onPaper("Requested")));
    expect(raisedBy("OfflineRecordSent")).toEqual(["RECORDS_SENT_OFFLINE"]);
    expect([...raisedBy("NoRecord"), ...raisedBy("Rejected")]).toEqual([]);
  });

  it("keeps what they wrote, and who noted it", () => {
    const comments = "Fees are open.";
    const effects = note({ status: "Rejected", comments }, onPaper("Requested"));
    expect(only(effects, "SetState")).toMatchObject([
      {
        answer: {
          ResponseStatus: "Rejected",
          Comments: comments,
          RespondingUser: { Username: "robin" },
        },
      },
    ]);
  });

  it("may be corrected: records came after all", () => {
    const sent = { status: "OfflineRecordSent" } as const;
    for (const state of ["NoRecord", "Rejected", "Expired"] as const) {
      expect([state, stateAfter(note(sent, onPaper(state)))]).toEqual([state, "Released"]);
    }
  });

  it("is noted once", () => {
    expect(note({ status: "NoRecord" }, onPaper("NoRecord"))).toEqual([]);
    expect(note({ status: "OfflineRecordSent" }, onPaper("Released"))).toEqual([]);
  });

  it.each(["Imported", "Canceled", "Released", "NoRecord"] as const)(
    "is refused where another thing counts: Rejected at %s",
    (state) => {
      expect(() => note({ status: "Rejected" }, onPaper(state))).toThrow(
        refusedWith("TRANSFER_STATE"),
      );
    },
  );

  it("is refused where no letter was sent, and at the district that is asked", () => {
    for (const transfer of [
      transferAt("requester", "Requested"),
      transferAt("releaser", "RequestReceived"),
    ]) {
      expect(() => note({ status: "NoRecord" }, factsOf(transfer.side, transfer))).toThrow(
        refusedWith("TRANSFER_STATE"),
      );
    }
  });

  it("holds no Social Security number", () => {
    const comments = "We looked for 078-05-1120.";
    expect(() => note({ status: "NoRecord", comments }, onPaper("Requested"))).toThrow(
      refusedWith("RULE_BROKEN"),
    );
  });
});
