/** A text for the sender of a packet that was refused, ready to mail: it holds no student's data. */
import { longTime } from "../../alerts/when.ts";
import type { Config } from "../../config.ts";
import type { Kept } from "../../desk/quarantine.ts";
import { refusalWords } from "../../desk/refusal-words.ts";
import { pairs } from "../frame/shown.ts";
import { namedSender } from "./quarantine.ts";

export function mailText(kept: Kept, { agency }: Pick<Config, "agency">): string[] {
  const { claim, messages } = kept;
  const { wrong, theirs } = refusalWords(kept.code);
  return [
    `Subject: packetboat: a packet was refused (${kept.code})`,
    "",
    `To the IT staff of ${addressee(kept)}:`,
    "",
    `${agency.name} (${agency.id}) found this file in its drop box on ${longTime(new Date(claim.claimed_at), agency.timeZone)}.`,
    messages.length === 0
      ? "It was refused, and nothing in it was taken."
      : "Some of its messages were refused; the others were taken.",
    "",
    ...pairs([
      ["File", claim.file_name],
      ["Size", `${claim.size} bytes`],
      ["SHA-256", claim.sealed_sha256],
      ["Packet", claim.packet_id],
      ["Number", claim.sequence === null ? null : String(claim.sequence)],
      ["Code", kept.code],
    ]),
    ...messages.map(
      ({ position, kind, code }) => `Refused: message ${position}, ${kind} (${code})`,
    ),
    "",
    `What is wrong: ${wrong}`,
    `What to do: ${theirs}`,
    "",
    "Please put no student's data into your answer to this mail.",
    ...(agency.phone === undefined ? [] : [`You can call us: ${agency.phone}`]),
  ];
}

function addressee(kept: Kept): string {
  if (kept.from) return `${kept.from.name ?? "agency"} (${kept.from.id})`;
  const named = namedSender(kept);
  return named === null ? "the district that sent it" : `agency ${named}, if the file is yours`;
}
