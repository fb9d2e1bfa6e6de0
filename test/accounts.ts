/**
 * All that matters of two homes, in words that are the same whenever the same has happened: without
 * what is made anew each time, ids, times and numbers. Two worlds with one account are one world.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { verifyAudit } from "../daemon/ledger/audit.ts";
import type { Ledger } from "../daemon/ledger/connect.ts";
import { type District, office, openAlerts, withLedger, type World } from "./homes.ts";
import { digest, inBox } from "./scene.ts";

/** @throws PacketboatError if an audit chain does not verify */
export async function account(world: World) {
  return {
    valley: await accountOf(world, world.valley),
    prairie: await accountOf(world, world.prairie),
  };
}

export type Account = Awaited<ReturnType<typeof account>>;

async function accountOf(world: World, home: District) {
  const state = (folder: string): Promise<string[]> => readdir(join(home.folder, "state", folder));
  const rows = await withLedger(home, rowsOf);
  const folders = await foldersIn(home);
  return {
    ...rows,
    folders,
    alerts: await openAlerts(home),
    box: await inBox(world, home),
    left: [...(await state("staging")), ...(await state("intake")), ...(await state("sealed"))],
    outbox: await readdir(office(home, "outbox")),
    sent: (await readdir(office(home, "sent"))).toSorted(),
    refused: await readdir(office(home, "refused")),
    quarantine: await readdir(join(home.folder, "quarantine")),
  };
}

/**
 * Files in the folders of cases (open and done) and records, the reference left out; a document with the beginning of
 * its digest, a page with whether it says anything.
 */
async function foldersIn(home: District): Promise<string[]> {
  const found: string[] = [];
  for (const kind of ["requests", "records", "done"]) {
    const folder = office(home, kind);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(folder.length + 1).replace(/^[0-9A-Z]{4}-[0-9A-Z]{4}/, "K7QM-3F2D");
      found.push(`${kind}/${name}${entry.isFile() ? ` ${await contentOf(path)}` : ""}`);
    }
  }
  return found.toSorted();
}

async function contentOf(path: string): Promise<string> {
  const bytes = await readFile(path);
  if (/\.(?:html|xml|txt|packetboat)$/.test(path)) return bytes.length > 0 ? "written" : "empty";
  return digest(bytes).slice(0, 8);
}

async function rowsOf(ledger: Ledger) {
  const said = await ledger.selectFrom("messages_out").select(["kind", "state"]).execute();
  const heard = await ledger.selectFrom("messages_in").select(["kind", "state"]).execute();
  const transfers = await ledger.selectFrom("transfers").select(["state", "releases"]).execute();
  const events = await ledger.selectFrom("transfer_events").select(["event", "state"]).execute();
  const register = await ledger.selectFrom("disclosures").select(["what", "sections"]).execute();
  const packets = await ledger.selectFrom("packets_out").selectAll().execute();
  const claims = await ledger.selectFrom("packets_in").select(["state", "code"]).execute();
  const folders = await ledger.selectFrom("publications").select("state").execute();
  const documents = await ledger.selectFrom("documents").select("state").execute();
  const decisions = await ledger.selectFrom("decisions").select("number").execute();
  const attachments = await ledger.selectFrom("attachments_out").select("state").execute();
  await verifyAudit(ledger);
  return {
    said: told(said),
    heard: told(heard),
    transfers: transfers
      .map(({ state, releases }) => [state, ...standings(releases)].join(" "))
      .toSorted(),
    events: told(events),
    register: told(register),
    // Two messages may go in one packet, or in two.
    packets: [...new Set(packets.map((row) => `${row.state} ${row.receipt_due}`))].toSorted(),
    isEachNumberGivenOnce: isRun(packets.map(({ sequence }) => sequence)),
    claims: [...new Set(told(claims))],
    shown: told(folders),
    documents: told(documents),
    decisions: decisions.length,
    attachments: told(attachments),
  };
}

const told = (rows: readonly object[]): string[] =>
  rows.map((row) => Object.values(row).join(" ")).toSorted();

const standings = (releases: string): string[] =>
  (JSON.parse(releases) as { standing: string }[]).map(({ standing }) => standing);

/** From one up, without holes; a home of these worlds has one partner. */
const isRun = (numbers: readonly number[]): boolean =>
  numbers.toSorted((a, b) => a - b).every((number, index) => number === index + 1);
