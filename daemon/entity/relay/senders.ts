/** Whose the files in a box are, as far as it is known, and who has more there than anybody should. */
import type { AgencyId } from "../../ids.ts";

/** Numeric id of the account that owns an agency's box on our server; `null` if it has none. */
export type OwnerOf = (agency: AgencyId) => Promise<number | null>;

/** The same, asked once for each. */
export function askedOnce(ownerOf: OwnerOf): OwnerOf {
  const owners = new Map<AgencyId, Promise<number | null>>();
  return (agency) => {
    const owner = owners.get(agency) ?? ownerOf(agency);
    owners.set(agency, owner);
    return owner;
  };
}

/** What one sender may have waiting in a box. */
export interface SenderLimits {
  readonly waitingFiles: number;
  readonly waitingMegabytes: number;
}

/** Who left files in a box, as far as it is known. */
export interface FloodSender {
  /** The number of the account that left them, where the server says so. */
  readonly account: number | null;
  /** What their names give as their sender: a hint, and no more. */
  readonly named: AgencyId | null;
  /** Do all their names give this one? */
  readonly isNamedAlike: boolean;
}

/** More of one sender's files in a box than its limits allow. */
export interface Flood {
  readonly sender: FloodSender;
  readonly files: number;
  readonly megabytes: number;
}

/** One sender, and what of it lies in the box. */
export interface SenderOfFiles {
  readonly account: number | null;
  readonly named: AgencyId;
  isNamedAlike: boolean;
  files: number;
  bytes: number;
}

const MEGABYTE = 1024 * 1024;

/**
 * The senders of what lies in a box. A file is its named sender's if the account that left it is that one's, or is
 * not known; any other is the account's, whatever names it gives.
 */
export class Senders {
  readonly #ownerOf: OwnerOf;
  readonly #senders = new Map<string, SenderOfFiles>();

  constructor(ownerOf: OwnerOf) {
    this.#ownerOf = ownerOf;
  }

  /** Count a file. @returns its sender, one and the same for all that are its */
  async count({
    from,
    owner,
    size,
  }: {
    readonly from: AgencyId;
    readonly owner?: number;
    readonly size: number;
  }): Promise<SenderOfFiles> {
    const isFroms = owner === undefined || owner === (await this.#ownerOf(from));
    const key = isFroms ? from : `account ${owner}`;
    const known = this.#senders.get(key);
    const sender: SenderOfFiles = known ?? {
      account: owner ?? null,
      named: from,
      isNamedAlike: true,
      files: 0,
      bytes: 0,
    };
    if (!known) this.#senders.set(key, sender);
    sender.isNamedAlike &&= sender.named === from;
    sender.files++;
    sender.bytes += size;
    return sender;
  }

  /** Those that have more there than their limits allow. */
  floods({ waitingFiles, waitingMegabytes }: SenderLimits): Flood[] {
    return [...this.#senders.values()]
      .filter(({ files, bytes }) => files > waitingFiles || bytes > waitingMegabytes * MEGABYTE)
      .map(({ account, named, isNamedAlike, files, bytes }) => ({
        sender: { account, named, isNamedAlike },
        files,
        megabytes: Math.ceil(bytes / MEGABYTE),
      }));
  }
}
