/**
 * A state transfer, cut off at one point by `kill -9` and taken up again: whatever the point, in the end
 * entity and districts stand as after one that nothing hindered.
 */
import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cutsOf, PATIENCE, spread } from "./cuts.ts";
import { published } from "./directories.ts";
import { exchangeUntil } from "./dying.ts";
import { boxOf, type District, dropRelease, office, openAlerts, withLedger } from "./homes.ts";
import { type Snapshot, snapshot } from "./snapshots.ts";
import { dropStateRequest, referenceAt, register, round } from "./state-transfers.ts";
import { newState, type State } from "./states.ts";

interface Step {
  readonly says: string;
  readonly home: (state: State) => District;
  /** What people do before this exchange. */
  readonly people?: () => Promise<void>;
  /** At how many points it is cut off. */
  readonly cuts: number;
}

let state: State;
const entity = ({ entity: home }: State): District => home;
const valley = ({ valley: home }: State): District => home;
const prairie = ({ prairie: home }: State): District => home;

const JOURNEY: readonly Step[] = [
  { says: "the directory is published", home: entity, cuts: cutsOf(3) },
  {
    says: "the directory is read, and the request leaves",
    home: valley,
    people: () => dropStateRequest(state),
    cuts: cutsOf(3),
  },
  { says: "the request is matched and passed on", home: entity, cuts: cutsOf(7) },
  { says: "the request is received", home: prairie, cuts: cutsOf(3) },
  { says: "the requester hears who was asked", home: valley, cuts: cutsOf(2) },
  {
    says: "the records leave",
    home: prairie,
    people: async () => dropRelease(state, await referenceAt(prairie(state))),
    cuts: cutsOf(2),
  },
  { says: "the records are received", home: valley, cuts: 3 },
  { says: "the entity hears how it stands", home: entity, cuts: cutsOf(2) },
];

interface Before {
  readonly snapshot: Snapshot;
  readonly writes: number;
}

let expected: unknown;
const befores: Before[] = [];

beforeAll(async () => {
  state = await newState();
  await register(state, [{ at: state.prairie }]);
  for (const { home, people } of JOURNEY) {
    await people?.();
    const before = await snapshot(state);
    const { writes } = await untilWrite(home(state), Infinity);
    befores.push({ snapshot: before, writes });
  }
  await settled();
  expected = await account();
}, 120_000);
afterAll(async () => {
  for (const before of befores) await before.snapshot[Symbol.asyncDispose]();
  await state[Symbol.asyncDispose]();
});

async function untilWrite(home: District, at: number): Promise<{ died: boolean; writes: number }> {
  await using run = await exchangeUntil(state, home, at, () => ({}));
  state.clock.pass({ minutes: 10 });
  const { died, writes } = run;
  return { died, writes };
}

/** What is still to be said. */
const settled = (): Promise<void> =>
  round(state, ...[valley, prairie, entity, valley, prairie, entity].map((home) => home(state)));

/** What each home has said and heard, and where that stands. */
const account = (): Promise<unknown> =>
  Promise.all(
    [entity, valley, prairie].map(async (which) => {
      const home = which(state);
      const rows = await withLedger(home, async (ledger) => ({
        transfers: await ledger.selectFrom("transfers").select(["state", "partner_id"]).execute(),
        directories: await ledger.selectFrom("directories").select("version").execute(),
        said: await ledger
          .selectFrom("messages_out")
          .select(["kind", "state", "to_agency"])
          .where("kind", "!=", "Receipt")
          .orderBy("kind")
          .orderBy("message_id")
          .execute(),
        heard: await ledger
          .selectFrom("messages_in")
          .select(["kind", "state"])
          .orderBy("kind")
          .execute(),
        disclosures: await ledger.selectFrom("disclosures").select("what").execute(),
      }));
      const drops = which === entity ? [] : ["requests", "records"];
      const shown = drops.map(async (name) => (await readdir(office(home, name))).length);
      return {
        ...rows,
        alerts: await openAlerts(home),
        box: (await readdir(boxOf(state, home))).length,
        shown: await Promise.all(shown),
        published: (await readdir(published(state, ""))).length,
      };
    }),
  );

it("that nothing hinders brings the record, and tells the entity", () => {
  expect(expected).toMatchObject([
    { transfers: [{ state: "Delivered" }], directories: [{ version: 1 }], box: 0 },
    { transfers: [{ state: "Delivered" }], shown: [0, 1], box: 0 },
    { transfers: [{ state: "Delivered" }], shown: [0, 0], box: 0 },
  ]);
});

describe.each(JOURNEY.map((step, index) => ({ ...step, index })))(
  "when $says",
  ({ index, home, cuts }) => {
    it("a program that is killed leaves nothing lost, doubled or half", PATIENCE, async () => {
      const { snapshot: before, writes } = befores[index] as Before;
      for (const at of spread(cuts, writes)) {
        await before.restore();
        expect({ at, ...(await untilWrite(home(state), at)) }).toMatchObject({ at, died: true });
        for (const [next, step] of JOURNEY.entries()) {
          if (next < index) continue;
          if (next > index) await step.people?.();
          await round(state, step.home(state));
        }
        await settled();
        expect({ at, ends: await account() }).toEqual({ at, ends: expected });
      }
    });
  },
);
