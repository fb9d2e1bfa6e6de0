import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  deskOf,
  type Decided,
  type Desk,
  RECORD,
  TRANSCRIPT,
  askedBy,
  PERSONAL,
} from "./commands/desk.ts";
import {
  dropRelease,
  meet,
  newWorld,
  office,
  openAlerts,
  REGISTRAR,
  states,
  withLedger,
  type World,
} from "./homes.ts";
import { alertsAt, configure, everythingIn, messagesFrom, readByIt } from "./scene.ts";

const SECOND = "second.registrar";
const PEOPLE = [
  { username: REGISTRAR, name: "Example Registrar", may: ["request", "release"] },
  { username: SECOND, name: "Second Registrar", may: ["release"] },
  { username: "no.registrar", name: "No Registrar", may: ["request"] },
];
/** By the id that only our own record has. */
const BY_ID = "StudentId,Note\n0047311,kept from a parent\n";
const BY_NAME = "LastOrSurname;FirstName;Birthdate\nABRAMS;Jenna;02/12/2009\n";

let world: World;
let first: Desk;
let second: Desk;

beforeEach(async () => {
  world = await newWorld();
  first = deskOf(world, world.prairie);
  second = deskOf(world, world.prairie, SECOND);
  await configure(world.prairie, { at: ["people"], value: PEOPLE });
});
afterEach(() => world[Symbol.asyncDispose]());

const flag = (text: string): Promise<void> =>
  writeFile(join(world.prairie.folder, "flags.csv"), text, { mode: 0o600 });

const exchanges = async (): Promise<void> => {
  await first.result("exchange");
  await deskOf(world, world.valley).result("exchange");
};

/** What the other district could see anywhere: its folders, its reports and its ledger. */
const seenByOthers = async (): Promise<string> => {
  const rows = await withLedger(world.valley, (ledger) =>
    ledger.selectFrom("content").select("bytes").execute(),
  );
  const contents = rows.map(({ bytes }) => Buffer.from(bytes).toString("latin1"));
  const folders = ["office", "reports", "state"].map((name) => join(world.valley.folder, name));
  const texts = await Promise.all(folders.map(everythingIn));
  return [...texts, ...contents].join("\n");
};

const firstPersonNow = (): Promise<string | null | undefined> =>
  withLedger(world.prairie, async (ledger) => {
    const row = await ledger.selectFrom("transfers").select("first_person").executeTakeFirst();
    return row?.first_person;
  });

const saidToOthers = async (): Promise<string[]> =>
  (await messagesFrom(world.prairie)).map(({ kind, state }) => `${kind} ${state}`);

describe("a request for a flagged student", () => {
  it("is reported here, urgently, and shown to nobody else", async () => {
    await flag(BY_NAME);
    const reference = await askedBy(world);
    const alerts = await alertsAt(world.prairie);
    expect(alerts.map(({ code }) => code).toSorted()).toEqual([
      "FLAGGED_STUDENT",
      "REQUEST_TO_RELEASE",
    ]);
    const page = await readFile(
      office(world.prairie, "requests", reference, "request.html"),
      "utf8",
    );
    expect(page).toContain("Two persons must release these records");
    await exchanges();
    expect(await states(world)).toEqual(["RequestReceived", "RequestReceived"]);
    expect(await seenByOthers()).not.toMatch(/flagged|LocalReview|two persons/i);
  });

  it("says nothing of it where the student is not flagged", async () => {
    await flag(BY_ID);
    const reference = await askedBy(world);
    const page = await readFile(
      office(world.prairie, "requests", reference, "request.html"),
      "utf8",
    );
    expect(page).not.toContain("Two persons");
    expect(await openAlerts(world.prairie)).toEqual(["REQUEST_TO_RELEASE"]);
  });
});

describe("a flag that comes after the request", () => {
  it("is reported with the next exchange, once", async () => {
    await askedBy(world);
    await flag(BY_NAME);
    await exchanges();
    expect(await openAlerts(world.prairie)).toEqual(["FLAGGED_STUDENT", "REQUEST_TO_RELEASE"]);
    const flagged = (await alertsAt(world.prairie)).find(({ code }) => code === "FLAGGED_STUDENT");
    expect(flagged?.times).toBe(1);
    await first.result("alerts", "resolve", flagged?.id ?? "");
    await flag(`${BY_NAME}Nobody;Nowhere;2010-01-01\n`);
    await exchanges();
    expect(await openAlerts(world.prairie)).toEqual(["REQUEST_TO_RELEASE"]);
    expect(await readByIt(world.prairie)).not.toMatch(/abrams|jenna|2009-02-12/i);
  });
});

describe("a release of a flagged student", () => {
  it("leaves when a second person has released it, and the register names both", async () => {
    await flag(BY_ID);
    const reference = await askedBy(world);
    const comments = "For Dana only: call me.";
    const half = await first.run("release", reference, "--records", RECORD, "--comments", comments);
    expect(half.exit).toBe(0);
    expect(half.stdout).toContain("Nothing was sent: this student is flagged");
    expect(await firstPersonNow()).toBe(REGISTRAR);
    expect(await readdir(join(world.prairie.folder, "state", "staging"))).toEqual([]);
    await exchanges();
    expect(await states(world)).toEqual(["OnHold", "OnHold"]);
    expect(await openAlerts(world.prairie)).toEqual(["SECOND_PERSON_NEEDED"]);
    const [onHold] = await alertsAt(world.valley);
    expect(onHold?.facts).toMatchObject({ reason: "LocalReview", hasComments: false });
    const seen = await seenByOthers();
    expect(seen).toContain("the district is reviewing it");
    expect(seen).not.toMatch(/flagged|second person|two persons|Dana only/i);

    const again = await first.error("release", reference, "--records", RECORD);
    expect(again.code).toBe("SECOND_PERSON_NEEDED");
    expect(again.message).not.toMatch(PERSONAL);

    const whole = await second.result<Decided>("release", reference, "--records", RECORD);
    expect(whole.state).toBe("ReleasePending");
    expect(await openAlerts(world.prairie)).toEqual([]);
    await exchanges();
    await exchanges();
    expect(await states(world)).toEqual(["Delivered", "Delivered"]);
    const register = await second.result<Record<string, unknown>[]>("disclosures");
    expect(register.at(-1)).toMatchObject({ by: SECOND, firstPerson: REGISTRAR });
    const history = await second.result<{ events: { event: string; who: string }[] }>(
      "transfers",
      "history",
      reference,
    );
    expect(history.events).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          event: "FirstRelease",
          who: REGISTRAR,
          authentication: "Declared",
        }),
        expect.objectContaining({ event: "Release", who: SECOND, authentication: "Declared" }),
      ]),
    );
    expect(await readByIt(world.prairie)).not.toMatch(/kept from a parent|0047311/i);
  });

  it.each([
    ["is withdrawn", ["withdraw"], "OnHold", ["REQUEST_TO_RELEASE"]],
    ["is held", ["hold", "--reason", "LegalHold"], "OnHold", []],
    ["is rejected", ["reject", "--reason", "LegalHold"], "Rejected", []],
  ])("begins anew after the first one's %s", async (_, [name = "", ...options], state, alerts) => {
    await flag(BY_NAME);
    const reference = await askedBy(world);
    await first.result("release", reference, "--records", RECORD);
    expect(await second.result<Decided>(name, reference, ...options)).toMatchObject({ state });
    expect(await firstPersonNow()).toBeNull();
    expect(await openAlerts(world.prairie)).toEqual(["FLAGGED_STUDENT", ...alerts].toSorted());
    await second.result("release", reference, "--records", RECORD);
    expect(await firstPersonNow()).toBe(SECOND);
  });

  it("is the first one's again when the request comes anew, and over when it is canceled", async () => {
    await flag(BY_NAME);
    const reference = await askedBy(world);
    const valley = deskOf(world, world.valley);
    await first.result("release", reference, "--records", RECORD);
    await exchanges();
    await valley.result("cancel", reference);
    await valley.result("exchange");
    await exchanges();
    expect(await firstPersonNow()).toBeNull();
    expect(await openAlerts(world.prairie)).not.toContain("SECOND_PERSON_NEEDED");
  });

  it("needs two for a supplement, and for paper", async () => {
    await flag(BY_ID);
    const reference = await askedBy(world);
    await first.result("release", reference, "--records", RECORD);
    await second.result("release", reference, "--records", RECORD);
    await exchanges();
    const more = ["release", reference, "--records", RECORD, "--supplement"];
    expect(await first.result<Decided>(...more)).toMatchObject({ state: "Released" });
    await exchanges();
    expect(
      (await saidToOthers()).filter((said) => said.startsWith("TransferRelease")),
    ).toHaveLength(1);
    expect((await first.error(...more)).code).toBe("SECOND_PERSON_NEEDED");
    await second.result(...more);
    await exchanges();
    expect(
      (await saidToOthers()).filter((said) => said.startsWith("TransferRelease")),
    ).toHaveLength(2);
  });

  it("is no second release if that person may not release", async () => {
    await flag(BY_NAME);
    const reference = await askedBy(world);
    await first.result("release", reference, "--records", RECORD);
    const other = deskOf(world, world.prairie, "no.registrar");
    expect((await other.error("release", reference, "--records", RECORD)).code).toBe(
      "PERSON_NOT_ALLOWED",
    );
    const capitals = deskOf(world, world.prairie, REGISTRAR.toUpperCase());
    expect((await capitals.error("release", reference, "--records", RECORD)).code).toBe(
      "SECOND_PERSON_NEEDED",
    );
  });
});

describe("a flag that comes when one person has released", () => {
  it("stops what still waits, and asks for two", async () => {
    await configure(world.prairie, { at: ["releases", "holdBackMinutes"], value: 60 });
    const reference = await askedBy(world);
    await first.result("release", reference, "--records", RECORD, "--attach", TRANSCRIPT);
    await flag(BY_ID);
    world.clock.pass({ minutes: 61 });
    await exchanges();
    expect(await states(world)).toEqual(["RequestReceived", "RequestReceived"]);
    expect(await openAlerts(world.prairie)).toEqual(["FLAGGED_STUDENT", "REQUEST_TO_RELEASE"]);
    expect(await saidToOthers()).toContain("TransferRelease WITHDRAWN");
    expect((await first.result<unknown[]>("disclosures")).length).toBe(1);
    await exchanges();
    await second.result("release", reference, "--records", RECORD);
    await first.result("release", reference, "--records", RECORD);
    world.clock.pass({ minutes: 61 });
    await exchanges();
    expect(await states(world)).toEqual(["Delivered", "Released"]);
  });
});

describe("a flag that is taken away and comes again", () => {
  it("does not make two persons of one", async () => {
    await configure(world.prairie, { at: ["releases", "holdBackMinutes"], value: 60 });
    await flag(BY_ID);
    const reference = await askedBy(world);
    await first.result("release", reference, "--records", RECORD);
    await flag("StudentId\n1\n");
    await first.result("release", reference, "--records", RECORD);
    await flag(BY_ID);
    world.clock.pass({ minutes: 61 });
    await exchanges();
    expect(await states(world)).toEqual(["OnHold", "RequestReceived"]);
    expect(await saidToOthers()).toContain("TransferRelease WITHDRAWN");
  });
});

describe("a list that cannot be read", () => {
  it("lets nothing be released, and nothing leave that was; the request is taken", async () => {
    await configure(world.prairie, { at: ["releases", "holdBackMinutes"], value: 60 });
    const reference = await askedBy(world);
    await first.result("release", reference, "--records", RECORD);
    await flag("StudentId\n\n,\n;;\nx,y,z\n");
    world.clock.pass({ minutes: 61 });
    await exchanges();
    expect(await states(world)).toEqual(["RequestReceived", "ReleasePending"]);
    expect(await openAlerts(world.prairie)).toEqual(["FLAGS_UNREADABLE"]);
    await first.result("withdraw", reference);
    const refused = await first.error("release", reference, "--records", RECORD);
    expect(refused.code).toBe("FLAGS_UNREADABLE");
    const check = await first.run("check");
    expect(check.stdout + check.stderr).toContain("flags.csv line");
    await flag("StudentId\n1\n");
    await first.result("release", reference, "--records", RECORD);
    world.clock.pass({ minutes: 61 });
    await exchanges();
    expect(await openAlerts(world.prairie)).toEqual([]);
    expect(await states(world)).toEqual(["Delivered", "Released"]);
  });

  it("is one that named somebody and is gone; with its header alone it flags nobody", async () => {
    await flag(BY_ID);
    const reference = await askedBy(world);
    await rm(join(world.prairie.folder, "flags.csv"));
    const refused = await first.error("release", reference, "--records", RECORD);
    expect(refused.code).toBe("FLAGS_UNREADABLE");
    expect(refused.message).not.toMatch(PERSONAL);
    expect((await first.run("check")).stdout).toContain("flags.csv is not there any more");
    await exchanges();
    expect(await openAlerts(world.prairie)).toContain("FLAGS_UNREADABLE");
    await flag("StudentId\n");
    await exchanges();
    expect(await openAlerts(world.prairie)).not.toContain("FLAGS_UNREADABLE");
    await rm(join(world.prairie.folder, "flags.csv"));
    await first.result("release", reference, "--records", RECORD);
  });
});

describe("a release that was dropped into the outbox", () => {
  it("leaves its documents where they lie until a second person drops it too", async () => {
    await flag(BY_ID);
    const reference = await askedBy(world);
    await dropRelease(world, reference);
    await meet(world, world.prairie);
    expect(await firstPersonNow()).toBe(REGISTRAR);
    const result = JSON.parse(
      await readFile(office(world.prairie, "sent", "release.xml.result.json"), "utf8"),
    ) as unknown;
    expect(result).toMatchObject({
      outcome: "taken",
      results: [{ status: "OnHold", code: "SECOND_PERSON_NEEDED" }],
    });
    const outbox = office(world.prairie, "outbox");
    expect((await readdir(outbox)).toSorted()).toEqual([
      "abrams-jenna.immunization.pdf",
      "abrams-jenna.transcript.pdf",
    ]);
    // The same person's software drops it again, as it does every night: known.
    await dropRelease(world, reference);
    await meet(world, world.prairie);
    expect((await states(world))[1]).toBe("OnHold");
    // The same document, by another person.
    await dropRelease(world, reference);
    const path = office(world.prairie, "outbox", "release.xml");
    await writeFile(path, (await readFile(path, "utf8")).replace(REGISTRAR, SECOND));
    await meet(world, world.prairie);
    await meet(world, world.valley);
    expect(await readdir(outbox)).toEqual([]);
    expect(await states(world)).toEqual(["Delivered", "Released"]);
    // And once more: it is known now.
    await dropRelease(world, reference);
    await meet(world, world.prairie);
    const names = await readdir(office(world.prairie, "refused"));
    expect(names.filter((name) => name.startsWith("release"))).toEqual([]);
  });
});
