import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRefusal } from "../../daemon/errors.ts";
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
import type { Effect } from "../../daemon/transfer/effects.ts";
import type { DecisionFacts } from "../../daemon/transfer/facts.ts";
import { releaserMoves } from "../../daemon/transfer/releaser-moves.ts";
import { requesterMoves } from "../../daemon/transfer/requester-moves.ts";
import { asks, documentNamed, recordOf, transcript } from "./cast.ts";
import { type Home, TwoHomes } from "./two-homes.ts";

type Decide = (facts: DecisionFacts) => Effect[];

const AT_REQUESTER: Record<string, Decide> = {
  resubmit: (facts) => resubmit({}, facts),
  cancel: (facts) => cancel({}, facts),
  imported: (facts) => imported({}, facts),
};

const whole = { record: recordOf(), documents: [documentNamed("transcript.pdf", "Transcript")] };

const AT_RELEASER: Record<string, Decide> = {
  release: (facts) => release(whole, facts),
  supplement: (facts) => supplement({ record: transcript, documents: [] }, facts),
  hold: (facts) => answer({ status: "Hold", reason: "AwaitingFinalMarks" }, facts),
  reject: (facts) => answer({ status: "Rejected", reason: "NotAuthorized" }, facts),
  noRecord: (facts) => answer({ status: "NoRecord" }, facts),
  paper: (facts) => answer({ status: "OfflineRecordSent" }, facts),
  withdraw: (facts) => withdraw(facts),
  recall: (facts) => recall({ reason: "WrongStudent" }, facts),
  recallLast: (facts) => {
    const last = facts.transfer?.releases.at(-1)?.messageId;
    return recall({ reason: "WrongDocument", messageIds: last ? [last] : [] }, facts);
  },
};

const names = (decisions: Record<string, Decide>): fc.Arbitrary<string> =>
  fc.constantFrom(...Object.keys(decisions));

/** One thing that happens: somebody decides, something leaves, something arrives in any order, time passes. */
const happening = fc.oneof(
  { weight: 2, arbitrary: fc.record({ requester: names(AT_REQUESTER) }) },
  { weight: 4, arbitrary: fc.record({ releaser: names(AT_RELEASER) }) },
  { weight: 5, arbitrary: fc.record({ packs: fc.constantFrom("requester", "releaser") }) },
  { weight: 8, arbitrary: fc.record({ arrives: fc.nat(20) }) },
  { weight: 3, arbitrary: fc.record({ hours: fc.constantFrom(1, 1, 24, 24 * 20) }) },
);

type Happening = typeof happening extends fc.Arbitrary<infer Each> ? Each : never;

/** People try what does not go: a refusal by the rules changes nothing, and is no fault. */
function attempt(homes: TwoHomes, home: Home, decide: Decide | undefined): void {
  if (!decide) throw new Error("no such decision");
  try {
    homes.decide(home, decide);
  } catch (error) {
    if (!isRefusal(error, "TRANSFER_STATE") && !isRefusal(error, "TRANSFER_UNKNOWN")) throw error;
  }
}

function happen(homes: TwoHomes, each: Happening): void {
  if ("requester" in each) attempt(homes, homes.requester, AT_REQUESTER[each.requester]);
  else if ("releaser" in each) attempt(homes, homes.releaser, AT_RELEASER[each.releaser]);
  else if ("packs" in each)
    homes.pack(each.packs === "requester" ? homes.requester : homes.releaser);
  else if ("hours" in each) homes.hoursPass(each.hours);
  else if (homes.wire.length > 0) homes.arrive(each.arrives % homes.wire.length);
}

/** A request is made; with `arrived` it is on the releaser's desk. */
function begun(arrived: boolean): TwoHomes {
  const homes = new TwoHomes();
  homes.decide(homes.requester, (facts) => request(asks(), facts));
  if (arrived) homes.settle();
  return homes;
}

const play = (happenings: readonly Happening[]): TwoHomes => {
  const homes = begun(happenings.length % 3 > 0);
  for (const each of happenings) happen(homes, each);
  return homes;
};

/** All that may leave has left, hold-backs included, and all has arrived. */
function quiet(happenings: readonly Happening[]): TwoHomes {
  const homes = play(happenings);
  homes.settle();
  homes.hoursPass(2);
  homes.settle();
  return homes;
}

const property = (claim: (happenings: Happening[]) => void): void => {
  fc.assert(fc.property(fc.array(happening, { maxLength: 60, size: "max" }), claim), {
    numRuns: 300,
  });
};

const statesOf = (moves: Record<string, object>): Set<string> =>
  new Set(Object.values(moves).flatMap((cells) => Object.keys(cells)));

describe("whatever people decide, and in whatever order the post brings it", () => {
  it("each side stands only at its own states", () => {
    const [asking, answering] = [statesOf(requesterMoves), statesOf(releaserMoves)];
    property((happenings) => {
      const { requester, releaser } = play(happenings);
      expect(requester.journey.every((state) => asking.has(state))).toBe(true);
      expect(releaser.journey.every((state) => answering.has(state))).toBe(true);
    });
  });

  it("no release is sent a second time before the first was refused, recalled or asked for anew", () => {
    property((happenings) => {
      const { releaser } = quiet(happenings);
      const standing = releaser.transfer?.releases.filter((each) => each.standing !== "recalled");
      const ids = new Set<string>(standing?.map(({ messageId }) => messageId));
      const originals = releaser.said.filter(
        (each) =>
          each.kind === "TransferRelease" &&
          each.message.TransmissionType === "Original" &&
          each.message.RespondsTo === releaser.transfer?.requestMessageId &&
          ids.has(each.message.MessageId),
      );
      expect(originals.length).toBeLessThanOrEqual(1);
    });
  });

  it("every record that is shown was sent, once, and stands in the releaser's register", () => {
    property((happenings) => {
      const { requester, releaser } = quiet(happenings);
      const sent = releaser.said.filter(({ kind }) => kind === "TransferRelease");
      const ids = new Set(sent.map(({ message }) => message.MessageId));
      const isRelease = (what: string): boolean => what === "release" || what === "partialRelease";
      expect(requester.shown.every((id) => ids.has(id))).toBe(true);
      expect(new Set(requester.shown).size).toBe(requester.shown.length);
      expect(requester.shown.length).toBeLessThanOrEqual(
        releaser.disclosures.filter(({ what }) => isRelease(what)).length,
      );
    });
  });

  it("no record is shown at a state that gave the request up, or that the releaser has recalled", () => {
    property((happenings) => {
      const homes = begun(true);
      for (const each of happenings) {
        const { state, shown, transfer } = homes.requester;
        const before = shown.length;
        const recalled = transfer?.releases.filter(({ standing }) => standing === "recalled");
        happen(homes, each);
        const added = homes.requester.shown.slice(before);
        if (state === "Canceled" || state === "Expired") expect(added).toEqual([]);
        expect(recalled?.some(({ messageId }) => added.includes(messageId))).toBe(false);
      }
    });
  });

  it("nothing was kept from leaving at the last look, because what is void was taken back before", () => {
    property((happenings) => {
      expect(quiet(happenings).keptBack).toEqual([]);
    });
  });

  it("both sides agree on what holds and what was recalled, once all is quiet", () => {
    property((happenings) => {
      const { requester, releaser } = quiet(happenings.filter(isSoon));
      expect(standing(requester, "received")).toEqual(standing(releaser, "sent"));
      expect(standing(requester, "recalled")).toEqual(
        expect.arrayContaining(standing(releaser, "recalled")),
      );
      expect(releaser.alerts.has("RECALL_NOT_CONFIRMED")).toBe(false);
    });
  });

  it("both sides end canceled or neither, and what one has received the other has sent", () => {
    property((happenings) => {
      const [requester, releaser] = quiet(happenings.filter(isSoon)).states;
      expect(requester === "Canceled").toBe(releaser === "Canceled");
      expect(requester).not.toBe("Requested");
      expect(releaser).not.toBe("ReleasePending");
      if (requester === "Delivered") expect(["Delivered", "Imported"]).toContain(releaser);
      if (releaser === "Delivered") expect(["Delivered", "Imported"]).toContain(requester);
    });
  });
});

/** Without the long waits in which a request expires on its way, and each side is right by itself. */
const isSoon = (each: Happening): boolean => !("hours" in each && each.hours > 24);

const standing = ({ transfer }: Home, how: string): string[] =>
  (transfer?.releases ?? [])
    .filter((each) => each.standing === how)
    .map(({ messageId }) => messageId)
    .toSorted();
