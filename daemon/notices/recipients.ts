/** To whom an alert is mailed: the people of the config whose matter it is, and IT. */
import type { Words } from "../alerts/catalogue.ts";
import { isFor } from "../alerts/catalogue.ts";
import type { Config, Person, Right } from "../config.ts";
import type { Side } from "../transfer/effects.ts";

export interface Recipient {
  readonly address: string;
  /** Where it stands in the config. */
  readonly setting: string;
}

/** Whose matter an alert may be. */
export interface Matter {
  readonly code: string;
  readonly words: Words;
  /** `null`: it is about no transfer. */
  readonly side: Side | null;
  /** Our own name of the school it is about, or what somebody wrote; `null` if none was named. */
  readonly school: string | null;
}

type Listed = Pick<Config, "people" | "schools" | "deadlines" | "mail">;

/** Each address once. */
export function recipientsOf(config: Listed, matter: Matter): Recipient[] {
  const { code, words } = matter;
  const { escalateTo } = config.deadlines;
  return eachOnce([
    ...(isFor("registrar", words) ? registrarsFor(config, matter) : []),
    ...(code === "DECISION_ESCALATED" ? listed("deadlines.escalateTo", escalateTo) : []),
    ...(isFor("it", words) ? listed("mail.it", config.mail?.it ?? []) : []),
  ]);
}

/**
 * The school's registrars; or if none is named or none has an address, everybody who may act for that
 * school, and in a matter of no known school for all of them.
 */
export function registrarsFor(
  { people, schools }: Pick<Config, "people" | "schools">,
  { side, school: named }: Pick<Matter, "side" | "school">,
): Recipient[] {
  const school = schools.find(({ name }) => name === named);
  if (school) {
    const known = new Set(school.registrars.map((username) => username.toLowerCase()));
    const found = withAddress(people.filter(({ username }) => known.has(username.toLowerCase())));
    if (found.length > 0) return found;
  }
  const rights: readonly Right[] = side === null ? ["request", "release"] : RIGHTS[side];
  const may = people.filter((person) => rights.some((right) => person.may.includes(right)));
  const theirs = may.filter(
    (person) => person.schools === undefined || (school && person.schools.includes(school.name)),
  );
  const found = withAddress(theirs);
  return found.length > 0 ? found : school ? [] : withAddress(may);
}

/** At an entity no transfer is anybody's to decide. */
const RIGHTS = { requester: ["request"], releaser: ["release"], entity: [] } as const;

const withAddress = (people: readonly Person[]): Recipient[] =>
  people.flatMap(({ username, email }) =>
    email === undefined ? [] : [{ address: email, setting: `people ${username}` }],
  );

/** Counted from one, as in the faults of the config. */
const listed = (setting: string, addresses: readonly string[]): Recipient[] =>
  addresses.map((address, index) => ({ address, setting: `${setting}[${index + 1}]` }));

/** Everybody whom mail may go to. */
export const allRecipients = ({ people, deadlines, mail }: Listed): Recipient[] => [
  ...withAddress(people),
  ...listed("deadlines.escalateTo", deadlines.escalateTo),
  ...listed("mail.it", mail?.it ?? []),
];

function eachOnce(recipients: readonly Recipient[]): Recipient[] {
  const known = new Map<string, Recipient>();
  for (const recipient of recipients) {
    const key = recipient.address.toLowerCase();
    if (!known.has(key)) known.set(key, recipient);
  }
  return [...known.values()];
}
