/** What one role has to settle, and the other must not: the schema lists the settings of both. */
import type { SettingFault, SettingPath } from "./settings.ts";

type Role = "district" | "entity";

const OWED: Readonly<Record<Role, readonly SettingPath[]>> = {
  district: [["dropFolders"], ["reports", "registrar"]],
  entity: [["directory"], ["registry"]],
};

const FOREIGN: Readonly<Record<Role, readonly SettingPath[]>> = {
  district: [
    ["directory"],
    ["registry"],
    ["followUp"],
    ["server", "publicAddress"],
    ["server", "boxes"],
    ["keep", "forwardedRequestsDays"],
  ],
  entity: [
    ["dropFolders"],
    ["schools"],
    ["releases"],
    ["deadlines"],
    ["reports", "registrar"],
    ["server", "address"],
    ["mail", "newRequest"],
    ["keep", "sentDays"],
    ["keep", "recordsDays"],
  ],
};

/** Of a server, if there is one. */
const OWED_OF_SERVER: Readonly<Record<Role, readonly string[]>> = {
  district: ["address"],
  entity: ["publicAddress", "hostKeys", "boxes"],
};

const RIGHTS: Readonly<Record<Role, readonly string[]>> = {
  district: ["request", "release"],
  entity: ["approveDistricts", "approveKeyChanges"],
};

const OTHER: Readonly<Record<Role, Role>> = { district: "entity", entity: "district" };

/** @param written the file's own settings, before defaults are filled in; of any shape */
export function roleFaults(written: object): SettingFault[] {
  const role = valueAt(written, ["role"]);
  if (role !== "district" && role !== "entity") return [];
  const missing = OWED[role].filter(
    (at) => valueAt(written, at) === undefined && hasParent(written, at),
  );
  const foreign = FOREIGN[role].filter((at) => valueAt(written, at) !== undefined);
  return [
    ...missing.map((at) => ({ at, sentence: `is required of ${article(role)}` })),
    ...foreign.map((at) => ({ at, sentence: `is for the role ${OTHER[role]} only` })),
    ...serverFaults(role, written),
    ...rightFaults(role, written),
  ];
}

function serverFaults(role: Role, written: object): SettingFault[] {
  const server = valueAt(written, ["server"]);
  if (typeof server !== "object" || server === null) return [];
  return OWED_OF_SERVER[role]
    .filter((name) => !Object.hasOwn(server, name))
    .map((name) => ({ at: ["server"], sentence: `${name} is required of ${article(role)}` }));
}

function rightFaults(role: Role, written: object): SettingFault[] {
  const people = valueAt(written, ["people"]);
  if (!Array.isArray(people)) return [];
  return people.flatMap((_, index) => {
    const may = valueAt(written, ["people", index, "may"]);
    const rights: readonly unknown[] = Array.isArray(may) ? may : [];
    const wrong = RIGHTS[OTHER[role]].find((right) => rights.includes(right));
    if (wrong === undefined) return [];
    const sentence = `${wrong} is a right at ${article(OTHER[role])} only`;
    return [{ at: ["people", index, "may"], sentence }];
  });
}

const article = (role: Role): string => (role === "entity" ? "an entity" : "a district");

/** A missing section is told of once, not with all that would stand in it. */
const hasParent = (written: object, at: SettingPath): boolean =>
  at.length === 1 || valueAt(written, at.slice(0, -1)) !== undefined;

function valueAt(written: unknown, at: SettingPath): unknown {
  return at.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, step)
        ? (value as Record<string | number, unknown>)[step]
        : undefined,
    written,
  );
}
