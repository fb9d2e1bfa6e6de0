/**
 * A real `sshd`, set up with the files of `config/openssh/`, on a free port of this machine.
 *
 * It lives in a mount and a process namespace of its own: what is written to /etc, /srv, /run,
 * /var/log and /usr/local/sbin there exists nowhere else, so its Unix accounts are real and leave nothing behind, and
 * several run side by side. All of it ends when this process does, however that ends: its first
 * process reads from us, and the kernel kills the others with it.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ended, freePort } from "./servers.ts";
import type { BoxServer } from "../daemon/dropbox/server.ts";
import { hostKeyFingerprint, newSshKey } from "../daemon/dropbox/sshkeys.ts";

const SHIPPED = fileURLToPath(new URL("../config/openssh/", import.meta.url));
const HOST = "127.0.0.1";
const ENV = { PATH: `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin:/usr/bin:/bin`, LC_ALL: "C" };
const PROGRAMS = ["sshd", "ssh-keygen", "unshare", "nsenter", "mount", "useradd", "setpriv"];
const PORTS_TO_TRY = 5;

export interface OpenSsh extends BoxServer {
  /** The public half of its host key, as `known_hosts` has it. */
  readonly hostPublicKey: string;
  /** A path in an agency's box, on this machine's disk. */
  boxOnDisk(agencyId: string, ...path: string[]): string;
  /** Run a program as the server's administrator. @throws if it fails, with its `stdout` and `stderr` */
  asRoot(program: string, args: readonly string[], input?: string): Promise<string>;
  /** Before a program that is to run on the server, as its administrator. */
  readonly inside: readonly string[];
  /** What sshd has logged. */
  logged(): string;
}

/** The administrator's script. */
export const DISTRICT_SCRIPT = join(SHIPPED, "packetboat-district");

/** Why no real sshd can be started here, or null. */
export const hindrance: string | null = findHindrance();

/** For `describe.skipIf`: said aloud, once per test file. */
export const noOpenSsh: boolean = hindrance !== null;
if (noOpenSsh) {
  // Where it is known to be possible (.ci/run), leaving these tests out is a failure.
  if (process.env["PACKETBOAT_TEST_OPENSSH"] === "required") throw new Error(hindrance ?? "");
  process.stderr.write(`Skipped, no real OpenSSH here: ${hindrance}.\n`);
}

function findHindrance(): string | null {
  if (process.platform !== "linux") return "it needs Linux";
  if (process.getuid?.() !== 0) return "it needs root, to make accounts";
  const missing = PROGRAMS.filter((program) => !works("sh", "-c", `command -v ${program}`));
  if (missing.length > 0) return `not installed: ${missing.join(", ")}`;
  const attempt = "mount -t proc proc /proc && mount -t tmpfs tmpfs /srv && chown 1000:1000 /srv";
  const inside = works("unshare", "--mount", "--pid", "--fork", "sh", "-c", attempt);
  return inside ? null : "namespaces with accounts of their own cannot be made";
}

function works(program: string, ...args: string[]): boolean {
  try {
    execFileSync(program, args, { env: ENV, stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/**
 * The first process: makes the namespace a server of its own, then waits until we are gone.
 * sshd's own config is Debian's, untouched; the drop-in is ours; what only a test needs (port,
 * address, host key) is on the command line.
 *
 * $1 what becomes the chroot, $2 the host key, $3 the port, $4 config/openssh/
 */
const INIT = `
set -eu
read -r pid rest </proc/self/stat
mount -t proc proc /proc
mount -t tmpfs -o mode=0755 tmpfs /srv
mkdir /srv/etc /srv/packetboat
cp -a /etc/. /srv/etc
mount --bind /srv/etc /etc
mount --bind "$1" /srv/packetboat
mount -t tmpfs -o mode=0755 tmpfs /run
mount -t tmpfs -o mode=0755 tmpfs /var/log
mount -t tmpfs -o mode=0755 tmpfs /usr/local/sbin
mkdir -p /run/sshd /etc/ssh/sshd_config.d
rm -f /etc/ssh/sshd_config.d/* /etc/nologin
cp /usr/share/openssh/sshd_config /etc/ssh/sshd_config 2>/dev/null ||
  printf 'Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n' >/etc/ssh/sshd_config
install -m 0644 "$4/10-packetboat.conf" /etc/ssh/sshd_config.d/
sshd=$(command -v sshd)
echo "pid $pid"
{ "$sshd" -D -e -h "$2" -p "$3" -o ListenAddress=${HOST} -o PidFile=none || :
  echo "sshd has ended" >&2; } &
cat >/dev/null
`;

/**
 * @param root becomes the server's chroot, with its boxes; made if it is not there. Whoever starts
 *   a server removes it.
 */
export async function startOpenSsh(root: string): Promise<OpenSsh> {
  await mkdir(root, { recursive: true });
  const scratch = await mkdtemp(join(tmpdir(), "packetboat-sshd-"));
  const hostKey = newSshKey("openssh");
  const hostKeyFile = join(scratch, "host_key");
  await writeFile(hostKeyFile, hostKey.privateKey, { mode: 0o600 });
  const removeScratch = (): Promise<void> => rm(scratch, { recursive: true, force: true });
  const {
    port,
    pid,
    process: init,
    logged,
  } = await started(root, hostKeyFile).catch(async (error: unknown) => {
    await removeScratch();
    throw error;
  });

  const entering = ["--target", pid, "--mount", "--pid", "--"];
  const asRoot = async (
    program: string,
    args: readonly string[],
    input?: string,
  ): Promise<string> => {
    const running = promisify(execFile)("nsenter", [...entering, program, ...args], { env: ENV });
    // One that refuses before it has read everything is no failure of ours.
    running.child.stdin?.on("error", () => undefined).end(input ?? "");
    return (await running).stdout;
  };
  const close = async (): Promise<void> => {
    await ended(init);
    await removeScratch();
  };
  return {
    host: HOST,
    port,
    hostKey: hostKeyFingerprint(hostKey.publicKey),
    hostPublicKey: hostKey.publicKey,
    admit: async ({ name, agencyId, publicKeys, isPeer = false }) => {
      if (isPeer) throw new Error(`${name} is made by the script of directory accounts here`);
      if (name !== `lea${agencyId}`) throw new Error(`${name} is no account of ${agencyId} here`);
      await asRoot(DISTRICT_SCRIPT, ["add", agencyId, "-"], publicKeys.join("\n"));
    },
    boxOnDisk: (agencyId, ...path) => join(root, "boxes", agencyId, ...path),
    asRoot,
    inside: ["nsenter", ...entering],
    logged,
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Started {
  readonly port: number;
  /** of the namespace's first process, as this machine counts */
  readonly pid: string;
  readonly process: ChildProcess;
  readonly logged: () => string;
}

/** Between our look for a free port and sshd's taking it somebody else may have it: then another one. */
async function started(root: string, hostKeyFile: string): Promise<Started> {
  let log = "";
  for (let attempt = 0; attempt < PORTS_TO_TRY; attempt++) {
    const port = await freePort();
    const init = spawn(
      "unshare",
      ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", INIT, "sh"].concat([
        root,
        hostKeyFile,
        String(port),
        SHIPPED,
      ]),
      { env: ENV, stdio: ["pipe", "pipe", "pipe"] },
    );
    let pid = "";
    createInterface(init.stdout).on("line", (line) => (pid = line.replace("pid ", "")));
    const lines = createInterface(init.stderr);
    log = "";
    lines.on("line", (line) => (log += `${line}\n`));
    const listens = await new Promise<boolean>((resolve) => {
      lines.on("line", (line) => {
        if (line.startsWith(`Server listening on ${HOST} port ${port}.`)) resolve(true);
        if (line === "sshd has ended") resolve(false);
      });
      init.once("close", () => resolve(false));
    });
    if (listens) return { port, pid, process: init, logged: () => log };
    await ended(init);
  }
  throw new Error(`sshd does not start:\n${log}`);
}
