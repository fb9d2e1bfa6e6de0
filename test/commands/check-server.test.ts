import { chmod, rename, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "../../daemon/commands/checks/finding.ts";
import { hostKeyFingerprint, newSshKey } from "../../daemon/dropbox/sshkeys.ts";
import { EXIT } from "../../daemon/errors.ts";
import { leave } from "../forge.ts";
import { boxOf, newWorld, type World } from "../homes.ts";
import { configure } from "../scene.ts";
import { type Desk, deskOf } from "./desk.ts";

let world: World;
let valley: Desk;
beforeAll(async () => {
  world = await newWorld();
  valley = deskOf(world, world.valley);
});
afterAll(async () => world[Symbol.asyncDispose]());

/** What was found about the drop box, and the exit code. */
async function checked(): Promise<readonly [exit: number, Finding[]]> {
  const { exit, stdout } = await valley.run("check", "--json");
  const { result } = JSON.parse(stdout) as { result: { findings: Finding[] } };
  return [exit, result.findings.filter(({ subject }) => subject === "drop box")];
}

describe("check", () => {
  it("logs in, and counts what waits in the box", async () => {
    await leave(world, world.valley, "<TransferPacket/>");
    expect(await checked()).toMatchObject([
      0,
      [{ level: "ok", sentence: expect.stringMatching(/ can be read; 1 packet waits$/) as string }],
    ]);
  });

  it("warns of what is no packet, and leaves it alone", async () => {
    await writeFile(boxOf(world, world.valley, "notes.txt"), "");
    const [exit, findings] = await checked();
    expect(exit).toBe(0);
    expect(findings.map(({ level }) => level)).toEqual(["ok", "warning"]);
  });

  it("says that the box is missing", async () => {
    const box = boxOf(world, world.valley);
    await rename(box, `${box}-away`);
    expect(await checked()).toMatchObject([EXIT.unreachable, [{ code: "BOX_NOT_FOUND" }]]);
    await rename(`${box}-away`, box);
  });

  it("says that the server shows another host key", async () => {
    const other = hostKeyFingerprint(newSshKey("other").publicKey);
    await configure(world.valley, { at: ["server", "hostKeys"], value: [other] });
    expect(await checked()).toMatchObject([EXIT.security, [{ code: "BOX_HOST_KEY_CHANGED" }]]);
    await configure(world.valley, {
      at: ["server", "hostKeys"],
      value: [world.server.hostKey],
    });
  });

  it("says that our key is not known there", async () => {
    const { id } = world.valley;
    await world.server.admit({ name: `lea${id}`, agencyId: id, publicKeys: [] });
    expect(await checked()).toMatchObject([EXIT.unreachable, [{ code: "BOX_LOGIN_REFUSED" }]]);
  });

  it("tells of a key that others may read once, and connects to nothing", async () => {
    await chmod(`${world.valley.folder}/keys/ssh_ed25519`, 0o644);
    const [exit, findings] = await checked();
    expect([exit, findings]).toEqual([EXIT.usage, []]);
    await chmod(`${world.valley.folder}/keys/ssh_ed25519`, 0o600);
  });

  it("says that the server does not answer, and how to mend it", async () => {
    await world.server.close();
    const [exit, [finding]] = await checked();
    expect([exit, finding?.code]).toEqual([EXIT.unreachable, "BOX_UNREACHABLE"]);
    expect(finding?.hint).toMatch(/^Check the network/);
  });
});
