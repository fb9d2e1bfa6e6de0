/** Files named on the command line. Their names may be students' names, and are not said again. */
import { realpath } from "node:fs/promises";
import { readRegular } from "../../desk/carry.ts";
import { errnoOf } from "../../disk.ts";
import { PacketboatError } from "../../errors.ts";

/**
 * @param path whole path
 * @param option by which it was named, for the refusal
 * @throws PacketboatError FILE_NOT_FOUND, FILE_UNREADABLE; DOCUMENT_INVALID if it is too big
 */
export async function readNamed(
  path: string,
  option: string,
  mostBytes: number,
): Promise<Uint8Array> {
  const read = await readRegular(await real(path, option), mostBytes);
  if (read) return read.bytes;
  throw new PacketboatError("FILE_UNREADABLE", `the file of ${option} is still being written`);
}

/** Whoever names a link means what it leads to. */
async function real(path: string, option: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === null) throw cause;
    const code = errno === "ENOENT" ? "FILE_NOT_FOUND" : "FILE_UNREADABLE";
    throw new PacketboatError(code, `the file of ${option} cannot be read (${errno})`, { cause });
  }
}
