/**
 * A real `smbd` on a free port of this machine, with one share, for two accounts that every Debian has.
 * It lives in a process namespace of its own and ends when this process does, however that ends.
 */
import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { shareLines } from "../daemon/commands/home/sharing.ts";
import { ended, freePort } from "./servers.ts";

const HOST = "127.0.0.1";
const ENV = {
  PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin:/usr/bin:/bin`,
  LC_ALL: "C.UTF-8",
};
const PROGRAMS = ["smbd", "smbpasswd", "smbclient", "unshare"];
const PASSWORD = "boat";

/** Accounts of the operating system that stand for registrars here. */
export const SAMBA_USERS = ["games", "news"] as const;
export type SambaUser = (typeof SAMBA_USERS)[number];

export interface Samba extends AsyncDisposable {
  /**
   * What somebody does with the share over the network, in smbclient's words: `put`, `get`, `ls`, `del` …
   *
   * @returns what smbclient said @throws if any of it fails
   */
  as(user: SambaUser, ...commands: string[]): Promise<string>;
}

/** For `describe.skipIf`. */
export const noSamba: boolean =
  process.getuid?.() !== 0 || !PROGRAMS.every((program) => isThere(program));

function isThere(program: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`], { env: ENV, stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** @param folder is shared with both accounts, as `packetboat init` tells administrators to share it */
export async function startSamba(folder: string): Promise<Samba> {
  const scratch = await mkdtemp(join(tmpdir(), "packetboat-smbd-"));
  const config = join(scratch, "smb.conf");
  const port = await freePort();
  await writeFile(config, configOf(scratch, folder, port));
  for (const name of ["private", "lock", "state", "cache"]) await mkdir(join(scratch, name));
  for (const user of SAMBA_USERS) {
    const input = `${PASSWORD}\n${PASSWORD}\n`;
    execFileSync("smbpasswd", ["-c", config, "-s", "-a", user], {
      env: ENV,
      input,
      stdio: ["pipe", "ignore", "ignore"],
    });
  }
  // Its first process reads from us: when we are gone it ends, and the kernel ends the others with it.
  const script = `smbd --foreground --no-process-group -s "$1" -l "$2" & cat >/dev/null`;
  const server = spawn(
    "unshare",
    ["--pid", "--fork", "--kill-child", "sh", "-c", script, "sh", config, scratch],
    { env: ENV, stdio: ["pipe", "ignore", "ignore"] },
  );
  await listening(port);
  return {
    as: async (user, ...commands) => {
      const login = ["-p", String(port), "-U", `${user}%${PASSWORD}`];
      const asked = [...login, `//${HOST}/packetboat-office`, "-c", commands.join("; ")];
      const { stdout } = await promisify(execFile)("smbclient", asked, { env: ENV });
      if (/^NT_STATUS_/m.test(stdout)) throw new Error(stdout);
      return stdout;
    },
    [Symbol.asyncDispose]: async () => {
      await ended(server);
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

const configOf = (scratch: string, folder: string, port: number): string => `[global]
server role = standalone server
smb ports = ${port}
interfaces = lo
bind interfaces only = yes
private dir = ${scratch}/private
lock directory = ${scratch}/lock
state directory = ${scratch}/state
cache directory = ${scratch}/cache
pid directory = ${scratch}/lock
ncalrpc dir = ${scratch}/ncalrpc
passdb backend = tdbsam
disable netbios = yes
load printers = no

${shareLines({ name: "office", path: folder, group: "games", isReport: false })
  .join("\n")
  .replace("@games", SAMBA_USERS.join(" "))}
`;

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = connect(port, HOST);
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await sleep(50);
  }
  throw new Error("smbd does not start");
}
