/**
 * Whoever shares a drop folder is less trusted than the service, and whoever may write into a local box not at all:
 * what they put there instead of files is not followed, not waited for, and read by nobody.
 */
import { once } from "node:events";
import * as fs from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { localFiles, openFolders } from "../../daemon/dropbox/folder.ts";
import { unmakeFolder } from "../../daemon/desk/unmade.ts";
import { copyDurably } from "../../daemon/desk/carry.ts";
import { everything, OURS, packetName, refused } from "../dropbox/contract.ts";
import { folderYard } from "../dropbox/yards.ts";
import type { Yard } from "../dropbox/contract.ts";
import {
  asked,
  type District,
  drop,
  meet,
  newWorld,
  office,
  states,
  type World,
} from "../homes.ts";
import { everythingIn } from "../scene.ts";
import { type Snapshot, snapshot } from "../snapshots.ts";
import { NO_FILES, pipe, type PutOdd, secondName } from "./odd.ts";

const SECRET = "the key of nobody else";
/** A file that says it has 100 GB, and takes no room. */
async function sparse(path: string): Promise<void> {
  await fs.writeFile(path, "");
  await fs.truncate(path, 100e9);
}

const ODD: readonly (readonly [string, PutOdd])[] = [...NO_FILES, ["100 GB of nothing", sparse]];

describe("a box in a local folder", () => {
  let yard: Yard;
  let open: AsyncDisposableStack;
  beforeEach(async () => {
    open = new AsyncDisposableStack();
    yard = open.use(await folderYard());
  });
  afterEach(() => open.disposeAsync());
  const onDisk = (name: string): string => join(yard.onDisk(OURS), name);

  const socket: PutOdd = async (path) => {
    // A socket is made under a short name only, and lives on under any.
    const near = await fs.mkdtemp(join(tmpdir(), "s-"));
    open.defer(() => fs.rm(near, { recursive: true }));
    const server = createServer().listen(join(near, "s"));
    open.defer(() => new Promise<void>((resolve) => void server.close(() => resolve())));
    await once(server, "listening");
    await fs.rename(join(near, "s"), path);
  };

  it.each([...ODD, ["a second name of another file", secondName], ["a socket", socket]] as [
    string,
    PutOdd,
  ][])("in which %s has a packet's name gives nothing of it, and the rest", async (_what, make) => {
    const secret = join(yard.onDisk(OURS), "..", "secret");
    await fs.writeFile(secret, SECRET);
    const [odd, good] = [packetName(), packetName()];
    await fs.writeFile(onDisk(good), "sealed");
    await make(onDisk(odd), secret);
    await using harbor = openFolders();
    const box = harbor.box(yard.onDisk(OURS));
    const seen = await everything(box);
    const { size } = (await fs.lstat(onDisk(odd))) ?? {};
    const desk = join(yard.onDisk(OURS), "..", "copy");
    await expect(box.fetch(odd, desk, { size, maxBytes: 1000 })).rejects.toSatisfy(
      (error: unknown) => refused("BOX_FILE_CHANGED")(error) || refused("BOX_FILE_TOO_BIG")(error),
    );
    expect(seen.files.map(({ name }) => name)).toContain(good);
    expect((await box.read(good, { maxBytes: 100 })).toString()).toBe("sealed");
    await expect(fs.lstat(desk)).rejects.toThrow("ENOENT");
  });

  it("whose file is exchanged for a link when it was looked at gives nothing behind the link", async () => {
    const secret = join(yard.onDisk(OURS), "..", "secret");
    await fs.writeFile(secret, SECRET);
    const name = packetName();
    await fs.symlink(secret, onDisk(name));
    // As it was a moment before: a file of that size.
    const look = async (path: string) => {
      const found = await localFiles.look(path);
      return found && { ...found, kind: "file" as const, size: SECRET.length };
    };
    await using harbor = openFolders({ ...localFiles, look });
    const reading = harbor.box(yard.onDisk(OURS)).read(name, { maxBytes: 100 });
    await expect(reading).rejects.toSatisfy(refused("BOX_FILE_GONE"));
  });

  it("whose file is exchanged for a pipe when it was looked at does not wait for it", async () => {
    const name = packetName();
    pipe(onDisk(name));
    const look = async (path: string) => {
      const found = await localFiles.look(path);
      return found && { ...found, kind: "file" as const, size: 10 };
    };
    await using harbor = openFolders({ ...localFiles, look });
    const reading = harbor.box(yard.onDisk(OURS)).read(name, { maxBytes: 100 });
    await expect(reading).rejects.toSatisfy(
      (error: unknown) => refused("BOX_FILE_CHANGED")(error) || refused("BOX_FAILED")(error),
    );
  });

  it.each([
    ["a file", (path: string) => fs.writeFile(path, "squatted"), "BOX_NAME_TAKEN"],
    ["a folder", (path: string) => fs.mkdir(path), "BOX_NAME_TAKEN"],
    ["a link", (path: string) => fs.symlink("/etc/hostname", path), "BOX_NAME_TAKEN"],
    ["a pipe", pipe, "BOX_NAME_TAKEN"],
  ] as const)("in which %s has the name of an upload keeps it as it is", async (_w, make, code) => {
    const name = packetName();
    await make(onDisk(name));
    const before = await fs.lstat(onDisk(name));
    await using harbor = openFolders();
    const delivering = harbor.box(yard.onDisk(OURS)).deliver(name, Buffer.from("sealed bytes"));
    await expect(delivering).rejects.toSatisfy(refused(code));
    expect((await fs.lstat(onDisk(name))).ino).toBe(before.ino);
    expect(await fs.readdir(yard.onDisk(OURS))).toEqual([name]);
  });

  it.each([
    ["a link", (path: string, secret: string) => fs.symlink(secret, path)],
    ["a pipe", pipe],
    ["a file", (path: string) => fs.writeFile(path, "squatted")],
  ] as [string, PutOdd][])(
    "in which %s has the name of our part is delivered to, and nothing is written through it",
    async (_what, make) => {
      const secret = join(yard.onDisk(OURS), "..", "secret");
      await fs.writeFile(secret, SECRET);
      const name = packetName();
      await make(onDisk(`.${name}.part`), secret);
      await using harbor = openFolders();
      const box = harbor.box(yard.onDisk(OURS));
      expect(await box.deliver(name, Buffer.from("sealed"))).toBe("delivered");
      expect(await fs.readFile(onDisk(name), "utf8")).toBe("sealed");
      expect(await fs.readFile(secret, "utf8")).toBe(SECRET);
    },
  );
});

describe("a drop folder", () => {
  let world: World;
  let before: Snapshot;
  let reference: string;
  let undecided: readonly string[];
  const home = (): District => world.prairie;
  const secret = (): string => join(home().folder, "keys", "openpgp.asc");
  const caseFile = (...path: string[]): string => office(home(), "requests", reference, ...path);
  beforeAll(async () => {
    world = await newWorld();
    reference = await asked(world);
    undecided = await states(world);
    before = await snapshot(world);
  }, 60_000);
  beforeEach(() => before.restore());
  afterAll(async () => {
    await before[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  /** Two exchanges, so that everything holds still; what the office and the partner can read has nothing of our key. */
  async function exchanges(): Promise<void> {
    const key = (await fs.readFile(secret(), "utf8")).split("\n")[5] ?? "";
    for (let count = 0; count < 2; count++) {
      expect((await meet(world, home())).failure?.code ?? null).toBe(null);
      world.clock.pass({ minutes: 10 });
    }
    expect(key.length).toBeGreaterThan(20);
    expect(await everythingIn(office(home()))).not.toContain(key);
    expect(await everythingIn(join(world.folder, "server"))).not.toContain(key);
  }

  it.each(NO_FILES)("with %s in its outbox goes on with the rest", async (_what, make) => {
    await make(office(home(), "outbox", "first.xml"), secret());
    await drop(
      home(),
      "release.xml",
      `<Reject><Reference>${reference}</Reference><ReasonCode>NotOurStudent</ReasonCode></Reject>`,
    );
    await exchanges();
    expect(await fs.readdir(office(home(), "outbox"))).toEqual(["first.xml"]);
  });

  it.each(NO_FILES)("in which %s stands for a decision decides nothing", async (_what, make) => {
    await fs.rm(caseFile("decision.txt"));
    await make(caseFile("decision.txt"), secret());
    await exchanges();
    expect(await states(world)).toEqual(undecided);
  });

  it.each(NO_FILES)(
    "in which %s stands for a request's folder is left alone",
    async (_what, make) => {
      await fs.rm(caseFile(), { recursive: true });
      await make(caseFile(), secret());
      await exchanges();
    },
  );

  it("from which a record is purged does not wait for a pipe in its place", async () => {
    const folder = office(home(), "records", "some record");
    await fs.mkdir(folder, { recursive: true });
    pipe(join(folder, "record.xml"));
    await fs.writeFile(join(folder, "01-transcript.pdf"), "theirs");
    expect(await unmakeFolder(folder, false)).toBe("foreign");
    expect(await fs.readdir(folder)).toHaveLength(2);
  });

  it("whose document has grown since it was looked at is copied no further", async () => {
    const grown = office(home(), "outbox", "grown.pdf");
    await sparse(grown);
    const copy = join(home().folder, "state", "staging", "copy");
    await expect(copyDurably(grown, copy, { mostBytes: 1_000_000 })).rejects.toSatisfy(
      refused("FILE_UNREADABLE"),
    );
    expect(await fs.readdir(join(home().folder, "state", "staging"))).toEqual([]);
    await copyDurably(secret(), copy, { mostBytes: (await fs.stat(secret())).size });
    expect(await fs.readFile(copy, "utf8")).toBe(await fs.readFile(secret(), "utf8"));
  });
});
