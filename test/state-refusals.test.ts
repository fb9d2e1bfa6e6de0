/** What an entity, and the two districts between which it stands, do not take from anybody. */
import { appendFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newMessageId, newTransferId, sha256 } from "../daemon/ids.ts";
import { signInline } from "../daemon/keys/seal.ts";
import { writeDocument } from "../daemon/packet/document.ts";
import { writeMessage } from "../daemon/packet/envelope.ts";
import type { Referral, TransferRelease, TransferRequest } from "../daemon/packet/model.gen.ts";
import { TRANSFER_REQUEST } from "../daemon/packet/model.ts";
import { wireTime } from "../daemon/transfer/dates.ts";
import { deskOf, REQUEST } from "./commands/desk.ts";
import {
  asking as askingOf,
  leave,
  nameFrom,
  packetXml,
  sealed,
  signedReferral,
  signedRequest,
  type Writer,
  writerAt,
} from "./forge.ts";
import { boxOf, type District, office, openAlerts, REGISTRAR, withLedger } from "./homes.ts";
import { alertsAt, alertsWithCause, claimOn, everythingIn, kept } from "./scene.ts";
import { dropStateRequest, newNeighbours, register, round, standing } from "./state-transfers.ts";
import { newCountry, type State } from "./states.ts";
import { recallOf, releaseOf, requestFrom } from "./transfer/cast.ts";

let state: State;
beforeEach(async () => {
  state = await newNeighbours();
});
afterEach(() => state[Symbol.asyncDispose]());

/** One message from a home to another, sealed with the sender's own keys. @returns what became of it */
async function said(from: District, to: District, message: Uint8Array): Promise<string> {
  const { clock } = state;
  const letter = { from: await writerAt(from), to: await writerAt(to), at: clock.now() };
  const xml = packetXml(letter, {}, [message]);
  const name = await leave(state, to, await sealed(xml, letter), nameFrom(from, to));
  await round(state, to);
  return outcomeOf(to, name);
}

async function outcomeOf(home: District, name: string): Promise<string> {
  const claim = await claimOn(home, name);
  if (claim?.state !== "RECORDED") return `${claim?.state} ${claim?.code}`;
  return withLedger(home, async (ledger) => {
    const rows = await ledger
      .selectFrom("messages_in")
      .select(["state", "code"])
      .where("claim_id", "=", claim.claim_id)
      .execute();
    return rows.map(({ state: is, code }) => [is, code].filter(Boolean).join(" ")).join(", ");
  });
}

const asking = (changes: Partial<TransferRequest> = {}): TransferRequest => {
  const base = askingOf(state.valley, state.entity, state.clock.now());
  const RequestingUser = { ...base.RequestingUser, Username: REGISTRAR };
  return { ...base, RequestingUser, ...changes };
};

const textOf = async (request: TransferRequest, { secret }: Writer): Promise<string> =>
  signInline(Buffer.from(writeDocument(TRANSFER_REQUEST, request)).toString("utf8"), {
    signWith: secret,
    at: state.clock.now(),
  });

describe("an entity", () => {
  const asked = async (changes: Partial<TransferRequest> = {}, from = state.valley) => {
    const at = state.clock.now();
    const request = await signedRequest(asking(changes), {
      from: await writerAt(state.valley),
      at,
    });
    return said(from, state.entity, request);
  };

  beforeEach(() => register(state, [{ at: state.prairie }]));

  it("refuses a person who does not stand on the district's card, and the requester hears why", async () => {
    const { valley, entity } = state;
    const person = `  - { username: somebody.new, name: "Somebody New", may: [request] }\n`;
    await appendFile(valley.configPath, person);
    const desk = deskOf(state, valley, "somebody.new");
    await desk.result("request", "--student", REQUEST, "--state-transfer");
    await round(state, valley, entity, valley);
    expect(await standing(entity, valley)).toEqual(["", "Rejected"]);
    expect(await openAlerts(entity)).toEqual(["MESSAGE_REFUSED"]);
    const [alert] = await alertsAt(valley);
    expect(alert).toMatchObject({ code: "REQUEST_REFUSED", facts: { code: "USER_NOT_ON_CARD" } });
  });

  it("takes a request that is in order", async () => {
    expect(await asked()).toBe("TAKEN");
    expect(await standing(state.entity)).toEqual(["Forwarded"]);
  });

  it.each([
    [
      "of a person who is not on the card",
      () => ({ RequestingUser: { ...asking().RequestingUser, Username: "nobody" } }),
      "USER_NOT_ON_CARD",
    ],
    ["that is addressed to a district", () => ({ To: state.prairie.id }), "PACKET_MISADDRESSED"],
    [
      "for the other kind of traffic",
      () => ({ DocumentProcessCode: "PRODUCTION" as const }),
      "RULE_BROKEN",
    ],
    [
      "whose time is over",
      () => ({ CreatedDateTime: "2024-05-01T12:00:00Z", ExpiresDateTime: "2024-06-01T12:00:00Z" }),
      "INNER_TEXT_INVALID",
    ],
  ] as const)("refuses a request %s", async (_, changes, code) => {
    expect(await asked(changes())).toBe(`REFUSED ${code}`);
    expect(await standing(state.entity)).toEqual([""]);
  });

  it("refuses another district's request, from whoever got hold of it", async () => {
    expect(await asked({}, state.corners)).toBe("REFUSED INNER_TEXT_INVALID");
  });

  it("refuses another request under a number that came before, and looks past an older one", async () => {
    expect(await asked()).toBe("TAKEN");
    expect(await asked()).toBe("REFUSED RULE_BROKEN");
    const next = { Revision: "2", TransmissionType: "Resubmission" } as const;
    expect(await asked(next)).toBe("TAKEN");
    expect(await asked({ ...next, Revision: "1" })).toBe("TAKEN");
    const rows = await withLedger(state.entity, (ledger) =>
      ledger.selectFrom("transfers").select("revision").execute(),
    );
    expect(rows).toEqual([{ revision: 2 }]);
  });

  it("takes nothing from a district that it has suspended", async () => {
    const { entity, valley } = state;
    await withLedger(entity, (ledger) =>
      ledger
        .updateTable("agencies")
        .set({ status: "Inactive" })
        .where("agency_id", "=", valley.id)
        .execute(),
    );
    expect(await asked()).toBe("WAITING AGENCY_NOT_PARTICIPATING");
    expect(await standing(entity)).toEqual([""]);
  });

  it("hears how a transfer stands from its releaser, and from nobody else", async () => {
    const { corners, prairie, entity } = state;
    const request = asking();
    expect(await asked(request)).toBe("TAKEN");
    const status = (to: "OnHold" | "Requested") =>
      writeMessage("TransferStatus", {
        MessageId: newMessageId(),
        TransferId: request.TransferId,
        RequesterId: request.RequesterId,
        TransferState: to,
        StatusDateTime: wireTime(state.clock.now()),
      });
    expect(await said(corners, entity, status("OnHold"))).toBe("REFUSED TRANSFER_NOT_THEIRS");
    expect(await said(prairie, entity, status("Requested"))).toBe("REFUSED RULE_BROKEN");
    expect(await standing(entity)).toEqual(["Forwarded"]);
    expect(await said(prairie, entity, status("OnHold"))).toBe("TAKEN");
    expect(await standing(entity)).toEqual(["OnHold"]);
  });

  it.each([
    ["alone", {}, "REFUSED MESSAGE_KIND"],
    [
      "in a packet that is refused",
      { ExpiresDateTime: "2024-07-19T14:00:01Z", CreatedDateTime: "2024-07-19T14:00:00Z" },
      "QUARANTINED PACKET_EXPIRED",
    ],
    [
      "in a packet that would wait",
      { DocumentProcessCode: "PRODUCTION" as const },
      "QUARANTINED PACKET_PROCESS_CODE",
    ],
  ])("keeps nothing of a record that somebody sends it, %s", async (_, changes, outcome) => {
    const { prairie, entity, clock } = state;
    clock.pass({ minutes: 1 });
    const letter = { from: await writerAt(prairie), to: await writerAt(entity), at: clock.now() };
    const SECRET = "Never-to-be-kept-here";
    const release = releaseOf({ Comments: SECRET });
    const xml = packetXml(letter, changes, [writeMessage("TransferRelease", release)]);
    const bytes = await sealed(xml, letter);
    const name = await leave(state, entity, bytes, nameFrom(prairie, entity));
    await round(state, entity);
    expect(await outcomeOf(entity, name)).toBe(outcome);
    const claim = await claimOn(entity, name);
    expect(await kept(entity, claim?.claim_id)).toMatchObject({ original: null });
    const everything = await everythingIn(entity.folder);
    expect(everything.includes(SECRET)).toBe(false);
    // Sealed for the entity's key it would be as good as open.
    const sealedText = Buffer.from(bytes).toString("latin1");
    expect(everything.includes(sealedText.slice(100, 300))).toBe(false);
    expect(await readdir(boxOf(state, entity))).toEqual([]);
    expect(await readdir(join(entity.folder, "state", "staging"))).toEqual([]);
  });
});

it("an entity refuses what another state's entity asks, for only districts ask", async () => {
  await using country = await newCountry();
  const { here, there, clock } = country;
  for (const one of [here, there]) await register(one, [{ at: one.prairie }]);
  await round(here, here.entity);
  const at = clock.now();
  const [from, to] = await Promise.all([writerAt(there.entity), writerAt(here.entity)]);
  const request = requestFrom({
    MessageId: newMessageId(),
    RequesterId: there.entity.id,
    To: here.entity.id,
    CreatedDateTime: wireTime(at),
    ExpiresDateTime: wireTime(new Date(at.getTime() + 60 * 86_400_000)),
    RequestingDistrict: { AgencyId: there.entity.id, OrganizationName: there.entity.name },
  });
  const letter = { from, to, at };
  const xml = packetXml(letter, {}, [await signedRequest(request, letter)]);
  await leave(here, here.entity, await sealed(xml, letter), nameFrom(there.entity, here.entity));
  await round(here, here.entity);
  const causes = await alertsWithCause(here.entity);
  expect(causes).toContain("MESSAGE_REFUSED DISTRICT_NOT_PARTICIPATING");
  expect(await standing(here.entity)).toEqual([""]);
});

describe("a district", () => {
  /** A request that the entity has passed on to prairie, and what it signed. */
  interface Passed {
    readonly request: TransferRequest;
    readonly requestText: string;
    readonly referral: Referral;
  }

  async function passed(changes: Partial<Referral> = {}): Promise<Passed> {
    const { valley, prairie, entity, clock } = state;
    const request = asking();
    const requestText = await textOf(request, await writerAt(valley));
    const referral: Referral = {
      MessageId: newMessageId(),
      TransferId: request.TransferId,
      RequestSha256: sha256(requestText),
      EntityId: entity.id,
      RequesterId: valley.id,
      ReleaserId: prairie.id,
      DocumentProcessCode: "TEST",
      IssuedDateTime: wireTime(clock.now()),
      ExpiresDateTime: request.ExpiresDateTime,
      ...changes,
    };
    return { request, requestText, referral };
  }

  const referralText = async (referral: Referral, by: District): Promise<string> =>
    signedReferral(referral, { from: await writerAt(by), at: state.clock.now() });

  const forward = async (
    { requestText, referral }: Passed,
    { by = state.entity, signedBy = by }: { by?: District; signedBy?: District } = {},
  ): Promise<string> =>
    said(
      by,
      state.prairie,
      writeMessage("ForwardedRequest", {
        MessageId: newMessageId(),
        RequestText: requestText,
        ReferralText: await referralText(referral, signedBy),
        Verification: {
          MatchedBy: "NameBirthdateSex",
          VerifiedDateTime: wireTime(state.clock.now()),
          RegistryDate: "2024-07-19",
          PreviousAgency: { AgencyId: state.prairie.id, OrganizationName: "Example" },
          NameOfInstitution: "Example Prairie High School",
          EnrollmentEntryDate: "2021-08-30",
        },
      }),
    );

  it("takes a request that its entity has passed on", async () => {
    expect(await forward(await passed())).toBe("TAKEN");
    expect(await standing(state.prairie)).toEqual(["RequestReceived"]);
  });

  it.each([
    ["for another requester", () => ({ RequesterId: state.corners.id }), "REFERRAL_INVALID"],
    ["for another releaser", () => ({ ReleaserId: state.corners.id }), "REFERRAL_INVALID"],
    ["for another request", () => ({ RequestSha256: "0".repeat(64) }), "REFERRAL_INVALID"],
    ["for another transfer", () => ({ TransferId: newTransferId() }), "REFERRAL_INVALID"],
    [
      "for the other kind of traffic",
      () => ({ DocumentProcessCode: "PRODUCTION" as const }),
      "REFERRAL_INVALID",
    ],
    ["whose time is over", () => ({ ExpiresDateTime: "2024-07-01T12:00:00Z" }), "REFERRAL_INVALID"],
    [
      "issued at another time than it was signed",
      () => ({ IssuedDateTime: "2024-07-18T12:00:00Z" }),
      "INNER_TEXT_INVALID",
    ],
  ])("refuses a request with a referral %s", async (_, changes, code) => {
    expect(await forward(await passed(changes()))).toBe(`REFUSED ${code}`);
    expect(await standing(state.prairie)).toEqual([""]);
  });

  it("refuses a referral that somebody else signed, or that is none of its entity's", async () => {
    const { corners } = state;
    expect(await forward(await passed(), { signedBy: corners })).toBe("REFUSED INNER_TEXT_INVALID");
    const own = await passed({ EntityId: corners.id });
    expect(await forward(own, { by: corners })).toBe("REFUSED TRANSFER_NOT_THEIRS");
    expect(await standing(state.prairie)).toEqual([""]);
  });

  it("refuses a request inside that was altered, or that the requester did not sign", async () => {
    const { valley, corners, prairie } = state;
    const fine = await passed();
    const lines = fine.requestText.split("\n");
    const middle = Math.floor(lines.length / 2);
    const line = lines[middle] ?? "";
    lines[middle] = (line.startsWith("A") ? "B" : "A") + line.slice(1);
    const altered = lines.join("\n");
    const theirs = await textOf(fine.request, await writerAt(corners));
    for (const requestText of [altered, theirs]) {
      const referral = { ...fine.referral, RequestSha256: sha256(requestText) };
      expect(await forward({ ...fine, requestText, referral })).toBe("REFUSED INNER_TEXT_INVALID");
    }
    // One that is meant for this district itself needs no entity, and has none.
    const direct = await textOf(asking({ To: prairie.id }), await writerAt(valley));
    const referral = { ...fine.referral, RequestSha256: sha256(direct) };
    const other = { ...fine, requestText: direct, referral };
    expect(await forward(other)).toBe("REFUSED PACKET_MISADDRESSED");
    expect(await standing(prairie)).toEqual([""]);
  });

  it("refuses an old signed request that its entity shows again", async () => {
    const { valley, prairie } = state;
    const first = await passed();
    expect(await forward(first)).toBe("TAKEN");
    const again = { ...first.request, MessageId: newMessageId(), Revision: "1" };
    const newer = { ...again, TransmissionType: "Resubmission" } as const;
    const requestText = await textOf(newer, await writerAt(valley));
    const referral = { ...first.referral, RequestSha256: sha256(requestText) };
    expect(await forward({ request: newer, requestText, referral })).toBe("TAKEN");
    // Taken without effect: a newer version has come.
    expect(await forward(first)).toBe("TAKEN");
    expect(await forward({ request: newer, requestText, referral })).toBe("REFUSED RULE_BROKEN");
    expect(await readdir(office(prairie, "requests"))).toHaveLength(1);
  });

  it("refuses a state request that comes without its entity", async () => {
    const { valley, prairie, clock } = state;
    const from = await writerAt(valley);
    const request = await signedRequest(asking(), { from, at: clock.now() });
    expect(await said(valley, prairie, request)).toBe("REFUSED PACKET_MISADDRESSED");
  });

  it("refuses records from whoever merely knows the transfer, before and after it is referred", async () => {
    const { valley, prairie, corners, entity } = state;
    await register(state, [{ at: prairie }]);
    await dropStateRequest(state);
    await round(state, valley);
    const [row] = await withLedger(valley, (ledger) =>
      ledger.selectFrom("transfers").selectAll().execute(),
    );
    if (!row) throw new Error("nothing was asked");
    const about = { TransferId: row.transfer_id, RequesterId: valley.id };
    const release = (more: Partial<TransferRelease> = {}) =>
      writeMessage(
        "TransferRelease",
        releaseOf({
          MessageId: newMessageId(),
          ...about,
          RespondsTo: row.request_message_id,
          ReleasingDistrict: { AgencyId: corners.id, OrganizationName: corners.name },
          ...more,
        }),
      );
    // A referral of its own making, one of another transfer, and none.
    const own = (await passed({ ...about, ReleaserId: corners.id, EntityId: corners.id })).referral;
    const forged = release({ ReferralText: await referralText(own, corners) });
    expect(await said(corners, valley, forged)).toBe("REFUSED REFERRAL_INVALID");
    const other = (await passed({ ...about, ReleaserId: corners.id })).referral;
    const borrowed = release({ ReferralText: await referralText(other, entity) });
    expect(await said(corners, valley, borrowed)).toBe("REFUSED REFERRAL_INVALID");
    expect(await said(corners, valley, release())).toBe("WAITING REFERRAL_MISSING");
    await round(state, entity, valley, valley);
    expect(await standing(valley)).toEqual(["Forwarded"]);
    const refused = await withLedger(valley, (ledger) =>
      ledger.selectFrom("messages_in").select("code").where("state", "=", "REFUSED").execute(),
    );
    expect(refused.map(({ code }) => code)).toContain("TRANSFER_NOT_THEIRS");
    expect(await readdir(office(valley, "records"))).toEqual([]);
  });

  it("lets who was referred to take records back, also when the referral is worth nothing any more", async () => {
    const { valley, prairie, corners } = state;
    await register(state, [{ at: prairie }]);
    await dropStateRequest(state);
    await round(state, valley, state.entity, valley);
    const row = await withLedger(valley, (ledger) =>
      ledger.selectFrom("transfers").selectAll().executeTakeFirstOrThrow(),
    );
    const about = { TransferId: row.transfer_id, RequesterId: valley.id };
    const { referral } = await passed({ ...about, ReleaserId: prairie.id });
    const recall = async () =>
      writeMessage("Recall", {
        ...recallOf([newMessageId()]),
        ...about,
        MessageId: newMessageId(),
        ReferralText: await referralText(referral, corners),
      });
    expect(await said(prairie, valley, await recall())).toBe("TAKEN");
    expect(await said(corners, valley, await recall())).toBe("REFUSED TRANSFER_NOT_THEIRS");
  });

  it("takes from its entity neither records nor an answer that only a releaser gives", async () => {
    const { valley, prairie, entity } = state;
    await register(state, [{ at: prairie }]);
    await dropStateRequest(state);
    await round(state, valley, entity, valley);
    const [row] = await withLedger(valley, (ledger) =>
      ledger.selectFrom("transfers").selectAll().execute(),
    );
    const about = {
      MessageId: newMessageId(),
      TransferId: row?.transfer_id ?? "",
      RequesterId: valley.id,
      RespondsTo: row?.request_message_id ?? "",
    };
    const held = writeMessage("TransferResponse", {
      ...about,
      ResponseStatus: "Hold",
      ReasonCode: "Other",
      ResponseDateTime: wireTime(state.clock.now()),
    });
    expect(await said(entity, valley, held)).toBe("REFUSED TRANSFER_NOT_THEIRS");
    const release = releaseOf({
      ...about,
      MessageId: newMessageId(),
      ReleasingDistrict: { AgencyId: entity.id, OrganizationName: entity.name },
    });
    expect(await said(entity, valley, writeMessage("TransferRelease", release))).toBe(
      "REFUSED TRANSFER_NOT_THEIRS",
    );
    expect(await standing(valley)).toEqual(["Forwarded"]);
  });
});
