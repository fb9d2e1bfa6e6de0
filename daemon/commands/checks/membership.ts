/** A district and its entity: whether it has joined, and what the entity's directory says of it. */
import { parseBoxAddress } from "../../config.ts";
import { isOnlyNamed, takesPart } from "../../directory/address.ts";
import { keptDirectory, type DirectoryAgency } from "../../directory/directory.ts";
import { isRefusal } from "../../errors.ts";
import { joinedEntity, listAgencies } from "../../ledger/agencies.ts";
import type { Ledger } from "../../ledger/connect.ts";
import { lastDirectory } from "../../ledger/directories.ts";
import type { CardRow, DirectoryRow } from "../../ledger/tables.ts";
import { readHomeKeys } from "../home/keys.ts";
import { type Checking, type Finding, ok, warning } from "./finding.ts";
import { checkTimes } from "./published.ts";

export async function checkMembership({ config, ledger, now }: Checking): Promise<Finding[]> {
  if (config.role === "entity" || isRefusal(ledger)) return [];
  const entity = ledger && (await joinedEntity(ledger));
  if (!ledger || !entity) return [ok("entity", NOT_JOINED)];
  const joined = ok("entity", `${entity.name} (${entity.agency_id}), joined`);
  const directory = await lastDirectory(ledger, entity.agency_id);
  if (!directory) return [joined, warning("directory", "none has been read yet", NOT_READ)];
  const hint = `Call ${entity.name}: it has published no new one, or that one is refused (\`packetboat alerts list\`).`;
  const times = checkTimes(directory, config, { at: now(), hint });
  const entry = await checkEntry(config, directory, entity);
  return [
    joined,
    ...times,
    entry,
    ...(await checkHostKeys(config, directory, entity)),
    await checkReach(ledger),
  ];
}

const NOT_JOINED = "none; packetboat join CARD joins that of your state";
const NOT_READ =
  "It is read in each exchange (`packetboat exchange`), once the entity has published one.";

/** Others seal for the key that is listed, and believe no other. */
async function checkEntry(
  config: Checking["config"],
  directory: DirectoryRow,
  { name }: CardRow,
): Promise<Finding> {
  const subject = "directory entry";
  const { Agency: agencies = [] } = await keptDirectory(directory);
  const entry = agencies.find(({ AgencyId: id }) => id === config.agency.id);
  const mail = `Mail your card to ${name} (\`packetboat keys card\` writes it anew), and call.`;
  if (!entry) return warning(subject, `the directory does not list ${config.agency.id}`, mail);
  const { AgencyStatus: status } = entry;
  if (!takesPart(status, config.mode === "test")) {
    return warning(
      subject,
      `we are listed as ${status}: nobody sends us anything`,
      `Call ${name}.`,
    );
  }
  const ours = await ourFingerprint(config);
  const listed = currentKey(entry);
  if (ours !== null && listed !== ours) {
    const key = listed === null ? "no key of ours" : `another key than ours, ${listed}`;
    return warning(subject, `the directory lists ${key}`, mail);
  }
  return ok(subject, `we are listed as ${status}, with our key`);
}

/** A server that shows a key that is not pinned is not connected to: the directory tells it beforehand. */
async function checkHostKeys(
  { server }: Checking["config"],
  directory: DirectoryRow,
  { name }: CardRow,
): Promise<Finding[]> {
  const address = server && parseBoxAddress(server.address);
  const { Server: listed } = await keptDirectory(directory);
  // Whoever reaches the server by another name compares by himself.
  if (address?.kind !== "sftp" || URL.parse(listed?.Address ?? "")?.hostname !== address.host) {
    return [];
  }
  const pinned = server?.hostKeys ?? [];
  return (listed?.HostKey ?? [])
    .filter((key) => !pinned.includes(key))
    .map((key) =>
      warning(
        "server.hostKeys",
        `the directory of ${name} lists another host key of the server: ${key}`,
        "The entity signed it: add it to server.hostKeys, and take a former one out when the directory lists it no more.",
      ),
    );
}

const currentKey = ({ Key: keys = [] }: DirectoryAgency): string | null =>
  keys.find(({ KeyStanding: standing }) => standing === "Current")?.Fingerprint ?? null;

/** A key that cannot be read is told of by `checkKeys`. */
async function ourFingerprint(config: Checking["config"]): Promise<string | null> {
  try {
    return (await readHomeKeys(config)).openpgp.publicKey.fingerprint;
  } catch (error) {
    if (isRefusal(error)) return null;
    throw error;
  }
}

async function checkReach(ledger: Ledger): Promise<Finding> {
  const districts = (await listAgencies(ledger)).filter(
    (each) => each.role === "district" && !isOnlyNamed(each),
  );
  const open = districts.filter(({ status }) => status === "Participating").length;
  return ok("districts", `${districts.length} known beside us, of which ${open} take part`);
}
