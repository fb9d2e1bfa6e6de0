/** Messages that wait for somebody's word or key: for how long, and what becomes of one for which none comes. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { newMessageId, newTransferId } from "../daemon/ids.ts";
import { newKeyPair } from "../daemon/keys/key.ts";
import { writeMessage } from "../daemon/packet/envelope.ts";
import type { TransferResponse } from "../daemon/packet/model.gen.ts";
import { wireTime } from "../daemon/transfer/dates.ts";
import { deskOf } from "./commands/desk.ts";
import { entryOf, published, retake, said, say } from "./directories.ts";
import { leave, nameFrom, packetXml, sealed, signedReferral, writerAt } from "./forge.ts";
import { type District, openAlerts, REGISTRAR, withLedger } from "./homes.ts";
import { alertsWithCause } from "./scene.ts";
import { dropStateRequest, newNeighbours, register, round, standing } from "./state-transfers.ts";
import type { State } from "./states.ts";
import { responseOf } from "./transfer/cast.ts";

let state: State;
beforeEach(async () => {
  state = await newNeighbours();
});
afterEach(() => state[Symbol.asyncDispose]());

/** It waits until its days are over, and is then refused and kept: its sender is told. */
async function waitsFor(days: number, home: District, code: string): Promise<void> {
  await round(state, home);
  expect(await alertsWithCause(home)).not.toContain(`MESSAGE_REFUSED ${code}`);
  state.clock.pass({ days: days - 1 });
  await round(state, home);
  expect(await alertsWithCause(home)).not.toContain(`MESSAGE_REFUSED ${code}`);
  state.clock.pass({ days: 1, minutes: 1 });
  await round(state, home);
  expect(await alertsWithCause(home)).toContain(`MESSAGE_REFUSED ${code}`);
  expect(await openAlerts(home)).not.toContain("PACKET_WAITING");
  const kept = await deskOf(state, home).result<{ code: string; standing: string }[]>(
    "quarantine",
    "list",
  );
  expect(kept).toMatchObject([{ code, standing: "answered", messages: [{ code }] }]);
}

it("a student is looked up in an empty registry for a day", async () => {
  const { valley, entity } = state;
  await dropStateRequest(state);
  await round(state, valley);
  await waitsFor(1, entity, "REGISTRY_EMPTY");
  await round(state, valley);
  expect(await standing(valley)).toEqual(["Rejected"]);
});

it("the key of a requester is looked for on the server for a day", async () => {
  const { valley, prairie, entity } = state;
  const [listed] = entryOf(await said(state), valley).Key ?? [];
  await writeFile(published(state, `${listed?.Fingerprint}-${listed?.KeySha256}.pgp`), "no key");
  await register(state, [{ at: prairie }]);
  await dropStateRequest(state);
  await round(state, valley, entity);
  await waitsFor(1, prairie, "KEY_FILE_DIFFERS");
});

it("a person's word on a requester's new key is waited for over a week", async () => {
  const { valley, prairie, entity, clock } = state;
  await register(state, [{ at: prairie }]);
  await round(state, valley, prairie);
  const about = { agencyId: valley.id, name: valley.name, at: clock.now() };
  const { privateKey, fingerprint } = await newKeyPair(about);
  await writeFile(join(valley.folder, "keys", "openpgp.asc"), privateKey, { mode: 0o600 });
  await say(state, valley, REGISTRAR, "keys", "card");
  await retake(state, valley, "--fingerprint", fingerprint);
  await round(state, entity);
  await dropStateRequest(state);
  await round(state, valley, entity);
  await waitsFor(7, prairie, "KEY_HELD");
});

/** An answer of prairie's lies in valley's box. */
async function answered(changes: Partial<TransferResponse>): Promise<void> {
  const { valley, prairie, clock } = state;
  const letter = { from: await writerAt(prairie), to: await writerAt(valley), at: clock.now() };
  const message = writeMessage(
    "TransferResponse",
    responseOf({ RequesterId: valley.id, ...changes }),
  );
  const bytes = await sealed(packetXml(letter, {}, [message]), letter);
  await leave(state, valley, bytes, nameFrom(prairie, valley));
}

it("the entity's word on whom it asked is waited for over a week", async () => {
  const { valley } = state;
  await dropStateRequest(state);
  await round(state, valley);
  const row = await withLedger(valley, (ledger) =>
    ledger.selectFrom("transfers").selectAll().executeTakeFirstOrThrow(),
  );
  await answered({ TransferId: row.transfer_id, RespondsTo: row.request_message_id });
  await waitsFor(7, valley, "REFERRAL_MISSING");
  expect(await standing(valley)).toEqual(["Requested"]);
});

it("the key of an entity that nobody here knows is waited for a day", async () => {
  const { valley, prairie } = state;
  await round(state, valley, prairie);
  const at = state.clock.now();
  const referral = {
    MessageId: newMessageId(),
    DocumentProcessCode: "TEST" as const,
    EntityId: "5500000",
    RequestSha256: "0".repeat(64),
    TransferId: newTransferId(),
    RequesterId: valley.id,
    ReleaserId: prairie.id,
    IssuedDateTime: wireTime(at),
    ExpiresDateTime: "2024-08-19T14:00:00Z",
  };
  const ReferralText = await signedReferral(referral, { from: await writerAt(prairie), at });
  await answered({ TransferId: referral.TransferId, ReferralText });
  await waitsFor(1, valley, "INNER_KEY_MISSING");
});
