/** Homes as people make them: by `init`, cards exchanged by hand, boxes on the embedded SFTP server. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { editConfig, homePaths, readConfig } from "../daemon/config.ts";
import { exchangeOf } from "../daemon/daemon.ts";
import { readCard } from "../daemon/directory/card.ts";
import { startServer, type EmbeddedServer } from "../daemon/dropbox/server.ts";
import { exchange, type ExchangeResult } from "../daemon/exchange.ts";
import { openLedger, type Ledger } from "../daemon/ledger/connect.ts";
import { silentLog } from "../daemon/log.ts";
import { resultOf } from "./commands/terminal.ts";

export const STUDENTS = fileURLToPath(new URL("../fixtures/students/", import.meta.url));

export interface World extends AsyncDisposable {
  readonly folder: string;
  readonly server: EmbeddedServer;
}

export interface Home {
  readonly id: string;
  readonly folder: string;
  readonly configPath: string;
  readonly card: string;
}

const PEOPLE = `
people:
  - username: pat.registrar
    name: Pat Registrar
    workPhone: "555-555-0100"
    email: pat.registrar@district.example
    may: [request, release]
`;

/** Nothing is waited for, and a name in a file is enough. */
const SETTINGS = [
  { at: ["dropFolders", "office", "ready"], value: { unchangedForSeconds: 1 } },
  { at: ["releases", "holdBackMinutes"], value: 0 },
  { at: ["releases", "allowDeclaredUser"], value: true },
];

/** A folder of its own with a server in it; both are gone when the test is over. */
export async function newWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), "packetboat-test-"));
  const server = await startServer(join(folder, "server"));
  return {
    folder,
    server,
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A home made by `init`, with an account and a box on the server. */
export async function newHome(world: World, id: string, name: string, now: Date): Promise<Home> {
  const { server, folder: parent } = world;
  const folder = join(parent, id);
  const account = `lea${id}`;
  const box = `sftp://${account}@${server.host}:${server.port}/boxes/${id}`;
  const place = ["--city", "Example City", "--state", "MN", "--zip", "55001"];
  const who = ["--role", "district", "--agency-id", id, "--name", name, "--phone", "555-555-0199"];
  const where = ["--drop-box", box, "--host-key", server.hostKey, "--yes"];
  const home = (await resultOf(["init", folder, ...who, ...place, ...where], { now })) as {
    config: string;
    card: string;
  };
  const text = await readFile(home.config, "utf8");
  await writeFile(home.config, editConfig(text, SETTINGS) + PEOPLE);
  await resultOf(["keys", "card", "--config", home.config], { now });
  const { keys } = homePaths({ home: folder });
  const publicKey = await readFile(join(keys, "ssh_ed25519.pub"), "utf8");
  await server.admit({ name: account, agencyId: id, publicKeys: [publicKey] });
  return { id, folder, configPath: home.config, card: home.card };
}

/** Each trusts the other's card. */
export async function introduce(one: Home, other: Home, now: Date): Promise<void> {
  for (const [home, partner] of [
    [one, other],
    [other, one],
  ] as const) {
    const card = await readCard(await readFile(partner.card), now);
    const args = ["partner", "add", partner.card, "--fingerprint", card.fingerprint];
    await resultOf([...args, "--config", home.configPath], { now });
  }
}

/** A clock that stands still until it is moved, and that a pause moves. */
export class Clock {
  #at: number;

  constructor(at: string) {
    this.#at = Date.parse(at);
  }

  readonly now = (): Date => new Date(this.#at);

  readonly pause = async (ms: number): Promise<void> => {
    this.#at += ms;
  };

  pass(by: { days?: number; hours?: number; minutes?: number }): void {
    const { days = 0, hours = 0, minutes = 0 } = by;
    this.#at += ((days * 24 + hours) * 60 + minutes) * 60_000;
  }
}

/** What a test does with a home's ledger; closed when it is done. */
export async function withLedger<T>(home: Home, use: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = await openLedger(homePaths({ home: home.folder }).ledger);
  try {
    return await use(ledger);
  } finally {
    await ledger.destroy();
  }
}

/** One exchange of a home. */
export const exchangeAt = (home: Home, clock: Clock): Promise<ExchangeResult> =>
  withLedger(home, async (ledger) => {
    const config = await readConfig(home.configPath);
    const { now, pause } = clock;
    return exchange(await exchangeOf({ config, ledger, now, pause, log: silentLog() }));
  });
