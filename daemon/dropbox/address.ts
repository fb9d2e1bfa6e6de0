/** The address of a drop box, as it stands in the config and on a card. */
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";

export type BoxAddress = FolderAddress | SftpAddress;

export interface FolderAddress {
  readonly kind: "folder";
  /** absolute path of the box */
  readonly folder: string;
}

export interface SftpAddress {
  readonly kind: "sftp";
  readonly user: string;
  readonly host: string;
  readonly port: number;
  /** absolute path of the box on the server */
  readonly folder: string;
}

/**
 * Read `sftp://user@host:port/boxes/0634320` (port 22 if none) or `file:///srv/boxes/0634320`.
 *
 * @throws PacketboatError CONFIG_INVALID, with what is wrong about it
 */
export function parseBoxAddress(text: string): BoxAddress {
  const url = URL.parse(text);
  if (url === null) throw invalid(text, "it must look like sftp://user@host/path or file:///path");
  if (url.password !== "") {
    // Not shown again: it has been a secret.
    throw invalid(`${url.protocol}//…`, "it has a password; packetboat logs in by its key");
  }
  if (url.search !== "" || url.hash !== "") throw invalid(text, "it must end with the path");
  if (url.protocol === "file:") return { kind: "folder", folder: localFolder(url, text) };
  if (url.protocol !== "sftp:") throw invalid(text, "it must begin with sftp:// or file://");
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (!/^[0-9A-Za-z.:_-]+$/.test(host)) throw invalid(text, "it names no server");
  const user = decoded(url.username, text);
  if (user === "") throw invalid(text, "it names no user: sftp://user@host/path");
  const port = url.port === "" ? 22 : Number(url.port);
  return { kind: "sftp", user, host, port, folder: folderIn(decoded(url.pathname, text), text) };
}

/** An agency's box beside ours; TEST traffic has a box of its own inside it (PROTOCOL 5). */
export const siblingBox = (folder: string, agencyId: AgencyId, test: boolean): string =>
  posix.join(posix.dirname(folder), agencyId, test ? "test" : "");

/** Where a server is, for people. */
export const placeOf = ({ user, host, port }: SftpAddress): string =>
  `sftp://${user}@${host.includes(":") ? `[${host}]` : host}${port === 22 ? "" : `:${port}`}`;

function localFolder(url: URL, text: string): string {
  if (url.hostname !== "") throw invalid(text, "a local path has three slashes: file:///path");
  try {
    return folderIn(fileURLToPath(url), text);
  } catch (error) {
    if (error instanceof PacketboatError) throw error;
    throw invalid(text, "its path cannot be read", error);
  }
}

function folderIn(path: string, text: string): string {
  const folder = path.replace(/\/+$/, "");
  if (!folder.startsWith("/")) throw invalid(text, "it names no folder");
  if (/[\0\n\r]|\/\/|(^|\/)\.\.?(\/|$)/.test(folder)) throw invalid(text, "its path is not plain");
  return folder;
}

function decoded(part: string, text: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    throw invalid(text, "a % in it is not followed by two hexadecimal digits", error);
  }
}

function invalid(text: string, why: string, cause?: unknown): PacketboatError {
  const sentence = `${JSON.stringify(text)} is not the address of a drop box: ${why}`;
  return new PacketboatError("CONFIG_INVALID", sentence, { cause });
}
