/** A district reads the directory of its entity, at the beginning of each exchange that meets the server. */
import { posix } from "node:path";
import { tellOfHeldKeys } from "../alerts/directory-told.ts";
import { raisePostAlert } from "../alerts/raise.ts";
import {
  DIRECTORY_FILE,
  MOST_FILE_BYTES,
  readDirectory,
  type Directory,
  type ReadDirectory,
} from "../directory/directory.ts";
import { judgeDirectory } from "../directory/judge.ts";
import { fetchingFrom } from "../directory/key-files.ts";
import { changesBy, type Changes, introducedAnew, type KnownAgencies } from "../directory/take.ts";
import { linksTo, type Vouching } from "../directory/vouching.ts";
import type { DropBox } from "../dropbox/contract.ts";
import type { LastingHarbor } from "../dropbox/lasting.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import type { AgencyId, Fingerprint } from "../ids.ts";
import { readPublicKey } from "../keys/key.ts";
import { joinedEntity, listAgencies } from "../ledger/agencies.ts";
import { listKeys } from "../ledger/agency-keys.ts";
import { resolveAlerts } from "../ledger/alerts.ts";
import { addAudit } from "../ledger/audit.ts";
import type { Ledger, LedgerTransaction } from "../ledger/connect.ts";
import {
  lastDirectory,
  markDirectory,
  saveDirectory,
  UNREAD,
  writeChanges,
} from "../ledger/directories.ts";
import type { CardRow, DirectoryRow } from "../ledger/tables.ts";
import { stopwatch, type Log } from "../log.ts";
import type { Step } from "../steps.ts";
import type { Building } from "./parts.ts";

const SUBJECT = "directory";

/** What is needed to judge and to take. */
interface Consulting extends Vouching {
  readonly building: Building;
  readonly entity: CardRow;
  readonly box: DropBox;
}

/**
 * Read the directory if it has changed, and take it if it is good; a refused one is told of, and the last
 * good one goes on serving. Keys that it names are fetched from beside it from now on.
 *
 * @throws PacketboatError BOX_… if the line or the server fails
 */
export async function consultDirectory(
  building: Building,
  harbor: LastingHarbor,
  log: Log<Step>,
): Promise<void> {
  const { ledger, now, address, config } = building;
  const box = harbor.box(directoryFolder(address.folder, config.mode === "test"));
  const fetch = fetchingFrom(box);
  building.partners.fetchFrom(fetch);
  const entity = await joinedEntity(ledger);
  if (!entity) return;
  const tookMs = stopwatch();
  const at = now();
  try {
    const taken = await takeIfNew({ building, entity, box, fetch, at });
    if (taken) log.info("Directory taken", { ...taken, tookMs: tookMs() });
    await resolveAlerts(ledger, {
      code: "DIRECTORY_REFUSED",
      subject: SUBJECT,
      by: "packetboat",
      at,
    });
  } catch (error) {
    if (!isAboutDirectory(error)) throw error;
    log.warn("Directory refused", { code: error.code });
    await raisePostAlert(ledger, {
      code: "DIRECTORY_REFUSED",
      subject: SUBJECT,
      agencyId: entity.agency_id,
      facts: { code: error.code, reason: error.message },
      at,
    });
  }
}

/** Beside the boxes; TEST traffic has its own (PROTOCOL 5). */
const directoryFolder = (ownBox: string, isTest: boolean): string =>
  posix.join(posix.dirname(posix.dirname(ownBox)), "directory", isTest ? "test" : "");

const isAboutDirectory = (error: unknown): error is PacketboatError =>
  isRefusal(error) && error.code.startsWith("DIRECTORY_");

/** @returns counts of what was taken; `null` if nothing new is there */
async function takeIfNew(consulting: Consulting) {
  const { entity, box, building } = consulting;
  const found = await box.look(DIRECTORY_FILE);
  if (!found) return null;
  const { agency, mode } = building.config;
  const processCode = mode === "test" ? "TEST" : "PRODUCTION";
  const known = await lastDirectory(building.ledger, entity.agency_id);
  // A home that changed its mode reads another list, with numbers of its own.
  const last = known?.process_code === processCode ? known : null;
  const mark = `${found.size} ${found.modifiedAt.toISOString()}`;
  if (last?.mark === mark) return null;
  const bytes = await fileIn(box);
  if (!bytes) return null;
  const read = await proved(bytes, consulting);
  const { directory, sha256 } = read;
  const judging = { entityId: entity.agency_id, processCode, last, at: consulting.at } as const;
  if (judgeDirectory(directory, sha256, judging) === "same" && last?.mark !== UNREAD) {
    await markDirectory(building.ledger, entity.agency_id, mark);
    return null;
  }
  const row = rowOf(read, { text: bytes.toString("latin1"), mark, processCode }, consulting.at);
  const isAnew = known !== null && last === null;
  const changes = await take({ ...consulting, isAnew }, directory, row, agency.id);
  const { agencies, keys, held } = changes;
  return {
    version: row.version,
    agencies: directory.Agency?.length ?? 0,
    changed: agencies.length,
    keys: keys.length,
    held: held.length,
  };
}

/** `null` while it is being replaced. */
async function fileIn(box: DropBox): Promise<Buffer | null> {
  try {
    return await box.read(DIRECTORY_FILE, { maxBytes: MOST_FILE_BYTES });
  } catch (error) {
    if (isRefusal(error, "BOX_FILE_CHANGED") || isRefusal(error, "BOX_FILE_GONE")) return null;
    if (!isRefusal(error, "BOX_FILE_TOO_BIG")) throw error;
    throw new PacketboatError("DIRECTORY_INVALID", error.message, { cause: error });
  }
}

async function proved(bytes: Buffer, { entity, ...vouching }: Consulting): Promise<ReadDirectory> {
  const known = await readPublicKey(entity.public_key);
  const agencyId = entity.agency_id;
  const successor = async ({ Key: listed }: Directory) => {
    const target = listed.find(({ KeyStanding }) => KeyStanding === "Current")?.Fingerprint;
    const isRevoked = listed.some(
      ({ Fingerprint, KeyStanding }) =>
        Fingerprint === known.fingerprint && KeyStanding === "Revoked",
    );
    if (target === undefined || isRevoked) return null;
    const links = await linksTo(target as Fingerprint, listed, { agencyId, known }, vouching);
    return links?.at(-1)?.key ?? null;
  };
  return await readDirectory(bytes, { key: known, successor }, vouching.at);
}

const rowOf = (
  { directory, sha256 }: ReadDirectory,
  file: Pick<DirectoryRow, "text" | "mark"> & { processCode: DirectoryRow["process_code"] },
  at: Date,
): DirectoryRow => ({
  entity_id: directory.EntityId as AgencyId,
  process_code: file.processCode,
  version: Number(directory.Version),
  issued_at: new Date(directory.IssuedDateTime).toISOString(),
  expires_at: new Date(directory.ExpiresDateTime).toISOString(),
  sha256,
  text: file.text,
  mark: file.mark,
  taken_at: at.toISOString(),
});

/** In one transaction; worked out again if a command changed meanwhile what it was worked out from. */
async function take(
  { building, fetch, at, isAnew }: Consulting & { readonly isAnew: boolean },
  directory: Directory,
  row: DirectoryRow,
  us: AgencyId,
): Promise<Changes> {
  const { ledger } = building;
  for (;;) {
    const known = await knownIn(ledger);
    const changes = await changesTo(known, isAnew, (binding) =>
      changesBy(directory, binding, { us, fetch, at }),
    );
    const isTaken = await ledger.transaction().execute(async (db) => {
      if (JSON.stringify(await knownIn(db)) !== JSON.stringify(known)) return false;
      await writeChanges(db, changes);
      await saveDirectory(db, row);
      await tellOfHeldKeys(db, changes.held, at);
      await addAudit(db, {
        at: at.toISOString(),
        event: "directory taken",
        subject: `${row.entity_id} ${row.version}`,
      });
      return true;
    });
    if (isTaken) return changes;
  }
}

/** @param isAnew the home reads another kind of directory than before */
async function changesTo(
  known: KnownAgencies,
  isAnew: boolean,
  compared: (binding: KnownAgencies) => Promise<Changes>,
): Promise<Changes> {
  if (!isAnew) return compared(known);
  const { known: binding, forgotten } = introducedAnew(known);
  const changes = await compared(binding);
  return { ...changes, forgotten: [...changes.forgotten, ...forgotten] };
}

async function knownIn(db: Ledger | LedgerTransaction): Promise<KnownAgencies> {
  return { agencies: await listAgencies(db), keys: await listKeys(db) };
}
