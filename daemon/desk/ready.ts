/**
 * Which files of an outbox are finished (PROTOCOL 9). Nobody tells us, so we look twice: a file that
 * kept its size, its time and its inode from one look of ours to another, as long as the config says,
 * and that no process we can see holds open for writing, is finished. That its time is old proves
 * nothing: whoever copies a file may set its time first, and whoever reserves room sets its size first.
 * On a share the inode is left out.
 *
 * Where the writer promises to leave a marker, nothing but that counts: `list.csv` is finished when
 * `list.csv.done` lies beside it. A marker goes with its file; one that was left behind would vouch for
 * the next file of that name, and is removed.
 */
import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import { diskRefusal, errnoOf, exists } from "../disk.ts";
import { shareAt as shareOfSystem } from "../disk/share.ts";
import { PacketboatError } from "../errors.ts";
import type { Ledger } from "../ledger/connect.ts";
import { keepSightings, sightingsIn } from "../ledger/documents.ts";
import type { SightingRow } from "../ledger/tables.ts";
import { removeDurably } from "./carry.ts";
import { isIgnored } from "./names.ts";
import { namesBeingWritten } from "./writers.ts";

export interface Look {
  readonly ledger: Ledger;
  /** The outbox, or another folder in which people leave files. */
  readonly folder: string;
  readonly unchangedForSeconds: number;
  /** The ending of a marker, if files here are finished by that alone. */
  readonly marker?: string | undefined;
  readonly at: Date;
  /** Which names are looked at; all that are not to be ignored, unless given. */
  readonly only?: (name: string) => boolean;
  /** On what kind of share a folder lies; the system is asked, unless given. */
  readonly shareAt?: (folder: string) => Promise<string | null>;
}

export interface FinishedFile {
  readonly name: string;
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** When it was first seen as it is. */
  readonly since: Date;
}

export interface UnfinishedFile {
  readonly name: string;
  /** It cannot be finished before. */
  readonly lookAgainAt: Date;
}

export interface Found {
  /** In the order in which they came, as far as their times tell; then by name. */
  readonly ready: readonly FinishedFile[];
  readonly notYet: readonly UnfinishedFile[];
  /** Where markers count: what has none. */
  readonly unmarked: readonly FinishedFile[];
  /** Neither files nor folders that we go into, or names that are not UTF-8; escaped to be shown. */
  readonly passedOver: readonly string[];
}

interface Seen extends SightingRow {
  readonly name: string;
  readonly device: bigint;
  readonly inodeNumber: bigint;
  /** As an earlier look left it. */
  readonly isUnchanged: boolean;
}

/**
 * Look into an outbox once. What has not held still since an earlier look is not ready; the caller may
 * look again at the earliest `lookAgainAt`.
 *
 * @throws PacketboatError FOLDER_MISSING or DISK_FAILED
 */
export async function finishedFiles(look: Look): Promise<Found> {
  const { files, passedOver } = await listed(look);
  const before = await sightingsIn(look.ledger, look.folder);
  const seen = files.map((file) => compared(file, before.get(file.path), look.at));
  await remember(look.ledger, seen, before);
  const still = seen.filter((file) => file.isUnchanged && stillUntil(file, look) <= look.at);
  const { marker } = look;
  const found = marker === undefined ? { still, seen, unmarked: [] } : marked(seen, marker);
  if (marker !== undefined) await removeLeftMarkers(seen, still, { ...look, marker });

  const written = await namesBeingWritten(
    found.still.map(({ name, device, inodeNumber: inode }) => ({ name, device, inode })),
  );
  const ready = new Set(found.still.filter(({ name }) => !written.has(name)));
  return {
    ready: [...ready].toSorted(byArrival).map(finished),
    notYet: found.seen
      .filter((file) => !ready.has(file))
      .map((file) => ({ name: file.name, lookAgainAt: lookAgain(file, look) })),
    unmarked: found.unmarked.toSorted(byArrival).map(finished),
    passedOver,
  };
}

/** Where a file's marker lies. */
export const markerOf = (path: string, marker: string): string => path + marker;

const isMarker = (name: string, marker: string): boolean =>
  name.length > marker.length && name.endsWith(marker);

/** With its marker a file is as good as still; without one it is not even unfinished. */
function marked(
  seen: readonly Seen[],
  marker: string,
): { still: readonly Seen[]; seen: readonly Seen[]; unmarked: readonly Seen[] } {
  const names = new Set(seen.map(({ name }) => name));
  const files = seen.filter(({ name }) => !isMarker(name, marker));
  const hasMarker = ({ name }: Seen): boolean => names.has(markerOf(name, marker));
  const withMarker = files.filter(hasMarker);
  const unmarked = files.filter((file) => !hasMarker(file));
  return { still: withMarker, seen: withMarker, unmarked };
}

/** Of files that are gone: taken, and then we were cut off, or taken away. */
async function removeLeftMarkers(
  seen: readonly Seen[],
  still: readonly Seen[],
  { folder, marker }: Look & { marker: string },
): Promise<void> {
  const names = new Set(seen.map(({ name }) => name));
  for (const { name, path } of still) {
    const of = name.slice(0, -marker.length);
    if (!isMarker(name, marker) || names.has(of) || (await exists(join(folder, of)))) continue;
    await removeDurably(path);
  }
}

async function listed({
  folder,
  at,
  only,
  shareAt = shareOfSystem,
}: Look): Promise<{ files: Seen[]; passedOver: string[] }> {
  const files: Seen[] = [];
  const isOnShare = (await shareAt(folder)) !== null;
  const passedOver: string[] = [];
  try {
    for await (const { name } of await opendir(folder)) {
      if (isIgnored(name) || only?.(name) === false) continue;
      const file = await sight(folder, name, at);
      // Some shares number their files anew at each look: there the number tells nothing.
      if (file) files.push(isOnShare ? { ...file, inode: "" } : file);
      else passedOver.push(JSON.stringify(name));
    }
  } catch (error) {
    if (!["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) throw diskRefusal(error, folder);
    throw new PacketboatError("FOLDER_MISSING", "the outbox is not there", { cause: error });
  }
  return { files, passedOver };
}

/** Nothing is opened: a pipe would never answer, and a link may lead anywhere. */
async function sight(folder: string, name: string, at: Date): Promise<Seen | null> {
  const path = join(folder, name);
  try {
    const file = await lstat(path, { bigint: true });
    if (!file.isFile()) return null;
    return {
      name,
      path,
      size: Number(file.size),
      modified_ms: Number(file.mtimeNs / 1000n) / 1000,
      inode: String(file.ino),
      first_seen: at.toISOString(),
      device: file.dev,
      inodeNumber: file.ino,
      isUnchanged: false,
    };
  } catch (error) {
    // Gone since the listing, or a name in bytes that are no text.
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** A file that has not changed keeps the time of its first sight; a clock set back proves nothing. */
function compared(file: Seen, before: SightingRow | undefined, at: Date): Seen {
  const isUnchanged =
    before !== undefined &&
    before.size === file.size &&
    before.modified_ms === file.modified_ms &&
    before.inode === file.inode &&
    before.first_seen <= at.toISOString();
  return isUnchanged ? { ...file, isUnchanged, first_seen: before.first_seen } : file;
}

async function remember(
  ledger: Ledger,
  seen: readonly Seen[],
  before: ReadonlyMap<string, SightingRow>,
): Promise<void> {
  const present = new Set(seen.map(({ path }) => path));
  await keepSightings(ledger, {
    seen: seen
      .filter(({ isUnchanged }) => !isUnchanged)
      .map(({ path, size, modified_ms, inode, first_seen }) => ({
        path,
        size,
        modified_ms,
        inode,
        first_seen,
      })),
    gone: [...before.keys()].filter((path) => !present.has(path)),
  });
}

const afterSeconds = (time: Date, seconds: number): Date =>
  new Date(time.getTime() + seconds * 1000);

const stillUntil = ({ first_seen }: SightingRow, { unchangedForSeconds }: Look): Date =>
  afterSeconds(new Date(first_seen), unchangedForSeconds);

/** One that is still and held open may be closed at any time. */
function lookAgain(file: SightingRow, look: Look): Date {
  const until = stillUntil(file, look);
  return until > look.at ? until : afterSeconds(look.at, look.unchangedForSeconds);
}

/** `request-9.xml` before `request-10.xml`. */
const names = new Intl.Collator("en", { numeric: true });

/**
 * What our looks saw apart is ordered by them; what came between two looks, by its own time, which may
 * be a copy's. A folder lists its files in no order at all.
 */
const byArrival = (one: Seen, other: Seen): number =>
  Date.parse(one.first_seen) - Date.parse(other.first_seen) ||
  one.modified_ms - other.modified_ms ||
  names.compare(one.name, other.name);

const finished = ({ name, path, size, first_seen }: Seen): FinishedFile => ({
  name,
  path,
  size,
  since: new Date(first_seen),
});
