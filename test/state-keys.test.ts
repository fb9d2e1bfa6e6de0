/** A state transfer during which somebody changes their key. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { retake, rotate } from "./directories.ts";
import { dropRelease, openAlerts } from "./homes.ts";
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
