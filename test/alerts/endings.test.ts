/** Alerts that end by themselves when their cause ends. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { raisePostAlert } from "../../daemon/alerts/raise.ts";
import { documentsMended } from "../../daemon/ledger/refusals.ts";
import { startDaemon } from "../daemons.ts";
import {
  asked,
  drop,
  dropRelease,
  dropRequest,
  meet,
  newWorld,
  office,
  openAlerts,
  recordAlone,
  REGISTRAR,
  requestTo,
  withLedger,
} from "../homes.ts";
import { dropDocument } from "../notices/mailed.ts";
import { configure } from "../scene.ts";

const about = (reference: string): string => `<Reference>${reference}</Reference>`;

describe("a document that was refused", () => {
  it("is mended by one of the same name, whatever becomes of that one", async () => {
    await using world = await newWorld();
    const { valley } = world;
    await drop(valley, "list.xml", "<Request><To>2700105</To></Request>");
    await meet(world, valley);
    await rm(office(valley, "refused", "list.xml"));
    await drop(valley, "list.xml", "<Request><To>2700105</To><Student/></Request>");
    await meet(world, valley);
    expect(await openAlerts(valley)).toEqual(["DOCUMENT_REFUSED"]);
    await drop(valley, "other.xml", await requestTo(world.prairie));
    await meet(world, valley);
    expect(await openAlerts(valley)).toEqual(["DOCUMENT_REFUSED"]);
    await drop(valley, "list.xml", await requestTo(world.prairie));
    await meet(world, valley);
    expect(await openAlerts(valley)).toEqual([]);
  });

  it("is mended when all that was refused in it is taken by its SourceReference", async () => {
    await using world = await newWorld();
    const { valley, prairie } = world;
    const good = await requestTo(prairie);
    const list = (name: string, source: string, request: string): Promise<void> =>
      dropDocument(
        valley,
        name,
        `<Requests xmlns="urn:packetboat:outbox:1"><DecidedBy>${REGISTRAR}</DecidedBy>
        ${request.replace("<Request>", `<Request><SourceReference>${source}</SourceReference>`)}
        </Requests>`,
      );
    await list("one.xml", "s1", good.replace("2700105", "2700999"));
    await meet(world, valley);
    expect(await openAlerts(valley)).toEqual(["DOCUMENT_REFUSED"]);
    await list("two.xml", "s2", good);
    await meet(world, valley);
    expect(await openAlerts(valley)).toEqual(["DOCUMENT_REFUSED"]);
    await list("three.xml", "s1", good);
    await meet(world, valley);
    expect(await openAlerts(valley)).toEqual([]);
  });

  it("in another drop folder is another one", async () => {
    await using world = await newWorld();
    await drop(world.valley, "list.xml", "<Request><To>2700105</To></Request>");
    await meet(world, world.valley);
    const one = { id: "another", fileName: "list.xml" };
    await withLedger(world.valley, async (ledger) => {
      expect(await documentsMended(ledger, { ...one, dropFolder: "sis" })).toEqual([]);
      expect(await documentsMended(ledger, { ...one, dropFolder: "office" })).toHaveLength(1);
    });
  });
});

it("a school that was not known is known once the config names it", async () => {
  await using world = await newWorld();
  const { prairie } = world;
  const school = { id: "270010500123", name: "North High School" };
  const plain = await readFile(prairie.configPath, "utf8");
  const teach = (alsoWritten: string[]): Promise<void> =>
    writeFile(
      prairie.configPath,
      `${plain}\nschools: ${JSON.stringify([{ ...school, alsoWritten }])}\n`,
    );
  await teach([]);
  await dropRequest(world);
  await meet(world, world.valley);
  await meet(world, prairie);
  expect(await openAlerts(prairie)).toEqual(["REQUEST_TO_RELEASE", "SCHOOL_UNKNOWN"]);
  await teach(["EXAMPLE PRAIRIE HIGH SCHOOL"]);
  await meet(world, prairie);
  expect(await openAlerts(prairie)).toEqual(["REQUEST_TO_RELEASE"]);
});

describe("the notice to the parents", () => {
  it("is not due any more when no records leave, and is again when they do", async () => {
    await using world = await newWorld();
    const { prairie } = world;
    const annual = { at: ["releases", "annualNoticeCoversTransfers"], value: false };
    await configure(prairie, annual);
    const reference = await asked(world);
    expect(await openAlerts(prairie)).toEqual(["PARENT_NOTICE_DUE", "REQUEST_TO_RELEASE"]);
    const reason = "<ReasonCode>NotAuthorized</ReasonCode>";
    await drop(prairie, "no.xml", `<Reject>${about(reference)}${reason}</Reject>`);
    await meet(world, prairie);
    expect(await openAlerts(prairie)).toEqual([]);
    await dropRelease(world, reference);
    await meet(world, prairie);
    expect(await openAlerts(prairie)).toEqual(["PARENT_NOTICE_DUE"]);
  });
});

describe("a student who differs", () => {
  it("differs no more for whoever imports the record, or recalls it", async () => {
    await using world = await newWorld();
    const { valley, prairie } = world;
    const reference = await asked(world);
    const record = (await recordAlone())
      .replace("<Release>", `<Release>${about(reference)}`)
      .replace("<Birthdate>2009-02-12", "<Birthdate>2009-02-13");
    await drop(prairie, "yes.xml", record);
    await meet(world, prairie);
    await meet(world, valley);
    expect(await openAlerts(valley)).toContain("STUDENT_DIFFERS");
    expect(await openAlerts(prairie)).toContain("STUDENT_DIFFERS");
    await drop(valley, "in.xml", `<Imported>${about(reference)}</Imported>`);
    await meet(world, valley);
    expect(await openAlerts(valley)).not.toContain("STUDENT_DIFFERS");
    await meet(world, prairie);
    // They may have imported a stranger's record: here somebody looks at it still.
    expect(await openAlerts(prairie)).toContain("STUDENT_DIFFERS");
    const reason = "<ReasonCode>WrongStudent</ReasonCode>";
    await drop(prairie, "back.xml", `<Recall>${about(reference)}${reason}</Recall>`);
    await meet(world, prairie);
    expect(await openAlerts(prairie)).not.toContain("STUDENT_DIFFERS");
  });
});

it("a config that was refused while packetboat ran is right when it starts", async () => {
  await using world = await newWorld();
  const { prairie } = world;
  await withLedger(prairie, async (ledger) => {
    const facts = { code: "CONFIG_INVALID", faults: 1 };
    const alert = { code: "CONFIG_REFUSED", subject: "config" } as const;
    await raisePostAlert(ledger, { ...alert, facts, at: world.clock.now() });
  });
  await using _ = await startDaemon(world, prairie);
  expect(await openAlerts(prairie)).toEqual([]);
});
