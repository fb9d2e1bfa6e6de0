import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dropFolderPaths } from "../../daemon/config.ts";
import {
  drop,
  dropRequest,
  meet,
  newWorld,
  office,
  openAlerts,
  recordAlone,
  REGISTRAR,
  requestTo,
  states,
  withLedger,
  type District,
  type World,
} from "../homes.ts";
import { deskOf } from "../commands/desk.ts";
import { alertsAt, configure } from "../scene.ts";

let world: World;
beforeEach(async () => {
  world = await newWorld();
});
afterEach(async () => world[Symbol.asyncDispose]());

const person = (username: string, more = {}) => ({
  username,
  name: "Example",
  may: ["release"],
  ...more,
});

/** A district with a school that has a folder of its own. */
async function withSchool(
  { folder, id, configPath }: District,
  school: string,
  people = [person(REGISTRAR)],
) {
  const path = join(folder, "north");
  for (const each of Object.values(dropFolderPaths({ path })))
    await mkdir(each, { recursive: true });
  const text = await readFile(configPath, "utf8");
  expect(text).toContain("people:");
  const officePath = join(folder, "office");
  await configure(
    { configPath } as District,
    {
      at: ["dropFolders"],
      value: { office: { path: officePath, ready: { unchangedForSeconds: 1 } }, north: { path } },
    },
    { at: ["people"], value: people },
  );
  const schools = [
    { id: `${id}00123`, name: "North High", alsoWritten: [school], dropFolder: "north" },
  ];
  await writeFile(
    configPath,
    `${await readFile(configPath, "utf8")}\nschools: ${JSON.stringify(schools)}\n`,
  );
  return path;
}

const ask = async (school: string): Promise<void> => {
  const { valley, prairie } = world;
  const request = (await requestTo(prairie)).replace(
    /<PreviousSchool>[^]*<\/PreviousSchool>/,
    `<PreviousSchool><NameOfInstitution>${school}</NameOfInstitution></PreviousSchool>`,
  );
  expect(request).toContain(school);
  await drop(valley, "request.xml", request);
  await meet(world, valley);
  await meet(world, prairie);
};

describe("a request", () => {
  it("goes to the folder of the school that it names, however that is written", async () => {
    const { prairie } = world;
    const north = await withSchool(prairie, "NORTH HS");
    await ask("north h.s.");
    const [reference = "", ...more] = await readdir(join(north, "requests"));
    expect(more).toEqual([]);
    expect(await readdir(office(prairie, "requests"))).toEqual([]);
    const told = await deskOf(world, prairie).run("transfers", "show", reference);
    expect(told.stdout).toMatch(new RegExp(`^Drop folder: +north \\(${north}\\)$`, "m"));
    expect(told.stdout).toMatch(
      new RegExp(`^Folder: +${join(north, "requests", reference)}$`, "m"),
    );
    expect(told.stdout).toContain(`requests/${reference} of the drop folder north`);
    const listed = await deskOf(world, prairie).run("transfers", "list");
    expect(listed.stdout).toMatch(/ Drop folder  Reference\n.* north        \w{4}-\w{4}\n/);
    expect(await openAlerts(prairie)).not.toContain("SCHOOL_UNKNOWN");
  });

  it("for a school that nobody knows goes to the office, and IT hears of it", async () => {
    const { prairie } = world;
    const north = await withSchool(prairie, "NORTH HS");
    await ask("Nowhere High");
    expect(await readdir(join(north, "requests"))).toEqual([]);
    expect(await readdir(office(prairie, "requests"))).toHaveLength(1);
    const told = (await alertsAt(prairie)).find(({ code }) => code === "SCHOOL_UNKNOWN");
    expect(told?.facts).toMatchObject({ school: "Nowhere High" });
  });

  it("shows its records in the folder of the school where the student goes", async () => {
    const { valley, prairie } = world;
    const request = await requestTo(prairie);
    const school = /<NameOfInstitution>([^<]*)</.exec(request)?.[1] ?? "";
    const north = await withSchool(valley, school, [person(REGISTRAR, { may: ["request"] })]);
    await dropRequest(world);
    await meet(world, valley);
    await meet(world, prairie);
    const [reference = ""] = await readdir(office(prairie, "requests"));
    const release = await recordAlone();
    await drop(
      prairie,
      "release.xml",
      release.replace("<Release>", `<Release><Reference>${reference}</Reference>`),
    );
    await meet(world, prairie);
    await meet(world, valley);
    expect(await readdir(join(north, "records"))).toEqual([reference]);
    expect(await readdir(office(valley, "records"))).toEqual([]);
  });
});

describe("a person of one school", () => {
  it("does not decide about another's student by a document, and the refusal says so", async () => {
    const { prairie } = world;
    await withSchool(prairie, "NORTH HS", [
      person("south.registrar", { schools: ["South High"] }),
      person(REGISTRAR),
    ]);
    const south = JSON.stringify([{ id: `${prairie.id}00124`, name: "South High" }]);
    const text = await readFile(prairie.configPath, "utf8");
    await writeFile(
      prairie.configPath,
      text.replace(
        /schools: \[(.*)\]\n$/,
        (_, list: string) => `schools: [${list},${south.slice(1)}\n`,
      ),
    );
    await ask("North HS");
    const [reference = ""] = await readdir(join(prairie.folder, "north", "requests"));
    const hold = `<Hold><Reference>${reference}</Reference><ReasonCode>AwaitingDocuments</ReasonCode></Hold>`;
    await drop(prairie, "hold.xml", hold);
    const asSouth = (await readFile(office(prairie, "outbox", "hold.xml"), "utf8")).replace(
      REGISTRAR,
      "south.registrar",
    );
    await writeFile(office(prairie, "outbox", "hold.xml"), asSouth);
    await meet(world, prairie);
    const faults = await readFile(office(prairie, "refused", "hold.xml.faults.txt"), "utf8");
    expect(faults).toContain("south.registrar may not act for North High [PERSON_NOT_ALLOWED]");
  });
});

describe("a person of one school, and a school that the config does not name", () => {
  it("is not theirs to decide, before IT teaches packetboat whose name that is", async () => {
    const { prairie } = world;
    await withSchool(prairie, "NORTH HS", [person(REGISTRAR, { schools: ["North High"] })]);
    await ask("Northern High School");
    const [reference = ""] = await readdir(office(prairie, "requests"));
    const hold = ["hold", reference, "--reason", "AwaitingDocuments"];
    const desk = deskOf(world, prairie);
    const refused = await desk.error(...hold);
    expect(refused.code).toBe("PERSON_NOT_ALLOWED");
    expect(refused.message).toContain("may not act for a school that the config does not name");
    const text = await readFile(prairie.configPath, "utf8");
    await writeFile(prairie.configPath, text.replaceAll("NORTH HS", "Northern high school"));
    await desk.result(...hold);
    expect((await states(world))[1]).toBe("OnHold");
  });
});

describe("the history of a transfer", () => {
  it("says how each person was known", async () => {
    const { valley } = world;
    await dropRequest(world);
    await meet(world, valley);
    const rows = await withLedger(valley, (ledger) =>
      ledger.selectFrom("transfer_events").select(["who", "authentication"]).execute(),
    );
    expect(rows).toEqual([{ who: REGISTRAR, authentication: "Declared" }]);
  });
});
