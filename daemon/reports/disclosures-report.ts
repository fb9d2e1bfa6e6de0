/** `disclosures.csv`: the register of requests and disclosures (34 CFR 99.32), for registrars. */
import { showReference } from "../ids.ts";
import type { DisclosureOverview } from "../ledger/overviews.ts";
import { wordFor } from "../alerts/reason-words.ts";
import { AUTHENTICATION_WORDS, PURPOSE_WORDS, SECTION_WORDS } from "./code-words.ts";
import { csvOfPages } from "./csv.ts";
import { nameOf, type Reading } from "./reading.ts";

export const WHAT_WORDS: Readonly<Record<string, string>> = {
  request: "Request",
  release: "Release",
  partialRelease: "Release in part",
  offlineRelease: "Release outside packetboat",
  rejection: "Rejection",
  recall: "Recall",
};

/**
 * The name as the request has it while that is kept, then the one under which the line is filed, if any. A
 * request that was corrected since may be about somebody else: what was filed then stands.
 */
export function studentOf({ filed }: DisclosureOverview, name: string | null): string | null {
  if (!filed || filed.last_name === null) return name;
  const then = [filed.last_name, filed.first_name].filter((part) => part !== null).join(", ");
  return name?.startsWith(then) ? name : then;
}

/** Part of the register, and the students of its requests. */
export interface RegisterPage extends Pick<Reading, "names"> {
  readonly disclosures: readonly DisclosureOverview[];
}

/**
 * Oldest first. The student's name stands there as long as the request is kept, then the id or the name
 * under which the line is filed; the rest for good.
 */
export const disclosuresCsv = (pages: AsyncIterable<RegisterPage>): AsyncGenerator<string> =>
  csvOfPages(
    [
      ["When", "at"],
      ["What", "what"],
      ["Student", "student"],
      ["Birthdate", "birthdate"],
      ["Our student id", "studentId"],
      ["Reference", "reference"],
      ["Party", "party"],
      ["Party id", "partyId"],
      ["Legitimate interest", "interest"],
      ["Purpose", "purpose"],
      ["Sections", "sections"],
      ["By", "who"],
      ["Authenticated", "authentication"],
      ["Released first by", "firstPerson"],
      ["Transfer id", "transferId"],
      ["Requester id", "requesterId"],
    ],
    rowsOf(pages),
  );

async function* rowsOf(pages: AsyncIterable<RegisterPage>) {
  for await (const { disclosures, names } of pages) {
    yield disclosures.map((each) => rowOf(each, nameOf({ names }, each.transfer)));
  }
}

const rowOf = (each: DisclosureOverview, name: string | null) => ({
  at: each.at,
  what: wordFor(WHAT_WORDS, each.what),
  student: studentOf(each, name),
  birthdate: each.filed?.birthdate ?? null,
  studentId: each.filed?.student_id ?? null,
  reference: each.transfer === null ? null : showReference(each.transfer.reference),
  party: each.party_name,
  partyId: each.party_id,
  interest: each.interest,
  purpose: wordFor(PURPOSE_WORDS, each.purpose),
  sections: each.sections
    .split(" ")
    .filter((section) => section !== "")
    .map((section) => wordFor(SECTION_WORDS, section))
    .join(", "),
  who: each.who,
  authentication: wordFor(AUTHENTICATION_WORDS, each.authentication),
  firstPerson: each.first_person,
  transferId: each.transfer_id,
  requesterId: each.requester_id,
});
