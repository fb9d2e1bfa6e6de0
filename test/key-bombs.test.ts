/** Keys that are made to harm whoever reads them, wherever a key is taken in. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { APPROVER } from "../daemon/commands/demo/world.ts";
import { readPublicKey } from "../daemon/keys/key.ts";
import { findAgency } from "../daemon/ledger/agencies.ts";
import { keysOfAgency } from "../daemon/ledger/agency-keys.ts";
import { cardWith } from "./cards.ts";
import { deskOf } from "./commands/desk.ts";
import { secretOf } from "./directories.ts";
import { type District, withLedger } from "./homes.ts";
import { KEY_BOMBS, type KeyBomb } from "./keys/key-bombs.ts";
import { codeOf } from "./keys/people.ts";
import { newState, type State } from "./states.ts";

const NAMES = Object.keys(KEY_BOMBS) as KeyBomb[];
/** Of processor time and of memory: whoever waits for others has not used them. */
const MOST_SECONDS = 2;
const MOST_MEGABYTES = 300;

let state: State;
beforeAll(async () => {
  state = await newState();
});
afterAll(() => state[Symbol.asyncDispose]());

/** What it takes, in seconds of the processor, and by how many megabytes this process has grown. */
async function measured(doing: () => Promise<unknown>) {
  const [time, memory] = [process.cpuUsage(), process.memoryUsage().rss];
  await doing();
  const { user, system } = process.cpuUsage(time);
  return {
    seconds: (user + system) / 1e6,
    megabytes: (process.memoryUsage().rss - memory) / 1e6,
  };
}

const knownOf = (home: District, { id }: District) =>
  withLedger(home, async (ledger) => [
    await findAgency(ledger, id),
    await keysOfAgency(ledger, id),
  ]);

it.each(NAMES)("a key with %s is refused before anybody is harmed", async (name) => {
  const key = await KEY_BOMBS[name](await secretOf(state.prairie));
  let code = "";
  const { seconds, megabytes } = await measured(async () => {
    code = await codeOf(readPublicKey(key));
  });
  expect(code).toBe("KEY_INVALID");
  expect(seconds).toBeLessThan(MOST_SECONDS);
  expect(megabytes).toBeLessThan(MOST_MEGABYTES);
});

it.each([
  ["partner add", "valley", "prairie"],
  ["join", "valley", "entity"],
  ["directory add", "entity", "prairie"],
] as const)(
  "%s refuses each as a matter of security, and knows what it knew",
  async (name, who, whose) => {
    const [home, other] = [state[who], state[whose]];
    const desk = deskOf(state, home, who === "entity" ? APPROVER : undefined);
    const before = await knownOf(home, other);
    const honest = await secretOf(other);
    for (const bomb of NAMES) {
      const card = await cardWith(other, await KEY_BOMBS[bomb](honest), {
        signWith: honest,
        at: state.clock.now(),
      });
      const argv = [...name.split(" "), card, "--fingerprint", honest.publicKey.fingerprint];
      const { seconds } = await measured(async () => {
        const { code } = await desk.error(...argv);
        expect([bomb, code]).toEqual([bomb, "KEY_INVALID"]);
      });
      expect(seconds).toBeLessThan(MOST_SECONDS);
    }
    expect(await knownOf(home, other)).toEqual(before);
  },
);
