/** A disk that changes a message between two exchanges: it does not leave, and keeps no other waiting. */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { homePaths, readConfig } from "../daemon/config.ts";
import { EXIT, PacketboatError } from "../daemon/errors.ts";
import { readContent, replaceContent } from "../daemon/ledger/content.ts";
import { messagesOf, packetsIn } from "../daemon/ledger/outgoing.ts";
import { unseal } from "../daemon/outbound/deliver.ts";
import { localHarbor, meetWith } from "./harbors.ts";
import { drop, meet, newWorld, openAlerts, requestTo, withLedger, type World } from "./homes.ts";
import { configure, inBox } from "./scene.ts";
import { type Snapshot, snapshot } from "./snapshots.ts";

let world: World;
let atFirst: Snapshot;
beforeAll(async () => {
  world = await newWorld();
  atFirst = await snapshot(world);
});
beforeEach(() => atFirst.restore());
afterAll(async () => {
  await atFirst[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** Requests of prairie's, each in a packet that could not leave. */
async function pack(...students: readonly string[]): Promise<void> {
  const { prairie, valley, clock } = world;
  await configure(prairie, { at: ["limits", "messagesPerPacket"], value: 1 });
  for (const student of students) {
    const request = (await requestTo(valley)).replaceAll("Jenna", student);
    await drop(prairie, `${student}.xml`, request);
  }
  const harbor = localHarbor(world);
  const deliver = () => Promise.reject(new PacketboatError("BOX_DENIED", "not now"));
  const box = (folder: string) => ({ ...harbor.box(folder), deliver });
  await meetWith(world, prairie, () => ({ connect: () => Promise.resolve({ ...harbor, box }) }));
  clock.pass({ days: 1 });
}

it("stays, is told of as our own fault, and the packets behind it leave; mended, it leaves too", async () => {
  const { prairie, valley } = world;
  await pack("Jenna", "Jane");
  const { sealed } = homePaths(await readConfig(prairie.configPath));
  const mend = await withLedger(prairie, async (ledger) => {
    const packets = await packetsIn(ledger, ["SEALED"], valley.id);
    expect(packets).toHaveLength(2);
    for (const packet of packets) await unseal(packet, { ledger, sealed });
    const [row] = packets[0] ? await messagesOf(ledger, packets[0].packet_id) : [];
    const id = row?.content_id ?? "";
    const whole = await readContent(ledger, id);
    await replaceContent(ledger, id, Buffer.from(whole).fill("0", 100, 101));
    return () => withLedger(prairie, (again) => replaceContent(again, id, whole));
  });

  expect((await meet(world, prairie)).exit).toBe(EXIT.refused);
  expect(await inBox(world, valley)).toHaveLength(1);
  expect(await openAlerts(prairie)).toEqual(["LEDGER_DAMAGED"]);

  await mend();
  expect((await meet(world, prairie)).exit).toBe(0);
  expect(await inBox(world, valley)).toHaveLength(2);
  expect(await openAlerts(prairie)).toEqual([]);
});
