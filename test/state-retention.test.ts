/** A state transfer after its time: what was said goes from all three homes, and what comes later still arrives. */
import { readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { deskOf } from "./commands/desk.ts";
import { type District, drop, dropRelease, openAlerts, withLedger } from "./homes.ts";
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
let reference: string;
beforeEach(async () => {
  state = await newNeighbours();
  const { valley, prairie, entity } = state;
  await register(state, [{ at: prairie, until: "2024-06-07" }]);
  await dropStateRequest(state);
  await round(state, valley, entity, valley, prairie);
  reference = await referenceAt(prairie);
  await dropRelease(state, reference);
  await round(state, prairie, valley, prairie, prairie, entity, valley);
});
afterEach(() => state[Symbol.asyncDispose]());

/** @returns how many transfers went, and how much is still said of any */
async function purged(home: District): Promise<number[]> {
  const keep =
    home === state.entity ? { forwardedRequestsDays: 60 } : { sentDays: 60, recordsDays: 60 };
  const text = await readFile(home.configPath, "utf8");
  const without = text.replace(/^keep:.*\n(?: .*\n)*/m, "");
  await writeFile(home.configPath, `${without}\nkeep: ${JSON.stringify(keep)}\n`);
  const desk = deskOf(state, home, null);
  const { transfers } = await desk.result<{ transfers: unknown[] }>("purge");
  const left = await withLedger(home, (ledger) =>
    ledger
      .selectFrom("content")
      .leftJoin("messages_out", "messages_out.content_id", "content.content_id")
      .select("content.content_id")
      .where((eb) =>
        eb.or([
          eb("content.kind", "in", ["request", "referral", "answer"]),
          eb("messages_out.transfer_id", "is not", null),
        ]),
      )
      .execute(),
  );
  return [transfers.length, left.length];
}

const importIt = (): Promise<void> =>
  drop(state.valley, "done.xml", `<Imported><Reference>${reference}</Reference></Imported>`);

it("goes from all three homes", async () => {
  const { valley, prairie, entity, clock } = state;
  await importIt();
  await round(state, valley, prairie, entity, prairie, valley);
  clock.pass({ days: 100 });
  for (const home of [valley, prairie, entity]) expect(await purged(home)).toEqual([1, 0]);
});

it("hears that records were imported long after, and the entity is told", async () => {
  const { valley, prairie, entity, clock } = state;
  clock.pass({ days: 100 });
  for (const home of [prairie, entity]) expect(await purged(home)).toEqual([1, 0]);
  await round(state, entity, valley, prairie);
  await importIt();
  await round(state, valley, prairie, prairie, entity);
  expect(await standing(valley, prairie, entity)).toEqual(["Imported", "Imported", "Imported"]);
});

it("confirms a recall of what the requester no longer has", async () => {
  const { valley, prairie, entity, clock } = state;
  await importIt();
  await round(state, valley, prairie, valley);
  clock.pass({ days: 100 });
  expect(await purged(valley)).toEqual([1, 0]);
  await round(state, entity);
  await deskOf(state, prairie).result("recall", reference, "--reason", "WrongStudent");
  expect(await openAlerts(prairie)).toContain("RECALL_NOT_CONFIRMED");
  await round(state, prairie, valley, prairie);
  expect(await openAlerts(prairie)).not.toContain("RECALL_NOT_CONFIRMED");
});
