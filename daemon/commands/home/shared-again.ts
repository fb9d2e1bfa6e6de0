/** Folders that people share with packetboat, after a home was lost and put back. */
import { dirname, join, sep } from "node:path";
import { chmod } from "node:fs/promises";
import { type Config, dropFolderPaths } from "../../config.ts";
import { markFolder } from "../../desk/mounted.ts";
import { diskRefusal, exists, makeSharedFolder } from "../../disk.ts";

/** The way to shared folders: passed through by their members, looked into by nobody. */
const PASSED_THROUGH = 0o711;

/**
 * Make those that lie below the home and are not there. Others may be on a mount that is still to come, and
 * an empty folder in its place would be taken for it.
 *
 * @returns those that were made, for their groups are to be given them again
 * @throws PacketboatError DISK_…
 */
export async function makeSharedAgain(config: Config): Promise<string[]> {
  const made: string[] = [];
  const isMissing = async (path: string): Promise<boolean> =>
    path.startsWith(join(config.home, sep)) && !(await exists(path));
  const files = Object.values(config.dropFolders).map(({ path }) => ({
    path,
    below: Object.values(dropFolderPaths({ path })),
  }));
  const registry = config.registry?.dropFolder;
  if (registry !== undefined) files.push({ path: registry, below: [] });
  for (const { path, below } of files) {
    if (!(await isMissing(path))) continue;
    for (const each of [path, ...below]) await makeSharedFolder(each);
    // The ledger remembers another.
    await markFolder(path);
    made.push(path);
  }
  const { registrar, it } = config.reports;
  for (const path of [registrar?.path, it.path]) {
    if (path === undefined || !(await isMissing(path))) continue;
    const above = dirname(path);
    const isNew = !(await exists(above));
    await makeSharedFolder(path);
    if (isNew) await chmod(above, PASSED_THROUGH).catch(failed(above));
    made.push(path);
  }
  return made;
}

const failed =
  (path: string) =>
  (error: unknown): never => {
    throw diskRefusal(error, path);
  };
