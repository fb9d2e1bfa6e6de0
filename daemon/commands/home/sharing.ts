/** What an administrator types to share folders with others: groups, rights, and a share for Windows. */
import type { Config, ReportFolder } from "../../config.ts";

/** A folder that others use, as packetboat hands it down: set-gid, for owner and group alone (PROTOCOL 9). */
const SHARED_MODE = "2770";
/** Stands where a group is to be named; who reads IT's reports need not see students. */
const PLACEHOLDER = "GROUP";
const PLACEHOLDER_OF_IT = "IT-GROUP";

/** Whose group uses what is not IT's. */
const SHARED_WITH: Readonly<Record<Config["role"], string>> = {
  district: "your registrars' group",
  entity: "the group of the state's student information system",
};

interface Shared {
  /** The setting that names it. */
  readonly setting: string;
  /** Of its share. */
  readonly name: string;
  readonly path: string;
  readonly group: string | undefined;
  readonly isReport: boolean;
}

/**
 * @param account that packetboat runs as, if it has a name
 * @returns lines to be shown after a home was made
 */
export function sharingLines(config: Config, account: string | undefined): string[] {
  const folders = foldersOf(config).map((folder) => ({
    ...folder,
    group: folder.group ?? (folder.setting === "reports.it" ? PLACEHOLDER_OF_IT : PLACEHOLDER),
  }));
  const groups = [...new Set(folders.map(({ group }) => group))];
  return [
    `To share its folders, as root, with ${SHARED_WITH[config.role]} in the place of ${PLACEHOLDER}, and IT's in that of ${PLACEHOLDER_OF_IT}:`,
    ...groups.map((group) => `  usermod --append --groups ${group} ${account ?? "packetboat"}`),
    ...folders.map((folder) => `  ${handingOver(folder).join(" && ")}`),
    `Then name the groups in the config: ${folders.map(({ setting }) => `${setting}.group`).join(", ")}.`,
    "",
    "For Windows, in /etc/samba/smb.conf:",
    ...folders
      .filter(({ setting }) => setting !== "reports.it")
      .flatMap((folder) => ["", ...shareLines(folder).map((line) => `  ${line}`)]),
  ];
}

/** Commands that give a folder, and what is below it, to its group. */
export function handingOver({
  path,
  group = PLACEHOLDER,
}: Pick<Shared, "path" | "group">): string[] {
  const each = quoted(path);
  return [`chgrp -R ${group} ${each}`, `find ${each} -type d -exec chmod ${SHARED_MODE} {} +`];
}

/** Commands that make a drop folder or a report folder that is not there, for the account that uses it. */
export function making(
  folder: Pick<Shared, "path" | "group"> & { readonly below: readonly string[] },
  account: string,
): string[] {
  const { path, group, below } = folder;
  const all = [path, ...below].map(quoted).join(" ");
  const sharing = group === undefined ? [`chmod ${SHARED_MODE} ${all}`] : handingOver(folder);
  return [`mkdir -p ${all}`, `chown -R ${account} ${quoted(path)}`, ...sharing];
}

/**
 * A section of smb.conf. There is no `force user` in it: the owner of a file is what proves who dropped
 * it. Clients may keep nothing to themselves while a file is open, for packetboat looks at the disk.
 */
export function shareLines({
  name,
  path,
  group = PLACEHOLDER,
  isReport,
}: Omit<Shared, "setting">): string[] {
  return [
    `[packetboat-${name}]`,
    `path = ${path}`,
    `valid users = @${group}`,
    `force group = ${group}`,
    ...(isReport
      ? ["read only = yes"]
      : [
          "read only = no",
          // Instead of masks, which it overrules: what is made is as open as the folder it is made in.
          "inherit permissions = yes",
          "map archive = no",
          "oplocks = no",
          "level2 oplocks = no",
          "veto files = /Thumbs.db/desktop.ini/.DS_Store/._*/",
          "delete veto files = yes",
        ]),
  ];
}

function foldersOf({ dropFolders, reports, registry }: Config): Shared[] {
  return [
    ...(registry?.dropFolder === undefined
      ? []
      : [
          {
            setting: "registry",
            name: "registry",
            path: registry.dropFolder,
            group: registry.group,
            isReport: false,
          },
        ]),
    ...Object.entries(dropFolders).map(([name, { path, group }]) => ({
      setting: `dropFolders.${name}`,
      name: name.toLowerCase(),
      path,
      group,
      isReport: false,
    })),
    ...Object.entries<ReportFolder>({ ...reports }).map(([name, { path, group }]) => ({
      setting: `reports.${name}`,
      name: `reports-${name}`,
      path,
      group,
      isReport: true,
    })),
  ];
}

/** For a shell. */
const quoted = (path: string): string =>
  /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
