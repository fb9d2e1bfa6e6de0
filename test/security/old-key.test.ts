/** What somebody can do who has a key that a district used before, from a stolen backup for example. */
import { readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rotateKey } from "../../daemon/commands/home/rotate.ts";
import { readConfig } from "../../daemon/config.ts";
import { readCard, writeCard } from "../../daemon/directory/card.ts";
import { writeSuccession } from "../../daemon/directory/succession.ts";
import { errorOf, resultOf } from "../commands/terminal.ts";
import {
  leave,
  nameFrom,
  packetXml,
  ping,
  sealed,
  stranger,
  type Writer,
  writerAt,
} from "../forge.ts";
import { boxOf, meet, newWorld, type World } from "../homes.ts";
import { claimOn } from "../scene.ts";

/** When a file was changed, as its owner says it. */
const START = new Date("2024-07-20T14:00:00Z");

let world: World;
/** The thief. */
let old: Writer;
beforeEach(async () => {
  world = await newWorld();
  const { valley, clock } = world;
  old = await writerAt(valley);
  clock.pass({ days: 1 });
  await rotateKey(await readConfig(valley.configPath), { at: clock.now() });
  await adding(valley.card);
});
afterEach(() => world[Symbol.asyncDispose]());

const adding = (card: string, ...more: string[]) =>
  resultOf(["partner", "add", card, ...more, "--config", world.prairie.configPath], {
    now: world.clock.now(),
  });

/** A packet as of this time, put into the box now. @returns what became of it */
async function post(signedAt: Date): Promise<string> {
  const { valley, prairie } = world;
  const letter = { from: old, to: await writerAt(prairie), at: signedAt };
  const bytes = await sealed(packetXml(letter), letter);
  const name = await leave(world, prairie, bytes, nameFrom(valley, prairie));
  await meet(world, prairie);
  const { state, code } = (await claimOn(prairie, name)) ?? {};
  return [state, code].filter(Boolean).join(" ");
}

const earlier = (hours: number): Date =>
  new Date(world.clock.now().getTime() - hours * 60 * 60_000);

describe("whoever has a district's old key", () => {
  it("signs nothing that is of today", async () => {
    world.clock.pass({ hours: 1 });
    expect(await post(world.clock.now())).toBe("QUARANTINED PACKET_SIGNED_AT_WRONG_TIME");
  });

  it("may date a packet back into its time, but only as long as a packet lives", async () => {
    const inItsTime = earlier(2);
    expect(await post(inItsTime)).toBe("RECORDED");
    world.clock.pass({ days: 91 });
    expect(await post(inItsTime)).toBe("QUARANTINED PACKET_EXPIRED");
  });

  it("keeps no place from its time: what lies there since yesterday came yesterday", async () => {
    const { valley, prairie, clock } = world;
    const letter = { from: old, to: await writerAt(prairie), at: earlier(2) };
    const bytes = await sealed(packetXml(letter), letter);
    const longer = await sealed(packetXml(letter, {}, Array(9).fill(ping(letter.at))), letter);
    const name = nameFrom(valley, prairie);
    const lay = async (file: Uint8Array): Promise<string | undefined> => {
      await leave(world, prairie, file, name);
      await utimes(boxOf(world, prairie, name), START, START);
      await meet(world, prairie);
      const { state, code } = (await claimOn(prairie, name)) ?? {};
      return [state, code].filter(Boolean).join(" ");
    };
    expect(await lay(longer.subarray(0, bytes.length))).toBe("WAITING PACKET_CUT_SHORT");
    await rm(boxOf(world, prairie, name));
    await meet(world, prairie);
    expect(await claimOn(prairie, name)).toMatchObject({ state: "GONE" });
    clock.pass({ days: 91 });
    expect(await lay(bytes)).toBe("QUARANTINED PACKET_EXPIRED");
  });

  it("names no key that is believed after the present one", async () => {
    const { valley, prairie, clock, folder } = world;
    const agencyId = valley.id;
    const evil = await stranger(agencyId, clock.now());
    const { card } = await readCard(await readFile(valley.card), clock.now());
    const theirs = { ...card, PublicKey: evil.key.armored };
    const next = evil.key.fingerprint;
    const word = await writeSuccession(old.secret, { agencyId, next, at: earlier(2) });
    const path = join(folder, "card.xml");
    await writeFile(path, await writeCard(theirs, evil.secret, clock.now(), word));
    const error = await errorOf(["partner", "add", path, "--config", prairie.configPath], {
      now: clock.now(),
    });
    expect(error).toMatchObject({ code: "CONFIRMATION_NEEDED" });
  });
});
