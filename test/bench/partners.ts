/**
 * A message for each of many partners, some of whom have no box any more: the others' are delivered all the same, and
 * hardly later. All boxes of a district stand on one server, so that a partner who cannot be reached is a box that
 * refuses; a box that hangs the line is tried by `dead-partners.test.ts`.
 */
import { chmod, mkdir, readdir } from "node:fs/promises";
import { ping } from "../../daemon/commands/exchanging/ping.ts";
import { EXIT } from "../../daemon/errors.ts";
import { type AgencyId, parseAgencyId } from "../../daemon/ids.ts";
import { newKeyPair } from "../../daemon/keys/key.ts";
import { addAgency, findAgency } from "../../daemon/ledger/agencies.ts";
import { clearBackoff } from "../../daemon/ledger/runs.ts";
import type { CardRow } from "../../daemon/ledger/tables.ts";
import { boxOf, withLedger, type World } from "../homes.ts";
import { type Bench, runProfiled, type Wanted } from "./bench.ts";
import { newTown } from "./evening.ts";

const PARTNERS = 1_000;
const FEW_PARTNERS = 20;
/** One of so many has no box. */
const GONE = 50;
/** The exchange may take so many times as long as one in which all can be reached. */
const MOST_DELAY = 1.25;

export const partners: Bench = async (wanted) => {
  const count = wanted.rows ?? (wanted.quick ? FEW_PARTNERS : PARTNERS);
  await using world = await newTown();
  const ids = Array.from({ length: count }, (_, nth) => parseAgencyId(String(1_900_001 + nth)));
  await befriend(world, ids);
  wanted.say(`${count} partners`);
  const gone = ids.filter((_, nth) => nth % GONE === 0);
  const there = ids.filter((id) => !gone.includes(id));
  for (const id of there) await makeBox(world, id);
  const some = await exchangeWith(world, ids, wanted);
  const delivered = await boxesWith(world, there, 1);
  // The same once more, when everybody is there.
  for (const id of gone) await makeBox(world, id);
  await exchangeWith(world, [], {});
  const all = await exchangeWith(world, ids, {});
  const everybody = await boxesWith(world, there, 2);
  const delay = some.seconds / all.seconds;
  const unless = (isWell: boolean, fault: string): string[] => (isWell ? [] : [fault]);
  return {
    about: `a message for each of ${count} partners, ${gone.length} of whom cannot be reached`,
    figures: [
      { name: "the exchange", value: some.seconds, unit: "s" },
      { name: "the same when all can be reached", value: all.seconds, unit: "s" },
      { name: "peak memory", value: some.peakMegabytes, unit: "MB" },
    ],
    goals: [
      {
        wants: `it takes no more than ${MOST_DELAY} times as long as when all can be reached`,
        value: delay,
        isMet: delay <= MOST_DELAY,
      },
    ],
    faults: [
      ...unless(delivered === there.length, `${delivered} of ${there.length} have their message`),
      ...unless(everybody === there.length, `${everybody} have both of their messages`),
    ],
  };
};

/** Cards that somebody added by hand. */
async function befriend({ valley, prairie, clock }: World, ids: readonly AgencyId[]) {
  const at = clock.now();
  await withLedger(valley, async (ledger) => {
    const known = (await findAgency(ledger, prairie.id)) as CardRow;
    for (const id of ids) {
      const name = `Example District ${id}`;
      const { publicKey, fingerprint } = await newKeyPair({ agencyId: id, name, at });
      await addAgency(ledger, {
        ...known,
        agency_id: id,
        name,
        public_key: publicKey,
        fingerprint,
      });
    }
  });
}

async function makeBox(world: World, id: AgencyId): Promise<void> {
  const box = boxOf(world, { id });
  await mkdir(box, { recursive: true });
  await chmod(box, 0o3733);
}

/** A test packet to each of them, at once. */
async function exchangeWith(
  { valley }: World,
  ids: readonly AgencyId[],
  how: Pick<Wanted, "profiles">,
) {
  await withLedger(valley, async (ledger) => {
    // The last one has no receipt, and nobody waits for it here.
    await ledger
      .updateTable("messages_out")
      .set({ state: "CONFIRMED" })
      .where("kind", "=", "Ping")
      .where("state", "=", "PACKED")
      .execute();
    for (const { agency_id: id } of await ledger.selectFrom("backoffs").selectAll().execute()) {
      await clearBackoff(ledger, id);
    }
    for (const id of ids) await ping(ledger, id, new Date());
  });
  return runProfiled(valley, { ...how, exits: [EXIT.needsPerson] }, "exchange");
}

/** How many of them have so many packets in their boxes. */
async function boxesWith(world: World, ids: readonly AgencyId[], packets: number): Promise<number> {
  let found = 0;
  for (const id of ids) {
    const names = await readdir(boxOf(world, { id }));
    if (names.filter((name) => name.endsWith(".xml.pgp")).length === packets) found++;
  }
  return found;
}
