import { execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  assertPrivate,
  diskRefusal,
  exists,
  makePrivateFolder,
  makeSharedFolder,
  moveDurably,
  removeQuietly,
  syncTree,
  writeDurably,
  writeNew,
} from "../daemon/disk.ts";
import { type ErrorCode, PacketboatError, isRefusal } from "../daemon/errors.ts";

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
const modeOf = async (path: string): Promise<number> => (await fs.stat(path)).mode & 0o7777;
const refused = (code: ErrorCode) => (error: unknown) => isRefusal(error, code);

beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), "packetboat-disk-"));
});

afterEach(() => fs.rm(folder, { recursive: true, force: true }));

describe("writing durably", () => {
  it("replaces the whole file and leaves nothing beside it", async () => {
    await writeDurably(at("note"), "a long first text");
    await writeDurably(at("note"), Buffer.from("second"));
    expect(await fs.readFile(at("note"), "utf8")).toBe("second");
    expect(await fs.readdir(folder)).toEqual(["note"]);
  });

  it("gives the mode asked for, whatever the umask", async () => {
    const before = process.umask(0o077);
    try {
      await writeDurably(at("private"), "x");
      await writeDurably(at("shared"), "x", { mode: 0o660 });
      await writeNew(at("new"), "x", { mode: 0o640 });
    } finally {
      process.umask(before);
    }
    expect(await modeOf(at("private"))).toBe(0o600);
    expect(await modeOf(at("shared"))).toBe(0o660);
    expect(await modeOf(at("new"))).toBe(0o640);
  });

  it("replaces a link, and does not write through it", async () => {
    await fs.writeFile(at("elsewhere"), "untouched");
    await fs.symlink(at("elsewhere"), at("note"));
    await writeDurably(at("note"), "mine");
    expect(await fs.readFile(at("elsewhere"), "utf8")).toBe("untouched");
    expect((await fs.lstat(at("note"))).isFile()).toBe(true);
  });

  it("keeps the old file and no temporary one when it fails", async () => {
    await fs.mkdir(at("taken"));
    await fs.writeFile(at("taken", "inside"), "x");
    await expect(writeDurably(at("taken"), "x")).rejects.toSatisfy(refused("DISK_FAILED"));
    expect(await fs.readdir(folder)).toEqual(["taken"]);
  });

  it("says when the folder is missing", async () => {
    const writing = writeDurably(at("no", "note"), "x");
    await expect(writing).rejects.toSatisfy(refused("FOLDER_MISSING"));
    await expect(writing).rejects.toThrow(/^note has no folder/);
  });

  it("says when the disk is full, and leaves nothing behind", async () => {
    // Every write to /dev/full fails with ENOSPC; here the system says so for real.
    const failure = await fs.writeFile("/dev/full", "x").catch((error: unknown) => error);
    const refusal = diskRefusal(failure, at("registrar", "note"));
    expect(refusal.code).toBe("DISK_FULL");
    expect(refusal.message).toContain("note");
    expect(refusal.message).not.toContain(folder);
  });

  it("gives its unfinished files names that are known again", async () => {
    const seen = new Set<string>();
    let written = false;
    const writing = writeDurably(at("note"), Buffer.alloc(30_000_000)).finally(() => {
      written = true;
    });
    while (!written) for (const name of await fs.readdir(folder)) seen.add(name);
    await writing;
    seen.delete("note");
    expect([...seen]).toEqual([expect.stringMatching(/^\.[0-9a-f-]{36}\.tmp$/)]);
  });
});

describe("writing a new file", () => {
  it("refuses a name that is there and leaves it alone", async () => {
    await writeNew(at("note"), "first");
    await expect(writeNew(at("note"), "second")).rejects.toSatisfy(refused("FILE_EXISTS"));
    expect(await fs.readFile(at("note"), "utf8")).toBe("first");
  });

  it("does not follow a link to nowhere", async () => {
    await fs.symlink(at("elsewhere"), at("note"));
    await expect(writeNew(at("note"), "x")).rejects.toSatisfy(refused("FILE_EXISTS"));
    expect(await exists(at("elsewhere"))).toBe(false);
  });
});

describe("folders", () => {
  it("private ones are for us alone, also those made on the way", async () => {
    await makePrivateFolder(at("state", "intake"));
    expect(await modeOf(at("state"))).toBe(0o700);
    expect(await modeOf(at("state", "intake"))).toBe(0o700);
    await expect(makePrivateFolder(at("state", "intake"))).resolves.toBeUndefined();
  });

  it("a private one that is open to others is refused, not mended in silence", async () => {
    await fs.mkdir(at("state"));
    await fs.chmod(at("state"), 0o750);
    await expect(makePrivateFolder(at("state"))).rejects.toSatisfy(refused("CONFIG_UNSAFE"));
    expect(await modeOf(at("state"))).toBe(0o750);
  });

  it("shared ones hand their group down, and keep a mode they already have", async () => {
    const group = process.getgid?.() ?? 0;
    await makeSharedFolder(at("office"), group);
    expect(await modeOf(at("office"))).toBe(0o2770);
    await fs.chmod(at("office"), 0o2775);
    await makeSharedFolder(at("office"), group);
    expect(await modeOf(at("office"))).toBe(0o2775);
  });

  it("cannot be made where a file is", async () => {
    await fs.writeFile(at("office"), "x");
    await expect(makeSharedFolder(at("office"))).rejects.toSatisfy(refused("FILE_EXISTS"));
    await expect(makePrivateFolder(at("office", "x"))).rejects.toSatisfy(refused("FOLDER_MISSING"));
  });

  it("are synced with all that is in them, past links and FIFOs", async () => {
    await fs.mkdir(at("a", "b"), { recursive: true });
    await fs.writeFile(at("a", "b", "note"), "x");
    await fs.symlink("/nowhere", at("a", "link"));
    execFileSync("mkfifo", [at("a", "fifo")]);
    await expect(syncTree(folder)).resolves.toBeUndefined();
    await expect(syncTree(at("nothing"))).rejects.toSatisfy(refused("FOLDER_MISSING"));
  });
});

describe("what must be private", () => {
  it.each([0o600, 0o400, 0o700])("is accepted with mode %o", async (mode) => {
    await fs.writeFile(at("key"), "secret", { mode });
    await expect(assertPrivate(at("key"))).resolves.toBeUndefined();
  });

  it.each([0o640, 0o604, 0o620, 0o601, 0o644])("is refused with mode %o", async (mode) => {
    await fs.writeFile(at("key"), "secret");
    await fs.chmod(at("key"), mode);
    await expect(assertPrivate(at("key"))).rejects.toSatisfy(refused("CONFIG_UNSAFE"));
  });

  it("is refused as a link, though the file behind it is private", async () => {
    await fs.writeFile(at("key"), "secret", { mode: 0o600 });
    await fs.symlink(at("key"), at("link"));
    await expect(assertPrivate(at("link"))).rejects.toSatisfy(refused("CONFIG_UNSAFE"));
  });

  it.skipIf(process.getuid?.() !== 0)("is refused when somebody else owns it", async () => {
    await fs.writeFile(at("key"), "secret", { mode: 0o600 });
    await fs.chown(at("key"), 12_345, 12_345);
    await expect(assertPrivate(at("key"))).rejects.toSatisfy(refused("CONFIG_UNSAFE"));
  });

  it("must be there", async () => {
    await expect(assertPrivate(at("key"))).rejects.toSatisfy(refused("FILE_NOT_FOUND"));
  });
});

describe("moving", () => {
  it("takes a file or a folder from one folder to another", async () => {
    await fs.mkdir(at("outbox"));
    await fs.mkdir(at("intake"));
    await fs.writeFile(at("outbox", "document"), "x");
    await moveDurably(at("outbox", "document"), at("intake", "1"));
    expect(await fs.readFile(at("intake", "1"), "utf8")).toBe("x");
    await moveDurably(at("intake"), at("outbox", "intake"));
    expect(await fs.readdir(folder)).toEqual(["outbox"]);
  });

  it("never overwrites, not even an empty folder", async () => {
    await fs.writeFile(at("document"), "x");
    await fs.writeFile(at("taken"), "untouched");
    await fs.mkdir(at("case"));
    await fs.mkdir(at("empty"));
    await expect(moveDurably(at("document"), at("taken"))).rejects.toSatisfy(
      refused("FILE_EXISTS"),
    );
    await expect(moveDurably(at("case"), at("empty"))).rejects.toSatisfy(refused("FILE_EXISTS"));
    expect((await fs.readdir(folder)).toSorted()).toEqual(["case", "document", "empty", "taken"]);
    expect(await fs.readFile(at("taken"), "utf8")).toBe("untouched");
  });

  it("says when somebody else has taken the file", async () => {
    await expect(moveDurably(at("gone"), at("mine"))).rejects.toSatisfy(refused("FILE_NOT_FOUND"));
  });

  it("says when the folder it should go to is missing", async () => {
    await fs.writeFile(at("document"), "x");
    await expect(moveDurably(at("document"), at("no", "document"))).rejects.toSatisfy(
      refused("FOLDER_MISSING"),
    );
    expect(await exists(at("document"))).toBe(true);
  });
});

describe("small things", () => {
  it("a link to nowhere exists, a file below a file does not", async () => {
    await fs.symlink("/nowhere", at("link"));
    await fs.writeFile(at("file"), "x");
    expect(await exists(at("link"))).toBe(true);
    expect(await exists(at("file", "below"))).toBe(false);
  });

  it("removing quietly takes folders too, and bears what is not there", async () => {
    await fs.mkdir(at("a", "b"), { recursive: true });
    await removeQuietly(at("a"));
    await removeQuietly(at("a"));
    expect(await fs.readdir(folder)).toEqual([]);
  });

  it("a failure that is none of the disk's is passed on as it is", () => {
    const bug = new TypeError("a bug");
    expect(() => diskRefusal(bug, at("note"))).toThrow(bug);
    const known = new PacketboatError("DISK_FULL", "full");
    expect(diskRefusal(known, at("note"))).toBe(known);
  });
});

describe("the disk", () => {
  it("is asked something again and again, and the process ends all the same", () => {
    const program = `
      import { createHook } from "node:async_hooks";
      import { keepDiskAwake } from "./daemon/disk.ts";
      let asked = 0;
      createHook({ init: (id, type) => { if (type.startsWith("FSREQ")) asked++; } }).enable();
      keepDiskAwake(1);
      const waiting = setInterval(() => {
        if (asked < 3) return;
        clearInterval(waiting);
        process.stdout.write("asked");
      }, 1);
    `;
    const argv = ["--input-type=module", "--eval", program];
    expect(execFileSync(process.execPath, argv, { encoding: "utf8" })).toBe("asked");
  });
});
