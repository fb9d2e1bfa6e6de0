import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watchFolders, type Watching } from "../daemon/watch.ts";

let root: string;
let folder: string;
let watching: Watching | undefined;
let hints: number;
/** What the folder is said to lie on. */
let share: string | null;
let told: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "packetboat-watch-"));
  folder = join(root, "outbox");
  hints = 0;
  share = null;
  told = [];
});
afterEach(async () => {
  await watching?.[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

const watch = async (): Promise<void> => {
  watching = await watchFolders([folder], {
    hint: () => hints++,
    failed: (error) => {
      throw error;
    },
    shareAt: () => Promise.resolve(share),
    passedOver: (_, kind) => told.push(kind),
  });
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

  it("that lies on a share is not watched, which is told once, until a disk is there", async () => {
    await mkdir(folder);
    share = "SMB";
    await watch();
    await watching?.rearm();
    expect(told).toEqual(["SMB"]);
    await renameIn();
    share = null;
    await watching?.rearm();
    expect(hints).toBe(0);
    await rename(folder, `${folder}-share`);
    await mkdir(folder);
    await watching?.rearm();
    await isNoticed(renameIn);
    expect(told).toEqual(["SMB"]);
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
