/** Where directories lie on an entity's server: its own, and those of other states that it passes on (PROTOCOL 5). */
import { posix } from "node:path";
import type { AgencyId } from "../ids.ts";

/** As districts and peers see it, from the server's root. */
export const DIRECTORY_ROOT = "/directory";

/** @param folder that of all directories; TEST traffic has its own inside it */
export const directoryFolder = (folder: string, isTest: boolean): string =>
  posix.join(folder, isTest ? "test" : "");

/** In which the folders of all peers are. @param folder that of the entity's own directory */
export const allPeersFolder = (folder: string): string => posix.join(folder, "peers");

/** What a peer has published, unchanged. */
export const peersFolder = (folder: string, peer: AgencyId): string =>
  posix.join(allPeersFolder(folder), peer);
