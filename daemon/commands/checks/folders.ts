/** Folders, private and shared: there, ours, on the right disk, open to the right group (PROTOCOL 9). */
import { access, constants, stat, statfs } from "node:fs/promises";
import {
  assertSecret,
  type Config,
  dropFolderPaths,
  homePaths,
  privateFolders,
} from "../../config.ts";
import { errnoOf, exists } from "../../disk.ts";
import { groupNumber } from "../../people.ts";
import { type Finding, ok, refused, warning, wrong } from "./finding.ts";

/** Kinds of file system by their magic numbers (statfs(2)) on which locks and fsync cannot be trusted. */
const NETWORK = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "SMB"],
  [0xfe534d42, "SMB"],
]);

export async function checkHome(config: Config): Promise<Finding[]> {
  const paths = homePaths(config);
  try {
    for (const folder of privateFolders(paths)) {
      // Keys that are missing are told of by `checkKeys`.
      if (folder === paths.keys && !(await exists(folder))) continue;
      await assertSecret(config, folder);
    }
  } catch (error) {
    return refused("home", error);
  }
  const kind = NETWORK.get((await statfs(paths.state)).type);
  if (kind !== undefined) {
    const hint = "Put the home on a disk of this machine: a power cut may take back what is there.";
    return [wrong("home", `${paths.state} lies on a network share (${kind})`, hint)];
  }
  return [ok("home", `${paths.home}: what is private is private`)];
}

interface Shared {
  /** The setting. */
  readonly subject: string;
  readonly path: string;
  readonly group: string | undefined;
  /** Folders below it that must be there. */
  readonly below: readonly string[];
  /** Are files renamed from here into the home? */
  readonly isTakenFrom: boolean;
}

export async function checkSharedFolders(config: Config): Promise<Finding[]> {
  const drops = Object.entries(config.dropFolders).map(([name, { path, group }]) => ({
    subject: `dropFolders.${name}`,
    path,
    group,
    below: Object.values(dropFolderPaths({ path })),
    isTakenFrom: true,
  }));
  const reports = (["registrar", "it"] as const).map((name) => ({
    subject: `reports.${name}`,
    path: config.reports[name].path,
    group: config.reports[name].group,
    below: [],
    isTakenFrom: false,
  }));
  const findings = [...drops, ...reports].map((folder) => checkShared(folder, config));
  return (await Promise.all(findings)).flat();
}

async function checkShared(folder: Shared, config: Config): Promise<Finding[]> {
  const { subject, path, below } = folder;
  for (const each of [path, ...below]) {
    const errno = await access(each, constants.R_OK | constants.W_OK | constants.X_OK).then(
      () => null,
      errnoOf,
    );
    if (errno === "ENOENT") {
      return [wrong(subject, `${each} is not there`, "Make the folder, or correct its path.")];
    }
    if (errno !== null) {
      const hint = "Let packetboat's user read, write and enter it.";
      return [wrong(subject, `${each} cannot be used (${errno})`, hint)];
    }
  }
  const findings = await sharing(folder, config);
  return findings.length > 0 ? findings : [ok(subject, path)];
}

async function sharing(
  { subject, path, group, isTakenFrom }: Shared,
  config: Config,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const { mode, gid, dev } = await stat(path);
  // A state folder that is missing is told of by `checkHome`.
  const state = await stat(homePaths(config).state).catch(() => null);
  if (isTakenFrom && state && dev !== state.dev) {
    const hint = "Put both on one: a file is taken by a rename, which cannot cross.";
    findings.push(wrong(subject, `${path} is on another file system than the home`, hint));
  }
  if ((mode & 0o007) !== 0) {
    const sentence = `${path} has mode ${(mode & 0o7777).toString(8)}: anybody on this machine may look in`;
    findings.push(warning(subject, sentence, `Take it from the others: chmod o-rwx ${path}.`));
  }
  if (group === undefined) return findings;
  const number = await groupNumber(group);
  if (number === null) {
    const hint = "Make the group, or correct its name in the config.";
    findings.push(wrong(subject, `there is no group ${group}`, hint));
  } else if (number !== gid || (mode & 0o2000) === 0) {
    const sentence = `${path} is not handed down to the group ${group}`;
    findings.push(
      warning(subject, sentence, `Hand it over: chgrp ${group} ${path}, then chmod 2770 ${path}.`),
    );
  }
  return findings;
}
