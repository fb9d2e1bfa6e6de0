/** What is printed to share folders with others, tried with the programs it is printed for. */
import { execFile, execFileSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { membership } from "../../daemon/commands/checks/folders.ts";
import { making } from "../../daemon/commands/home/sharing.ts";
import { dropFolderPaths, readConfig } from "../../daemon/config.ts";
import { ownAccount } from "../../daemon/people.ts";
import { list, row } from "../desk/csv.ts";
import { meet, newWorld, office, REGISTRAR, withLedger } from "../homes.ts";
import { noSamba, startSamba } from "../samba.ts";
import { configure } from "../scene.ts";
import { initArgs, temporaryFolder } from "./home.ts";
import { packetboat } from "./terminal.ts";

const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
const noTestparm = ((): boolean => {
  try {
    execFileSync("sh", ["-c", "command -v testparm"], { env: { PATH }, stdio: "ignore" });
    return false;
  } catch {
    return true;
  }
})();
if (noTestparm) process.stderr.write("Skipped, no testparm: Samba is not installed.\n");

const modeAndGroup = async (path: string): Promise<string> => {
  const { mode, gid } = await stat(path);
  return `${(mode & 0o7777).toString(8)} ${gid}`;
};

describe("init", () => {
  it("says how its folders are handed to groups", async () => {
    await using folder = await temporaryFolder();
    const { stdout } = await packetboat(initArgs("mine", "2700105"), { cwd: folder.path });
    const home = join(folder.path, "mine");
    expect(stdout).toContain(`  usermod --append --groups GROUP ${ownAccount()}\n`);
    for (const [path, group] of [
      ["office", "GROUP"],
      ["reports/registrar", "GROUP"],
      ["reports/it", "IT-GROUP"],
    ] as const) {
      const whole = join(home, path);
      expect(stdout).toContain(
        `  chgrp -R ${group} ${whole} && find ${whole} -type d -exec chmod 2770 {} +\n`,
      );
    }
    expect(stdout).toContain("dropFolders.office.group, reports.registrar.group, reports.it.group");
  });

  it.skipIf(noTestparm)("prints shares that Samba reads, and none for IT's reports", async () => {
    await using folder = await temporaryFolder();
    const { stdout } = await packetboat(initArgs("mine", "2700105"), { cwd: folder.path });
    const [, sections = ""] = stdout.split("/etc/samba/smb.conf:\n");
    const file = join(folder.path, "smb.conf");
    await writeFile(file, `[global]\nserver role = standalone server\n${sections}`);
    const { stdout: read, stderr } = await promisify(execFile)("testparm", ["-s", file], {
      env: { PATH },
    });
    expect(stderr).not.toMatch(/unknown|ignoring|invalid|ERROR/i);
    expect(read.match(/^\[.*\]$/gm)).toEqual([
      "[global]",
      "[packetboat-office]",
      "[packetboat-reports-registrar]",
    ]);
    expect(read).toContain("inherit permissions = Yes");
    expect(read).toContain("force group = GROUP");
    expect(read).not.toContain("force user");
  });
});

describe("check", () => {
  it.skipIf(process.getuid?.() !== 0)(
    "prints commands that make a missing folder as it must be",
    async () => {
      const root = await mkdtemp(join(tmpdir(), "packetboat-sharing-"));
      const path = join(root, "it's new");
      const below = Object.values(dropFolderPaths({ path }));
      const commands = making({ path, below, group: "games" }, "root").join(" && ");
      await promisify(execFile)("sh", ["-c", commands]);
      const { gid } = await stat(path);
      for (const each of [path, ...below]) expect(await modeAndGroup(each)).toBe(`2770 ${gid}`);
      expect(gid).not.toBe(process.getgid?.());
      await rm(root, { recursive: true });
    },
  );

  it("says so when packetboat's user is not in the group of a folder", () => {
    const group = { name: "registrars", number: 4711 };
    expect(membership("dropFolders.sis", group, { user: 1000, groups: [1000, 4711] })).toBeNull();
    expect(membership("dropFolders.sis", group, { user: 0, groups: [0] })).toBeNull();
    expect(membership("dropFolders.sis", group, { user: 1000, groups: [1000] })).toMatchObject({
      level: "warning",
      sentence: expect.stringContaining("is not in the group registrars") as string,
      hint: expect.stringContaining("usermod --append --groups registrars") as string,
    });
  });
});

describe.skipIf(noSamba)("a share as init prints it", () => {
  it("keeps who dropped a file, and hands what is made in it to the group", async () => {
    await using world = await newWorld();
    const { valley } = world;
    const { gid } = await stat("/var/games").catch(() => ({ gid: 60 }));
    for (const path of [
      office(valley),
      ...Object.values(dropFolderPaths({ path: office(valley) })),
    ]) {
      await chown(path, 0, gid);
      await chmod(path, 0o2770);
    }
    await openTheWay(world.folder, valley.folder);
    const person = { username: REGISTRAR, name: "Example", osUser: "games", may: ["request"] };
    await configure(valley, { at: ["people"], value: [person] });
    await using samba = await startSamba(office(valley));
    const local = join(world.folder, "list.csv");
    await writeFile(local, list([row(), row({ SourceReference: "S-2", Sex: "?" })]));
    await samba.as("games", "cd outbox", `put ${local} list.csv`, "mkdir later");
    expect(await modeAndGroup(office(valley, "outbox", "later"))).toBe(`2770 ${gid}`);
    expect(await modeAndGroup(office(valley, "outbox", "list.csv"))).toMatch(
      new RegExp(`^660 ${gid}$`),
    );
    await meet(world, valley);
    await withLedger(valley, async (ledger) => {
      const events = await ledger.selectFrom("transfer_events").selectAll().execute();
      expect(events).toMatchObject([{ who: REGISTRAR, authentication: "OperatingSystem" }]);
    });
    expect(
      (await readdir(office(valley, "refused"))).filter((name) => !name.startsWith(".")),
    ).toEqual(["list.csv", "list.csv.faults.txt"]);
    expect(await samba.as("news", "cd refused", "ls")).toContain("list.csv.faults.txt");
    const mended = join(world.folder, "mended.csv");
    await samba.as("games", "cd refused", `get list.csv ${mended}`);
    expect((await readConfig(valley.configPath)).people).toHaveLength(1);
    await promisify(execFile)("sed", ["-i", "s/,?,/,F,/", mended]);
    await samba.as("games", "cd outbox", `put ${mended} list.csv`);
    await meet(world, valley);
    await withLedger(valley, async (ledger) => {
      expect(await ledger.selectFrom("transfers").selectAll().execute()).toHaveLength(2);
    });
  }, 60_000);
});

/** Temporary folders are closed to others. */
async function openTheWay(...folders: string[]): Promise<void> {
  for (const folder of folders) {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o711);
  }
}
