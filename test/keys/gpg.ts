/** GnuPG as a stranger: a home of its own, no questions, no network. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const FLAGS =
  "--batch --no-tty --yes --quiet --no-auto-key-locate --disable-dirmngr --trust-model always --pinentry-mode loopback --passphrase=".split(
    " ",
  );

/** Its version, or null if it is not installed. */
export function gpgVersion(): string | null {
  try {
    return execFileSync("gpg", ["--version"], { encoding: "utf8" }).split("\n")[0] ?? null;
  } catch {
    return null;
  }
}

export class Gpg {
  readonly #home: string;

  private constructor(home: string) {
    this.#home = home;
  }

  static async start(): Promise<Gpg> {
    return new Gpg(await mkdtemp(join(tmpdir(), "gpg-")));
  }

  /** Its GNUPGHOME. */
  get home(): string {
    return this.#home;
  }

  async stop(): Promise<void> {
    await run("gpgconf", ["--kill", "all"], { env: this.#env }).catch(() => undefined);
    await rm(this.#home, { recursive: true, force: true });
  }

  /** Give it input in a file, and take its output from another. */
  async run(args: readonly string[], input: Uint8Array | string = ""): Promise<GpgOutput> {
    const [inFile, outFile] = [join(this.#home, "in"), join(this.#home, "out")];
    await writeFile(inFile, input);
    await rm(outFile, { force: true });
    const all = [...FLAGS, "--status-fd", "1", "--output", outFile, ...args, inFile];
    const { stdout } = await run("gpg", all, { env: this.#env });
    return { bytes: await readFile(outFile).catch(() => Buffer.of()), status: stdout };
  }

  async import(armored: string): Promise<void> {
    await this.run(["--import"], armored);
  }

  /** A key of one kind to sign with and of one to be encrypted for. @returns its fingerprint */
  async generate(name: string, [signing, encryption]: [string, string]): Promise<string> {
    const flags = [...FLAGS, "--status-fd", "1"];
    const made = await run(
      "gpg",
      [...flags, "--quick-generate-key", name, signing, "sign", "never"],
      {
        env: this.#env,
      },
    );
    const fingerprint = /KEY_CREATED \S+ ([0-9A-F]{40})/.exec(made.stdout)?.[1] ?? "";
    await this.addSubkey(fingerprint, encryption, "encr");
    return fingerprint;
  }

  /** gpg uses the newest for what it is good for. */
  async addSubkey(fingerprint: string, kind: string, use: "sign" | "encr"): Promise<void> {
    const flags = [...FLAGS, "--status-fd", "1"];
    await run("gpg", [...flags, "--quick-add-key", fingerprint, kind, use, "never"], {
      env: this.#env,
    });
  }

  async exported(fingerprint: string, what: "--export" | "--export-secret-keys"): Promise<string> {
    const args = [...FLAGS, "--armor", what, fingerprint];
    const { stdout } = await run("gpg", args, { env: this.#env });
    return stdout;
  }

  get #env(): NodeJS.ProcessEnv {
    return { ...process.env, GNUPGHOME: this.#home, LC_ALL: "C" };
  }
}

export interface GpgOutput {
  readonly bytes: Buffer;
  /** Its `--status-fd` lines: GOODSIG, DECRYPTION_OKAY … */
  readonly status: string;
}
