import { type InQuarantine, type Kept, quarantinedNamed } from "../desk/quarantine.ts";
import type { SetAside } from "../desk/recalled.ts";
import type { Unrelayed } from "../desk/unrelayed.ts";
import { showReference } from "../ids.ts";
import { defineCommand } from "./frame/command.ts";
import { pairs } from "./frame/shown.ts";
import { causeLines } from "./quarantined/explained.ts";
import {
  foundResult,
  namedSender,
  quarantineOf,
  senderWords,
  STANDING_WORDS,
} from "./quarantined/quarantine.ts";
import { shownTime } from "./showing/times.ts";

export const command = defineCommand<{ args: [id: string] }>({
  summary: "a refused packet or recalled records: what it is, why, and where it lies",
  example: "quarantine show 7be6a835",
  syntax: (syntax) => syntax.argument("<id>", "or its first or last six characters"),
  async run({ args: [id], context }) {
    const { agency } = await context.config();
    const found = await quarantinedNamed(await quarantineOf(context), id);
    return {
      result: foundResult(found),
      lines: [...shownLines(found, agency.timeZone), "", ...causeLines(found), nextLine(found)],
    };
  },
});

function shownLines(found: InQuarantine, timeZone: string): string[] {
  if (found.kind === "recalled") return setAsideLines(found.setAside, timeZone);
  if (found.kind === "unrelayed") return unrelayedLines(found.unrelayed, timeZone);
  return keptLines(found.kept, timeZone);
}

const nextLine = (found: InQuarantine): string =>
  `Next: packetboat quarantine explain ${foundResult(found).shortId} (with a text to mail to the sender)`;

function keptLines(kept: Kept, timeZone: string): string[] {
  const { claim, from } = kept;
  return [
    ...pairs([
      ["Id", kept.id],
      ["File", claim.file_name],
      ["Size", `${claim.size} bytes`],
      ["SHA-256", claim.sealed_sha256],
      ["Listed", shownTime(new Date(claim.claimed_at), timeZone)],
      ["Refused", shownTime(kept.refusedAt, timeZone)],
      ["Left by", claim.owner === null ? null : leftBy(claim.owner)],
      ["Sender", senderWords(kept)],
      ["Name says", from === null ? `agency ${namedSender(kept)}, which proves nothing` : null],
      ["Packet", claim.packet_id],
      ["Number", claim.sequence === null ? null : String(claim.sequence)],
      ["Reason", `${kept.reason} [${kept.code}]`],
      ["Standing", STANDING_WORDS[kept.standing]],
      ["Original", kept.original ?? notHere(claim)],
    ]),
    ...kept.messages.map(
      ({ position, kind, code, reason }) =>
        `Message ${position} (${kind}) was refused: ${reason} [${code}]`,
    ),
  ];
}

const unrelayedLines = (unrelayed: Unrelayed, timeZone: string): string[] => {
  const { row, code, reason, standing, original } = unrelayed;
  return pairs([
    ["Id", unrelayed.id],
    ["File", row.file_name],
    ["Size", `${row.size} bytes`],
    ["SHA-256", row.sealed_sha256],
    ["In the box of", `agency ${row.peer_id}, for its state`],
    ["Listed", shownTime(new Date(row.claimed_at), timeZone)],
    ["Refused", shownTime(unrelayed.refusedAt, timeZone)],
    ["Left by", row.owner === null ? "not known" : leftBy(row.owner)],
    ["Name says", `from agency ${row.from_agency} to ${row.to_agency}, which proves nothing`],
    ["Reason", `${reason} [${code}]`],
    ["Standing", STANDING_WORDS[standing]],
    ["Original", original ?? "not here: it still lies in the box"],
  ]);
};

const notHere = ({ state }: Kept["claim"]): string =>
  state === "RECORDED"
    ? "not kept: of its sender as much is kept as it may have waiting"
    : "not here: it still lies in the box";

const leftBy = (account: number): string => `the account with the number ${account}`;

const setAsideLines = (aside: SetAside, timeZone: string): string[] =>
  pairs([
    ["Id", aside.id],
    ["What", `Recalled records, the folder ${aside.folder}`],
    ["Reference", showReference(aside.reference)],
    ["Recalled", shownTime(aside.recalledAt, timeZone)],
    ["By", senderWords(aside)],
    ...aside.paths.map((path): [string, string] => ["Lies in", path]),
    ["Standing", "nobody may read it; delete it when the other district agrees"],
  ]);
