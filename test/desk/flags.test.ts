import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { flagsFileOf, flagsReader } from "../../daemon/desk/flags.ts";
import type { Student } from "../../daemon/packet/model.gen.ts";
import { jenna } from "../transfer/cast.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "packetboat-flags-"));
});
afterEach(() => rm(home, { recursive: true }));

const withId = (id: string, more: Partial<Student> = {}): Student => ({
  ...jenna,
  StudentIdentification: [{ StudentIdentificationSystem: "State", StudentIdentifier: id }],
  ...more,
});
const nobody: Student = { ...jenna, LastOrSurname: "Nobody" };

const reader = (flagsFile?: string) =>
  flagsReader(flagsFileOf({ home, releases: flagsFile === undefined ? {} : { flagsFile } }));

async function flagged(content: string | Buffer, student: Student): Promise<boolean | null> {
  await writeFile(join(home, "flags.csv"), content);
  const { isFlagged, refusal } = await reader()();
  if (refusal) throw refusal;
  return isFlagged(student);
}

const NAMED = "LastOrSurname,FirstName,Birthdate";

describe("a student is flagged", () => {
  it.each([
    ["by an id of whatever system", "StudentId\n0047311\n", withId("0047311")],
    ["by an id that lost its zeros in a spreadsheet", "StudentId\n47311\n", withId("0047311")],
    ["by an id with hyphens", "Student Id;Note\nA-100 2;x\n", withId("a1002")],
    ["by name and birthdate", `${NAMED}\nAbrams,Jenna,2009-02-12\n`, jenna],
    [
      "by a name in capitals, a date as the US writes it",
      `${NAMED}\nABRAMS,JENNA,2/12/2009\n`,
      jenna,
    ],
    [
      "by a name without its accents and apostrophes",
      `${NAMED}\r\nOBrien Munoz,Jose,2009-02-12\r\n`,
      { ...jenna, LastOrSurname: "O’Brien-Muñoz", FirstName: "José" },
    ],
    ["by a pet name, of one last name", `${NAMED}\nAbrams,Jenny,2009-02-12\n`, jenna],
    ["by a last name since changed", `${NAMED}\nSmith,Jenna,2009-02-12\n`, jenna],
    ["by names that changed places", `${NAMED}\nJenna,Maria,2009-02-12\n`, jenna],
    [
      "by letters that only look like those of the name",
      `${NAMED}\nAbrams,Jenna,2009-02-12\n`,
      { ...jenna, LastOrSurname: "\u{410}br\u{430}ms", FirstName: "J\u{435}nn\u{430}" },
    ],
    [
      "by another name of the student",
      `${NAMED}\nSmith,Jenna,2009-02-12\n`,
      { ...jenna, OtherName: ["Smith"] },
    ],
    [
      "in windows-1252",
      Buffer.from(`${NAMED}\nMuñoz,Jenna,2009-02-12\n`, "latin1"),
      { ...jenna, LastOrSurname: "Muñoz" },
    ],
    ["behind a byte order mark and tabs", "\u{FEFF}StudentId\tNote\n\n77\ta,b;c\n", withId("77")],
    ["in UTF-16", Buffer.from("\u{FEFF}StudentId\n77\n", "utf16le"), withId("77")],
  ])("%s", async (_, content, student) => {
    expect(await flagged(content, student)).toBe(true);
  });

  it.each([
    ["by another birthdate", `${NAMED}\nAbrams,Jenna,2009-02-13\n`, jenna],
    ["by the birthdate alone", `${NAMED}\nSmith,Maria,2009-02-12\n`, jenna],
    [
      "by names alone, in whatever letters",
      `${NAMED}\nAbrams,J\u{435}nn\u{430},2009-02-13\n`,
      jenna,
    ],
    [
      "by an empty id",
      "StudentId,LastOrSurname,FirstName,Birthdate\n,X,Y,2001-01-01\n",
      withId("-"),
    ],
    ["by a header alone", "StudentId\n", withId("StudentId")],
  ])("but not %s", async (_, content, student) => {
    expect(await flagged(content, student)).toBe(false);
  });
});

describe("a list that cannot be read", () => {
  it.each([
    ["no header", "", "has no header"],
    ["an unknown column", "StudentIdd\n1\n", "has an unknown column 1, did you mean StudentId?"],
    [
      "no header, and is told so without naming the student",
      "0047311,Abrams,Jenna,2009-02-12\n",
      "flags.csv has an unknown column 1: its first line must name StudentId, LastOrSurname, FirstName, Birthdate, Note",
    ],
    ["a column twice", "StudentId,student id\n1,2\n", "has a column twice"],
    ["no key", "FirstName,Note\nx,y\n", "has neither StudentId nor"],
    ["a row about nobody", "StudentId,Note\n,x\n", "line 2 names no student"],
    ["half a name", `${NAMED}\nAbrams,,2009-02-12\n`, "line 2 has no FirstName"],
    ["no day", `${NAMED}\nAbrams,Jenna,2009-02-30\n`, "a Birthdate that is not YYYY-MM-DD"],
    ["more fields than columns", "StudentId\n1,2\n", "line 2 has more fields"],
    ["zero bytes", "StudentId\n1\0\n", "flags.csv cannot be read: the file has zero bytes"],
    ["an open quote", 'StudentId\n"1\n', "is not proper CSV"],
    ["a quote in the midst of a field", 'StudentId,Note\n"1\n"2,x\n', "is not proper CSV"],
    [
      "a row within a field",
      'StudentId,Note\n1,"x\n123,y\n2,z"\n',
      "line 4 ends a field of several",
    ],
    [
      "wide rows",
      `StudentId\n${`"1"${",".repeat(199)}\n`.repeat(49_000)}`,
      "line 2 has more fields",
    ],
    [
      "more students than two persons could look at",
      `StudentId\n${"1\n".repeat(4_900_000)}`,
      "names more than 50000 students",
    ],
    [
      "quoted line ends alone",
      `StudentId\n${'"\n'.repeat(4_900_000)}`,
      "more than 5000 blank rows",
    ],
  ])("with %s answers nobody, and shows no student", async (_, content, sentence) => {
    await writeFile(join(home, "flags.csv"), content);
    const { isFlagged, refusal } = await reader()();
    expect(isFlagged(nobody)).toBeNull();
    expect(refusal?.code).toBe("FLAGS_UNREADABLE");
    expect(refusal?.message).toContain(sentence);
    expect(refusal?.message).not.toMatch(/abrams|jenna|2009/i);
  });

  it("must be there if the config names it, and need not if not", async () => {
    expect((await reader()()).isFlagged(jenna)).toBe(false);
    const { isFlagged, refusal } = await reader("lists/flags.csv")();
    expect(isFlagged(jenna)).toBeNull();
    expect(refusal?.message).toBe("flags.csv is not there");
  });
});

it("is read again when it has changed, and when it has come, gone or been mended", async () => {
  const path = join(home, "flags.csv");
  const read = reader();
  expect((await read()).isFlagged(jenna)).toBe(false);
  await writeFile(path, `${NAMED}\nAbrams,Jenna,2009-02-12\n`);
  expect((await read()).isFlagged(jenna)).toBe(true);
  await writeFile(path, `${NAMED}\nAbrams,Jenna,2009-02-13\n`);
  await utimes(path, new Date(), new Date(Date.now() + 5000));
  expect((await read()).isFlagged(jenna)).toBe(false);
  await writeFile(path, "broken\n");
  expect((await read()).isFlagged(jenna)).toBeNull();
  await rm(path);
  expect((await read()).isFlagged(jenna)).toBe(false);
});
