/** Folders that people share: there, on the right disk, open to the right group, and usable (PROTOCOL 9). */
import { access, constants, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Config, dropFolderPaths, homePaths, type ReportFolder } from "../../config.ts";
import { lookForSameFolder } from "../../desk/mounted.ts";
import { errnoOf, exists } from "../../disk.ts";
import { isRefusal } from "../../errors.ts";
import { shareAt } from "../../disk/share.ts";
import { groupNumber, ownAccount } from "../../people.ts";
import { handingOver, making } from "../home/sharing.ts";
import { type Checking, type Finding, ok, refused, warning, wrong } from "./finding.ts";

/** Readers of drop folders pass over it; what a crash left of it is replaced by the next one. */
const PROBE = ".packetboat-check.tmp";
const PROBE_MODE = 0o660;
/** Set-gid, and the group reads, writes and enters. */
const HANDED_DOWN = 0o2070;

interface Shared {
  /** The setting. */
  readonly subject: string;
  readonly path: string;
  readonly group: string | undefined;
  /** Folders below it that must be there. */
  readonly below: readonly string[];
  /** Files are renamed from here into the home; `null` if they are not. */
  readonly outbox: string | null;
}

export async function checkSharedFolders(checking: Checking): Promise<Finding[]> {
  const { config } = checking;
  const drops = Object.entries(config.dropFolders).map(([name, { path, group }]) => ({
    subject: `dropFolders.${name}`,
    path,
    group,
    below: Object.values(dropFolderPaths({ path })),
    outbox: dropFolderPaths({ path }).outbox,
  }));
  const reports = Object.entries<ReportFolder>({ ...config.reports }).map(
    ([name, { path, group }]) => ({
      subject: `reports.${name}`,
      path,
      group,
      below: [],
      outbox: null,
    }),
  );
  const { dropFolder: path, group } = config.registry ?? {};
  const registry =
    path === undefined
      ? []
      : [{ subject: "registry.dropFolder", path, group, below: [], outbox: null }];
  const findings: Finding[] = [];
  // One after the other: two of them may be the same folder, and the probe has one name.
  for (const folder of [...drops, ...registry, ...reports]) {
    findings.push(...(await checkShared(folder, checking)));
  }
  return findings;
}

async function checkShared(whole: Shared, { config, ledger }: Checking): Promise<Finding[]> {
  const folder = await withoutUnmade(whole);
  const { subject, path, outbox } = folder;
  try {
    const isKnown = outbox !== null && ledger !== null && !isRefusal(ledger);
    if (isKnown) await lookForSameFolder(ledger, path);
  } catch (error) {
    // A folder that is missing is told of below, with its path.
    if (!isRefusal(error, "FOLDER_MISSING")) return refused(subject, error);
  }
  for (const each of [path, ...folder.below]) {
    const fault = (await absent(folder, each)) ?? (await unwritable(subject, each));
    if (fault) return [fault];
  }
  const findings = [
    ...(await taking(folder, config)),
    ...(await openness(folder)),
    ...(await sharing(folder)),
  ];
  return findings.length > 0 ? findings : [ok(subject, `${path}${await howSeen(folder)}`)];
}

/** Homes of older releases lack these, which are made when they are needed. */
async function withoutUnmade(folder: Shared): Promise<Shared> {
  const { path, outbox } = folder;
  const { done, letters } = dropFolderPaths({ path });
  if (outbox === null || !(await exists(outbox))) return folder;
  let { below } = folder;
  for (const later of [done, letters]) {
    if (!(await exists(later))) below = below.filter((each) => each !== later);
  }
  return { ...folder, below };
}

/** How it is found that something came. */
async function howSeen({ outbox }: Shared): Promise<string> {
  if (outbox === null) return "";
  const share = await shareAt(outbox);
  return share === null ? ", watched" : `, on a share (${share}): looked at each minute`;
}

async function absent(
  { subject, path: whole, below, group }: Shared,
  path: string,
): Promise<Finding | null> {
  const errno = await access(path, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => null,
    errnoOf,
  );
  if (errno === null) return null;
  if (errno === "ENOENT") {
    const account = ownAccount() ?? "packetboat";
    const commands = making({ path: whole, group, below }, account).join(" && ");
    const hint = `Mount it, correct its path in the config, or make it, as root (${commands}).`;
    return wrong(subject, `${path} is not there`, hint);
  }
  const hint = "Let packetboat's user read, write and enter it.";
  return wrong(subject, `${path} cannot be used (${errno})`, hint);
}

/** Rights are one thing; a full disk, a quota or a share that was cut off is another. */
async function unwritable(subject: string, path: string): Promise<Finding | null> {
  try {
    await writeProbe(join(path, PROBE));
    return null;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    const isFull = errno === "ENOSPC" || errno === "EDQUOT";
    const hint = isFull ? "Make room there." : "Look at the disk or the mount, and at its rights.";
    const sentence = `no file can be written in ${path} (${errno})`;
    return wrong(subject, sentence, hint, isFull ? "DISK_FULL" : null);
  } finally {
    await rm(join(path, PROBE), { force: true }).catch(() => undefined);
  }
}

async function writeProbe(path: string): Promise<void> {
  await rm(path, { force: true });
  await using file = await open(path, "wx", PROBE_MODE);
  await file.writeFile("packetboat check\n");
  await file.sync();
}

/** A file is taken by a rename into the home, as here; where that cannot be, it is copied. */
async function taking({ subject, outbox }: Shared, config: Config): Promise<Finding[]> {
  if (outbox === null) return [];
  const [from, to] = [join(outbox, PROBE), join(homePaths(config).intake, PROBE)];
  try {
    await writeProbe(from);
    await rename(from, to);
    return [];
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    // An intake that is missing is told of by `checkHome`.
    if (errno === "ENOENT") return [];
    if (errno !== "EXDEV") {
      const hint = "Let packetboat's user rename what others put there.";
      return [wrong(subject, `nothing can be taken from ${outbox} (${errno})`, hint)];
    }
    const sentence = `${outbox} is on another file system than the home: files are copied, not renamed`;
    const hint = "It works, and is slower; put both on one disk if you can.";
    return [warning(subject, sentence, hint)];
  } finally {
    for (const path of [from, to]) await rm(path, { force: true }).catch(() => undefined);
  }
}

async function openness({ subject, path }: Shared): Promise<Finding[]> {
  const { mode } = await stat(path);
  if ((mode & 0o007) === 0) return [];
  const sentence = `${path} has mode ${(mode & 0o7777).toString(8)}: anybody on this machine may look in`;
  return [warning(subject, sentence, `Take it from the others: chmod o-rwx ${path}.`)];
}

/** What is made in a folder belongs to those who share it, and they may use it. */
async function sharing({ subject, path, group, below }: Shared): Promise<Finding[]> {
  if (group === undefined) return [];
  const number = await groupNumber(group);
  if (number === null) {
    const hint = "Make the group, or correct its name in the config.";
    return [wrong(subject, `there is no group ${group}`, hint)];
  }
  const member = membership(subject, { name: group, number });
  if (member) return [member];
  const folders = [path, ...below];
  const stats = await Promise.all(folders.map((folder) => stat(folder)));
  const amiss = folders.filter((_, index) => {
    const { gid = -1, mode = 0 } = stats[index] ?? {};
    return gid !== number || (mode & HANDED_DOWN) !== HANDED_DOWN;
  });
  if (amiss.length === 0) return [];
  const [first = path, ...more] = amiss;
  const others = more.length === 0 ? "" : `, nor ${more.length} more below`;
  const sentence = `${first} is not handed down to the group ${group}${others}`;
  const hint = `Hand it over, as root (${handingOver({ path, group }).join(" && ")}).`;
  return [warning(subject, sentence, hint)];
}

/** Whoever is not in a group cannot hand a folder down to it. */
export function membership(
  subject: string,
  group: { readonly name: string; readonly number: number },
  us = { user: process.getuid?.(), groups: [process.getgid?.(), ...(process.getgroups?.() ?? [])] },
): Finding | null {
  if (us.user === 0 || us.groups.includes(group.number)) return null;
  const account = ownAccount() ?? "packetboat";
  const sentence = `packetboat's user is not in the group ${group.name}: what it makes there may be closed to others`;
  const hint = `Add it, as root (usermod --append --groups ${group.name} ${account}), and start packetboat again.`;
  return warning(subject, sentence, hint);
}
