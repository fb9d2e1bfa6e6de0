/** Requests to a district that takes no part: a letter, and what people note of its answer. */
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addAgency, findAgency } from "../daemon/ledger/agencies.ts";
import { writeChanges } from "../daemon/ledger/directories.ts";
import { deskOf, type Desk, PERSONAL, REQUEST } from "./commands/desk.ts";
import {
  boxOf,
  drop,
  meet,
  newWorld,
  office,
  openAlerts,
  requestTo,
  withLedger,
  type World,
} from "./homes.ts";
import { CEDAR, takeList } from "./listed.ts";
import { alertsAt, messagesFrom, readByIt } from "./scene.ts";

let world: World;
let valley: Desk;
beforeEach(async () => {
  world = await newWorld();
  valley = deskOf(world, world.valley);
  await takeList(world.valley);
});
afterEach(() => world[Symbol.asyncDispose]());

interface OnPaper {
  readonly reference: string;
  readonly state: string;
  readonly onPaper: boolean;
  readonly letter: string | null;
}

const ask = (): Promise<OnPaper> =>
  valley.result<OnPaper>("request", "--student", REQUEST, "--to", CEDAR.agency_id);

const letters = (...path: string[]): string => office(world.valley, "letters", ...path);

/** Nothing waits to be sent, and nothing was left for anybody. */
async function expectNothingSent(): Promise<void> {
  expect(await messagesFrom(world.valley)).toEqual([]);
  expect(await readdir(boxOf(world, world.prairie))).toEqual([]);
}

describe("a request to a district that takes no part", () => {
  it("is a letter, whose path the command tells", async () => {
    const { stdout, exit } = await valley.run(
      "request",
      "--student",
      REQUEST,
      "--to",
      CEDAR.agency_id,
    );
    expect(exit).toBe(0);
    expect(stdout).toMatch(
      /^Cedar Flats Community School District takes no part in packetboat: a letter asks for the records of Abrams, Jenna Marie\.\n/,
    );
    const [name = ""] = await readdir(letters());
    expect(stdout).toContain(letters(name, "letter.html"));
    expect(stdout).toContain(`Print letter.html in the folder letters/${name}`);
    expect(stdout).not.toContain("packetboat exchange");
    const text = await readFile(letters(name, "letter.html"), "utf8");
    for (const told of ["Abrams", "1200 Main Street", "52402", name, "99.31(a)(2)"]) {
      expect(text).toContain(told);
    }
    expect((await stat(letters(name, "letter.html"))).mode & 0o777).toBe(0o660);
  });

  it("sends nothing, from the request to the import", async () => {
    const { reference, state, onPaper } = await ask();
    expect([state, onPaper]).toEqual(["Requested", true]);
    await meet(world, world.valley);
    await valley.result("answered", reference, "--status", "OfflineRecordSent");
    await meet(world, world.valley);
    const imported = await valley.result<OnPaper>("imported", reference);
    expect(imported).toMatchObject({ state: "Imported", alerts: [] });
    await meet(world, world.valley);
    await expectNothingSent();
    expect(await readdir(letters())).toEqual([reference]);
    expect(await openAlerts(world.valley)).toEqual([]);
  });

  it("is an alert with the list's telephone number, until an answer is noted", async () => {
    const { reference } = await ask();
    expect(await openAlerts(world.valley)).toEqual(["LETTER_TO_SEND"]);
    const { stdout } = await valley.run("alerts", "list");
    expect(stdout).toContain("555-555-0188 (from the list of districts)");
    expect(stdout).toContain(`packetboat answered ${reference} --status OfflineRecordSent`);
    await valley.result("answered", reference, "--status", "NoRecord", "--comments", "Not ours.");
    expect(await openAlerts(world.valley)).toEqual([]);
    const shown = await valley.run("transfers", "show", reference);
    expect(shown.stdout).toMatch(/^Their answer: +Not ours\.$/m);
    expect(shown.stdout).toContain("answered on paper that it has no record of this student");
  });

  it("is asked again by a new letter", async () => {
    const { reference } = await ask();
    const file = join(world.folder, "again.xml");
    const text = await readFile(REQUEST, "utf8");
    const resubmits = `<Request><Resubmits>${reference}</Resubmits>`;
    await writeFile(file, text.replace("<Request>", resubmits));
    const again = await valley.result<OnPaper>(
      "request",
      "--student",
      file,
      "--to",
      CEDAR.agency_id,
    );
    expect(again.letter).toBe(letters(`${reference}-2`, "letter.html"));
    const page = await readFile(again.letter ?? "", "utf8");
    expect(page).toContain("takes the place of the one that we sent");
    expect(await openAlerts(world.valley)).toEqual(["LETTER_TO_SEND"]);
    await expectNothingSent();
  });

  it("is canceled without a word to them, and says so", async () => {
    const { reference } = await ask();
    const { stdout } = await valley.run("cancel", reference);
    expect(stdout).toContain("Packetboat does not tell Cedar Flats Community School District");
    expect(stdout).not.toMatch(/next exchange|packetboat exchange/);
    await meet(world, world.valley);
    await expectNothingSent();
    expect(await openAlerts(world.valley)).toEqual([]);
  });

  it("is asked only once", async () => {
    const { reference } = await ask();
    const again = await valley.error("request", "--student", REQUEST, "--to", CEDAR.agency_id);
    expect(again).toMatchObject({ code: "DOCUMENT_KNOWN", facts: { reference } });
  });

  it("comes from the outbox as well, and is answered there", async () => {
    const request = (await requestTo(world.prairie)).replace(world.prairie.id, CEDAR.agency_id);
    await drop(world.valley, "request.xml", request);
    await meet(world, world.valley);
    const [reference = ""] = await readdir(letters());
    expect(await readdir(letters(reference))).toEqual(["letter.html"]);
    const about = `<Reference>${reference}</Reference>`;
    const answer = "<ResponseStatus>OfflineRecordSent</ResponseStatus>";
    await drop(world.valley, "answer.xml", `<Answered>${about}${answer}</Answered>`);
    await meet(world, world.valley);
    expect(await readdir(office(world.valley, "refused"))).toEqual([]);
    expect(await valley.result("transfers", "show", reference)).toMatchObject({
      state: "Released",
      onPaper: true,
      possible: [`packetboat imported ${reference}`, `packetboat cancel ${reference}`],
    });
    await expectNothingSent();
  });

  it("says in lists and pages that it is on paper", async () => {
    const { reference } = await ask();
    const { stdout } = await valley.run("transfers", "list");
    expect(stdout).toContain("Requested (on paper)");
    const shown = await valley.run("transfers", "show", reference);
    expect(shown.stdout).toContain("We ask by a letter, on paper");
    const reports = join(world.valley.folder, "reports/registrar");
    const html = await readFile(join(reports, "transfers.html"), "utf8");
    expect(html).toContain("When we ask on paper");
    expect(await readFile(join(reports, "transfers.csv"), "utf8")).toMatch(/,"on paper"\r?$/m);
  });

  it("is reminded of when nobody notes an answer, and expires", async () => {
    const { reference } = await ask();
    world.clock.pass({ days: 20 });
    await meet(world, world.valley);
    expect(await openAlerts(world.valley)).toEqual(["LETTER_TO_SEND", "REQUEST_UNANSWERED"]);
    const { stdout } = await valley.run("alerts", "list");
    expect(stdout).toContain("nobody has noted an answer");
    world.clock.pass({ days: 60 });
    await meet(world, world.valley);
    expect(await openAlerts(world.valley)).toEqual(["REQUEST_EXPIRED"]);
    expect(await valley.result("transfers", "show", reference)).toMatchObject({
      state: "Expired",
    });
    await expectNothingSent();
  });

  it("shows the student to nobody but the registrar", async () => {
    await ask();
    await meet(world, world.valley);
    const [alert] = await alertsAt(world.valley);
    expect(JSON.stringify(alert)).not.toMatch(PERSONAL);
    expect(await readByIt(world.valley)).not.toMatch(PERSONAL);
  });

  it("does not hinder check and status", async () => {
    await ask();
    const { stdout } = await valley.run("check");
    expect(stdout).not.toMatch(/1901110|Cedar/);
    expect((await valley.run("status")).exit).toBe(0);
    expect(await valley.error("ping", CEDAR.agency_id)).toMatchObject({
      code: "AGENCY_NOT_PARTICIPATING",
    });
  });
});

describe("an answer on paper", () => {
  it("is refused where packetboat carries the answer", async () => {
    const { reference } = await valley.result<OnPaper>(
      "request",
      "--student",
      REQUEST,
      "--to",
      world.prairie.id,
    );
    const error = await valley.error("answered", reference, "--status", "NoRecord");
    expect(error).toMatchObject({ code: "TRANSFER_STATE" });
    expect(error.message).toContain("it was not asked on paper");
  });

  it("is one of three", async () => {
    expect(await valley.error("answered", "K7QM-3F2D", "--status", "Delivered")).toMatchObject({
      code: "USAGE",
    });
  });
});

describe("a district of the list", () => {
  it("is known by its name where a transfer is shown, and no better", async () => {
    await ask();
    await withLedger(world.valley, async (ledger) => {
      expect(await findAgency(ledger, CEDAR.agency_id)).toMatchObject({
        source: "listed",
        name: CEDAR.name,
        status: "NotParticipating",
        fingerprint: null,
      });
    });
    expect(await valley.result("partner", "list")).toHaveLength(1);
  });

  it("may take part later: by a card, or by the directory", async () => {
    await ask();
    await withLedger(world.valley, async (ledger) => {
      const row = await findAgency(ledger, CEDAR.agency_id);
      if (!row) throw new Error("it is not known");
      const listing = { ...row, source: "directory", status: "Participating" } as const;
      await ledger
        .transaction()
        .execute((db) => writeChanges(db, { agencies: [listing], keys: [], forgotten: [] }));
      expect(await findAgency(ledger, CEDAR.agency_id)).toMatchObject({ source: "directory" });
      const fingerprint = "F".repeat(40) as NonNullable<typeof row.fingerprint>;
      const card = { ...row, source: "card", status: "Participating" } as const;
      await addAgency(ledger, { ...card, signed_card: "", public_key: "", fingerprint });
      expect(await findAgency(ledger, CEDAR.agency_id)).toMatchObject({ source: "card" });
    });
    await takeList(world.valley, [{ ...CEDAR, name: "Another name" }]);
    await withLedger(world.valley, async (ledger) => {
      expect(await findAgency(ledger, CEDAR.agency_id)).toMatchObject({ name: CEDAR.name });
    });
  });
});

describe("a letter", () => {
  it("is shown by the next exchange where its folder was away", async () => {
    await meet(world, world.valley);
    await rename(office(world.valley), `${office(world.valley)}.away`);
    expect(
      await valley.error("request", "--student", REQUEST, "--to", CEDAR.agency_id),
    ).toMatchObject({ code: "FOLDER_MISSING" });
    await rename(`${office(world.valley)}.away`, office(world.valley));
    const { letter } = await ask();
    expect(letter).not.toBeNull();
  });

  it("has a place in the drop folder of an older home", async () => {
    await rm(letters(), { recursive: true });
    const { stdout } = await valley.run("check");
    expect(stdout).not.toContain("letters is not there");
    const { reference } = await ask();
    expect(await readdir(letters())).toEqual([reference]);
  });

  it("goes when its time is over, and with it what it asked", async () => {
    const { reference } = await ask();
    await valley.result("answered", reference, "--status", "NoRecord");
    const text = await readFile(world.valley.configPath, "utf8");
    const without = text.replace(/^keep:.*\n(?: .*\n)*/m, "");
    await writeFile(world.valley.configPath, `${without}\nkeep: {recordsDays: 60}\n`);
    world.clock.pass({ days: 59 });
    expect(await valley.result("purge")).toMatchObject({ transfers: [] });
    world.clock.pass({ days: 2 });
    expect(await valley.result("purge")).toMatchObject({
      transfers: [{ reference, side: "requester", folders: 1, contents: 1 }],
    });
    expect(await readdir(letters())).toEqual([]);
  });
});
