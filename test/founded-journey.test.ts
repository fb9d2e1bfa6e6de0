/**
 * The journey of a student's records within a state, from the list of one district's student information
 * system to the folder at another: an entity and three districts as `run` daemons, over a real sshd whose
 * accounts and boxes were made by the script that `directory accounts` printed. No district has another's
 * card; nobody's clock is moved.
 */
import { copyFile, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { editConfig } from "../daemon/config.ts";
import { ChildDaemon } from "./child-daemons.ts";
import type { Home } from "./commands/home.ts";
import { resultOf } from "./commands/terminal.ts";
import { caseFolder, fillIn } from "./desk/registrar.ts";
import { type Founding, foundState, STATE } from "./founded.ts";
import { type District, office, STUDENTS } from "./homes.ts";
import { noOpenSsh } from "./openssh.ts";
import { textIn } from "./reports/markup.ts";
import { everythingIn } from "./scene.ts";

const [VALLEY, PRAIRIE, CORNERS] = ["2700417", "2700105", "2700012"] as const;
const SLOW = 120_000;

const REGISTRY = `StateStudentId,LastOrSurname,FirstName,MiddleName,Birthdate,Sex,AgencyId,SchoolId,SchoolName,SchoolYear,EntryGradeLevel,EnrollmentEntryDate,EnrollmentExitDate
9000001,ABRAMS,Jenna,Marie,2009-02-12,Female,${PRAIRIE},${PRAIRIE}00017,Example Prairie High School,2023-2024,09,2021-08-30,2024-08-02
9000002,Brandt,Noor,,2010-05-05,Female,${CORNERS},${CORNERS}00001,Example Corners School,2023-2024,08,2019-09-03,
`;

/** As a student information system exports it; no district is named. */
const LIST = `SourceReference,DecidedBy,LastOrSurname,FirstName,MiddleName,Sex,Birthdate,GradeLevel,NameOfInstitution,SchoolYear,EnrollmentEntryDate,MembershipType
RQ-1,example.registrar,Abrams,Jenna,Marie,Female,2009-02-12,10,Example Valley High School,2024-2025,2024-07-25,Home
RQ-2,example.registrar,Quist,Ada,,Female,2011-03-04,08,Example Valley High School,2024-2025,2024-07-25,Home
`;

/** Nobody waits for a night, for a folder that is to hold still, or for a release to be withdrawn. */
const HURRIED = [
  {
    at: ["dropFolders", "office", "ready"],
    value: { unchangedForSeconds: 1, decisionUnchangedForSeconds: 1 },
  },
  { at: ["exchanges", "watch"], value: { sendOnArrival: true, collectEveryMinutes: 1 } },
  { at: ["releases", "holdBackMinutes"], value: 0 },
];

describe.skipIf(noOpenSsh)("a state with real daemons on a real server", () => {
  let founding: Founding;
  let entity: Home;
  const homes = new Map<string, Home>();
  const daemons: ChildDaemon[] = [];

  const district = (id: string): District => {
    const { home: folder, config: configPath, card } = homes.get(id) as Home;
    return { id: id as District["id"], name: id, folder, configPath, card };
  };
  /** Their daemons exchange now, one after the other. */
  const round = async (...ids: string[]): Promise<void> => {
    for (const id of ids) {
      if (id === STATE) await founding.atEntity(entity, "exchange");
      else await resultOf(["exchange", "--config", district(id).configPath]);
    }
  };
  const transfersAt = async (id: string): Promise<Record<string, string>> => {
    const list = ["transfers", "list"];
    const rows: unknown =
      id === STATE
        ? await founding.atEntity(entity, ...list)
        : await resultOf([...list, "--config", district(id).configPath]);
    const transfers = rows as { reference: string; state: string }[];
    return Object.fromEntries(transfers.map(({ reference, state }) => [reference, state]));
  };

  beforeAll(async () => {
    founding = await foundState();
    entity = await founding.makeEntity();
    for (const id of [VALLEY, PRAIRIE, CORNERS]) {
      const home = await founding.enroll(entity, id);
      const text = await readFile(home.config, "utf8");
      await writeFile(home.config, editConfig(text, HURRIED));
      homes.set(id, home);
    }
    const text = await readFile(entity.config, "utf8");
    const soon = [{ at: ["registry", "unchangedForSeconds"], value: 1 }];
    await writeFile(entity.config, editConfig(text, soon));
    await founding.runAccounts(entity);
    await founding.atEntity(entity, "directory", "publish");
    daemons.push(
      new ChildDaemon({ configPath: entity.config }, { through: founding.asService }),
      ...[VALLEY, PRAIRIE, CORNERS].map((id) => new ChildDaemon(district(id))),
    );
    for (const daemon of daemons) await daemon.says("Daemon sleeps");
  }, SLOW);
  afterAll(async () => {
    // The entity's runs on the server, behind the program that led there.
    await founding.server.asRoot("pkill", ["-KILL", "-u", "packetboat"]).catch(() => undefined);
    for (const daemon of daemons) await daemon[Symbol.asyncDispose]();
    await founding[Symbol.asyncDispose]();
  });

  it(
    "brings the records from a list of names to a folder with a document",
    async () => {
      const registry = join(entity.home, "registry", "nightly.csv");
      await writeFile(`${registry}.tmp`, REGISTRY);
      await rename(`${registry}.tmp`, registry);
      await round(STATE);
      expect(await readdir(join(entity.home, "registry", "sent"))).toEqual([
        "nightly.csv.result.txt",
      ]);

      const list = office(district(VALLEY), "outbox", "list.csv");
      await writeFile(`${list}.tmp`, LIST);
      await rename(`${list}.tmp`, list);
      await round(VALLEY, STATE, VALLEY, PRAIRIE, VALLEY);
      const [reference = "", ...others] = await readdir(office(district(PRAIRIE), "requests"));
      expect(others).toEqual([]);
      const asked = await transfersAt(VALLEY);
      expect(Object.values(asked).toSorted()).toEqual(["NoRecord", "RequestReceived"]);
      expect(asked[reference]).toBe("RequestReceived");

      const folder = caseFolder(district(PRAIRIE), reference);
      const request = textIn(await readFile(join(folder, "request.html"), "utf8"));
      expect(request).toContain("Example Prairie High School");
      expect(request).toContain("9 days");
      await copyFile(
        join(STUDENTS, "abrams-jenna.record.xml"),
        join(folder, "documents", "record.xml"),
      );
      for (const name of await readdir(STUDENTS)) {
        if (name.endsWith(".pdf"))
          await copyFile(join(STUDENTS, name), join(folder, "documents", name));
      }
      await fillIn(folder, { Decision: "release" });
      await round(PRAIRIE, VALLEY, PRAIRIE, PRAIRIE, STATE);
      const record = office(district(VALLEY), "records", reference);
      expect(await readdir(record)).toEqual(
        expect.arrayContaining(["record.html", "02-abrams-jenna.transcript.pdf"]),
      );
      expect((await transfersAt(VALLEY))[reference]).toBe("Delivered");
      expect((await transfersAt(PRAIRIE))[reference]).toBe("Delivered");
      expect((await transfersAt(STATE))[reference]).toBe("Delivered");
      expect(await transfersAt(CORNERS)).toEqual({});
    },
    SLOW,
  );

  it("has no word of the record at the entity, nor of the student in what IT reads", async () => {
    const kept = await everythingIn(entity.home);
    // It holds the request, and would hold the record as plainly.
    expect(kept).toContain("Abrams");
    for (const word of ["Geometry", "English 9", "%PDF"]) expect(kept).not.toContain(word);
    const told = await everythingIn(join(entity.home, "reports"));
    for (const name of ["Abrams", "Jenna", "Quist", "2009-02-12"]) expect(told).not.toContain(name);
  });

  it("ends within ten seconds of being asked", async () => {
    await Promise.all(daemons.slice(1).map((daemon) => daemon.end()));
    expect(daemons.slice(1).every((daemon) => daemon.isOver)).toBe(true);
  });
});
