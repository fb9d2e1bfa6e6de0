/** The server that an entity's card names, and what a district's config says about it. */
import { chown, readFile, realpath, stat } from "node:fs/promises";
import { basename } from "node:path";
import { type Config, editConfig, parseConfig } from "../../config.ts";
import type { Card } from "../../directory/card.ts";
import { writeDurably } from "../../disk.ts";
import { isHostKeyFingerprint } from "../../dropbox/sshkeys.ts";
import type { AgencyId } from "../../ids.ts";
import { likelyBox } from "./template.ts";

/** `server:` as a district of that entity has it. */
export interface OfferedServer {
  readonly address: string;
  readonly hostKeys: readonly string[];
}

/**
 * `filled`: written where the template's comment was; `same`: it stood there; `differs`: another stands
 * there; `unwritten`: a person must write it.
 */
export type Settled = "filled" | "same" | "differs" | "unwritten";

/** @returns `null` if the card names no server that a district could log in to */
export function offeredServer({ Server: server }: Card, id: AgencyId): OfferedServer | null {
  const url = URL.parse(server?.Address ?? "");
  const hostKeys = (server?.HostKey ?? []).filter(isHostKeyFingerprint);
  if (url?.protocol !== "sftp:" || !/^[0-9A-Za-z.-]+$/.test(url.hostname)) return null;
  if (hostKeys.length === 0) return null;
  const port = url.port === "" ? "22" : url.port;
  return { address: `sftp://lea${id}@${url.hostname}:${port}/boxes/${id}`, hostKeys };
}

/** The lines of the config that say so. */
export const serverLines = ({ address, hostKeys }: OfferedServer): string[] => [
  "server:",
  `  address: ${JSON.stringify(address)}`,
  `  hostKeys: [${hostKeys.map((key) => JSON.stringify(key)).join(", ")}]`,
];

/**
 * Write the server into the config, if nobody has settled it: then it waits there in the comment that
 * `init` left. What a person wrote is never changed.
 */
export async function settleServer(
  config: Config,
  path: string,
  offered: OfferedServer,
): Promise<Settled> {
  if (config.server) return isSame(config.server, offered) ? "same" : "differs";
  // A link stays one.
  const file = await realpath(path);
  const text = filledIn(await readFile(file, "utf8"), config.agency.id, offered);
  if (text === null) return "unwritten";
  const { uid, gid, mode } = await stat(file);
  if (uid !== process.getuid?.()) return "unwritten";
  parseConfig(text, basename(path));
  await writeDurably(file, text, { mode: mode & 0o777 });
  await chown(file, uid, gid);
  return "filled";
}

function isSame(
  { address, hostKeys = [] }: OfferedServer | NonNullable<Config["server"]>,
  offered: OfferedServer,
): boolean {
  return (
    address === offered.address &&
    hostKeys.length === offered.hostKeys.length &&
    hostKeys.every((key) => offered.hostKeys.includes(key))
  );
}

/** The comment, from `# server:` to the last line that is indented below it. */
const COMMENT = /^# server:\n(?:# {3}.*\n)+/m;

/** @returns `null` if the comment is not there as `init` wrote it */
function filledIn(text: string, id: AgencyId, { address, hostKeys }: OfferedServer): string | null {
  const [comment] = COMMENT.exec(text) ?? [];
  const [, proposed] = /^# {3}address: "(.*)"$/m.exec(comment ?? "") ?? [];
  if (comment === undefined || !/^# {3}hostKeys: \[.*\]$/m.test(comment)) return null;
  if (proposed !== likelyBox(id) && proposed !== address) return null;
  return editConfig(text.replace(comment, comment.replaceAll(/^# /gm, "")), [
    { at: ["server", "address"], value: address },
    { at: ["server", "hostKeys"], value: hostKeys },
  ]);
}
