import { execFile } from "node:child_process";
import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  open,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { finishedFiles } from "../../daemon/desk/ready.ts";
import { isRefusal } from "../../daemon/errors.ts";
import { type Ledger, openLedger } from "../../daemon/ledger/connect.ts";
import { sightingsIn } from "../../daemon/ledger/documents.ts";

const START = Date.parse("2024-07-25T12:00:00Z");

let home: string;
let outbox: string;
let ledger: Ledger;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "packetboat-ready-"));
  outbox = join(home, "outbox");
  await mkdir(outbox);
  ledger = await openLedger(join(home, "ledger.sqlite"));
});

afterEach(async () => {
  await ledger.destroy();
  await rm(home, { recursive: true });
});

/** @param seconds since the first look */
const look = (seconds: number, folder = outbox) =>
  finishedFiles({
    ledger,
    folder,
    unchangedForSeconds: 10,
    at: new Date(START + seconds * 1000),
  });

async function readyAt(seconds: number): Promise<string[]> {
  return (await look(seconds)).ready.map(({ name }) => name);
}

const drop = (name: string, text = "text") => writeFile(join(outbox, name), text);

describe("finished files", () => {
  const dated = async (name: string, seconds: number): Promise<void> => {
    await drop(name);
    const time = new Date(START + seconds * 1000);
    await utimes(join(outbox, name), time, time);
  };

  it("stand in the order in which they came between two looks, then by their own times", async () => {
    await dated("late but old.xml", -500);
    await look(-20);
    await dated("c.xml", -3);
    await dated("a.xml", -2);
    await dated("b.xml", -1);
    await look(0);
    expect(await readyAt(10)).toEqual(["late but old.xml", "c.xml", "a.xml", "b.xml"]);
  });

  it("of one time stand by name, as people number them", async () => {
    for (const name of ["request-10.xml", "request-9.xml", "request-100.xml"]) await dated(name, 0);
    await look(0);
    expect(await readyAt(10)).toEqual(["request-9.xml", "request-10.xml", "request-100.xml"]);
  });
});

describe("a file in an outbox", () => {
  it("is finished when it has kept still from one look to another, long enough", async () => {
    await drop("a.xml");
    const first = await look(0);
    expect(first.ready).toEqual([]);
    expect(first.notYet).toEqual([{ name: "a.xml", lookAgainAt: new Date(START + 10_000) }]);
    expect(await readyAt(9)).toEqual([]);
    const { ready, notYet } = await look(10);
    expect(ready).toEqual([
      { name: "a.xml", path: join(outbox, "a.xml"), size: 4, since: new Date(START) },
    ]);
    expect(notYet).toEqual([]);
  });

  it("is not finished at the first look, however old its time is", async () => {
    await drop("a.xml");
    await utimes(join(outbox, "a.xml"), 0, 0);
    expect(await readyAt(0)).toEqual([]);
  });

  it("begins anew when it has grown", async () => {
    await drop("a.xml");
    await look(0);
    await appendFile(join(outbox, "a.xml"), " and more");
    expect(await readyAt(30)).toEqual([]);
    expect(await readyAt(39)).toEqual([]);
    expect(await readyAt(40)).toEqual(["a.xml"]);
  });

  it("begins anew when it was written again without growing, as by who reserved the room", async () => {
    const path = join(outbox, "a.xml");
    await drop("a.xml", "");
    await truncate(path, 1000);
    await utimes(path, 1000, 1000);
    await look(0);
    const file = await open(path, "r+");
    await file.write("half", 0);
    await file.close();
    expect(await readyAt(10)).toEqual([]);
    expect(await readyAt(20)).toEqual(["a.xml"]);
  });

  it("begins anew when another file takes its name", async () => {
    const at = new Date(0);
    await drop("a.xml", "one");
    await utimes(join(outbox, "a.xml"), at, at);
    await look(0);
    await writeFile(join(home, "b"), "two");
    await utimes(join(home, "b"), at, at);
    await rename(join(home, "b"), join(outbox, "a.xml"));
    expect(await readyAt(10)).toEqual([]);
    expect(await readyAt(20)).toEqual(["a.xml"]);
  });

  it("waits for a writer that stalls, as long as the writer holds it open", async () => {
    const file = await open(join(outbox, "a.xml"), "w");
    await file.write("<half");
    await look(0);
    const { ready, notYet } = await look(600);
    expect(ready).toEqual([]);
    expect(notYet).toEqual([{ name: "a.xml", lookAgainAt: new Date(START + 610_000) }]);
    await file.close();
    expect(await readyAt(601)).toEqual(["a.xml"]);
  });

  it("does not wait for a reader", async () => {
    await drop("a.xml");
    await look(0);
    await using reader = await open(join(outbox, "a.xml"), "r");
    expect(reader.fd).toBeGreaterThan(0);
    expect(await readyAt(10)).toEqual(["a.xml"]);
  });

  it("begins anew when the clock was set back", async () => {
    await drop("a.xml");
    await look(0);
    expect(await readyAt(-3600)).toEqual([]);
    expect(await readyAt(-3590)).toEqual(["a.xml"]);
  });

  it("keeps its place in the order in which files came", async () => {
    await drop("z.xml");
    await look(0);
    await drop("a.xml");
    await look(1);
    expect(await readyAt(11)).toEqual(["z.xml", "a.xml"]);
  });

  it("is forgotten when it is gone, and another folder's is not", async () => {
    const other = join(home, "outbox2");
    await mkdir(other);
    await writeFile(join(other, "a.xml"), "text");
    await drop("a.xml");
    await look(0, other);
    await look(0);
    await rm(join(outbox, "a.xml"));
    await look(1);
    expect([...(await sightingsIn(ledger, outbox)).keys()]).toEqual([]);
    expect([...(await sightingsIn(ledger, other)).keys()]).toEqual([join(other, "a.xml")]);
  });
});

describe("what else lies in an outbox", () => {
  it("is left alone by its name", async () => {
    const names = [
      "~$a.xml",
      "Thumbs.db",
      "THUMBS.DB",
      "desktop.ini",
      ".DS_Store",
      "a.tmp",
      ".a.xml",
    ];
    await Promise.all(names.map((name) => drop(name)));
    await look(0);
    expect(await look(10)).toEqual({ ready: [], notYet: [], unmarked: [], passedOver: [] });
  });

  it("is passed over if it is no plain file, and never opened", async () => {
    await writeFile(join(home, "secret"), "secret");
    await symlink(join(home, "secret"), join(outbox, "link.xml"));
    await promisify(execFile)("mkfifo", [join(outbox, "pipe.xml")]);
    await mkdir(join(outbox, "folder.xml"));
    await look(0);
    const { ready, notYet, passedOver } = await look(10);
    expect({ ready, notYet }).toEqual({ ready: [], notYet: [] });
    expect(passedOver.toSorted()).toEqual(['"folder.xml"', '"link.xml"', '"pipe.xml"']);
  });

  it("is passed over if its name is no text", async () => {
    const name = Buffer.concat([Buffer.from(`${outbox}/`), Buffer.from([0x61, 0xff, 0x0a])]);
    await writeFile(name, "text");
    expect(await look(0)).toEqual({
      ready: [],
      notYet: [],
      unmarked: [],
      passedOver: ['"a\u{fffd}\\n"'],
    });
  });
});

describe("an outbox that is missing", () => {
  it.each(["outbox/none", "ledger.sqlite"])("is refused as such: %s", async (name) => {
    const missing = look(0, join(home, name));
    await expect(missing).rejects.toSatisfy((error) => isRefusal(error, "FOLDER_MISSING"));
  });
});

describe("a file that has another inode at each look", () => {
  const renumber = async (path: string): Promise<void> => {
    const { atime, mtime } = await stat(path);
    await copyFile(path, `${path}.new`);
    await utimes(`${path}.new`, atime, mtime);
    await rename(`${path}.new`, path);
  };

  it.each([
    ["SMB", ["a.xml"]],
    [null, []],
  ])("on %s", async (share, expected) => {
    await drop("a.xml");
    const time = new Date(START);
    await utimes(join(outbox, "a.xml"), time, time);
    const shareAt = () => Promise.resolve(share);
    const at = (seconds: number) =>
      finishedFiles({
        ledger,
        folder: outbox,
        unchangedForSeconds: 10,
        shareAt,
        at: new Date(START + seconds * 1000),
      });
    await at(0);
    await renumber(join(outbox, "a.xml"));
    await at(6);
    await renumber(join(outbox, "a.xml"));
    expect((await at(12)).ready.map(({ name }) => name)).toEqual(expected);
  });
});
