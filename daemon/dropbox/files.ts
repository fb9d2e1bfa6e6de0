/**
 * The few things that a drop box asks of its server. `folder.ts` and `sftp.ts` do them, `box.ts` makes
 * a drop box of them, and every failure is named here, by what was being done and how it failed.
 */
import { type ErrorCode, PacketboatError } from "../errors.ts";

export interface BoxFiles {
  /** Where they are, for people; a path is put right behind it. */
  readonly origin: string;
  /** Does `sync` of an open file reach the server's disk? */
  readonly syncs: boolean;
  /** Batches, in the server's order; refused if the folder may not be listed. */
  entries(folder: string): AsyncIterable<readonly Entry[]>;
  /** One known name, not following links; null if there is none. */
  look(path: string): Promise<Entry | null>;
  /** A new empty file of mode 0640; refused if the name is taken. */
  create(path: string): Promise<OpenFile>;
  open(path: string): Promise<OpenFile>;
  /** Refused if `to` is there. */
  rename(from: string, to: string): Promise<void>;
  /** Refused with BOX_FILE_GONE if there is none. */
  remove(path: string): Promise<void>;
}

export interface Entry {
  readonly name: string;
  readonly kind: "file" | "folder" | "other";
  /** in bytes */
  readonly size: number;
  readonly modifiedAt: Date;
  readonly owner?: number;
  /** Permissions, with set-gid and sticky, where the server says so. */
  readonly mode?: number;
  /** Number of names the file has, where the server says so. */
  readonly links?: number;
}

/** Positions and lengths in bytes. Several reads or writes may be under way at once. */
export interface OpenFile {
  /** On a server, which is asked for a little at a time, and for the next before the last has come. */
  readonly isFar: boolean;
  /** @returns how many bytes were there; 0 behind the end */
  read(into: Buffer, position: number): Promise<number>;
  write(bytes: Buffer, position: number): Promise<void>;
  /** Onto the disk, where the server offers it. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export type Doing = "list" | "look at" | "add" | "open" | "read" | "write" | "rename" | "remove";
export type Failure = "absent" | "denied" | "full" | "failed";

/**
 * The refusal for one failed operation.
 *
 * @param path origin and path of what it was done to
 * @param status the server's own number or name for the failure
 */
export function boxRefusal(
  doing: Doing,
  failure: Failure,
  path: string,
  status: string | number,
  cause: unknown,
): PacketboatError {
  const code = codeFor(doing, failure);
  return new PacketboatError(code, `${path}: ${SENTENCES[failure](doing)}`, {
    facts: { doing, status },
    cause,
  });
}

const SENTENCES: Readonly<Record<Failure, (doing: Doing) => string>> = {
  absent: () => "is not there",
  denied: (doing) => `we may not ${doing} it`,
  full: () => "the server has no room for it",
  failed: (doing) => `the server could not ${doing} it`,
};

function codeFor(doing: Doing, failure: Failure): ErrorCode {
  if (failure === "full") return "BOX_FULL";
  if (failure === "failed") return "BOX_FAILED";
  if (failure === "absent") {
    return doing === "list" || doing === "add" ? "BOX_NOT_FOUND" : "BOX_FILE_GONE";
  }
  return doing === "open" || doing === "read" ? "BOX_FILE_DENIED" : "BOX_DENIED";
}
