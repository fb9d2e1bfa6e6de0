/** A place on another file system than the temporary folder's: whatever is carried between them must be copied. */
import { accessSync, constants, statSync } from "node:fs";
import { tmpdir } from "node:os";

const liesApart = (folder: string): boolean => {
  try {
    accessSync(folder, constants.W_OK);
    return statSync(folder).dev !== statSync(tmpdir()).dev;
  } catch {
    return false;
  }
};

/** A folder there, or `null` if this machine has none: a temporary folder may be in memory itself. */
export const elsewhere: string | null =
  ["/dev/shm", "/tmp", "/var/tmp"].find((folder) => liesApart(folder)) ?? null;
