/** The config of a new home: the example that is shipped, with the home's own values. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type ConfigEdit, editConfig, parseBoxAddress } from "../../config.ts";
import type { AgencyId } from "../../ids.ts";

interface NewAgency {
  /** Whole path. */
  readonly folder: string;
  readonly agencyId: AgencyId;
  readonly name: string;
  readonly city: string;
  readonly state: string;
  readonly zip: string;
  readonly timeZone: string;
  readonly stateNumber?: string | undefined;
  readonly phone?: string | undefined;
  /** `SHA256:…` of the server; without it the server waits in a comment. */
  readonly hostKeys?: readonly string[] | undefined;
}

export interface NewDistrict extends NewAgency {
  readonly role: "district";
  /** Address of the own drop box. */
  readonly dropBox?: string | undefined;
}

export interface NewEntity extends NewAgency {
  readonly role: "entity";
  /** How districts reach its server: `sftp://host:22`. */
  readonly publicAddress?: string | undefined;
  /** Folder on this machine with `boxes/` and `directory/`: what districts see as `/`. */
  readonly root?: string | undefined;
}

/** What `init` is told. */
export type NewHome = NewDistrict | NewEntity;

/** Where drop boxes stand on a server, unless somebody says otherwise (`config/openssh/`). */
const ROOT = "/srv/packetboat";

/** Does the config have all it needs of the server? */
export function hasServer(home: NewHome): boolean {
  const { hostKeys = [] } = home;
  if (home.role === "entity") return home.publicAddress !== undefined && hostKeys.length > 0;
  const { dropBox } = home;
  return (
    dropBox !== undefined && (parseBoxAddress(dropBox).kind === "folder" || hostKeys.length > 0)
  );
}

/**
 * The text of `packetboat.yaml`, commented, in mode test.
 *
 * @throws PacketboatError CONFIG_INVALID for an address that is none
 */
export function configFor(home: NewHome): string {
  const valued = editConfig(exampleText(home.role), [...commonOf(home), ...valuesOf(home)]);
  const schema = pathToFileURL(shipped("schemas/config.schema.json"));
  return editConfig(valued, absentOf(home))
    .replace(/^# packetboat\.yaml: .*$/m, "# packetboat.yaml: what an administrator settles.")
    .replace(/\$schema=\S+/, `$schema=${schema.href}`);
}

function commonOf(home: NewHome): ConfigEdit[] {
  const { folder, hostKeys = [], phone } = home;
  return [
    { at: ["mode"], value: "test" },
    { at: ["agency", "id"], value: home.agencyId },
    { at: ["agency", "name"], value: home.name },
    { at: ["agency", "city"], value: home.city },
    { at: ["agency", "state"], value: home.state },
    { at: ["agency", "zip"], value: home.zip },
    ...(phone === undefined ? [] : [{ at: ["agency", "phone"], value: phone }]),
    { at: ["agency", "timeZone"], value: home.timeZone },
    { at: ["home"], value: folder },
    ...(hostKeys.length === 0 ? [] : [{ at: ["server", "hostKeys"], value: hostKeys }]),
    { at: ["reports", "it", "path"], value: join(folder, "reports", "it") },
  ];
}

const valuesOf = (home: NewHome): ConfigEdit[] =>
  home.role === "entity" ? entitysValues(home) : districtsValues(home);

function districtsValues({ folder, agencyId, dropBox, stateNumber }: NewDistrict): ConfigEdit[] {
  return [
    ...(stateNumber === undefined ? [] : [{ at: ["agency", "stateNumber"], value: stateNumber }]),
    { at: ["server", "address"], value: dropBox ?? likelyBox(agencyId) },
    { at: ["dropFolders", "office", "path"], value: join(folder, "office") },
    { at: ["reports", "registrar", "path"], value: join(folder, "reports", "registrar") },
  ];
}

function entitysValues({ folder, publicAddress, root = ROOT }: NewEntity): ConfigEdit[] {
  return [
    ...(publicAddress === undefined
      ? []
      : [{ at: ["server", "publicAddress"], value: publicAddress }]),
    { at: ["server", "boxes"], value: join(root, "boxes") },
    { at: ["directory", "folder"], value: join(root, "directory") },
    { at: ["registry", "dropFolder"], value: join(folder, "registry") },
  ];
}

/** As PROTOCOL 5 names accounts and boxes; it stays in a comment. */
export const likelyBox = (id: AgencyId): string =>
  `sftp://lea${id}@sftp.state.example:22/boxes/${id}`;

/** What the example shows and a new home has not: it stays there as a comment, to be filled in. */
function absentOf(home: NewHome): ConfigEdit[] {
  const isServerKnown = hasServer(home);
  return [
    ...(home.phone === undefined ? [{ at: ["agency", "phone"] }] : []),
    ...(isServerKnown ? [] : [{ at: ["server"] }]),
    { at: ["people"] },
    { at: ["mail"] },
    { at: ["reports", "it", "group"] },
    ...(home.role === "entity" ? ABSENT_AT_ENTITY : absentAtDistrict(home, isServerKnown)),
  ];
}

const ABSENT_AT_ENTITY: readonly ConfigEdit[] = [
  { at: ["registry", "group"] },
  { at: ["registry", "columns"] },
  { at: ["registry", "dateFormat"] },
  { at: ["followUp", "noSchool"] },
];

const absentAtDistrict = (
  { stateNumber, hostKeys = [] }: NewDistrict,
  isServerKnown: boolean,
): readonly ConfigEdit[] => [
  ...(stateNumber === undefined ? [{ at: ["agency", "stateNumber"] }] : []),
  ...(isServerKnown && hostKeys.length === 0 ? [{ at: ["server", "hostKeys"] }] : []),
  { at: ["dropFolders", "office", "group"] },
  { at: ["dropFolders", "sis"] },
  { at: ["dropFolders", "northHigh"] },
  { at: ["schools"] },
  { at: ["releases", "flagsFile"] },
  { at: ["releases", "reasonsNotAllowed"] },
  { at: ["deadlines", "escalateTo"] },
  { at: ["deadlines", "noSchool"] },
  { at: ["reports", "registrar", "group"] },
];

const EXAMPLE: Readonly<Record<NewHome["role"], string>> = {
  district: "config/packetboat.example.yaml",
  entity: "config/packetboat-entity.example.yaml",
};

const exampleText = (role: NewHome["role"]): string => readFileSync(shipped(EXAMPLE[role]), "utf8");

/** A file of the package: above the sources as above the published code in `dist/`. */
export function shipped(path: string): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "config", "packetboat.example.yaml"))) {
    const above = dirname(folder);
    if (above === folder) throw new Error("the folder config/ is missing from this installation");
    folder = above;
  }
  return join(folder, path);
}
