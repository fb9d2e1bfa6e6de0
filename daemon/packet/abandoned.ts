/**
 * What others left in a box and nobody will ask for any more: uploads that were never finished, and attachments
 * that no packet can name (PROTOCOL 3 and 5). Pure.
 *
 * How old a file is, is said by the server's own time: its now is when the newest file came that our clock does not
 * place in the future. So a wrong clock of ours, by itself, makes nothing old, and a box into which nothing comes keeps
 * all.
 */
import { LONGEST_LIFE_DAYS } from "./model.ts";
import { parseAttachmentName } from "./names.ts";
import { MOST_SENDERS, type SenderKey, sendersOf } from "./shares.ts";

/** A file in a box. */
interface Lying {
  readonly name: string;
  /** By the server's clock. */
  readonly modifiedAt: Date;
  /** Numeric id of the account that left it, where the server says so. */
  readonly owner?: number;
}

/** A part of what lies in a box. */
interface Listed {
  readonly files: readonly Lying[];
  /** Files that still have two names. */
  readonly unfinished: readonly Lying[];
  /** By the names that they were to have. */
  readonly uploads: readonly Lying[];
  /** There may be more than is listed. */
  readonly isCut?: boolean;
}

export interface Abandoned {
  /** Uploads that were never finished, by the names that they were to have. */
  readonly uploads: readonly Lying[];
  /** Attachments of whose sender no packet lies in the box. */
  readonly attachments: readonly Lying[];
}

const DAY_MS = 24 * 60 * 60 * 1000;
const UPLOAD_MS = 7 * DAY_MS;
const ATTACHMENT_MS = (LONGEST_LIFE_DAYS + 7) * DAY_MS;
/** A time before this is no file's: the server does not know it. */
const FIRST_TIME = Date.UTC(2001, 0);
/** Of either kind; the others have their turn when these are gone. */
const MOST_FOUND = 50_000;

/** Goes through a box, listing by listing. */
export class AbandonedFiles {
  readonly #ourNow: number;
  #newest = -Infinity;
  #isWhole = true;
  readonly #asking = new Set<SenderKey>();
  readonly #uploads: Lying[] = [];
  readonly #attachments: Lying[] = [];

  /** @param at our clock */
  constructor(at: Date) {
    this.#ourNow = at.getTime();
  }

  /** A packet that may ask for attachments: those of its sender stay, whichever way it is known. */
  keepFor(packet: { readonly name: string; readonly owner?: number | null }): void {
    for (const sender of sendersOf(packet)) this.#asking.add(sender);
  }

  /** Whoever uploads something, or has a packet here, may ask for attachments. */
  add({ files, unfinished, uploads, isCut }: Listed): void {
    for (const { modifiedAt } of [...files, ...unfinished, ...uploads]) {
      const time = modifiedAt.getTime();
      if (time <= this.#ourNow) this.#newest = Math.max(this.#newest, time);
    }
    note(this.#uploads, uploads, this.#ourNow - UPLOAD_MS);
    if (isCut || this.#asking.size > MOST_SENDERS) this.#isWhole = false;
    if (!this.#isWhole) return;
    const isAttachment = ({ name }: Lying): boolean => parseAttachmentName(name) !== null;
    const packets = files.filter((file) => !isAttachment(file));
    for (const file of [...packets, ...unfinished, ...uploads]) this.keepFor(file);
    note(this.#attachments, files.filter(isAttachment), this.#ourNow - ATTACHMENT_MS);
  }

  /** What was abandoned; no attachments of a box that was not seen whole, for a packet that was not seen may ask for them. */
  found(): Abandoned {
    const isAsked = (file: Lying): boolean =>
      sendersOf(file).some((sender) => this.#asking.has(sender));
    const attachments = this.#attachments.filter((file) => !isAsked(file));
    return {
      uploads: leftBefore(this.#uploads, this.#newest - UPLOAD_MS),
      attachments: this.#isWhole ? leftBefore(attachments, this.#newest - ATTACHMENT_MS) : [],
    };
  }
}

function note(found: Lying[], files: readonly Lying[], before: number): void {
  found.push(...leftBefore(files, before).slice(0, MOST_FOUND - found.length));
}

const leftBefore = (files: readonly Lying[], before: number): Lying[] =>
  files.filter(({ modifiedAt }) => {
    const time = modifiedAt.getTime();
    return time >= FIRST_TIME && time < before;
  });
