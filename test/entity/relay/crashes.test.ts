/** The relay cut off at every point: nothing is lost, and nothing is delivered twice once that it lies there is known. */
import { mkdir, readdir, rm } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import type { KyselyPlugin, QueryId } from "kysely";
import { describe, expect, it } from "vitest";
import { localFiles } from "../../../daemon/dropbox/folder.ts";
import { relay } from "../../../daemon/entity/relay.ts";
import { PacketboatError } from "../../../daemon/errors.ts";
import type { AgencyId } from "../../../daemon/ids.ts";
import { type Ledger, openLedger } from "../../../daemon/ledger/connect.ts";
import { failing, type Fault } from "../../dropbox/faults.ts";
import {
  boxAt,
  documentName,
  leave,
  newYard,
  packetName,
  PRAIRIE,
  RIVER,
  states,
  textAt,
  type Yard,
} from "./yard.ts";

/** A document, its packet, and one for nobody. */
async function load(yard: Yard): Promise<string[]> {
  return [
    await leave(yard, documentName(PRAIRIE, RIVER)),
    await leave(yard, packetName(PRAIRIE, RIVER)),
    await leave(yard, packetName(PRAIRIE, "1900999" as AgencyId)),
  ];
}

/** What the recipient has ever found in its box: name and bytes of each, as often as it came. */
class Recipient {
  readonly taken: string[] = [];
  async collect(yard: Yard): Promise<void> {
    for (const name of await readdir(yard.arrivedAt(RIVER))) {
      if (name.startsWith(".")) continue;
      expect(await textAt(yard.arrivedAt(RIVER, name))).toBe(`sealed ${name}`);
      this.taken.push(name);
      await rm(yard.arrivedAt(RIVER, name));
    }
  }
}

async function expectWhole(yard: Yard, names: readonly string[], to: Recipient): Promise<void> {
  const [document = "", packet = "", stray = ""] = names;
  expect(new Set(to.taken)).toEqual(new Set([document, packet]));
  expect(await readdir(yard.waitingAt())).toEqual([]);
  expect(await readdir(yard.staging)).toEqual([]);
  expect(await states(yard)).toMatchObject({ [stray]: "REFUSED RELAY_RECIPIENT_UNKNOWN" });
  const folders = await readdir(yard.quarantine);
  expect(folders).toHaveLength(1);
  const original = `${yard.quarantine}/${folders[0] ?? ""}/sealed.pgp`;
  expect(await textAt(original)).toBe(`sealed ${stray}`);
}

/** The program is killed when its ledger has carried out so many statements that write. */
function dyingAt(ledger: Ledger, at: number) {
  const death = Promise.withResolvers<"died">();
  const writing = new WeakSet<QueryId>();
  let writes = 0;
  const plugin: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      if (node.kind !== "SelectQueryNode") writing.add(queryId);
      return node;
    },
    async transformResult({ result, queryId }) {
      if (writing.has(queryId)) writes++;
      if (writes < at) return result;
      death.resolve("died");
      return await new Promise<never>(() => undefined);
    },
  };
  return { ledger: ledger.withPlugin(plugin), death: death.promise, writes: () => writes };
}

/** Only its ledger is dead: what it had under way goes on for a moment, which nothing of a killed process does. */
async function atRest({ folder }: Yard): Promise<void> {
  const look = async (): Promise<string> => {
    const names = await readdir(folder, { recursive: true }).catch((): string[] => []);
    return names.toSorted().join("\n");
  };
  for (let before = "", same = 0; same < 3;) {
    await setTimeout(15);
    const now = await look();
    same = now === before && now !== "" ? same + 1 : 0;
    before = now;
  }
}

/** As many points as a whole exchange has. */
const MOST_POINTS = 100;

/** The line, the server, and the box. */
const CODES = ["BOX_TIMEOUT", "BOX_FAILED", "BOX_DENIED"] as const;

describe("the relay", () => {
  it("that is killed after any statement of its ledger loses nothing, and is finished by the next", async () => {
    let points = 0;
    for (let at = 1; at < MOST_POINTS; at++) {
      await using yard = await newYard();
      const names = await load(yard);
      const recipient = new Recipient();
      const ledger = await openLedger(`${yard.folder}/ledger.sqlite`);
      const dying = dyingAt(ledger, at);
      const outcome = await Promise.race([
        relay(yard.relaying({ ledger: dying.ledger })),
        dying.death,
      ]);
      await atRest(yard);
      await ledger.destroy();
      const known = await states(yard);
      await recipient.collect(yard);
      const before = [...recipient.taken];
      // What a killed exchange leaves in staging the next one's sweep takes away.
      await rm(yard.staging, { recursive: true });
      await mkdir(yard.staging);
      await yard.relay();
      await recipient.collect(yard);
      await expectWhole(yard, names, recipient);
      for (const name of before) {
        const isKnownThere = known[name] === "DELIVERED" || known[name] === "MOVED";
        const times = recipient.taken.filter((each) => each === name).length;
        if (isKnownThere) expect([at, name, times]).toEqual([at, name, 1]);
        expect(times).toBeLessThanOrEqual(2);
      }
      if (outcome !== "died") {
        points = at - 1;
        break;
      }
    }
    expect(points).toBeGreaterThan(8);
  }, 60_000);

  it.each(["before", "after"] as const)(
    "whose servers fail %s any call, once or for good, loses nothing and delivers nothing broken",
    async (when) => {
      for (const side of ["here", "there"] as const) {
        for (let call = 1, made = call; call <= made; call++) {
          await using yard = await newYard();
          const names = await load(yard);
          const code = CODES[call % CODES.length] ?? "BOX_FAILED";
          const error = new PacketboatError(code, "the server failed");
          const fault: Fault = { call, when, error, forGood: call % 2 === 0 };
          const files = failing(localFiles, fault);
          await yard
            .relay(
              side === "here"
                ? { here: boxAt(yard.waitingAt(), files) }
                : { there: (agency) => boxAt(yard.arrivedAt(agency), files) },
            )
            .catch((failure: unknown) => expect(failure).toBeInstanceOf(PacketboatError));
          made = files.calls.made;
          const recipient = new Recipient();
          await recipient.collect(yard);
          await yard.relay();
          await recipient.collect(yard);
          await expectWhole(yard, names, recipient);
        }
      }
    },
    60_000,
  );

  it("moves on what a person had tried again from the quarantine, also when it was cut off", async () => {
    await using yard = await newYard();
    const name = await leave(yard, packetName(PRAIRIE, "1900999" as AgencyId));
    await yard.relay();
    await yard.ledger.updateTable("relays").set({ state: "CLAIMED", code: null }).execute();
    await mkdir(yard.arrivedAt("1900999" as AgencyId));
    const directory = yard.relaying().directory;
    const listing = directory?.Agency?.map((each) => ({ ...each, AgencyId: "1900999" }));
    const change = { directory: directory && { ...directory, Agency: listing ?? [] } };
    const denied = new PacketboatError("BOX_TIMEOUT", "no answer");
    const files = failing(localFiles, { call: 3, when: "after", error: denied, forGood: true });
    const there = (agency: AgencyId) => boxAt(yard.arrivedAt(agency), files);
    await yard.relay({ ...change, there }).catch(() => undefined);
    expect(await readdir(yard.quarantine)).toHaveLength(1);
    expect(await yard.relay(change)).toMatchObject({ moved: 1 });
    expect(await textAt(yard.arrivedAt("1900999" as AgencyId, name))).toBe(`sealed ${name}`);
    expect(await readdir(yard.quarantine)).toEqual([]);
    expect(await states(yard)).toEqual({ [name]: "MOVED" });
  });
});
