/** State transfers from the file of a student information system to the record at another district. */
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type MessageId, newMessageId, parseAgencyId } from "../daemon/ids.ts";
import { writeMessage } from "../daemon/packet/envelope.ts";
import { wireTime } from "../daemon/transfer/dates.ts";
import { deskOf } from "./commands/desk.ts";
import { leave, nameFrom, packetXml, ping, sealed, writerAt } from "./forge.ts";
import {
  boxOf,
  type District,
  drop,
  dropRelease,
  office,
  openAlerts,
  REGISTRAR,
  withLedger,
} from "./homes.ts";
import { textIn } from "./reports/markup.ts";
import { claimOn } from "./scene.ts";
import {
  dropStateRequest,
  type Enrolled,
  newNeighbours,
  referenceAt,
  register,
  round,
  standing,
} from "./state-transfers.ts";
import type { State } from "./states.ts";

let state: State;
beforeEach(async () => {
  state = await newNeighbours();
});
afterEach(() => state[Symbol.asyncDispose]());

describe("a state transfer", () => {
  it("brings a record with a document, and the overlap, by way of the entity", async () => {
    const { valley, prairie, entity } = state;
    await register(state, [{ at: prairie }]);
    await dropStateRequest(state);
    await round(state, valley, entity);
    expect(await standing(valley, entity)).toEqual(["Requested", "Forwarded"]);
    await round(state, valley, prairie);
    expect(await standing(valley, prairie)).toEqual(["Forwarded", "RequestReceived"]);

    const reference = await referenceAt(valley);
    const asked = await readFile(office(prairie, "requests", reference, "request.html"), "utf8");
    const alert = textIn(asked);
    for (const shown of [
      "Example Valley Schools",
      "Found in the registry of Example State Department by name, birthdate and sex",
      "Example Prairie High School",
      "Enrolled at both",
      "You are encouraged to call first 555-555-0140 (from its state’s directory, ",
      "with the key ending in",
      "that its state’s directory lists for it",
    ]) {
      expect(alert).toContain(shown);
    }
    expect(await openAlerts(prairie)).toEqual(["REQUEST_TO_RELEASE", "STILL_ENROLLED_AT_BOTH"]);
    expect(await openAlerts(valley)).toEqual(["STILL_ENROLLED_AT_BOTH"]);

    await dropRelease(state, reference);
    await round(state, prairie, valley);
    expect(await standing(valley, prairie)).toEqual(["Delivered", "Released"]);
    // What the post does is told with the next post.
    await round(state, prairie, prairie, entity);
    expect(await standing(prairie, entity)).toEqual(["Delivered", "Delivered"]);
    const folder = office(valley, "records", reference);
    expect(await readdir(folder)).toContain("01-abrams-jenna.transcript.pdf");
    const record = textIn(await readFile(join(folder, "record.html"), "utf8"));
    expect(record).toContain("Overlap in the state’s registry Since July 25, 2024");

    await drop(valley, "done.xml", `<Imported><Reference>${reference}</Reference></Imported>`);
    await round(state, prairie, valley, prairie, entity);
    expect(await standing(valley, prairie, entity)).toEqual(["Imported", "Imported", "Imported"]);

    const show = await deskOf(state, entity, null).run("transfers", "show", reference);
    expect(show.stdout).toContain("Requesting");
    expect(show.stdout).toContain("Example Valley Schools");
    expect(show.stdout).toContain("Example Prairie Schools");
    const list = await deskOf(state, valley).run("transfers", "list");
    expect(list.stdout).toContain("Example Prairie Schools");
    const report = await readFile(join(entity.folder, "reports", "it", "transfers.html"), "utf8");
    expect(textIn(report)).toContain("Example Valley Schools Example Prairie Schools");
  });
});

it("is asked for by a row of a list in which no district stands", async () => {
  const { valley, entity, prairie } = state;
  await register(state, [{ at: prairie, until: "2024-06-07" }]);
  const list = `DecidedBy,LastOrSurname,FirstName,Sex,Birthdate,GradeLevel,StateStudentId,NameOfInstitution,SchoolYear,EnrollmentEntryDate,MembershipType
${REGISTRAR},Abrams,Jenna,Female,2009-02-12,10,9000001,Example Valley High School,2024-2025,2024-07-25,Home
`;
  await writeFile(office(valley, "outbox", ".requests.csv"), list);
  await rename(office(valley, "outbox", ".requests.csv"), office(valley, "outbox", "requests.csv"));
  await round(state, valley, entity, prairie);
  expect(await standing(valley, entity, prairie)).toEqual([
    "Requested",
    "Forwarded",
    "RequestReceived",
  ]);
  const [name = ""] = await readdir(office(prairie, "requests"));
  const page = textIn(await readFile(office(prairie, "requests", name, "request.html"), "utf8"));
  expect(page).toContain("by the state student id, confirmed by name and birthdate");
  expect(await openAlerts(prairie)).toEqual(["REQUEST_TO_RELEASE"]);
});

describe("an answer without records", () => {
  it("is the releaser's own, when it rejects", async () => {
    const { valley, prairie, entity } = state;
    await register(state, [{ at: prairie, until: "2024-06-07" }]);
    await dropStateRequest(state);
    await round(state, valley, entity, prairie);
    const reference = await referenceAt(prairie);
    await deskOf(state, prairie).result("reject", reference, "--reason", "NotOurStudent");
    await round(state, prairie, valley, entity);
    expect(await standing(valley, prairie, entity)).toEqual(["Rejected", "Rejected", "Rejected"]);
    expect(await openAlerts(valley)).toEqual(["REQUEST_REJECTED"]);
  });

  it.each([
    [
      "that the registry knows nobody, and of which day it is",
      (): Enrolled[] => [{ at: state.prairie, name: "Adams" }],
      "NoRecord",
      "NO_RECORD",
      /^The registry knows no student .* The registry is of 2024-07-19\.$/,
    ],
    [
      "that more than one fits, and nothing of either",
      (): Enrolled[] => [{ at: state.prairie }, { at: state.corners, id: "9000002" }],
      "MultipleMatch",
      "MULTIPLE_MATCH",
      /^More than one student of the registry fits\. (?!.*(Prairie|Corners|9000))/,
    ],
    [
      "that nobody else has had the student",
      (): Enrolled[] => [{ at: state.valley }],
      "NoRecord",
      "NO_RECORD",
      /only at your own district/,
    ],
    [
      "that the previous district does not take part",
      (): Enrolled[] => [{ at: { id: parseAgencyId("2709999") } }],
      "NoRecord",
      "NO_RECORD",
      /Example Prairie High School, district 2709999\. That district does not take part: ask it by letter/,
    ],
  ] as const)("says %s", async (_, enrolled, status, alert, words) => {
    const { valley, entity } = state;
    await register(state, enrolled());
    await dropStateRequest(state);
    await round(state, valley, entity, valley);
    expect(await standing(valley, entity)).toEqual([status, status]);
    expect(await openAlerts(valley)).toEqual([alert]);
    const reference = await referenceAt(valley);
    const shown = await deskOf(state, valley, null).result("transfers", "show", reference);
    expect(shown["answer"]).toMatch(words);
    expect(shown["releasingDistrict"]).toBeNull();
  });

  it("is the entity's, when the district that it names does not take the request", async () => {
    const { valley, prairie, corners, entity } = state;
    await register(state, [{ at: prairie }]);
    await dropStateRequest(state);
    await round(state, valley, entity);
    const row = await withLedger(valley, (ledger) =>
      ledger.selectFrom("transfers").selectAll().executeTakeFirstOrThrow(),
    );
    // Somebody else's transfer has this id there, as chance or malice may bring it about.
    const taken = { ...row, requester_id: corners.id, partner_id: corners.id, entity_id: null };
    await withLedger(prairie, (ledger) =>
      ledger
        .insertInto("transfers")
        .values({ ...taken, side: "releaser", state: "Rejected" })
        .execute(),
    );
    await round(state, prairie, entity, valley);
    expect(await standing(valley, entity)).toEqual(["Rejected", "Rejected"]);
    expect(await openAlerts(entity)).toContain("ANSWER_REFUSED");
    const { stdout } = await deskOf(state, valley).run(
      "transfers",
      "show",
      await referenceAt(valley),
    );
    expect(stdout).toContain("TRANSFER_NOT_THEIRS");
    const alerts = await readFile(join(valley.folder, "reports/registrar/alerts.html"), "utf8");
    expect(textIn(alerts)).toContain("Example Prairie Schools could not be given the request.");
  });

  it("is none while the registry is empty: the request waits", async () => {
    const { valley, prairie, entity } = state;
    await dropStateRequest(state);
    await round(state, valley, entity);
    expect(await standing(entity)).toEqual([""]);
    expect(await openAlerts(entity)).toEqual(["PACKET_WAITING", "REGISTRY_OLD"]);
    await register(state, [{ at: prairie }]);
    await round(state, entity);
    expect(await standing(entity)).toEqual(["Forwarded"]);
    expect(await openAlerts(entity)).toEqual([]);
  });
});

describe("a request that comes again", () => {
  it("is matched anew, and closes the case of whoever was asked before", async () => {
    const { valley, prairie, corners, entity } = state;
    await register(state, [{ at: prairie }]);
    await dropStateRequest(state);
    await round(state, valley, entity, valley, prairie);
    await register(state, [{ at: corners }]);
    const reference = await referenceAt(valley);
    await dropStateRequest(state, `<Resubmits>${reference}</Resubmits>`);
    await round(state, valley, entity, corners, prairie, valley);
    expect(await standing(valley, entity, corners, prairie)).toEqual([
      "RequestReceived",
      "Forwarded",
      "RequestReceived",
      "Canceled",
    ]);
    expect(await openAlerts(prairie)).toContain("REQUEST_CANCELED");
    await round(state, entity);
    expect(await standing(entity)).toEqual(["RequestReceived"]);
    expect(await openAlerts(entity)).toEqual([]);
    const shown = await deskOf(state, valley, null).result("transfers", "show", reference);
    expect(shown["releasingDistrict"]).toMatchObject({ agencyId: corners.id });
  });

  it("is told to whoever was asked, when it is a cancellation", async () => {
    const { valley, prairie, entity } = state;
    await register(state, [{ at: prairie }]);
    await dropStateRequest(state);
    await round(state, valley, entity, valley, prairie);
    const reference = await referenceAt(valley);
    await deskOf(state, valley).result("cancel", reference);
    await round(state, valley, entity, prairie, valley, entity);
    expect(await standing(valley, entity, prairie)).toEqual(["Canceled", "Canceled", "Canceled"]);
    expect(await openAlerts(prairie)).toEqual(["REQUEST_CANCELED"]);
    expect(await openAlerts(valley)).toEqual([]);
  });

  it("is answered by the entity, when nobody was asked and it is given up", async () => {
    const { valley, entity } = state;
    await register(state, [{ at: state.prairie, name: "Adams" }]);
    await dropStateRequest(state);
    await round(state, valley, entity);
    await deskOf(state, valley).result("cancel", await referenceAt(valley));
    await round(state, valley, entity, valley);
    expect(await standing(valley, entity)).toEqual(["Canceled", "Canceled"]);
    for (const home of [valley, entity]) expect(await openAlerts(home)).toEqual([]);
  });
});

describe("what comes before its turn", () => {
  /** The entity's packet is late. @returns what lets it come */
  async function heldUp(): Promise<() => Promise<void>> {
    const { valley, entity } = state;
    const names = (await readdir(boxOf(state, valley))).filter((name) =>
      name.startsWith(`${entity.id}_`),
    );
    const aside = join(state.folder, "aside");
    await mkdir(aside, { recursive: true });
    for (const name of names) await rename(boxOf(state, valley, name), join(aside, name));
    return async () => {
      for (const name of names) await rename(join(aside, name), boxOf(state, valley, name));
    };
  }

  it("is taken with the referral that it carries: a release before the entity's own word", async () => {
    const { valley, prairie, entity } = state;
    await register(state, [{ at: prairie }]);
    await dropStateRequest(state);
    await round(state, valley, entity);
    const letCome = await heldUp();
    await round(state, prairie);
    await dropRelease(state, await referenceAt(prairie));
    await round(state, prairie, valley);
    expect(await standing(valley)).toEqual(["Delivered"]);
    expect(await readdir(office(valley, "records"))).toHaveLength(1);
    expect(await openAlerts(valley)).not.toContain("STILL_ENROLLED_AT_BOTH");
    await letCome();
    await round(state, valley);
    expect(await standing(valley)).toEqual(["Delivered"]);
    expect(await openAlerts(valley)).toContain("STILL_ENROLLED_AT_BOTH");
  });

  /** The releaser says that it has the request, with a ping beside it. @returns the packet's name, the ping's id */
  async function saidWithoutReferral(): Promise<{ name: string; other: MessageId }> {
    const { valley, prairie, clock } = state;
    const transfer = await transferAt(valley);
    const [from, to] = [await writerAt(prairie), await writerAt(valley)];
    const letter = { from, to, at: clock.now() };
    const hold = writeMessage("TransferResponse", {
      MessageId: newMessageId(),
      TransferId: transfer.transfer_id,
      RequesterId: valley.id,
      RespondsTo: transfer.request_message_id,
      ResponseStatus: "RequestReceived",
      ResponseDateTime: wireTime(clock.now()),
    });
    const other = newMessageId();
    const xml = packetXml(letter, {}, [hold, ping(clock.now(), other)]);
    const name = await leave(state, valley, await sealed(xml, letter), nameFrom(prairie, valley));
    return { name, other };
  }

  it("waits without one, its neighbours taken, until the entity has named whom it asked", async () => {
    const { valley, entity, prairie, clock } = state;
    await register(state, [{ at: prairie }]);
    await dropStateRequest(state);
    await round(state, valley, entity);
    const letCome = await heldUp();
    const { name, other } = await saidWithoutReferral();
    await round(state, valley);
    expect(await claimOn(valley, name)).toMatchObject({
      state: "WAITING",
      code: "REFERRAL_MISSING",
    });
    expect(await takenAt(valley)).toContain(`TAKEN Ping ${other}`);
    expect(await standing(valley)).toEqual(["Requested"]);
    clock.pass({ days: 2 });
    await letCome();
    await round(state, valley, valley);
    expect(await claimOn(valley, name)).toMatchObject({ state: "RECORDED", code: null });
    expect(await standing(valley)).toEqual(["RequestReceived"]);
    expect(await openAlerts(valley)).not.toContain("PACKET_WAITING");
  });

  it("waits for that alone: days without a directory are not counted", async () => {
    const { valley, prairie, entity, clock } = state;
    await register(state, [{ at: prairie }]);
    await dropStateRequest(state);
    await round(state, valley, entity);
    await heldUp();
    clock.pass({ days: 31 });
    const { name } = await saidWithoutReferral();
    await round(state, valley);
    expect(await claimOn(valley, name)).toMatchObject({ code: "DIRECTORY_EXPIRED" });
    clock.pass({ days: 8 });
    await round(state, entity);
    // It has uploaded that once more.
    const letCome = await heldUp();
    await round(state, valley);
    expect(await claimOn(valley, name)).toMatchObject({ code: "REFERRAL_MISSING" });
    await letCome();
    await round(state, valley, valley);
    expect(await standing(valley)).toEqual(["RequestReceived"]);
  });
});

const transferAt = (home: District) =>
  withLedger(home, (ledger) =>
    ledger.selectFrom("transfers").selectAll().executeTakeFirstOrThrow(),
  );

/** Messages that came: what became of them, their kind and id. */
const takenAt = (home: District): Promise<string[]> =>
  withLedger(home, async (ledger) => {
    const rows = await ledger.selectFrom("messages_in").selectAll().execute();
    return rows.map(({ state: is, kind, message_id: id }) => `${is} ${kind} ${id}`);
  });
