/** The script that districts use today, with keys, accounts and boxes of its own on the same server. */
import { execFileSync, spawn } from "node:child_process";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newSshKey } from "../../daemon/dropbox/sshkeys.ts";
import { type AgencyId, parseAgencyId } from "../../daemon/ids.ts";
import { Gpg } from "../keys/gpg.ts";
import type { OpenSsh } from "../openssh.ts";
import { cpuSeconds, processOf } from "../state-night/gauge.ts";
import { exitOf, type Ran } from "./bench.ts";
import type { Files } from "./evening.ts";
import { childrensCpuSeconds, watchSession } from "./meter.ts";

const SCRIPT = join(import.meta.dirname, "script.sh");
const XSD = join(import.meta.dirname, "../../schemas/transfer-packet.xsd");
const PROGRAMS = ["bash", "gpg", "xmllint", "sftp", "tar", "xargs"];

/** Programs that are not here; the script is left out then. */
export const missingPrograms: readonly string[] = PROGRAMS.filter((program) => {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    return false;
  } catch {
    return true;
  }
});

/** What a bench says of that. */
export const skippedScripts: readonly string[] =
  missingPrograms.length > 0 ? [`the script: not installed: ${missingPrograms.join(", ")}`] : [];

/** One of two agencies, and how it logs in. */
export interface Side {
  readonly id: AgencyId;
  readonly account: string;
  /** Its own box, as its account sees it. */
  readonly box: string;
  readonly privateKeyFile: string;
  /** Where it works: `outbox/`, `incoming/` … */
  readonly base: string;
}

/**
 * The outbox of whoever sends by other means, and nothing else of an earlier run.
 *
 * @returns the paths of its files
 */
export async function fillOutbox(
  { sender, receiver }: { readonly sender: Side; readonly receiver: Side },
  files: Files,
): Promise<string[]> {
  for (const { base } of [sender, receiver]) {
    await rm(base, { recursive: true, force: true });
    await mkdir(join(base, "outbox"), { recursive: true });
  }
  const paths: string[] = [];
  for (const [name, content] of files) {
    const path = join(sender.base, "outbox", name);
    await writeFile(path, content);
    paths.push(path);
  }
  return paths;
}

/** Two more accounts on the server, for whoever is no packetboat. */
export async function sidesOn(
  server: OpenSsh,
  folder: string,
): Promise<{ sender: Side; receiver: Side }> {
  const admitted = async (id: string): Promise<Side> => {
    const agencyId = parseAgencyId(id);
    const account = `lea${id}`;
    const base = join(folder, account);
    await mkdir(join(base, "outbox"), { recursive: true });
    const { privateKey, publicKey } = newSshKey(account);
    const privateKeyFile = join(folder, `${account}.ssh`);
    await writeFile(privateKeyFile, privateKey, { mode: 0o600 });
    await server.admit({ name: account, agencyId, publicKeys: [publicKey] });
    return { id: agencyId, account, box: `/boxes/${id}/test`, privateKeyFile, base };
  };
  return { sender: await admitted("2700999"), receiver: await admitted("3900999") };
}

/** Each file alone, all as one tar, or documents that are no XML. */
export type Form = "" | "-tar" | "-file";

export class Script implements AsyncDisposable {
  readonly #sender: Side;
  readonly #receiver: Side;
  readonly #gpgs: { sender: Gpg; receiver: Gpg };
  readonly #fingerprints: { sender: string; receiver: string };

  private constructor(
    { sender, receiver }: { sender: Side; receiver: Side },
    gpgs: { sender: Gpg; receiver: Gpg },
    fingerprints: { sender: string; receiver: string },
  ) {
    this.#sender = sender;
    this.#receiver = receiver;
    this.#gpgs = gpgs;
    this.#fingerprints = fingerprints;
  }

  /** Keys of the kind that packetboat has: Ed25519 to sign with, Curve25519 to be encrypted for. */
  static async start(server: OpenSsh, sides: { sender: Side; receiver: Side }): Promise<Script> {
    const [sender, receiver] = [await Gpg.start(), await Gpg.start()];
    const made = async (gpg: Gpg, name: string): Promise<string> =>
      gpg.generate(name, ["ed25519", "cv25519"]);
    const fingerprints = {
      sender: await made(sender, "Sender"),
      receiver: await made(receiver, "Receiver"),
    };
    await receiver.import(await sender.exported(fingerprints.sender, "--export"));
    await sender.import(await receiver.exported(fingerprints.receiver, "--export"));
    for (const side of [sides.sender, sides.receiver]) {
      const knownHosts = `${side.privateKeyFile}.hosts`;
      await writeFile(knownHosts, `[${server.host}]:${server.port} ${server.hostPublicKey}`);
      const settings = {
        HostName: server.host,
        Port: server.port,
        User: side.account,
        IdentityFile: side.privateKeyFile,
        IdentitiesOnly: "yes",
        UserKnownHostsFile: knownHosts,
        StrictHostKeyChecking: "yes",
        BatchMode: "yes",
      };
      const lines = Object.entries(settings).map(([name, value]) => `  ${name} ${value}\n`);
      await writeFile(`${side.privateKeyFile}.config`, `Host box\n${lines.join("")}`);
    }
    return new Script(sides, { sender, receiver }, fingerprints);
  }

  /** Everything in the outbox, to the other side, checked. */
  async run(form: Form): Promise<Ran> {
    const there = await this.#step("sender", `send${form}`);
    const here = await this.#step("receiver", `receive${form}`);
    return {
      seconds: there.seconds + here.seconds,
      cpuSeconds: there.cpuSeconds + here.cpuSeconds,
      peakMegabytes: Math.max(there.peakMegabytes, here.peakMegabytes),
    };
  }

  /** Files that have arrived and are right. */
  async arrived(): Promise<number> {
    return (await readdir(join(this.#receiver.base, "incoming"))).length;
  }

  async #step(who: "sender" | "receiver", step: string): Promise<Ran> {
    const side = who === "sender" ? this.#sender : this.#receiver;
    const other = who === "sender" ? "receiver" : "sender";
    const agent = `--homedir ${this.#gpgs[who].home}`;
    const ofAgent = (): number => cpuSeconds(processOf("gpg-agent", agent) ?? 0);
    const before = (await childrensCpuSeconds()) + ofAgent();
    const began = performance.now();
    const child = spawn("bash", [SCRIPT, step], {
      detached: true,
      stdio: ["ignore", "inherit", "inherit"],
      env: {
        PATH: process.env["PATH"],
        HOME: side.base,
        LC_ALL: "C",
        GNUPGHOME: this.#gpgs[who].home,
        ME: this.#fingerprints[who],
        THEM: this.#fingerprints[other],
        BASE: side.base,
        BOX: this.#receiver.box,
        SSH: `${side.privateKeyFile}.config`,
        XSD,
      },
    });
    const watched = watchSession(child.pid ?? 0);
    const exit = await exitOf(child);
    const seconds = (performance.now() - began) / 1000;
    const peak = watched.stop();
    if (exit !== 0) throw new Error(`script.sh ${step} ended with ${exit}`);
    const cpu = (await childrensCpuSeconds()) + ofAgent() - before;
    return { seconds, cpuSeconds: cpu, peakMegabytes: peak };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gpgs.sender.stop();
    await this.#gpgs.receiver.stop();
  }
}
