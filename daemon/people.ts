/**
 * Who may ask and release, and how we know it is them. What is told to partners about it is
 * `UserAuthentication` (PROTOCOL 2): the operating system knew the account, the source system said who
 * it was, or somebody merely declared a name.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { promisify } from "node:util";
import type { Config, Person, Right } from "./config.ts";
import { PacketboatError } from "./errors.ts";
import type { User, UserAuthentication } from "./packet/model.gen.ts";

/** What is known about somebody who asks or decides. */
export interface Claim {
  /** The username that was given: by `--as`, or in a document. */
  readonly username?: string | undefined;
  /** The account that runs the command, or owns the file. */
  readonly osUser?: string | undefined;
  /** The username comes from a student information system that let its user log in. */
  readonly isFromSourceSystem?: boolean;
}

export interface Actor {
  readonly person: Person;
  readonly authentication: UserAuthentication;
}

/**
 * Find the person. An account of the operating system proves only its own person: whoever acts for
 * another is Declared.
 *
 * @throws PacketboatError PERSON_UNKNOWN
 */
export function whoActs({ people }: Pick<Config, "people">, claim: Claim): Actor {
  const { username, osUser, isFromSourceSystem = false } = claim;
  const person = people.find((one) =>
    username === undefined
      ? one.osUser !== undefined && one.osUser === osUser
      : one.username.toLowerCase() === username.toLowerCase(),
  );
  if (!person) throw unknown(claim);
  if (person.osUser !== undefined && person.osUser === osUser) {
    return { person, authentication: "OperatingSystem" };
  }
  return { person, authentication: isFromSourceSystem ? "SourceSystem" : "Declared" };
}

/**
 * @param school by its name, if the matter is one school's of ours; what is no school's that we know is
 *   for those who may act for all
 * @throws PacketboatError PERSON_NOT_ALLOWED
 */
export function assertMay(
  { person, authentication }: Actor,
  right: Right,
  { releases }: { readonly releases: Pick<Config["releases"], "allowDeclaredUser"> },
  school?: string,
): void {
  if (!person.may.includes(right)) throw notAllowed(person, `may not ${right} by the config`);
  if (person.schools && (school === undefined || !person.schools.includes(school))) {
    throw notAllowed(
      person,
      `may not act for ${school ?? "a school that the config does not name"}`,
    );
  }
  const isDeclared = authentication === "Declared";
  if (right === "release" && isDeclared && !releases.allowDeclaredUser) {
    throw notAllowed(person, "was only named, and releases.allowDeclaredUser is off", true);
  }
}

/** The person as partners are told. */
export const userOf = ({ person, authentication }: Actor): User => ({
  PersonName: person.name,
  Username: person.username,
  ...(person.workPhone === undefined ? {} : { TelephoneNumber: person.workPhone }),
  ...(person.email === undefined ? {} : { ElectronicMailAddress: person.email }),
  UserAuthentication: authentication,
});

/** The account that runs this process; `undefined` if its number has no name, as in some containers. */
export function ownAccount(): string | undefined {
  try {
    return userInfo().username;
  } catch {
    return undefined;
  }
}

/** The name of the account with this number: the owner of a file. */
export const accountNamed = async (uid: number): Promise<string | null> =>
  (await entry("passwd", (_, number) => number === String(uid)))?.name ?? null;

/** The number of a group, for the folders it shares. */
export async function groupNumber(name: string): Promise<number | null> {
  const group = await entry("group", (known) => known === name);
  return group === null ? null : group.number;
}

interface Entry {
  readonly name: string;
  readonly number: number;
}

/** From the machine's own file, or else from the directory service behind `getent`. */
async function entry(
  database: "passwd" | "group",
  wanted: (name: string, number: string) => boolean,
): Promise<Entry | null> {
  const local = await readFile(`/etc/${database}`, "utf8").catch(() => "");
  return found(local, wanted) ?? found(await fromDirectoryService(database), wanted);
}

function found(text: string, wanted: (name: string, number: string) => boolean): Entry | null {
  for (const line of text.split("\n")) {
    const [name = "", , number = ""] = line.split(":");
    if (number !== "" && wanted(name, number)) return { name, number: Number(number) };
  }
  return null;
}

async function fromDirectoryService(database: string): Promise<string> {
  try {
    const answer = await promisify(execFile)("getent", [database], { timeout: 10_000 });
    return answer.stdout;
  } catch {
    return "";
  }
}

function unknown({ username, osUser }: Claim): PacketboatError {
  if (username !== undefined) {
    const shown = JSON.stringify(username.slice(0, 64));
    return new PacketboatError("PERSON_UNKNOWN", `nobody under people has the username ${shown}`);
  }
  const account = osUser === undefined ? "that account" : `the account ${JSON.stringify(osUser)}`;
  return new PacketboatError("PERSON_UNKNOWN", `${account} belongs to nobody under people`);
}

const notAllowed = ({ username }: Person, why: string, isUnproved = false): PacketboatError =>
  new PacketboatError("PERSON_NOT_ALLOWED", `${username} ${why}`, {
    facts: { username, isUnproved },
  });
