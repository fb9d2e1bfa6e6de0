/** The newest directory of an entity, as it lies on a server: looked for, proved and judged, not yet taken. */
import type { DropBox } from "../dropbox/contract.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import type { AgencyId, Fingerprint } from "../ids.ts";
import type { PublicKey } from "../keys/key.ts";
import type { Ledger } from "../ledger/connect.ts";
import { lastDirectory, markDirectory, UNREAD } from "../ledger/directories.ts";
import type { DirectoryRow } from "../ledger/tables.ts";
import type { DocumentProcessCode } from "../packet/model.gen.ts";
import {
  type Directory,
  DIRECTORY_FILE,
  MOST_FILE_BYTES,
  type ReadDirectory,
  readDirectory,
} from "./directory.ts";
import { judgeDirectory } from "./judge.ts";
import { Patience } from "./patience.ts";
import { linksTo, MOST_VAIN_WORDS, type Vouching } from "./vouching.ts";

/** Whose directory is looked for, and where. */
export interface Looking extends Vouching {
  readonly ledger: Ledger;
  readonly entityId: AgencyId;
  /** By which the entity is known. */
  readonly key: () => Promise<PublicKey>;
  /** The folder in which the directory lies, with the files of its keys. */
  readonly box: DropBox;
  readonly processCode: DocumentProcessCode;
}

export interface NewDirectory {
  readonly directory: Directory;
  /** As it is to be kept. */
  readonly row: DirectoryRow;
  /** What is known was another kind of traffic: a list of its own. */
  readonly isAnew: boolean;
}

/**
 * One look, if nothing has changed; else the file is read, and proved by the key that is known, or by one that this
 * has named to follow it.
 *
 * @returns `null` if nothing new is there
 * @throws PacketboatError DIRECTORY_…; what keeps `key` from being had; BOX_… if the line or the server fails
 */
export async function newDirectory(looking: Looking): Promise<NewDirectory | null> {
  const { ledger, entityId, box, processCode, at } = looking;
  const found = await box.look(DIRECTORY_FILE);
  if (!found) return null;
  const known = await lastDirectory(ledger, entityId);
  // A home that changed its mode reads another list, with numbers of its own.
  const last = known?.process_code === processCode ? known : null;
  const mark = `${found.size} ${found.modifiedAt.toISOString()}`;
  if (last?.mark === mark) return null;
  const bytes = await fileIn(box);
  if (!bytes) return null;
  const read = await proved(bytes, looking);
  const { directory, sha256 } = read;
  const judged = judgeDirectory(directory, sha256, { entityId, processCode, last, at });
  if (judged === "same" && last?.mark !== UNREAD) {
    await markDirectory(ledger, entityId, mark);
    return null;
  }
  const row = rowOf(read, { text: bytes.toString("latin1"), mark, processCode }, at);
  return { directory, row, isAnew: known !== null && last === null };
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

async function proved(
  bytes: Buffer,
  { entityId: agencyId, key, ...vouching }: Looking,
): Promise<ReadDirectory> {
  const known = await key();
  const successor = async ({ Key: listed }: Directory) => {
    const target = listed.find(({ KeyStanding }) => KeyStanding === "Current")?.Fingerprint;
    const isRevoked = listed.some(
      ({ Fingerprint, KeyStanding }) =>
        Fingerprint === known.fingerprint && KeyStanding === "Revoked",
    );
    if (target === undefined || isRevoked) return null;
    const { fingerprint } = known;
    const from = { agencyId, fingerprint, key: () => Promise.resolve(known) };
    const asking = { ...vouching, patience: new Patience(MOST_VAIN_WORDS) };
    const links = await linksTo(target as Fingerprint, listed, from, asking);
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
