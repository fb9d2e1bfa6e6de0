/** A server that fails at one call: before it does what it was asked, or after, so that the answer is lost. */
import { setTimeout as passed } from "node:timers/promises";
import type { BoxFiles, OpenFile } from "../../daemon/dropbox/files.ts";
import type { Served } from "../../daemon/dropbox/served.ts";

/** Longer than whoever asks needs between two questions of one moment. */
const AWAY_MS = 20;

export interface Fault {
  /** the number of the call that fails, from 1 */
  readonly call: number;
  readonly when: "before" | "after";
  readonly error: Error;
  /** Does the line stay dead from there on? */
  readonly forGood: boolean;
}

/** @returns the server, and how many calls it has had. */
export function failing(
  files: BoxFiles,
  fault: Fault,
): BoxFiles & { readonly calls: { made: number } } {
  const calls = { made: 0 };
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    const number = ++calls.made;
    if (fault.forGood && number > fault.call) throw fault.error;
    if (number === fault.call && fault.when === "before") throw fault.error;
    const result = await work();
    if (number === fault.call) throw fault.error;
    return result;
  };
  const opened = (file: OpenFile): OpenFile => ({
    isFar: file.isFar,
    read: (into, position) => call(() => file.read(into, position)),
    write: (bytes, position) => call(() => file.write(bytes, position)),
    sync: () => call(() => file.sync()),
    // A server closes what was open when the line goes, asked or not.
    close: async () => {
      try {
        await call(() => Promise.resolve());
      } finally {
        await file.close();
      }
    },
  });
  const opening = async (work: () => Promise<OpenFile>): Promise<OpenFile> => {
    let file: OpenFile | undefined;
    try {
      return await call(async () => opened((file = await work())));
    } catch (error) {
      await file?.close();
      throw error;
    }
  };
  return {
    calls,
    origin: files.origin,
    syncs: files.syncs,
    entries: (folder) => files.entries(folder),
    look: (path) => call(() => files.look(path)),
    create: (path) => opening(() => files.create(path)),
    open: (path) => opening(() => files.open(path)),
    rename: (from, to) => call(() => files.rename(from, to)),
    remove: (path) => call(() => files.remove(path)),
  };
}

/** A server that answers all that it has been asked at the same time, after a while. @returns it, and how often */
export function distant(files: BoxFiles): { files: BoxFiles; waits: () => number } {
  let waits = 0;
  let answers: Promise<void> | null = null;
  const allAnswered = async (): Promise<void> => {
    await passed(AWAY_MS);
    waits++;
    answers = null;
  };
  const asked = async <T>(work: () => Promise<T>): Promise<T> => {
    answers ??= allAnswered();
    await answers;
    return await work();
  };
  const opened = (file: OpenFile): OpenFile => ({
    isFar: true,
    read: (into, position) => asked(() => file.read(into, position)),
    write: (bytes, position) => asked(() => file.write(bytes, position)),
    sync: () => asked(() => file.sync()),
    close: () => asked(() => file.close()),
  });
  return {
    waits: () => waits,
    files: {
      ...files,
      look: (path) => asked(() => files.look(path)),
      create: (path) => asked(async () => opened(await files.create(path))),
      open: (path) => asked(async () => opened(await files.open(path))),
      rename: (from, to) => asked(() => files.rename(from, to)),
      remove: (path) => asked(() => files.remove(path)),
    },
  };
}

/** What the embedded server answers from, changed in a few things. */
export const changed = (files: Served, changes: Partial<Served>): Served => ({
  look: (path) => files.look(path),
  lookAt: (file) => files.lookAt(file),
  list: (path) => files.list(path),
  open: (path, how) => files.open(path, how),
  rename: (from, to) => files.rename(from, to),
  remove: (path) => files.remove(path),
  makeFolder: (path) => files.makeFolder(path),
  removeFolder: (path) => files.removeFolder(path),
  change: (path, wish) => files.change(path, wish),
  ...changes,
});
