/** What stands beside an original in the quarantine: since when it is kept there, and why. */
import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "../disk.ts";

/** A message that was refused though its neighbours were taken. */
export interface RefusedMessage {
  readonly position: number;
  readonly kind: string;
  readonly code: string;
  readonly reason: string;
}

/** As it was written; whatever is missing is what the ledger says. */
export interface Reason {
  readonly at: Date;
  readonly code?: string;
  readonly reason?: string;
  /** None if it was refused as a whole. */
  readonly refused?: readonly RefusedMessage[];
  /** Our own disk, or somebody's hand, has spoiled it: why is what the ledger says. */
  readonly isSpoiled: boolean;
}

/** @returns `null` if nothing is written there: the folder is being made just now, or is nothing of ours */
export async function readReason(folder: string): Promise<Reason | null> {
  const path = join(folder, "reason.json");
  const written = await writtenIn(path);
  if (written === ABSENT) return null;
  if (isReason(written)) return { ...written, at: new Date(written.at), isSpoiled: false };
  const { mtime } = await lstat(path).catch(() => lstat(folder));
  return { at: mtime, isSpoiled: true };
}

const ABSENT = Symbol("no reason is written");

/** @returns `undefined` if it is no JSON, or may not be read */
async function writtenIn(path: string): Promise<unknown> {
  try {
    return parsed(await readFile(path, "utf8"));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null) throw error;
    return errno === "ENOENT" || errno === "ENOTDIR" ? ABSENT : undefined;
  }
}

/** @returns `undefined` if it is no JSON */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type Written = Omit<Reason, "at" | "isSpoiled"> & { readonly at: string };

/** Whoever shows it relies on each of these; one that does not fit would end the list of all the others. */
function isReason(value: unknown): value is Written {
  if (!isObject(value)) return false;
  const { at, code, reason, refused } = value;
  return (
    isText(at) &&
    !Number.isNaN(Date.parse(at)) &&
    (code === undefined || isText(code)) &&
    (reason === undefined || isText(reason)) &&
    (refused === undefined || (Array.isArray(refused) && refused.every(isRefusedMessage)))
  );
}

function isRefusedMessage(value: unknown): value is RefusedMessage {
  if (!isObject(value)) return false;
  const { position, kind, code, reason } = value;
  return Number.isInteger(position) && isText(kind) && isText(code) && isText(reason);
}

const isText = (value: unknown): value is string => typeof value === "string";

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
