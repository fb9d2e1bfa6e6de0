/** Every call by which this process makes or names a file, seen before it is made; a test may let it fail. */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/** The calls that take a path, and how many paths. */
const CALLS: readonly (readonly [keyof typeof fs.promises & keyof typeof fs, number])[] = [
  ...(["open", "mkdir", "mkdtemp", "writeFile", "appendFile", "readFile", "readdir"] as const).map(
    (name) => [name, 1] as const,
  ),
  ...(["stat", "lstat", "unlink", "rm", "chmod", "utimes", "access", "opendir"] as const).map(
    (name) => [name, 1] as const,
  ),
  ...(["rename", "copyFile", "cp", "link", "symlink"] as const).map((name) => [name, 2] as const),
];
const SYNC = [
  "openSync",
  "mkdirSync",
  "writeFileSync",
  "appendFileSync",
  "renameSync",
  "mkdtempSync",
  "createWriteStream",
] as const;

/** @param calling the function, and the paths it was given; what this throws is what the call fails with */
export type Before = (calling: string, paths: readonly string[]) => void;

type Anything = (...args: unknown[]) => unknown;

const textOf = (path: unknown): string =>
  typeof path === "string" || path instanceof URL
    ? String(path)
    : Buffer.isBuffer(path)
      ? path.toString("latin1")
      : "";

/** See all calls until it is disposed of. */
export function watchDiskCalls(before: Before): Disposable {
  const undo: (() => void)[] = [];
  const wrap = (of: object, name: string, paths: number, isPromise: boolean): void => {
    const original = Reflect.get(of, name) as Anything;
    const see = (args: readonly unknown[]): void => before(name, args.slice(0, paths).map(textOf));
    const watched: Anything = isPromise
      ? async function (this: unknown, ...args) {
          see(args);
          return await Reflect.apply(original, this, args);
        }
      : function (this: unknown, ...args) {
          see(args);
          return Reflect.apply(original, this, args);
        };
    Reflect.set(of, name, watched);
    undo.push(() => Reflect.set(of, name, original));
  };
  for (const [name, paths] of CALLS) wrap(fs.promises, name, paths, true);
  for (const name of SYNC) wrap(fs, name, name === "renameSync" ? 2 : 1, false);
  syncBuiltinESMExports();
  return {
    [Symbol.dispose]: () => {
      for (const each of undo.toReversed()) each();
      syncBuiltinESMExports();
    },
  };
}
