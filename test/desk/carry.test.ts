import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readlinkSync, renameSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  areSame,
  carry,
  carryFolder,
  copyDurably,
  hashOf,
  openRegular,
  readRegular,
  startOf,
} from "../../daemon/desk/carry.ts";
import { isRefusal } from "../../daemon/errors.ts";
import { sha256 } from "../../daemon/ids.ts";
import { elsewhere } from "../elsewhere.ts";

let here: string;

beforeEach(async () => {
  here = await mkdtemp(join(tmpdir(), "packetboat-carry-"));
});

afterEach(() => rm(here, { recursive: true }));

const at = (name: string): string => join(here, name);
const OURS = "/proc/self/fd";
const isOpen = (path: string): boolean =>
  readdirSync(OURS).some((number) => {
    try {
      return readlinkSync(join(OURS, number)) === path;
    } catch {
      return false;
    }
  });
const refused = (code: Parameters<typeof isRefusal>[1]) => (error: unknown) =>
  isRefusal(error, code);

describe("a file of somebody else", () => {
  it("is read with its digest", async () => {
    await writeFile(at("a"), "text");
    expect(await readRegular(at("a"), 4)).toEqual({
      bytes: Buffer.from("text"),
      digest: sha256("text"),
    });
    expect(await hashOf(at("a"))).toBe(sha256("text"));
    expect((await startOf(at("a"), 2)).toString()).toBe("te");
  });

  it("is not taken when another takes its place while it is read", async () => {
    await writeFile(at("a"), Buffer.alloc(32_000_000));
    await writeFile(at("b"), Buffer.alloc(32_000_000));
    const reading = readRegular(at("a"), 32_000_000);
    while (!isOpen(at("a"))) await setImmediate();
    renameSync(at("b"), at("a"));
    expect((await reading) === null).toBe(true);
  });

  it("is not read if it is too big", async () => {
    await writeFile(at("a"), "text");
    await expect(readRegular(at("a"), 3)).rejects.toSatisfy(refused("DOCUMENT_INVALID"));
  });

  it.each(["link", "pipe", "folder"])(
    "is not opened if it is a %s, and nothing hangs",
    async (kind) => {
      await writeFile(at("secret"), "secret");
      if (kind === "link") await symlink(at("secret"), at("a"));
      if (kind === "pipe") await promisify(execFile)("mkfifo", [at("a")]);
      const path = kind === "folder" ? here : at("a");
      await expect(openRegular(path)).rejects.toSatisfy(refused("FILE_UNREADABLE"));
      expect(await startOf(path, 10)).toEqual(Buffer.alloc(0));
      await expect(copyDurably(path, at("copy"))).rejects.toSatisfy(refused("FILE_UNREADABLE"));
      expect(
        (await readdir(here)).filter((name) => name.includes("copy") || name.endsWith("tmp")),
      ).toEqual([]);
    },
  );

  it("may be gone", async () => {
    await expect(openRegular(at("a"))).rejects.toSatisfy(refused("FILE_NOT_FOUND"));
  });
});

describe("a copy", () => {
  it("is whole, private, and replaces what an interrupted attempt left", async () => {
    await writeFile(at("a"), Buffer.alloc(300_000, "text"), { mode: 0o644 });
    await writeFile(at("copy"), "left over");
    await writeFile(at(".copy.tmp"), "left over");
    const digest = await copyDurably(at("a"), at("copy"));
    expect(digest).toBe(await hashOf(at("a")));
    expect(await hashOf(at("copy"))).toBe(digest);
    expect((await stat(at("copy"))).mode & 0o777).toBe(0o600);
    expect((await readdir(here)).toSorted()).toEqual(["a", "copy"]);
  });
});

describe("two files", () => {
  it.each([0, 1, 16_384, 16_385, 278_528, 278_529, 1_000_000])(
    "of %i bytes are the same only to the last byte",
    async (size) => {
      const content = randomBytes(size);
      await writeFile(at("a"), content);
      await writeFile(at("b"), content);
      expect(await areSame(at("a"), at("b"))).toBe(true);
      expect(await hashOf(at("a"))).toBe(sha256(content));
      await writeFile(at("b"), Buffer.concat([content, Buffer.of(0)]));
      expect(await areSame(at("a"), at("b"))).toBe(false);
      if (size === 0) return;
      content[size - 1] = (content[size - 1] ?? 0) ^ 1;
      await writeFile(at("b"), content);
      expect(await areSame(at("a"), at("b"))).toBe(false);
    },
  );
});

describe("carrying a file", () => {
  it("moves it, and never onto another", async () => {
    await writeFile(at("a"), "a");
    await writeFile(at("b"), "b");
    await expect(carry(at("a"), at("b"))).rejects.toSatisfy(refused("FILE_EXISTS"));
    await carry(at("a"), at("c"));
    expect((await readdir(here)).toSorted()).toEqual(["b", "c"]);
  });

  it.skipIf(elsewhere === null)(
    "copies it to another file system, and removes it here only then",
    async () => {
      const there = await mkdtemp(join(elsewhere ?? "", "packetboat-carry-"));
      try {
        await writeFile(at("a"), "text");
        await writeFile(join(there, "taken"), "other");
        await expect(carry(at("a"), join(there, "taken"))).rejects.toSatisfy(
          refused("FILE_EXISTS"),
        );
        await carry(at("a"), join(there, "b"), 0o660);
        expect(await readdir(here)).toEqual([]);
        expect(await readFile(join(there, "b"), "utf8")).toBe("text");
        expect((await stat(join(there, "b"))).mode & 0o777).toBe(0o660);
      } finally {
        await rm(there, { recursive: true });
      }
    },
  );
});

describe("carrying a folder", () => {
  const folder = async (): Promise<void> => {
    await mkdir(at("a/b"), { recursive: true });
    await writeFile(at("a/b/c"), "text");
    await symlink("/etc/passwd", at("a/link"));
  };

  it("moves it with all that is in it, and never onto another", async () => {
    await folder();
    await mkdir(at("taken"));
    await expect(carryFolder(at("a"), at("taken"))).rejects.toSatisfy(refused("FILE_EXISTS"));
    await carryFolder(at("a"), at("d"));
    expect((await readdir(here)).toSorted()).toEqual(["d", "taken"]);
    expect((await readdir(at("d"))).toSorted()).toEqual(["b", "link"]);
  });

  it.skipIf(elsewhere === null)(
    "copies it to another file system, without links, and removes it here only then",
    async () => {
      const there = await mkdtemp(join(elsewhere ?? "", "packetboat-carry-"));
      try {
        await folder();
        await mkdir(join(there, ".to.tmp"));
        await writeFile(join(there, ".to.tmp", "left over"), "of a crash");
        await carryFolder(at("a"), join(there, "to"));
        expect(await readdir(here)).toEqual([]);
        expect(await readdir(there)).toEqual(["to"]);
        expect((await readdir(join(there, "to"), { recursive: true })).toSorted()).toEqual([
          "b",
          "b/c",
        ]);
      } finally {
        await rm(there, { recursive: true });
      }
    },
  );
});
