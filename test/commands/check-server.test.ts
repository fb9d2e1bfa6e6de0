import { chmod, readdir, rename, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "../../daemon/commands/checks/finding.ts";
import { hostKeyFingerprint, newSshKey } from "../../daemon/dropbox/sshkeys.ts";
import { EXIT } from "../../daemon/errors.ts";
import { leave } from "../forge.ts";
import { boxOf, newWorld, type World, withLedger } from "../homes.ts";
import { noOpenSsh, startOpenSsh } from "../openssh.ts";
import { configure } from "../scene.ts";
import { ourProbe } from "../../daemon/ledger/settings.ts";
import { type Desk, deskOf } from "./desk.ts";

const BOX_MODE = 0o3733;
/** What is told of the server and the boxes; the rest is tried elsewhere. */
const ABOUT = /^(?:server|drop box|rename|fsync|login|box of|partners' boxes)/;

let world: World;
let valley: Desk;
beforeAll(async () => {
  // The server's clock is this machine's.
  world = await newWorld(new Date(Date.now() - 3_600_000).toISOString());
  world.clock.set(new Date());
  valley = deskOf(world, world.valley);
});
afterAll(async () => world[Symbol.asyncDispose]());

describe.skipIf(noOpenSsh)("check of a real OpenSSH", () => {
  it("finds that all is as PROTOCOL 5 wants it, and a partner's box that others may list", async () => {
    await using real = await newWorld(new Date().toISOString(), startOpenSsh);
    const found = async (): Promise<Finding[]> => {
      const { stdout } = await deskOf(real, real.valley).run("check", "--json");
      const { result } = JSON.parse(stdout) as { result: { findings: Finding[] } };
      return result.findings.filter(({ subject }) => ABOUT.test(subject));
    };
    const sound = await found();
    expect(sound.map(({ level, subject }) => [level, subject])).toEqual(
      [
        "server.identityFile",
        "server.address",
        "server.hostKeys",
        "login",
        "drop box",
        "rename rule",
        "fsync",
        "server clock",
        "partners' boxes",
      ].map((subject) => ["ok", subject]),
    );
    expect(sound.find(({ subject }) => subject === "fsync")?.sentence).toMatch(
      /on the server's disk/,
    );
    await chmod(boxOf(real, real.prairie), 0o3777);
    const amiss = (await found()).filter(({ level }) => level !== "ok");
    expect(amiss).toMatchObject([{ level: "warning", subject: "box of 2700105" }]);
    expect(await readdir(boxOf(real, real.prairie))).toEqual([]);
  });
});

interface Checked {
  readonly exit: number;
  readonly all: readonly Finding[];
  /** Warnings and errors. */
  readonly amiss: readonly Finding[];
}

async function checked(): Promise<Checked> {
  const { exit, stdout } = await valley.run("check", "--json");
  const { result } = JSON.parse(stdout) as { result: { findings: Finding[] } };
  const all = result.findings.filter(({ subject }) => ABOUT.test(subject));
  for (const { level, hint } of all) if (level !== "ok") expect(hint).toMatch(/^[A-Z].*\.$/);
  return { exit, all, amiss: all.filter(({ level }) => level !== "ok") };
}

const sentences = ({ all }: Checked): Record<string, string> =>
  Object.fromEntries(all.map(({ subject, sentence }) => [subject, sentence]));

const namesIn = (...path: string[]): Promise<string[]> =>
  readdir(boxOf(world, world.prairie, ...path));

const pin = (...hostKeys: string[]): Promise<void> =>
  configure(world.valley, { at: ["server", "hostKeys"], value: hostKeys });

const said = (pattern: RegExp): string => expect.stringMatching(pattern) as string;

const another = hostKeyFingerprint(newSshKey("another").publicKey);

describe("check of a server", () => {
  it("tells each thing that is as it should be, and leaves nothing in any box", async () => {
    await leave(world, world.valley, "<TransferPacket/>");
    const found = await checked();
    expect(found).toMatchObject({ exit: 0, amiss: [] });
    const { port, hostKey } = world.server;
    expect(sentences(found)).toMatchObject({
      "server.address": `127.0.0.1, port ${port}, and answers`,
      "server.hostKeys": `the server shows the one that is pinned: ${hostKey}`,
      login: expect.stringMatching(/^lea3900417 is let in, in \d+ ms$/) as string,
      "drop box": expect.stringMatching(/ can be read; 1 packet waits$/) as string,
      "rename rule": "a rename onto a taken name is refused",
      fsync: expect.stringMatching(/^not offered by the server/) as string,
      "server clock": said(/ ours; it answers in \d+ ms$/),
      "partners' boxes": "1 box of partners can be added to",
    });
    expect(await namesIn()).toEqual([]);
    expect(await readdir(boxOf(world, world.valley))).toHaveLength(1);
  });

  it("removes what a check left that was ended half-way", async () => {
    const probe = await withLedger(world.valley, ourProbe);
    const name = `.${world.valley.id}-probe-${probe}.part`;
    await writeFile(boxOf(world, world.valley, name), "half");
    expect(await checked()).toMatchObject({ exit: 0, amiss: [] });
    expect(await readdir(boxOf(world, world.valley))).not.toContain(name);
  });

  it("warns of what is no packet, and leaves it alone", async () => {
    await writeFile(boxOf(world, world.valley, "notes.txt"), "");
    expect(await checked()).toMatchObject({
      exit: 0,
      amiss: [{ level: "warning", subject: "drop box" }],
    });
    expect(await readdir(boxOf(world, world.valley))).toHaveLength(2);
    await rename(boxOf(world, world.valley, "notes.txt"), `${world.folder}/notes.txt`);
  });

  it.each([
    ["3777", "every account of the server may list it"],
    ["2733", "every account may delete what lies in it"],
    ["1733", "its owner cannot read what others leave"],
  ])("warns of a box of mode %s, ours or a partner's", async (mode, fault) => {
    for (const [home, subject] of [
      [world.valley, "drop box"],
      [world.prairie, "box of 2700105"],
    ] as const) {
      await chmod(boxOf(world, home), Number.parseInt(mode, 8));
      const { exit, amiss } = await checked();
      expect(exit).toBe(0);
      expect(amiss).toMatchObject([
        { level: "warning", subject, sentence: expect.stringContaining(fault) as string },
      ]);
      await chmod(boxOf(world, home), BOX_MODE);
    }
  });

  it("warns of our own box when others are shut out of it", async () => {
    await chmod(boxOf(world, world.valley), 0o700);
    expect((await checked()).amiss).toMatchObject([
      { level: "warning", subject: "drop box", sentence: said(/others may not be able to leave/) },
    ]);
    await chmod(boxOf(world, world.valley), BOX_MODE);
  });

  it("says that a box is missing, ours or a partner's", async () => {
    for (const [home, subject] of [
      [world.valley, "drop box"],
      [world.prairie, "box of 2700105"],
    ] as const) {
      const box = boxOf(world, home);
      await rename(box, `${box}-away`);
      expect(await checked()).toMatchObject({
        exit: EXIT.unreachable,
        amiss: [{ level: "error", subject, code: "BOX_NOT_FOUND" }],
      });
      await rename(`${box}-away`, box);
    }
  });

  it.each([
    [5, "warning", 0],
    [-5, "warning", 0],
    [30, "error", EXIT.usage],
  ])("says that our clock is %i minutes from the server's", async (minutes, level, exit) => {
    world.clock.set(new Date(Date.now() + minutes * 60_000));
    const found = await checked();
    const shown = `${Math.abs(minutes)} minutes ${minutes > 0 ? "behind" : "ahead of"} ours`;
    expect(found.exit).toBe(exit);
    expect(found.amiss).toMatchObject([{ level, subject: "server clock" }]);
    expect(sentences(found)["server clock"]).toContain(shown);
    world.clock.set(new Date());
  });

  it("tells which of two pinned host keys the server no longer shows", async () => {
    await pin(another, world.server.hostKey);
    const found = await checked();
    expect(found).toMatchObject({ exit: 0, amiss: [{ subject: "server.hostKeys" }] });
    expect(sentences(found)["server.hostKeys"]).toBe(
      `the server shows ${world.server.hostKey}; ${another} is pinned too, and not shown`,
    );
    await pin(world.server.hostKey);
  });

  it("says that the server shows another host key", async () => {
    await pin(another);
    const found = await checked();
    expect(found).toMatchObject({
      exit: EXIT.security,
      amiss: [{ subject: "server.hostKeys", code: "BOX_HOST_KEY_CHANGED" }],
    });
    expect(found.all.map(({ subject }) => subject)).not.toContain("drop box");
    await pin(world.server.hostKey);
  });

  it("says that our key is not known there", async () => {
    const { id } = world.valley;
    const account = { name: `lea${id}`, agencyId: id };
    await world.server.admit({ ...account, publicKeys: [] });
    const found = await checked();
    expect(found).toMatchObject({
      exit: EXIT.unreachable,
      amiss: [{ subject: "login", code: "BOX_LOGIN_REFUSED" }],
    });
    expect(sentences(found)).toMatchObject({ "server.hostKeys": "the one that is pinned" });
  });

  it("tells of a key that others may read once, and connects to nothing", async () => {
    await chmod(`${world.valley.folder}/keys/ssh_ed25519`, 0o644);
    expect(await checked()).toMatchObject({ exit: EXIT.usage, all: [] });
    await chmod(`${world.valley.folder}/keys/ssh_ed25519`, 0o600);
  });

  it("says that the public key on the card is not that of the key we log in with", async () => {
    const path = `${world.valley.folder}/keys/ssh_ed25519.pub`;
    await rename(path, `${path}.away`);
    await writeFile(path, newSshKey("another").publicKey);
    const { amiss } = await checked();
    expect(amiss[0]).toMatchObject({ level: "warning", subject: "server.identityFile" });
    await rename(`${path}.away`, path);
  });

  it("says that the SSH key is none", async () => {
    const path = `${world.valley.folder}/keys/ssh_ed25519`;
    await rename(path, `${path}.away`);
    await writeFile(path, "no key", { mode: 0o600 });
    expect(await checked()).toMatchObject({
      exit: EXIT.usage,
      amiss: [{ subject: "server.identityFile", code: "SSH_KEY_INVALID" }],
    });
    await rename(`${path}.away`, path);
  });

  it("says that nothing listens there", async () => {
    await world.server.close();
    const { exit, amiss } = await checked();
    expect(exit).toBe(EXIT.unreachable);
    expect(amiss).toMatchObject([{ subject: "server.address", code: "BOX_UNREACHABLE" }]);
    expect(amiss[0]?.sentence).toMatch(/nothing listens on that port$/);
  });

  it("says that the server's name leads nowhere", async () => {
    const address = "sftp://lea3900417@server.invalid/boxes/3900417";
    await configure(world.valley, { at: ["server", "address"], value: address });
    const { exit, amiss } = await checked();
    expect(exit).toBe(EXIT.unreachable);
    expect(amiss).toMatchObject([{ subject: "server.address", code: "BOX_UNREACHABLE" }]);
    expect(amiss[0]?.sentence).toMatch(/^the name server\.invalid leads nowhere/);
  });
});
