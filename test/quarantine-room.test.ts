/** Rubbish, again and again: nobody fills a home's disk with what it has refused. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { QuarantineRoom } from "../daemon/desk/quarantine-room.ts";
import { deskOf } from "./commands/desk.ts";
import { leave, nameFrom, packetXml, sealed, writerAt } from "./forge.ts";
import { harborWithAccounts, meetWith } from "./harbors.ts";
import { newWorld, type World } from "./homes.ts";
import { claimOn, inBox, kept } from "./scene.ts";

/** Less than a config may say. */
const MOST = 3;
const [FLOOD, OTHER] = [1001, 1002];

let world: World;
let leftBy: Map<string, number>;
beforeEach(async () => {
  world = await newWorld();
  leftBy = new Map();
});
afterEach(() => world[Symbol.asyncDispose]());

async function lay(account: number, bytes: Uint8Array | string): Promise<string> {
  const { valley, prairie } = world;
  const name = nameFrom(valley, prairie);
  leftBy.set(name, account);
  return leave(world, prairie, bytes, name);
}

const meet = () =>
  meetWith(world, world.prairie, ({ inbound }) => ({
    connect: async () => harborWithAccounts(world, (name) => leftBy.get(name) ?? 0),
    inbound: (harbor) => {
      const made = inbound(harbor);
      const most = { files: MOST, bytes: 1e6 };
      return { ...made, room: new QuarantineRoom(made.desk.ledger, made.quarantine, most) };
    },
  }));

const isKept = async (name: string): Promise<boolean> => {
  const id = (await claimOn(world.prairie, name))?.claim_id;
  return (await kept(world.prairie, id))?.original instanceof Buffer;
};

it("is kept as much of a sender's as it may have waiting; more stays in the box, and is told of", async () => {
  const { valley, prairie, clock } = world;
  const desk = deskOf(world, prairie);
  const names: string[] = [];
  for (let round = 0; round < 3; round++) {
    const more = [await lay(FLOOD, `rubbish ${round}`), await lay(FLOOD, `more ${round}`)];
    names.push(...more);
    expect((await meet()).counts).toMatchObject({ refused: 2 });
  }
  const left = names.slice(MOST);
  for (const name of names)
    expect([name, await isKept(name)]).toEqual([name, !left.includes(name)]);
  expect(await inBox(world, prairie)).toEqual(left.toSorted());
  expect(await readdir(join(prairie.folder, "state", "staging"))).toEqual([]);

  // Others, and what is good, are taken as ever.
  const letter = { from: await writerAt(valley), to: await writerAt(prairie), at: clock.now() };
  await lay(FLOOD, await sealed(packetXml(letter), letter));
  const other = await lay(OTHER, "rubbish of somebody else");
  expect((await meet()).counts).toMatchObject({ taken: 1, refused: 1 });
  expect(await isKept(other)).toBe(true);

  // A person makes room, and has one looked at again that stayed.
  const [first = "", again = ""] = [names[0], left[0]];
  const idOf = async (name: string): Promise<string> =>
    (await claimOn(prairie, name))?.claim_id ?? "";
  expect((await desk.run("quarantine", "show", await idOf(again))).stdout).toContain(
    "not here: it still lies in the box",
  );
  await desk.result("quarantine", "discard", await idOf(first), "--yes");
  await desk.result("quarantine", "retry", await idOf(again));
  expect((await meet()).counts).toMatchObject({ refused: 1 });
  expect(await isKept(again)).toBe(true);
  await desk.result("quarantine", "discard", await idOf(left[1] ?? ""), "--yes");
  await meet();
  expect(await inBox(world, prairie)).toEqual(left.slice(2).toSorted());
});
