/** Another agency and its people on a page. */
import type { AgencyRow } from "../ledger/tables.ts";
import type { User, UserAuthentication } from "../packet/model.gen.ts";
import { AUTHENTICATION_WORDS } from "./code-words.ts";
import type { Inline, Line, NoticeBlock } from "./blocks.ts";
import { day, idGroups, said, shortFingerprint, stacked } from "./lines.ts";

/** What an agency's own card says of it, as it was pinned here, or the directory of the state. */
export type CardFacts = Pick<
  AgencyRow,
  | "agency_id"
  | "source"
  | "name"
  | "state_number"
  | "city"
  | "state"
  | "zip"
  | "phone"
  | "fingerprint"
  | "added_at"
  | "added_by"
>;

type Row = readonly [name: string, value: Line];

/** Name, numbers and place: from the card or the directory, not from a message. */
export const agencyRows = (title: string, card: CardFacts): readonly Row[] => [
  [title, [{ strong: card.name }]],
  ["District number", said(card.state_number)],
  ["NCES id", [idGroups(card.agency_id)]],
  ["Place", placeOf(card)],
];

/** The person who asks or decides, as their district gives them. */
export const userRows = (title: string, user: User): readonly Row[] => [
  [title, [{ strong: user.PersonName }]],
  ["User name", said(user.Username)],
  ["Work phone", said(user.TelephoneNumber)],
  ["E-mail", said(user.ElectronicMailAddress)],
  ["Authenticated", authenticationLine(user.UserAuthentication)],
];

/** How the district knew its person; whoever decides must not overlook that it did not. */
export const authenticationLine = (how: UserAuthentication): Line =>
  how === "Declared"
    ? [{ badge: "attention", shown: "Not proved" }, " the name was only declared"]
    : [AUTHENTICATION_WORDS[how]];

/** How we know that the message is the district's. */
export const provenBy = (card: CardFacts, timeZone: string): Line =>
  card.source === "directory" ? provenByDirectory(card) : provenByCard(card, timeZone);

const provenByDirectory = ({ fingerprint }: CardFacts): Line => [
  "Verified by its signature, with the key",
  ...(fingerprint === null ? [] : [" ending in ", shortFingerprint(fingerprint)]),
  " that its state’s directory lists for it.",
];

const provenByCard = (card: CardFacts, timeZone: string): Line => [
  "Verified by its signature, with the key ending in ",
  shortFingerprint(card.fingerprint ?? ""),
  " that ",
  { said: card.added_by },
  " added here on ",
  day(new Date(card.added_at), timeZone),
  ".",
];

/** 34 CFR 99.31(c): whoever discloses makes sure of the other side; a number in a message proves nothing. */
export const callFirst = (card: CardFacts, person: string): NoticeBlock => ({
  block: "notice",
  tone: "info",
  title: "You are encouraged to call first",
  lines: [
    card.phone === null
      ? [
          card.source === "directory" ? "The directory’s entry for " : "The card of ",
          { said: card.name },
          " gives no telephone number: use one that you already know, and ask for ",
          { said: person },
          ".",
        ]
      : [
          { strong: card.phone },
          card.source === "directory" ? " (from its state’s directory, " : " (from the card of ",
          { said: card.name },
          "). Ask for ",
          { said: person },
          "; do not use a number that came with the request.",
        ],
  ],
});

function placeOf({ city, state, zip }: CardFacts): Line {
  const parts: Inline[] = [city, state, zip].flatMap((part) =>
    part === null ? [] : [{ said: part }],
  );
  return parts.length === 0
    ? ["—"]
    : stacked(
        parts.flatMap((part, index) => (index === 0 ? [part] : [index === 1 ? ", " : " ", part])),
      );
}
