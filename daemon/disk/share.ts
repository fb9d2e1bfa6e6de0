/** Is a folder on a disk of this machine, or on a share of another one? */
import { statfs } from "node:fs/promises";

/** File systems by their magic numbers (statfs(2), linux/magic.h), on which others may write unseen. */
const SHARES = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "SMB"],
  [0xfe534d42, "SMB"],
  [0x65735546, "FUSE"],
  [0x01021997, "9P"],
  [0x00c36400, "Ceph"],
  [0x5346414f, "AFS"],
  [0x6b414653, "AFS"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
  [0x786f4256, "VirtualBox"],
]);

/** The kind of a share, and `null` for a disk of this machine or a folder that is not there. */
export async function shareAt(folder: string): Promise<string | null> {
  const found = await statfs(folder).catch(() => null);
  return found === null ? null : (SHARES.get(found.type) ?? null);
}
