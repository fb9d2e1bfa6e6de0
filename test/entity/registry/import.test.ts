import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate as turn } from "node:timers/promises";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import {
  type ImportProgress,
  type ImportStep,
  proceed,
  discard,
  sweepLeft,
} from "../../../daemon/entity/registry/import.ts";
import { findInRegistry, registryDate } from "../../../daemon/entity/registry.ts";
import { parseAgencyId } from "../../../daemon/ids.ts";
import { listAlerts } from "../../../daemon/ledger/alerts.ts";
import { openLedger } from "../../../daemon/ledger/connect.ts";
import { candidatesQuery } from "../../../daemon/ledger/enrollments.ts";
import { importIn } from "../../../daemon/ledger/registry.ts";
import type { Student } from "../../../daemon/packet/model.gen.ts";
import { newLedger, type TestLedger } from "../../ledger/ledgers.ts";
import { AT, HEADER, importing, list, row, SETTINGS, students } from "./lists.ts";

const REQUESTER = parseAgencyId("2700417");
const LATER = new Date("2024-07-20T14:00:00Z");

const JENNA: Student = {
  LastOrSurname: "Abrams",
  FirstName: "Jenna",
  Sex: "Female",
  Birthdate: "2014-03-09",
  GradeLevel: "06",
};

const take = ({ ledger, path }: TestLedger, text: string | Uint8Array, more = {}) =>
  importing(ledger, dirname(path), text, more);

const find = ({ ledger }: TestLedger, student: Student = JENNA) =>
  findInRegistry(ledger, student, { requesterId: REQUESTER, today: "2024-07-19" });

const rowsOf = ({ ledger }: TestLedger) =>
  ledger
    .selectFrom("enrollments")
    .select(["state_student_id as id", "agency_id as agency", "exit_date as exit"])
    .orderBy("state_student_id")
    .orderBy("agency_id")
    .execute();

const openAlerts = async ({ ledger }: TestLedger) =>
  (await listAlerts(ledger, { open: true })).map(({ code, facts }) => ({ code, facts }));

describe("a snapshot", () => {
  it("is the registry, of the day of its file", async () => {
    await using made = await newLedger();
    const { outcome, row: done } = await take(made, list(row(), ...students(3, 10)));
    expect(outcome).toBe("current");
    expect(done).toMatchObject({ rows: 4, students: 4, enrollments: 4, open_enrollments: 4 });
    expect(await registryDate(made.ledger)).toBe("2024-07-19");
    expect(await find(made)).toMatchObject({
      kind: "one",
      stateStudentId: "0000000001",
      previous: { agencyId: "2700105", schoolId: "270010500001", gradeLevel: "05", exitDate: null },
    });
  });

  it("may have any number of empty lines, which cost nothing", async () => {
    await using made = await newLedger();
    const before = process.threadCpuUsage();
    const { outcome, row: done } = await take(made, list("\n".repeat(300_000) + row()));
    const { user, system } = process.threadCpuUsage(before);
    expect({ outcome, students: done.students }).toEqual({ outcome: "current", students: 1 });
    expect((user + system) / 1000).toBeLessThan(3000);
  });

  it("closes on its day what it does not list, and keeps what was closed before", async () => {
    await using made = await newLedger();
    const gone = row({ id: "0000000099" });
    const old = row({ agency: "2700012", entry: "2020-08-20", exit: "2023-06-10" });
    await take(made, list(row(), gone, old, ...students(60, 100)));
    await take(made, list(row(), ...students(60, 100)), { at: LATER });
    const rows = await rowsOf(made);
    expect(rows).toHaveLength(63);
    expect(rows.find(({ id }) => id === "0000000099")?.exit).toBe("2024-07-20");
    expect(rows.find(({ agency }) => agency === "2700012")?.exit).toBe("2023-06-10");
  });

  it("leaves out an enrollment that was to begin, and is listed no more", async () => {
    await using made = await newLedger();
    await take(made, list(row({ id: "2", entry: "2024-08-20" }), ...students(60, 100)));
    await take(made, list(...students(60, 100)), { at: LATER });
    expect(await rowsOf(made)).toHaveLength(60);
  });

  it("waits for a person if it would close too many, and changes nothing until then", async () => {
    await using made = await newLedger();
    await take(made, list(row(), ...students(20, 100)));
    const { outcome, row: waiting } = await take(made, list(...students(15, 100)), { at: LATER });
    expect([outcome, waiting.closed]).toEqual(["waiting", 6]);
    expect(await find(made)).toMatchObject({ previous: { exitDate: null } });
    expect(await openAlerts(made)).toEqual([
      { code: "REGISTRY_WAITS", facts: { closing: 6, open: 21 } },
    ]);
    expect(await take(made, list(...students(15, 100)), { at: LATER })).toMatchObject({
      outcome: "waiting",
      row: { import_id: waiting.import_id },
    });
    await proceed(made.ledger, LATER);
    expect(await find(made)).toMatchObject({ previous: { exitDate: "2024-07-20" } });
    expect(await openAlerts(made)).toEqual([]);
    expect(await rowsOf(made)).toHaveLength(21);
    await expect(proceed(made.ledger, LATER)).rejects.toMatchObject({
      code: "REGISTRY_NOTHING_WAITS",
    });
  });

  it("that waits can be thrown away, or is replaced by the next one", async () => {
    await using made = await newLedger();
    await take(made, list(row(), ...students(20, 100)));
    await take(made, list(...students(15, 100)), { at: LATER });
    await discard(made.ledger, LATER);
    expect(await openAlerts(made)).toEqual([]);
    expect(await rowsOf(made)).toHaveLength(21);
    await take(made, list(...students(15, 100)), { at: LATER });
    await take(made, list(row(), ...students(20, 100)), { at: LATER, mayClose: true });
    expect(await rowsOf(made)).toHaveLength(21);
    expect(await openAlerts(made)).toEqual([]);
    await expect(discard(made.ledger, LATER)).rejects.toMatchObject({
      code: "REGISTRY_NOTHING_WAITS",
    });
  });

  it("is known when it comes again, and makes the registry younger", async () => {
    await using made = await newLedger();
    const text = list(row(), ...students(3, 10));
    await take(made, text);
    expect(await take(made, text, { at: LATER })).toMatchObject({ outcome: "known" });
    expect(await registryDate(made.ledger)).toBe("2024-07-20");
  });

  it("says anew who a student is", async () => {
    await using made = await newLedger();
    const old = row({ last: "Bell", agency: "2700012", entry: "2020-08-20", exit: "2023-06-10" });
    await take(made, list(old, ...students(60, 100)));
    await take(made, list(row(), ...students(60, 100)), { at: LATER });
    expect(await find(made)).toMatchObject({ kind: "one" });
    expect(await find(made, { ...JENNA, LastOrSurname: "Bell" })).toEqual({ kind: "none" });
  });
});

describe("changes", () => {
  it("are put over what the registry says, and close nothing else", async () => {
    await using made = await newLedger();
    await take(made, list(row(), ...students(3, 10)));
    const moved = list(
      row({ exit: "2024-07-01" }),
      row({ agency: "2700012", entry: "2024-07-02" }),
    );
    const { row: done } = await take(made, moved, { kind: "changes", at: LATER });
    expect(done).toMatchObject({ students: 4, enrollments: 5, open_enrollments: 4 });
    expect(await find(made)).toMatchObject({ previous: { agencyId: "2700012" } });
    expect(await rowsOf(made)).toHaveLength(5);
    expect(await registryDate(made.ledger)).toBe("2024-07-20");
  });

  it("that are many are made beside the registry, with the same end", async () => {
    await using made = await newLedger();
    await take(made, list(row(), row({ id: "2", first: "Kim", exit: "2024-01-01" })));
    const { row: done } = await take(made, list(...students(10_001, 100)), { kind: "changes" });
    expect(done).toMatchObject({ students: 10_003, closed: 0, open_enrollments: 10_002 });
    expect(await find(made)).toMatchObject({ previous: { exitDate: null } });
    expect(await rowsOf(made)).toHaveLength(10_003);
  });

  it("are refused as long as there is no registry that they could change", async () => {
    await using made = await newLedger();
    for (const text of [list(row()), list()]) {
      const taking = take(made, text, { kind: "changes" });
      await expect(taking).rejects.toMatchObject({ code: "REGISTRY_INVALID" });
    }
    await expect(find(made)).rejects.toMatchObject({ code: "REGISTRY_EMPTY" });
  });

  it("that were cut off before they were counted leave the registry as large as it was", async () => {
    await using made = await newLedger();
    await take(made, list(row(), ...students(30, 100)));
    const passed = (step: ImportStep): void => {
      if (step === "current") throw new Error("the power is gone");
    };
    const moved = list(row({ exit: "2024-07-01" }));
    const taking = take(made, moved, { kind: "changes", at: LATER, passed });
    await expect(taking).rejects.toThrow("the power is gone");
    expect(await importIn(made.ledger, "CURRENT")).toMatchObject({
      kind: "changes",
      students: 31,
      enrollments: 31,
      open_enrollments: 31,
    });
  });

  it("may be none", async () => {
    await using made = await newLedger();
    await take(made, list(row()));
    await take(made, list(), { kind: "changes", at: LATER });
    expect(await registryDate(made.ledger)).toBe("2024-07-20");
    expect(await rowsOf(made)).toHaveLength(1);
  });
});

describe("faulty rows", () => {
  it("are left out and told of by line, column and sentence, without their values", async () => {
    await using made = await newLedger();
    const bad = [
      row({ id: "123-45-6789" }),
      row({ birthdate: "2014-02-30" }),
      row({ agency: "270010", school: "270010500001" }),
      row({ sex: "Q" }),
      row({ entry: "2024-01-02", exit: "2024-01-01" }),
      row({ last: "-" }),
      row({ school: "27001050000" }),
      `${row()},Secret`,
      row({ id: "1.23E+09" }),
      row({ id: "x".repeat(41) }),
      row({ birthdate: "2024-01-01" }),
      row({ last: "" }),
    ];
    const settings = { ...SETTINGS, maxFaultyRows: "50%" };
    const { faults, row: done } = await take(made, list(...bad, row(), ...students(20, 100)), {
      settings,
    });
    expect(done).toMatchObject({ rows: 33, faulty_rows: 12, enrollments: 21 });
    expect(faults.map(({ line, column }) => [line, column])).toEqual([
      [2, "StateStudentId"],
      [3, "Birthdate"],
      [4, "AgencyId"],
      [5, "Sex"],
      [6, "EnrollmentExitDate"],
      [7, "LastOrSurname"],
      [8, "SchoolId"],
      [9, "row"],
      [10, "StateStudentId"],
      [11, "StateStudentId"],
      [12, "Birthdate"],
      [13, "LastOrSurname"],
    ]);
    const told = JSON.stringify(faults);
    for (const secret of ["6789", "02-30", "Q\\b", "Secret", "xxx", "Abrams", "Jenna"]) {
      expect(told).not.toMatch(new RegExp(secret));
    }
    expect(await openAlerts(made)).toEqual([
      { code: "REGISTRY_ROWS_LEFT_OUT", facts: { rows: 33, faulty: 12 } },
    ]);
    await take(made, list(row(), ...students(20, 100)), { at: LATER });
    expect(await openAlerts(made)).toEqual([]);
  });

  it("end no enrollment of a student whose State id they still tell", async () => {
    await using made = await newLedger();
    const old = row({ agency: "2700012", entry: "2020-08-20" });
    await take(made, list(row(), old, row({ id: "2" }), ...students(200, 100)));
    const moved = row({ agency: "2700012", entry: "2020-08-20", exit: "2023-06-10" });
    const { row: done } = await take(made, list(row({ sex: "Q" }), moved, ...students(200, 100)), {
      at: LATER,
    });
    expect(done).toMatchObject({ rows: 202, faulty_rows: 1, closed: 1 });
    expect((await rowsOf(made)).filter(({ id }) => ["0000000001", "2"].includes(id))).toEqual([
      { id: "0000000001", agency: "2700012", exit: "2023-06-10" },
      { id: "0000000001", agency: "2700105", exit: null },
      { id: "2", agency: "2700105", exit: "2024-07-20" },
    ]);
  });

  it("that are too many change nothing", async () => {
    await using made = await newLedger();
    await take(made, list(row()));
    const taking = take(made, list(row({ sex: "Q" }), ...students(20, 100)), { at: LATER });
    await expect(taking).rejects.toMatchObject({
      code: "REGISTRY_INVALID",
      facts: { rows: 21, faultyRows: 1, faults: [expect.stringMatching(/^line 2: Sex: must be/)] },
    });
    expect(await rowsOf(made)).toHaveLength(1);
    expect(await registryDate(made.ledger)).toBe("2024-07-19");
  });
});

it.each([
  ["0%", 1, 1000, "refused"],
  ["1%", 10, 990, "current"],
  ["1%", 10, 989, "refused"],
  ["100%", 1, 1, "current"],
  ["100%", 2, 0, "refused"],
])("with at most %s faulty rows, %i beside %i good ones are %s", async (most, bad, good, end) => {
  await using made = await newLedger();
  const rows = Array.from({ length: bad }, () => row({ sex: "Q" }));
  const settings = { ...SETTINGS, maxFaultyRows: most };
  const taking = take(made, list(...rows, ...students(good)), { settings });
  if (end === "refused") await expect(taking).rejects.toMatchObject({ code: "REGISTRY_INVALID" });
  else expect(await taking).toMatchObject({ outcome: end });
});

it.each([
  [49, "current"],
  [50, "current"],
  [51, "waiting"],
])("of 1,000 open enrollments, %i are closed: %s, when 5% may be", async (closing, outcome) => {
  await using made = await newLedger();
  const all = students(1000);
  await take(made, list(...all));
  const next = await take(made, list(...all.slice(closing)), { at: LATER });
  expect([next.outcome, next.row.closed]).toEqual([outcome, closing]);
});

describe("a file that is no list", () => {
  const cut = `${HEADER}\n"${row()}`;
  it.each([
    ["is empty", ""],
    ["is blank", "\n\n"],
    ["has no header", `${row()}\n${row()}\n`],
    ["lacks a column", list(row()).replace("Birthdate", "Born")],
    ["has a column twice", list(row()).replace("MiddleName", "FirstName")],
    ["has a header alone", list()],
    ["never closes a quotation mark", cut],
    ["has zero bytes", list(row()).split("").join("\0")],
  ])("%s: it is refused, and nothing changes", async (_, text) => {
    await using made = await newLedger();
    await take(made, list(row()));
    const refusal = await take(made, text, { at: LATER }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "REGISTRY_INVALID" });
    expect(JSON.stringify(refusal)).not.toMatch(/Abrams|Jenna/);
    expect((refusal as Error).message).not.toMatch(/Abrams|Jenna/);
    expect(await rowsOf(made)).toHaveLength(1);
  });
});

it("is refused if it changes while it is read", async () => {
  await using made = await newLedger();
  const text = list(...students(3000));
  const passed = (step: ImportStep): void => {
    if (step === "begun") writeFileSync(join(dirname(made.path), "registry.csv"), list(row()));
  };
  await expect(take(made, text, { passed })).rejects.toMatchObject({ code: "REGISTRY_INVALID" });
  expect(await rowsOf(made)).toEqual([]);
});

describe("a file as others write it", () => {
  const named = list(row({ last: "García" }));
  const utf16 = Buffer.from(`\ufeff${named}`, "utf16le");
  const mapped = named
    .replace("StateStudentId", "SSID")
    .replace("Birthdate", " dob ")
    .replaceAll(",", ";")
    .replace("2014-03-09", "3/9/2014");
  it.each([
    ["in UTF-8", Buffer.from(named)],
    ["in UTF-8 with its mark and CRLF", Buffer.from(`\ufeff${named.replaceAll("\n", "\r\n")}`)],
    ["in UTF-16", utf16],
    ["in windows-1252", Buffer.from(named, "latin1")],
    ["with other columns, semicolons and dates", Buffer.from(mapped)],
    ["with a line for Excel", Buffer.from(`sep=;\n${mapped}`)],
  ])("%s says the same", async (_, bytes) => {
    await using made = await newLedger();
    const columns = { SSID: "StateStudentId", DOB: "Birthdate" } as const;
    const settings = { ...SETTINGS, columns, dateFormat: "MM/dd/yyyy" };
    await take(made, bytes, { settings });
    expect(await find(made, { ...JENNA, LastOrSurname: "GARCIA" })).toMatchObject({
      kind: "one",
      stateStudentId: "0000000001",
    });
  });
});

describe("an import that is cut off", () => {
  const STEPS: readonly ImportStep[] = ["begun", "slice kept", "read", "carried over", "current"];
  it.each(STEPS)("after %s leaves a whole registry, and the next one sweeps", async (step) => {
    await using made = await newLedger();
    await take(made, list(row(), ...students(3000, 100)));
    const next = list(row({ exit: "2024-07-01" }), ...students(3000, 100));
    const passed = (at: ImportStep): void => {
      if (at === step) throw new Error("the power is gone");
    };
    await expect(take(made, next, { at: LATER, passed })).rejects.toThrow("the power is gone");
    const exit = step === "current" ? "2024-07-01" : null;
    expect(await find(made)).toMatchObject({ previous: { exitDate: exit } });
    await sweepLeft(made.ledger, LATER, new AbortController().signal);
    expect(await rowsOf(made)).toHaveLength(3001);
    const { outcome } = await take(made, next, { at: LATER });
    expect(outcome).toBe(step === "current" ? "known" : "current");
    expect(await find(made)).toMatchObject({ previous: { exitDate: "2024-07-01" } });
    expect(await rowsOf(made)).toHaveLength(3001);
  });

  it("because it was asked to end is done anew", async () => {
    await using made = await newLedger();
    const stop = new AbortController();
    const passed = (step: ImportStep): void => {
      if (step === "slice kept") stop.abort();
    };
    const more = { stop: stop.signal, passed };
    await expect(take(made, list(...students(3000)), more)).rejects.toMatchObject({
      code: "EXCHANGE_STOPPED",
    });
    await expect(find(made)).rejects.toMatchObject({ code: "REGISTRY_EMPTY" });
    await take(made, list(row()));
    expect(await rowsOf(made)).toHaveLength(1);
  });
});

it("that would fill the disk does not begin, and leaves room for the rest", async () => {
  await using made = await newLedger();
  await take(made, list(row()));
  const { rows } = await sql<{ page_count: number }>`PRAGMA page_count`.execute(made.ledger);
  const most = (rows[0]?.page_count ?? 0) + 100;
  await sql.raw(`PRAGMA max_page_count=${most}`).execute(made.ledger);
  const taking = take(made, list(...students(3000)), { at: LATER, mayClose: true });
  await expect(taking).rejects.toMatchObject({ code: "DISK_FULL" });
  expect(await rowsOf(made)).toHaveLength(1);
  await sql.raw("PRAGMA max_page_count=100000").execute(made.ledger);
  await take(made, list(...students(3000)), { at: LATER, mayClose: true });
  expect(await rowsOf(made)).toHaveLength(3000);
});

it("of a pipe is refused, and waits for nobody", async () => {
  await using made = await newLedger();
  const path = join(dirname(made.path), "pipe");
  execFileSync("mkfifo", [path]);
  await expect(take(made, list(row()), { path })).rejects.toMatchObject({
    code: "FILE_UNREADABLE",
  });
});

describe("beside an import", () => {
  it("look-ups and other writers of another process go on, and see one registry or the other", async () => {
    await using made = await newLedger();
    await take(made, list(row(), ...students(4000, 100)));
    const other = await openLedger(made.path);
    let isDone = false;
    const next = list(row({ exit: "2024-07-01" }), ...students(4000, 100));
    const taking = take(made, next, { at: LATER }).finally(() => (isDone = true));
    const seen = new Set<string | null>();
    let looks = 0;
    for (; !isDone; looks++) {
      const finding = await find({ ...made, ledger: other });
      if (finding.kind !== "one") throw new Error(finding.kind);
      seen.add(finding.previous.exitDate);
      await turn();
    }
    await taking;
    await other.destroy();
    expect(looks).toBeGreaterThan(10);
    expect([...seen]).toEqual([null, "2024-07-01"].slice(0, seen.size));
  });

  it("no second one begins", async () => {
    await using made = await newLedger();
    const second: Promise<unknown>[] = [];
    const passed = (step: ImportStep): void => {
      if (step === "begun") second.push(proceed(made.ledger, AT).catch((error: unknown) => error));
    };
    await take(made, list(...students(3000)), { passed });
    expect(await Promise.all(second)).toMatchObject([{ code: "HOME_BUSY" }]);
  });
});

it("tells how far it is, of the file and then of the registry, up to the end of each", async () => {
  await using made = await newLedger();
  const text = list(...students(5000));
  const heard = async (of: string): Promise<ImportProgress[]> => {
    const told: ImportProgress[] = [];
    await take(made, of, { progress: (progress: ImportProgress) => void told.push(progress) });
    return told;
  };
  const first = await heard(text);
  const bytes = Buffer.byteLength(text);
  const read = first.filter(({ phase }) => phase === "reading");
  expect(read[0]).toMatchObject({ total: bytes, rows: 0 });
  expect(read.at(-1)).toEqual({ phase: "reading", done: bytes, total: bytes, rows: 5000 });
  expect(read.map(({ rows }) => rows)).toEqual([0, 2000, 4000, 5000]);
  const second = await heard(list(...students(5001)));
  const phases = [...new Set(second.map(({ phase }) => phase))];
  expect(phases).toEqual(["sweeping", "reading", "carrying over", "counting"]);
  for (const phase of phases) {
    const done = second.filter((each) => each.phase === phase).map((each) => each.done);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect(done.at(-1)).toBe(second.findLast((each) => each.phase === phase)?.total);
  }
});

it("looks a student up by indexes alone", async () => {
  await using made = await newLedger();
  await take(made, list(row()));
  const about = { generation: 1, birthdate: "2014-03-09", stateIds: ["1"] };
  const query = candidatesQuery(made.ledger, about).compile();
  using database = new DatabaseSync(made.path, { readOnly: true });
  const plan = database
    .prepare(`EXPLAIN QUERY PLAN ${query.sql}`)
    .all(...(query.parameters as string[]))
    .map(({ detail }) => String(detail))
    .filter((detail) => /enrollments|born|named/.test(detail));
  expect(plan).toHaveLength(3);
  for (const detail of plan) expect(detail).toMatch(/^SEARCH .* USING (?:COVERING )?INDEX/);
});
