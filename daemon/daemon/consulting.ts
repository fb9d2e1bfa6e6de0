/**
 * A district reads the directory of its entity, and those of other states that this one passes on, at the beginning
 * of each exchange that meets the server.
 */
import { posix } from "node:path";
import { raisePostAlert } from "../alerts/raise.ts";
import { DIRECTORY_SUBJECT } from "../alerts/entity-alerts.ts";
import { DIRECTORY_ROOT, directoryFolder, peersFolder } from "../directory/folders.ts";
import { fetchingFrom } from "../directory/key-files.ts";
import { type Looking, newDirectory } from "../directory/newest.ts";
import type { Belief } from "../directory/take.ts";
import type { LastingHarbor } from "../dropbox/lasting.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import { readPublicKey } from "../keys/key.ts";
import { boxHolderFor, joinedEntity, peersIntroduced } from "../ledger/agencies.ts";
import { resolveAlerts } from "../ledger/alerts.ts";
import { stopwatch, type Log } from "../log.ts";
import type { Step } from "../steps.ts";
import { takeDirectory } from "./directories.ts";
import type { Building } from "./parts.ts";

/** One directory, and whose word it is. */
interface Consulting extends Looking {
  readonly building: Building;
  readonly belief: Belief;
}

/**
 * Read each directory if it has changed, and take it if it is good; a refused one is told of, and the last
 * good one goes on serving. Keys that it names are fetched from beside it from now on.
 *
 * @throws PacketboatError BOX_… if the line or the server fails
 */
export async function consultDirectory(
  building: Building,
  harbor: LastingHarbor,
  log: Log<Step>,
): Promise<void> {
  const { ledger, now, address, config, desk } = building;
  // Beside the boxes.
  const root = posix.dirname(posix.dirname(address.folder));
  const folder = directoryFolder(posix.join(root, DIRECTORY_ROOT), config.mode === "test");
  const boxFor = (entityId: AgencyId | null) =>
    harbor.box(entityId === null ? folder : peersFolder(folder, entityId));
  building.partners.fetchFrom(async (id, key) => {
    const holder = await boxHolderFor(ledger, id);
    return await fetchingFrom(boxFor(holder === id ? null : holder))(key);
  });
  const entity = await joinedEntity(ledger);
  if (!entity) return;
  const looking = (entityId: AgencyId, box: Looking["box"]) => ({
    building,
    ledger,
    entityId,
    box,
    fetch: fetchingFrom(box),
    processCode: desk.processCode,
    at: now(),
  });
  const ours = looking(entity.agency_id, boxFor(null));
  const key = () => readPublicKey(entity.public_key);
  await consult({ ...ours, key, belief: "whole" }, log);
  for (const peer of await peersIntroduced(ledger)) {
    const theirs = looking(peer, boxFor(peer));
    await consultPeer({ ...theirs, belief: "districts" }, log);
  }
}

/** An entity that our own has introduced, and whose part in it goes on. */
async function consultPeer(consulting: Omit<Consulting, "key">, log: Log<Step>): Promise<void> {
  const { building, entityId } = consulting;
  const key = async () => {
    const partner = await building.partners.find(entityId);
    if (partner) return partner.key;
    throw new PacketboatError("PARTNER_UNKNOWN", `entity ${entityId} is not introduced any more`);
  };
  try {
    await consult({ ...consulting, key }, log);
  } catch (error) {
    // Our own directory says so, or is over itself; either is told of by itself.
    const isNoMatter =
      isRefusal(error, "AGENCY_NOT_PARTICIPATING") || isRefusal(error, "PARTNER_UNKNOWN");
    if (!isNoMatter) throw error;
  }
}

async function consult(consulting: Consulting, log: Log<Step>): Promise<void> {
  const { ledger, entityId, at, belief } = consulting;
  const subject = belief === "whole" ? DIRECTORY_SUBJECT : entityId;
  const tookMs = stopwatch();
  try {
    const taken = await takeIfNew(consulting);
    if (taken) log.info("Directory taken", { entity: entityId, ...taken, tookMs: tookMs() });
    await resolveAlerts(ledger, { code: "DIRECTORY_REFUSED", subject, by: "packetboat", at });
  } catch (error) {
    if (!isAboutDirectory(error, belief)) throw error;
    log.warn("Directory refused", { entity: entityId, code: error.code });
    await raisePostAlert(ledger, {
      code: "DIRECTORY_REFUSED",
      subject,
      agencyId: entityId,
      facts: { code: error.code, reason: error.message },
      at,
    });
  }
}

/** The key of another state's entity is had from a file as any other, and may be held. */
const isAboutDirectory = (error: unknown, belief: Belief): error is PacketboatError =>
  isRefusal(error) &&
  (error.code.startsWith("DIRECTORY_") ||
    (belief === "districts" && error.code.startsWith("KEY_")));

/** @returns counts of what was taken; `null` if nothing new is there */
async function takeIfNew(consulting: Consulting) {
  const found = await newDirectory(consulting);
  if (!found) return null;
  const { building, ledger, belief, fetch, at } = consulting;
  const us = building.config.agency.id;
  const { agencies, keys, held } = await takeDirectory(ledger, found, { us, belief, fetch, at });
  return {
    version: found.row.version,
    agencies: found.directory.Agency?.length ?? 0,
    changed: agencies.length,
    keys: keys.length,
    held: held.length,
  };
}
