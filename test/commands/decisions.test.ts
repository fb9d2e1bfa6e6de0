import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { homePaths } from "../../daemon/config.ts";
import { newWorld, openAlerts, states, withLedger, type World } from "../homes.ts";
import { configure } from "../scene.ts";
import { askedBy, type Decided, type Desk, deskOf, PERSONAL, RECORD, TRANSCRIPT } from "./desk.ts";

let world: World;
let valley: Desk;
let prairie: Desk;
let reference: string;

async function begin(): Promise<void> {
  world = await newWorld();
  valley = deskOf(world, world.valley);
  prairie = deskOf(world, world.prairie);
  reference = await askedBy(world);
}
const end = async (): Promise<void> => world[Symbol.asyncDispose]();

interface Released extends Decided {
  readonly leavesAt: string | null;
  readonly documents: number;
  readonly notSent: readonly { readonly section: string; readonly words: string }[];
}

const staged = (): Promise<string[]> => readdir(homePaths({ home: world.prairie.folder }).staging);

/** The documents of the message that waits, by name, kind and section. */
const documents = (): Promise<string[]> =>
  withLedger(world.prairie, async (ledger) => {
    const rows = await ledger.selectFrom("attachments_out").selectAll().orderBy("number").execute();
    return rows.map((row) => `${row.file_name} ${row.media_type} ${row.section}`);
  });

describe("release", () => {
  beforeEach(begin);
  afterEach(end);

  it("sends a record and the documents beside it, which stay where they are", async () => {
    const release = await prairie.result<Released>("release", reference, "--records", RECORD);
    expect(release).toMatchObject({
      reference,
      state: "ReleasePending",
      documents: 2,
      notSent: [
        { section: "Program", words: "to follow, expected 2024-08-09" },
        { section: "Discipline", words: "not available: does not apply to this student" },
      ],
    });
    await prairie.result("exchange");
    await valley.result("exchange");
    const folder = join(world.valley.folder, "office/records", reference);
    expect(await readdir(folder)).toEqual([
      "01-abrams-jenna.transcript.pdf",
      "02-abrams-jenna.immunization.pdf",
      "record.html",
      "record.xml",
    ]);
    expect(await readFile(join(folder, "01-abrams-jenna.transcript.pdf"))).toEqual(
      await readFile(TRANSCRIPT),
    );
    await prairie.result("exchange");
    expect(await states(world)).toEqual(["Delivered", "Delivered"]);
    expect(await staged()).toEqual([]);
  });

  it("sends a document alone, and tells what is missing", async () => {
    const argv = ["--attach", `${TRANSCRIPT}:transcript`, "--not-available", "Discipline:notkept"];
    const { notSent } = await prairie.result<Released>("release", reference, ...argv, "Program");
    expect(notSent.map(({ section, words }) => `${section} ${words}`)).toEqual([
      "Enrollment not available: no reason given",
      "Attendance not available: no reason given",
      "Assessment not available: no reason given",
      "Immunization not available: no reason given",
      "HealthCondition not available: no reason given",
      "Program not available: no reason given",
      "Discipline not available: not kept there",
    ]);
    expect(await documents()).toEqual(["abrams-jenna.transcript.pdf application/pdf Transcript"]);
  });

  it("takes the file that was typed before one of that name beside the record", async () => {
    const folder = join(world.folder, "elsewhere");
    await mkdir(folder);
    const other = join(folder, basename(TRANSCRIPT));
    await writeFile(other, "%PDF-1.7 another one");
    await prairie.result("release", reference, "--records", RECORD, "--attach", other);
    expect(await documents()).toEqual([
      "abrams-jenna.immunization.pdf application/pdf Immunization",
      "abrams-jenna.transcript.pdf application/pdf Transcript",
    ]);
    const [, copy = ""] = (await staged()).toSorted();
    const text = await readFile(
      join(homePaths({ home: world.prairie.folder }).staging, copy),
      "utf8",
    );
    expect(text).toBe("%PDF-1.7 another one");
  });

  it("is held back as the config says, and can be withdrawn until then", async () => {
    await configure(world.prairie, { at: ["releases", "holdBackMinutes"], value: 60 });
    const { leavesAt } = await prairie.result<Released>("release", reference, "--records", RECORD);
    expect(leavesAt).toBe(new Date(world.clock.now().getTime() + 3_600_000).toISOString());
    expect(await prairie.result("exchange")).toMatchObject({ counts: { sent: 0 } });
    expect(await prairie.result("withdraw", reference)).toMatchObject({ state: "RequestReceived" });
    world.clock.pass({ minutes: 61 });
    expect(await prairie.result("exchange")).toMatchObject({ counts: { sent: 0 } });
    expect((await prairie.error("withdraw", reference)).code).toBe("TRANSFER_STATE");
  });

  it("is followed by a supplement", async () => {
    await prairie.result("release", reference, "--records", RECORD);
    await prairie.result("exchange");
    await valley.result("exchange");
    const argv = ["release", reference, "--attach", TRANSCRIPT];
    expect((await prairie.error(...argv)).code).toBe("TRANSFER_STATE");
    const { notSent, documents: number } = await prairie.result<Released>(...argv, "--supplement");
    expect([notSent, number]).toEqual([[], 1]);
    await prairie.result("exchange");
    await valley.result("exchange");
    expect(await readdir(join(world.valley.folder, "office/records"))).toEqual([
      reference,
      `${reference}-2`,
    ]);
  });
});

describe("other decisions", () => {
  beforeEach(begin);
  afterEach(end);

  it("holds, and then rejects", async () => {
    const hold = ["hold", reference, "--reason", "awaitingfinalmarks", "--until", "2024-08-01"];
    expect((await prairie.run(...hold)).stdout).toMatch(/^On hold until August 1, 2024: /);
    await prairie.result("exchange");
    await valley.result("exchange");
    expect(await states(world)).toEqual(["OnHold", "OnHold"]);
    expect(await openAlerts(world.valley)).toEqual(["REQUEST_ON_HOLD"]);
    const { alerts } = await prairie.result<Decided>(
      "reject",
      reference,
      "--reason",
      "NotOurStudent",
    );
    expect(alerts).toEqual([]);
    await prairie.result("exchange");
    await valley.result("exchange");
    expect(await states(world)).toEqual(["Rejected", "Rejected"]);
  });

  it("imports, and then recalls", async () => {
    await prairie.result("release", reference, "--records", RECORD);
    await prairie.result("exchange");
    await valley.result("exchange");
    expect(await valley.result("imported", reference)).toMatchObject({ state: "Imported" });
    await valley.result("exchange");
    await prairie.result("exchange");
    expect(await states(world)).toEqual(["Imported", "Imported"]);
    const recall = await prairie.result<Decided>("recall", reference, "--reason", "WrongStudent");
    expect(recall.state).toBe("Recalled");
    expect(recall.alerts.map(({ code }) => code)).toEqual(["RECALL_NOT_CONFIRMED"]);
    await prairie.result("exchange");
    await valley.result("exchange");
    expect(await states(world)).toEqual(["Recalled", "Recalled"]);
  });

  it("cancels, also when it was canceled before", async () => {
    for (const _ of ["once", "again"]) {
      expect(await valley.result("cancel", reference)).toMatchObject({ state: "Canceled" });
    }
    await valley.result("exchange");
    await prairie.result("exchange");
    expect(await states(world)).toEqual(["Canceled", "Canceled"]);
  });

  it("finds a transfer by its reference as people write it, and by its whole id", async () => {
    const [{ transferId }] = await prairie.result<[{ transferId: string }]>("transfers", "list");
    for (const typed of [reference.toLowerCase().replace("-", " "), transferId]) {
      expect(await prairie.result("hold", typed, "--reason", "Other")).toMatchObject({ reference });
    }
  });
});

describe("a refused decision", () => {
  beforeAll(begin);
  afterAll(end);

  it.each<[string, string[], string, string[]]>([
    ["nothing", [], "RELEASE_EMPTY", []],
    ["a record that is not there", ["--records", "jenna.xml"], "FILE_NOT_FOUND", []],
    ["a request as record", ["--records", "abrams-jenna.xml"], "DOCUMENT_INVALID", []],
    [
      "documents that are absent or of a kind that is not carried, all at once",
      ["--attach", "jenna.pdf", "../../package.json", "--records", RECORD],
      "FILE_NOT_FOUND",
      ["--attach 1: is not there", "--attach 2: is of a kind that is not carried"],
    ],
    ["a section that is none", ["--attach", `${TRANSCRIPT}:Transkript`], "USAGE", []],
    [
      "a section given and called not available",
      ["--records", RECORD, "--not-available", "Transcript"],
      "RULE_BROKEN",
      [],
    ],
    ["a reason that is none", ["--not-available", "Transcript:Lost"], "USAGE", []],
  ])("%s: keeps no copy, and names nobody", async (_, argv, code, faults) => {
    const refused = await prairie.error("release", reference, ...argv);
    expect(refused.code).toBe(code);
    if (faults.length > 0) expect(refused.facts["faults"]).toEqual(faults);
    expect(JSON.stringify(refused)).not.toMatch(PERSONAL);
    expect(await staged()).toEqual([]);
    expect(await states(world)).toEqual(["Requested", "RequestReceived"]);
  });

  it("refuses a document that is not what its name says, or is too big, or badly named", async () => {
    const [fake, big, odd] = ["fake.pdf", "big.pdf", "-odd.pdf"].map((name) =>
      join(world.folder, name),
    ) as [string, string, string];
    await writeFile(fake, "no PDF");
    await writeFile(big, Buffer.alloc(1024 * 1024 + 1));
    await copyFile(TRANSCRIPT, odd);
    await configure(world.prairie, { at: ["limits", "attachmentMegabytes"], value: 1 });
    const refusal = async (path: string) =>
      (await prairie.error("release", reference, "--attach", path)).code;
    expect(await refusal(fake)).toBe("ATTACHMENT_TYPE");
    expect(await refusal(big)).toBe("ATTACHMENT_TOO_BIG");
    expect(await refusal(odd)).toBe("DOCUMENT_NAME");
    expect(await staged()).toEqual([]);
  });

  it.each<[string, string[], string]>([
    ["an unknown transfer", ["hold", "ZZZZ-ZZZZ", "--reason", "Other"], "TRANSFER_UNKNOWN"],
    ["no reference", ["withdraw", "jenna"], "ID_INVALID"],
    ["a day that is none", ["hold", "REF", "--reason", "Other", "--until", "2024-02-30"], "USAGE"],
    [
      "a day that is past",
      ["hold", "REF", "--reason", "Other", "--until", "2024-07-01"],
      "RULE_BROKEN",
    ],
    [
      "comments that no message carries",
      ["hold", "REF", "--reason", "Other", "--comments", "\u001b[31m"],
      "WRITING_INVALID",
    ],
    ["no reason", ["reject", "REF"], "USAGE"],
    ["what the other side decides", ["imported", "REF"], "TRANSFER_STATE"],
    ["what has not left", ["recall", "REF", "--reason", "Other"], "TRANSFER_STATE"],
  ])("%s", async (_, argv, code) => {
    const typed = argv.map((word) => (word === "REF" ? reference : word));
    expect((await prairie.error(...typed)).code).toBe(code);
    expect(await states(world)).toEqual(["Requested", "RequestReceived"]);
  });

  it("refuses whoever is only named, unless the config allows it", async () => {
    await configure(world.prairie, {
      at: ["releases", "allowDeclaredUser"],
      value: false,
    });
    const refused = await prairie.error("release", reference, "--records", RECORD);
    expect(refused.code).toBe("PERSON_NOT_ALLOWED");
    expect(await staged()).toEqual([]);
    await configure(world.prairie, { at: ["releases", "allowDeclaredUser"], value: true });
  });

  it("lists the closed list of reasons when another one is typed", async () => {
    const { exit, stderr } = await prairie.run("hold", reference, "--reason", "AwaitingMarks");
    expect(exit).toBe(2);
    expect(stderr).toMatch(/must be one of AwaitingFinalMarks, .*, Other\. Did you mean /);
    const { stdout } = await prairie.run("hold", "--help");
    expect(stdout).toMatch(/\n {2}LegalHold +a legal hold\n/);
  });
});
