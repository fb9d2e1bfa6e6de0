import { chmod, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { homePaths, readConfig } from "../../daemon/config.ts";
import { readCard } from "../../daemon/directory/card.ts";
import { publicPartOf } from "../../daemon/dropbox/sftp.ts";
import { hostKeyFingerprint } from "../../daemon/dropbox/sshkeys.ts";
import { loadOurKeys } from "../../daemon/keys/keyring.ts";
import {
  asked,
  dropRelease,
  meet,
  newWorld,
  office,
  states,
  withLedger,
  type World,
} from "../homes.ts";
import { type Home, initArgs, temporaryFolder } from "./home.ts";
import { errorOf, packetboat, resultOf } from "./terminal.ts";

let world: World;
beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const at = (...args: string[]): string[] => [...args, "--config", world.prairie.configPath];

describe("a new key", () => {
  it("needs somebody who says yes", async () => {
    expect((await errorOf(at("keys", "rotate"))).code).toBe("CONFIRMATION_NEEDED");
  });

  it("retires the old one, which still opens what was sealed for it", async () => {
    const { valley, prairie, clock } = world;
    const reference = await asked(world);
    await meet(world, valley);
    const keys = join(prairie.folder, "keys");
    const old = (await loadOurKeys(keys)).present.publicKey.fingerprint;
    const now = { now: clock.now() };
    const made = (await resultOf(at("keys", "rotate", "--yes"), now)) as { fingerprint: string };
    const ours = await loadOurKeys(keys);
    expect(ours.all.map(({ publicKey }) => publicKey.fingerprint)).toEqual([made.fingerprint, old]);
    expect((await stat(join(keys, "retired", `${old}.asc`))).mode & 0o777).toBe(0o600);
    // The partner adds the card; what lay in the box for the old key is taken all the same.
    const add = ["partner", "add", prairie.card, "--fingerprint", made.fingerprint];
    await resultOf([...add, "--config", valley.configPath], now);
    await dropRelease(world, reference);
    expect((await meet(world, prairie)).counts.refused).toBe(0);
    expect((await meet(world, valley)).counts.refused).toBe(0);
    expect(await readdir(office(valley, "records"))).toEqual([reference]);
  });
});

describe("a new SSH key", () => {
  it("is made when it is asked for, and stands in the card", async () => {
    const { sshKey, sshPublicKey } = homePaths(await readConfig(world.prairie.configPath));
    const [key, shown] = await Promise.all([readFile(sshKey), readFile(sshPublicKey, "utf8")]);
    const now = { now: world.clock.now() };
    await resultOf(at("keys", "rotate", "--yes"), now);
    expect(await readFile(sshKey)).toEqual(key);
    const made = (await resultOf(at("keys", "rotate", "--ssh", "--yes"), now)) as {
      sshFingerprint: string;
    };
    const line = await readFile(sshPublicKey, "utf8");
    expect(line).not.toBe(shown);
    expect(hostKeyFingerprint(line.trim())).toBe(made.sshFingerprint);
    expect(publicPartOf(await readFile(sshKey))).toBe(made.sshFingerprint);
    expect((await stat(sshKey)).mode & 0o777).toBe(0o600);
    const card = await readCard(await readFile(world.prairie.card), world.clock.now());
    expect(card.card.SshPublicKey).toContain(line.trim());
  });
});

it("is made anew by an entity too, whose districts need not hear of it", async () => {
  await using folder = await temporaryFolder();
  const server = [
    "--public-address=sftp://sftp.state.example",
    `--host-key=SHA256:${"k".repeat(43)}`,
  ];
  const args = initArgs(join(folder.path, "e"), "2700000", "--role=entity", ...server);
  const entity = (await resultOf(args)) as Home;
  const before = await readCard(await readFile(entity.card), new Date());
  const argv = ["keys", "rotate", "--ssh", "--yes", "--config", entity.config];
  const said = await packetboat(argv);
  expect(said.stdout).toContain("entities of other states have added the new card");
  const after = await readCard(await readFile(entity.card), new Date());
  expect(before.card.SshPublicKey).toMatch(/^ssh-ed25519 /);
  expect(after.card.SshPublicKey).not.toBe(before.card.SshPublicKey);
});

describe("a backup", () => {
  it("brings a home back, which exchanges nothing until a person says so", async () => {
    const { valley, prairie } = world;
    await asked(world);
    const folder = join(world.folder, "backup");
    await resultOf(at("keys", "backup", folder));
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const stream = () =>
      withLedger(prairie, (ledger) =>
        ledger.selectFrom("settings").selectAll().where("name", "=", "stream").execute(),
      );
    const before = await stream();
    for (const part of ["keys", "state", "quarantine"]) {
      await rm(join(prairie.folder, part), { recursive: true });
    }
    await resultOf(["keys", "restore", folder]);
    expect(await stream()).not.toEqual(before);
    expect(await states(world)).toEqual(["Requested", "RequestReceived"]);
    expect((await errorOf(at("exchange"))).code).toBe("HOME_RECONCILING");
    await resultOf(at("exchange", "--proceed"), { now: world.clock.now() });
    expect((await meet(world, valley)).exit).toBe(0);
    expect((await readConfig(prairie.configPath)).agency.id).toBe(prairie.id);
  });

  it("brings the list of flagged students back, and leaves a younger one alone", async () => {
    const { prairie } = world;
    const [folder, flags] = [join(world.folder, "backup"), join(prairie.folder, "flags.csv")];
    await writeFile(flags, "StudentId\n1\n", { mode: 0o600 });
    await resultOf(at("keys", "backup", folder));
    const restored = async (): Promise<string> => {
      for (const part of ["keys", "state", "quarantine"]) {
        await rm(join(prairie.folder, part), { recursive: true });
      }
      await resultOf(["keys", "restore", folder]);
      return readFile(flags, "utf8");
    };
    await rm(flags);
    expect(await restored()).toBe("StudentId\n1\n");
    expect((await stat(flags)).mode & 0o777).toBe(0o600);
    await writeFile(flags, "StudentId\n2\n");
    expect(await restored()).toBe("StudentId\n2\n");
  });

  it("comes back private and whole, whatever modes the backup was left with", async () => {
    const { prairie } = world;
    const folder = join(world.folder, "backup");
    await resultOf(at("keys", "backup", folder));
    await chmod(join(folder, "keys"), 0o755);
    await chmod(join(folder, "keys", "openpgp.asc"), 0o644);
    await chmod(join(folder, "ledger.sqlite"), 0o644);
    for (const part of ["keys", "state", "quarantine", "office", "reports"]) {
      await rm(join(prairie.folder, part), { recursive: true });
    }
    await resultOf(["keys", "restore", folder]);
    expect((await stat(join(prairie.folder, "keys", "openpgp.asc"))).mode & 0o777).toBe(0o600);
    expect((await stat(join(prairie.folder, "office", "outbox"))).mode & 0o777).toBe(0o770);
    await resultOf(at("exchange", "--proceed"), { now: world.clock.now() });
    expect((await meet(world, prairie)).exit).toBe(0);
  });

  it("overwrites nothing, neither a folder nor a home", async () => {
    const folder = join(world.folder, "backup");
    await resultOf(at("keys", "backup", folder));
    expect((await errorOf(at("keys", "backup", folder))).code).toBe("FILE_EXISTS");
    expect((await errorOf(["keys", "restore", folder])).code).toBe("HOME_EXISTS");
    expect(await readFile(join(folder, "packetboat.yaml"), "utf8")).toContain("agency:");
  });
});
