import { chown, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfig } from "../../daemon/config.ts";
import { exchange } from "../../daemon/exchange.ts";
import { Outboxes } from "../../daemon/run/outboxes.ts";
import { deskOf } from "../commands/desk.ts";
import {
  meet,
  newWorld,
  office,
  openAlerts,
  REGISTRAR,
  states,
  withLedger,
  type World,
} from "../homes.ts";
import { configure, messagesFrom, withParts } from "../scene.ts";
import { delivered, recalled, supplemented } from "./delivered.ts";

let world: World;
let reference: string;
beforeEach(async () => {
  world = await newWorld();
  reference = await delivered(world);
});
afterEach(async () => world[Symbol.asyncDispose]());

const NAMED = `Imported by: ${REGISTRAR}\r\n`;
const record = (...path: string[]): string => office(world.valley, "records", ...path);
const put = (text: string | Uint8Array, folder = reference, name = "imported.txt"): Promise<void> =>
  writeFile(record(folder, name), text);
const status = (folder = reference): Promise<string> =>
  readFile(record(folder, "status.txt"), "utf8");
const reports = async (): Promise<number> =>
  (await messagesFrom(world.valley)).filter(({ kind }) => kind === "TransferResponse").length;

/** Of the transfer at the district that asked. */
const stateHere = async (): Promise<string | undefined> => (await states(world))[0];

describe("imported.txt in a record folder", () => {
  it("reports the import back, and status.txt says so in words", async () => {
    await put(NAMED);
    await meet(world, world.valley);
    expect(await status()).toBe(
      [
        `${reference}: imported.`,
        "",
        "Reported back to Example Prairie Schools on July 19, 2024: imported.",
        `Reported by: ${REGISTRAR}`,
        "It leaves with the next exchange. Nothing more is to be done here.",
        "",
      ].join("\r\n"),
    );
    expect(await openAlerts(world.valley)).toEqual([]);
    await meet(world, world.prairie);
    expect(await states(world)).toEqual(["Imported", "Imported"]);
  });

  it.each(["imported.txt.txt", "Imported.TXT", "IMPORTED.Txt.txt"])(
    "may be called %s",
    async (name) => {
      await put(NAMED, reference, name);
      await meet(world, world.valley);
      expect(await stateHere()).toBe("Imported");
    },
  );

  it.each([
    ["with a byte order mark, in Notepad's UTF-8", Buffer.from(`\u{FEFF}${NAMED}`)],
    ["in Notepad's Unicode", Buffer.from(`\u{FEFF}${NAMED}`, "utf16le")],
    [
      "among other words, in windows-1252",
      Buffer.from(`All entered, caf\u{e9} too.\r\nIMPORTED BY :  ${REGISTRAR} \r\nbye`, "latin1"),
    ],
  ])("may be written %s", async (_how, bytes) => {
    await put(bytes);
    await meet(world, world.valley);
    expect(await stateHere()).toBe("Imported");
  });

  it("counts in the folder of a supplement, and in one that was given a longer name", async () => {
    await supplemented(world, reference);
    await rename(record(`${reference}-2`), record(`${reference}-2 North High`));
    await put(NAMED, `${reference}-2 North High`);
    await meet(world, world.valley);
    expect(await status(`${reference}-2 North High`)).toContain("Reported back to");
    expect(await stateHere()).toBe("Imported");
  });

  it("is taken once, though it stays there and another comes", async () => {
    await put(NAMED);
    await meet(world, world.valley);
    const reported = await reports();
    await rm(record(reference, "status.txt"));
    await put("again");
    await put(NAMED, reference, "imported.txt.txt");
    await meet(world, world.valley);
    expect(await reports()).toBe(reported);
    expect(await readdir(record(reference))).not.toContain("status.txt");
  });

  it("is not taken before it has held still", async () => {
    const { valley, clock } = world;
    const ready = { unchangedForSeconds: 60 };
    await configure(valley, { at: ["dropFolders", "office", "ready"], value: ready });
    await put(NAMED);
    // As the daemon looks, which has no patience and comes again.
    const look = async () => {
      const config = await readConfig(valley.configPath);
      return withLedger(valley, (ledger) => outboxes.look(ledger, config, clock.now()));
    };
    const outboxes = new Outboxes();
    const first = await look();
    expect(first).toEqual({ isNew: false, lookAgainAt: clock.now().getTime() + 60_000 });
    clock.pass({ minutes: 1 });
    expect(await look()).toMatchObject({ isNew: true });
    outboxes.taken();
    expect(await look()).toMatchObject({ isNew: false });
  });

  it("needs a name where nobody owns it whom packetboat knows", async () => {
    await put("");
    const { exit } = await meet(world, world.valley);
    expect(exit).toBe(10);
    expect(await status()).toContain("Imported by: your.name\r\n");
    expect(await stateHere()).toBe("Delivered");

    await rm(record(reference, "status.txt"));
    await meet(world, world.valley);
    expect(await readdir(record(reference))).not.toContain("status.txt");

    await put(NAMED);
    await meet(world, world.valley);
    expect(await stateHere()).toBe("Imported");
  });

  it.runIf(process.getuid?.() === 0)("needs none where its owner is known", async () => {
    await configure(world.valley, {
      at: ["people"],
      value: [{ username: "games", name: "Example", osUser: "games", may: ["request"] }],
    });
    await put("");
    await chown(record(reference, "imported.txt"), 5, 60);
    await meet(world, world.valley);
    expect(await status()).toContain("Reported back to");
    const { events } = await deskOf(world, world.valley).result<{ events: { who: string }[] }>(
      "transfers",
      "history",
      reference,
    );
    expect(events.at(-1)).toMatchObject({ who: "games" });
  });

  it("is a hand's, also where a source system shares the folder", async () => {
    await configure(world.valley, {
      at: ["dropFolders", "office"],
      value: { path: office(world.valley), sourceSystem: true, ready: { unchangedForSeconds: 1 } },
    });
    await put(NAMED);
    await meet(world, world.valley);
    const { events } = await deskOf(world, world.valley).result<{ events: object[] }>(
      "transfers",
      "history",
      reference,
    );
    expect(events.at(-1)).toMatchObject({ event: "Import", authentication: "Declared" });
  });

  it.each([
    ["Imported by: nobody.here", 'Nobody here has the user name "nobody.here".'],
    ["Imported by: releaser.only", "Not allowed: releaser.only may not request by the config."],
  ])("is refused in words when it says %s", async (text, expected) => {
    await configure(world.valley, {
      at: ["people"],
      value: [{ username: "releaser.only", name: "Example", may: ["release"] }],
    });
    await put(text);
    await meet(world, world.valley);
    const said = await status();
    expect(said).toContain(expected);
    expect(said).toContain("save imported.txt once more");
    expect(await stateHere()).toBe("Delivered");
  });

  it("is refused in a folder of records that were recalled", async () => {
    await recalled(world, reference);
    await meet(world, world.valley);
    await put(NAMED, `${reference}-recalled`);
    await meet(world, world.valley);
    expect(await status(`${reference}-recalled`)).toContain("These records were recalled.");
    expect(await states(world)).toEqual(["Recalled", "Recalled"]);
  });

  it("is refused in a folder of no transfer, and at the district that released", async () => {
    await mkdir(record("K7QM-3F2D"));
    await put(NAMED, "K7QM-3F2D");
    await meet(world, world.valley);
    expect(await status("K7QM-3F2D")).toContain("no reference that packetboat knows");

    await mkdir(office(world.prairie, "records", reference));
    await writeFile(office(world.prairie, "records", reference, "imported.txt"), NAMED);
    await meet(world, world.prairie);
    const said = await readFile(office(world.prairie, "records", reference, "status.txt"), "utf8");
    expect(said).toContain("Import is for the district that asked");
    expect(await stateHere()).toBe("Delivered");
  });

  it("is passed over if it is a link, and refused if it is too big", async () => {
    await symlink("/etc/hostname", record(reference, "imported.txt"));
    await meet(world, world.valley);
    expect(await stateHere()).toBe("Delivered");
    await rm(record(reference, "imported.txt"));
    await put(Buffer.alloc(100_000, NAMED));
    await meet(world, world.valley);
    expect(await status()).toContain("100000 bytes, more than 65536");
    expect(await stateHere()).toBe("Delivered");
  });

  it("is reported once, and answered, though the power fails in between", async () => {
    await put(NAMED);
    const reported = await reports();
    await withParts(world.valley, world, async (parts) => {
      // The folder cannot be written for a moment: as if the program had ended before the answer.
      await mkdir(record(reference, "status.txt"));
      await exchange(parts);
    });
    expect(await reports()).toBe(reported + 1);
    await rm(record(reference, "status.txt"), { recursive: true });
    await meet(world, world.valley);
    expect(await status()).toContain("Reported back to");
    expect(await reports()).toBe(reported + 1);
  });

  it("needs no answer where the folder was taken away meanwhile", async () => {
    await put(NAMED);
    await withParts(world.valley, world, async (parts) => {
      await mkdir(record(reference, "status.txt"));
      await exchange(parts);
    });
    await rename(record(reference), join(world.folder, "taken"));
    const { exit } = await meet(world, world.valley);
    expect(exit).toBe(0);
    const open = await withLedger(world.valley, (ledger) =>
      ledger.selectFrom("imports").select("state").execute(),
    );
    expect(open).toEqual([{ state: "ANSWERED" }]);
  });
});
