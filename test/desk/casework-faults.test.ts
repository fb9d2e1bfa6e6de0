/** What is wrong in a case folder, and what its status.txt says of it: nothing is ever taken by half. */
import { execFileSync } from "node:child_process";
import {
  copyFile,
  mkdir,
  readdir,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { homePaths } from "../../daemon/config.ts";
import { asked, meet, newWorld, office, openAlerts, states, type World } from "../homes.ts";
import { configure, messagesFrom } from "../scene.ts";
import { addDocument, caseFolder, fillIn, statusIn, visibleIn } from "./registrar.ts";

let world: World;
let folder: string;
beforeAll(async () => {
  world = await newWorld();
  folder = caseFolder(world.prairie, await asked(world));
  await configure(world.prairie, { at: ["limits", "attachmentMegabytes"], value: 50 });
});
afterAll(() => world[Symbol.asyncDispose]());

const documents = (...path: string[]): string => join(folder, "documents", ...path);
const RELEASE = {
  Decision: "release",
  Reason: "",
  "Hold until": "",
  "Not available": "",
  "To follow": "",
};

/** Nothing was sent, nothing is left over, and the transfer is where it was. */
afterEach(async () => {
  expect(await states(world)).toEqual([expect.any(String), "RequestReceived"]);
  expect((await messagesFrom(world.prairie)).map(({ kind }) => kind)).not.toContain(
    "TransferRelease",
  );
  expect(await readdir(homePaths({ home: world.prairie.folder }).staging)).toEqual([]);
  await rm(documents(), { recursive: true });
  await mkdir(documents());
});

/** What the folder says after an exchange. */
async function saidOf(values: Readonly<Record<string, string>>): Promise<string> {
  await fillIn(folder, { ...RELEASE, ...values });
  await meet(world, world.prairie);
  expect(await openAlerts(world.prairie)).toContain("DECISION_NOT_TAKEN");
  const status = await statusIn(folder);
  expect(status).toContain("YOUR DECISION WAS NOT TAKEN.");
  return status;
}

describe("a form", () => {
  it.each([
    ["two decisions", { Decision: "release or hold" }, "are 2 decisions. Write one of them."],
    ["a decision that is none", { Decision: "relase" }, "did you mean release?"],
    [
      "a misspelled reason",
      { Decision: "hold", Reason: "AwaitngFinalMarks" },
      "did you mean AwaitingFinalMarks?",
    ],
    ["no reason where one is owed", { Decision: "reject" }, "Reason: is missing."],
    [
      "February 30",
      { Decision: "hold", Reason: "Other", "Hold until": "2025-02-30" },
      "there is no day 2025-02-30",
    ],
    [
      "a day that is past",
      { Decision: "hold", Reason: "Other", "Hold until": "2024-07-01" },
      "2024-07-01 is past",
    ],
    ["another request's reference", { Reference: "AAAA-BBBB" }, "AAAA-BBBB is another request."],
    ["something that is no reference", { Reference: "the Abrams girl" }, "is no reference"],
    ["nobody who decides", { "Decided by": "" }, "Decided by: is missing."],
    [
      "somebody unknown",
      { "Decided by": "exmaple.registrar", "Not available": "Transcript" },
      "did you mean example.registrar?",
    ],
    ["nothing at all to send", {}, "There is nothing to send."],
    [
      "a recall of what never left",
      { Decision: "recall", Reason: "WrongStudent" },
      "nothing to recall",
    ],
    ["a supplement to nothing", { Decision: "supplement" }, "write release instead"],
    ["a withdrawal of nothing", { Decision: "withdraw" }, "nothing to withdraw"],
    ["a section that is none", { "Not available": "Transkript" }, "did you mean Transcript?"],
  ])("with %s", async (_, values, words) => {
    expect(await saidOf({ Reference: await own(), ...values })).toContain(words);
  });

  const own = async (): Promise<string> =>
    (await readdir(office(world.prairie, "requests"))).find((name) => !name.startsWith(".")) ?? "";

  it("that is emptied again has no fault left", async () => {
    await fillIn(folder, { ...RELEASE, Reference: await own(), Decision: "" });
    await meet(world, world.prairie);
    expect(await statusIn(folder)).toContain("Nothing is decided now.");
    expect(await openAlerts(world.prairie)).not.toContain("DECISION_NOT_TAKEN");
  });

  it("with two Decision lines, and what is no text at all", async () => {
    await writeFile(
      join(folder, "decision.txt"),
      `Reference: ${await own()}\nDecision: hold\nDecision: release\nDecided by:\n`,
    );
    expect(await saidOf({ Comments: "" })).toContain("“Decision:” stands there 2 times");
    const form = join(folder, "decision.txt");
    await writeFile(form, Buffer.from("504b0304000000", "hex"));
    await meet(world, world.prairie);
    expect(await statusIn(folder)).toContain("is not a plain text");
    await writeFile(form, "x".repeat(1_000_000));
    await meet(world, world.prairie);
    expect(await statusIn(folder)).toContain("is far too big");
    await rm(form);
    await meet(world, world.prairie);
    world.clock.pass({ minutes: 3 });
    await meet(world, world.prairie);
    expect(await visibleIn(folder)).toContain("decision.txt");
  });
});

describe("among the documents", () => {
  it("a huge one is named, with how much may be sent", async () => {
    await writeFile(documents("scan.pdf"), "%PDF-1.4");
    await truncate(documents("scan.pdf"), 300 * 1024 * 1024);
    await addDocument(folder);
    const said = await saidOf({});
    expect(said).toContain("documents/scan.pdf is too big: it has 300 MB, and at most 50 MB");
  });

  it("programs are named, under their own name and another", async () => {
    await writeFile(documents("setup.exe"), "MZ");
    await writeFile(documents("report.pdf"), "MZ\0\0");
    const said = await saidOf({});
    expect(said).toContain("documents/setup.exe is no kind of file that is sent");
    expect(said).toContain("documents/report.pdf is no PDF inside");
  });

  it("odd names are named, and do what they do nowhere else", async () => {
    await writeFile(documents("a..pdf"), "%PDF-1.4");
    await writeFile(documents("one\ntwo.pdf"), "%PDF-1.4");
    execFileSync("sh", ["-c", 'printf "%%PDF-1.4" > "$(printf "caf\\351.pdf")"'], {
      cwd: documents(),
    });
    const said = await saidOf({});
    expect(said).toContain("documents/a..pdf has a name that cannot be sent");
    expect(said).toContain("documents/one␊two.pdf has a name that cannot be sent");
    expect(said).toContain("documents/caf?.pdf has a name that cannot be read");
  });

  it("links lead nowhere", async () => {
    await symlink("/etc/passwd", documents("passwd.txt"));
    await symlink("/etc", documents("etc"));
    const said = await saidOf({});
    expect(said).toContain("documents/passwd.txt is no file, but a link or a device");
    expect(said).toContain("documents/etc is no file");
  });

  it("two of one name are named, and what lies beside the form", async () => {
    await mkdir(documents("Transcript"));
    await addDocument(folder, "Transcript/a.pdf");
    await addDocument(folder, "A.pdf");
    await writeFile(join(folder, "letter.pdf"), "%PDF-1.4");
    const said = await saidOf({ "Not available": "Transcript" });
    expect(said).toContain("has the same name as another document");
    expect(said).toContain("letter.pdf lies beside decision.txt, and would not be sent");
    expect(said).toContain(
      "Transcript stands under Not available, but documents/Transcript/a.pdf has it",
    );
    await rm(join(folder, "letter.pdf"));
  });

  it("one that is open in a program is waited for", async () => {
    await addDocument(folder);
    await writeFile(documents(".~lock.Transcript 2024.pdf#"), "");
    await fillIn(folder, { ...RELEASE, Comments: "once more" });
    await meet(world, world.prairie);
    expect(await statusIn(folder)).toContain(
      "a program has this open:\r\n  - documents/Transcript 2024.pdf",
    );
  });

  it("a record of another request, or with a fault, is named", async () => {
    await writeFile(
      join(folder, "record.xml"),
      '<OutboxMessage xmlns="urn:packetboat:outbox:1"><Release><Reference>AAAA-BBBB</Reference></Release></OutboxMessage>',
    );
    const said = await saidOf({});
    expect(said).toContain("record.xml: Release/Reference: names another transfer");
    await rm(join(folder, "record.xml"));
  });
});

describe("who decides", () => {
  it("is not proved by a form that we wrote ourselves", async () => {
    await configure(world.prairie, { at: ["releases", "allowDeclaredUser"], value: false });
    await addDocument(folder);
    const said = await saidOf({ Comments: "who am I" });
    expect(said).toContain(
      "nothing proves that example.registrar wrote this. Make the file your own",
    );
    await configure(world.prairie, { at: ["releases", "allowDeclaredUser"], value: true });
    await fillIn(folder, { Decision: "" });
    await meet(world, world.prairie);
  });
});

describe("a form under another name", () => {
  const form = (name = "decision.txt"): string => join(folder, name);
  const looks = async (): Promise<void> => {
    for (let looked = 0; looked < 3; looked++) {
      await meet(world, world.prairie);
      world.clock.pass({ minutes: 3 });
    }
  };

  it.each(["Decision.TXT", "decision.txt.txt"])("%s is read", async (name) => {
    await fillIn(folder, { Decision: "recall", Reason: "WrongStudent", Comments: name });
    await rename(form(), form(name));
    await looks();
    expect(await statusIn(folder)).toContain("nothing to recall");
    expect(await visibleIn(folder)).not.toContain(name);
  });

  it.each(["decision.docx", "decision - Copy.txt", "decision-PC7.txt", "decision (1).txt"])(
    "%s is not, and whoever wrote it is told so until it is gone",
    async (name) => {
      await fillIn(folder, { Decision: "", Reason: "", Comments: "" });
      await meet(world, world.prairie);
      await copyFile(form(), form("decision (2).txt"));
      await fillIn(folder, { Decision: "hold", Reason: "Other" });
      await copyFile(form(), form(name));
      if (name.endsWith("docx"))
        await writeFile(form(name), Buffer.from("504b030414000600", "hex"));
      await looks();
      const said = `“${name}” is not read: packetboat reads decision.txt alone`;
      expect(await statusIn(folder)).toContain(said);
      expect(await openAlerts(world.prairie)).toContain("DECISION_NOT_TAKEN");
      await fillIn(folder, { Decision: "", Reason: "" });
      await looks();
      expect(await statusIn(folder)).toContain(said);
      await rm(form(name));
      await looks();
      expect(await statusIn(folder)).toContain("Nothing is decided now.");
      expect(await openAlerts(world.prairie)).not.toContain("DECISION_NOT_TAKEN");
    },
  );
});
