/** Servers with other habits than OpenSSH's, and servers that have no room. */
import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { DropBox } from "../../daemon/dropbox/contract.ts";
import type { Served } from "../../daemon/dropbox/served.ts";
import { startServer } from "../../daemon/dropbox/server.ts";
import { openSftp } from "../../daemon/dropbox/sftp.ts";
import { newSshKey } from "../../daemon/dropbox/sshkeys.ts";
import { OURS, SENDER, packetName, refused } from "./contract.ts";
import { changed } from "./faults.ts";

let open = new AsyncDisposableStack();
afterEach(async () => {
  await open.disposeAsync();
  open = new AsyncDisposableStack();
});

/** The box of a partner on a server of such habits, and where it lies on the disk. */
async function boxOn(
  habits: (files: Served, root: string) => Partial<Served>,
): Promise<{ box: DropBox; folder: string }> {
  const root = await fs.mkdtemp(join(tmpdir(), "packetboat-odd-"));
  open.defer(() => fs.rm(root, { recursive: true, force: true }));
  const between = (files: Served): Served => changed(files, habits(files, root));
  const server = open.use(await startServer(root, { between }));
  const { privateKey, publicKey } = newSshKey("ours");
  for (const agencyId of [OURS, SENDER]) {
    await server.admit({ name: agencyId, agencyId, publicKeys: [publicKey] });
  }
  const { host, port, hostKey } = server;
  const folder = `/boxes/${SENDER}`;
  const address = { kind: "sftp", user: OURS, host, port, folder } as const;
  const harbor = open.use(await openSftp(address, { privateKey, hostKeys: [hostKey] }));
  return { box: harbor.box(folder), folder: join(root, folder) };
}

const errno = (code: string): Error => Object.assign(new Error(code), { code });
const bytes = randomBytes(300_000);
const inBox = async (folder: string): Promise<string[]> =>
  (await fs.readdir(folder)).filter((name) => name !== "test");

describe("a server whose rename overwrites", () => {
  const overwrites = (_files: Served, root: string): Partial<Served> => ({
    rename: (from, to) => fs.rename(join(root, from), join(root, to)),
  });

  it("is delivered to, and again without doing anything", async () => {
    const { box, folder } = await boxOn(overwrites);
    const name = packetName();
    expect(await box.deliver(name, bytes)).toBe("delivered");
    expect(await box.deliver(name, bytes)).toBe("already there");
    expect(await inBox(folder)).toEqual([name]);
    expect(bytes.equals(await fs.readFile(join(folder, name)))).toBe(true);
  });

  it("loses no file of another size that has the name", async () => {
    const { box, folder } = await boxOn(overwrites);
    const name = packetName();
    await box.deliver(name, Buffer.from("the first"));
    await expect(box.deliver(name, bytes)).rejects.toSatisfy(refused("BOX_NAME_TAKEN"));
    expect(await fs.readFile(join(folder, name), "utf8")).toBe("the first");
    expect(await inBox(folder)).toEqual([name]);
  });
});

describe("a server that refuses to rename", () => {
  it.each([
    ["at all", "ENOTSUP", "BOX_FAILED"],
    ["for lack of a right", "EACCES", "BOX_DENIED"],
  ] as const)("%s is told so, and keeps nothing of the upload", async (_why, code, refusal) => {
    const { box, folder } = await boxOn(() => ({ rename: () => Promise.reject(errno(code)) }));
    await expect(box.deliver(packetName(), bytes)).rejects.toSatisfy(refused(refusal));
    expect(await inBox(folder)).toEqual([]);
  });

  it("but did it is believed when we look", async () => {
    const { box, folder } = await boxOn((files) => ({
      rename: async (from, to) => {
        await files.rename(from, to);
        throw errno("EIO");
      },
    }));
    const name = packetName();
    expect(await box.deliver(name, bytes)).toBe("delivered");
    expect(await inBox(folder)).toEqual([name]);
  });
});

describe("a server whose disk is full", () => {
  /** Room for so many bytes; a full disk takes a part of what is written, then nothing. */
  const withRoomFor =
    (room: { left: number }) =>
    (files: Served): Partial<Served> => ({
      open: async (path, how) => {
        const file = await files.open(path, how);
        if (!how.write) return file;
        const write = file.write.bind(file) as (...given: unknown[]) => Promise<unknown>;
        return Object.assign(file, {
          write: async (data: Buffer, offset: number, length: number, position: number) => {
            if (room.left < length) throw errno("ENOSPC");
            room.left -= length;
            return await write(data, offset, length, position);
          },
        });
      },
    });

  it.each([0, 1, 100_000, 299_999])(
    "after %i bytes of an upload keeps nothing of it, and takes it when there is room",
    async (left) => {
      const room = { left };
      const { box, folder } = await boxOn(withRoomFor(room));
      const name = packetName();
      await expect(box.deliver(name, bytes)).rejects.toSatisfy(refused("BOX_FULL"));
      expect(await inBox(folder)).toEqual([]);
      room.left = Infinity;
      expect(await box.deliver(name, bytes)).toBe("delivered");
      expect(bytes.equals(await fs.readFile(join(folder, name)))).toBe(true);
    },
  );

  it("of inodes cannot even begin one", async () => {
    const { box, folder } = await boxOn(() => ({
      open: () => Promise.reject(errno("ENOSPC")),
    }));
    await expect(box.deliver(packetName(), bytes)).rejects.toSatisfy(refused("BOX_FAILED"));
    expect(await inBox(folder)).toEqual([]);
  });
});
