import { createInterface } from "node:readline/promises";
import { resolve } from "node:path";
import { type Config, districtOf, homePaths, readConfig } from "../../config.ts";
import { PacketboatError } from "../../errors.ts";
import type { Ledger } from "../../ledger/connect.ts";
import type { Log, OpenLog } from "../../log.ts";
import { type Actor, ownAccount, whoActs } from "../../people.ts";
import type { Edge } from "./edge.ts";
import { shown } from "./shown.ts";

/** Options that every command has. */
export interface Globals {
  readonly config?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly as?: string;
}

/** What commands have in common. Nothing is read or opened before it is asked for. */
export class Context implements AsyncDisposable {
  readonly #edge: Edge;
  readonly #globals: Globals;
  #config: Promise<Config> | undefined;
  #ledger: Promise<Ledger> | undefined;
  #log: Promise<OpenLog> | undefined;

  constructor(edge: Edge, globals: Globals) {
    this.#edge = edge;
    this.#globals = globals;
  }

  /** Username named by `--as`. */
  get as(): string | undefined {
    return this.#globals.as;
  }

  /** For commands that go on until somebody ends them; who asks for it must obey. */
  get signal(): AbortSignal {
    return this.#edge.signal();
  }

  /** For commands that can be told something while they go on. */
  get listen(): Edge["listen"] {
    return this.#edge.listen;
  }

  get now(): () => Date {
    return this.#edge.now;
  }

  get env(): Edge["env"] {
    return this.#edge.env;
  }

  /** Is there a person to ask? */
  get isAttended(): boolean {
    return this.#edge.stdin.isTTY === true && this.#edge.stderr.isTTY === true;
  }

  /** Where a person sees how far a long work is: on stderr; `null` if nobody looks, or wants to. */
  get progressOn(): Edge["stderr"] | null {
    const { json, quiet } = this.#globals;
    const { stderr } = this.#edge;
    return json || quiet || stderr.isTTY !== true ? null : stderr;
  }

  /** Paths that are typed start at the caller's folder, also when npm started us. */
  path(typed: string): string {
    return resolve(this.#edge.env.INIT_CWD ?? this.#edge.cwd, typed);
  }

  get configPath(): string {
    const named = this.#globals.config ?? this.#edge.env.PACKETBOAT_CONFIG;
    return this.path(named === undefined || named === "" ? "packetboat.yaml" : named);
  }

  /** @throws PacketboatError CONFIG_NOT_FOUND, CONFIG_INVALID, CONFIG_UNSAFE, FILE_UNREADABLE */
  config(): Promise<Config> {
    this.#config ??= this.readConfig();
    return this.#config;
  }

  /**
   * The same, for what only a district does: at an entity it is refused before anything is looked up.
   *
   * @throws PacketboatError ROLE_DIFFERS
   */
  async district(): Promise<Config> {
    const config = await this.config();
    districtOf(config);
    return config;
  }

  /** The config as it stands now, for those who read it again. The same refusals. */
  readConfig(): Promise<Config> {
    return readConfig(this.configPath, this.#edge.env.CREDENTIALS_DIRECTORY);
  }

  /**
   * Who decides: named by `--as`, or else by a document, or by the account that runs the command.
   *
   * @throws PacketboatError PERSON_UNKNOWN
   */
  async actor(named?: string | null): Promise<Actor> {
    const username = this.as ?? named ?? undefined;
    return whoActs(await this.config(), { username, osUser: ownAccount() });
  }

  /** The ledger of the home, closed when the command ends. */
  ledger(): Promise<Ledger> {
    this.#ledger ??= this.#openLedger();
    return this.#ledger;
  }

  /** The log of the home, closed when the command ends. Facts go there; people read stdout. */
  log(): Promise<Log> {
    this.#log ??= this.#openLog(undefined);
    return this.#log;
  }

  /** The same, shown on stdout as well: for whoever runs the daemon under a service manager. */
  shownLog(): Promise<Log> {
    const { json, quiet } = this.#globals;
    this.#log ??= this.#openLog(json || quiet ? undefined : this.#edge.stdout);
    return this.#log;
  }

  /** Tell people something at once, before the command ends. Not with `--json` or `--quiet`. */
  say(line: string): void {
    if (this.#globals.json || this.#globals.quiet) return;
    this.#edge.stdout.write(`${shown(line)}\n`);
  }

  /**
   * Ask whoever sits at the terminal.
   *
   * @param lines what they must know to answer
   * @param unattended what to say where nobody sits
   * @returns whether they said yes
   * @throws PacketboatError CONFIRMATION_NEEDED if there is nobody to ask
   */
  async confirm(lines: readonly string[], question: string, unattended: string): Promise<boolean> {
    if (!this.isAttended) throw new PacketboatError("CONFIRMATION_NEEDED", unattended);
    const { stdin: input, stderr: output } = this.#edge;
    for (const line of lines) output.write(`${shown(line)}\n`);
    const terminal = createInterface({ input, output });
    try {
      const answer = await terminal.question(`${shown(question)} [yes/no] `);
      return /^y(?:es)?$/i.test(answer.trim());
    } finally {
      terminal.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What could not be opened has told so already.
    const ledger = await this.#ledger?.catch(() => undefined);
    await ledger?.destroy();
    const log = await this.#log?.catch(() => undefined);
    await log?.close();
  }

  async #openLedger(): Promise<Ledger> {
    const { openLedger } = await import("../../ledger/connect.ts");
    return await openLedger(homePaths(await this.config()).ledger);
  }

  async #openLog(shownOn: Edge["stdout"] | undefined): Promise<OpenLog> {
    const { openLog } = await import("../../log.ts");
    const { stderr, env } = this.#edge;
    const isDebugging = env.PACKETBOAT_DEBUG === "1";
    const stream = shownOn ?? (isDebugging ? stderr : undefined);
    return openLog({
      file: homePaths(await this.config()).log,
      ...(isDebugging ? { level: "debug" } : {}),
      ...(stream ? { stream } : {}),
    });
  }
}
