/** Documents beside a release: late, absent, altered, or not what the release says. */
import { copyFile, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newMessageId, newRandomPart, sha256 } from "../daemon/ids.ts";
import { writeMessage } from "../daemon/packet/envelope.ts";
import type { Attachment, TransferRelease } from "../daemon/packet/model.gen.ts";
import {
  leave,
  leaveDocument,
  type Letter,
  packetXml,
  ping,
  sealed,
  stranger,
  writerAt,
} from "./forge.ts";
import {
  asked,
  boxOf,
  dropRelease,
  meet,
  newWorld,
  office,
  openAlerts,
  states,
  withLedger,
  type World,
} from "./homes.ts";
import {
  alertsWithCause,
  claimOn,
  configure,
  date,
  inBox,
  kept,
  readByIt,
  receiptsFor,
  saidBy,
} from "./scene.ts";
import { type Snapshot, snapshot } from "./snapshots.ts";
import { DOCX_PARTS, zipOf } from "./desk/zips.ts";
import { releaseOf } from "./transfer/cast.ts";

const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

let world: World;
let reference: string;
let whenAsked: Snapshot;
beforeAll(async () => {
  world = await newWorld();
  reference = await asked(world);
  await meet(world, world.valley);
  whenAsked = await snapshot(world);
});
beforeEach(() => whenAsked.restore());
afterAll(async () => {
  await whenAsked[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** The sealed documents of the fixture's release, as they lie in the requester's box. */
async function released(): Promise<[string, ...string[]]> {
  await dropRelease(world, reference);
  await meet(world, world.prairie);
  const [first, ...others] = await attachmentsInBox();
  if (first === undefined) throw new Error("the release has no documents");
  return [first, ...others];
}

const attachmentsInBox = async (): Promise<string[]> =>
  (await inBox(world, world.valley)).filter((name) => name.endsWith(".att.pgp"));

const inValley = (name: string): string => boxOf(world, world.valley, name);
const aside = (name: string): string => join(world.folder, name);
const staging = ({ folder }: { folder: string }): Promise<string[]> =>
  readdir(join(folder, "state", "staging"));

/** Waits: told once, nothing shown, nothing answered. */
async function expectWaiting(): Promise<void> {
  const { valley } = world;
  for (let times = 0; times < 3; times++) {
    const { exit, counts } = await meet(world, valley);
    expect([exit, counts.waiting, counts.taken, counts.refused]).toEqual([0, 1, 0, 0]);
  }
  expect(await alertsWithCause(valley)).toEqual(["PACKET_WAITING ATTACHMENT_ABSENT"]);
  expect(await readdir(office(valley, "records"))).toEqual([]);
  expect(await states(world)).toEqual(["RequestReceived", "Released"]);
}

async function expectDelivered(): Promise<void> {
  const { valley, prairie } = world;
  expect((await meet(world, valley)).counts).toMatchObject({ waiting: 0, published: 1 });
  expect(await readdir(office(valley, "records", reference))).toHaveLength(4);
  expect(await openAlerts(valley)).toEqual(["RECORDS_RELEASED"]);
  await meet(world, prairie);
  expect(await states(world)).toEqual(["Delivered", "Delivered"]);
  expect(await inBox(world, valley)).toEqual([]);
  expect(await staging(valley)).toEqual([]);
}

/** The message is closed, its neighbours are taken, and both offices know. */
async function expectRefused(code: string): Promise<void> {
  const { valley, prairie } = world;
  const { exit, counts } = await meet(world, valley);
  expect([exit, counts.refused, counts.waiting]).toEqual([10, 1, 0]);
  expect(await alertsWithCause(valley)).toContain(`MESSAGE_REFUSED ${code}`);
  expect(await openAlerts(valley)).not.toContain("PACKET_WAITING");
  expect(await readdir(office(valley, "records"))).toEqual([]);
  expect(await inBox(world, valley)).toEqual([]);
  expect(await staging(valley)).toEqual([]);
  await meet(world, prairie);
  expect((await states(world))[1]).toBe("RequestReceived");
  expect(await openAlerts(prairie)).toEqual(["RELEASE_REFUSED", "REQUEST_TO_RELEASE"]);
}

describe("a document that is not in the box", () => {
  it("is waited for, and published when it comes", async () => {
    const [name] = await released();
    await rename(inValley(name), aside(name));
    await expectWaiting();
    await rename(aside(name), inValley(name));
    await expectDelivered();
  });

  it("is waited for a day; then its release is refused, and the sender told", async () => {
    const { valley, clock } = world;
    const [name] = await released();
    await rm(inValley(name));
    await meet(world, valley);
    clock.pass({ hours: 24, minutes: 1 });
    await expectRefused("ATTACHMENT_ABSENT");
    const [packet] = await withLedger(valley, (ledger) =>
      ledger.selectFrom("packets_in").selectAll().orderBy("claim_id", "desc").execute(),
    );
    expect((await kept(valley, packet?.claim_id))?.original).not.toBe(null);
  });
});

describe("another file in the place of a document", () => {
  it.each([
    ["with one byte changed", (bytes: Buffer) => bytes.fill(0, 200, 201)],
    ["that is shorter", (bytes: Buffer) => bytes.subarray(0, -1)],
    ["that is longer", (bytes: Buffer) => Buffer.concat([bytes, bytes])],
  ])("%s counts as absent, until the right one comes", async (_, change) => {
    const [name] = await released();
    await copyFile(inValley(name), aside(name));
    await writeFile(inValley(name), change(await readFile(inValley(name))));
    await expectWaiting();
    await rename(aside(name), inValley(name));
    await expectDelivered();
  });

  it("is refused with its release after a day", async () => {
    const [name] = await released();
    await writeFile(inValley(name), "something else");
    await meet(world, world.valley);
    world.clock.pass({ hours: 25 });
    await expectRefused("ATTACHMENT_ABSENT");
  });
});

describe("a document larger than is taken", () => {
  it("is refused unfetched, and its release with it", async () => {
    await configure(world.valley, { at: ["limits", "attachmentMegabytes"], value: 1 });
    const { prairie } = world;
    const pdf = "abrams-jenna.transcript.pdf";
    await dropRelease(world, reference);
    const small = await readFile(office(prairie, "outbox", pdf));
    const big = Buffer.concat([small, Buffer.alloc(2 ** 20, 0x20)]);
    await writeFile(office(prairie, "outbox", pdf), big);
    await meet(world, prairie);
    await expectRefused("ATTACHMENT_TOO_BIG");
  });
});

describe("a packet that was sent again", () => {
  it("brings its documents again, and leaves none of them in the box", async () => {
    const { valley, prairie, clock } = world;
    const names = await released();
    for (const name of await inBox(world, valley)) await rm(inValley(name));
    clock.pass({ days: 1, minutes: 1 });
    await meet(world, prairie);
    expect(await attachmentsInBox()).toEqual(names);
    await meet(world, valley);
    expect((await states(world))[0]).toBe("Delivered");
    expect(await inBox(world, valley)).toEqual([]);

    // Its receipt is lost, and everything comes once more.
    for (const name of await inBox(world, prairie)) await rm(boxOf(world, prairie, name));
    clock.pass({ days: 1, minutes: 1 });
    await meet(world, prairie);
    expect(await attachmentsInBox()).toEqual(names);
    await date(world, valley);
    expect((await meet(world, valley)).counts).toMatchObject({ taken: 0, refused: 0 });
    expect(await inBox(world, valley)).toEqual([]);
    await meet(world, prairie);
    expect(await states(world)).toEqual(["Delivered", "Delivered"]);
    expect(await readdir(office(valley, "records"))).toEqual([reference]);
  });
});

describe("a document that is not what its release says", () => {
  let letter: Letter;
  beforeEach(async () => {
    const { prairie, valley, clock } = world;
    letter = { from: await writerAt(prairie), to: await writerAt(valley), at: clock.now() };
  });

  const attached = (content: string | Buffer, number: number, by: Partial<Letter> = {}) => {
    const { prairie, valley } = world;
    return leaveDocument(world, [prairie, valley], content, { ...letter, ...by }, number);
  };

  /** A release that names these documents. */
  async function about(
    Attachment: Attachment[],
    changes: Partial<TransferRelease> = {},
  ): Promise<Uint8Array> {
    const { valley, prairie } = world;
    const { transfer_id, request_message_id } = await withLedger(valley, (ledger) =>
      ledger.selectFrom("transfers").selectAll().executeTakeFirstOrThrow(),
    );
    const release = releaseOf({
      TransferId: transfer_id,
      RequesterId: valley.id,
      RespondsTo: request_message_id,
      ReleasingDistrict: { AgencyId: prairie.id, OrganizationName: "Example Prairie Schools" },
      Attachment,
      ...changes,
    });
    return writeMessage("TransferRelease", release);
  }

  /** Such a release beside a ping. @returns what each was answered */
  const answersTo = async (documents: Attachment[]): Promise<string[]> =>
    answersToAll([await about(documents), ping(letter.at)]);

  async function answersToAll(messages: readonly Uint8Array[]): Promise<string[]> {
    const { valley, prairie } = world;
    const name = await leave(
      world,
      valley,
      await sealed(packetXml(letter, {}, messages), letter),
      `2700105_3900417_000000050_${newRandomPart()}.xml.pgp`,
    );
    const before = (await inBox(world, prairie)).length;
    await meet(world, valley);
    expect(await claimOn(valley, name)).toMatchObject({ state: "RECORDED" });
    const back = { ...letter, from: letter.to, to: letter.from };
    const [answer] = (await receiptsFor(world, prairie, back)).slice(before);
    return answer ? saidBy(answer).split(", ") : [];
  }

  it("is published beside its own release, though another has come under the same id", async () => {
    const MessageId = newMessageId();
    const first = await about([await attached("one", 1)], { MessageId });
    const second = await about([await attached("other", 2)], { MessageId, Comments: "Another." });
    expect(await answersToAll([first, second])).toEqual([
      "Confirmation",
      "Resubmit MESSAGE_CONFLICT",
    ]);
    const folder = office(world.valley, "records", reference);
    expect((await readdir(folder)).filter((name) => name.includes("note"))).toEqual([
      "01-note-1.txt",
    ]);
    expect(await readFile(join(folder, "01-note-1.txt"), "utf8")).toBe("one");
    expect(await inBox(world, world.valley)).toEqual([]);
  });

  it("is published if it is", async () => {
    const documents = [await attached("one", 1), await attached("two", 2)];
    expect(await answersTo(documents)).toEqual(["Confirmation", "Confirmation"]);
    const folder = office(world.valley, "records", reference);
    expect(await readFile(join(folder, "02-note-2.txt"), "utf8")).toBe("two");
    expect(await inBox(world, world.valley)).toEqual([]);
  });

  it.each<[string, (honest: Attachment) => Promise<Attachment[]> | Attachment[]]>([
    ["of another size", (honest) => [{ ...honest, Size: "2" }]],
    ["of a larger size", (honest) => [{ ...honest, Size: "4" }]],
    ["of another content", (honest) => [{ ...honest, ContentSha256: sha256("other") }]],
    [
      "signed by somebody else",
      async () => [await attached("one", 2, { from: await stranger("4808940", letter.at) })],
    ],
    [
      "sealed for somebody else",
      async () => [await attached("one", 2, { to: await stranger("4808940", letter.at) })],
    ],
    [
      "under the name of another",
      async (honest) => [honest, { ...(await attached("two", 2)), FileName: honest.FileName }],
    ],
  ])("is refused with its release alone: %s", async (_, change) => {
    const { valley } = world;
    const documents = await change(await attached("one", 1));
    expect(await answersTo(documents)).toEqual(["Resubmit ATTACHMENT_DIFFERS", "Confirmation"]);
    expect(await alertsWithCause(valley)).toEqual(["MESSAGE_REFUSED ATTACHMENT_DIFFERS"]);
    expect(await readdir(office(valley, "records"))).toEqual([]);
    expect(await staging(valley)).toEqual([]);
    const named = documents.map(({ SealedFileName }) => SealedFileName);
    expect((await inBox(world, valley)).filter((name) => named.includes(name))).toEqual([]);
  });

  it.each<[string, string, string, string | Buffer]>([
    ["a program by its name", "setup.exe", "text/plain", "echo"],
    ["a document with macros by its name", "letter.docm", DOCX, zipOf(...DOCX_PARTS)],
    ["another kind than its name says", "transcript.pdf", "text/plain", "one"],
    ["a program by its content", "transcript.pdf", "application/pdf", "MZ\0\0"],
    ["a program and a page in one", "transcript.pdf", "application/pdf", "MZ\n%PDF-1.4"],
    ["macros", "letter.docx", DOCX, zipOf(...DOCX_PARTS, "word/vbaProject.bin")],
    ["a workbook under another name", "list.docx", DOCX, zipOf("xl/workbook.xml")],
    ["an archive that leads out of its folder", "a.docx", DOCX, zipOf(...DOCX_PARTS, "../a.txt")],
  ])("is refused with its release alone, and never shown: %s", async (_, name, type, content) => {
    const { valley } = world;
    const honest = await attached(content, 1);
    const document = { ...honest, FileName: name, MediaType: type as Attachment["MediaType"] };
    expect(await answersTo([document])).toEqual(["Resubmit ATTACHMENT_TYPE", "Confirmation"]);
    expect(await alertsWithCause(valley)).toEqual(["MESSAGE_REFUSED ATTACHMENT_TYPE"]);
    expect(await readdir(office(valley, "records"))).toEqual([]);
    expect([await staging(valley), await attachmentsInBox()]).toEqual([[], []]);
    expect(await readByIt(valley)).not.toContain(name);
  });
});
