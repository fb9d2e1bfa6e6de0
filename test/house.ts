/**
 * Who may import whom in `daemon/`, as a table: the floors of the house, and the door of each package.
 * The linter (`house-rule.ts`) and a test (`house.test.ts`) both read it.
 */
import { posix } from "node:path";

/**
 * Top to bottom. A name is a folder, or a file without its ending; `inbound/*` means that each file in
 * the folder stands alone. An import goes down, or stays inside its folder.
 */
export const FLOORS: readonly (readonly string[])[] = [
  ["main"],
  ["commands"],
  ["run"],
  ["daemon"],
  ["exchange"],
  ["inbound", "outbound"],
  ["inbound/*", "outbound/*"],
  ["entity", "desk"],
  ["reports", "notices"],
  ["alerts"],
  ["directory", "people"],
  ["csv"],
  ["dropbox", "ledger", "keys", "packet", "mail"],
  ["config"],
  ["schedule", "watch", "disk", "log", "side-by-side", "steps"],
  ["schema", "transfer"],
  ["ids", "poison"],
  ["errors"],
  // Types alone, made from the schemas: what travels is known on every floor.
  ["packet/model.gen"],
];

/** Only these know the order of the steps. */
const STEPS = /^(?:inbound|outbound)\//;
const STORY_FILES = ["daemon", "exchange", "inbound", "outbound"];

/** Each package, and the file or folder in which it is used. */
export const DOORS: Readonly<Record<string, readonly string[]>> = {
  "@nodable/entities": ["packet/xml.ts"],
  ajv: ["schema.ts"],
  "ajv-formats": ["schema.ts"],
  chokidar: ["watch.ts"],
  "cli-progress": ["commands/showing/progress.ts"],
  "cli-table3": ["commands/"],
  commander: ["commands/", "main.ts"],
  "csv-parse": ["csv/"],
  "csv-stringify": ["desk/csv/", "reports/"],
  eta: ["reports/"],
  "fast-xml-parser": ["packet/xml.ts"],
  kysely: ["ledger/connect.ts"],
  "node-cron": ["schedule.ts"],
  "node:sqlite": ["ledger/connect.ts"],
  nodemailer: ["mail.ts"],
  openpgp: ["keys/pgp.ts"],
  saxes: ["packet/xml.ts"],
  ssh2: ["dropbox/sftp.ts", "dropbox/server.ts"],
  "ssh2-sftp-client": ["dropbox/sftp.ts"],
  "temporal-polyfill": ["schedule.ts"],
  uuid: ["ids.ts"],
  winston: ["log.ts"],
  yaml: ["config.ts"],
};

/** Beside the door: types, and these values, in the door's own folder. */
const BESIDE_THE_DOOR: Readonly<Record<string, { folder: string; values: readonly string[] }>> = {
  kysely: { folder: "ledger/", values: ["sql"] },
  ssh2: { folder: "dropbox/", values: [] },
};

/** In the published package these are part of our own code: `test/rolldown.config.ts` says why. */
export const FOLDED: readonly string[] = ["kysely", "ssh2", "ssh2-sftp-client"];

/** Small and pure: they hold no state, touch nothing outside, and may be used on every floor. */
export const EVERYWHERE: readonly string[] = ["fastest-levenshtein", "p-limit"];

/** Outside `daemon/`, only data is imported. */
const DATA = /^\.\.\/(?:schemas\/[^/]+\.json|package\.json)$/;

export interface Import {
  /** As it is written: `../keys/pgp.ts`, `openpgp`, `node:fs`. */
  readonly specifier: string;
  /** The names imported at run time; `*` for all of them; none when only types are imported. */
  readonly values: readonly string[];
}

/**
 * @param file path below `daemon/`, with `/`
 * @returns what is wrong with the import, in one sentence, or `null`
 */
export function faultOf(file: string, { specifier, values }: Import): string | null {
  if (specifier.startsWith(".")) {
    return faultOfNeighbour(file, posix.normalize(posix.join(posix.dirname(file), specifier)));
  }
  return faultOfPackage(file, packageOf(specifier), values);
}

function faultOfNeighbour(file: string, target: string): string | null {
  if (target.startsWith("..")) {
    return DATA.test(target) ? null : `${target} is outside daemon/, and no schema`;
  }
  const from = placeOf(file);
  const to = placeOf(target);
  if (!from) return `${file} has no floor: add it to FLOORS in test/house.ts`;
  if (!to) return `${target} has no floor: add it to FLOORS in test/house.ts`;
  if (STEPS.test(to.name) && !STORY_FILES.includes(from.name)) {
    return `${to.name} is a step: only ${STORY_FILES.join(", ")} know the steps`;
  }
  if (from.name === to.name || from.floor < to.floor) return null;
  const direction = from.floor === to.floor ? "across" : "up";
  return `${from.name} may not import ${to.name}: an import goes down, never ${direction}`;
}

function faultOfPackage(file: string, name: string, values: readonly string[]): string | null {
  const doors = DOORS[name];
  if (!doors) {
    if (name.startsWith("node:") || EVERYWHERE.includes(name)) return null;
    return `${name} has no door: add it to DOORS in test/house.ts`;
  }
  if (doors.some((door) => file === door || (door.endsWith("/") && file.startsWith(door)))) {
    return null;
  }
  const beside = BESIDE_THE_DOOR[name];
  const isBeside = beside && file.startsWith(beside.folder);
  if (isBeside && values.every((value) => beside.values.includes(value))) return null;
  return `the door of ${name} is ${doors.join(" and ")}`;
}

/** The floor of a file, and the name by which it is known there. */
function placeOf(file: string): { floor: number; name: string } | null {
  const stem = file.replace(/\.ts$/, "");
  const [top = "", ...below] = stem.split("/");
  const isFile = below.length === 0;
  const names = [stem, isFile ? (top.split(".")[0] ?? top) : `${top}/*`, top];
  for (const name of names) {
    const floor = FLOORS.findIndex((floorNames) => floorNames.includes(name));
    if (floor >= 0) return { floor, name: name.endsWith("/*") ? stem : name };
  }
  return null;
}

/** The package of an import: `ajv` of `ajv/dist/2020.js`. */
export function packageOf(specifier: string): string {
  if (specifier.startsWith("node:")) return specifier;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
