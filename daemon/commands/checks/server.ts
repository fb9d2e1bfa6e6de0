/** Does the server answer, is it the one that is pinned, does it know us, and is our box there? */
import { readFile } from "node:fs/promises";
import { type Config, parseBoxAddress, type Server } from "../../config.ts";
import { siblingBox } from "../../config/address.ts";
import { connect } from "../../dropbox/connect.ts";
import type { DropBox, Harbor } from "../../dropbox/contract.ts";
import { parseAttachmentName, parseSealedName } from "../../packet/names.ts";
import { type Finding, ok, refused, warning } from "./finding.ts";

/** What the settings alone show is told of by `checkServerSettings`. */
export async function checkServer(config: Config): Promise<Finding[]> {
  const { server, agency, mode } = config;
  if (!server) return [];
  try {
    await using harbor = await harborOf(server);
    if (!harbor) return [];
    const { folder } = parseBoxAddress(server.address);
    return await checkBox(harbor.box(siblingBox(folder, agency.id, mode === "test")));
  } catch (error) {
    return refused("drop box", error);
  }
}

/** @returns `null` if our SSH key cannot be read */
async function harborOf({ address, identityFile, hostKeys = [] }: Server): Promise<Harbor | null> {
  const box = parseBoxAddress(address);
  if (box.kind === "folder") return connect(box);
  const privateKey = await readFile(identityFile).catch(() => null);
  return privateKey && connect(box, { privateKey, hostKeys });
}

const isSealed = (name: string): boolean => parseSealedName(name) !== null;
const isAttachment = (name: string): boolean => parseAttachmentName(name) !== null;

async function checkBox(box: DropBox): Promise<Finding[]> {
  let packets = 0;
  let strangers = 0;
  for await (const listing of box.list((name) => isSealed(name) || isAttachment(name))) {
    packets += listing.files.filter(({ name }) => isSealed(name)).length;
    strangers += listing.strangers;
  }
  const waiting = packets === 1 ? "1 packet waits" : `${packets} packets wait`;
  return [
    ok("drop box", `${box.place} can be read; ${waiting}`),
    ...(strangers === 0 ? [] : [strangersIn(box, strangers)]),
  ];
}

const strangersIn = ({ place }: DropBox, count: number): Finding =>
  warning(
    "drop box",
    `${place} holds ${count} that ${count === 1 ? "is no packet" : "are no packets"}`,
    "They do no harm, and are left alone; find out who leaves them there.",
  );
