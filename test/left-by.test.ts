/** A packet that somebody else left than signed it: a key that was stolen is of no use without the account. */
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Inbound } from "../daemon/inbound/parts.ts";
import { deskOf } from "./commands/desk.ts";
import { leave, nameFrom, packetXml, sealed, writerAt } from "./forge.ts";
import { harborWithAccounts, meetWith } from "./harbors.ts";
import { newWorld, type World } from "./homes.ts";
import { alertsAt, claimOn, digest, kept, messagesFrom } from "./scene.ts";

const [OURS, THEIRS, ANOTHERS] = [1001, 1002, 1003];

let world: World;
/** The account that left the file of this name. */
let leftBy: Map<string, number>;
beforeEach(async () => {
  world = await newWorld();
  leftBy = new Map([
    [world.prairie.id, OURS],
    [world.valley.id, THEIRS],
  ]);
});
afterEach(() => world[Symbol.asyncDispose]());

async function leftAs(account: number): Promise<{ name: string; bytes: Uint8Array }> {
  const { valley, prairie, clock } = world;
  const letter = { from: await writerAt(valley), to: await writerAt(prairie), at: clock.now() };
  const bytes = await sealed(packetXml(letter), letter);
  const name = nameFrom(valley, prairie);
  leftBy.set(name, account);
  await leave(world, prairie, bytes, name);
  return { name, bytes };
}

const meet = (changes: Partial<Inbound> = {}) =>
  meetWith(world, world.prairie, ({ inbound }) => ({
    connect: async () => harborWithAccounts(world, (name) => leftBy.get(name) ?? OURS),
    inbound: (harbor) => ({ ...inbound(harbor), ...changes }),
  }));

it("is kept, told of, and not answered; nothing is said of its signer", async () => {
  const { prairie } = world;
  const { name, bytes } = await leftAs(ANOTHERS);
  expect((await meet()).counts).toMatchObject({ taken: 0, refused: 1 });
  const claim = await claimOn(prairie, name);
  expect(claim).toMatchObject({
    state: "QUARANTINED",
    code: "PACKET_OWNER_DIFFERS",
    from_agency: null,
    receipted_at: null,
  });
  expect(digest((await kept(prairie, claim?.claim_id))?.original ?? Buffer.of())).toBe(
    digest(bytes),
  );
  expect(await alertsAt(prairie)).toMatchObject([{ code: "PACKET_REFUSED", agency: null }]);
  expect(await messagesFrom(prairie)).toEqual([]);
});

it("is not kept where nothing of its kind may be, as records at an entity", async () => {
  const { prairie } = world;
  const { name } = await leftAs(ANOTHERS);
  await meet({ untaken: ["Ping"] });
  const claim = await claimOn(prairie, name);
  expect(claim).toMatchObject({ state: "QUARANTINED", code: "PACKET_OWNER_DIFFERS" });
  expect(await kept(prairie, claim?.claim_id)).toMatchObject({ original: null });
});

it("is taken once a person who knows whose account it was says so", async () => {
  const { prairie } = world;
  const { name } = await leftAs(ANOTHERS);
  await meet();
  const id = (await claimOn(prairie, name))?.claim_id ?? "";
  await deskOf(world, prairie).result("quarantine", "retry", id);
  expect((await meet()).counts).toMatchObject({ taken: 1, refused: 0 });
});

it("is taken from its signer's own account", async () => {
  const { name } = await leftAs(THEIRS);
  expect((await meet()).counts).toMatchObject({ taken: 1, refused: 0 });
  expect(await claimOn(world.prairie, name)).toMatchObject({ state: "RECORDED", owner: THEIRS });
});
