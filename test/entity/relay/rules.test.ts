import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type RelayFacts,
  relayFault,
  type SealedFile,
} from "../../../daemon/entity/relay/rules.ts";
import type { AgencyId } from "../../../daemon/ids.ts";
import type { AgencyStatus } from "../../../daemon/ledger/tables.ts";
import { PEER, PRAIRIE, RIVER, US } from "./yard.ts";

const FILE: SealedFile = { from: PRAIRIE, to: RIVER, size: 5000, owner: 1012 };
const FACTS: RelayFacts = {
  us: US,
  peer: PEER,
  isTest: false,
  maxBytes: 9000,
  senderOwner: 1012,
  sender: { isDistrict: true, status: "Participating" },
  recipient: { isDistrict: true, status: "Participating" },
};

const faultOf = (file: Partial<SealedFile>, facts: Partial<RelayFacts> = {}): string | null =>
  relayFault({ ...FILE, ...file }, { ...FACTS, ...facts })?.code ?? null;

describe("whether a sealed file is moved on", () => {
  it("is asked of its name, its owner and two directories: one of ours for one of theirs goes", () => {
    expect(faultOf({})).toBeNull();
    expect(faultOf({ owner: null })).toBeNull();
    expect(faultOf({}, { senderOwner: null })).toBeNull();
    expect(faultOf({ from: US, to: PEER }, { sender: null, recipient: null })).toBeNull();
  });

  it("blames the account before anything else that only the name says", () => {
    expect(faultOf({ owner: 1013 }, { sender: null })).toBe("RELAY_OWNER_DIFFERS");
    const fault = relayFault({ ...FILE, owner: 1013 }, FACTS);
    expect(fault?.message).toBe(
      `account 1013 left it, and the account of agency ${PRAIRIE} is 1012`,
    );
  });

  it("does not depend on the owner of a file whose sender is not ours: it has no account here", () => {
    const from = "1900031" as AgencyId;
    expect(faultOf({ from }, { senderOwner: null })).toBe("RELAY_LOOP");
  });

  it.each<[AgencyStatus, boolean, string | null]>([
    ["Participating", false, null],
    ["TestOnly", true, null],
    ["TestOnly", false, "AGENCY_NOT_PARTICIPATING"],
    ["NotParticipating", true, "AGENCY_NOT_PARTICIPATING"],
    ["Closed", true, "AGENCY_NOT_PARTICIPATING"],
    ["Future", true, "AGENCY_NOT_PARTICIPATING"],
    ["Inactive", true, "AGENCY_NOT_PARTICIPATING"],
  ])("waits for a recipient of the status %s (test: %s): %s", (status, isTest, code) => {
    expect(faultOf({}, { isTest, recipient: { isDistrict: true, status } })).toBe(code);
  });

  it("is refused of a district that takes no part, and of one that only tests", () => {
    for (const status of ["Inactive", "Closed", "TestOnly"] as const) {
      expect(faultOf({}, { sender: { isDistrict: true, status } })).toBe("RELAY_SENDER_UNKNOWN");
    }
    expect(faultOf({}, { sender: { isDistrict: false, status: "Participating" } })).toBe(
      "RELAY_SENDER_UNKNOWN",
    );
  });

  it("is refused for another entity of their state, though it is listed", () => {
    const recipient = { isDistrict: false, status: "Participating" } as const;
    expect(faultOf({ to: "1900001" as AgencyId }, { recipient })).toBe("RELAY_MISADDRESSED");
  });

  it("is refused to what is too big, before it waits for anything", () => {
    const recipient = { isDistrict: true, status: "Inactive" } as const;
    expect(faultOf({ size: 9001 }, { recipient })).toBe("BOX_FILE_TOO_BIG");
    expect(faultOf({ size: 9000 })).toBeNull();
  });
});

const agency = fc
  .tuple(fc.constantFrom("19", "27", "39"), fc.constantFrom("00000", "00001", "00012", "00105"))
  .map(([state, rest]) => `${state}${rest}` as AgencyId);
const standing = fc.option(
  fc.record({
    isDistrict: fc.boolean(),
    status: fc.constantFrom<AgencyStatus>("Participating", "TestOnly", "Inactive", "Closed"),
  }),
);
const owner = fc.option(fc.constantFrom(1012, 1013));

describe("whatever lies in the box", () => {
  it("only what one of ours left for one of theirs ever leaves, one hop, by its own account", () => {
    const files = fc.record({ from: agency, to: agency, size: fc.nat(10_000), owner });
    const facts = fc.record({
      isTest: fc.boolean(),
      senderOwner: owner,
      sender: standing,
      recipient: standing,
    });
    fc.assert(
      fc.property(files, facts, (file, known) => {
        const fault = relayFault(file, { ...FACTS, ...known });
        if (fault !== null) return;
        expect(file.from.slice(0, 2)).toBe("27");
        expect(file.to.slice(0, 2)).toBe("19");
        expect(file.from === US).toBe(file.to === PEER);
        expect(file.size).toBeLessThanOrEqual(FACTS.maxBytes);
        if (file.owner !== null && known.senderOwner !== null) {
          expect(file.owner).toBe(known.senderOwner);
        }
        if (file.from !== US) expect(known.sender?.isDistrict).toBe(true);
        if (file.to !== PEER) expect(known.recipient?.isDistrict).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("is moved on by their entity never back: what one lets pass the other refuses", () => {
    fc.assert(
      fc.property(agency, agency, owner, (from, to, by) => {
        const file = { from, to, size: 1, owner: by };
        const [there, back] = [
          relayFault(file, { ...FACTS, senderOwner: null }),
          relayFault(file, { ...FACTS, us: PEER, peer: US, senderOwner: null }),
        ];
        expect(there === null && back === null).toBe(false);
      }),
    );
  });
});
