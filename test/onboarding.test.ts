/**
 * From empty homes to the first receipts, as `config/entity.md` and `config/district.md` tell it: the real
 * commands, a real sshd, accounts made by the script that the entity printed. The entity runs as an account
 * of its own on that server.
 */
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Home } from "./commands/home.ts";
import { errorOf, packetboat, resultOf } from "./commands/terminal.ts";
import { APPROVER, type Founding, foundState, STATE } from "./founded.ts";
import { noOpenSsh } from "./openssh.ts";

const [VALLEY, PRAIRIE, CORNERS] = ["2700417", "2700105", "2700012"] as const;
const LATER = "2700733";

const COLUMNS =
  "StateStudentId,LastOrSurname,FirstName,MiddleName,Birthdate,Sex,AgencyId,SchoolId,SchoolName,SchoolYear,EntryGradeLevel,EnrollmentEntryDate,EnrollmentExitDate";
const ENROLLED = "2700105,270010500123,Example High,2026-2027,10,2026-08-25,";

interface Found {
  readonly findings: readonly { level: string; subject: string; sentence: string }[];
}

async function switchMode(path: string): Promise<void> {
  const text = await fs.readFile(path, "utf8");
  expect(text).toMatch(/^mode: "test"$/m);
  await fs.writeFile(path, text.replace(/^mode: .*$/m, "mode: production"));
}

const notOk = ({ findings }: Found): string[] =>
  findings
    .filter(({ level }) => level !== "ok")
    .map(({ level, subject, sentence }) => `${level} ${subject}: ${sentence}`);

describe.skipIf(noOpenSsh)("onboarding", () => {
  let founding: Founding;
  let entity: Home;
  const districts = new Map<string, Home>();

  const atEntity = <T = Record<string, unknown>>(...argv: string[]): Promise<T> =>
    founding.atEntity<T>(entity, ...argv);
  const at = async <T = Record<string, unknown>>(id: string, ...argv: string[]): Promise<T> =>
    (await resultOf([...argv, "--config", districts.get(id)?.config ?? ""])) as T;
  const runAccounts = (): Promise<string> => founding.runAccounts(entity);

  beforeAll(async () => {
    founding = await foundState();
  });
  afterAll(() => founding[Symbol.asyncDispose]());

  it("begins at the entity: a home, who may approve, the boxes, a directory", async () => {
    entity = await founding.makeEntity();
    expect(notOk(await atEntity<Found>("check"))).toEqual([
      "error server.boxes: /srv/packetboat/boxes is not there",
      "error directory.folder: /srv/packetboat/directory/test is not there",
      "warning directory: none is published yet",
    ]);
    expect(await runAccounts()).toContain("packetboat owns the box /boxes/2700000");
    await atEntity("directory", "publish");
    expect(notOk(await atEntity<Found>("check"))).toEqual([
      "warning registry: nothing was imported yet",
    ]);
    const list = join(founding.folder, "enrollments.csv");
    await fs.writeFile(list, `${COLUMNS}\n1,Abrams,Jenna,,2009-02-12,Female,${ENROLLED}\n`);
    await atEntity("registry", "import", list, "--snapshot");
    expect(notOk(await atEntity<Found>("check"))).toEqual([]);
  });

  it.each([VALLEY, PRAIRIE, CORNERS])(
    "goes on at district %s, which joins and mails its card",
    async (id) => {
      const home = await founding.enroll(entity, id);
      districts.set(id, home);
      const { server } = founding;
      expect(await fs.readFile(home.config, "utf8")).toContain(
        `sftp://lea${id}@${server.host}:${server.port}/boxes/${id}`,
      );
      const { stdout } = await packetboat(["check", "--config", home.config]);
      expect(stdout).toContain(`error    login: ${server.host} does not let lea${id} in`);
    },
  );

  it("ends with every district in the directory, and receipts from the entity", async () => {
    expect(await runAccounts()).toContain(`lea${CORNERS} may log in`);
    expect(await runAccounts()).toMatch(/^Nothing to change: all stands as it is listed\.\n$/m);
    await atEntity("directory", "publish");
    expect(notOk(await atEntity<Found>("check"))).toEqual([]);
    for (const id of [VALLEY, PRAIRIE, CORNERS]) {
      expect(await at(id, "ping", STATE)).toMatchObject({ standing: "sent" });
    }
    await atEntity("exchange");
    for (const id of [VALLEY, PRAIRIE, CORNERS]) {
      expect(await at(id, "ping", STATE)).toMatchObject({ standing: "answered" });
      const { findings } = await at<Found>(id, "check");
      expect(notOk({ findings })).toEqual([]);
      expect(findings).toContainEqual(
        expect.objectContaining({
          subject: "entity",
          sentence: expect.stringContaining(STATE) as string,
        }),
      );
      expect(findings).toContainEqual(
        expect.objectContaining({ subject: "directory entry", level: "ok" }),
      );
    }
  });

  it("lets districts reach each other that never saw each other's card", async () => {
    expect(await at(VALLEY, "ping", PRAIRIE)).toMatchObject({ standing: "sent" });
    await at(PRAIRIE, "exchange");
    expect(await at(VALLEY, "ping", PRAIRIE)).toMatchObject({ standing: "answered" });
  });

  it("locks out a district that is suspended, for the server and for its neighbours", async () => {
    await atEntity("directory", "status", CORNERS, "Inactive", "--as", APPROVER);
    await atEntity("directory", "publish");
    expect(await runAccounts()).toContain(`lea${CORNERS} is locked out`);
    const config = districts.get(CORNERS)?.config ?? "";
    expect(await errorOf(["exchange", "--config", config])).toMatchObject({
      code: "BOX_LOGIN_REFUSED",
    });
    await at(VALLEY, "exchange");
    const ping = ["ping", CORNERS, "--config", districts.get(VALLEY)?.config ?? ""];
    expect(await errorOf(ping)).toMatchObject({ code: "AGENCY_NOT_PARTICIPATING" });
  });

  it("goes over to production together, with the same keys and boxes", async () => {
    await switchMode(entity.config);
    expect(notOk(await atEntity<Found>("check"))).toEqual([
      expect.stringContaining("warning mode: the directory that is known is for TEST"),
    ]);
    await atEntity("directory", "publish");
    expect(notOk(await atEntity<Found>("check"))).toEqual([]);
    for (const id of [VALLEY, PRAIRIE]) {
      await switchMode(districts.get(id)?.config ?? "");
      expect(await at(id, "ping", STATE)).toMatchObject({ standing: "sent" });
    }
    await atEntity("exchange");
    expect(await at(VALLEY, "ping", STATE)).toMatchObject({ standing: "answered" });
    expect(notOk(await at<Found>(VALLEY, "check"))).toEqual([]);
  });

  it("takes a district up later, which is tried in a home for tests beside the one that counts", async () => {
    const trials = await founding.makeEntity("trials");
    const home = await founding.enroll(trials, LATER);
    districts.set(LATER, home);
    const card = ["directory", "add", home.card, "--fingerprint", home.fingerprint];
    await atEntity(...card, "--as", APPROVER);
    await atEntity("directory", "status", LATER, "TestOnly", "--as", APPROVER);
    await runAccounts();
    await atEntity("directory", "publish");
    await founding.atEntity(trials, "directory", "publish");
    expect(await at(LATER, "ping", STATE)).toMatchObject({ standing: "sent" });
    await founding.atEntity(trials, "exchange");
    expect(await at(LATER, "ping", STATE)).toMatchObject({ standing: "answered" });

    await atEntity("directory", "status", LATER, "Participating", "--as", APPROVER);
    await atEntity("directory", "publish");
    await switchMode(home.config);
    await at(LATER, "join", entity.card, "--fingerprint", entity.fingerprint);
    await at(LATER, "exchange");
    expect(await at(LATER, "ping", PRAIRIE)).toMatchObject({ standing: "sent" });
    await at(PRAIRIE, "exchange");
    expect(await at(LATER, "ping", PRAIRIE)).toMatchObject({ standing: "answered" });
    expect(notOk(await at<Found>(LATER, "check"))).toEqual([]);
  });
});
