/** The address of a drop box, as the config and a card have it. */
import { posix } from "node:path";
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";

export type BoxAddress = FolderAddress | SftpAddress;

export interface FolderAddress {
  readonly kind: "folder";
  /** Absolute path of the box. */
  readonly folder: string;
}

export interface SftpAddress {
  readonly kind: "sftp";
  readonly user: string;
  readonly host: string;
  readonly port: number;
  /** Absolute path of the box on the server. */
  readonly folder: string;
}

const SSH_PORT = 22;

/**
 * Read `sftp://user@host:port/boxes/2700105` (port 22 if none) or `file:///srv/boxes/2700105`.
 *
 * @throws PacketboatError CONFIG_INVALID, with what is wrong about it
 */
export function parseBoxAddress(text: string): BoxAddress {
  const url = URL.parse(text);
  if (!url) throw invalid(text, "it must look like sftp://user@host/path or file:///path");
  // A password is not shown again: it has been a secret.
  if (url.password !== "") throw invalid(null, "it has a password; packetboat logs in by its key");
  if (url.search !== "" || url.hash !== "") throw invalid(text, "it must end with the path");
  const folder = plainPath(url, text);
  if (url.protocol === "file:") {
    if (url.hostname === "") return { kind: "folder", folder };
    throw invalid(text, "a local path has three slashes: file:///path");
  }
  if (url.protocol !== "sftp:") throw invalid(text, "it must begin with sftp:// or file://");
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (!/^[0-9A-Za-z.:_-]+$/.test(host)) throw invalid(text, "it names no server");
  const user = decoded(url.username, text);
  if (user === "") throw invalid(text, "it names no user: sftp://user@host/path");
  return { kind: "sftp", user, host, port: Number(url.port || SSH_PORT), folder };
}

/** An agency's box beside ours; TEST traffic has a box of its own inside it (PROTOCOL 5). */
export const siblingBox = (folder: string, agencyId: AgencyId, test: boolean): string =>
  posix.join(posix.dirname(folder), agencyId, test ? "test" : "");

/** Where a server is, for people. */
export const placeOf = ({ user, host, port }: SftpAddress): string =>
  `sftp://${user}@${host.includes(":") ? `[${host}]` : host}${port === SSH_PORT ? "" : `:${port}`}`;

/** A slash at the end does not matter; anything that could lead elsewhere does. */
function plainPath({ pathname }: URL, text: string): string {
  const folder = decoded(pathname, text).replace(/\/$/, "");
  if (folder === "") throw invalid(text, "it names no folder");
  const isPlain = !/\/\/|(^|\/)\.\.?(\/|$)/.test(folder) && !/%2f/i.test(pathname);
  if (!isPlain) throw invalid(text, "its path is not plain");
  return folder;
}

function decoded(part: string, text: string): string {
  let plain: string;
  try {
    plain = decodeURIComponent(part);
  } catch (cause) {
    throw invalid(text, "a % in it stands for no character", cause);
  }
  if (/\p{Cc}/u.test(plain)) throw invalid(text, "it has a control character");
  return plain;
}

function invalid(text: string | null, why: string, cause?: unknown): PacketboatError {
  const subject = text === null ? "this" : JSON.stringify(text);
  const sentence = `${subject} is not the address of a drop box: ${why}`;
  return new PacketboatError("CONFIG_INVALID", sentence, { cause });
}
