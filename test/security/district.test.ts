/** What a district with good keys and an account of its own cannot do to others. */
import { readdir, readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  newTransferId,
  parseUuid,
  referenceOf,
  showReference,
  type TransferId,
} from "../../daemon/ids.ts";
import { writeMessage } from "../../daemon/packet/envelope.ts";
import type { TransferRequest } from "../../daemon/packet/model.gen.ts";
import { deskOf, type Decided, RECORD, TRANSCRIPT } from "../commands/desk.ts";
import {
  asking,
  leave,
  leaveDocument,
  type Letter,
  nameFrom,
  packetXml,
  sealed,
  signedRequest,
  writerAt,
} from "../forge.ts";
import {
  asked,
  type District,
  drop,
  meet,
  newWorld,
  office,
  requestTo,
  withLedger,
  type World,
} from "../homes.ts";
import { inBox, neighbour } from "../scene.ts";
import { releaseOf, requestFrom } from "../transfer/cast.ts";

let world: World;
/** The district that is not honest; both others trust its key. */
let corners: District;
beforeEach(async () => {
  world = await newWorld();
  corners = await neighbour(world);
});
afterEach(() => world[Symbol.asyncDispose]());

const letterOf = async (from: District, to: District): Promise<Letter> => ({
  from: await writerAt(from),
  to: await writerAt(to),
  at: world.clock.now(),
});

/** Sealed as it should be, and read. @returns what became of each message */
async function post(from: District, to: District, message: Uint8Array): Promise<string[]> {
  const letter = await letterOf(from, to);
  const xml = packetXml(letter, {}, [message]);
  await leave(world, to, await sealed(xml, letter), nameFrom(from, to));
  await meet(world, to);
  return outcomes(to, from);
}

const outcomes = (at: District, from: District): Promise<string[]> =>
  withLedger(at, async (ledger) => {
    const rows = await ledger
      .selectFrom("messages_in")
      .select(["state", "code"])
      .where("from_agency", "=", from.id)
      .execute();
    return rows.map(({ state, code }) => [state, code].filter(Boolean).join(" "));
  });

const onlyTransfer = (home: District) =>
  withLedger(home, (ledger) =>
    ledger.selectFrom("transfers").selectAll().executeTakeFirstOrThrow(),
  );

const asks = async (changes: Partial<TransferRequest>): Promise<Uint8Array> => {
  const { prairie, clock } = world;
  const request = asking(corners, prairie, clock.now(), {
    TransferId: newTransferId(),
    ...changes,
  });
  return signedRequest(request, await letterOf(corners, prairie));
};

describe("a district cannot", () => {
  it("have its request go by the reference of another's, so that this is released to it", async () => {
    const { prairie, valley } = world;
    await asked(world);
    const { transfer_id: honest, reference } = await onlyTransfer(prairie);
    const twin = parseUuid<TransferId>(newTransferId().slice(0, -10) + honest.slice(-10));
    expect(referenceOf(twin)).toBe(reference);
    const said = await post(corners, prairie, await asks({ TransferId: twin }));
    expect(said).toEqual(["REFUSED TRANSFER_NOT_THEIRS"]);
    const desk = deskOf(world, prairie);
    const files = ["--records", RECORD, "--attach", TRANSCRIPT];
    await desk.result<Decided>("release", showReference(reference), ...files);
    world.clock.pass({ hours: 2 });
    await meet(world, prairie);
    const sent = await withLedger(prairie, (ledger) =>
      ledger
        .selectFrom("messages_out")
        .select("to_agency")
        .where("kind", "=", "TransferRelease")
        .execute(),
    );
    expect(sent).toEqual([{ to_agency: valley.id }]);
  });

  it("ask under another's name, or have its own number called", async () => {
    const { prairie, valley } = world;
    const base = requestFrom();
    const request = await asks({
      RequestingDistrict: { AgencyId: corners.id, OrganizationName: valley.name },
      RequestingUser: { ...base.RequestingUser, TelephoneNumber: "900-555-0100" },
      Comments: "Call 900-555-0100 first, or see https://records.example/login",
    });
    expect(await post(corners, prairie, request)).toEqual(["TAKEN"]);
    const [name = ""] = await readdir(office(prairie, "requests"));
    const page = await readFile(office(prairie, "requests", name, "request.html"), "utf8");
    expect(page).toContain(corners.name);
    expect(page).not.toContain(valley.name);
    expect(page).not.toContain("href=");
    const first = page.slice(page.indexOf("call first"), page.indexOf("What may be done"));
    expect(first).toContain("555-555-0190");
    expect(first).not.toContain("900-555-0100");
    const register = await deskOf(world, prairie).result<unknown>("disclosures");
    expect(register).toMatchObject([{ party: { agencyId: corners.id, name: corners.name } }]);
  });

  it("show as its own a document that another has sealed, nor have it taken away", async () => {
    const { prairie, valley } = world;
    await drop(valley, "request.xml", await requestTo(corners));
    await meet(world, valley);
    const { transfer_id, request_message_id } = await onlyTransfer(valley);
    const theirs = await letterOf(prairie, valley);
    const named = await leaveDocument(world, [prairie, valley], "not theirs", theirs);
    const release = releaseOf({
      TransferId: transfer_id,
      RequesterId: valley.id,
      RespondsTo: request_message_id,
      ReleasingDistrict: { AgencyId: corners.id, OrganizationName: corners.name },
      Attachment: [named],
    });
    const said = await post(corners, valley, writeMessage("TransferRelease", release));
    expect(said).toEqual(["REFUSED ATTACHMENT_DIFFERS"]);
    expect(await readdir(office(valley, "records"))).toEqual([]);
    expect(await inBox(world, valley)).toContain(named.SealedFileName);
  });
});
