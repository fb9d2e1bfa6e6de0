import { describe, expect, it } from "vitest";
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
} from "../../daemon/transfer/decide.ts";
import { asks, documentNamed, recordOf, transcript } from "./cast.ts";
import { type Home, TwoHomes } from "./two-homes.ts";

const whole = { record: recordOf(), documents: [] };
const more = { record: transcript, documents: [] };
const hold = { status: "Hold", reason: "AwaitingFinalMarks", until: "2024-08-12" } as const;
const reject = { status: "Rejected", reason: "NotAuthorized" } as const;

/** A request that has arrived, with its answer that it did. */
function requested(): TwoHomes {
  const homes = new TwoHomes();
  homes.decide(homes.requester, (facts) => request(asks(), facts));
  homes.settle();
  return homes;
}

/** The records have left and are on the wire. */
function released(homes = requested()): TwoHomes {
  homes.decide(homes.releaser, (facts) => release(whole, facts));
  homes.hoursPass(1);
  homes.pack(homes.releaser);
  return homes;
}

function delivered(): TwoHomes {
  const homes = released();
  homes.settle();
  return homes;
}

const refusedWith = (code: string): unknown => expect.objectContaining({ code });
const records = (home: Home): number => home.shown.length;

describe("the plain way", () => {
  it("ends with the records imported on both sides, and nothing left to do", () => {
    const homes = delivered();
    expect(homes.states).toEqual(["Delivered", "Delivered"]);
    expect([...homes.requester.alerts]).toEqual(["RECORDS_RELEASED"]);

    homes.decide(homes.requester, (facts) => imported({}, facts));
    homes.settle();

    expect(homes.states).toEqual(["Imported", "Imported"]);
    expect([...homes.requester.alerts, ...homes.releaser.alerts]).toEqual([]);
    expect(homes.releaser.disclosures.map(({ what }) => what)).toEqual(["request", "release"]);
  });

  it("shows the request once and the records once", () => {
    const homes = delivered();
    expect(homes.releaser.published.map(({ what }) => what)).toEqual(["request"]);
    expect(homes.requester.published.map(({ what }) => what)).toEqual(["record"]);
  });

  it("goes over a hold and a rejection to the records when the releaser thinks better of it", () => {
    const homes = requested();
    homes.decide(homes.releaser, (facts) => answer(hold, facts));
    homes.settle();
    expect(homes.states).toEqual(["OnHold", "OnHold"]);
    homes.decide(homes.releaser, (facts) => answer(reject, facts));
    homes.settle();
    expect(homes.states).toEqual(["Rejected", "Rejected"]);
    released(homes).settle();
    expect(homes.states).toEqual(["Delivered", "Delivered"]);
    expect([...homes.requester.alerts]).toEqual(["RECORDS_RELEASED"]);
  });

  it("says nothing to the requester about a release that was withdrawn in time", () => {
    const homes = requested();
    homes.decide(homes.releaser, (facts) => release(whole, facts));
    homes.decide(homes.releaser, (facts) => withdraw(facts));
    homes.hoursPass(24);
    homes.settle();
    expect(homes.states).toEqual(["RequestReceived", "RequestReceived"]);
    expect(records(homes.requester)).toBe(0);
    expect(homes.releaser.disclosures.map(({ what }) => what)).toEqual(["request"]);
  });

  it("brings a supplement after the import, and the records are to be imported again", () => {
    const homes = delivered();
    homes.decide(homes.requester, (facts) => imported({}, facts));
    homes.settle();
    homes.decide(homes.releaser, (facts) => supplement(more, facts));
    homes.hoursPass(1);
    homes.settle();
    expect(homes.states).toEqual(["Delivered", "Delivered"]);
    expect(records(homes.requester)).toBe(2);
    expect([...homes.requester.alerts]).toEqual(["RECORDS_RELEASED"]);
  });

  it("waits for paper that was sent another way, until it is imported", () => {
    const homes = requested();
    homes.decide(homes.releaser, (facts) => answer({ status: "OfflineRecordSent" }, facts));
    homes.settle();
    expect(homes.states).toEqual(["Released", "Released"]);
    expect([...homes.requester.alerts]).toEqual(["RECORDS_SENT_OFFLINE"]);
    homes.decide(homes.requester, (facts) => imported({}, facts));
    homes.settle();
    expect(homes.states).toEqual(["Imported", "Imported"]);
    expect([...homes.requester.alerts]).toEqual([]);
  });
});

describe("a cancellation and the records cross", () => {
  it("shows the requester nothing, and tells the releaser until the refusal has come", () => {
    const homes = released();
    homes.decide(homes.requester, (facts) => cancel({}, facts));
    homes.pack(homes.requester);
    homes.arrive(1);
    expect(homes.releaser.state).toBe("Canceled");
    expect([...homes.releaser.alerts]).toEqual(["CANCEL_CAME_TOO_LATE"]);

    homes.settle();

    expect(homes.states).toEqual(["Canceled", "Canceled"]);
    expect(records(homes.requester)).toBe(0);
    expect([...homes.releaser.alerts]).toEqual([]);
  });

  it("ends the same when the refusal arrives before the cancellation", () => {
    const homes = released();
    homes.decide(homes.requester, (facts) => cancel({}, facts));
    homes.arrive();
    homes.arrive();
    expect(homes.states).toEqual(["Canceled", "RequestReceived"]);
    expect([...homes.releaser.alerts].toSorted()).toEqual([
      "RELEASE_REFUSED",
      "REQUEST_TO_RELEASE",
    ]);

    homes.settle();

    expect(homes.states).toEqual(["Canceled", "Canceled"]);
    expect(records(homes.requester)).toBe(0);
    expect([...homes.releaser.alerts]).toEqual(["REQUEST_CANCELED"]);
  });

  it("takes back a release that still waits", () => {
    const homes = requested();
    homes.decide(homes.releaser, (facts) => release(whole, facts));
    homes.decide(homes.requester, (facts) => cancel({}, facts));
    homes.settle();
    homes.hoursPass(2);
    homes.settle();
    expect(homes.states).toEqual(["Canceled", "Canceled"]);
    expect(homes.releaser.disclosures.map(({ what }) => what)).toEqual(["request"]);
    expect([...homes.releaser.alerts]).toEqual(["REQUEST_CANCELED"]);
  });

  it("lets the releaser recall what left before the cancellation came, to be sure", () => {
    const homes = released();
    homes.decide(homes.requester, (facts) => cancel({}, facts));
    homes.pack(homes.requester);
    homes.arrive(1);
    homes.decide(homes.releaser, (facts) => recall({ reason: "SentByMistake" }, facts));
    homes.settle();
    expect(homes.states).toEqual(["Canceled", "Canceled"]);
    expect(records(homes.requester)).toBe(0);
    expect([...homes.releaser.alerts]).toEqual([]);
  });

  it("warns the releaser for good when the records went on paper", () => {
    const homes = requested();
    homes.decide(homes.releaser, (facts) => answer({ status: "OfflineRecordSent" }, facts));
    homes.decide(homes.requester, (facts) => cancel({}, facts));
    homes.settle();
    expect(homes.states).toEqual(["Canceled", "Canceled"]);
    expect([...homes.releaser.alerts]).toEqual(["CANCEL_CAME_TOO_LATE"]);
  });

  it("opens a canceled transfer when it overtakes the request, and the request is late", () => {
    const homes = new TwoHomes();
    homes.decide(homes.requester, (facts) => request(asks(), facts));
    homes.decide(homes.requester, (facts) => cancel({}, facts));
    homes.pack(homes.requester);
    homes.pack(homes.requester);
    homes.arrive(1);
    homes.settle();
    expect(homes.states).toEqual(["Canceled", "Canceled"]);
    expect(homes.releaser.published).toEqual([]);
    expect([...homes.releaser.alerts]).toEqual([]);
  });

  it("can be taken back by asking again", () => {
    const homes = requested();
    homes.decide(homes.requester, (facts) => cancel({}, facts));
    homes.settle();
    homes.decide(homes.requester, (facts) => resubmit({}, facts));
    homes.settle();
    expect(homes.states).toEqual(["RequestReceived", "RequestReceived"]);
    expect([...homes.releaser.alerts]).toEqual(["REQUEST_TO_RELEASE"]);
  });
});

describe("a resubmission and an answer cross", () => {
  it("does not take a rejection of the old version for an answer to the new one", () => {
    const homes = requested();
    homes.decide(homes.releaser, (facts) => answer(reject, facts));
    homes.decide(homes.requester, (facts) =>
      resubmit({ comments: "With the middle name." }, facts),
    );
    homes.settle();
    expect(homes.states).toEqual(["RequestReceived", "RequestReceived"]);
    expect([...homes.requester.alerts]).toEqual([]);
  });

  it("refuses records that were released for the old version, and they are released again", () => {
    const homes = released();
    homes.decide(homes.requester, (facts) => resubmit({}, facts));
    homes.settle();
    expect(homes.states).toEqual(["RequestReceived", "RequestReceived"]);
    expect(records(homes.requester)).toBe(0);
    released(homes).settle();
    expect(homes.states).toEqual(["Delivered", "Delivered"]);
    expect(records(homes.requester)).toBe(1);
  });

  it("opens the transfer when it overtakes the first request", () => {
    const homes = new TwoHomes();
    homes.decide(homes.requester, (facts) => request(asks(), facts));
    homes.decide(homes.requester, (facts) => resubmit({}, facts));
    homes.pack(homes.requester);
    homes.pack(homes.requester);
    homes.arrive(1);
    homes.settle();
    expect(homes.states).toEqual(["RequestReceived", "RequestReceived"]);
    expect(homes.releaser.transfer?.revision).toBe(1);
    expect(homes.releaser.published).toHaveLength(1);
  });

  it("takes back a release of the old version that still waits", () => {
    const homes = requested();
    homes.decide(homes.releaser, (facts) => release(whole, facts));
    homes.decide(homes.requester, (facts) => resubmit({}, facts));
    homes.settle();
    homes.hoursPass(5);
    homes.settle();
    expect(homes.states).toEqual(["RequestReceived", "RequestReceived"]);
    expect(records(homes.requester)).toBe(0);
  });
});

describe("answers that overtake each other", () => {
  it("stay on hold when the late word comes that the request was received", () => {
    const homes = new TwoHomes();
    homes.decide(homes.requester, (facts) => request(asks(), facts));
    homes.pack(homes.requester);
    homes.arrive();
    homes.decide(homes.releaser, (facts) => answer(hold, facts));
    homes.pack(homes.releaser);
    homes.pack(homes.releaser);
    homes.arrive(2);
    expect(homes.requester.state).toBe("OnHold");
    homes.settle();
    expect(homes.requester.state).toBe("OnHold");
    expect(homes.requester.transfer?.holdUntil).toBe("2024-08-12");
  });

  it("stay rejected when the hold comes after the rejection", () => {
    const homes = requested();
    homes.decide(homes.releaser, (facts) => answer(hold, facts));
    homes.decide(homes.releaser, (facts) => answer(reject, facts));
    homes.pack(homes.releaser);
    homes.pack(homes.releaser);
    homes.arrive(1);
    homes.settle();
    expect(homes.states).toEqual(["Rejected", "Rejected"]);
    expect([...homes.requester.alerts]).toEqual(["REQUEST_REJECTED"]);
  });

  it("keep the records when the rejection before them comes after them", () => {
    const homes = requested();
    homes.decide(homes.releaser, (facts) => answer(reject, facts));
    homes.pack(homes.releaser);
    released(homes);
    homes.arrive(1);
    homes.settle();
    expect(homes.states).toEqual(["Delivered", "Delivered"]);
    expect([...homes.requester.alerts]).toEqual(["RECORDS_RELEASED"]);
  });

  it("take a supplement before the release, and then the release", () => {
    const homes = released();
    homes.decide(homes.releaser, (facts) => supplement(more, facts));
    homes.hoursPass(1);
    homes.pack(homes.releaser);
    homes.arrive(1);
    expect(homes.requester.state).toBe("Delivered");
    homes.settle();
    expect(homes.states).toEqual(["Delivered", "Delivered"]);
    expect(records(homes.requester)).toBe(2);
  });

  it("keep the import when the receipt of the records comes after it", () => {
    const homes = released();
    homes.arrive();
    homes.decide(homes.requester, (facts) => imported({}, facts));
    homes.pack(homes.requester);
    homes.arrive(1);
    expect(homes.releaser.state).toBe("Imported");
    homes.settle();
    expect(homes.states).toEqual(["Imported", "Imported"]);
  });
});

describe("a recall", () => {
  const mistake = { reason: "WrongStudent" } as const;

  it("marks what came, confirms, and takes the word to import back", () => {
    const homes = delivered();
    homes.decide(homes.releaser, (facts) => recall(mistake, facts));
    expect([...homes.releaser.alerts]).toEqual(["RECALL_NOT_CONFIRMED"]);
    homes.settle();
    expect(homes.states).toEqual(["Recalled", "Recalled"]);
    expect(homes.requester.published.map(({ what }) => what)).toEqual(["record", "recall"]);
    expect([...homes.requester.alerts]).toEqual(["RECORDS_RECALLED"]);
    expect([...homes.releaser.alerts]).toEqual([]);
    expect(() => homes.decide(homes.requester, (facts) => imported({}, facts))).toThrow(
      refusedWith("TRANSFER_STATE"),
    );
  });

  it("that overtakes the records keeps them from being shown", () => {
    const homes = released();
    homes.decide(homes.releaser, (facts) => recall(mistake, facts));
    homes.pack(homes.releaser);
    homes.arrive(1);
    expect(homes.requester.state).toBe("RequestReceived");
    expect([...homes.requester.alerts]).toEqual(["RECORDS_RECALLED"]);
    homes.settle();
    expect(records(homes.requester)).toBe(0);
    expect(homes.states).toEqual(["RequestReceived", "Recalled"]);
  });

  it("is followed by the right records, even if those overtake it", () => {
    const homes = delivered();
    homes.decide(homes.releaser, (facts) => recall(mistake, facts));
    homes.pack(homes.releaser);
    released(homes);
    homes.arrive(1);
    homes.settle();
    expect(homes.states).toEqual(["Delivered", "Delivered"]);
    expect(records(homes.requester)).toBe(2);
    expect(homes.requester.transfer?.releases.map(({ standing }) => standing)).toEqual([
      "recalled",
      "received",
    ]);
  });

  it("of a supplement leaves the first release as it is", () => {
    const homes = delivered();
    homes.decide(homes.releaser, (facts) => supplement(more, facts));
    homes.hoursPass(1);
    homes.settle();
    const last = homes.releaser.transfer?.releases.at(-1)?.messageId;
    const messageIds = last ? [last] : [];
    homes.decide(homes.releaser, (facts) => recall({ ...mistake, messageIds }, facts));
    homes.settle();
    expect(homes.states).toEqual(["Delivered", "Delivered"]);
    expect([...homes.requester.alerts].toSorted()).toEqual([
      "RECORDS_RECALLED",
      "RECORDS_RELEASED",
    ]);
    expect(homes.requester.transfer?.releases.map(({ standing }) => standing)).toEqual([
      "received",
      "recalled",
    ]);
  });

  it("that crosses the import tells the releaser that the records were used", () => {
    const homes = delivered();
    homes.decide(homes.requester, (facts) => imported({}, facts));
    homes.decide(homes.releaser, (facts) => recall(mistake, facts));
    homes.settle();
    expect(homes.states).toEqual(["Recalled", "Recalled"]);
    expect([...homes.releaser.alerts]).toEqual(["RECALLED_RECORDS_IMPORTED"]);
  });

  it("withdraws a supplement that has not left", () => {
    const homes = delivered();
    homes.decide(homes.releaser, (facts) => supplement(more, facts));
    homes.decide(homes.releaser, (facts) => recall(mistake, facts));
    homes.hoursPass(5);
    homes.settle();
    expect(homes.keptBack).toEqual([]);
    expect(records(homes.requester)).toBe(1);
    expect(homes.states).toEqual(["Recalled", "Recalled"]);
  });
});

describe("time", () => {
  it("closes a request that nobody answered, on the releaser's side first", () => {
    const homes = requested();
    homes.hoursPass(60 * 24 + 1);
    expect(homes.states).toEqual(["RequestReceived", "Expired"]);
    homes.hoursPass(7 * 24);
    expect(homes.states).toEqual(["Expired", "Expired"]);
    expect([...homes.requester.alerts]).toEqual(["REQUEST_EXPIRED"]);
    expect([...homes.releaser.alerts]).toEqual(["REQUEST_EXPIRED"]);
  });

  it("still takes records that left before the end and arrive after it", () => {
    const homes = requested();
    homes.hoursPass(60 * 24 - 2);
    released(homes);
    homes.hoursPass(24);
    homes.settle();
    expect(homes.states).toEqual(["Delivered", "Delivered"]);
  });

  it("refuses records that come when the request is long over, and the releaser hears of it", () => {
    const homes = requested();
    homes.hoursPass(60 * 24 - 2);
    released(homes);
    homes.hoursPass(9 * 24);
    homes.settle();
    expect(records(homes.requester)).toBe(0);
    expect(homes.requester.state).toBe("Expired");
    expect(homes.releaser.alerts).toContain("RELEASE_REFUSED");
  });

  it("begins anew when an expired request is sent again", () => {
    const homes = requested();
    homes.hoursPass(70 * 24);
    homes.decide(homes.requester, (facts) => resubmit({}, facts));
    homes.settle();
    expect(homes.states).toEqual(["RequestReceived", "RequestReceived"]);
    expect([...homes.requester.alerts]).toEqual([]);
  });

  it("puts a request back on the desk on the day that its hold named", () => {
    const homes = requested();
    homes.decide(homes.releaser, (facts) => answer(hold, facts));
    homes.settle();
    expect([...homes.releaser.alerts]).toEqual([]);
    homes.hoursPass(10 * 24);
    expect([...homes.releaser.alerts]).toEqual([]);
    homes.hoursPass(24);
    expect([...homes.releaser.alerts]).toEqual(["REQUEST_TO_RELEASE"]);
    expect(homes.releaser.state).toBe("OnHold");
  });
});

describe("the other packetboat refuses", () => {
  it("a request: the registrar is told, and the corrected one names it", () => {
    const homes = new TwoHomes();
    homes.decide(homes.requester, (facts) => request(asks(), facts));
    homes.pack(homes.requester);
    const [letter] = homes.wire.splice(0, 1);
    if (!letter || !("outgoing" in letter)) throw new Error("no request was packed");
    const { from, to, outgoing } = letter;
    homes.wire.push({ from: to, to: from, about: outgoing, refusedWith: "RULE_BROKEN" });
    homes.settle();
    expect(homes.requester.state).toBe("Rejected");
    expect([...homes.requester.alerts]).toEqual(["REQUEST_REFUSED"]);

    homes.decide(homes.requester, (facts) => resubmit({}, facts));
    homes.settle();

    expect(homes.states).toEqual(["RequestReceived", "RequestReceived"]);
    expect([...homes.requester.alerts]).toEqual([]);
    const corrected = homes.requester.said.at(-1)?.message;
    expect(corrected).toHaveProperty("Resubmits", outgoing.message.MessageId);
  });

  it("records: they are to be released again, and the new release names the refused one", () => {
    const homes = released();
    const [letter] = homes.wire.splice(0, 1);
    if (!letter || !("outgoing" in letter)) throw new Error("no release was packed");
    const { from, to, outgoing } = letter;
    homes.wire.push({ from: to, to: from, about: outgoing, refusedWith: "ATTACHMENT_DIFFERS" });
    homes.settle();
    expect(homes.releaser.state).toBe("RequestReceived");
    expect([...homes.releaser.alerts].toSorted()).toEqual([
      "RELEASE_REFUSED",
      "REQUEST_TO_RELEASE",
    ]);

    const documents = [documentNamed("transcript.pdf", "Transcript")];
    homes.decide(homes.releaser, (facts) => release({ documents }, facts));
    homes.hoursPass(1);
    homes.settle();

    expect(homes.states).toEqual(["Delivered", "Delivered"]);
    expect([...homes.releaser.alerts]).toEqual([]);
    const again = homes.releaser.said.findLast(({ kind }) => kind === "TransferRelease");
    expect(again?.message).toHaveProperty("Resubmits", outgoing.message.MessageId);
  });
});
