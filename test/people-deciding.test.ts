/** Who decides, and how we know: by command and by document, in a real home. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askedBy, type Desk, deskOf, RECORD } from "./commands/desk.ts";
import {
  drop,
  meet,
  newWorld,
  office,
  REGISTRAR,
  recordAlone,
  states,
  type World,
} from "./homes.ts";
import { configure } from "./scene.ts";

const ACCOUNT = userInfo().username;
const robin = { username: REGISTRAR, name: "Example Registrar", may: ["request", "release"] };
const other = { username: "other.registrar", name: "Other", may: ["release"], osUser: ACCOUNT };

let world: World;
let reference: string;
let named: Desk;
let unnamed: Desk;

beforeEach(async () => {
  world = await newWorld();
  reference = await askedBy(world);
  named = deskOf(world, world.prairie);
  unnamed = deskOf(world, world.prairie, null);
});
afterEach(() => world[Symbol.asyncDispose]());

const people = (...value: object[]): Promise<void> =>
  configure(world.prairie, { at: ["people"], value });

const forbidDeclared = (): Promise<void> =>
  configure(world.prairie, { at: ["releases", "allowDeclaredUser"], value: false });

const about = (name: string, rest = ""): string =>
  `<${name}><Reference>${reference}</Reference>${rest}</${name}>`;

const record = async (): Promise<string> =>
  (await recordAlone()).replace("<Release>", `<Release><Reference>${reference}</Reference>`);

/** As `drop`, and nobody is named. */
const dropUnnamed = (name: string, decision: string): Promise<void> =>
  writeFile(
    office(world.prairie, "outbox", name),
    `<OutboxMessage xmlns="urn:packetboat:outbox:1">${decision}</OutboxMessage>`,
  );

const refusal = (name: string): Promise<string> =>
  readFile(office(world.prairie, "refused", `${name}.faults.txt`), "utf8");

const lastEvent = async (): Promise<object | undefined> => {
  const history = ["transfers", "history", reference];
  return (await named.result<{ events: object[] }>(...history)).events.at(-1);
};

const lastLine = async (): Promise<object | undefined> =>
  (await named.result<object[]>("disclosures")).at(-1);

describe("somebody who is only named", () => {
  it("releases where the config allows it, and that is told of how we know", async () => {
    await drop(world.prairie, "release.xml", await record());
    await meet(world, world.prairie);
    expect(await lastEvent()).toMatchObject({ event: "ReleaseSent", who: "packetboat" });
    expect(await lastLine()).toMatchObject({ by: REGISTRAR, authentication: "Declared" });
    expect((await named.run("transfers", "history", reference)).stdout).toMatch(
      /Release .*example\.registrar/,
    );
  });

  it.each([
    ["release", ["release", "REF", "--records", RECORD]],
    ["hold", ["hold", "REF", "--reason", "LegalHold"]],
    ["reject", ["reject", "REF", "--reason", "LegalHold"]],
  ])("may not %s by a command where it does not", async (_, argv) => {
    await forbidDeclared();
    const typed = argv.map((word) => (word === "REF" ? reference : word));
    const error = await named.error(...typed);
    expect(error.code).toBe("PERSON_NOT_ALLOWED");
    expect(error.message).toContain("releases.allowDeclaredUser is off");
    expect(await states(world)).toEqual(["Requested", "RequestReceived"]);
  });

  it("may not decide by a document either", async () => {
    await forbidDeclared();
    await drop(world.prairie, "release.xml", await record());
    await drop(world.prairie, "hold.xml", about("Hold", "<ReasonCode>LegalHold</ReasonCode>"));
    await meet(world, world.prairie);
    for (const name of ["release.xml", "hold.xml"]) {
      expect(await refusal(name)).toContain("[PERSON_NOT_ALLOWED]");
    }
    expect((await states(world))[1]).toBe("RequestReceived");
  });
});

describe("somebody who is only named, where that does not count,", () => {
  it("may stop a release all the same, and ask it back", async () => {
    const released = () => named.result("release", reference, "--records", RECORD);
    await released();
    await forbidDeclared();
    await drop(world.prairie, "withdraw.xml", about("Withdraw"));
    await meet(world, world.prairie);
    expect((await states(world))[1]).toBe("RequestReceived");
    await configure(world.prairie, { at: ["releases", "allowDeclaredUser"], value: true });
    await released();
    await forbidDeclared();
    await named.result("withdraw", reference);
    await configure(
      world.prairie,
      { at: ["releases", "allowDeclaredUser"], value: true },
      { at: ["releases", "holdBackMinutes"], value: 0 },
    );
    await released();
    await meet(world, world.prairie);
    await forbidDeclared();
    await named.result("recall", reference, "--reason", "WrongStudent");
    expect((await states(world))[1]).toBe("Recalled");
  });
});

describe("an account of this machine", () => {
  it("proves its own person, by a command and as the owner of a file", async () => {
    await forbidDeclared();
    await people(robin, other);
    await unnamed.result("hold", reference, "--reason", "LegalHold");
    const proved = { who: "other.registrar", authentication: "OperatingSystem" };
    expect(await lastEvent()).toMatchObject({ event: "Hold", ...proved });
    await dropUnnamed("reject.xml", about("Reject", "<ReasonCode>LegalHold</ReasonCode>"));
    await meet(world, world.prairie);
    expect(await readdir(office(world.prairie, "refused"))).toEqual([]);
    expect(await lastEvent()).toMatchObject({ event: "Reject", ...proved });
    expect(await lastLine()).toMatchObject({
      what: "rejection",
      by: "other.registrar",
      authentication: "OperatingSystem",
    });
  });

  it("of one person does not prove another", async () => {
    await people(robin, other);
    await named.result("hold", reference, "--reason", "LegalHold");
    expect(await lastEvent()).toMatchObject({ who: REGISTRAR, authentication: "Declared" });
    await forbidDeclared();
    expect((await named.error("reject", reference, "--reason", "LegalHold")).code).toBe(
      "PERSON_NOT_ALLOWED",
    );
  });

  it("of nobody under people decides nothing", async () => {
    await people(robin);
    expect((await unnamed.error("hold", reference, "--reason", "LegalHold")).code).toBe(
      "PERSON_UNKNOWN",
    );
    await dropUnnamed("hold.xml", about("Hold", "<ReasonCode>LegalHold</ReasonCode>"));
    await meet(world, world.prairie);
    expect(await refusal("hold.xml")).toContain("[PERSON_UNKNOWN]");
  });
});

describe("people of the config", () => {
  it("are known by a name in other capitals, and written down as the config has them", async () => {
    const capitals = deskOf(world, world.prairie, REGISTRAR.toUpperCase());
    await capitals.result("hold", reference, "--reason", "LegalHold");
    expect(await lastEvent()).toMatchObject({ who: REGISTRAR });
  });

  it("decide nothing once they are removed, or may do nothing any more", async () => {
    await people(other);
    const hold = ["hold", reference, "--reason", "LegalHold"];
    expect((await named.error(...hold)).code).toBe("PERSON_UNKNOWN");
    await people({ ...robin, may: [] }, other);
    expect((await named.error(...hold)).code).toBe("PERSON_NOT_ALLOWED");
    await drop(world.prairie, "hold.xml", about("Hold", "<ReasonCode>LegalHold</ReasonCode>"));
    await meet(world, world.prairie);
    expect(await refusal("hold.xml")).toContain("[PERSON_NOT_ALLOWED]");
    expect((await states(world))[1]).toBe("RequestReceived");
  });
});

describe("a reason of our own", () => {
  it("that does not fit is refused in a document as by a command", async () => {
    await drop(
      world.prairie,
      "no.xml",
      about("Reject", "<ReasonCode>StaffUnavailable</ReasonCode>"),
    );
    await meet(world, world.prairie);
    expect(await refusal("no.xml")).toContain("[REASON_NOT_FITTING]");
    const error = await named.error("reject", reference, "--reason", "StaffUnavailable");
    expect(error.code).toBe("REASON_NOT_FITTING");
  });

  it("that many states forbid is taken with a warning, and not where ours does", async () => {
    const fees = ["hold", reference, "--reason", "FeesOwed"];
    expect((await named.run(...fees)).stdout).toContain("Warning: Many states forbid");
    expect((await named.run("hold", "--help")).stdout).toMatch(
      /FeesOwed .*not lawful in every state/,
    );
    expect((await named.run("recall", "--help")).stdout).not.toContain("FeesOwed");
    await configure(world.prairie, { at: ["agency", "state"], value: "CA" });
    const error = await named.error(...fees);
    expect(error.code).toBe("REASON_NOT_LAWFUL");
    expect(error.message).toContain("California (5 CCR 438(c))");
  });
});

describe("the register", () => {
  it("has a line for each request, release, recall and rejection, on the side that has the records", async () => {
    await named.result("release", reference, "--records", RECORD);
    for (const home of [world.prairie, world.valley, world.prairie]) await meet(world, home);
    await named.result("release", reference, "--records", RECORD, "--supplement");
    await meet(world, world.prairie);
    await named.result("recall", reference, "--reason", "SentByMistake");
    await named.result("reject", reference, "--reason", "LegalHold");
    const lines = await named.result<Record<string, unknown>[]>("disclosures");
    expect(lines.map(({ what, by }) => `${String(what)} ${String(by)}`)).toEqual([
      `request ${REGISTRAR}`,
      `partialRelease ${REGISTRAR}`,
      `partialRelease ${REGISTRAR}`,
      `recall ${REGISTRAR}`,
      `rejection ${REGISTRAR}`,
    ]);
    for (const line of lines) {
      expect(line).toMatchObject({
        reference,
        studentId: "0047311",
        birthdate: null,
        authentication: "Declared",
        purpose: "R01",
        party: { agencyId: world.valley.id, name: "Example Valley Schools" },
      });
      expect(line["interest"]).not.toBe("");
    }
    expect(lines[1]?.["sections"]).toContain("Transcript");
    expect(lines[4]?.["sections"]).toEqual([]);
    expect(await deskOf(world, world.valley).result("disclosures")).toEqual([]);
  });
});
