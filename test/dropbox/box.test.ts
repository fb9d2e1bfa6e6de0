import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DropBox, MOST_LISTED } from "../../daemon/dropbox/contract.ts";
import type { BoxFiles } from "../../daemon/dropbox/files.ts";
import { localFiles, openFolders } from "../../daemon/dropbox/folder.ts";
import { PacketboatError, isRefusal } from "../../daemon/errors.ts";
import { namesIn, packetName, refused } from "./contract.ts";
import { distant, type Fault, failing } from "./faults.ts";

const sealed = Buffer.from("sealed bytes");
const expected = { size: sealed.length, maxBytes: 100 };
const cut = new PacketboatError("BOX_UNREACHABLE", "the line was cut");
const balk = new PacketboatError("BOX_FAILED", "the server could not do it");

let root: string;
let folder: string;
let name: string;

beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), "packetboat-box-"));
  folder = join(root, "box");
  await fs.mkdir(folder);
  name = packetName();
});

afterEach(() => fs.rm(root, { recursive: true, force: true }));

const boxOn = (files: BoxFiles): DropBox => openFolders(files).box(folder);
const inTheBox = async (): Promise<string[]> => (await fs.readdir(folder)).toSorted();

/** How many calls an operation makes when nothing fails. */
async function callsOf(operation: (box: DropBox) => Promise<unknown>): Promise<number> {
  const counted = failing(localFiles, { call: 0, when: "before", error: cut, forGood: false });
  await operation(boxOn(counted));
  return counted.calls.made;
}

/** Every call of an operation, failing before and after it was done, once and for good. */
async function everyFault(operation: (box: DropBox) => Promise<unknown>): Promise<Fault[]> {
  const total = await callsOf(operation);
  expect(total).toBeGreaterThan(1);
  const calls = Array.from({ length: total }, (_, index) => index + 1);
  return calls.flatMap((call) =>
    (["before", "after"] as const).flatMap((when) => [
      { call, when, error: cut, forGood: true },
      { call, when, error: balk, forGood: false },
    ]),
  );
}

describe("listing a folder that has no end", () => {
  it.each([
    ["of files", 10_000, MOST_LISTED],
    ["of nothing", 0, 0],
  ])("%s ends, and says that it was cut", async (_what, length, most) => {
    const entry = { name, kind: "file", size: 1, modifiedAt: new Date(0) } as const;
    const batch = Array.from({ length }, () => entry);
    const entries = async function* () {
      for (;;) yield batch;
    };
    let files = 0;
    const cuts: unknown[] = [];
    for await (const listing of boxOn({ ...localFiles, entries }).list(() => true)) {
      files += listing.files.length;
      if (listing.isCut) cuts.push(listing.isCut);
    }
    expect([files, cuts]).toEqual([most, [true]]);
  });
});

describe("delivering over a line that fails at any call", () => {
  const deliver = (box: DropBox) => box.deliver(name, sealed);

  it("shows nothing or the whole file, and is finished by the second try", async () => {
    const faults = await everyFault(deliver);
    await fs.unlink(join(folder, name));
    for (const fault of faults) {
      const end = await deliver(boxOn(failing(localFiles, fault))).catch((error: unknown) => error);
      const shown = await fs.readFile(join(folder, name)).catch(() => null);
      if (shown !== null) expect(shown.equals(sealed)).toBe(true);
      if (end === "delivered" || end === "already there") expect(shown).not.toBeNull();
      else expect(isRefusal(end), String(end)).toBe(true);

      expect(["delivered", "already there"]).toContain(await deliver(boxOn(localFiles)));
      expect(await inTheBox(), JSON.stringify(fault)).toEqual([name]);
      expect(await namesIn(boxOn(localFiles))).toEqual([name]);
      await fs.unlink(join(folder, name));
    }
  });

  it("leaves no partial file when the server itself failed", async () => {
    const faults = (await everyFault(deliver)).filter(({ forGood }) => !forGood);
    await fs.unlink(join(folder, name));
    for (const fault of faults) {
      await deliver(boxOn(failing(localFiles, fault))).catch(() => undefined);
      const partials = (await inTheBox()).filter((left) => left !== name);
      // An upload that was begun with its answer lost is found by the next try.
      if (fault.when === "before") expect(partials, JSON.stringify(fault)).toEqual([]);
      await fs.rm(folder, { recursive: true });
      await fs.mkdir(folder);
    }
  });

  it("counts as delivered when only the answer to the rename was lost", async () => {
    const files: BoxFiles = {
      ...localFiles,
      rename: async (from, to) => {
        await localFiles.rename(from, to);
        throw balk;
      },
    };
    expect(await boxOn(files).deliver(name, sealed)).toBe("delivered");
    expect(await inTheBox()).toEqual([name]);
  });

  it("refuses when another file took the name between our look and our rename", async () => {
    const files: BoxFiles = {
      ...localFiles,
      rename: async (from, to) => {
        await fs.writeFile(to, "somebody was faster");
        await localFiles.rename(from, to);
      },
    };
    await expect(boxOn(files).deliver(name, sealed)).rejects.toSatisfy(refused("BOX_NAME_TAKEN"));
    expect(await inTheBox()).toEqual([name]);
    expect(await fs.readFile(join(folder, name), "utf8")).toBe("somebody was faster");
  });

  it("does not believe a server that lost some of the bytes", async () => {
    const files: BoxFiles = {
      ...localFiles,
      create: async (path) => ({
        ...(await localFiles.create(path)),
        write: async () => undefined,
      }),
    };
    await expect(boxOn(files).deliver(name, sealed)).rejects.toSatisfy(refused("BOX_FAILED"));
    expect(await inTheBox()).toEqual([]);
  });

  it("looks once more where a server looks before it has closed the file", async () => {
    let looks = 0;
    const files: BoxFiles = {
      ...localFiles,
      look: async (path) => {
        const found = await localFiles.look(path);
        return found && ++looks === 1 ? { ...found, size: 0 } : found;
      },
    };
    expect(await boxOn(files).deliver(name, sealed)).toBe("delivered");
    expect([await inTheBox(), looks]).toEqual([[name], 2]);
  });

  it("begins nothing that stays when the name is taken, or cannot be looked at", async () => {
    await boxOn(localFiles).deliver(name, Buffer.from("the first"));
    await expect(boxOn(localFiles).deliver(name, sealed)).rejects.toSatisfy(
      refused("BOX_NAME_TAKEN"),
    );
    expect(await inTheBox()).toEqual([name]);
    const look = () => Promise.reject(balk);
    await expect(boxOn({ ...localFiles, look }).deliver(packetName(), sealed)).rejects.toBe(balk);
    expect(await inTheBox()).toEqual([name]);
  });

  it("finds its file there also when the server has no room to begin another", async () => {
    await boxOn(localFiles).deliver(name, sealed);
    const full = new PacketboatError("BOX_FULL", "no room");
    const files = { ...localFiles, create: () => Promise.reject(full) };
    expect(await boxOn(files).deliver(name, sealed)).toBe("already there");
  });

  it("needs no right to remove where its file is there", async () => {
    await boxOn(localFiles).deliver(name, sealed);
    const remove = () => Promise.reject(new PacketboatError("BOX_DENIED", "we may not"));
    const files = { ...localFiles, remove };
    for (let time = 0; time < 3; time++) {
      expect(await boxOn(files).deliver(name, sealed)).toBe("already there");
    }
    await fs.unlink(join(folder, name));
    await fs.unlink(join(folder, `.${name}.part`));
    expect(await boxOn(files).deliver(name, sealed)).toBe("delivered");
  });

  it("looks once more where a server shows no file that is open", async () => {
    let isOpen = false;
    const files: BoxFiles = {
      ...localFiles,
      create: async (path) => {
        const file = await localFiles.create(path);
        isOpen = true;
        const close = () => file.close().finally(() => (isOpen = false));
        return { ...file, close };
      },
      look: (path) => (isOpen ? Promise.reject(balk) : localFiles.look(path)),
    };
    expect(await boxOn(files).deliver(name, sealed)).toBe("delivered");
  });

  it("believes no file that a careless server has emptied under its other name", async () => {
    await fs.writeFile(join(folder, name), sealed);
    await fs.link(join(folder, name), join(folder, `.${name}.part`));
    const create: BoxFiles["create"] = async (path) => {
      await fs.truncate(path);
      return await localFiles.open(path);
    };
    await expect(boxOn({ ...localFiles, create }).deliver(name, sealed)).rejects.toSatisfy(
      refused("BOX_NAME_TAKEN"),
    );
  });

  it("waits for a distant server four times", async () => {
    const { files, waits } = distant(localFiles);
    expect(await boxOn(files).deliver(name, sealed)).toBe("delivered");
    // Whether the name is free, and a beginning; the bytes; onto the disk, closed, and a look; the rename.
    expect(waits()).toBe(4);
  });

  it("lets the box's owner read the file, whatever our umask", async () => {
    const before = process.umask(0o077);
    try {
      await boxOn(localFiles).deliver(name, sealed);
    } finally {
      process.umask(before);
    }
    expect((await fs.stat(join(folder, name))).mode & 0o777).toBe(0o640);
  });

  it("tells a full server apart", async () => {
    const full = new PacketboatError("BOX_FULL", "no room");
    const files: BoxFiles = {
      ...localFiles,
      create: async (path) => ({
        ...(await localFiles.create(path)),
        write: () => Promise.reject(full),
      }),
    };
    await expect(boxOn(files).deliver(name, sealed)).rejects.toBe(full);
    expect(await inTheBox()).toEqual([]);
  });
});

describe("fetching over a line that fails at any call", () => {
  it("leaves no local file, or the whole one", async () => {
    await fs.writeFile(join(folder, name), sealed);
    const copy = join(root, "copy");
    const fetch = (box: DropBox) => box.fetch(name, copy, expected);
    const faults = await everyFault(fetch);
    await fs.unlink(copy);
    for (const fault of faults) {
      const end = await fetch(boxOn(failing(localFiles, fault))).catch((error: unknown) => error);
      expect(isRefusal(end), JSON.stringify(fault)).toBe(true);
      expect(await fs.readdir(root)).toEqual(["box"]);
      await fetch(boxOn(localFiles));
      expect((await fs.readFile(copy)).equals(sealed)).toBe(true);
      await fs.unlink(copy);
    }
  });

  const lies: [string, (path: string) => Partial<BoxFiles>][] = [
    [
      "grows while it is read",
      (path) => ({
        open: async () => {
          const file = await localFiles.open(path);
          return {
            ...file,
            read: async (into, position) => {
              await fs.appendFile(path, "more");
              return await file.read(into, position);
            },
          };
        },
      }),
    ],
    [
      "is shorter than it says",
      (path) => ({
        look: async () => {
          const found = await localFiles.look(path);
          return found && { ...found, size: found.size + 7 };
        },
      }),
    ],
    [
      "is longer than it says",
      (path) => ({
        look: async () => {
          const found = await localFiles.look(path);
          return found && { ...found, size: found.size - 7 };
        },
      }),
    ],
    [
      "is replaced by another of the same size while it is read",
      (path) => ({
        open: async () => {
          const file = await localFiles.open(path);
          await fs.writeFile(path, Buffer.alloc(sealed.length));
          await fs.utimes(path, 1, 1);
          return file;
        },
      }),
    ],
  ];

  it.each(lies)("refuses a file that %s", async (_case, lie) => {
    const path = join(folder, name);
    await fs.writeFile(path, sealed);
    const box = boxOn({ ...localFiles, ...lie(path) });
    const { size } = (await { ...localFiles, ...lie(path) }.look(path)) ?? { size: 0 };
    const fetching = box.fetch(name, join(root, "copy"), { size, maxBytes: 100 });
    await expect(fetching).rejects.toSatisfy(refused("BOX_FILE_CHANGED"));
    expect(await fs.readdir(root)).toEqual(["box"]);
  });

  it("puts together what a server gives in small pieces", async () => {
    await fs.writeFile(join(folder, name), sealed);
    const files: BoxFiles = {
      ...localFiles,
      open: async (path) => {
        const file = await localFiles.open(path);
        return { ...file, read: (into, position) => file.read(into.subarray(0, 1), position) };
      },
    };
    expect((await boxOn(files).read(name, { maxBytes: 100 })).equals(sealed)).toBe(true);
  });
});

describe("removing over a line that fails", () => {
  it("is done when the file is gone, though the answer was lost", async () => {
    await fs.writeFile(join(folder, name), sealed);
    const fault: Fault = { call: 1, when: "after", error: balk, forGood: false };
    await boxOn(failing(localFiles, fault)).remove(name);
    expect(await inTheBox()).toEqual([]);
  });

  it("is not done when the file is still there", async () => {
    await fs.writeFile(join(folder, name), sealed);
    const fault: Fault = { call: 1, when: "before", error: balk, forGood: false };
    await expect(boxOn(failing(localFiles, fault)).remove(name)).rejects.toBe(balk);
    expect(await inTheBox()).toEqual([name]);
  });
});

describe("probing over a line that fails at any call", () => {
  const probe = (box: DropBox) => box.probe("4808940-probe-0123456789abcdef", () => new Date());

  it("leaves nothing that the next probe does not remove", async () => {
    for (const fault of await everyFault(probe)) {
      const failed = await probe(boxOn(failing(localFiles, fault))).catch(
        (error: unknown) => error,
      );
      if (failed instanceof Error) expect(isRefusal(failed)).toBe(true);
      expect(await probe(boxOn(localFiles))).toMatchObject({ overwrites: false });
      expect(await inTheBox()).toEqual([]);
    }
  });

  it("tells of a server whose rename overwrites", async () => {
    const overwriting = { ...localFiles, rename: fs.rename };
    expect(await probe(boxOn(overwriting))).toMatchObject({ overwrites: true });
    expect(await inTheBox()).toEqual([]);
  });

  it("tells what a delivery would meet where a file can be added and not renamed", async () => {
    const rename = () => Promise.reject(balk);
    await expect(probe(boxOn({ ...localFiles, rename }))).rejects.toBe(balk);
    expect(await inTheBox()).toEqual([]);
  });
});
