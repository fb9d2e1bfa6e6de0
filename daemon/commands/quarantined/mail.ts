/** A text for the other district about what lies in the quarantine, ready to mail: it holds no student's data. */
import { longTime } from "../../alerts/when.ts";
import type { Config } from "../../config.ts";
import type { InQuarantine, Kept } from "../../desk/quarantine.ts";
import type { SetAside } from "../../desk/recalled.ts";
import type { Unrelayed } from "../../desk/unrelayed.ts";
import { showReference } from "../../ids.ts";
import { pairs } from "../frame/shown.ts";
import { addressee, causesOf } from "./explained.ts";

type Ours = Config["agency"];

/** @param agency who mails it */
export function mailText(found: InQuarantine, { agency }: Pick<Config, "agency">): string[] {
  const causes = causesOf(found);
  return [
    `Subject: packetboat: ${subjectOf(found)}`,
    "",
    `To the IT staff of ${addressee(found)}:`,
    "",
    ...aboutIt(found, agency),
    "",
    ...causes.flatMap(({ code, wrong, theirs }) => [
      `What is wrong${causes.length > 1 ? ` (${code})` : ""}: ${wrong}`,
      `What to do: ${theirs}`,
      "",
    ]),
    "Please put no student's data into your answer to this mail.",
    ...(agency.phone === undefined ? [] : [`You can call us: ${agency.phone}`]),
  ];
}

function subjectOf(found: InQuarantine): string {
  if (found.kind === "recalled") {
    return `the recall of ${showReference(found.setAside.reference)}`;
  }
  if (found.kind === "unrelayed") return `a file was not moved on (${found.unrelayed.code})`;
  const { code, messages } = found.kept;
  return `${messages.length === 0 ? "a packet" : "a message"} was refused (${code})`;
}

function aboutIt(found: InQuarantine, ours: Ours): string[] {
  if (found.kind === "recalled") return aboutRecalled(found.setAside, ours);
  return found.kind === "unrelayed"
    ? aboutUnrelayed(found.unrelayed, ours)
    : aboutRefused(found.kept, ours);
}

const us = ({ name, id }: Ours): string => `${name} (${id})`;

/** What is said of a whole packet where nobody knows how far the program came with it. */
const WHOLE: Readonly<Record<string, string>> = {
  PACKET_POISONOUS: "It was set aside; some of its messages may have been taken before.",
};

function aboutRefused(kept: Kept, ours: Ours): string[] {
  const { claim, code, from, messages, reason } = kept;
  const isWhole = messages.length === 0;
  return [
    `${us(ours)} found this file in its drop box on ${longTime(new Date(claim.claimed_at), ours.timeZone)}.`,
    isWhole
      ? (WHOLE[code] ?? "It was refused, and nothing in it was taken.")
      : "The messages below were refused; whatever else was in it was taken.",
    "",
    ...pairs([
      ["File", claim.file_name],
      ["Size", `${claim.size} bytes`],
      ["SHA-256", claim.sealed_sha256],
      ["Packet", claim.packet_id],
      ["Number", claim.sequence === null ? null : String(claim.sequence)],
      ["Code", code],
      // Its sender was told in a receipt; to anybody else it might show how to do better.
      ["Reason", from !== null && isWhole ? reason : null],
    ]),
    ...messages.map(
      ({ position, kind, code: each, reason: why }) =>
        `Refused: message ${position}, ${kind}: ${why} (${each})`,
    ),
  ];
}

const aboutUnrelayed = ({ row, code }: Unrelayed, ours: Ours): string[] => [
  `${us(ours)} found this file in its box for the state of agency ${row.peer_id} on ${longTime(new Date(row.claimed_at), ours.timeZone)}.`,
  "It was not moved on, and nobody here can open it.",
  "",
  ...pairs([
    ["File", row.file_name],
    ["Size", `${row.size} bytes`],
    ["SHA-256", row.sealed_sha256],
    ["For", `agency ${row.to_agency}`],
    ["Code", code],
  ]),
];

const aboutRecalled = ({ reference, recalledAt }: SetAside, ours: Ours): string[] => [
  `${us(ours)} took the records of ${showReference(reference)} out of its people's reach on ${longTime(recalledAt, ours.timeZone)}, as you asked.`,
  "They lie where nobody reads them, and have not been deleted yet.",
];
