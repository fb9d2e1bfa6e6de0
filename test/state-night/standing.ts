/** How a home stands in the end: what went through it, and what is not as it must be. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { verifyAudit } from "../../daemon/ledger/audit.ts";
import { listAlerts } from "../../daemon/ledger/alerts.ts";
import type { Ledger } from "../../daemon/ledger/connect.ts";
import { type District, withLedger } from "../homes.ts";

/** What a home sealed and left on the server, and what is wrong with it. */
export interface Standing {
  /** Packets by what is in them; several kinds in one are named together. */
  readonly packets: Readonly<Record<string, number>>;
  /** Uploads of packets, the second ones counted too. */
  readonly uploads: number;
  readonly messages: number;
  /** Transfers by side and state. */
  readonly transfers: Readonly<Record<string, number>>;
  /** Open alerts by code. */
  readonly alerts: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

/** Has everything left, has every packet its receipt, and has every transfer its end? */
export async function isAtRest(ledger: Ledger): Promise<boolean> {
  const unpacked = await ledger
    .selectFrom("messages_out")
    .select("message_id")
    .where("state", "in", ["WAITING", "ENCLOSED"])
    .limit(1)
    .execute();
  const unanswered = await ledger
    .selectFrom("packets_out")
    .select("packet_id")
    .where((eb) =>
      eb.or([
        eb("state", "in", ["FIXED", "SEALED"]),
        eb.and([eb("state", "=", "SENT"), eb("receipt_due", "=", 1)]),
      ]),
    )
    .limit(1)
    .execute();
  const open = await ledger
    .selectFrom("transfers")
    .select("transfer_id")
    .where("state", "!=", "Delivered")
    .limit(1)
    .execute();
  return unpacked.length + unanswered.length + open.length === 0;
}

/** @param folders of the home, in which nothing may be left */
export const standingOf = (
  home: Pick<District, "id" | "folder">,
  folders: readonly string[] = ["state/staging", "state/intake", "state/sealed", "quarantine"],
): Promise<Standing> =>
  withLedger(home, async (ledger) => {
    const faults: string[] = [];
    const fault = (sentence: string): void => void faults.push(`${home.id}: ${sentence}`);
    await verifyAudit(ledger).catch((error: unknown) => fault(String(error)));
    if (!(await isAtRest(ledger))) fault("something is still on its way");
    const said = await ledger
      .selectFrom("messages_out")
      .select(["packet_id", "kind", "state"])
      .execute();
    const heard = await ledger
      .selectFrom("messages_in")
      .select(["kind", "state", "message_id"])
      .execute();
    const refused = [...said, ...heard].filter(({ state }) => state === "REFUSED").length;
    if (refused > 0) fault(`${refused} messages were refused`);
    if (new Set(heard.map(({ message_id: id }) => id)).size !== heard.length) {
      fault("a message was heard twice");
    }
    const claims = await ledger.selectFrom("packets_in").select(["state", "code"]).execute();
    const untaken = claims.filter(({ state }) => state !== "RECORDED");
    for (const { state, code } of untaken) fault(`a packet that came is ${state} (${code})`);
    const shown = await ledger.selectFrom("publications").select("state").execute();
    const hidden = shown.filter(({ state }) => state !== "PUBLISHED").length;
    if (hidden > 0) fault(`${hidden} folders are not shown`);
    for (const folder of folders) {
      const left = await readdir(join(home.folder, folder));
      if (left.length > 0) fault(`${left.length} files are left in ${folder}`);
    }
    const packets = await ledger
      .selectFrom("packets_out")
      .select(["packet_id", "uploads"])
      .execute();
    const kinds = Map.groupBy(said, ({ packet_id: id }) => id);
    const transfers = await ledger.selectFrom("transfers").select(["side", "state"]).execute();
    const alerts = await listAlerts(ledger, { open: true });
    return {
      packets: tally(packets.map(({ packet_id: id }) => kindsOf(kinds.get(id) ?? []))),
      uploads: packets.reduce((sum, { uploads }) => sum + uploads, 0),
      messages: said.length,
      transfers: tally(transfers.map(({ side, state }) => `${side} ${state}`)),
      alerts: tally(alerts.map(({ code }) => code)),
      faults,
    };
  });

const kindsOf = (messages: readonly { kind: string }[]): string =>
  [...new Set(messages.map(({ kind }) => kind))].toSorted().join(" + ");

/** How often each word occurs. */
export function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words.toSorted()) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** Several homes as one. */
export function together(standings: readonly Standing[]): Standing {
  const sum = (of: (standing: Standing) => Readonly<Record<string, number>>) => {
    const counts: Record<string, number> = {};
    for (const standing of standings) {
      for (const [word, count] of Object.entries(of(standing))) {
        counts[word] = (counts[word] ?? 0) + count;
      }
    }
    return counts;
  };
  const total = (of: (standing: Standing) => number): number =>
    standings.reduce((count, standing) => count + of(standing), 0);
  return {
    packets: sum(({ packets }) => packets),
    uploads: total(({ uploads }) => uploads),
    messages: total(({ messages }) => messages),
    transfers: sum(({ transfers }) => transfers),
    alerts: sum(({ alerts }) => alerts),
    faults: standings.flatMap(({ faults }) => faults),
  };
}
