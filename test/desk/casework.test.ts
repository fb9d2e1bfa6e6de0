import { chown, copyFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  asked,
  drop,
  dropRelease,
  fixture,
  meet,
  newWorld,
  office,
  openAlerts,
  REGISTRAR,
  requestTo,
  STUDENTS,
  states,
  withLedger,
  type World,
} from "../homes.ts";
import { configure, messagesFrom } from "../scene.ts";
import { sightOf } from "../../daemon/desk/case/scan.ts";
import { addDocument, caseFolder, fillIn, statusIn, visibleIn } from "./registrar.ts";

let world: World;
let reference: string;
let folder: string;
let done: string;
beforeEach(async () => {
  world = await newWorld();
  reference = await asked(world);
  folder = caseFolder(world.prairie, reference);
  done = caseFolder(world.prairie, reference, "done");
});
afterEach(async () => world[Symbol.asyncDispose]());

/** The fixture's student. */
const FLAGS = "LastOrSurname;FirstName;Birthdate\nABRAMS;Jenna;02/12/2009\n";

const meetPrairie = () => meet(world, world.prairie);
const holdBack = (value: number) =>
  configure(world.prairie, { at: ["releases", "holdBackMinutes"], value });

const eventsAt = () =>
  withLedger(world.prairie, async (ledger) => {
    const rows = await ledger
      .selectFrom("transfer_events")
      .select("event")
      .orderBy("event_id")
      .execute();
    return rows.map(({ event }) => event);
  });

const attachments = () =>
  withLedger(world.prairie, async (ledger) => {
    const rows = await ledger
      .selectFrom("attachments_out")
      .selectAll()
      .orderBy("attachment_id")
      .execute();
    return rows.map(({ file_name, section }) => `${file_name} ${section ?? "beside"}`);
  });

describe("a new request", () => {
  it("makes a case folder with a form, and says nothing until something is decided", async () => {
    expect(await visibleIn(folder)).toEqual([
      "decision.txt",
      "documents",
      "request.html",
      "request.xml",
    ]);
    await meetPrairie();
    expect(await visibleIn(folder)).not.toContain("status.txt");
    expect(await states(world)).toEqual(["Requested", "RequestReceived"]);
  });
});

describe("a release in a folder", () => {
  it("of documents alone leaves, and the folder moves to done", async () => {
    await addDocument(folder);
    await addDocument(folder, "letter.pdf");
    await fillIn(folder, {
      Decision: "release",
      "Not available": "Immunization, Discipline:NotKept",
    });
    await meetPrairie();
    expect(await states(world)).toEqual(["Requested", "Released"]);
    expect(await visibleIn(office(world.prairie, "requests"))).toEqual([]);
    expect(await visibleIn(done)).toEqual([
      "decision-1.txt",
      "decision.txt",
      "documents",
      "request.html",
      "request.xml",
      "status.txt",
    ]);
    expect(await statusIn(done)).toContain("The records have left");
    expect(await attachments()).toEqual(["letter.pdf beside", "Transcript 2024.pdf Transcript"]);
    await meet(world, world.valley);
    await meetPrairie();
    expect(await statusIn(done)).toContain("The records arrived");
  });

  it("waits for the hold-back, and an emptied decision stops it", async () => {
    await holdBack(60);
    await addDocument(folder);
    await fillIn(folder, { Decision: "release" });
    await meetPrairie();
    expect(await states(world)).toEqual(["Requested", "ReleasePending"]);
    const status = await statusIn(folder);
    expect(status).toMatch(
      /The records leave with the first exchange after July 19, 2024 at 10:\d\d AM CDT\./,
    );
    expect(status).toContain("Transcript 2024.pdf (Transcript)");
    expect(status).toMatch(/\r\n/);
    await fillIn(folder, { Decision: "", "Decided by": "exmaple" });
    await meetPrairie();
    expect(await states(world)).toEqual(["Requested", "RequestReceived"]);
    expect(await statusIn(folder)).toContain("Nothing is decided now.");
    world.clock.pass({ hours: 2 });
    await meetPrairie();
    expect(await states(world)).toEqual(["Requested", "RequestReceived"]);
    expect((await messagesFrom(world.prairie)).map(({ state }) => state)).toContain("WITHDRAWN");
  });
});

describe("what else is decided in a folder", () => {
  it("is a hold, after which the form is empty again", async () => {
    const until = "2024-08-01";
    await fillIn(folder, { Decision: "Hold", Reason: "awaitingfinalmarks", "Hold until": until });
    await meetPrairie();
    expect(await states(world)).toEqual(["Requested", "OnHold"]);
    expect(await statusIn(folder)).toContain("On hold until August 1, 2024");
    expect(await visibleIn(folder)).toContain("decision-1.txt");
    await fillIn(folder, { Decision: "reject", Reason: "NotOurStudent" });
    await meetPrairie();
    expect(await states(world)).toEqual(["Requested", "Rejected"]);
    expect(await visibleIn(done)).toContain("decision-2.txt");
  });

  it("is a withdrawal by its own word", async () => {
    await holdBack(60);
    await addDocument(folder);
    await fillIn(folder, { Decision: "release" });
    await meetPrairie();
    await fillIn(folder, { Decision: "withdraw" });
    await meetPrairie();
    expect(await states(world)).toEqual(["Requested", "RequestReceived"]);
    expect(await visibleIn(folder)).toContain("decision-1.txt");
    expect(await statusIn(folder)).toContain("Nothing is decided now.");
    expect(await openAlerts(world.prairie)).not.toContain("DECISION_NOT_TAKEN");
  });

  it("is another decision while a release waits: that is stopped, and the new one taken", async () => {
    await holdBack(60);
    await addDocument(folder);
    await fillIn(folder, { Decision: "release" });
    await meetPrairie();
    await fillIn(folder, { Decision: "reject", Reason: "NotOurStudent" });
    await meetPrairie();
    expect(await eventsAt()).toEqual(["Original", "Release", "Withdraw", "Reject"]);
    expect(await visibleIn(done)).toContain("status.txt");
  });

  it("is a recall from done, and then the right records", async () => {
    await addDocument(folder);
    await fillIn(folder, { Decision: "release" });
    for (const home of [world.prairie, world.valley, world.prairie]) await meet(world, home);
    await fillIn(done, { Decision: "recall", Reason: "WrongDocument" });
    await meetPrairie();
    expect(await states(world)).toEqual(["Delivered", "Recalled"]);
    expect(await statusIn(done)).toMatch(/CALL THEM NOW:\r\nExample Valley Schools, 555-555-0140/);
    await meet(world, world.valley);
    await rm(join(done, "documents", "Transcript 2024.pdf"));
    await addDocument(done, "Transcript right.pdf");
    await fillIn(done, { Decision: "release" });
    for (const home of [world.prairie, world.valley, world.prairie]) await meet(world, home);
    expect(await states(world)).toEqual(["Delivered", "Delivered"]);
  });

  it("is a supplement, with what did not leave before", async () => {
    await addDocument(folder);
    await fillIn(folder, { Decision: "release", "To follow": "Immunization by 2024-09-01" });
    await meetPrairie();
    await fillIn(done, { Decision: "supplement" });
    await meetPrairie();
    expect(await statusIn(done)).toContain("all that lies here was sent before");
    await writeFile(join(done, "documents", "Immunization card.pdf"), "%PDF-1.4 another");
    await meetPrairie();
    expect(await attachments()).toEqual([
      "Transcript 2024.pdf Transcript",
      "Immunization card.pdf Immunization",
    ]);
    expect(await statusIn(done)).toContain("The records have left");
    expect(await openAlerts(world.prairie)).not.toContain("DECISION_NOT_TAKEN");
  });
});

describe("a folder follows its transfer", () => {
  it("with a form that need not be read before somebody writes into it", async () => {
    await dropRelease(world, reference);
    await meetPrairie();
    const form = join(done, "decision.txt");
    const known = () =>
      withLedger(world.prairie, (ledger) =>
        ledger.selectFrom("cases").select("blank_sight").executeTakeFirstOrThrow(),
      );
    expect(await known()).toEqual({ blank_sight: await sightOf(form) });
    await fillIn(done, { Decision: "recall", Reason: "WrongDocument" });
    await meetPrairie();
    expect(await states(world)).toEqual(["Requested", "Recalled"]);
  });

  it("when that is canceled by the other side: it moves, and no second folder appears", async () => {
    await drop(world.valley, "cancel.xml", `<Cancel><Reference>${reference}</Reference></Cancel>`);
    await meet(world, world.valley);
    await meetPrairie();
    expect(await visibleIn(office(world.prairie, "requests"))).toEqual([]);
    expect(await statusIn(done)).toContain("the district that asked no longer does");
  });

  it("when that is decided elsewhere, and comes back when it is withdrawn", async () => {
    await holdBack(60);
    await drop(
      world.prairie,
      "r.xml",
      `<Reject><Reference>${reference}</Reference><ReasonCode>FeesOwed</ReasonCode></Reject>`,
    );
    await meetPrairie();
    expect(await statusIn(done)).toContain("Rejected");
    await addDocument(done);
    await fillIn(done, { Decision: "release" });
    await meetPrairie();
    expect(await statusIn(done)).toContain("The records leave with the first exchange");
    await drop(world.prairie, "w.xml", `<Withdraw><Reference>${reference}</Reference></Withdraw>`);
    await meetPrairie();
    expect(await statusIn(folder)).toContain("Nothing is decided now.");
    expect(await visibleIn(folder)).toContain("decision-1.txt");
  });

  it("under another name that somebody gave it, and not when it was deleted", async () => {
    const renamed = office(world.prairie, "requests", "Abrams, Jenna");
    await rename(folder, renamed);
    await addDocument(renamed);
    await fillIn(renamed, { Decision: "release" });
    await meetPrairie();
    expect(await visibleIn(office(world.prairie, "done"))).toEqual(["Abrams, Jenna"]);
    await rm(office(world.prairie, "done", "Abrams, Jenna"), { recursive: true });
    for (const home of [world.valley, world.prairie, world.prairie]) await meet(world, home);
    expect(await visibleIn(office(world.prairie, "done"))).toEqual([]);
    expect(await openAlerts(world.prairie)).toEqual([]);
  });

  it("from a home of an older release, that had neither forms nor the folder done", async () => {
    await withLedger(world.prairie, (ledger) => ledger.deleteFrom("cases").execute());
    await rm(office(world.prairie, "done"), { recursive: true });
    for (const name of ["decision.txt", ".packetboat"]) await rm(join(folder, name));
    await meetPrairie();
    world.clock.pass({ minutes: 5 });
    await meetPrairie();
    await addDocument(folder);
    await fillIn(folder, { Decision: "release" });
    await meetPrairie();
    expect(await statusIn(done)).toContain("The records have left");
  });

  it("when a corrected request comes: the old one is read no more", async () => {
    const request = await requestTo(world.prairie);
    const again = request.replace("</To>", `</To><Resubmits>${reference}</Resubmits>`);
    await drop(world.valley, "again.xml", again);
    await meet(world, world.valley);
    await meetPrairie();
    expect(await visibleIn(office(world.prairie, "requests"))).toEqual([`${reference}-2`]);
    const told = await statusIn(done);
    expect(told).toContain(`its name begins with ${reference} too.`);
    await addDocument(done);
    await fillIn(done, { Decision: "release" });
    await meetPrairie();
    expect((await states(world))[1]).toBe("RequestReceived");
    await fillIn(caseFolder(world.prairie, `${reference}-2`), {
      Decision: "release",
      "Not available": "Transcript",
    });
    await meetPrairie();
    expect((await states(world))[1]).toBe("Released");
    expect(await statusIn(done)).toBe(told);
  });
});

describe("who decided", () => {
  const known = () =>
    withLedger(world.prairie, async (ledger) => {
      const rows = await ledger.selectFrom("transfer_events").selectAll().execute();
      return rows.map(
        ({ event, who, authentication }) => `${event} ${who} ${authentication ?? ""}`,
      );
    });
  const people = (osUser: string) =>
    configure(
      world.prairie,
      {
        at: ["people"],
        value: [{ username: REGISTRAR, name: "Example", osUser, may: ["release"] }],
      },
      { at: ["releases", "allowDeclaredUser"], value: false },
    );

  it.skipIf(process.getuid?.() !== 0)(
    "is proved by whom the file belongs to, if not by us",
    async () => {
      await people("daemon");
      await addDocument(folder);
      await fillIn(folder, { Decision: "release", "Decided by": "" });
      await chown(join(folder, "decision.txt"), 1, -1);
      await meetPrairie();
      expect(await known()).toContain(`Release ${REGISTRAR} OperatingSystem`);
    },
  );

  it("is only declared in a file of ours, also where a source system shares the folder", async () => {
    await configure(world.prairie, {
      at: ["dropFolders"],
      value: {
        office: {
          path: office(world.prairie),
          sourceSystem: true,
          ready: { unchangedForSeconds: 1, decisionUnchangedForSeconds: 5 },
        },
      },
    });
    await addDocument(folder);
    await fillIn(folder, { Decision: "release" });
    await meetPrairie();
    expect(await known()).toContain(`Release ${REGISTRAR} Declared`);
  });
});

describe("the records of a flagged student", () => {
  it("leave when two persons have written so, and the folder says what is missing", async () => {
    const person = (username: string) => ({ username, name: "Example", may: ["release"] });
    await configure(world.prairie, {
      at: ["people"],
      value: [person(REGISTRAR), person("second.registrar")],
    });
    await writeFile(join(world.prairie.folder, "flags.csv"), FLAGS, { mode: 0o600 });
    await addDocument(folder);
    await fillIn(folder, { Decision: "release" });
    await meetPrairie();
    expect(await statusIn(folder)).toContain("Nothing was sent: this student is flagged");
    expect(await attachments()).toEqual([]);
    await fillIn(folder, { Decision: "release" });
    await meetPrairie();
    expect(await statusIn(folder)).toContain("YOUR DECISION WAS NOT TAKEN");
    await fillIn(folder, { "Decided by": "second.registrar" });
    await meetPrairie();
    expect((await states(world))[1]).toBe("Released");
    expect(await attachments()).toEqual(["Transcript 2024.pdf Transcript"]);
  });
});

describe("what people change beside the form", () => {
  it("counts for nothing: the request, its page, hidden files", async () => {
    await addDocument(folder);
    await writeFile(join(folder, "request.xml"), "<TransferRequest/>");
    await writeFile(join(folder, "request.html"), "another student");
    for (const name of ["Thumbs.db", ".DS_Store", "desktop.ini"]) {
      await writeFile(join(folder, "documents", name), "x");
    }
    await fillIn(folder, { Decision: "release" });
    await meetPrairie();
    expect(await attachments()).toEqual(["Transcript 2024.pdf Transcript"]);
    await meet(world, world.valley);
    expect(await states(world)).toEqual(["Delivered", "Released"]);
  });

  it("may be a record beside the form, with the documents that it names", async () => {
    const record = (await fixture("abrams-jenna.record.xml")).replace(
      "<Release>",
      `<Release><Reference>${reference}</Reference>`,
    );
    const text = `<OutboxMessage xmlns="urn:packetboat:outbox:1">${record}</OutboxMessage>`;
    await writeFile(join(folder, "documents", "record.xml"), text);
    for (const name of ["abrams-jenna.transcript.pdf", "abrams-jenna.immunization.pdf"]) {
      await copyFile(join(STUDENTS, name), join(folder, "documents", name));
    }
    await fillIn(folder, { Decision: "release" });
    await meetPrairie();
    expect((await attachments()).toSorted()).toEqual([
      "abrams-jenna.immunization.pdf Immunization",
      "abrams-jenna.transcript.pdf Transcript",
    ]);
  });
});
