/** From the address of a drop box to the harbor where it stands. */
import { PacketboatError } from "../errors.ts";
import { type BoxAddress, placeOf } from "../config/address.ts";
import type { Harbor } from "./contract.ts";
import { openFolders } from "./folder.ts";
import { type SftpLogin, openSftp } from "./sftp.ts";

/**
 * Connect once, for one exchange; `await using` closes it.
 *
 * @param login how we log in and whom we expect; not needed for a local folder
 * @throws PacketboatError BOX_UNREACHABLE, BOX_TIMEOUT, BOX_HOST_KEY_CHANGED, BOX_LOGIN_REFUSED,
 *   SSH_KEY_INVALID, CONFIG_INVALID
 */
export async function connect(address: BoxAddress, login?: SftpLogin): Promise<Harbor> {
  if (address.kind === "folder") return openFolders();
  if (login !== undefined) return await openSftp(address, login);
  throw new PacketboatError("CONFIG_INVALID", `${placeOf(address)} needs a key and host keys`);
}
