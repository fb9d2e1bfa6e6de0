/**
 * A ledger of many years: a transfer that was made in earnest stands in it a million times, each time under other ids,
 * with all that was said of it. What is asked of it every day must not take longer for that.
 */
import { readdir, stat } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { homePaths, readConfig } from "../../daemon/config.ts";
import { standingNow } from "../../daemon/commands/standing/standing.ts";
import {
  asked,
  type District,
  drop,
  meet,
  newWorld,
  office,
  recordAlone,
  withLedger,
} from "../homes.ts";
import { type Bench, medianOf, runAlone, runProfiled, timed, worstOf } from "./bench.ts";

const MESSAGES = 5_000_000;
const FEW_MESSAGES = 20_000;
const LOOKS = 20;
const FEW_LOOKS = 3;
const MOST_MS = 200;

interface Copied {
  /** Columns that are others in each copy; `n` is its number. */
  readonly changed: Readonly<Record<string, string>>;
  /** One copy for so many of the others. */
  readonly every: number;
}

/** As many messages as in life go in one packet. */
const IN_A_PACKET = 20;

const copied = (ids: readonly string[], more = {}, every = 1): Copied => ({
  changed: { ...Object.fromEntries(ids.map((name) => [name, idOf(name)])), ...more },
  every,
});

const COPIED: Readonly<Record<string, Copied>> = {
  transfers: copied(["transfer_id"], { reference: "printf('%08X', n)" }),
  transfer_events: copied(["transfer_id"], { event_id: "NULL" }),
  messages_out: copied(["message_id", "transfer_id", "content_id", "packet_id"]),
  messages_in: copied(["message_id", "transfer_id", "claim_id"]),
  packets_out: copied(
    ["packet_id"],
    { sequence: "sequence + 100 * n", file_name: "file_name || n" },
    IN_A_PACKET,
  ),
  packets_in: copied(
    ["claim_id", "packet_id"],
    { sequence: "sequence + 100 * n", file_name: "file_name || n" },
    IN_A_PACKET,
  ),
  packets_seen: copied(["packet_id", "claim_id"], {}, IN_A_PACKET),
  disclosures: copied(["disclosure_id", "transfer_id"]),
  publications: copied(["publication_id", "transfer_id"], {
    hidden_path: "hidden_path || n",
    final_path: "final_path || n",
  }),
};

/** The beginning of an id is its time; what follows is the copy's own. */
function idOf(column: string): string {
  return `CASE WHEN ${column} IS NULL THEN NULL ELSE substr(${column}, 1, 24) || printf('%012x', (n * 7919 + 1) % 281474976710656) END`;
}

export const longLedger: Bench = async (wanted) => {
  const messages = wanted.rows ?? (wanted.quick ? FEW_MESSAGES : MESSAGES);
  await using world = await newWorld(new Date().toISOString());
  const { valley, prairie } = world;
  await asked(world);
  await meet(world, valley);
  const [reference = ""] = await readdir(office(prairie, "requests"));
  const about = `<Release><Reference>${reference}</Reference>`;
  await drop(prairie, "release.xml", (await recordAlone()).replace("<Release>", about));
  for (const home of [prairie, valley, prairie, valley]) await meet(world, home);
  const { copies, rows } = copyAll(valley, messages);
  wanted.say(`${rows} messages of ${copies} transfers`);
  const { ledger: file } = homePaths(await readConfig(valley.configPath));
  const { size } = await stat(file);

  const config = await readConfig(valley.configPath);
  const times = await withLedger(valley, (ledger) =>
    timed(Array.from({ length: wanted.quick ? FEW_LOOKS : LOOKS }), () =>
      standingNow(config, ledger, new Date()),
    ),
  );
  const command = await runAlone(valley, "status");
  const exchange = await runProfiled(valley, wanted, "exchange");
  const median = medianOf(times);
  return {
    about: `a ledger with ${rows} messages of ${copies} transfers`,
    figures: [
      { name: "the ledger", value: size / 2 ** 20, unit: "MB" },
      { name: "status inside the process, median", value: median, unit: "ms" },
      { name: "status inside the process, worst", value: worstOf(times), unit: "ms" },
      { name: "status as a command", value: command.seconds, unit: "s" },
      { name: "status as a command, peak memory", value: command.peakMegabytes, unit: "MB" },
      { name: "an exchange with nothing to do", value: exchange.seconds, unit: "s" },
      { name: "the same, peak memory", value: exchange.peakMegabytes, unit: "MB" },
    ],
    goals: [
      {
        wants: `status takes less than ${MOST_MS} ms inside the process`,
        value: median,
        isMet: median < MOST_MS,
      },
    ],
    faults: [],
  };
};

/** Copies of what the ledger says of its one transfer, until it says as much. */
function copyAll({ folder }: District, messages: number): { copies: number; rows: number } {
  using database = new DatabaseSync(homePaths({ home: folder }).ledger, {
    enableForeignKeyConstraints: false,
  });
  const countOf = (table: string): number =>
    Number(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.["count"]);
  const said = (): number => countOf("messages_out") + countOf("messages_in");
  const copies = Math.ceil(messages / said());
  database.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000;");
  for (const [table, { changed, every }] of Object.entries(COPIED)) {
    const names = database
      .prepare(`PRAGMA table_info(${table})`)
      .all()
      .map(({ name }) => String(name));
    const values = names.map((name) => changed[name] ?? name).join(", ");
    database.exec(
      `WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${copies / every})
       INSERT INTO ${table} (${names.join(", ")}) SELECT ${values} FROM
       (SELECT * FROM ${table}) JOIN numbers`,
    );
  }
  database.exec("PRAGMA wal_checkpoint(TRUNCATE);");
  return { copies: countOf("transfers"), rows: said() };
}
