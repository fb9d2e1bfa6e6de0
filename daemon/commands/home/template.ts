/** The config of a new home: the example that is shipped, with the home's own values. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type ConfigEdit, editConfig, parseBoxAddress } from "../../config.ts";
import type { AgencyId } from "../../ids.ts";

/** What `init` is told. */
export interface NewHome {
  /** Whole path. */
  readonly folder: string;
  readonly role: "district" | "entity";
  readonly agencyId: AgencyId;
  readonly name: string;
  readonly city: string;
  readonly state: string;
  readonly zip: string;
  readonly timeZone: string;
  readonly stateNumber?: string | undefined;
  readonly phone?: string | undefined;
  /** Address of the own drop box. */
  readonly dropBox?: string | undefined;
  /** `SHA256:…` of the server; without it an sftp server waits in a comment. */
  readonly hostKeys?: readonly string[] | undefined;
}

/** Does the config have all it needs of the server? */
export const hasServer = ({ dropBox, hostKeys = [] }: NewHome): boolean =>
  dropBox !== undefined && (parseBoxAddress(dropBox).kind === "folder" || hostKeys.length > 0);

/**
 * The text of `packetboat.yaml`, commented, in mode test.
 *
 * @throws PacketboatError CONFIG_INVALID for an address that is none
 */
export function configFor(home: NewHome): string {
  const valued = editConfig(exampleText(), valuesOf(home));
  const schema = pathToFileURL(shipped("schemas/config.schema.json"));
  return editConfig(valued, absentOf(home))
    .replace(/^# packetboat\.yaml: .*$/m, "# packetboat.yaml: what an administrator settles.")
    .replace(/\$schema=\S+/, `$schema=${schema.href}`);
}

function valuesOf(home: NewHome): ConfigEdit[] {
  const { folder, dropBox, hostKeys = [], stateNumber, phone } = home;
  return [
    { at: ["role"], value: home.role },
    { at: ["mode"], value: "test" },
    { at: ["agency", "id"], value: home.agencyId },
    ...(stateNumber === undefined ? [] : [{ at: ["agency", "stateNumber"], value: stateNumber }]),
    { at: ["agency", "name"], value: home.name },
    { at: ["agency", "city"], value: home.city },
    { at: ["agency", "state"], value: home.state },
    { at: ["agency", "zip"], value: home.zip },
    ...(phone === undefined ? [] : [{ at: ["agency", "phone"], value: phone }]),
    { at: ["agency", "timeZone"], value: home.timeZone },
    { at: ["home"], value: folder },
    { at: ["server", "address"], value: dropBox ?? likelyBox(home.agencyId) },
    ...(hostKeys.length === 0 ? [] : [{ at: ["server", "hostKeys"], value: hostKeys }]),
    { at: ["dropFolders", "office", "path"], value: join(folder, "office") },
    { at: ["reports", "registrar", "path"], value: join(folder, "reports", "registrar") },
    { at: ["reports", "it", "path"], value: join(folder, "reports", "it") },
  ];
}

/** As PROTOCOL 5 names accounts and boxes; it stays in a comment. */
const likelyBox = (id: AgencyId): string => `sftp://lea${id}@sftp.state.example:22/boxes/${id}`;

/** What the example shows and a new home has not: it stays there as a comment, to be filled in. */
function absentOf(home: NewHome): ConfigEdit[] {
  const hasHostKeys = (home.hostKeys ?? []).length > 0;
  return [
    ...(home.stateNumber === undefined ? [{ at: ["agency", "stateNumber"] }] : []),
    ...(home.phone === undefined ? [{ at: ["agency", "phone"] }] : []),
    ...(hasServer(home)
      ? hasHostKeys
        ? []
        : [{ at: ["server", "hostKeys"] }]
      : [{ at: ["server"] }]),
    { at: ["dropFolders", "office", "group"] },
    { at: ["dropFolders", "sis"] },
    { at: ["dropFolders", "northHigh"] },
    { at: ["schools"] },
    { at: ["people"] },
    { at: ["releases", "flagsFile"] },
    { at: ["releases", "reasonsNotAllowed"] },
    { at: ["deadlines", "escalateTo"] },
    { at: ["deadlines", "noSchool"] },
    { at: ["mail"] },
    { at: ["reports", "registrar", "group"] },
    { at: ["reports", "it", "group"] },
  ];
}

const exampleText = (): string => readFileSync(shipped("config/packetboat.example.yaml"), "utf8");

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
