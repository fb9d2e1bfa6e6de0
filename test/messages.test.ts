/** Messages that are refused one by one, while their neighbours are taken. */
import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Hear } from "../daemon/desk/hearing.ts";
import { exchange, type ExchangeResult } from "../daemon/exchange.ts";
import { newMessageId, newPacketId, newTransferId } from "../daemon/ids.ts";
import { readContent, replaceContent } from "../daemon/ledger/content.ts";
import { writeMessage } from "../daemon/packet/envelope.ts";
import type { TransferRequest } from "../daemon/packet/model.gen.ts";
import type { Effect } from "../daemon/transfer/effects.ts";
import { deskOf } from "./commands/desk.ts";
import {
  asking,
  leave,
  type Letter,
  nameFrom,
  packetXml,
  ping,
  sealed,
  signedRequest,
  stranger,
  writerAt,
} from "./forge.ts";
import {
  asked,
  boxOf,
  type District,
  drop,
  dropRelease,
  fixture,
  meet,
  newWorld,
  office,
  openAlerts,
  states,
  withLedger,
  type World,
} from "./homes.ts";
import {
  alertsAt,
  alertsWithCause,
  claimOn,
  inBox,
  kept,
  messagesFrom,
  neighbour,
  readByIt,
  receiptsFor,
  saidBy,
  withParts,
} from "./scene.ts";
import { dropRequests } from "./notices/mailed.ts";
import { releaseOf, requestFrom, responseOf } from "./transfer/cast.ts";

const AT = new Date("2024-07-19T14:00:00Z");
const NAME = "Quimby";

let world: World;
let corners: District;
let letter: Letter;
let back: Letter;

beforeAll(async () => {
  world = await newWorld();
  corners = await neighbour(world);
  const [from, to] = await Promise.all([writerAt(world.valley), writerAt(world.prairie)]);
  letter = { from, to, at: AT };
  back = { from: to, to: from, at: AT };
});
afterAll(() => world[Symbol.asyncDispose]());

/** A request that the forger makes for a student of this name. */
const request = (changes: Partial<TransferRequest> = {}): TransferRequest => {
  return asking(world.valley, world.prairie, AT, {
    TransferId: newTransferId(),
    ...changes,
    Student: { ...requestFrom().Student, LastOrSurname: NAME, ...changes.Student },
  });
};

const unreadable = (xml: string): Uint8Array =>
  Buffer.from(xml.replace("<MessageId/>", `<MessageId>${newMessageId()}</MessageId>`));

/** Leave a packet of these messages, let it be taken, and see what each was answered. */
async function answersTo(messages: readonly Uint8Array[], packetId = newPacketId()) {
  const { prairie, valley } = world;
  const before = await inBox(world, valley);
  const bytes = await sealed(packetXml(letter, { PacketId: packetId }, messages), letter);
  const name = await leave(world, prairie, bytes);
  const { exit, counts } = await meet(world, prairie);
  const receipts = await receiptsFor(world, valley, back);
  const [receipt] = receipts.slice(before.length);
  return { name, bytes, exit, counts, said: receipt ? saidBy(receipt).split(", ") : [] };
}

/** What an answer says of the only transfer, that of the requester. */
const aboutOnly = (requester: District) =>
  withLedger(requester, async (ledger) => {
    const transfers = ledger.selectFrom("transfers").selectAll();
    const { transfer_id, request_message_id } = await transfers.executeTakeFirstOrThrow();
    return {
      TransferId: transfer_id,
      RequesterId: requester.id,
      RespondsTo: request_message_id,
    };
  });

describe("one packet with good and bad messages", () => {
  it("is taken in part: each message has its own answer, and IT reads no name", async () => {
    const { prairie } = world;
    const twice = newMessageId();
    const nobody = await stranger("4808940", AT);
    const born = { Student: { ...requestFrom().Student, Birthdate: "2031-01-01" } };
    const { RespondsTo: _, ...unasked } = releaseOf({ RequesterId: prairie.id });
    const messages: [string, Uint8Array][] = [
      ["Confirmation", ping(AT)],
      ["Resubmit MESSAGE_INVALID", unreadable(`<Ping><MessageId/><Name>${NAME}</Name></Ping>`)],
      ["Resubmit MESSAGE_INVALID", unreadable(`<Ping><PingDateTime>${NAME}</PingDateTime></Ping>`)],
      ["Resubmit MESSAGE_INVALID", unreadable(`<${NAME}><MessageId/><To>1</To></${NAME}>`)],
      ["Resubmit RULE_BROKEN", await signedRequest(request(born), letter)],
      ["Confirmation", await signedRequest(request(), letter)],
      ["Resubmit INNER_TEXT_INVALID", await signedRequest(request(), { ...letter, from: nobody })],
      ["Resubmit PACKET_MISADDRESSED", await signedRequest(request({ To: corners.id }), letter)],
      ["Confirmation", ping(AT, twice)],
      ["Resubmit MESSAGE_CONFLICT", ping(new Date("2024-07-19T13:00:00Z"), twice)],
      [
        "Resubmit TRANSFER_UNKNOWN",
        writeMessage("TransferRelease", {
          ...unasked,
          ReleasingDistrict: { AgencyId: letter.from.id, OrganizationName: NAME },
        }),
      ],
      [
        "Resubmit TRANSFER_NOT_THEIRS",
        writeMessage("TransferResponse", responseOf({ RequesterId: corners.id, Comments: NAME })),
      ],
      ["Confirmation", ping(AT)],
    ];
    const { name, bytes, exit, counts, said } = await answersTo(messages.map(([, xml]) => xml));
    expect(said).toEqual(messages.map(([answer]) => answer));
    const refused = messages.filter(([answer]) => answer !== "Confirmation").length;
    expect(counts).toMatchObject({ taken: messages.length - refused, refused, published: 1 });
    expect(exit).toBe(10);

    const claim = await claimOn(prairie, name);
    expect(claim).toMatchObject({ state: "RECORDED", removed_from_box: 1 });
    const found = await kept(prairie, claim?.claim_id);
    expect(found?.original).toEqual(Buffer.from(bytes));
    expect(found?.reason["refused"]).toHaveLength(refused);
    expect(await readdir(office(prairie, "requests"))).toHaveLength(1);
    const told = (await alertsAt(prairie)).filter(({ code }) => code === "MESSAGE_REFUSED");
    const causes = messages.flatMap(([answer]) => /Resubmit (.*)/.exec(answer)?.[1] ?? []);
    expect(told.map(({ facts }) => String(facts["code"])).toSorted()).toEqual(causes.toSorted());
    expect(await readByIt(prairie)).not.toContain(NAME);
  });

  it("that has a manifest or a status says so here, and answers neither", async () => {
    const head = "0".repeat(64);
    const manifest = writeMessage("Manifest", {
      MessageId: newMessageId(),
      ManifestDateTime: "2024-07-19T14:00:00Z",
      Stream: "7c9e6679-7425-40de-944b-e07fc1f90ae7",
      LastSequence: "1",
      AuditHead: head,
    });
    const status = writeMessage("TransferStatus", {
      MessageId: newMessageId(),
      TransferId: newTransferId(),
      RequesterId: letter.from.id,
      TransferState: "Released",
      StatusDateTime: "2024-07-19T14:00:00Z",
    });
    const alone = await answersTo([manifest, status]);
    expect(alone.said).toEqual([]);
    expect(alone.counts).toMatchObject({ taken: 0, refused: 2, sent: 0 });
    expect((await answersTo([ping(AT), manifest])).said).toEqual(["Confirmation"]);
    expect((await meet(world, world.prairie)).counts).toMatchObject({ collected: 0, sent: 0 });
  });

  it("is not proved to its end when a hundred requests were not their sender's", async () => {
    const nobody = await stranger("4808940", AT);
    const theirs = await signedRequest(request(), { ...letter, from: nobody });
    const again = (): Uint8Array =>
      Buffer.from(
        Buffer.from(theirs)
          .toString()
          .replace(/<MessageId>[^<]*/, `<MessageId>${newMessageId()}`),
      );
    // Some are on their way when the hundredth is found to be false.
    const all = Array.from({ length: 200 }, again);
    const own = await signedRequest(request(), letter);
    const { said } = await answersTo([
      own,
      ...all,
      await signedRequest(request(), letter),
      ping(AT),
    ]);
    expect(said[0]).toBe("Confirmation");
    expect(new Set(said.slice(1, -1))).toEqual(new Set(["Resubmit INNER_TEXT_INVALID"]));
    expect(said.at(-1)).toBe("Confirmation");
    const reasons = await withLedger(world.prairie, (ledger) =>
      ledger.selectFrom("messages_in").select("reason").where("code", "is not", null).execute(),
    );
    expect(reasons.at(-1)?.reason).toMatch(/so this one was not looked at$/);
  });
});

/** Ids that are none: of another version, of another length, of another case, and of no digits. */
const NO_IDS = [
  "0190c9a0-0000-4000-8000-000000000000",
  "0190c9a0-0000-7000-8000-00000000000",
  "0190C9A0-0000-7000-8000-00000000000A",
  "-".repeat(36),
];

describe("a message whose id is none", () => {
  it("is refused by its place, always the same, and its neighbours are taken and answered", async () => {
    const { prairie } = world;
    const folders = await readdir(office(prairie, "requests"));
    const bad = NO_IDS.map((id) =>
      Buffer.from(
        `<Ping><MessageId>${id}</MessageId><PingDateTime>2024-07-19T14:00:00Z</PingDateTime></Ping>`,
      ),
    );
    const messages = [await signedRequest(request(), letter), ...bad, ping(AT)];
    const said = ["Confirmation", ...bad.map(() => "Resubmit MESSAGE_INVALID"), "Confirmation"];
    for (let times = 0; times < 2; times++) {
      const { name, ...answers } = await answersTo(messages);
      expect(answers.said).toEqual(said);
      expect(await claimOn(prairie, name)).toMatchObject({ state: "RECORDED", code: null });
      expect(await readdir(office(prairie, "requests"))).toHaveLength(folders.length + 1);
    }
  });
});

it("of several releases under one id the first is taken, and the others are refused", async () => {
  await using fresh = await newWorld();
  const { valley, prairie } = fresh;
  await dropRequests(fresh, 3);
  for (const home of [valley, prairie, valley]) await meet(fresh, home);
  const from = await writerAt(prairie);
  const reply = { from, to: await writerAt(valley), at: fresh.clock.now() };
  const transfers = await withLedger(valley, (ledger) =>
    ledger.selectFrom("transfers").selectAll().execute(),
  );
  const MessageId = newMessageId();
  const releases = transfers.map((row) =>
    writeMessage("TransferRelease", {
      ...releaseOf({ TransferId: row.transfer_id, RequesterId: valley.id, MessageId }),
      RespondsTo: row.request_message_id,
      ReleaseDateTime: "2024-07-19T14:00:00Z",
      ReleasingDistrict: { AgencyId: prairie.id, OrganizationName: "Example Prairie Schools" },
    }),
  );
  await leave(fresh, valley, await sealed(packetXml(reply, {}, releases), reply));
  expect((await meet(fresh, valley)).counts).toMatchObject({ taken: 1, refused: 2, published: 1 });
  const there = { from: reply.to, to: from, at: AT };
  const said = (await receiptsFor(fresh, prairie, there)).map(saidBy);
  const conflict = "Resubmit MESSAGE_CONFLICT";
  expect(said.at(-1)).toBe(["Confirmation", conflict, conflict].join(", "));
  expect(await alertsWithCause(valley)).toEqual([
    "MESSAGE_REFUSED MESSAGE_CONFLICT",
    "MESSAGE_REFUSED MESSAGE_CONFLICT",
    "RECORDS_RELEASED",
  ]);
});

describe("a message to which packetboat would write an answer that nobody could read", () => {
  /** An exchange whose rules say something that no schema knows. */
  const meetMisspeaking = (home: District): Promise<ExchangeResult> =>
    withParts(home, world, (parts) =>
      exchange({
        ...parts,
        inbound: (harbor) => {
          const inbound = parts.inbound(harbor);
          const hear: Hear = async (...heard) => {
            const decide = await inbound.hear(...heard);
            return async (facts) => (await decide(facts)).map(misspoken);
          };
          return { ...inbound, hear };
        },
      }),
    );
  const misspoken = (effect: Effect): Effect =>
    effect.effect === "Send" && effect.kind === "TransferResponse"
      ? { ...effect, message: { ...effect.message, Comments: "\u001b[31m" } }
      : effect;

  it("is refused as what was our own fault; its neighbour is taken, and nobody is shown a request", async () => {
    const { prairie, valley } = world;
    const folders = await readdir(office(prairie, "requests"));
    const before = await inBox(world, valley);
    const messages = [await signedRequest(request(), letter), ping(AT)];
    const name = await leave(world, prairie, await sealed(packetXml(letter, {}, messages), letter));
    expect((await meetMisspeaking(prairie)).counts).toMatchObject({ taken: 1, refused: 1 });
    const [receipt] = (await receiptsFor(world, valley, back)).slice(before.length);
    expect(receipt && saidBy(receipt)).toBe("Resubmit WRITING_INVALID, Confirmation");
    expect(receipt?.MessageReceipt?.[0]?.ErrorText).toBe(
      "the TransferResponse has a fault at Comments: must not have control characters",
    );
    const claim = await claimOn(prairie, name);
    expect((await kept(prairie, claim?.claim_id))?.reason).toMatchObject({
      refused: [{ position: 1, kind: "SignedRequest", code: "WRITING_INVALID" }],
    });
    expect(await readdir(office(prairie, "requests"))).toEqual(folders);
  });
});

describe("a message that was refused", () => {
  it("stays refused when it comes again, word for word, and also when it comes mended", async () => {
    const first = request({ Revision: "1" });
    const bad = await signedRequest(first, letter);
    expect((await answersTo([bad])).said).toEqual(["Resubmit RULE_BROKEN"]);
    expect((await answersTo([bad])).said).toEqual(["Resubmit RULE_BROKEN"]);
    const mended = await signedRequest({ ...first, Revision: "0" }, letter);
    expect((await answersTo([mended])).said).toEqual(["Resubmit MESSAGE_CONFLICT"]);
    const anew = { ...first, MessageId: newMessageId(), Resubmits: first.MessageId, Revision: "0" };
    expect((await answersTo([await signedRequest(anew, letter)])).said).toEqual(["Confirmation"]);
  });

  it("is taken once, though it comes in two packets", async () => {
    const { prairie } = world;
    const folders = await readdir(office(prairie, "requests"));
    const good = await signedRequest(request(), letter);
    expect((await answersTo([good])).said).toEqual(["Confirmation"]);
    expect((await answersTo([good])).said).toEqual(["Confirmation"]);
    expect(await readdir(office(prairie, "requests"))).toHaveLength(folders.length + 1);
  });

  it("tells its sender, whose neighbouring request goes on", async () => {
    await using fresh = await newWorld();
    const { valley, prairie } = fresh;
    const one = (await fixture("abrams-jenna.xml")).replace(
      "<Request>",
      `<Request><To>${prairie.id}</To>`,
    );
    await drop(valley, "good.xml", one);
    await drop(valley, "bad.xml", one.replace("Jenna</First", "Other</First"));
    await withParts(valley, fresh, async ({ ledger, takeAll }) => {
      await takeAll(
        async (work) => void (await work()),
        new AbortController().signal,
        () => undefined,
      );
      const rows = await ledger.selectFrom("messages_out").selectAll().execute();
      for (const { content_id } of rows) {
        const xml = Buffer.from(await readContent(ledger, content_id)).toString("utf8");
        if (!xml.includes(">Other<")) continue;
        // Its software does not keep the rule that ours does.
        const broken = xml.replace(/(?<=<Birthdate>)[0-9-]+/, "2031-01-01");
        await replaceContent(ledger, content_id, Buffer.from(broken));
      }
    });
    await meet(fresh, valley);
    expect(await inBox(fresh, prairie)).toHaveLength(1);
    expect((await meet(fresh, prairie)).exit).toBe(10);
    await meet(fresh, valley);
    expect((await states(fresh))[0]?.split(" ").toSorted()).toEqual([
      "Rejected",
      "RequestReceived",
    ]);
    expect(await openAlerts(valley)).toEqual(["REQUEST_REFUSED"]);
    const sent = (await messagesFrom(valley)).filter(({ kind }) => kind === "SignedRequest");
    expect(sent.map(({ state, answer_code }) => `${state} ${answer_code}`).toSorted()).toEqual([
      "CONFIRMED null",
      "REFUSED RULE_BROKEN",
    ]);
    expect(await readByIt(prairie)).not.toContain("Other");
  });
});

describe("a district that merely knows the id of a transfer", () => {
  it("neither moves it nor sees anything of it", async () => {
    await using fresh = await newWorld();
    const third = await neighbour(fresh);
    const { valley, prairie } = fresh;
    await asked(fresh);
    await meet(fresh, valley);
    const from = await writerAt(third);
    const to = await writerAt(valley);
    const about = await aboutOnly(valley);
    const said = { from, to, at: AT };
    const messages = [
      writeMessage("TransferResponse", {
        ...responseOf({ ...about, ResponseStatus: "Rejected", ReasonCode: "NotOurStudent" }),
      }),
      writeMessage("TransferRelease", {
        ...releaseOf(about),
        ReleasingDistrict: { AgencyId: prairie.id, OrganizationName: "Example Prairie Schools" },
      }),
    ];
    await leave(fresh, valley, await sealed(packetXml(said, {}, messages), said));
    expect((await meet(fresh, valley)).exit).toBe(10);
    expect(await states(fresh)).toEqual(["RequestReceived", "RequestReceived"]);
    expect(await readdir(office(valley, "records"))).toEqual([]);
    const answers = await receiptsFor(fresh, third, { from: to, to: from, at: AT });
    expect(answers.map(saidBy)).toEqual([
      "Resubmit TRANSFER_NOT_THEIRS, Resubmit TRANSFER_NOT_THEIRS",
    ]);
  });
});

it("a release that holds nothing is refused, and shows nothing", async () => {
  await using fresh = await newWorld();
  const { valley, prairie } = fresh;
  await asked(fresh);
  await meet(fresh, valley);
  const empty = releaseOf({
    ...(await aboutOnly(valley)),
    ReleasingDistrict: { AgencyId: prairie.id, OrganizationName: "Example Prairie Schools" },
    StudentRecord: { Student: requestFrom().Student },
  });
  const said = { from: await writerAt(prairie), to: await writerAt(valley), at: AT };
  const xml = packetXml(said, {}, [writeMessage("TransferRelease", empty)]);
  await leave(fresh, valley, await sealed(xml, said), nameFrom(prairie, valley));
  expect((await meet(fresh, valley)).counts).toMatchObject({ refused: 1, published: 0 });
  expect(await alertsWithCause(valley)).toEqual(["MESSAGE_REFUSED RELEASE_EMPTY"]);
  expect(await states(fresh)).toEqual(["RequestReceived", "RequestReceived"]);
});

it("a cancellation that crosses the records is told of where they left", async () => {
  await using fresh = await newWorld();
  const { valley, prairie } = fresh;
  const reference = await asked(fresh);
  await meet(fresh, valley);
  await dropRelease(fresh, reference);
  await meet(fresh, prairie);
  const underWay = await inBox(fresh, valley);
  for (const name of underWay) {
    await rename(boxOf(fresh, valley, name), join(fresh.folder, name));
  }
  await deskOf(fresh, valley).result("cancel", reference);
  await meet(fresh, valley);
  await meet(fresh, prairie);
  expect(await openAlerts(prairie)).toContain("CANCEL_CAME_TOO_LATE");
  for (const name of underWay) {
    await rename(join(fresh.folder, name), boxOf(fresh, valley, name));
  }
  await meet(fresh, valley);
  expect(await readdir(office(valley, "records"))).toEqual([]);
});

it("the word that a student died is told of, and ends the request", async () => {
  await using fresh = await newWorld();
  const { valley, prairie } = fresh;
  await asked(fresh);
  await meet(fresh, valley);
  const died = responseOf({ ...(await aboutOnly(valley)), ResponseStatus: "Deceased" });
  const said = { from: await writerAt(prairie), to: await writerAt(valley), at: AT };
  const xml = packetXml(said, {}, [writeMessage("TransferResponse", died)]);
  await leave(fresh, valley, await sealed(xml, said), nameFrom(prairie, valley));
  await meet(fresh, valley);
  expect(await openAlerts(valley)).toEqual(["STUDENT_DECEASED"]);
  expect(await states(fresh)).toEqual(["Rejected", "RequestReceived"]);
});
