/** A box from which old things go, over the line and in a whole exchange. */
import { utimes, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type DropBox, type Harbor, partialNameFor } from "../daemon/dropbox/contract.ts";
import { PacketboatError } from "../daemon/errors.ts";
import { newRandomPart } from "../daemon/ids.ts";
import { attachmentName } from "../daemon/packet/names.ts";
import { deskOf } from "./commands/desk.ts";
import { leave, nameFrom } from "./forge.ts";
import { lineLost, localHarbor, meetWith } from "./harbors.ts";
import { boxOf, drop, meet, newWorld, requestTo, type World } from "./homes.ts";
import { alertsWithCause, claimOn, inBox } from "./scene.ts";
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

async function lay(name: string, days: number): Promise<string> {
  const { prairie, clock } = world;
  const at = new Date(clock.now().getTime() - days * 24 * 60 * 60 * 1000);
  await writeFile(boxOf(world, prairie, name), "left");
  await utimes(boxOf(world, prairie, name), at, at);
  return name;
}

const upload = (): string => partialNameFor(nameFrom(world.valley, world.prairie));
const attachment = (): string => {
  const names = { from: world.valley.id, to: world.prairie.id, random: newRandomPart() };
  return attachmentName({ ...names, group: 7, number: 1 });
};

const lying = (): Promise<string[]> => inBox(world, world.prairie);

/** One exchange over lines of which the first has a box that is spoiled. */
function meetOver(spoil: (box: DropBox) => Partial<DropBox>) {
  let lines = 0;
  const connect = async (): Promise<Harbor> => {
    const harbor = localHarbor(world);
    if (lines++ > 0) return harbor;
    const box = (folder: string): DropBox => {
      const real = harbor.box(folder);
      return { ...real, ...spoil(real) };
    };
    return { ...harbor, box };
  };
  return meetWith(world, world.prairie, () => ({ connect }));
}

describe("old things in a box", () => {
  it("go over the line; what is younger stays", async () => {
    const stay = [await lay(attachment(), 0), await lay(attachment(), 96)];
    await lay(attachment(), 98);
    expect((await meet(world, world.prairie)).exit).toBe(0);
    expect(await lying()).toEqual(stay.toSorted());
    await lay(upload(), 8);
    stay.push(await lay(upload(), 6), await lay(".holiday.mov.part", 98));
    expect((await meet(world, world.prairie)).exit).toBe(0);
    expect(await lying()).toEqual(stay.toSorted());
    expect(await alertsWithCause(world.prairie)).toEqual([]);
  });

  it.each([
    ["the server does not let them go", new PacketboatError("BOX_DENIED", "no"), 1],
    ["the server fails", new PacketboatError("BOX_FAILED", "it could not"), 1],
    ["the line is lost", lineLost, 2],
  ])("hinder no exchange if %s: what waits leaves, and they go another time", async (...row) => {
    const [, error, kept] = row;
    const { valley, prairie } = world;
    await drop(prairie, "request.xml", await requestTo(valley));
    const [first] = [await lay(upload(), 8), await lay(upload(), 8)];
    const fresh = await lay(attachment(), 0);
    let isLost = false;
    const { exit } = await meetOver((box) => ({
      removeLeftover: async (name) => {
        isLost ||= error === lineLost;
        if (isLost || partialNameFor(name) === first) throw error;
        await box.removeLeftover(name);
      },
    }));
    expect(exit).toBe(0);
    expect(await inBox(world, valley)).toHaveLength(1);
    expect(await lying()).toHaveLength(kept + 1);
    expect((await meet(world, prairie)).exit).toBe(0);
    expect(await lying()).toEqual([fresh]);
  });

  it("stay while a packet of their sender may be looked at again", async () => {
    const { prairie } = world;
    const fresh = await lay(attachment(), 0);
    const old = await lay(attachment(), 98);
    const rubbish = await leave(world, prairie, "rubbish");
    for (let times = 0; times < 2; times++) {
      await meet(world, prairie);
      expect(await lying()).toEqual([fresh, old].toSorted());
    }
    const id = (await claimOn(prairie, rubbish))?.claim_id ?? "";
    await deskOf(world, prairie).result("quarantine", "discard", id, "--yes");
    await meet(world, prairie);
    expect(await lying()).toEqual([fresh]);
  });
});
