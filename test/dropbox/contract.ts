/**
 * What every drop box promises (`daemon/dropbox/contract.ts`). Each kind of server brings a yard: boxes
 * for three agencies, and a look behind the scenes.
 */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DropBox, Harbor, WaitingFile } from "../../daemon/dropbox/contract.ts";
import { type ErrorCode, isRefusal } from "../../daemon/errors.ts";

export interface Yard extends AsyncDisposable {
  /** Connect as this agency. */
  harborOf(agency: string): Promise<Harbor>;
  /** The path of an agency's box, for a harbor. */
  boxOf(agency: string): string;
  /** The same box on this machine's disk. */
  onDisk(agency: string): string;
  /** Put a file into `to`'s box, as it is, with `from`'s account. */
  plant(from: string, to: string, name: string, bytes: Buffer, mode?: number): Promise<void>;
}

export interface Traits {
  /** Has every agency an account of its own, whose files are safe from the others? */
  readonly keepsOwnersApart: boolean;
  /** Cannot be tried on this machine; whoever says so has said why. */
  readonly skipped?: boolean;
}

export const OURS = "0634320";
export const SENDER = "4808940";
export const THIRD = "5300030";
export const AGENCIES = [OURS, SENDER, THIRD];

/** The pattern that `packet/names.ts` gives to packets. */
export const isPacketName = (name: string): boolean =>
  /^[0-9]{7}_[0-9]{7}_[0-9]{1,10}_[0-9a-f]{16}\.xml\.pgp$/.test(name);

let sequence = 0;
export const packetName = (): string =>
  `${SENDER}_${OURS}_${String(++sequence).padStart(9, "0")}_${randomBytes(8).toString("hex")}.xml.pgp`;

/** For `expect(…).rejects.toSatisfy`. */
export const refused = (code: ErrorCode) => (error: unknown) => isRefusal(error, code);

export interface Seen {
  files: WaitingFile[];
  unfinished: number;
  strangers: number;
  batches: number;
}

export async function everything(box: DropBox): Promise<Seen> {
  const seen: Seen = { files: [], unfinished: 0, strangers: 0, batches: 0 };
  for await (const { files, unfinished, strangers } of box.list(isPacketName)) {
    seen.files.push(...files);
    seen.unfinished += unfinished.length;
    seen.strangers += strangers.length;
    seen.batches++;
  }
  return seen;
}

export const namesIn = async (box: DropBox): Promise<string[]> =>
  (await everything(box)).files.map(({ name }) => name).toSorted();

export function keepsTheContract(kind: string, traits: Traits, start: () => Promise<Yard>): void {
  describe.skipIf(traits.skipped)(`a drop box on ${kind}`, () => {
    let yard: Yard;
    let desk: string;
    let ours: Harbor;
    let theirs: Harbor;
    let open: AsyncDisposableStack;
    let box: DropBox;
    let partner: DropBox;

    beforeEach(async () => {
      open = new AsyncDisposableStack();
      yard = open.use(await start());
      desk = await fs.mkdtemp(join(tmpdir(), "packetboat-desk-"));
      open.defer(() => fs.rm(desk, { recursive: true, force: true }));
      ours = open.use(await yard.harborOf(OURS));
      theirs = open.use(await yard.harborOf(SENDER));
      box = ours.box(yard.boxOf(OURS));
      partner = theirs.box(yard.boxOf(OURS));
    });

    afterEach(() => open.disposeAsync());

    const onDisk = (name: string): string => join(yard.onDisk(OURS), name);
    const onDesk = (name: string): string => join(desk, name);
    const left = (folder: string): Promise<string[]> => fs.readdir(folder);
    const inTheBox = async (): Promise<string[]> =>
      (await left(yard.onDisk(OURS))).filter((name) => name !== "test").toSorted();

    describe("delivering", () => {
      it.each([0, 1, 31 * 1024 - 1, 31 * 1024, 31 * 1024 + 1, 3_000_000])(
        "carries %i bytes there and back unchanged",
        async (size) => {
          const name = packetName();
          const bytes = randomBytes(size);
          expect(await partner.deliver(name, bytes)).toBe("delivered");
          await box.fetch(name, onDesk("copy"), { size, maxBytes: size });
          expect((await fs.readFile(onDesk("copy"))).equals(bytes)).toBe(true);
        },
      );

      it("takes a local file as well as bytes", async () => {
        const name = packetName();
        await fs.writeFile(onDesk("sealed"), "sealed bytes");
        await partner.deliver(name, onDesk("sealed"));
        expect(await fs.readFile(onDisk(name), "utf8")).toBe("sealed bytes");
      });

      it("lets the box's owner read the file through the group, and nobody else", async () => {
        const name = packetName();
        await partner.deliver(name, Buffer.from("sealed"));
        expect((await fs.stat(onDisk(name))).mode & 0o777).toBe(0o640);
      });

      it("shows nothing under the final name until the file is whole", async () => {
        const name = packetName();
        const bytes = randomBytes(24_000_000);
        let delivered = false;
        const delivering = partner.deliver(name, bytes).finally(() => {
          delivered = true;
        });
        const partialSizes = new Set<number>();
        while (!delivered) {
          const partial = await fs.stat(onDisk(`.${name}.part`)).catch(() => null);
          const final = await fs.stat(onDisk(name)).catch(() => null);
          if (partial !== null) partialSizes.add(partial.size);
          if (final !== null) expect(final.size).toBe(bytes.length);
        }
        expect(await delivering).toBe("delivered");
        expect([...partialSizes].some((size) => size < bytes.length)).toBe(true);
        expect(await inTheBox()).toEqual([name]);
      });

      it("does nothing the second time, as after a crash that lost the note of the first", async () => {
        const name = packetName();
        await partner.deliver(name, Buffer.from("sealed"));
        expect(await partner.deliver(name, Buffer.from("sealed"))).toBe("already there");
        expect(await inTheBox()).toEqual([name]);
      });

      it("refuses a taken name and leaves the other file as it was", async () => {
        const name = packetName();
        await partner.deliver(name, Buffer.from("the first"));
        await expect(partner.deliver(name, Buffer.from("another"))).rejects.toSatisfy(
          refused("BOX_NAME_TAKEN"),
        );
        expect(await fs.readFile(onDisk(name), "utf8")).toBe("the first");
        expect(await inTheBox()).toEqual([name]);
      });

      it("finishes an upload that broke off half-way", async () => {
        const name = packetName();
        await yard.plant(SENDER, OURS, `.${name}.part`, Buffer.from("sea"));
        expect(await partner.deliver(name, Buffer.from("sealed"))).toBe("delivered");
        expect(await fs.readFile(onDisk(name), "utf8")).toBe("sealed");
        expect(await inTheBox()).toEqual([name]);
      });

      it("finishes a rename that broke off between its two halves", async () => {
        const name = packetName();
        await yard.plant(SENDER, OURS, `.${name}.part`, Buffer.from("sealed"));
        await fs.link(onDisk(`.${name}.part`), onDisk(name));
        expect(await partner.deliver(name, Buffer.from("sealed"))).toBe("already there");
        expect(await inTheBox()).toEqual([name]);
      });

      it("delivers eight files at once, and more", async () => {
        const names = Array.from({ length: 30 }, packetName);
        const bytes = randomBytes(100_000);
        const ends = await Promise.all(names.map((name) => partner.deliver(name, bytes)));
        expect(new Set(ends)).toEqual(new Set(["delivered"]));
        expect(await namesIn(box)).toEqual(names.toSorted());
      });

      it("says so when there is no such box", async () => {
        const nowhere = theirs.box(yard.boxOf("9999999"));
        await expect(nowhere.deliver(packetName(), Buffer.from("sealed"))).rejects.toSatisfy(
          refused("BOX_NOT_FOUND"),
        );
      });

      it("removes what a broken delivery left, and only that", async () => {
        const name = packetName();
        await yard.plant(SENDER, OURS, `.${name}.part`, Buffer.from("sea"));
        await partner.deliver(packetName(), Buffer.from("another"));
        await partner.removeLeftover(name);
        await partner.removeLeftover(name);
        expect(await inTheBox()).toHaveLength(1);
      });
    });

    describe("listing", () => {
      it("shows name, size and time", async () => {
        const before = Date.now();
        const name = packetName();
        await partner.deliver(name, Buffer.from("sealed"));
        const [file] = (await everything(box)).files;
        expect(file).toMatchObject({ name, size: 6 });
        expect(Math.abs((file?.modifiedAt.getTime() ?? 0) - before)).toBeLessThan(60_000);
      });

      it("counts what is not for us and passes over uploads under way and folders", async () => {
        const name = packetName();
        await partner.deliver(name, Buffer.from("sealed"));
        await fs.writeFile(onDisk("notes.txt"), "a stranger");
        await fs.writeFile(onDisk("new\nline_ü.xml.pgp"), "a stranger");
        await fs.symlink("/etc/passwd", onDisk(packetName()));
        execFileSync("mkfifo", [onDisk(packetName())]);
        await fs.writeFile(onDisk(`.${packetName()}.part`), "under way");
        await fs.mkdir(onDisk(packetName()));
        const { files, strangers, unfinished } = await everything(box);
        expect(files.map((file) => file.name)).toEqual([name]);
        expect({ strangers, unfinished }).toEqual({ strangers: 4, unfinished: 0 });
      });

      it("leaves out a file with two names until its rename is done", async () => {
        const name = packetName();
        await yard.plant(SENDER, OURS, `.${name}.part`, Buffer.from("sealed"));
        await fs.link(onDisk(`.${name}.part`), onDisk(name));
        expect(await everything(box)).toMatchObject({ files: [], unfinished: 1 });
        await fs.unlink(onDisk(`.${name}.part`));
        expect(await namesIn(box)).toEqual([name]);
      });

      it("shows uploads that were never finished, each by the name that it was to have", async () => {
        const [broken, underWay] = [packetName(), packetName()];
        await yard.plant(SENDER, OURS, `.${broken}.part`, Buffer.from("sea"));
        await yard.plant(SENDER, OURS, `.${underWay}.part`, Buffer.from("sealed"));
        await fs.link(onDisk(`.${underWay}.part`), onDisk(underWay));
        for (const name of [".notes.txt.part", `.${packetName()}`, `${packetName()}.part`]) {
          await yard.plant(SENDER, OURS, name, Buffer.from("a stranger"));
        }
        await fs.mkdir(onDisk(`.${packetName()}.part`));
        const uploads: WaitingFile[] = [];
        for await (const listing of box.list(isPacketName)) uploads.push(...listing.uploads);
        expect(uploads.map(({ name }) => name).toSorted()).toEqual([broken, underWay].toSorted());
        const [{ size, modifiedAt } = {}] = uploads.filter(({ name }) => name === broken);
        expect(size).toBe(3);
        expect(Math.abs((modifiedAt?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
      });

      it("shows hundreds of files in batches, each file once", async () => {
        const names = Array.from({ length: 250 }, packetName);
        await Promise.all(names.map((name) => fs.writeFile(onDisk(name), "sealed")));
        const { files, batches } = await everything(box);
        expect(files.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
        expect(batches).toBeGreaterThan(1);
      });

      it("may be broken off, and begun again", async () => {
        await partner.deliver(packetName(), Buffer.from("sealed"));
        for await (const { files } of box.list(isPacketName)) {
          expect(files).toHaveLength(1);
          break;
        }
        expect(await namesIn(box)).toHaveLength(1);
      });

      it("says so when there is no such box", async () => {
        await fs.rm(yard.onDisk(OURS), { recursive: true });
        await expect(everything(box)).rejects.toSatisfy(refused("BOX_NOT_FOUND"));
      });
    });

    describe("fetching", () => {
      it("makes a private local file", async () => {
        const name = packetName();
        await partner.deliver(name, Buffer.from("sealed"));
        await box.fetch(name, onDesk("copy"), { size: 6, maxBytes: 100 });
        expect((await fs.stat(onDesk("copy"))).mode & 0o777).toBe(0o600);
      });

      it("never overwrites a local file", async () => {
        const name = packetName();
        await partner.deliver(name, Buffer.from("sealed"));
        await fs.writeFile(onDesk("copy"), "mine");
        const fetching = box.fetch(name, onDesk("copy"), { size: 6, maxBytes: 100 });
        await expect(fetching).rejects.toSatisfy(refused("FILE_EXISTS"));
        expect(await fs.readFile(onDesk("copy"), "utf8")).toBe("mine");
      });

      it.each<[string, { size: number; maxBytes: number }, ErrorCode]>([
        ["more bytes than we take", { size: 6, maxBytes: 5 }, "BOX_FILE_TOO_BIG"],
        [
          "more bytes than we take, though less was promised",
          { size: 3, maxBytes: 5 },
          "BOX_FILE_TOO_BIG",
        ],
        ["more bytes than were listed", { size: 5, maxBytes: 100 }, "BOX_FILE_CHANGED"],
        ["fewer bytes than were listed", { size: 7, maxBytes: 100 }, "BOX_FILE_CHANGED"],
      ])("leaves no local file when the box holds %s", async (_case, expected, code) => {
        const name = packetName();
        await partner.deliver(name, Buffer.from("sealed"));
        await expect(box.fetch(name, onDesk("copy"), expected)).rejects.toSatisfy(refused(code));
        expect(await left(desk)).toEqual([]);
        expect(await namesIn(box)).toEqual([name]);
      });

      it("says so when the file is gone", async () => {
        const fetching = box.fetch(packetName(), onDesk("copy"), { size: 6, maxBytes: 100 });
        await expect(fetching).rejects.toSatisfy(refused("BOX_FILE_GONE"));
        expect(await left(desk)).toEqual([]);
      });

      it.each<[string, (path: string) => Promise<unknown>]>([
        ["a link", (path) => fs.symlink("/etc/hostname", path)],
        ["a FIFO", async (path) => execFileSync("mkfifo", [path])],
        ["a folder", (path) => fs.mkdir(path)],
      ])("does not touch %s that took the file's name", async (_case, make) => {
        const name = packetName();
        await make(onDisk(name));
        const { size } = await fs.lstat(onDisk(name));
        const fetching = box.fetch(name, onDesk("copy"), { size, maxBytes: 1_000_000 });
        await expect(fetching).rejects.toSatisfy(refused("BOX_FILE_CHANGED"));
        expect(await left(desk)).toEqual([]);
      });

      it("reads a small file of known name into memory, up to a limit", async () => {
        const name = packetName();
        await partner.deliver(name, Buffer.from("sealed"));
        expect((await box.read(name, { maxBytes: 6 })).toString()).toBe("sealed");
        await expect(box.read(name, { maxBytes: 5 })).rejects.toSatisfy(
          refused("BOX_FILE_TOO_BIG"),
        );
      });

      it("looks at a file of known name without reading it, and at nothing else", async () => {
        const name = packetName();
        expect(await box.look(name)).toBeNull();
        await partner.deliver(name, Buffer.from("sealed"));
        const [listed] = (await everything(box)).files;
        expect(await box.look(name)).toEqual(listed);
        await fs.mkdir(onDisk("4808940-folder"));
        expect(await box.look("4808940-folder")).toBeNull();
      });

      it.each(["../escape", "a/b", ".hidden", "", "-rf", "a\nb", "a\0b", "x".repeat(300)])(
        "refuses %j for a name",
        async (name) => {
          const expected = { size: 6, maxBytes: 100 };
          const tries = [
            () => box.fetch(name, onDesk("copy"), expected),
            () => box.look(name),
            () => box.read(name, expected),
            () => box.deliver(name, Buffer.from("sealed")),
            () => box.remove(name),
            () => box.removeLeftover(name),
            () => box.probe(name, () => new Date()),
          ];
          for (const attempt of tries) {
            await expect(attempt()).rejects.toSatisfy(refused("BOX_NAME_INVALID"));
          }
        },
      );
    });

    describe("removing", () => {
      it("lets the box's owner remove what others left, finished or not", async () => {
        const [name, broken] = [packetName(), packetName()];
        await partner.deliver(name, Buffer.from("sealed"));
        await yard.plant(SENDER, OURS, `.${broken}.part`, Buffer.from("sea"));
        await box.remove(name);
        await box.removeLeftover(broken);
        expect(await inTheBox()).toEqual([]);
      });

      it("is content when the file is gone already", async () => {
        const name = packetName();
        await partner.deliver(name, Buffer.from("sealed"));
        await box.remove(name);
        await box.remove(name);
        expect(await inTheBox()).toEqual([]);
      });
    });

    describe("probing", () => {
      const now = (): Date => new Date();
      const probeName = `${SENDER}-probe-0123456789abcdef`;

      it("finds that a file can be added, that nothing is overwritten, and leaves nothing", async () => {
        const probe = await partner.probe(probeName, now);
        expect(probe).toMatchObject({ overwrites: false, clockAheadMs: 0 });
        expect(probe.answerMs).toBeGreaterThan(0);
        expect(await inTheBox()).toEqual([]);
      });

      it("tells whose box may be listed", async () => {
        expect(await box.probe(probeName, now)).toMatchObject({ listable: true });
        const partners = await partner.probe(probeName, now);
        expect(partners.listable).toBe(!traits.keepsOwnersApart);
      });

      it.each([3_600_000, -3_600_000])(
        "measures how far our clock is from the server's: %i ms",
        async (aheadMs) => {
          const shifted = (): Date => new Date(Date.now() - aheadMs);
          const { clockAheadMs } = await partner.probe(probeName, shifted);
          expect(Math.abs(clockAheadMs - aheadMs)).toBeLessThan(60_000);
        },
      );

      it("is seen by nobody who lists the box, and may be seen there half-way", async () => {
        await yard.plant(SENDER, OURS, `.${probeName}.part`, Buffer.from("half"));
        await fs.link(onDisk(`.${probeName}.part`), onDisk(`.${probeName}`));
        expect(await everything(box)).toMatchObject({ files: [], unfinished: 0, strangers: 0 });
        expect(await partner.probe(probeName, now)).toMatchObject({ overwrites: false });
        expect(await inTheBox()).toEqual([]);
      });

      it("leaves the packets in the box as they are", async () => {
        const name = packetName();
        await partner.deliver(name, Buffer.from("sealed"));
        await partner.probe(probeName, now);
        await box.probe(probeName, now);
        expect(await namesIn(box)).toEqual([name]);
      });

      it("says so when there is no such box", async () => {
        const nowhere = theirs.box(yard.boxOf("9999999"));
        await expect(nowhere.probe(probeName, now)).rejects.toSatisfy(refused("BOX_NOT_FOUND"));
      });
    });

    describe("between agencies", () => {
      it.skipIf(!traits.keepsOwnersApart)("a partner's box cannot be listed", async () => {
        await partner.deliver(packetName(), Buffer.from("sealed"));
        await expect(everything(partner)).rejects.toSatisfy(refused("BOX_DENIED"));
      });

      it.skipIf(!traits.keepsOwnersApart)(
        "a third agency can neither read nor remove a file whose name it knows",
        async () => {
          const name = packetName();
          await partner.deliver(name, Buffer.from("sealed"));
          await using third = await yard.harborOf(THIRD);
          const seen = third.box(yard.boxOf(OURS));
          await expect(seen.read(name, { maxBytes: 100 })).rejects.toSatisfy(
            refused("BOX_FILE_DENIED"),
          );
          await expect(seen.remove(name)).rejects.toSatisfy(refused("BOX_DENIED"));
          await expect(seen.removeLeftover(name)).resolves.toBeUndefined();
          expect(await namesIn(box)).toEqual([name]);
        },
      );

      it("a box is somebody's, and one that is not there nobody's", async () => {
        expect(await theirs.box(yard.boxOf(OURS)).owner()).toEqual(expect.any(Number));
        expect(await theirs.box(yard.boxOf("9999999")).owner()).toBe(null);
      });

      it.skipIf(!traits.keepsOwnersApart)("the listing tells senders apart", async () => {
        await partner.deliver(packetName(), Buffer.from("sealed"));
        await partner.deliver(packetName(), Buffer.from("sealed"));
        await using third = await yard.harborOf(THIRD);
        await third.box(yard.boxOf(OURS)).deliver(packetName(), Buffer.from("sealed"));
        const owners = (await everything(box)).files.map(({ owner }) => owner);
        expect(owners).toHaveLength(3);
        expect(new Set(owners).size).toBe(2);
      });

      it.skipIf(!traits.keepsOwnersApart)(
        "a file that its sender did not let us read stays where it is",
        async () => {
          const name = packetName();
          await yard.plant(SENDER, OURS, name, Buffer.from("sealed"), 0o600);
          const fetching = box.fetch(name, onDesk("copy"), { size: 6, maxBytes: 100 });
          await expect(fetching).rejects.toSatisfy(refused("BOX_FILE_DENIED"));
          expect(await left(desk)).toEqual([]);
          expect(await namesIn(box)).toEqual([name]);
        },
      );
    });

    describe("a closed harbor", () => {
      it("does nothing more, and may be closed again", async () => {
        await ours.close();
        await ours.close();
        await expect(box.remove(packetName())).rejects.toSatisfy(refused("BOX_UNREACHABLE"));
        await expect(box.deliver(packetName(), Buffer.from("x"))).rejects.toSatisfy(
          refused("BOX_UNREACHABLE"),
        );
        expect(await inTheBox()).toEqual([]);
      });
    });
  });
}
