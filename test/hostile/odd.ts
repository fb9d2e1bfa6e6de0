/** What may lie where a file is expected. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { join } from "node:path";

/** Puts it there; some lead to the secret. */
export type PutOdd = (path: string, secret: string) => unknown;

export const pipe = (path: string): void => void execFileSync("mkfifo", [path]);
const device = (path: string): void => void execFileSync("mknod", [path, "c", "1", "5"]);
const isRoot = process.getuid?.() === 0;

/** What is no plain file. */
export const NO_FILES: readonly (readonly [what: string, put: PutOdd])[] = [
  ["a link to our key", (path, secret) => fs.symlink(secret, path)],
  ["a link to nothing", (path) => fs.symlink("/nowhere/at/all", path)],
  ["a link to itself", (path) => fs.symlink(path, path)],
  ["a pipe that nobody writes to", pipe],
  ["a folder", (path) => fs.mkdir(path)],
  ["a folder full of things", (path) => fs.mkdir(join(path, "a", "b"), { recursive: true })],
  ...(isRoot ? ([["a device without an end", device]] as const) : []),
];

export const secondName: PutOdd = async (path, secret) => fs.link(secret, path);
