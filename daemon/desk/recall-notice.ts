/** `recall.txt`: what a recall says to people, and what became of the folders that it names. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { REASON_WORDS, wordFor } from "../alerts/reason-words.ts";
import { diskRefusal, exists, writeTidily } from "../disk.ts";
import { type Reference, showReference } from "../ids.ts";
import type { Queries } from "../ledger/connect.ts";
import { publicationsOf } from "../ledger/publications.ts";
import type { AgencyRow, PublicationRow } from "../ledger/tables.ts";
import type { Recall } from "../packet/model.gen.ts";
import { RECALL_NOTICE, SHARED_FILE } from "./cases.ts";
import { lines } from "./plain-lines.ts";
import { nameShown } from "./recalled.ts";

const WHAT_BECAME = "What became of the folders:";

/** The releaser is named as its card introduces it, or the directory. */
export const recallNotice = (
  { ReasonCode, Comments }: Recall,
  reference: Reference,
  { name, phone, source }: Pick<AgencyRow, "name" | "phone" | "source">,
): string =>
  lines(
    `Records ${showReference(reference)} were recalled by ${name}, which had sent them.`,
    `Reason: ${wordFor(REASON_WORDS, ReasonCode)}`,
    ...(Comments === undefined ? [] : [`Comments: ${Comments}`]),
    "",
    "Do not read, use or import them any more. Destroy what was printed, copied or forwarded.",
    "If they were imported, take them out of your student information system.",
    phone === null
      ? `If anything is not clear, call ${name} by a number that you already know.`
      : `If anything is not clear, call ${name}: ${phone} (from ${source === "directory" ? "the directory" : "its card"}).`,
  );

/**
 * Say in a notice that is not shown yet what became of the folders. Safe to repeat.
 *
 * @throws PacketboatError DISK_…
 */
export async function completeNotice(db: Queries, notice: PublicationRow): Promise<void> {
  const path = join(notice.hidden_path, RECALL_NOTICE);
  // Shown before a crash.
  if (!(await exists(path))) return;
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw diskRefusal(error, path);
  });
  const [said = ""] = text.split(`\r\n${WHAT_BECAME}`);
  const key = { requesterId: notice.requester_id, transferId: notice.transfer_id };
  const rows = await publicationsOf(db, key);
  const recalled = rows.filter(({ recalled_by }) => recalled_by === notice.message_id);
  const became = recalled.flatMap(whatBecame);
  const others = rows.filter(({ what, state }) => what === "record" && state === "PUBLISHED");
  const added = [
    "",
    WHAT_BECAME,
    ...became,
    ...others.map((row) => `- ${nameShown(row)}: not recalled, and left where it is.`),
    ...(recalled.some(({ state }) => state === "QUARANTINED")
      ? [
          "",
          "What was taken away is kept locked up, and nobody reads it. Whether it may be deleted is for",
          "your IT staff, who find it with: packetboat quarantine list",
        ]
      : []),
  ];
  await writeTidily(path, said + lines(...added), SHARED_FILE);
}

function whatBecame(row: PublicationRow): string[] {
  const name = nameShown(row);
  switch (row.state) {
    case "QUARANTINED":
    case "DISCARDED":
      return [`- ${name}: taken away from here. Nobody can open it any more.`];
    case "TAKEN":
      return [
        `- ${name}: it was not in its place. Find it and every copy, and set it aside unread.`,
      ];
    case "RECALLED":
      return [`- ${name}: could not be moved away yet. Do not open it; packetboat tries again.`];
    case "READY":
    case "PUBLISHED":
      return [];
  }
}
