/**
 * What people find in their drop folder: a case to decide in `requests/`, records to import in
 * `records/`, a letter to send in `letters/`. A folder is written whole, hidden beside the place where it will stand, and shown by one
 * rename (PROTOCOL 9).
 */
import { readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import pLimit from "p-limit";
import { diskRefusal, exists, syncFolder } from "../disk.ts";
import { allEnded, copyOne, makeOne, writeOne } from "../disk/many.ts";
import { PacketboatError } from "../errors.ts";
import { madeAt, type MessageId, newLocalId, parseUuid, showReference } from "../ids.ts";
import type { Publication } from "../ledger/publications.ts";
import { writeDocument } from "../packet/document.ts";
import type {
  Recall,
  TransferRelease,
  TransferRequest,
  Verification,
} from "../packet/model.gen.ts";
import { TRANSFER_REQUEST, TRANSFER_SCHEMA, TRANSFER_NAMESPACE } from "../packet/model.ts";
import type { Publish, Transfer } from "../transfer/effects.ts";
import { toldSections } from "../transfer/sections.ts";
import { MARK, markText } from "./case/places.ts";
import { DECISION_FILE, decisionForm } from "./case/decision-form.ts";

/** What became of the recalled folders is added to it when that is known. */
export const RECALL_NOTICE = "recall.txt";

/** What stands in a folder of `letters/`. */
export const LETTER_FILE = "letter.html";

/** People of the drop folder's group may read and change what stands there. */
export const SHARED_FILE = { mode: 0o660 };

const TRANSFER_RELEASE = {
  root: "TransferRelease",
  namespace: TRANSFER_NAMESPACE,
  schemaFile: TRANSFER_SCHEMA,
} as const;

export interface CaseFolders {
  /** Of the drop folder. */
  readonly name: string;
  readonly requests: string;
  readonly records: string;
  /** Requests to districts that take no part, to be printed and sent. */
  readonly letters: string;
  /** Case folders that are decided, and their answer has left. */
  readonly done: string;
  readonly pages: CasePages;
}

/** A request, and whether two persons must release what it asks for. */
export interface Asked {
  readonly request: TransferRequest;
  readonly isFlagged: boolean;
  /** What the entity found, if the request came through one. */
  readonly verification?: Verification;
}

/** What stands in a folder for people to read. */
export interface CasePages {
  request(asked: Asked, transfer: Transfer): Promise<string>;
  record(release: TransferRelease, request: TransferRequest, transfer: Transfer): Promise<string>;
  letter(request: TransferRequest, transfer: Transfer): Promise<string>;
  /** In plain words, for a text file. */
  closed(state: "Canceled" | "Expired", transfer: Transfer): string;
  recalled(recall: Recall, transfer: Transfer): Promise<string>;
}

/** Opened documents of one release in its order: where each lies, by the file name it gives them. */
export type Documents = ReadonlyMap<string, string>;

export interface Case {
  readonly transfer: Transfer;
  readonly at: Date;
  readonly documents: Documents;
}

/**
 * Finish a folder, hidden and synced, with its name: a promised folder that is gone was shown (PROTOCOL 9).
 *
 * @throws PacketboatError DISK_…, FOLDER_MISSING; then nothing is left of it
 */
export async function prepareFolder(
  folders: CaseFolders,
  publish: Publish,
  about: Case,
): Promise<Publication> {
  const finalPath = await freePath(placeOf(folders, publish, about.transfer));
  const publication: Publication = {
    publicationId: newLocalId(),
    transfer: about.transfer,
    hiddenPath: join(dirname(finalPath), hiddenName()),
    finalPath,
    what: publish.what,
    messageId: messageShown(publish),
    told: publish.what === "record" ? toldSections(publish.release) : null,
  };
  const { publicationId, hiddenPath } = publication;
  const contents = await contentsOf(publicationId, folders.pages, publish, about.transfer);
  try {
    await makeOne(hiddenPath);
    await fill(hiddenPath, contents, publish.what === "record" ? about.documents : new Map());
    await allEnded([hiddenPath, dirname(hiddenPath)].map(syncFolder));
  } catch (error) {
    await discardFolder(publication);
    await assertThere(dirname(finalPath));
    throw error;
  }
  return publication;
}

function placeOf(folders: CaseFolders, publish: Publish, transfer: Transfer): string {
  const reference = showReference(transfer.reference);
  switch (publish.what) {
    case "request":
      return join(folders.requests, reference);
    case "closedRequest":
      return join(folders.requests, `${reference}-${publish.state.toLowerCase()}`);
    case "record":
      return join(folders.records, reference);
    case "letter":
      return join(folders.letters, reference);
    case "recall":
      return join(folders.records, `${reference}-recalled`);
  }
}

function messageShown(publish: Publish): MessageId | null {
  if (publish.what === "record") return parseUuid<MessageId>(publish.release.MessageId);
  return publish.what === "recall" ? parseUuid<MessageId>(publish.recall.MessageId) : null;
}

/** A second request or supplement of one transfer stands beside the first: `K7QM-3F2D-2`. */
async function freePath(path: string): Promise<string> {
  let free = path;
  for (let number = 2; await exists(free); number++) free = `${path}-${number}`;
  return free;
}

/** Files by their names; `null` for a folder. */
type Contents = Readonly<Record<string, string | Uint8Array | null>>;

async function contentsOf(
  publicationId: string,
  pages: CasePages,
  publish: Publish,
  transfer: Transfer,
): Promise<Contents> {
  switch (publish.what) {
    case "request":
      return {
        "request.html": await pages.request(publish, transfer),
        "request.xml": writeDocument(TRANSFER_REQUEST, publish.request),
        [DECISION_FILE]: decisionForm(transfer.reference, "undecided"),
        [MARK]: markText(publicationId),
        documents: null,
      };
    case "closedRequest":
      return { "status.txt": pages.closed(publish.state, transfer) };
    case "record":
      return {
        "record.html": await pages.record(publish.release, publish.request, transfer),
        "record.xml": writeDocument(TRANSFER_RELEASE, publish.release),
      };
    case "letter":
      return { [LETTER_FILE]: await pages.letter(publish.request, transfer) };
    case "recall":
      return { [RECALL_NOTICE]: await pages.recalled(publish.recall, transfer) };
  }
}

/** Files under way to the disk at once. */
const AT_ONCE = 4;

/** All that lies in a folder, synced, but not the folder itself. */
async function fill(folder: string, contents: Contents, documents: Documents): Promise<void> {
  const limited = pLimit(AT_ONCE);
  const written = Object.entries(contents).map(([name, content]) =>
    limited(() => write(join(folder, name), content)),
  );
  const copied = [...documents].map(([fileName, from], index) =>
    limited(() => copyOne(from, join(folder, savedName(index, fileName)), SHARED_FILE.mode)),
  );
  await allEnded([...written, ...copied]);
}

async function write(path: string, content: Contents[string]): Promise<void> {
  if (content !== null) return writeOne(path, content, SHARED_FILE.mode);
  await makeOne(path);
  await syncFolder(path);
}

const hiddenName = (): string => `.${newLocalId()}.hidden`;
const HIDDEN = /^\.([0-9a-f-]{36})\.hidden$/;

/** A share that is not mounted is no reason to make its folders anew: nobody would ever look there. */
async function assertThere(folder: string): Promise<void> {
  if (await exists(folder)) return;
  const sentence = `the folder ${basename(folder)} is not there`;
  throw new PacketboatError("FOLDER_MISSING", sentence);
}

/** Throw away a folder that no transaction has promised. */
export const discardFolder = ({ hiddenPath }: Pick<Publication, "hiddenPath">): Promise<void> =>
  rm(hiddenPath, { recursive: true, force: true });

/** So old, a letter was left by a crash: a command that fills one promises it within seconds. */
const LEFT_AFTER_MS = 3_600_000;

/**
 * Throw away what a crash left: folders that were being filled, and that no transaction came to promise.
 * Safe only for who holds the home's lock: no command publishes anything but letters, and of those only
 * what is old is taken for left.
 *
 * @param promised hidden paths that are still to be shown
 * @returns how many folders it were
 */
export async function sweepHidden(
  { requests, records, letters }: Pick<CaseFolders, "requests" | "records" | "letters">,
  promised: ReadonlySet<string>,
  at: Date,
): Promise<number> {
  let swept = 0;
  for (const folder of [requests, records, letters]) {
    // One that is missing is told of by whatever needs it.
    const names = (await exists(folder)) ? await readdir(folder) : [];
    for (const name of names) {
      const path = join(folder, name);
      const id = HIDDEN.exec(name)?.[1];
      if (id === undefined || promised.has(path)) continue;
      // A clock that was set back is no reason to keep it for ever.
      const ageMs = Math.abs(at.getTime() - madeAt(id).getTime());
      if (folder === letters && ageMs <= LEFT_AFTER_MS) continue;
      await rm(path, { recursive: true });
      swept++;
    }
  }
  return swept;
}

/**
 * Show a finished folder. If it is not there it was shown before, and somebody may have taken it since:
 * it is never written again. Its new name is durable when the caller has synced the folder above.
 *
 * @returns where it stands; after a crash, where it was to stand
 * @throws PacketboatError FOLDER_MISSING if the place where it stands is gone, hidden folder and all; DISK_…
 */
export async function showFolder({
  hiddenPath,
  finalPath,
}: Pick<Publication, "hiddenPath" | "finalPath">): Promise<string> {
  const free = await freePath(finalPath);
  try {
    await rename(hiddenPath, free);
    return free;
  } catch (error) {
    await assertThere(dirname(finalPath));
    if (await exists(hiddenPath)) throw diskRefusal(error, free);
    return finalPath;
  }
}

/** Under which name a document stands beside the record: in the release's order, and never in our way. */
export const savedName = (index: number, fileName: string): string =>
  `${String(index + 1).padStart(2, "0")}-${fileName}`;
