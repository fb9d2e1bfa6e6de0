/** A state transfer during which somebody changes their key. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { newKeyPair } from "../daemon/keys/key.ts";
import { deskOf } from "./commands/desk.ts";
import { retake, rotate, say } from "./directories.ts";
import { dropRelease, openAlerts, REGISTRAR } from "./homes.ts";
import {
  dropStateRequest,
  newNeighbours,
  referenceAt,
  register,
  round,
  standing,
} from "./state-transfers.ts";
import type { State } from "./states.ts";

let state: State;
beforeEach(async () => {
  state = await newNeighbours();
  await register(state, [{ at: state.prairie, until: "2024-06-07" }]);
  await dropStateRequest(state);
  await round(state, state.valley);
});
afterEach(() => state[Symbol.asyncDispose]());

it("goes on when the requester's key is another before the entity has seen the request", async () => {
  const { valley, prairie, entity, clock } = state;
  clock.pass({ minutes: 30 });
  await rotate(valley, clock.now());
  await retake(state, valley);
  clock.pass({ minutes: 30 });
  await round(state, entity, prairie, valley);
  expect(await openAlerts(prairie)).toEqual(["REQUEST_TO_RELEASE"]);
  expect(await standing(valley, entity, prairie)).toEqual([
    "RequestReceived",
    "Forwarded",
    "RequestReceived",
  ]);
});

it("waits when the requester's new key is nobody's word but the entity's, until a person compared it", async () => {
  const { valley, prairie, entity, clock } = state;
  await round(state, entity, prairie, valley);
  const about = { agencyId: valley.id, name: valley.name, at: clock.now() };
  const { privateKey, fingerprint } = await newKeyPair(about);
  await writeFile(join(valley.folder, "keys", "openpgp.asc"), privateKey, { mode: 0o600 });
  await say(state, valley, REGISTRAR, "keys", "card");
  await retake(state, valley, "--fingerprint", fingerprint);
  await deskOf(state, valley).result("cancel", await referenceAt(valley));
  await round(state, entity, valley, entity, prairie);
  expect(await standing(entity, prairie)).toEqual(["Canceled", "RequestReceived"]);
  expect(await openAlerts(prairie)).toContain("KEY_HELD");
  clock.pass({ days: 3 });
  await round(state, entity, prairie);
  const accept = ["directory", "accept", valley.id, "--fingerprint", fingerprint];
  expect(await say(state, prairie, REGISTRAR, ...accept)).toMatchObject({ exit: 0 });
  await round(state, prairie);
  expect(await standing(prairie)).toEqual(["Canceled"]);
});

it("goes on when entity and releaser have new keys before the records leave", async () => {
  const { valley, prairie, entity, clock } = state;
  await round(state, entity, prairie);
  clock.pass({ minutes: 30 });
  await rotate(entity, clock.now());
  await rotate(prairie, clock.now());
  await retake(state, prairie);
  clock.pass({ minutes: 30 });
  await round(state, entity);
  await dropRelease(state, await referenceAt(prairie));
  await round(state, prairie, valley, prairie, prairie, entity);
  expect(await standing(valley, prairie, entity)).toEqual(["Delivered", "Delivered", "Delivered"]);
});
