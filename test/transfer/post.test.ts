import { describe, expect, it } from "vitest";
import type { Outgoing, Transfer } from "../../daemon/transfer/effects.ts";
import { confirmed, expired, holdOver, refused, sent } from "../../daemon/transfer/post.ts";
import {
  documentNamed,
  factsOf,
  nextMessageId,
  only,
  publishedBy,
  raised,
  recallOf,
  releaseOf,
  REQUEST_ID,
  requestFrom,
  resolved,
  responseOf,
  stateAfter,
  transferAt,
} from "./cast.ts";

type Facts = ReturnType<typeof factsOf>;

const id = nextMessageId();
const outgoing = (changes: Parameters<typeof releaseOf>[0] = {}): Outgoing => ({
  kind: "TransferRelease",
  message: releaseOf({ MessageId: id, ...changes }),
  documents: [documentNamed("plan.pdf", "Program")],
});
const supplementary = outgoing({ TransmissionType: "Supplement" });

const answering = (state: Transfer["state"], changes: Partial<Transfer> = {}): Facts =>
  factsOf("releaser", transferAt("releaser", state, changes));
const asking = (state: Transfer["state"], changes: Partial<Transfer> = {}): Facts =>
  factsOf("requester", transferAt("requester", state, changes));
const waiting = { releases: [{ messageId: id, standing: "waiting" as const }] };
const gone = { releases: [{ messageId: id, standing: "sent" as const }] };
const replaced = { requestMessageId: nextMessageId(), revision: 1 };

const refusedWith = (code: string): unknown => expect.objectContaining({ code });

describe("a release that leaves", () => {
  it("stands in the register with its sections, those in documents too", () => {
    const effects = sent(outgoing(), answering("ReleasePending", waiting));
    expect(only(effects, "SetState")[0]).toMatchObject({ state: "Released", changes: gone });
    expect(only(effects, "RecordDisclosure")[0]).toMatchObject({
      what: "release",
      purpose: "R01",
      sections: ["Transcript", "Program"],
    });
  });

  it("in part stands in the register as partial", () => {
    const part = outgoing({ DocumentQualifier: "Partial" });
    const effects = sent(part, answering("ReleasePending", waiting));
    expect(only(effects, "RecordDisclosure")[0]?.what).toBe("partialRelease");
  });

  it("as a supplement leaves the state as it is", () => {
    expect(stateAfter(sent(supplementary, answering("Delivered", waiting)))).toBe("Delivered");
  });

  it.each<[string, Facts]>([
    ["that was withdrawn", answering("RequestReceived")],
    ["that has left before", answering("Released", gone)],
    ["whose request was canceled", answering("Canceled", waiting)],
    ["whose request was replaced", answering("ReleasePending", { ...waiting, ...replaced })],
  ])("%s is kept back", (_, facts) => {
    expect(() => sent(outgoing(), facts)).toThrow(refusedWith("TRANSFER_STATE"));
  });
});

describe("a receipt", () => {
  it("that confirms a release says that the records are there", () => {
    expect(stateAfter(confirmed(outgoing(), answering("Released", gone)))).toBe("Delivered");
  });

  it("that confirms a supplement after the import says that there is more to import", () => {
    expect(stateAfter(confirmed(supplementary, answering("Imported", gone)))).toBe("Delivered");
  });

  it("that confirms what was imported, recalled or replaced meanwhile changes nothing", () => {
    const back = { releases: [{ messageId: id, standing: "recalled" as const }] };
    expect(confirmed(outgoing(), answering("Imported", gone))).toEqual([]);
    expect(confirmed(outgoing(), answering("Recalled", back))).toEqual([]);
    expect(confirmed(outgoing(), answering("Released", { ...gone, ...replaced }))).toEqual([]);
    expect(confirmed(outgoing(), answering("RequestReceived", { ...gone, ...replaced }))).toEqual(
      [],
    );
  });

  it("that refuses a release puts the request back on the desk, and says the code", () => {
    const effects = refused(outgoing(), "ATTACHMENT_DIFFERS", answering("Released", gone));
    expect(only(effects, "SetState")[0]).toMatchObject({
      state: "RequestReceived",
      changes: { releases: [], refusedMessageId: id },
    });
    expect(raised(effects)).toEqual(["RELEASE_REFUSED", "REQUEST_TO_RELEASE"]);
    expect(only(effects, "RaiseAlert")[0]?.facts).toMatchObject({ code: "ATTACHMENT_DIFFERS" });
  });

  it("that refuses a release takes back the supplement that waits behind it", () => {
    const next = nextMessageId();
    const releases = [...gone.releases, { messageId: next, standing: "waiting" as const }];
    const effects = refused(outgoing(), "RULE_BROKEN", answering("Released", { releases }));
    expect(only(effects, "Unsend")).toEqual([{ effect: "Unsend", messageId: next }]);
    expect(only(effects, "SetState")[0]?.changes.releases).toEqual([]);
  });

  it("that refuses a supplement is told, and what came before it stays", () => {
    const effects = refused(supplementary, "RULE_BROKEN", answering("Imported", gone));
    expect(stateAfter(effects)).toBe("Imported");
    expect(raised(effects)).toEqual(["RELEASE_REFUSED"]);
  });

  it("that refuses records of a canceled request ends the worry about them", () => {
    const effects = refused(
      outgoing(),
      "TRANSFER_STATE",
      answering("Canceled", { ...gone, ...replaced }),
    );
    expect(stateAfter(effects)).toBe("Canceled");
    expect(only(effects, "SetState")[0]?.changes).toEqual({ releases: [] });
    expect(resolved(effects)).toEqual(["CANCEL_CAME_TOO_LATE"]);
    expect(raised(effects)).toEqual([]);
  });

  it("that refuses recalled records leaves their recall to be confirmed", () => {
    const back = [{ messageId: id, standing: "recalled" as const }];
    const effects = refused(
      outgoing(),
      "TRANSFER_STATE",
      answering("Recalled", { releases: back }),
    );
    expect(only(effects, "SetState")[0]?.changes).toEqual({ releases: back });
  });

  it("that refuses a request ends it, and the registrar may correct it", () => {
    const refusal = { kind: "TransferRequest", message: requestFrom() } as const;
    const effects = refused(refusal, "RULE_BROKEN", asking("Requested"));
    expect(only(effects, "SetState")[0]).toMatchObject({
      state: "Rejected",
      changes: { refusedMessageId: REQUEST_ID },
    });
    expect(raised(effects)).toEqual(["REQUEST_REFUSED"]);
    expect(refused(refusal, "RULE_BROKEN", asking("Requested", replaced))).toEqual([]);
  });

  it("that refuses a cancellation is told, and the request stays canceled", () => {
    const message = requestFrom({ TransmissionType: "Cancellation" });
    const effects = refused(
      { kind: "TransferRequest", message },
      "TRANSFER_STATE",
      asking("Canceled"),
    );
    expect(stateAfter(effects)).toBe("Canceled");
    expect(only(effects, "RaiseAlert")[0]).toMatchObject({
      code: "REQUEST_REFUSED",
      facts: { cancellation: true },
    });
  });

  it.each<[string, Outgoing]>([
    ["Hold", { kind: "TransferResponse", message: responseOf({ ResponseStatus: "Hold" }) }],
    ["Recall", { kind: "Recall", message: recallOf([id]) }],
  ])("that refuses a %s is a matter for IT", (message, answer) => {
    const effects = refused(answer, "TRANSFER_UNKNOWN", answering("OnHold"));
    expect(only(effects, "RaiseAlert")).toMatchObject([
      { code: "ANSWER_REFUSED", audience: "it", facts: { message, code: "TRANSFER_UNKNOWN" } },
    ]);
  });

  it("for a request or an answer changes nothing when it confirms, and neither does their leaving", () => {
    const message = { kind: "TransferRequest", message: requestFrom() } as const;
    expect(confirmed(message, asking("Requested"))).toEqual([]);
    expect(sent(message, asking("Requested"))).toEqual([]);
  });
});

describe("time", () => {
  const end = new Date("2024-09-28T12:00:00Z");

  it("ends a request that nobody answered, when the request says", () => {
    const facts = answering("OnHold");
    expect(expired({ ...facts, at: new Date(end.getTime() - 1) })).toEqual([]);
    const effects = expired({ ...facts, at: end });
    expect(stateAfter(effects)).toBe("Expired");
    expect(publishedBy(effects)).toEqual(["closedRequest"]);
    expect(raised(effects)).toEqual(["REQUEST_EXPIRED"]);
  });

  it("ends the asking seven days later", () => {
    const facts = asking("RequestReceived");
    expect(expired({ ...facts, at: new Date("2024-10-05T11:59:59Z") })).toEqual([]);
    expect(stateAfter(expired({ ...facts, at: new Date("2024-10-05T12:00:00Z") }))).toBe("Expired");
  });

  it("takes back a release that did not leave in time, and ends nothing that is done", () => {
    const effects = expired({ ...answering("ReleasePending", waiting), at: end });
    expect(only(effects, "Unsend")).toEqual([{ effect: "Unsend", messageId: id }]);
    expect(expired({ ...answering("Delivered", gone), at: end })).toEqual([]);
  });

  it("ends a hold on its day, and says so once", () => {
    const held = answering("OnHold", { holdUntil: "2024-08-12" });
    expect(holdOver({ ...held, at: new Date("2024-08-11T23:00:00Z") })).toEqual([]);
    const effects = holdOver({ ...held, at: new Date("2024-08-12T06:00:00Z") });
    expect(raised(effects)).toEqual(["REQUEST_TO_RELEASE"]);
    expect(only(effects, "SetState")[0]).toMatchObject({
      state: "OnHold",
      changes: { holdUntil: null },
    });
    expect(holdOver(answering("OnHold"))).toEqual([]);
  });
});
