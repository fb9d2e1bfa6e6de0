/**
 * Clear: what is done with here leaves the box, last of all, and then our own staging. A delete whose
 * answer is lost is done again (TRUST, "Exactly-once effects").
 */
import { lstat, readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { stagedPath } from "../desk/staged.ts";
import { diskRefusal, errnoOf } from "../disk.ts";
import type { DropBox } from "../dropbox/contract.ts";
import type { Ledger } from "../ledger/connect.ts";
import {
  attachmentsIn,
  claimsIn,
  claimsToRemove,
  documentsStaged,
  forgetAttachments,
  updateClaim,
} from "../ledger/incoming.ts";
import { documentsInHand } from "../ledger/documents.ts";
import type { AttachmentInRow, PacketInRow } from "../ledger/tables.ts";
import { stagedDocuments } from "../ledger/outgoing.ts";
import { sideBySide } from "../side-by-side.ts";

export interface Clearing {
  readonly ledger: Ledger;
  readonly box: DropBox;
  readonly staging: string;
  readonly at: Date;
}

/** No command takes this long between staging a document and writing down what it is for. */
const LEFT_AFTER_MS = 60 * 60 * 1000;

/** So many files are removed side by side, and so many names of files are not looked for. */
const AT_ONCE = 32;

/** Packets that are done with and may still lie in the box: those together that are cleared together. */
export async function toClear(ledger: Ledger): Promise<PacketInRow[][]> {
  const claims = await claimsToRemove(ledger);
  const result: PacketInRow[][] = [];
  for (let index = 0; index < claims.length; index += AT_ONCE) {
    result.push(claims.slice(index, index + AT_ONCE));
  }
  return result;
}

/**
 * Packets that are done with leave the box, after what they name.
 *
 * @throws PacketboatError BOX_…; then all of them are cleared another time
 */
export async function clear(some: readonly PacketInRow[], clearing: Clearing): Promise<void> {
  const { ledger, box } = clearing;
  // Of a packet in quarantine the documents stay: it may be taken yet.
  const whole = some.filter(({ state }) => state !== "QUARANTINED");
  await clearAttachments(whole, clearing);
  await sideBySide(some, ({ file_name: name }) => box.remove(name), AT_ONCE);
  await ledger.transaction().execute(async (db) => {
    for (const { claim_id: id } of whole) await forgetAttachments(db, id);
    for (const { claim_id: id } of some) await updateClaim(db, id, { removed_from_box: 1 });
  });
}

async function clearAttachments(
  some: readonly PacketInRow[],
  { ledger, box }: Pick<Clearing, "ledger" | "box">,
): Promise<void> {
  const named: AttachmentInRow[] = [];
  for (const { claim_id: id } of some) named.push(...(await attachmentsIn(ledger, id)));
  const { fetched = [], never = [] } = Object.groupBy(named, ({ staged_path: path }) =>
    path === null ? "never" : "fetched",
  );
  const lying = new Set([...namesOf(fetched), ...(await lyingIn(box, namesOf(never)))]);
  await sideBySide([...lying], (name) => box.remove(name), AT_ONCE);
  for (const { staged_path: path } of named) if (path) await rm(path, { force: true });
}

const namesOf = (rows: readonly AttachmentInRow[]): ReadonlySet<string> =>
  new Set(rows.map(({ sealed_name: name }) => name));

/** Those that may lie in the box: of many that were not seen there it is looked up, for a name costs its sender nothing. */
async function lyingIn(box: DropBox, names: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  if (names.size <= AT_ONCE) return names;
  const lying = new Set<string>();
  for await (const { files, unfinished, isCut } of box.list((name) => names.has(name))) {
    if (isCut) return names;
    for (const { name } of [...files, ...unfinished]) if (names.has(name)) lying.add(name);
  }
  return lying;
}

/**
 * Staged files that nothing in hand needs: a crash left them. What a command has just staged for a
 * release has no row yet, so that only what is old is taken for left.
 *
 * @returns how many files it were
 */
export async function sweep({ ledger, staging, at }: Clearing): Promise<number> {
  const wanted = await namesInHand(ledger);
  let swept = 0;
  for (const name of await readdir(staging)) {
    const isWanted = wanted.files.has(name) || wanted.documents.has(name.replace(/-\d+$/, ""));
    if (isWanted) continue;
    const path = join(staging, name);
    if (!isFetched(name) && (await ageOf(path, at)) <= LEFT_AFTER_MS) continue;
    await rm(path, { force: true });
    swept++;
  }
  return swept;
}

const IN_HAND = ["CLAIMED", "FETCHED", "WAITING"] as const;

async function namesInHand(ledger: Ledger) {
  const claims = await claimsIn(ledger, IN_HAND);
  const paths = [
    ...claims.map((claimed) => stagedPath("", claimed)),
    ...(await documentsStaged(ledger, IN_HAND)),
    ...(await stagedDocuments(ledger)),
  ];
  return {
    files: new Set(paths.map((path) => basename(path))),
    documents: new Set(await documentsInHand(ledger)),
  };
}

/** Only an exchange makes these, and one exchange runs at a time: the others' are left over. */
const isFetched = (name: string): boolean => /\.(xml\.pgp|att\.pgp|document(\.part)?)$/.test(name);

async function ageOf(path: string, at: Date): Promise<number> {
  const found = await lstat(path).catch((error: unknown) => {
    // A command beside us has just renamed it.
    if (errnoOf(error) === "ENOENT") return null;
    throw diskRefusal(error, path);
  });
  // A clock that was set back is no reason to keep it for ever.
  return found ? Math.abs(at.getTime() - found.mtimeMs) : 0;
}
