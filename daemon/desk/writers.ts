/**
 * Who is still writing a file. Linux tells about the processes we may look into: our own user's, or all
 * of them for root. It is a help, not the rule: over a network share nobody can tell.
 */
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { basename, join } from "node:path";

/** One file on this machine, whatever its names. */
export interface FileIdentity {
  readonly name: string;
  readonly device: bigint;
  readonly inode: bigint;
}

const keyOf = ({ device, inode }: Omit<FileIdentity, "name">): string => `${device}:${inode}`;

/** O_WRONLY and O_RDWR, the two lowest bits of the flags that a file was opened with. */
const MAY_WRITE = 0b11;

/**
 * @param files those in question; the fewer names, the cheaper the question
 * @param proc where the kernel shows its processes
 * @returns names of the files that a process holds open for writing, as far as can be seen
 */
export async function namesBeingWritten(
  files: readonly FileIdentity[],
  proc = "/proc",
): Promise<ReadonlySet<string>> {
  const names = new Set(files.map(({ name }) => name));
  const byIdentity = new Map(files.map((file) => [keyOf(file), file.name]));
  const written = new Set<string>();
  if (files.length === 0) return written;
  for (const process of await entries(proc)) {
    if (!/^[0-9]+$/.test(process)) continue;
    for (const descriptor of await entries(join(proc, process, "fd"))) {
      const name = await writtenThrough(join(proc, process), descriptor, names, byIdentity);
      if (name !== null) written.add(name);
    }
  }
  return written;
}

/** The name alone rules out nearly every open file, without touching it. */
async function writtenThrough(
  process: string,
  descriptor: string,
  names: ReadonlySet<string>,
  byIdentity: ReadonlyMap<string, string>,
): Promise<string | null> {
  const link = join(process, "fd", descriptor);
  try {
    if (!names.has(basename(await readlink(link)))) return null;
    const { dev: device, ino: inode } = await stat(link, { bigint: true });
    const name = byIdentity.get(keyOf({ device, inode }));
    if (name === undefined) return null;
    const information = await readFile(join(process, "fdinfo", descriptor), "latin1");
    const flags = /^flags:\s*([0-7]+)$/m.exec(information)?.[1];
    return (Number.parseInt(flags ?? "0", 8) & MAY_WRITE) === 0 ? null : name;
  } catch {
    // The process has ended or closed the file, or it is not ours to look into.
    return null;
  }
}

const entries = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
