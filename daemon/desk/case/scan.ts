/**
 * What lies in a case folder. Nothing is opened and no link is followed: whoever shares the folder could
 * lead us anywhere. What cannot be taken is named in words for the registrar who put it there.
 */
import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { visible } from "../../alerts/say.ts";
import { diskRefusal, errnoOf } from "../../disk.ts";
import type { Sha256 } from "../../ids.ts";
import { mediaTypeOf } from "../../packet/model.ts";
import { DECISION_FILE } from "./decision-form.ts";
import { isIgnored } from "../names.ts";
import type { FileIdentity } from "../writers.ts";

export interface CaseFile extends FileIdentity {
  /** Below the case folder. */
  readonly path: string;
  /** Names of the folders in `documents` in which it lies. */
  readonly folders: readonly string[];
  /** In bytes. */
  readonly size: number;
  readonly ownerUid: number;
  /** Another one, or other content, has another. */
  readonly sight: string;
}

export interface CaseTree {
  readonly isOnShare: boolean;
  /** Changes with all that a release could take. */
  readonly digest: Sha256;
  readonly form: CaseFile | null;
  /** The data part, beside the form. */
  readonly record: CaseFile | null;
  readonly documents: readonly CaseFile[];
  /** Names of other files beside the form in which a decision could stand. */
  readonly strays: readonly string[];
  /** Files that a program has open, as its lock beside them tells. */
  readonly open: readonly string[];
  /** What must not be sent, cannot be read, or would not be found; in whole sentences. */
  readonly faults: readonly string[];
}

const RECORD_FILE = "record.xml";
const DOCUMENTS = "documents";
const DEEPEST = 4;
const MOST_FILES = 500;
/** What we put there, and what a browser or printer makes of it. */
const OURS = /^(?:request|status|decision|record)\b/i;
/** The form under a name of Windows, which hides endings, or of a program that writes them large. */
const FORM = /^decision(?:\.txt){1,3}$/i;
/** Word saves a `decision.docx`, and a cloud `decision - Copy.txt` or `decision-PC7.txt` when two have written. */
const STRAY = /^decision\b.*\.(?:txt|docx?|rtf|odt|pages)$/i;
/** Earlier decisions, as we keep them. */
const KEPT = /^decision-[0-9]+\.txt$/i;

/**
 * The one question that is asked of thousands of folders: is its decision file as it was?
 *
 * @param isOnShare some shares number their files anew at each look: there the number tells nothing
 * @throws PacketboatError DISK_FAILED if it may not be asked
 */
export async function sightOf(path: string, isOnShare = false): Promise<string | null> {
  try {
    return sightIn(await lstat(path, { bigint: true }), isOnShare);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? "")) return null;
    throw diskRefusal(error, path);
  }
}

/** The same of what is known of a file already. */
export const sightIn = ({ size, mtimeNs, ino }: BigIntStats, isOnShare: boolean): string =>
  `${size} ${mtimeNs}${isOnShare ? "" : ` ${ino}`}`;

/** How many bytes it had, seen so. */
export const sizeIn = (sight: string): number => Number(sight.split(" ", 1)[0]);

/** @returns what lies there; a folder that cannot be read is a fault, and one that is gone is empty */
export async function scanCase(folder: string, isOnShare: boolean): Promise<CaseTree> {
  const found: Found = { isOnShare, files: [], open: [], faults: [], marks: [] };
  await listInto(found, folder, [], "");
  await listInto(found, folder, [], DOCUMENTS);
  const { files, open, faults, marks } = found;
  const beside = files.filter(({ path }) => !path.includes("/"));
  const form = beside.find(({ name }) => name === DECISION_FILE) ?? beside.find(isForm) ?? null;
  const record = beside.find(({ name }) => name.toLowerCase() === RECORD_FILE) ?? null;
  const documents = files.filter((file) => file.path.includes("/"));
  const strays = beside.filter((file) => file !== form && isStray(file.name));
  const relevant = [form, record, ...documents, ...strays];
  const seen = relevant.flatMap((file) => (file ? [`${file.path} ${file.sight}`] : []));
  return {
    isOnShare,
    digest: createHash("sha256")
      .update(JSON.stringify([seen.toSorted(), open, marks]))
      .digest("hex") as Sha256,
    form,
    record,
    strays: strays.map(({ name }) => name),
    documents: documents.toSorted((one, other) => ORDER.compare(one.path, other.path)),
    open,
    faults: [...faults, ...beside.filter(isMisplaced).map(misplaced)],
  };
}

const isForm = ({ name }: CaseFile): boolean => FORM.test(name);

const isStray = (name: string): boolean => STRAY.test(name) && !KEPT.test(name);

/** The names alone, where nothing else is to be known. */
export async function straysIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw diskRefusal(error, folder);
  });
  return names.filter((name) => name !== DECISION_FILE && isStray(name));
}

/** `2 transcript` before `10 health`. */
const ORDER = new Intl.Collator("en", { numeric: true });

interface Found {
  readonly isOnShare: boolean;
  readonly files: CaseFile[];
  readonly open: string[];
  readonly faults: string[];
  /** Of what is no plain file, so that a change there is a change. */
  readonly marks: string[];
}

const DECODER = new TextDecoder("utf-8", { fatal: true });

async function listInto(
  found: Found,
  root: string,
  folders: readonly string[],
  below: string,
): Promise<void> {
  const place = [below, ...folders].filter((name) => name !== "").join("/");
  for (const bytes of await namesIn(found, join(root, place), place)) {
    if (found.files.length + found.faults.length > MOST_FILES) {
      found.faults.push(`There are more than ${MOST_FILES} files here. Take some out.`);
      return;
    }
    await noteInto(found, { root, folders, below, place, bytes });
  }
}

async function namesIn(found: Found, path: string, place: string): Promise<Buffer[]> {
  let why = "is no folder";
  try {
    // A link to a folder would lead out of here.
    if ((await lstat(path)).isDirectory()) return await readdir(path, { encoding: "buffer" });
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    if (errno === "ENOENT") return [];
    why = `cannot be read (${errno})`;
  }
  found.faults.push(`The folder ${named(place)} ${why}. Ask IT to look at it.`);
  return [];
}

interface Entry {
  readonly root: string;
  readonly folders: readonly string[];
  readonly below: string;
  readonly place: string;
  readonly bytes: Buffer;
}

async function noteInto(found: Found, entry: Entry): Promise<void> {
  const { root, folders, below, place, bytes } = entry;
  const name = textOf(bytes);
  if (name === null) {
    const shownAs = bytes.toString("latin1").replaceAll(/[^\x20-\x7e]/g, "?");
    found.faults.push(`${inPlace(place, shownAs)} has a name that cannot be read. Rename it.`);
    found.marks.push(bytes.toString("hex"));
    return;
  }
  const locked = lockedBy(name);
  if (locked !== null) found.open.push(inPlace(place, locked));
  if (locked !== null || isIgnored(name)) return;
  const path = place === "" ? name : `${place}/${name}`;
  const file = await lstat(join(root, path), { bigint: true }).catch((error: unknown) => {
    if (errnoOf(error) === null) throw error;
    return null;
  });
  if (file === null) {
    // Gone since the listing: the next look tells.
    found.marks.push(`${path} vanished`);
  } else if (file.isDirectory()) {
    if (below === "") return;
    if (folders.length < DEEPEST) await listInto(found, root, [...folders, name], below);
    else found.faults.push(`${inPlace(place, name)} lies too deep. Move it up.`);
  } else if (file.isFile()) {
    found.files.push({
      name,
      path,
      folders,
      size: Number(file.size),
      ownerUid: Number(file.uid),
      device: file.dev,
      inode: file.ino,
      sight: sightIn(file, found.isOnShare),
    });
  } else {
    found.faults.push(`${inPlace(place, name)} is no file, but a link or a device. Take it out.`);
    found.marks.push(`${path} odd`);
  }
}

function textOf(bytes: Buffer): string | null {
  try {
    return DECODER.decode(bytes);
  } catch {
    return null;
  }
}

/** Word leaves `~$anscript.docx` beside a file that it has open, LibreOffice `.~lock.transcript.docx#`. */
function lockedBy(name: string): string | null {
  const libre = /^\.~lock\.(.+)#$/.exec(name)?.[1];
  if (libre !== undefined) return libre;
  const word = /^~\$(.+)$/.exec(name)?.[1];
  return word === undefined ? null : `…${word}`;
}

/** Something to send that lies where it is not sent from. */
const isMisplaced = ({ name }: CaseFile): boolean => !OURS.test(name) && mediaTypeOf(name) !== null;

const misplaced = ({ name }: CaseFile): string =>
  `${named(name)} lies beside decision.txt, and would not be sent. Move it into the folder documents, or take it out.`;

/** A name as it may be shown on one line. */
export const named = (path: string): string =>
  path === "" ? "of this request" : visible(path).replaceAll("\n", "␊").replaceAll("\t", "␉");

const inPlace = (place: string, name: string): string =>
  named(place === "" ? name : `${place}/${name}`);
