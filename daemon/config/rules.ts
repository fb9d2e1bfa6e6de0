/** What the schema cannot say: rules between settings, and against the world they name (TRUST B40). */
import { closest } from "fastest-levenshtein";
import { isRefusal } from "../errors.ts";
import type { School, Config as Written } from "../config.gen.ts";
import { parseBoxAddress } from "./address.ts";
import { folderFaults } from "./folders.ts";
import { parseMailServer } from "./mail.ts";
import { folded } from "./schools.ts";
import type { SettingFault } from "./settings.ts";

type Section = keyof Written;

interface Rule {
  /** Only looked at when these sections have their form. */
  readonly reads: readonly Section[];
  readonly faults: (config: Written) => SettingFault[];
}

const RULES: readonly Rule[] = [
  { reads: ["role", "agency"], faults: idFaults },
  { reads: ["agency"], faults: timeZoneFaults },
  { reads: ["agency", "server"], faults: serverFaults },
  { reads: ["home", "dropFolders", "reports", "server"], faults: folderFaults },
  { reads: ["role", "agency", "schools"], faults: schoolFaults },
  { reads: ["people"], faults: peopleFaults },
  { reads: ["people", "schools"], faults: peoplesSchoolFaults },
  { reads: ["people", "schools"], faults: registrarFaults },
  { reads: ["dropFolders", "schools"], faults: schoolFolderFaults },
  { reads: ["deadlines"], faults: escalationFaults },
  { reads: ["deadlines"], faults: calendarFaults },
  { reads: ["mail"], faults: mailFaults },
];

/**
 * @param config as it was written
 * @param broken sections with a fault of form, which no rule can read
 */
export function ruleFaults(config: Written, broken: ReadonlySet<string>): SettingFault[] {
  const readable = RULES.filter(({ reads }) => !reads.some((section) => broken.has(section)));
  return readable.flatMap(({ faults }) => faults(config));
}

/** PROTOCOL 1: `00000` after the state's FIPS code is no district; districts do have ids in `0000n`. */
function idFaults({ role, agency }: Written): SettingFault[] {
  const at = ["agency", "id"];
  if (role === "district" && agency.id.endsWith("00000")) {
    return [{ at, sentence: "ids that end in 00000 belong to entities" }];
  }
  if (role === "entity" && !/^[0-9]{2}0000[0-9]$/.test(agency.id)) {
    return [
      { at, sentence: "an entity's id is its state's FIPS code and 00000 (a region's: 0000n)" },
    ];
  }
  return [];
}

function timeZoneFaults({ agency: { timeZone } }: Written): SettingFault[] {
  if (isTimeZone(timeZone)) return [];
  const nearest = closest(timeZone, Intl.supportedValuesOf("timeZone"));
  const sentence = `there is no time zone ${timeZone}, did you mean ${nearest}?`;
  return [{ at: ["agency", "timeZone"], sentence }];
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

function serverFaults({ agency, server }: Written): SettingFault[] {
  if (!server) return [];
  const faults: SettingFault[] = [];
  const at = ["server", "address"];
  try {
    if (server.address === undefined) return [];
    const { kind, folder } = parseBoxAddress(server.address);
    if (!folder.endsWith(`/${agency.id}`)) {
      faults.push({ at, sentence: `must end with our own id: …/${agency.id}` });
    }
    if (kind === "sftp" && !server.hostKeys) {
      faults.push({
        at: ["server"],
        sentence: "hostKeys is required: ask the server's administrator",
      });
    }
  } catch (error) {
    if (!isRefusal(error, "CONFIG_INVALID")) throw error;
    faults.push({ at, sentence: error.message });
  }
  return faults;
}

function schoolFaults({ role, agency, schools = [] }: Written): SettingFault[] {
  const strangers = schools.flatMap(({ id }, index) =>
    role === "entity" || id.startsWith(agency.id)
      ? []
      : [
          {
            at: ["schools", index, "id"],
            sentence: `must begin with the district's id ${agency.id}`,
          },
        ],
  );
  return [
    ...strangers,
    ...repeated(schools, "schools", "id"),
    ...repeated(schools, "schools", "name"),
    ...aliasFaults(schools),
  ];
}

/** A name that means two schools would show one school's requests to the other. */
function aliasFaults(schools: readonly School[]): SettingFault[] {
  const owners = new Map(schools.map(({ name }) => [folded(name), name]));
  return schools.flatMap(({ name, alsoWritten = [] }, schoolIndex) =>
    alsoWritten.flatMap((alias, index) => {
      const owner = owners.get(folded(alias));
      if (owner === undefined) owners.set(folded(alias), name);
      if (owner === undefined || owner === name) return [];
      const at = ["schools", schoolIndex, "alsoWritten", index];
      return [{ at, sentence: `${alias} already means ${owner}` }];
    }),
  );
}

function registrarFaults({ people = [], schools = [] }: Written): SettingFault[] {
  const known = people.map(({ username }) => username);
  return schools.flatMap(({ registrars = [] }, schoolIndex) =>
    registrars.flatMap((username, index) => {
      const person = people.find((one) => one.username.toLowerCase() === username.toLowerCase());
      const at = ["schools", schoolIndex, "registrars", index];
      if (person?.may.includes("release") === true) return [];
      if (person) return [{ at, sentence: `${username} may not release, by people` }];
      const nearest = known.length === 0 ? "" : `, did you mean ${closest(username, known)}?`;
      return [{ at, sentence: `nobody under people has this username${nearest}` }];
    }),
  );
}

function schoolFolderFaults({ dropFolders, schools = [] }: Written): SettingFault[] {
  const known = Object.keys(dropFolders ?? {});
  return schools.flatMap(({ dropFolder }, index) => {
    if (dropFolder === undefined || known.includes(dropFolder)) return [];
    const sentence = `no folder of that name stands under dropFolders, did you mean ${closest(dropFolder, known)}?`;
    return [{ at: ["schools", index, "dropFolder"], sentence }];
  });
}

function escalationFaults({ deadlines }: Written): SettingFault[] {
  const { remindAfterSchoolDays: remind = 2, escalateAfterSchoolDays: escalate = 5 } =
    deadlines ?? {};
  if (remind <= escalate) return [];
  const at = ["deadlines", "escalateAfterSchoolDays"];
  return [{ at, sentence: `is before the reminder after ${remind} school days` }];
}

function mailFaults({ mail }: Written): SettingFault[] {
  if (!mail || parseMailServer(mail.server)) return [];
  const sentence = `${mail.server} names no server, as smtp://mail.district.example:587 does`;
  return [{ at: ["mail", "server"], sentence }];
}

function peopleFaults({ people = [] }: Written): SettingFault[] {
  return [...repeated(people, "people", "username"), ...repeated(people, "people", "osUser")];
}

function peoplesSchoolFaults({ people = [], schools = [] }: Written): SettingFault[] {
  const known = schools.map(({ name }) => name);
  return people.flatMap((person, personIndex) =>
    (person.schools ?? []).flatMap((name, index) => {
      if (known.includes(name)) return [];
      const nearest = known.length === 0 ? "" : `, did you mean ${closest(name, known)}?`;
      const sentence = `no school of that name stands under schools${nearest}`;
      return [{ at: ["people", personIndex, "schools", index], sentence }];
    }),
  );
}

function calendarFaults({ deadlines }: Written): SettingFault[] {
  return (deadlines?.noSchool ?? []).flatMap((days, index) => {
    const [first = "", last = first] = days.split("..");
    const at = ["deadlines", "noSchool", index];
    const absent = [first, last].find((day) => !isDay(day));
    if (absent !== undefined) return [{ at, sentence: `the calendar has no day ${absent}` }];
    return last < first ? [{ at, sentence: `${last} is before ${first}` }] : [];
  });
}

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

/** Two rows with one value, upper and lower case alike; the later row has the fault. */
function repeated<Row extends object>(
  rows: readonly Row[],
  section: Section,
  name: keyof Row & string,
): SettingFault[] {
  const seen = new Set<string>();
  return rows.flatMap((row, index) => {
    const value = row[name];
    if (typeof value !== "string") return [];
    const lower = value.toLowerCase();
    if (seen.has(lower)) {
      return [{ at: [section, index, name], sentence: `${value} stands under ${section} twice` }];
    }
    seen.add(lower);
    return [];
  });
}
