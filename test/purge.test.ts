import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { homePaths } from "../daemon/config.ts";
import { exists } from "../daemon/disk.ts";
import { askedBy, type Desk, deskOf, RECORD } from "./commands/desk.ts";
import {
  boxOf,
  type District,
  drop,
  dropRequest,
  meet,
  newWorld,
  office,
  REGISTRAR,
  requestTo,
  states,
  withLedger,
  STUDENTS,
  type World,
} from "./homes.ts";
import { alertsAt, configure, everythingIn } from "./scene.ts";
import { list, row } from "./desk/csv.ts";
import { delivered, recalled } from "./desk/delivered.ts";
import { type Snapshot, snapshot } from "./snapshots.ts";

interface Purged {
  readonly dryRun: boolean;
  readonly transfers: { reference: string; side: string; contents: number; folders: number }[];
  readonly documents: number;
  readonly quarantined: string[];
  readonly exchanges: number;
  readonly alerts: number;
  readonly contents: number;
  readonly left: { what: string; why: string }[];
}

const NOTHING = {
  transfers: [],
  documents: 0,
  quarantined: [],
  exchanges: 0,
  alerts: 0,
  contents: 0,
  left: [],
};
const ALL = { sentDays: 60, recordsDays: 60, quarantineDays: 60, reportsDays: 60 };

let world: World;
let valley: Desk;
let prairie: Desk;
/** Before anything was said, and when a transfer is over: each test begins at one of them. */
let begun: Snapshot;
let ended: Snapshot;
/** Of that transfer. */
let endedReference: string;

beforeAll(async () => {
  world = await newWorld();
  valley = deskOf(world, world.valley);
  prairie = deskOf(world, world.prairie);
  begun = await snapshot(world);
  endedReference = await importedNow();
  ended = await snapshot(world);
});
beforeEach(() => begun.restore());
afterAll(async () => {
  for (const each of [begun, ended, world]) await each[Symbol.asyncDispose]();
});

/** The config of `init` may have no such section: it is written at the end. */
const keeping = async ({ configPath }: District, keep: object): Promise<void> => {
  const text = await readFile(configPath, "utf8");
  const without = text.replace(/^keep:.*\n(?: .*\n)*/m, "");
  await writeFile(configPath, `${without}\nkeep: ${JSON.stringify(keep)}\n`);
};

const purgeOf = (desk: Desk, ...more: string[]): Promise<Purged> =>
  desk.result<Purged>("purge", ...more);

/** The fixture's record; it promises one section for August 9, 2024. */
async function recordWithout(promise: RegExp): Promise<string> {
  const path = join(world.folder, "record.xml");
  for (const name of await readdir(STUDENTS)) {
    if (name.endsWith(".pdf")) await copyFile(join(STUDENTS, name), join(world.folder, name));
  }
  const none = "<NotAvailable><NotAvailableReason>NotKept</NotAvailableReason></NotAvailable>";
  await writeFile(path, (await readFile(RECORD, "utf8")).replace(promise, none));
  return path;
}

const PROMISE = /<ToFollow>[^]*?<\/ToFollow>/;
const NO_PROMISE = /(?!)/;

/** To begin where a transfer is over. @returns its reference */
async function imported(): Promise<string> {
  await ended.restore();
  return endedReference;
}

/** From the request to the import, and both have heard of it. */
async function importedNow(without = PROMISE): Promise<string> {
  const reference = await askedBy(world);
  await prairie.result("release", reference, "--records", await recordWithout(without));
  for (const desk of [prairie, valley, prairie]) await desk.result("exchange");
  await valley.result("imported", reference);
  for (const desk of [valley, prairie, valley]) await desk.result("exchange");
  const [asking = "", answering = ""] = await states(world);
  for (const all of [asking, answering])
    expect(new Set(all.split(" "))).toEqual(new Set(["Imported"]));
  return reference;
}

/** Every byte of the ledger and what lies beside it. */
async function bytesOf({ folder }: District): Promise<string> {
  const { ledger, state } = homePaths({ home: folder });
  const names = (await readdir(state)).filter((name) => join(state, name).startsWith(ledger));
  const files = await Promise.all(names.map((name) => readFile(join(state, name), "latin1")));
  return files.join("\n");
}

const kept = (home: District): Promise<number> =>
  withLedger(home, async (ledger) => {
    const rows = await ledger.selectFrom("content").select("content_id").execute();
    return rows.length;
  });

describe("retention", () => {
  it("deletes nothing without a number of days, however old it is", async () => {
    await imported();
    await keeping(world.valley, {});
    world.clock.pass({ days: 4000 });
    expect(await purgeOf(valley)).toMatchObject(NOTHING);
    expect((await valley.run("purge")).stdout).toContain("the config has no days under keep:");
  });

  it("deletes what was said and shown of a transfer that is over, and no byte of it stays", async () => {
    const reference = await imported();
    for (const home of [world.valley, world.prairie]) await keeping(home, ALL);
    expect(await bytesOf(world.valley)).toContain("Jenna");
    world.clock.pass({ days: 59 });
    expect((await purgeOf(valley)).transfers).toEqual([]);
    world.clock.pass({ days: 2 });

    const before = await kept(world.valley);
    const dry = await purgeOf(valley, "--dry-run");
    expect(dry).toMatchObject({
      dryRun: true,
      transfers: [{ reference, side: "requester", contents: 3, folders: 1 }],
      left: [],
    });
    expect(await kept(world.valley)).toBe(before);
    expect(await readdir(office(world.valley, "records"))).toEqual([reference]);

    const done = await purgeOf(valley);
    expect({ ...done, dryRun: true }).toEqual(dry);
    expect(await readdir(office(world.valley, "records"))).toEqual([]);
    expect(await bytesOf(world.valley)).not.toMatch(/Jenna|Abrams/);
    const pages = join(world.valley.folder, "reports");
    expect(await everythingIn(pages)).not.toMatch(/Jenna|Abrams/);
    expect((await purgeOf(valley)).transfers).toEqual([]);

    expect((await purgeOf(prairie)).transfers).toMatchObject([{ reference, side: "releaser" }]);
    expect(await readdir(office(world.prairie, "requests"))).toEqual([]);
    // The record that was released has our own id: the register needs the name no more.
    expect(await bytesOf(world.prairie)).not.toMatch(/Jenna|Abrams/);
  });

  it("counts from the day for which more was promised, on both sides", async () => {
    await importedNow(NO_PROMISE);
    for (const home of [world.valley, world.prairie]) await keeping(home, ALL);
    // 60 days after the import, and not yet after the promise, which is 21 days later.
    world.clock.pass({ days: 61 });
    for (const desk of [valley, prairie]) expect((await purgeOf(desk)).transfers).toEqual([]);
    world.clock.pass({ days: 22 });
    for (const desk of [valley, prairie]) expect((await purgeOf(desk)).transfers).toHaveLength(1);
  });

  it("keeps the transfer, its history, the audit and the register, and says so of the request", async () => {
    const reference = await imported();
    await keeping(world.prairie, ALL);
    const history = await prairie.result("transfers", "history", reference);
    const register = await prairie.result<object[]>("disclosures");
    world.clock.pass({ days: 61 });
    await purgeOf(prairie);
    expect(await prairie.result("transfers", "history", reference)).toEqual(history);
    const after = await prairie.result<object[]>("disclosures");
    expect(after).toEqual(register.map((line) => ({ ...line, student: null })));
    expect(after.at(-1)).toMatchObject({ what: "release", studentId: "0047311" });
    await prairie.result("audit", "verify");
    const shown = await prairie.result<{ state: string }>("transfers", "show", reference);
    expect(shown.state).toBe("Imported");
    expect((await prairie.run("transfers", "show", reference)).exit).toBe(0);
    expect((await prairie.run("transfers", "list")).stdout).toContain("Imported");
    await prairie.result("exchange");
    const csv = await readFile(
      join(world.prairie.folder, "reports", "registrar", "disclosures.csv"),
      "utf8",
    );
    expect(csv).not.toMatch(/Abrams/);
    expect(csv).toContain('"0047311"');
    expect(csv.trim().split("\n")).toHaveLength(register.length + 1);
  });

  it("keeps the name in the register where no record of ours gave an id", async () => {
    const reference = await askedBy(world);
    await prairie.result("reject", reference, "--reason", "NotOurStudent");
    for (const desk of [prairie, valley, prairie]) await desk.result("exchange");
    await keeping(world.prairie, ALL);
    world.clock.pass({ days: 61 });
    expect((await purgeOf(prairie)).transfers).toHaveLength(1);
    const [request, rejection] = await prairie.result<object[]>("disclosures");
    const filed = { student: "Abrams, Jenna", birthdate: "2009-02-12", studentId: null };
    expect(request).toMatchObject({ what: "request", ...filed });
    expect(rejection).toMatchObject({ what: "rejection", ...filed });
  });

  it("files each line of the register under whom it was about, though the request was corrected", async () => {
    const reference = await askedBy(world);
    await prairie.result("reject", reference, "--reason", "NotOurStudent");
    for (const desk of [prairie, valley]) await desk.result("exchange");
    const corrected = (await requestTo(world.prairie))
      .replace("</To>", `</To><Resubmits>${reference}</Resubmits>`)
      .replace("<LastOrSurname>Abrams<", "<LastOrSurname>Baker<");
    await drop(world.valley, "corrected.xml", corrected);
    for (const home of [world.valley, world.prairie]) await meet(world, home);
    const lines = await prairie.result<{ what: string; student: string }[]>("disclosures");
    expect(lines.map(({ what, student }) => `${what} ${student}`)).toEqual([
      "request Abrams, Jenna",
      "rejection Abrams, Jenna",
      "request Baker, Jenna Marie",
    ]);
  });

  it("leaves what is open alone, however old, and what was answered less than 45 days ago", async () => {
    const reference = await askedBy(world);
    await prairie.result("release", reference, "--records", await recordWithout(PROMISE));
    for (const desk of [prairie, valley, prairie]) await desk.result("exchange");
    expect(await states(world)).toEqual(["Delivered", "Delivered"]);
    const soon = { sentDays: 1, recordsDays: 1 };
    for (const home of [world.valley, world.prairie]) await keeping(home, soon);
    world.clock.pass({ days: 44 });
    expect((await purgeOf(prairie)).transfers).toEqual([]);
    world.clock.pass({ days: 2 });
    expect((await purgeOf(prairie)).transfers).toHaveLength(1);
    expect((await purgeOf(valley)).transfers).toEqual([]);
    world.clock.pass({ days: 400 });
    expect((await purgeOf(valley)).transfers).toEqual([]);
    expect(await readdir(office(world.valley, "records"))).toEqual([reference]);
  });

  it("counts the 45 days from the receipt, however long ago the transfer ended", async () => {
    const reference = await askedBy(world);
    await prairie.result("reject", reference, "--reason", "Other");
    await prairie.result("exchange");
    world.clock.pass({ days: 50 });
    await valley.result("exchange");
    await prairie.result("exchange");
    await keeping(world.prairie, { sentDays: 45 });
    world.clock.pass({ days: 44 });
    expect((await purgeOf(prairie)).transfers).toEqual([]);
    world.clock.pass({ days: 2 });
    expect((await purgeOf(prairie)).transfers).toHaveLength(1);
  });

  it("leaves a message whose receipt never came", async () => {
    const reference = await askedBy(world);
    await prairie.result("reject", reference, "--reason", "Other");
    await prairie.result("exchange");
    await keeping(world.prairie, ALL);
    world.clock.pass({ days: 300 });
    expect((await purgeOf(prairie)).transfers).toEqual([]);
  });

  it("goes on in a world where others speak of what was deleted", async () => {
    const reference = await imported();
    for (const home of [world.valley, world.prairie]) await keeping(home, ALL);
    world.clock.pass({ days: 61 });
    await purgeOf(prairie);
    const error = await prairie.error("recall", reference, "--reason", "WrongStudent");
    expect(error.code).toBe("TRANSFER_UNKNOWN");
    for (const desk of [valley, prairie]) expect((await desk.run("exchange")).exit).toBe(0);
    expect(await alertsAt(world.prairie)).toEqual([]);
  });
});

describe("folders", () => {
  it("stay whole if people put something of their own there, or a link", async () => {
    const reference = await imported();
    await keeping(world.valley, ALL);
    await keeping(world.prairie, ALL);
    const outside = join(world.folder, "outside");
    await mkdir(outside);
    await writeFile(join(outside, "request.html"), "somebody's");
    const records = office(world.valley, "records", reference);
    await writeFile(join(records, "my notes.docx"), "mine");
    await rm(office(world.prairie, "done", reference), { recursive: true });
    await symlink(outside, office(world.prairie, "done", reference));
    world.clock.pass({ days: 61 });
    const purged = await purgeOf(valley);
    expect(purged.left).toEqual([
      {
        what: reference,
        why: `records/${reference} holds something that packetboat did not put there`,
      },
    ]);
    expect(purged.transfers).toMatchObject([{ reference, folders: 0, contents: 3 }]);
    expect(await readdir(records)).toContain("record.html");
    expect(await bytesOf(world.valley)).not.toMatch(/Jenna|Abrams/);

    const { left } = await purgeOf(prairie);
    expect(left.map(({ what }) => what)).toEqual([reference]);
    expect(await readdir(outside)).toEqual(["request.html"]);

    // Once it is taken away, the folder goes.
    await rm(join(records, "my notes.docx"));
    expect(await purgeOf(valley)).toMatchObject({
      transfers: [{ folders: 1, contents: 0 }],
      left: [],
    });
    expect(await readdir(office(world.valley, "records"))).toEqual([]);
  });

  it("of decided cases go from done/ too, with what people put in documents/", async () => {
    const reference = await imported();
    await keeping(world.prairie, ALL);
    const done = office(world.prairie, "done");
    const folder = join(done, "Abrams, Jenna");
    await rename(join(done, reference), folder);
    await meet(world, world.prairie);
    await mkdir(join(folder, "documents", "Transcript"));
    await writeFile(join(folder, "documents", "Transcript", "2024.pdf"), "%PDF-");
    await writeFile(join(folder, "documents", "letter.pdf"), "%PDF-");
    await writeFile(join(folder, "decision-1.txt"), "Decision: release");
    await mkdir(join(done, "K7QM-3F2D"));
    world.clock.pass({ days: 61 });
    expect((await purgeOf(prairie)).transfers).toMatchObject([{ reference, folders: 1 }]);
    expect(await readdir(done)).toEqual(["K7QM-3F2D"]);
    expect(await bytesOf(world.prairie)).not.toMatch(/Abrams/);
  });

  it("of records go with their documents, whatever people added to the name", async () => {
    const reference = await delivered(world);
    await valley.result("imported", reference);
    for (const home of [world.valley, world.prairie, world.valley]) await meet(world, home);
    await keeping(world.valley, ALL);
    const records = office(world.valley, "records");
    await rename(join(records, reference), join(records, `${reference} Abrams`));
    // The record promises more until August 9, three weeks from now.
    world.clock.pass({ days: 83 });
    const own = join(records, `${reference} Abrams`, "01-my notes.docx");
    await writeFile(own, "mine");
    expect((await purgeOf(valley)).left.map(({ what }) => what)).toEqual([reference]);
    expect((await readdir(join(records, `${reference} Abrams`))).length).toBeGreaterThan(3);
    await rm(own);
    expect((await purgeOf(valley)).transfers).toMatchObject([{ reference, folders: 1 }]);
    expect(await readdir(records)).toEqual([]);
  });

  it("are left, and told of, while their drop folder is not there", async () => {
    const reference = await imported();
    await keeping(world.valley, ALL);
    world.clock.pass({ days: 61 });
    await rm(office(world.valley), { recursive: true });
    const { left } = await purgeOf(valley);
    expect(left.map(({ what }) => what)).toContain(reference);
  });
});

describe("answered documents", () => {
  it("go with their answers, and are known all the same when they come again", async () => {
    await dropRequest(world);
    const bad = (await requestTo(world.prairie)).replace("2009-02-12", "someday");
    await drop(world.valley, "bad.xml", bad);
    await meet(world, world.valley);
    await drop(world.valley, "mended.xml", bad);
    await meet(world, world.valley);
    await writeFile(office(world.valley, "refused", "mended.xml"), "mended by somebody");
    await keeping(world.valley, ALL);
    world.clock.pass({ days: 61 });
    expect(await purgeOf(valley, "--dry-run")).toMatchObject({ documents: 3 });
    expect(await purgeOf(valley)).toMatchObject({ documents: 3, left: [] });
    expect(await readdir(office(world.valley, "sent"))).toEqual([]);
    expect(await readdir(office(world.valley, "refused"))).toEqual([
      "mended.xml",
      "mended.xml.faults.txt",
    ]);
    await dropRequest(world);
    await meet(world, world.valley);
    const result = await readFile(office(world.valley, "sent", "request.xml.result.json"), "utf8");
    expect(JSON.parse(result)).toMatchObject({ outcome: "known" });
  });
});

describe("rows of a list that came back", () => {
  it("go with what is said of them, unless somebody mended them there", async () => {
    const bad = row({ SourceReference: "S-2", Birthdate: "2009-02-30" });
    for (const name of ["one.csv", "two.csv", "three.csv"]) {
      const good = row({ SourceReference: name, FirstName: name.slice(0, -4) });
      const rows = name === "three.csv" ? [bad] : [good, bad];
      await writeFile(office(world.valley, "outbox", name), list(rows));
      await meet(world, world.valley);
    }
    const refused = office(world.valley, "refused");
    const names = ["one.csv", "three.csv", "two.csv"].flatMap((name) => [
      name,
      `${name}.faults.txt`,
    ]);
    expect((await readdir(refused)).toSorted()).toEqual(names);
    await writeFile(join(refused, "two.csv"), "mended by somebody");
    await keeping(world.valley, ALL);
    world.clock.pass({ days: 61 });
    expect(await purgeOf(valley)).toMatchObject({ documents: 3, left: [] });
    expect((await readdir(refused)).toSorted()).toEqual(["two.csv", "two.csv.faults.txt"]);
    expect(await readdir(office(world.valley, "sent"))).toEqual([]);
  });
});

describe("the quarantine, pages and alerts", () => {
  it("go after their days", async () => {
    await writeFile(
      boxOf(world, world.valley, `2700105_3900417_000000009_${"0".repeat(16)}.xml.pgp`),
      "not sealed",
    );
    await meet(world, world.valley);
    world.clock.pass({ minutes: 1 });
    await meet(world, world.valley);
    const [alert] = await alertsAt(world.valley);
    expect(alert?.code).toBe("PACKET_REFUSED");
    await valley.result("alerts", "resolve", alert?.id ?? "");
    await keeping(world.valley, ALL);
    const quarantine = join(world.valley.folder, "quarantine");
    const [id = ""] = await readdir(quarantine);
    world.clock.pass({ days: 61 });
    const pages = join(world.valley.folder, "reports", "it");
    const exchanges = async () =>
      (await readdir(pages)).filter((name) => /^exchange-.*html$/.test(name)).length;
    expect(await exchanges()).toBe(2);
    expect(await purgeOf(valley, "--dry-run")).toMatchObject({
      quarantined: [id],
      exchanges: 1,
      alerts: 1,
    });
    expect(await purgeOf(valley)).toMatchObject({ quarantined: [id], exchanges: 1, alerts: 1 });
    expect(await readdir(quarantine)).toEqual([]);
    expect(await exchanges()).toBe(1);
    expect(await purgeOf(valley)).toMatchObject(NOTHING);
  });
});

describe("recalled records in the quarantine", () => {
  it("go after their days, and not with their transfer", async () => {
    const reference = await delivered(world);
    await recalled(world, reference);
    for (const home of [world.valley, world.prairie, world.valley]) await meet(world, home);
    const quarantine = join(world.valley.folder, "quarantine");
    expect(await readdir(quarantine)).toHaveLength(1);
    await valley.result("alerts", "resolve", (await alertsAt(world.valley))[0]?.id ?? "");

    await keeping(world.valley, { recordsDays: 60 });
    world.clock.pass({ days: 61 });
    await purgeOf(valley);
    expect(await readdir(quarantine)).toHaveLength(1);
    await keeping(world.valley, ALL);
    expect((await purgeOf(valley, "--dry-run")).quarantined).toHaveLength(1);
    expect((await purgeOf(valley)).quarantined).toHaveLength(1);
    expect(await readdir(quarantine)).toEqual([]);
    expect(await purgeOf(valley)).toMatchObject(NOTHING);
  });
});

describe("an import that was reported by a file", () => {
  it("goes with the folder in which it was", async () => {
    const reference = await delivered(world);
    const folder = office(world.valley, "records", reference);
    await writeFile(join(folder, "Imported.TXT.txt"), `Imported by: ${REGISTRAR}`);
    for (const home of [world.valley, world.prairie, world.valley]) await meet(world, home);
    await keeping(world.valley, ALL);
    // The record promises more until August 9, three weeks from now.
    world.clock.pass({ days: 83 });
    expect(await purgeOf(valley)).toMatchObject({
      transfers: [{ reference, folders: 1 }],
      left: [],
    });
    expect(await readdir(office(world.valley, "records"))).toEqual([]);
    const rows = await withLedger(world.valley, (ledger) =>
      ledger.selectFrom("imports").selectAll().execute(),
    );
    expect(rows).toEqual([]);
  });
});

describe("a home that was restored", () => {
  it("counts from then on: what it knows as ended may have been begun anew", async () => {
    const reference = await imported();
    await keeping(world.valley, ALL);
    const backup = join(world.folder, "backup");
    await valley.result("keys", "backup", backup);
    world.clock.pass({ days: 61 });
    for (const part of ["keys", "state", "quarantine"]) {
      await rm(join(world.valley.folder, part), { recursive: true });
    }
    await valley.result("keys", "restore", backup);
    expect((await purgeOf(valley)).transfers).toEqual([]);
    await valley.result("exchange", "--proceed");
    expect(await readdir(office(world.valley, "records"))).toEqual([reference]);
    world.clock.pass({ days: 61 });
    expect((await purgeOf(valley)).transfers).toMatchObject([{ reference }]);
  });
});

describe("by itself", () => {
  it("the nightly exchange deletes once a day", async () => {
    const reference = await imported();
    await keeping(world.valley, ALL);
    const said = async (): Promise<string[]> => {
      const log = await readFile(homePaths({ home: world.valley.folder }).log, "utf8");
      return log.split("\n").filter((line) => line.includes("Old things purged"));
    };
    const before = (await said()).length;
    world.clock.pass({ days: 61 });
    await meet(world, world.valley);
    expect(await readdir(office(world.valley, "records"))).toEqual([]);
    expect(await bytesOf(world.valley)).not.toMatch(/Jenna|Abrams/);
    expect(await said()).toHaveLength(before + 1);
    expect((await said()).at(-1)).not.toContain(reference);
    await meet(world, world.valley);
    expect(await said()).toHaveLength(before + 1);
    world.clock.pass({ days: 1 });
    await meet(world, world.valley);
    expect(await said()).toHaveLength(before + 2);
  });

  it("finishes what was cut off in the middle", async () => {
    const reference = await imported();
    await keeping(world.valley, ALL);
    world.clock.pass({ days: 61 });
    // Killed when half of the folder was gone, and no row.
    await rm(office(world.valley, "records", reference, "record.html"));
    expect(await purgeOf(valley)).toMatchObject({ transfers: [{ reference, folders: 1 }] });
    // Killed when the folder was gone, and no row.
    const other = await importedNow();
    world.clock.pass({ days: 61 });
    await rm(office(world.valley, "records", other), { recursive: true });
    expect(await purgeOf(valley)).toMatchObject({ transfers: [{ reference: other, folders: 0 }] });
    expect(await exists(office(world.valley, "records", other))).toBe(false);
  });

  it("says so if somebody reads the ledger all the time, and is finished later", async () => {
    await imported();
    await keeping(world.valley, ALL);
    world.clock.pass({ days: 61 });
    const { ledger } = homePaths({ home: world.valley.folder });
    const reader = new DatabaseSync(ledger);
    reader.exec("BEGIN");
    reader.prepare("SELECT count(*) FROM content").get();
    const error = await valley.error("purge");
    expect(error.code).toBe("HOME_BUSY");
    reader.exec("COMMIT");
    reader.close();
    await purgeOf(valley);
    expect(await bytesOf(world.valley)).not.toMatch(/Jenna|Abrams/);
  });
});

it("configure knows the section that the shipped config has", async () => {
  await expect(configure(world.valley, { at: ["keep"], value: ALL })).resolves.toBeUndefined();
});
