/** The private part of a home: nobody else's, on a disk of this machine, with room, and a log that is written. */
import { access, constants, stat, statfs } from "node:fs/promises";
import { assertSecret, type Config, homePaths, privateFolders } from "../../config.ts";
import { assertPrivate, errnoOf } from "../../disk.ts";
import { shareAt } from "../../disk/share.ts";
import { type Checking, type Finding, ok, refused, warning, wrong } from "./finding.ts";

export async function checkHome({ config }: Checking): Promise<Finding[]> {
  const paths = homePaths(config);
  try {
    for (const folder of privateFolders(paths)) {
      // Keys that are missing are told of by `checkKeys`.
      if (folder === paths.keys && (await reach(folder)) === "ENOENT") continue;
      await assertSecret(config, folder);
    }
    for (const file of [paths.ledger, paths.log]) {
      if ((await reach(file)) !== "ENOENT") await assertPrivate(file);
    }
  } catch (error) {
    return refused("home", error);
  }
  const kind = await shareAt(paths.state);
  // Behind FUSE there may be a disk of this machine.
  if (kind !== null && kind !== "FUSE") {
    const hint = "Put the home on a disk of this machine: a power cut may take back what is there.";
    return [wrong("home", `${paths.state} lies on a network share (${kind})`, hint)];
  }
  return [ok("home", `${paths.home}: what is private is private`), await checkLog(config)];
}

/** A log that takes no lines stops nobody's work, so nothing else would tell. */
async function checkLog(config: Config): Promise<Finding> {
  const { log, state } = homePaths(config);
  const errno = await reach(log, constants.W_OK);
  const fault = errno === "ENOENT" ? await reach(state, constants.W_OK) : errno;
  if (fault === null) return ok("log", log);
  return warning(
    "log",
    `${log} cannot be written (${fault})`,
    `Give it to packetboat's user, or move it away: a new one is begun. See ls -l ${state}.`,
  );
}

const reach = (path: string, how: number = constants.F_OK): Promise<string | null> =>
  access(path, how).then(() => null, errnoOf);

const GIGABYTE = 1e9;

/** Bytes and blocks as statfs(2) tells them. */
export interface Room {
  readonly bavail: number;
  readonly bsize: number;
  readonly blocks: number;
}

/** Less than 1 GB is little anywhere; less than 5 % is, unless 20 GB are left. Some shares tell nothing. */
export function isShort({ bavail, bsize, blocks }: Room): boolean {
  if (blocks === 0) return false;
  const free = bavail * bsize;
  return free < GIGABYTE || (free < 20 * GIGABYTE && bavail < blocks * 0.05);
}

/** Each disk once, however many of the folders lie on it. */
export async function checkRoom({ config }: Checking): Promise<Finding[]> {
  const { dropFolders, reports, home } = config;
  const { registrar, it } = reports;
  const shared = [...Object.values(dropFolders), ...(registrar ? [registrar] : []), it];
  const findings = new Map<number, Finding>();
  for (const path of [home, ...shared.map((folder) => folder.path)]) {
    // A folder that is missing is told of elsewhere.
    const disk = await stat(path).catch(() => null);
    if (disk && !findings.has(disk.dev)) findings.set(disk.dev, roomAt(path, await statfs(path)));
  }
  return [...findings.values()];
}

function roomAt(path: string, room: Room): Finding {
  if (room.blocks === 0)
    return ok("disk", `${path} is on a share that does not tell its free space`);
  const bytes = room.bavail * room.bsize;
  const free =
    bytes < GIGABYTE ? `${Math.floor(bytes / 1e6)} MB` : `${(bytes / GIGABYTE).toFixed(1)} GB`;
  if (!isShort(room)) return ok("disk", `${free} free at ${path}`);
  const hint = "Make room: when the disk is full, nothing is collected any more.";
  return warning("disk", `only ${free} free at ${path}`, hint);
}
