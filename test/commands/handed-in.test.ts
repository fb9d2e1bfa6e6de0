/** Keys that systemd keeps: the home has none, and each command gets copies (`LoadCredential`). */
import * as fs from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ChildDaemon } from "../child-daemons.ts";
import { dropRequest, meet, newWorld, states, type World } from "../homes.ts";
import { errorOf, packetboat, resultOf } from "./terminal.ts";

let world: World;
let credentials: string;
beforeEach(async () => {
  world = await newWorld(new Date().toISOString());
  credentials = join(world.folder, "packetboat.service");
});
afterEach(async () => {
  await fs.chmod(credentials, 0o700).catch(() => undefined);
  await world[Symbol.asyncDispose]();
});

const at = (...args: string[]): string[] => [...args, "--config", world.prairie.configPath];
const around = () => ({ env: { CREDENTIALS_DIRECTORY: credentials }, now: world.clock.now() });

/**
 * What `LoadCredential=keys:…` does with a folder (systemd.exec(5)): one flat folder, read-only, where an
 * access list for the service's user shows as a right of the group.
 */
async function handIn({ keep = false } = {}): Promise<void> {
  const keys = join(world.prairie.folder, "keys");
  await fs.mkdir(credentials, { mode: 0o700 });
  for (const entry of await fs.readdir(keys, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const copy = join(credentials, ["keys", ...relative(keys, path).split(sep)].join("_"));
    await fs.copyFile(path, copy);
    await fs.chmod(copy, 0o440);
  }
  await fs.chmod(credentials, 0o550);
  if (!keep) await fs.rm(keys, { recursive: true });
}

describe("keys that are handed in", () => {
  it("sign, open and log in, the retired ones too", async () => {
    await dropRequest(world);
    await meet(world, world.valley);
    await resultOf(at("keys", "rotate", "--yes"), { now: world.clock.now() });
    await handIn();
    await resultOf(at("exchange"), around());
    expect(await states(world)).toEqual(["Requested", "RequestReceived"]);
  });

  it("are shown, checked and told of on the card", async () => {
    const before = await resultOf(at("keys", "show"));
    await handIn();
    expect(await resultOf(at("keys", "show"), around())).toEqual(before);
    await resultOf(at("keys", "card"), around());
    const checked = (await resultOf(at("check"), around())) as {
      findings: { level: string; subject: string }[];
    };
    const bad = checked.findings.filter(({ level }) => level === "error");
    expect(bad).toEqual([]);
    expect(checked.findings.map(({ subject }) => subject)).toContain("keys");
  });

  it("serve the daemon, also after it has read its config again", async () => {
    await handIn();
    const start = { args: [], env: { CREDENTIALS_DIRECTORY: credentials } };
    await using daemon = new ChildDaemon(world.prairie, { start });
    await daemon.says("Daemon sleeps");
    daemon.signal("SIGHUP");
    await daemon.says("Config read again");
    // It does the work: whoever asks for it needs no keys.
    await resultOf(at("exchange"));
    await daemon.end();
  });

  it("are missed in words that say where to look, when they are not handed in", async () => {
    await handIn();
    const refused = await errorOf(at("keys", "show"));
    expect(refused).toMatchObject({ code: "KEY_MISSING" });
    expect(refused.hint).toContain("config/README.md");
    const { stdout } = await packetboat(at("check"));
    expect(stdout).toMatch(/^error {4}keys: there is no openpgp\.asc/m);
  });

  it("are not changed where they are", async () => {
    await handIn();
    const before = await fs.readdir(credentials);
    expect(await errorOf(at("keys", "rotate", "--yes"), around())).toMatchObject({
      code: "KEYS_HANDED_IN",
      message: expect.stringContaining(credentials) as string,
    });
    expect(await fs.readdir(credentials)).toEqual(before);
  });

  it("are in the backup, from which a home with keys of its own comes back", async () => {
    await resultOf(at("keys", "rotate", "--yes"), { now: world.clock.now() });
    const keys = join(world.prairie.folder, "keys");
    const before = (await fs.readdir(keys, { recursive: true })).toSorted();
    const shown = await resultOf(at("keys", "show"));
    await handIn();
    const backup = join(world.folder, "backup");
    await resultOf(at("keys", "backup", backup), around());
    await fs.rm(join(world.prairie.folder, "state"), { recursive: true });
    await resultOf(["keys", "restore", backup]);
    expect((await fs.readdir(keys, { recursive: true })).toSorted()).toEqual(before);
    expect(await resultOf(at("keys", "show"))).toEqual(shown);
  });

  it.each(["keys_openpgp.asc", "keys_ssh_ed25519", "."])(
    "are refused when others may read %s",
    async (name) => {
      await handIn();
      await fs.chmod(join(credentials, name), 0o755);
      expect((await errorOf(at("exchange"), around())).code).toBe("CONFIG_UNSAFE");
    },
  );

  it("are refused when a retired one may be read by others", async () => {
    await resultOf(at("keys", "rotate", "--yes"), { now: world.clock.now() });
    await handIn();
    const [retired = ""] = (await fs.readdir(credentials)).filter((name) => /retired/.test(name));
    await fs.chmod(join(credentials, retired), 0o444);
    expect((await errorOf(at("keys", "show"), around())).code).toBe("CONFIG_UNSAFE");
  });

  it.skipIf(process.getuid?.() !== 0)("are refused when a stranger owns them", async () => {
    await handIn();
    await fs.chown(join(credentials, "keys_openpgp.asc"), 12_345, 12_345);
    expect((await errorOf(at("keys", "show"), around())).code).toBe("CONFIG_UNSAFE");
  });

  it("stay the home's own when the manager hands in other things", async () => {
    await fs.mkdir(credentials);
    await fs.writeFile(join(credentials, "mail.password"), "example");
    await resultOf(at("keys", "show"), around());
  });
});
