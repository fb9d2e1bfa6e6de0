/**
 * What is logged of all that can happen: each step by its own sentence, and nothing personal, neither in
 * a line nor in what IT reads or in a name of a file that packetboat gives.
 */
import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join, sep } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enroll, serverRoot, settleEntity } from "../daemon/commands/demo/world.ts";
import { partialNameFor } from "../daemon/dropbox/contract.ts";
import { PacketboatError } from "../daemon/errors.ts";
import { newLocalId, newMessageId, newTransferId, parseAgencyId } from "../daemon/ids.ts";
import { stopAgency } from "../daemon/ledger/agencies.ts";
import { writeMessage } from "../daemon/packet/envelope.ts";
import type { Referral } from "../daemon/packet/model.gen.ts";
import { openLog } from "../daemon/log.ts";
import { STEPS } from "../daemon/steps.ts";
import { wireTime } from "../daemon/transfer/dates.ts";
import { request, requests } from "./desk/outbox.ts";
import { addDocument, caseFolder, fillIn } from "./desk/registrar.ts";
import { leave, type Letter, packetXml, ping, sealed, signedReferral, writerAt } from "./forge.ts";
import {
  CREEK,
  directoryOf,
  leave as leaveFile,
  listed,
  newYard,
  packetName,
  PRAIRIE,
  RIVER,
} from "./entity/relay/yard.ts";
import { failingHarbor, lineLost, meetWith, refusing, thenGone } from "./harbors.ts";
import {
  asked,
  boxOf,
  type District,
  drop,
  dropRelease,
  dropRequest,
  fixture,
  meet,
  newWorld,
  office,
  recordAlone,
  REGISTRAR,
  STUDENTS,
  withLedger,
  type World,
} from "./homes.ts";
import { date, configure, everythingIn } from "./scene.ts";

/** Everything that the fixtures say of people, and what people called their files. */
const PERSONAL = Object.values({
  student: ["Abrams", "Jenna", "Marie", "2009-02-12", "0047311", "0004820091173"],
  family: ["218 Example Lane", "Dana", "Paul", "651-555-0142", "651-555-0143", "mail.example"],
  remarks: ["Allergy to tree nuts", "was a pleasure", "starts with us"],
  staff: ["Example Registrar", REGISTRAR, "registrar@district.example", "555-555-0100"],
}).flat();

let world: World;
let entity: District;
beforeAll(async () => {
  world = await newWorld();
  await live();
}, 120_000);
afterAll(() => world[Symbol.asyncDispose]());

const elements = (name: string, reference: string, rest = ""): string =>
  `<${name}><Reference>${reference}</Reference>${rest}</${name}>`;

/** Everything that can happen between two districts, one thing after the other. */
async function live(): Promise<void> {
  const reference = await asked(world);
  await decideInFolders(reference);
  await holdAndWithdraw(reference);
  await releaseAndRecall(reference);
  await documentsOfAllKinds();
  await packetsOfAllKinds();
  await linesOfAllKinds();
  await directoriesOfAllKinds();
  await filesForAnotherState();
}

/** What the entity moves on, or does not. */
async function filesForAnotherState(): Promise<void> {
  const yard = await newYard();
  const log = openLog({ file: join(entity.folder, "state", "packetboat.log") });
  const directory = directoryOf([listed(RIVER), listed(CREEK, { AgencyStatus: "Inactive" })]);
  for (const to of [RIVER, CREEK, "1900999"]) {
    await leaveFile(yard, packetName(PRAIRIE, parseAgencyId(to)));
  }
  await yard.relay({ directory, log });
  await rm(yard.waitingAt(), { recursive: true });
  await mkdir(yard.waitingAt());
  await yard.relay({ directory, log });
  await log.close();
  await yard[Symbol.asyncDispose]();
}

/** An entity comes, which one of the districts joins. */
async function directoriesOfAllKinds(): Promise<void> {
  const { folder, server, clock, prairie } = world;
  const root = serverRoot(folder);
  const named = {
    id: parseAgencyId("2700000"),
    name: "Example State",
    phone: "555-555-0199",
    root,
  };
  const place = { city: "Example City", state: "MN", zip: "55001", timeZone: "America/Chicago" };
  entity = await settleEntity(server, join(folder, named.id), { ...place, ...named }, clock);
  await enroll(entity, prairie, clock);
  await meet(world, entity);
  await meet(world, prairie);
  await writeFile(join(root, "directory", "test", "directory.xml.pgp"), "no directory");
  await meet(world, prairie);
}

async function decideInFolders(reference: string): Promise<void> {
  const { prairie } = world;
  const folder = caseFolder(prairie, reference);
  await configure(prairie, { at: ["releases", "holdBackMinutes"], value: 60 });
  await fillIn(folder, { Decision: "release", Comments: "For Jenna Abrams." });
  await meet(world, prairie);
  await addDocument(folder, "Transcript Jenna Abrams.pdf");
  await meet(world, prairie);
  await fillIn(folder, { Decision: "" });
  await meet(world, prairie);
  await fillIn(folder, { Decision: "reject", Reason: "NotOurStudent" });
  await meet(world, prairie);
  const done = caseFolder(prairie, reference, "done");
  await fillIn(done, { Decision: "release" });
  await rm(join(done, "status.txt"));
  await mkdir(join(done, "status.txt"));
  await meet(world, prairie);
  await rm(join(done, "status.txt"), { recursive: true });
  await fillIn(done, { Decision: "withdraw" });
  await meet(world, prairie);
  await configure(prairie, { at: ["releases", "holdBackMinutes"], value: 0 });
}

async function holdAndWithdraw(reference: string): Promise<void> {
  const { prairie, clock } = world;
  const reason = "<ReasonCode>StaffUnavailable</ReasonCode><HoldUntil>2024-07-20</HoldUntil>";
  await drop(prairie, "jenna-hold.xml", elements("Hold", reference, reason));
  await meet(world, prairie);
  clock.pass({ days: 2 });
  await meet(world, prairie);

  await configure(prairie, { at: ["releases", "holdBackMinutes"], value: 60 });
  await dropRelease(world, reference);
  await meet(world, prairie);
  await drop(prairie, "jenna-stop.xml", elements("Withdraw", reference));
  await meet(world, prairie);
  await configure(prairie, { at: ["releases", "holdBackMinutes"], value: 0 });
}

async function releaseAndRecall(reference: string): Promise<void> {
  const { valley, prairie } = world;
  // Not the release that was withdrawn: that one is known.
  const record = (await fixture("abrams-jenna.record.xml")).replace("Please call", "Call");
  const about = `<Release><Reference>${reference}</Reference>`;
  await drop(prairie, "abrams.xml", record.replace("<Release>", about));
  await meet(world, prairie);
  for (const name of ["abrams-jenna.transcript.pdf", "abrams-jenna.immunization.pdf"]) {
    await copyFile(join(STUDENTS, name), office(prairie, "outbox", name));
  }
  await meet(world, prairie);

  await rename(office(valley, "records"), office(valley, "away"));
  await meet(world, valley);
  await rename(office(valley, "away"), office(valley, "records"));
  await mkdir(office(valley, "records", `.${newLocalId()}.hidden`));
  await meet(world, valley);
  await importReported(reference);
  const reason = "<ReasonCode>WrongStudent</ReasonCode>";
  await drop(prairie, "jenna-recall.xml", elements("Recall", reference, reason));
  for (const home of [prairie, valley, prairie]) await meet(world, home);

  // Once more, and somebody has taken the folder.
  const again = (await recordAlone()).replace("Please call", "Do call").replace("<Release>", about);
  await drop(prairie, "abrams-again.xml", again);
  for (const home of [prairie, valley]) await meet(world, home);
  await rename(office(valley, "records", reference), office(valley, "abrams"));
  const mistake = "<ReasonCode>SentByMistake</ReasonCode>";
  await drop(prairie, "jenna-recall-again.xml", elements("Recall", reference, mistake));
  for (const home of [prairie, valley, prairie]) await meet(world, home);
}

async function importReported(reference: string): Promise<void> {
  const { valley } = world;
  const record = (name: string): string => office(valley, "records", reference, name);
  await writeFile(record("imported.txt"), "");
  await meet(world, valley);
  await writeFile(record("imported.txt"), `Imported by: ${REGISTRAR}`);
  await rename(record("status.txt"), record("status of abrams.txt"));
  await mkdir(record("status.txt"));
  await meet(world, valley);
}

async function documentsOfAllKinds(): Promise<void> {
  const { valley, prairie } = world;
  const other = request(`<To>${prairie.id}</To>`).replace("Jenna", "Jenna Marie");
  await drop(valley, "abrams-jenna-bad.xml", other.replace("2009-02-12", "12 February 2009"));
  await dropRequest(world);
  await writeFile(office(valley, "outbox", "abrams.jpg"), "what is this?");
  const good = other.replace("Female", "Male");
  const bad = good.replace("<To>", "<SourceReference>Abrams</SourceReference><To>9");
  await writeFile(
    office(valley, "outbox", "abrams-all.xml"),
    requests(`<DecidedBy>${REGISTRAR}</DecidedBy>`, good, bad),
  );
  await meet(world, valley);

  await rename(office(valley, "sent"), office(valley, "away"));
  await drop(valley, "jenna-again.xml", other);
  await meet(world, valley);
  await rename(office(valley, "away"), office(valley, "sent"));
  for (const home of [valley, prairie]) await meet(world, home);
}

async function packetsOfAllKinds(): Promise<void> {
  const { valley, prairie, clock } = world;
  const [from, to] = await Promise.all([writerAt(valley), writerAt(prairie)]);
  const letter = (): Letter => ({ from, to, at: clock.now() });
  const honest = () => sealed(packetXml(letter()), letter());

  await leave(world, prairie, "Jenna Abrams, 2009-02-12");
  const stranger = `<AbramsJenna><MessageId>${newMessageId()}</MessageId></AbramsJenna>`;
  const messages = [Buffer.from(stranger), ping(clock.now())];
  await leave(world, prairie, await sealed(packetXml(letter(), {}, messages), letter()));
  await leave(world, prairie, await sealed("<Abrams>Jenna</Abrams>", letter()));
  const twice = await honest();
  for (let times = 0; times < 2; times++) await leave(world, prairie, twice);
  const cut = await leave(world, prairie, (await honest()).subarray(0, 300));
  await date(world, prairie);
  const unfinished = boxOf(world, prairie, partialNameFor(packetName(valley.id, prairie.id)));
  await writeFile(unfinished, "Jenna");
  await utimes(unfinished, new Date("2024-01-01"), new Date("2024-01-01"));
  await meet(world, prairie);
  await rm(boxOf(world, prairie, cut));
  await meet(world, prairie);

  await leave(world, prairie, await sealed(packetXml(letter(), {}, [await early()]), letter()));
  for (let times = 0; times < 2; times++) await leave(world, prairie, await honest());
  await meetWith(world, prairie, (parts) => ({
    inbound: (harbor) => {
      const inbound = parts.inbound(harbor);
      return { ...inbound, limits: { ...inbound.limits, packets: 1 } };
    },
  }));
  await meet(world, prairie);

  await leave(world, prairie, await honest());
  const gone = new PacketboatError("BOX_FILE_GONE", "it is not there any more");
  await meetWith(world, prairie, (parts) => ({
    inbound: (harbor) => {
      const inbound = parts.inbound(harbor);
      return { ...inbound, box: { ...inbound.box, fetch: () => Promise.reject(gone) } };
    },
  }));
  await withLedger(prairie, (ledger) => stopAgency(ledger, valley.id, "KEY_REVOKED"));
  await meet(world, prairie);
  await withLedger(prairie, (ledger) =>
    ledger.updateTable("agencies").set({ stopped_code: null }).execute(),
  );
  await meet(world, prairie);
}

/** It carries the word of an entity of which nobody here has a key. */
async function early(): Promise<Uint8Array> {
  const { valley, prairie, clock } = world;
  const about = {
    MessageId: newMessageId(),
    TransferId: newTransferId(),
    RequesterId: prairie.id,
  };
  const referral: Referral = {
    ...about,
    RequestSha256: "0".repeat(64),
    EntityId: "1100000",
    ReleaserId: valley.id,
    DocumentProcessCode: "TEST",
    IssuedDateTime: wireTime(clock.now()),
    ExpiresDateTime: wireTime(new Date(clock.now().getTime() + 86_400_000)),
  };
  return writeMessage("TransferResponse", {
    ...about,
    ResponseStatus: "RequestReceived",
    ResponseDateTime: wireTime(clock.now()),
    ReferralText: await signedReferral(referral, {
      from: await writerAt(valley),
      at: clock.now(),
    }),
  });
}

async function linesOfAllKinds(): Promise<void> {
  const { valley, prairie, clock } = world;
  await meetWith(world, valley, () => ({ connect: () => Promise.reject(lineLost) }));
  await drop(
    valley,
    "abrams-jenna-new.xml",
    request(`<To>${prairie.id}</To>`, "<Comments>2</Comments>"),
  );
  const { harbor: failing } = failingHarbor(world, { call: 1, when: "before" });
  await meetWith(world, valley, () => ({ connect: thenGone(failing) }));
  await meetWith(world, valley, (parts) => ({
    outbound: (harbor) => {
      const outbound = parts.outbound(harbor);
      return { ...outbound, boxOf: (id) => refusing(outbound.boxOf(id), "BOX_FULL") };
    },
  }));
  clock.pass({ days: 62 });
  await meet(world, valley);
  await writeFile(join(valley.folder, "state", "sealed", "left.xml.pgp"), "");
  clock.pass({ hours: 25 });
  await meet(world, valley);
  await meet(world, prairie);
  clock.pass({ days: 7 });
  await meet(world, valley);
}

const districts = (): District[] => [world.valley, world.prairie];
const homes = (): District[] => [...districts(), entity];

async function logLines(): Promise<string[]> {
  const texts = await Promise.all(
    homes().map(({ folder }) => readFile(join(folder, "state", "packetboat.log"), "utf8")),
  );
  return texts.flatMap((text) => text.trimEnd().split("\n"));
}

/** Names of files and folders, without those that people gave: in drop folders, and in recalled records. */
async function namesGiven(): Promise<string[]> {
  const folders = homes().flatMap(({ folder }) =>
    ["state", "quarantine", "keys", join("reports", "it")].map((name) => join(folder, name)),
  );
  const all = [...folders, join(world.folder, "server")];
  const names = await Promise.all(all.map((folder) => readdir(folder, { recursive: true })));
  return names.flat().filter((name) => !name.startsWith("recalled-") || !name.includes(sep));
}

/** What of all that is personal stands in a text. */
const personalIn = (text: string): string[] =>
  PERSONAL.filter((value) => text.toLowerCase().includes(value.toLowerCase()));

describe("all that can happen between two districts", () => {
  it("is logged by a sentence for each step, and by no other", async () => {
    const said = (await logLines()).map(
      (line) => (JSON.parse(line) as { message: string }).message,
    );
    // What happens between two states, `countries.test.ts` has seen.
    const { abroad: _, ...between } = STEPS;
    expect([...new Set(said)].toSorted()).toEqual(Object.values(between).flat().toSorted());
  });

  it("has each sentence in the list once", () => {
    const sentences = Object.values(STEPS).flat();
    expect(sentences.toSorted()).toEqual([...new Set(sentences)].toSorted());
  });

  it("is one JSON document a line, with time, level and message first", async () => {
    for (const line of await logLines()) {
      const [time, level, message] = Object.entries(JSON.parse(line) as Record<string, unknown>);
      expect([time?.[0], level?.[0], message?.[0]]).toEqual(["time", "level", "message"]);
      expect(new Date(String(time?.[1])).toISOString()).toBe(time?.[1]);
      expect(["debug", "info", "warn", "error"]).toContain(level?.[1]);
    }
  });

  it("names each packet that a step is about", async () => {
    const packets = (await logLines())
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ message }) => /^(?:Packet|Attachment)/.test(String(message)));
    for (const line of packets) expect(line).toSatisfy(namesPacket);
  });

  it("leaves nothing personal in the logs, in IT's reports, or in a name that packetboat gave", async () => {
    expect(personalIn((await logLines()).join("\n"))).toEqual([]);
    expect(personalIn((await namesGiven()).join("\n"))).toEqual([]);
    for (const { folder } of homes()) {
      expect(personalIn(await everythingIn(join(folder, "reports", "it")))).toEqual([]);
    }
  });

  it("is looked for where it would be found: a page for the registrar has it all", async () => {
    const pages = await Promise.all(
      districts().map(({ folder }) => everythingIn(join(folder, "office"))),
    );
    const notThere = ["Dana", "Paul"].filter((name) => !pages.join("\n").includes(name));
    expect(notThere).toEqual([]);
    expect(personalIn(pages.join("\n"))).toEqual(PERSONAL);
  });
});

const namesPacket = (line: Record<string, unknown>): boolean =>
  "packetId" in line || "claimId" in line || "messageId" in line;
