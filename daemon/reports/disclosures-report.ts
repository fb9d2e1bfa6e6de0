/** `disclosures.csv`: the register of requests and disclosures (34 CFR 99.32), for registrars. */
import { showReference } from "../ids.ts";
import type { DisclosureOverview } from "../ledger/overviews.ts";
import { wordFor } from "../alerts/reason-words.ts";
import { AUTHENTICATION_WORDS, PURPOSE_WORDS, SECTION_WORDS } from "./code-words.ts";
import { csvOf } from "./csv.ts";
import { nameOf, type Reading } from "./reading.ts";

export const WHAT_WORDS: Readonly<Record<string, string>> = {
  request: "Request",
  release: "Release",
  partialRelease: "Release in part",
  offlineRelease: "Release outside packetboat",
  rejection: "Rejection",
  recall: "Recall",
};

/** Oldest first. The student's name stands there as long as the request is kept; the rest for good. */
export const disclosuresCsv = (
  reading: Pick<Reading, "names">,
  disclosures: readonly DisclosureOverview[],
): Generator<string> =>
  csvOf(
    [
      ["When", "at"],
      ["What", "what"],
      ["Student", "student"],
      ["Reference", "reference"],
      ["Party", "party"],
      ["Party id", "partyId"],
      ["Legitimate interest", "interest"],
      ["Purpose", "purpose"],
      ["Sections", "sections"],
      ["By", "who"],
      ["Authenticated", "authentication"],
      ["Transfer id", "transferId"],
      ["Requester id", "requesterId"],
    ],
    disclosures.map((each) => ({
      at: each.at,
      what: wordFor(WHAT_WORDS, each.what),
      student: nameOf(reading, each.transfer),
      reference: each.transfer === null ? null : showReference(each.transfer.reference),
      party: each.party_name,
      partyId: each.party_id,
      interest: each.interest,
      purpose: wordFor(PURPOSE_WORDS, each.purpose),
      sections: each.sections
        .split(" ")
        .filter((name) => name !== "")
        .map((name) => wordFor(SECTION_WORDS, name))
        .join(", "),
      who: each.who,
      authentication: wordFor(AUTHENTICATION_WORDS, each.authentication),
      transferId: each.transfer_id,
      requesterId: each.requester_id,
    })),
  );
