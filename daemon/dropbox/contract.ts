/**
 * A drop box is the folder where others leave sealed files for one agency. It stands on an SFTP
 * server or on a local disk; both promise the same, and one suite (`test/dropbox/contract.ts`) holds
 * both to it.
 *
 * Of a partner's box nothing is asked but to add a file under a name we chose: such a box cannot be
 * listed, and need not be (PROTOCOL 5). Every operation is safe to repeat. Which failure is permanent
 * is said by the box itself, through the code of its error: `BOX_…`.
 */

/**
 * So many entries of a box are looked at in one listing; what lies behind them has its turn when these are gone. More
 * than any partners leave, and a listing must end also where a server's has no end.
 */
export const MOST_LISTED = 2_000_000;

/** How many operations on one harbor run at once; the rest wait their turn. A distant server answers them in one round trip. */
export const OPERATIONS_IN_FLIGHT = 32;

/** The server, or the local folder tree, on which boxes stand: one connection, for one exchange. */
export interface Harbor extends AsyncDisposable {
  /** Where it is, for people: `sftp://lea0634320@sftp.example.org`. */
  readonly place: string;
  /** The fingerprint that the server showed, one of those that are pinned; `null` of a local folder. */
  readonly hostKey: string | null;
  /** @param folder absolute path of the box, there */
  box(folder: string): DropBox;
  /** Hang up. Operations under way fail with BOX_UNREACHABLE; closing twice is fine. */
  close(): Promise<void>;
}

export interface DropBox {
  readonly place: string;

  /**
   * What waits in our own box, in batches, in the server's order, up to `MOST_LISTED`. Folders are passed over, and of
   * dot files all but uploads of our name pattern; of everything else that is not a whole regular file of that
   * pattern no name is told: names come from strangers.
   *
   * @param belongs is this a name that our partners give to sealed files?
   */
  list(belongs: (name: string) => boolean): AsyncIterable<Listing>;

  /**
   * Copy a waiting file to a new local file (0600), synced. On any failure there is no local file.
   *
   * @param expected the size in bytes that was listed or promised, and the most we take
   * @throws PacketboatError BOX_FILE_TOO_BIG, BOX_FILE_GONE, BOX_FILE_DENIED; BOX_FILE_CHANGED if it
   *   has another size, grew meanwhile, or is no regular file; FILE_EXISTS if `localPath` is taken.
   */
  fetch(
    name: string,
    localPath: string,
    expected: { size: number; maxBytes: number },
  ): Promise<void>;

  /** What is known of a file without reading it; `null` if there is none, or it is no regular file. */
  look(name: string): Promise<WaitingFile | null>;

  /** The bytes of a small file of known name, such as the directory. Refusals as with `fetch`. */
  read(name: string, most: { maxBytes: number }): Promise<Buffer>;

  /**
   * Leave a file in a box. Its owner sees nothing, or the whole file. Never overwrites.
   *
   * Safe to repeat after a crash: the name ends in random digits that we chose and recorded, so a
   * file of the same name and size is ours.
   *
   * @param source path of a local file, or its bytes
   * @throws PacketboatError BOX_NAME_TAKEN if the name has a file of another size.
   */
  deliver(name: string, source: string | Uint8Array): Promise<Delivery>;

  /** Numeric id of the account that the box belongs to; `null` if there is none, or the server does not say. */
  owner(): Promise<number | null>;

  /** Delete a file. One that is not there is what was wanted. */
  remove(name: string): Promise<void>;

  /** Delete what a broken `deliver` of this name left behind, if it left anything. */
  removeLeftover(name: string): Promise<void>;

  /**
   * Try what a delivery does, and whether more is allowed than should be, with a small file under hidden
   * names; nothing is left.
   *
   * @param name chosen by us and recorded: what an earlier probe of this name left is removed first
   * @param now our clock, to compare the server's with
   * @throws PacketboatError BOX_…: what a delivery would meet here
   */
  probe(name: string, now: () => Date): Promise<Probe>;
}

/** What a box allows, as it was tried. */
export interface Probe {
  /** May we see what lies there? Right for our own box, wrong for a partner's. */
  readonly listable: boolean;
  /** The box's own permissions, with set-gid and sticky; `null` if the server does not say. */
  readonly mode: number | null;
  /** Does a rename onto a taken name replace what was there? It must not (PROTOCOL 5). */
  readonly overwrites: boolean;
  /** Does the server write through to its disk when we ask? */
  readonly syncs: boolean;
  /** The server's clock before (+) or behind (-) ours, at the least; 0 if they may be the same. */
  readonly clockAheadMs: number;
  /** From one question to its answer. */
  readonly answerMs: number;
}

export type Delivery = "delivered" | "already there";

export interface Listing {
  readonly files: readonly WaitingFile[];
  /** Files of our pattern with two links: their rename is under way (PROTOCOL 5). */
  readonly unfinished: readonly WaitingFile[];
  /** Under way, or broken off and left, each under the name that it was to have. */
  readonly uploads: readonly WaitingFile[];
  readonly strangers: readonly StrangerFile[];
  /** The last batch that is looked at, and perhaps not all: what was not listed may be there all the same. */
  readonly isCut?: boolean;
}

/** Something that nobody who knows us leaves in a box. */
export interface StrangerFile {
  /** in bytes */
  readonly size: number;
  /** Numeric id of the account that left it, where the server says so. */
  readonly owner?: number;
}

export interface WaitingFile {
  readonly name: string;
  /** in bytes */
  readonly size: number;
  /** By the server's clock; SFTP knows whole seconds only. */
  readonly modifiedAt: Date;
  /** Numeric id of the account that left it, where the server says so. */
  readonly owner?: number;
}

/** The name of an upload under way; no pattern for sealed files matches it. */
export const partialNameFor = (name: string): string => `.${name}.part`;

/** The name that an upload was to have; `null` if this is the name of none. */
export const nameOfPartial = (partial: string): string | null =>
  /^\.(.+)\.part$/s.exec(partial)?.[1] ?? null;
