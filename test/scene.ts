/** What tests of two homes look at: a box, a claim, a quarantine, and who may read what. */
import { createHash } from "node:crypto";
import { readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { introduce, settle } from "../daemon/commands/demo/world.ts";
import { editConfig, homePaths, readConfig } from "../daemon/config.ts";
import { exchangeOf } from "../daemon/daemon.ts";
import type { Exchange } from "../daemon/exchange.ts";
import { parseAgencyId } from "../daemon/ids.ts";
import { listAlerts, type Alert } from "../daemon/ledger/alerts.ts";
import { openLog } from "../daemon/log.ts";
import type { MessageOutRow, PacketInRow, Tables } from "../daemon/ledger/tables.ts";
import type { MessageReceipt, Receipt } from "../daemon/packet/model.gen.ts";
import { receiptsIn, type Letter } from "./forge.ts";
import { boxOf, type District, type World, withLedger } from "./homes.ts";

/** Change settings of a home, from its next exchange on. */
export async function configure(
  { configPath }: District,
  ...changes: Parameters<typeof editConfig>[1]
): Promise<void> {
  await writeFile(configPath, editConfig(await readFile(configPath, "utf8"), changes));
}

/** By which port a home reaches the server from its next exchange on: the server's own, or that of a line. */
export const reachBy = (home: District, { port }: { port: number }): Promise<void> =>
  configure(home, {
    at: ["server", "address"],
    value: `sftp://lea${home.id}@127.0.0.1:${port}/boxes/${home.id}`,
  });

/** When a home's nights are, to the minute; to be given to `configure`. */
export const nightly = (at: string, more = {}): Parameters<typeof configure>[1] => ({
  at: ["exchanges", "nightly"],
  value: { at, jitterMinutes: 0, ...more },
});

/** What a home knows of its nights: date, what became of it, and how often it was tried. */
export const nightsOf = (home: District): Promise<string[]> =>
  withLedger(home, async (ledger) => {
    const rows = await ledger.selectFrom("nights").selectAll().orderBy("night").execute();
    return rows.map(({ night, state, attempts }) => `${night} ${state} ${attempts}`);
  });

/** A third district on the same server, which the other two trust. */
export async function neighbour(world: World, id = "1900012"): Promise<District> {
  const { server, folder, clock, valley, prairie } = world;
  const place = { city: "Example", state: "IA", zip: "50001", timeZone: "America/Chicago" };
  const named = { ...place, id: parseAgencyId(id), name: "Example Corners", phone: "555-555-0190" };
  const home = await settle(server, join(folder, id), named, clock);
  await introduce(home, valley, clock);
  await introduce(home, prairie, clock);
  return home;
}

/** The parts of one exchange, to be made or spoiled by the test. */
export async function withParts<T>(
  home: District,
  { clock }: Pick<World, "clock">,
  use: (parts: Exchange) => Promise<T>,
): Promise<T> {
  const config = await readConfig(home.configPath);
  const log = openLog({ file: homePaths(config).log });
  try {
    return await withLedger(home, async (ledger) => {
      const { now, pause } = clock;
      return use(await exchangeOf({ config, ledger, log, now, pause }));
    });
  } finally {
    await log.close();
  }
}

/** What a home knows of a file that lay in its box; the youngest claim on the name. */
export const claimOn = (home: District, fileName: string): Promise<PacketInRow | undefined> =>
  withLedger(home, (ledger) =>
    ledger
      .selectFrom("packets_in")
      .selectAll()
      .where("file_name", "=", fileName)
      .orderBy("claim_id", "desc")
      .executeTakeFirst(),
  );

/** What is kept of a refused packet: the file as it came, and why; `null` if nothing is. */
export async function kept(
  { folder }: District,
  claimId: string | undefined,
): Promise<{ original: Buffer | null; reason: Record<string, unknown> } | null> {
  const place = join(folder, "quarantine", claimId ?? "none");
  const reason = await readFile(join(place, "reason.json"), "utf8").catch(() => null);
  if (reason === null) return null;
  const original = await readFile(join(place, "packet.xml.pgp")).catch(() => null);
  return { original, reason: JSON.parse(reason) as Record<string, unknown> };
}

export const alertsAt = (home: District): Promise<Alert[]> =>
  withLedger(home, (ledger) => listAlerts(ledger, { open: true }));

/** Open alerts as `CODE because`, the code that its sentence gives. */
export const alertsWithCause = async (home: District): Promise<string[]> =>
  (await alertsAt(home))
    .map(({ code, facts }) => ("code" in facts ? `${code} ${String(facts["code"])}` : code))
    .toSorted();

/** Sealed packets in a district's box. */
export const inBox = async (world: World, of: District): Promise<string[]> =>
  (await readdir(boxOf(world, of))).toSorted();

/**
 * Date what lies in a box by the test's clock. The server dates by the real one, which stands still
 * while days pass in a test.
 */
export async function date(world: World, of: District): Promise<void> {
  const now = world.clock.now();
  for (const name of await inBox(world, of)) await utimes(boxOf(world, of, name), now, now);
}

/** Every receipt that lies in a box, opened and proved. */
export async function receiptsFor(world: World, of: District, letter: Letter): Promise<Receipt[]> {
  const names = (await inBox(world, of)).filter((name) => name.endsWith(".xml.pgp"));
  return receiptsIn(
    await Promise.all(names.map((name) => readFile(boxOf(world, of, name)))),
    letter,
  );
}

/** What a receipt says, in few words: of the envelope, or of each message. */
export const saidBy = ({ Acknowledgment, ErrorCode, MessageReceipt }: Receipt): string =>
  (MessageReceipt ?? [{ Acknowledgment, ...(ErrorCode ? { ErrorCode } : {}) }])
    .map((each: Pick<MessageReceipt, "Acknowledgment" | "ErrorCode">) =>
      [each.Acknowledgment, each.ErrorCode].filter(Boolean).join(" "),
    )
    .join(", ");

/** Messages that a home sent to others, oldest first. */
export const messagesFrom = (home: District): Promise<MessageOutRow[]> =>
  withLedger(home, (ledger) =>
    ledger.selectFrom("messages_out").selectAll().orderBy("message_id").execute(),
  );

/** All that is written in a folder and below, as one text. */
export async function everythingIn(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = files.map((entry) => readFile(join(entry.parentPath, entry.name), "latin1"));
  return (await Promise.all(texts)).join("\n");
}

/** The whole ledger but for the tables in which students stand. */
const ledgerOf = (home: District): Promise<string> =>
  withLedger(home, async (ledger) => {
    const tables = await ledger.introspection.getTables();
    const names = tables.map(({ name }) => name as keyof Tables);
    const others = names.filter((name) => name !== "content" && name !== "register_students");
    const rows = others.map((name) => ledger.selectFrom(name).selectAll().execute());
    return JSON.stringify(await Promise.all(rows));
  });

/** Where no student may stand: IT's reports, the reasons for refusals, the log, the ledger's other tables. */
export async function readByIt(home: District): Promise<string> {
  const { folder } = home;
  const reports = await everythingIn(join(folder, "reports", "it"));
  const log = await readFile(join(folder, "state", "packetboat.log"), "utf8");
  const claims = await readdir(join(folder, "quarantine"));
  const reasons = claims.map((claim) =>
    readFile(join(folder, "quarantine", claim, "reason.json"), "utf8"),
  );
  return [reports, log, await ledgerOf(home), ...(await Promise.all(reasons))].join("\n");
}

export const digest = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");
