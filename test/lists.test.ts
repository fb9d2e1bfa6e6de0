/** Lists of requests in real homes: who asks, what a list that changes asks, and what many rows cost. */
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { districtOf, dropFolderPaths, readConfig } from "../daemon/config.ts";
import { ownAccount } from "../daemon/people.ts";
import { HEADER, list, row } from "./desk/csv.ts";
import { message, request } from "./desk/outbox.ts";
import { meet, newWorld, REGISTRAR, withLedger, type World } from "./homes.ts";
import { alertsWithCause, configure, readByIt } from "./scene.ts";

let world: World;
let sis: string;
beforeEach(async () => {
  world = await newWorld();
  sis = join(world.valley.folder, "sis");
  for (const folder of Object.values(dropFolderPaths({ path: sis }))) {
    await mkdir(folder, { recursive: true });
  }
});
afterEach(() => world[Symbol.asyncDispose]());

const NORTH = {
  id: "390041700123",
  name: "North High School",
  alsoWritten: ["Example High School"],
};
const SOUTH = { id: "390041700124", name: "South High School" };

interface Setting {
  readonly sourceSystem?: boolean;
  readonly osUser?: string | undefined;
  readonly schools?: readonly string[];
  readonly marker?: string;
}

/** A second drop folder, and one person who may ask. */
async function configured({
  sourceSystem = false,
  osUser,
  schools,
  marker,
}: Setting): Promise<void> {
  const { office } = districtOf(await readConfig(world.valley.configPath));
  const ready = marker === undefined ? { unchangedForSeconds: 1 } : { marker };
  const path = join(world.valley.folder, "office");
  const person = {
    username: REGISTRAR,
    name: "Example Registrar",
    may: ["request", "release"],
    ...(osUser === undefined ? {} : { osUser }),
    ...(schools === undefined ? {} : { schools }),
  };
  await configure(
    world.valley,
    {
      at: ["dropFolders"],
      value: { office: { path, ready: office.ready }, sis: { path: sis, ready, sourceSystem } },
    },
    { at: ["people"], value: [person] },
  );
  const text = await readFile(world.valley.configPath, "utf8");
  await writeFile(world.valley.configPath, `${text}\nschools: ${JSON.stringify([NORTH, SOUTH])}\n`);
}

/** Drop it and exchange. @returns the files that answer it */
async function drop(name: string, content: string, folder = sis): Promise<string[]> {
  const hidden = join(folder, "outbox", `.${name}`);
  await writeFile(hidden, content);
  await rename(hidden, join(folder, "outbox", name));
  await meet(world, world.valley);
  return (await readdir(join(folder, "refused"))).toSorted();
}

/** Lists with a column that says who asks. */
const listBy = (who: string, ...rows: string[][]): string =>
  [[...HEADER, "DecidedBy"], ...rows.map((fields) => [...fields, who])]
    .map((fields) => fields.join(","))
    .join("\n");

const asked = (): Promise<string[]> =>
  withLedger(world.valley, async (ledger) => {
    const rows = await ledger
      .selectFrom("transfer_events")
      .select(["who", "authentication", "event"])
      .orderBy("event_id")
      .execute();
    return rows.map(({ who, authentication, event }) => `${event} ${who} ${authentication}`);
  });

describe("who asks in a list", () => {
  it("is vouched for by the system that lets its users log in", async () => {
    await configured({ sourceSystem: true });
    expect(await drop("list.csv", listBy(REGISTRAR, row()))).toEqual([]);
    expect(await asked()).toEqual([`Request ${REGISTRAR} SourceSystem`]);
  });

  it("is only declared where a folder is no such system's", async () => {
    await configured({ sourceSystem: true });
    const office = join(world.valley.folder, "office");
    expect(await drop("list.csv", listBy(REGISTRAR, row()), office)).toEqual([]);
    expect(await asked()).toEqual([`Request ${REGISTRAR} Declared`]);
  });

  it("is proved by the account that the file belongs to", async () => {
    await configured({ osUser: ownAccount() });
    expect(await drop("list.csv", list([row()]))).toEqual([]);
    expect(await asked()).toEqual([`Request ${REGISTRAR} OperatingSystem`]);
  });

  it("may not ask for a school that is another's: such rows come back", async () => {
    await configured({ sourceSystem: true, schools: [NORTH.name] });
    const rows = [
      row(),
      row({ SourceReference: "S-2", NameOfInstitution: SOUTH.name }),
      row({ SourceReference: "S-3", NameOfInstitution: NORTH.name.toUpperCase() }),
    ];
    expect(await drop("list.csv", listBy(REGISTRAR, ...rows))).toEqual([
      "list.csv",
      "list.csv.faults.txt",
    ]);
    expect(await asked()).toHaveLength(2);
    const back = await readFile(join(sis, "refused", "list.csv"), "utf8");
    expect(back.split("\r\n")[1]).toMatch(/may not act for South High School.*,S-2,/);
    expect(await alertsWithCause(world.valley)).toEqual(["DOCUMENT_REFUSED PERSON_NOT_ALLOWED"]);
  });

  it("is somebody whom the config does not know", async () => {
    await configured({ sourceSystem: true });
    await drop("list.csv", listBy("nobody", row()));
    expect(await readFile(join(sis, "refused", "list.csv"), "utf8")).toContain(
      "nobody under people",
    );
    expect(await asked()).toEqual([]);
  });
});

describe("a list that changes", () => {
  const again = (name: string, values: Parameters<typeof row>[0]): Promise<string[]> =>
    drop(name, list([row(values)]));

  beforeEach(() => configured({ osUser: ownAccount() }));

  const results = async (name: string): Promise<Record<string, unknown>[]> =>
    (
      JSON.parse(await readFile(join(sis, "sent", `${name}.result.json`), "utf8")) as {
        results: Record<string, unknown>[];
      }
    ).results;

  it.each([
    { Birthdate: "2009-12-02" },
    { To: "1900012" },
    { EnrollmentEntryDate: "2024-07-26" },
    { FirstName: "Jena" },
  ])("does not ask a second time: %o", async (values) => {
    await again("monday.csv", {});
    const [first] = await results("monday.csv");
    expect(await again("tuesday.csv", values)).toEqual(["tuesday.csv", "tuesday.csv.faults.txt"]);
    const faults = await readFile(join(sis, "refused", "tuesday.csv.faults.txt"), "utf8");
    expect(faults).toContain(`stands for transfer ${String(first?.["reference"])}`);
    expect(faults).toContain("[DOCUMENT_CHANGED]");
    expect(await asked()).toHaveLength(1);
  });

  it("is known again when the transfer was corrected in the same words", async () => {
    await again("monday.csv", {});
    const [first] = await results("monday.csv");
    const reference = String(first?.["reference"]);
    const corrected = request(
      `<Resubmits>${reference}</Resubmits>`,
      "<Comments>Corrected.</Comments>",
    );
    const text = `<SourceReference>S-1</SourceReference>${corrected.replace("2009-02-12", "2009-12-02")}`;
    expect(await drop("correction.xml", message(text))).toEqual([]);
    expect(await asked()).toEqual([
      `Request ${REGISTRAR} OperatingSystem`,
      `Resubmit ${REGISTRAR} OperatingSystem`,
    ]);
    expect(await again("tuesday.csv", { Birthdate: "2009-12-02" })).toEqual([]);
    expect(await results("tuesday.csv")).toMatchObject([{ outcome: "known", reference }]);
    // The first words are known too: they were taken once.
    expect(await again("old.csv", {})).toEqual([]);
    expect(await asked()).toHaveLength(2);
  });

  it("in XML does not ask a second time either", async () => {
    const named = (text: string): string =>
      message(`<SourceReference>S-1</SourceReference>${request()}`).replace("Jenna", text);
    expect(await drop("monday.xml", named("Jenna"))).toEqual([]);
    expect(await drop("tuesday.xml", named("Jena"))).toHaveLength(2);
    expect(await asked()).toHaveLength(1);
  });

  it("means its own folder's students: another may count from one, too", async () => {
    await again("monday.csv", {});
    const office = join(world.valley.folder, "office");
    expect(await drop("list.csv", list([row({ FirstName: "Jo" })]), office)).toEqual([]);
    expect(await asked()).toHaveLength(2);
  });
});

describe("what is written of a list", () => {
  it("names no student to IT", async () => {
    await configured({ osUser: ownAccount() });
    await drop("list.csv", list([row(), row({ SourceReference: "S-2", Birthdate: "2009-02-30" })]));
    await drop("whole.csv", list([row({ SourceReference: "S-9" })]).replace("Birthdate", "Geb"));
    const text = await readByIt(world.valley);
    for (const personal of ["Abrams", "Jenna", "2009-02-12", "2009-02-30"]) {
      expect(text).not.toContain(personal);
    }
  });

  it("waits for its marker", async () => {
    await configured({ osUser: ownAccount(), marker: ".done" });
    await drop("list.csv", list([row()]));
    expect(await asked()).toEqual([]);
    await writeFile(join(sis, "outbox", "list.csv.done"), "");
    await meet(world, world.valley);
    expect(await asked()).toHaveLength(1);
    expect(await readdir(join(sis, "outbox"))).toEqual([]);
  });
});
