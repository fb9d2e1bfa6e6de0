/** What must be compared anew, however honest the partner looks: receipts, documents, ids. */
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../daemon/ids.ts";
import { writeMessage } from "../daemon/packet/envelope.ts";
import type { Attachment } from "../daemon/packet/model.gen.ts";
import { packetboat } from "./commands/terminal.ts";
import {
  asking,
  leave,
  leaveDocument,
  type Letter,
  nameFrom,
  packetXml,
  receiptFor,
  sealed,
  signedRequest,
  writerAt,
} from "./forge.ts";
import {
  asked,
  boxOf,
  type District,
  drop,
  dropRelease,
  dropRequest,
  meet,
  newWorld,
  office,
  openAlerts,
  REGISTRAR,
  states,
  STUDENTS,
  withLedger,
  type World,
} from "./homes.ts";
import { date, inBox, messagesFrom, neighbour } from "./scene.ts";
import { releaseOf } from "./transfer/cast.ts";

let world: World;
beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const letterOf = async (from: District, to: District): Promise<Letter> => ({
  from: await writerAt(from),
  to: await writerAt(to),
  at: world.clock.now(),
});

const post = async (from: District, to: District, messages: Uint8Array[]): Promise<void> => {
  const letter = await letterOf(from, to);
  const xml = packetXml(letter, {}, messages);
  await leave(world, to, await sealed(xml, letter), nameFrom(from, to));
};

const onlyTransfer = (home: District) =>
  withLedger(home, (ledger) =>
    ledger.selectFrom("transfers").selectAll().executeTakeFirstOrThrow(),
  );

describe("a night between decision and exchange", () => {
  it("does not make a request too old", async () => {
    // As `packetboat request` does in the afternoon: decided now, signed and sent at night.
    const { valley, prairie, clock } = world;
    const reference = await laterRequest();
    clock.pass({ hours: 20 });
    await meet(world, valley);
    await meet(world, prairie);
    expect(await readdir(office(prairie, "requests"))).toContain(reference);
  });

  it("does not let a request expire while the answer lies in the box", async () => {
    const { valley, prairie, clock } = world;
    const reference = await asked(world);
    await meet(world, valley);
    clock.pass({ days: 59 });
    await dropRelease(world, reference);
    await meet(world, prairie);
    clock.pass({ days: 10 });
    await date(world, valley);
    await meet(world, valley);
    expect(await readdir(office(valley, "records"))).toEqual([reference]);
  });
});

/** A request, decided without an exchange. @returns its reference */
async function laterRequest(): Promise<string> {
  const { configPath } = world.valley;
  const student = join(STUDENTS, "abrams-jenna.xml");
  const args = ["request", "--student", student, "--to", world.prairie.id, "--config", configPath];
  const { stdout } = await packetboat([...args, "--as", REGISTRAR], {
    now: world.clock.now(),
  });
  return /[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(stdout)?.[0] ?? stdout;
}

it("a request that is canceled before it left is shown to nobody", async () => {
  const { valley, prairie, clock } = world;
  const reference = await laterRequest();
  await drop(valley, "stop.xml", `<Cancel><Reference>${reference}</Reference></Cancel>`);
  clock.pass({ minutes: 1 });
  await meet(world, valley);
  await meet(world, prairie);
  expect(await states(world)).toEqual(["Canceled", ""]);
  expect(await inBox(world, prairie)).toEqual([]);
  expect(await readdir(office(prairie, "requests"))).toEqual([]);
});

it("a receipt that leaves out a message closes nothing", async () => {
  const { valley, prairie, clock } = world;
  await dropRequest(world);
  await meet(world, valley);
  const packet = await withLedger(valley, (ledger) =>
    ledger.selectFrom("packets_out").selectAll().executeTakeFirstOrThrow(),
  );
  for (const name of await inBox(world, prairie)) await rm(boxOf(world, prairie, name));
  const receipt = writeMessage(
    "Receipt",
    receiptFor(packet, clock.now(), { SealedSha256: sha256("unknown") }),
  );
  await post(prairie, valley, [receipt]);
  expect((await meet(world, valley)).exit).toBe(10);
  expect((await messagesFrom(valley)).map(({ state }) => state)).toEqual(["PACKED"]);
  clock.pass({ days: 2 });
  await meet(world, valley);
  expect(await openAlerts(valley)).toContain("NO_RECEIPT");
  expect(await inBox(world, prairie)).toHaveLength(1);
});

describe("a release whose documents", () => {
  const released = async (attachments: Attachment[]): Promise<Uint8Array> => {
    const { transfer_id, request_message_id } = await onlyTransfer(world.valley);
    const release = releaseOf({
      TransferId: transfer_id,
      RequesterId: world.valley.id,
      RespondsTo: request_message_id,
      ReleasingDistrict: { AgencyId: world.prairie.id, OrganizationName: "Example Prairie" },
      Attachment: attachments,
    });
    return writeMessage("TransferRelease", release);
  };

  const left = async (text: string): Promise<Attachment> => {
    const { valley, prairie } = world;
    return leaveDocument(world, [prairie, valley], text, await letterOf(prairie, valley));
  };

  it("name one sealed file with two truths shows neither", async () => {
    const { valley, prairie, clock } = world;
    await asked(world);
    await meet(world, valley);
    const honest = await left("one");
    const lie = { ...honest, FileName: "b.txt", ContentSha256: sha256("two"), Size: "7" };
    await post(prairie, valley, [await released([honest, lie])]);
    for (let night = 0; night < 3; night++) {
      await meet(world, valley);
      clock.pass({ days: 1 });
    }
    expect(await readdir(office(valley, "records"))).toEqual([]);
  });

  it("are larger under their seal than we take is refused unfetched", async () => {
    const { valley, prairie } = world;
    await asked(world);
    await meet(world, valley);
    const honest = await left("one");
    await post(prairie, valley, [await released([{ ...honest, SealedSize: "999999999999" }])]);
    expect((await meet(world, valley)).exit).toBe(10);
    const codes = await withLedger(valley, (ledger) =>
      ledger.selectFrom("messages_in").select("code").where("state", "=", "REFUSED").execute(),
    );
    expect(codes.map(({ code }) => code)).toEqual(["ATTACHMENT_TOO_BIG"]);
    expect(await readdir(office(valley, "records"))).toEqual([]);
  });
});

it("a TransferId of somebody else's transfer opens none", async () => {
  const { prairie, clock } = world;
  const third = await neighbour(world);
  await asked(world);
  const { transfer_id } = await onlyTransfer(prairie);
  const letter = await letterOf(third, prairie);
  const request = asking(third, prairie, clock.now(), { TransferId: transfer_id });
  await post(third, prairie, [await signedRequest(request, letter)]);
  expect((await meet(world, prairie)).exit).toBe(10);
  expect(await readdir(office(prairie, "requests"))).toHaveLength(1);
});

it("a sealed file that the disk has lost is sealed again, under its number", async () => {
  const { valley, prairie, clock } = world;
  const box = boxOf(world, prairie);
  await rename(box, `${box}.away`);
  await dropRequest(world);
  await meet(world, valley);
  const folder = join(valley.folder, "state", "sealed");
  const [lost = ""] = await readdir(folder);
  await rm(join(folder, lost));
  await rename(`${box}.away`, box);
  for (let night = 0; night < 2; night++) {
    clock.pass({ days: 1 });
    await meet(world, valley);
  }
  expect(await inBox(world, prairie)).toEqual([
    expect.stringMatching(/^3900417_2700105_000000001_/),
  ]);
  await meet(world, prairie);
  expect(await readdir(office(prairie, "requests"))).toHaveLength(1);
});
