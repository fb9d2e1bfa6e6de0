import { mkdir, mkdtemp, open, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { namesBeingWritten } from "../../daemon/desk/writers.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "packetboat-writers-"));
});

afterEach(() => rm(folder, { recursive: true }));

async function identityOf(path: string, name: string) {
  const { dev: device, ino: inode } = await stat(path, { bigint: true });
  return { name, device, inode };
}

describe("whether a file is being written", () => {
  it.each([
    ["w", ["a.xml"]],
    ["r+", ["a.xml"]],
    ["a", ["a.xml"]],
    ["r", []],
  ])("is seen by how it was opened: %s", async (flags, names) => {
    const path = join(folder, "a.xml");
    await writeFile(path, "");
    await using file = await open(path, flags);
    expect(file.fd).toBeGreaterThan(0);
    expect([...(await namesBeingWritten([await identityOf(path, "a.xml")]))]).toEqual(names);
  });

  it("is not told by the name of another file", async () => {
    const path = join(folder, "a.xml");
    const other = join(folder, "other");
    await writeFile(path, "");
    await mkdir(other);
    await using file = await open(join(other, "a.xml"), "w");
    expect(file.fd).toBeGreaterThan(0);
    expect([...(await namesBeingWritten([await identityOf(path, "a.xml")]))]).toEqual([]);
  });

  it("is not known where processes cannot be looked into", async () => {
    const path = join(folder, "a.xml");
    await writeFile(path, "");
    const proc = join(folder, "proc");
    await mkdir(join(proc, "1", "fd"), { recursive: true });
    await symlink(path, join(proc, "1", "fd", "3"));
    const files = [await identityOf(path, "a.xml")];
    await using file = await open(path, "w");
    expect(file.fd).toBeGreaterThan(0);
    expect([...(await namesBeingWritten(files, proc))]).toEqual([]);
    expect([...(await namesBeingWritten(files, join(folder, "none")))]).toEqual([]);
  });
});
