import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watchFolders, type Watching } from "../daemon/watch.ts";

let root: string;
let folder: string;
let watching: Watching | undefined;
let hints: number;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "packetboat-watch-"));
  folder = join(root, "outbox");
  hints = 0;
});
afterEach(async () => {
  await watching?.[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

const watch = async (): Promise<void> => {
  watching = await watchFolders(
    [folder],
    () => hints++,
    (error) => {
      throw error;
    },
  );
};

/** Arming is not told of: something is done until it is noticed. */
const isNoticed = (what: () => Promise<unknown>): Promise<unknown> => {
  const before = hints;
  return vi.waitFor(
    async () => {
      await what();
      expect(hints).toBeGreaterThan(before);
    },
    { timeout: 10_000, interval: 100 },
  );
};

let number = 0;
const renameIn = async (): Promise<void> => {
  const name = `request-${++number}.xml`;
  await writeFile(join(root, name), "x");
  await rename(join(root, name), join(folder, name));
};

describe("a watched folder", () => {
  it("hints that a file was renamed in, or grows", async () => {
    await mkdir(folder);
    await watch();
    await isNoticed(renameIn);
    await isNoticed(() => writeFile(join(folder, "request-1.xml"), "more"));
  });

  it("hints once for many files", async () => {
    await mkdir(folder);
    await watch();
    await isNoticed(renameIn);
    const before = hints;
    for (let times = 0; times < 200; times++) await renameIn();
    await isNoticed(async () => undefined);
    expect(hints - before).toBeLessThan(20);
  });

  it("that is made later, or made again, is watched from the next look on", async () => {
    await watch();
    await mkdir(folder);
    await watching?.rearm();
    await isNoticed(renameIn);
    await rename(folder, `${folder}-old`);
    await mkdir(folder);
    await watching?.rearm();
    await isNoticed(renameIn);
  });
});
