/** What the post's own alerts say: packets, boxes, servers, keys, folders, and time that has passed. */
import { ERRORS, EXIT } from "../errors.ts";
import type { AlertFacts } from "../transfer/effects.ts";
import { counted, folderOf, type AlertKind, type Severity } from "./kind.ts";
import { joined, say, typed, type Sentence } from "./say.ts";
import { longDate, longTime } from "./when.ts";

/** A refusal: its code, and its sentence if that is ours and names nobody. */
interface Refusal {
  readonly code: string;
  readonly reason?: string;
}

/** An interface has no index; the facts of an alert are a plain record. */
type Plain<Facts> = { readonly [Name in keyof Facts]: Facts[Name] };

const kind = <Facts extends AlertFacts>(entry: AlertKind<Facts>): AlertKind<Facts> => entry;

/** What to do about a code, as the table of errors says; a partner's code may be none of ours. */
const hintFor = (code: string): Sentence | null =>
  Object.hasOwn(ERRORS, code) ? withCommands(ERRORS[code as keyof typeof ERRORS].hint) : null;

/** Hints set what is to be typed between backticks. */
const withCommands = (hint: string): Sentence =>
  hint.split("`").map((part, index) => (index % 2 === 0 ? part : typed(part)));

/** Refused for security: somebody may be trying something. */
const byDanger = ({ facts }: { readonly facts: { readonly code: string } }): Severity =>
  Object.hasOwn(ERRORS, facts.code) &&
  ERRORS[facts.code as keyof typeof ERRORS].exit === EXIT.security
    ? "urgent"
    : "attention";

/** `: the packet carries no signature (PACKET_NOT_SIGNED)` */
const why = ({ code, reason }: Refusal): Sentence =>
  reason === undefined ? say` (${code})` : say`: ${reason} (${code})`;

const from = (partner: Sentence): Sentence => (partner.length === 0 ? [] : say` from ${partner}`);

export const POST_ALERTS = {
  /** Its subject is the claim's id. */
  PACKET_REFUSED: kind<Plain<Refusal>>({
    severity: byDanger,
    audience: "it",
    title: "Packet refused",
    happened: ({ facts, partner }) => say`A packet${from(partner)} was refused${why(facts)}.`,
    todo: ({ facts, subject }) =>
      joined(
        hintFor(facts.code),
        say`The original is kept: ${typed(`packetboat quarantine show ${subject}`)}.`,
      ),
    call: "partner",
  }),
  MESSAGE_REFUSED: kind<Plain<Refusal & { kind: string }>>({
    severity: byDanger,
    audience: "it",
    title: "Message refused",
    happened: ({ facts, partner }) =>
      say`A ${facts.kind} in a packet${from(partner)} was refused${why(facts)}. Its neighbours were taken.`,
    todo: ({ facts }) => joined(hintFor(facts.code), say`The sender's receipt says so too.`),
    call: "partner",
  }),
  PACKET_REFUSED_BY_PARTNER: kind<Plain<{ code: string; sequence: number }>>({
    severity: "attention",
    audience: "it",
    title: "Our packet was refused",
    happened: ({ facts, partner }) =>
      say`${partner} refused our packet number ${facts.sequence} (${facts.code}). None of its messages was taken.`,
    todo: ({ facts }) =>
      joined(hintFor(facts.code), say`Look at it together with the other side's IT.`),
    call: "partner",
  }),
  PARTNER_UNREACHABLE: kind<Plain<Refusal & { packets: number }>>({
    severity: "attention",
    audience: "both",
    title: "Partner unreachable",
    happened: ({ facts, partner }) =>
      say`Nothing can be left for ${partner} now${why(facts)}. Waiting: ${counted(facts.packets, "packet")}.`,
    todo: ({ facts }) =>
      joined(
        hintFor(facts.code),
        say`Nothing is lost. If something cannot wait, agree by telephone on another way.`,
      ),
    call: "partner",
  }),
  SERVER_UNREACHABLE: kind<Plain<Refusal>>({
    severity: "attention",
    audience: "both",
    title: "Server unreachable",
    happened: ({ facts }) =>
      say`The server with the drop boxes could not be used${why(facts)}. Nothing was sent or collected.`,
    todo: ({ facts }) => joined(hintFor(facts.code), say`Nothing is lost.`),
    call: "administrator",
  }),
  HOST_KEY_CHANGED: kind<Plain<{ expected: string; found: string }>>({
    severity: "urgent",
    audience: "it",
    title: "The server's host key changed",
    happened: ({ facts }) =>
      say`The server showed the host key ${typed(facts.found)}; pinned is ${typed(facts.expected)}. Nothing was sent or collected.`,
    todo: () =>
      say`Do not trust it yet: it may be another machine. Ask the administrator for the new fingerprint by telephone. If it is the one above, put it in the config under server.hostKeys.`,
    call: "administrator",
  }),
  PARTNER_STOPPED: kind<Plain<Refusal>>({
    severity: "urgent",
    audience: "both",
    title: "Partner stopped",
    happened: ({ facts, partner }) =>
      say`Nothing goes to or comes from ${partner} until a person acts${why(facts)}.`,
    todo: ({ facts }) => joined(hintFor(facts.code), say`What waits is kept.`),
    call: "partner",
  }),
  /** Its subject is the transfer. */
  SCHOOL_UNKNOWN: kind<Plain<{ reference: string; school: string }>>({
    severity: "info",
    audience: "it",
    title: "School not known",
    happened: ({ facts, partner }) =>
      say`${partner} asks for records of the school ${JSON.stringify(facts.school)}, which is none of those in the config. The request is in the office's drop folder.`,
    todo: () =>
      say`If it is one of yours, write the name under that school's alsoWritten in packetboat.yaml, so that the next request goes to its own folder; this alert closes by itself then. If not, resolve it.`,
    call: "nobody",
  }),
  /** Its subject is `flags`. */
  FLAGS_UNREADABLE: kind<Plain<{ reason: string }>>({
    severity: "urgent",
    audience: "it",
    title: "List of flagged students not readable",
    happened: ({ facts }) =>
      say`The list of students whose records need two persons cannot be read: ${facts.reason}. No records are released until it can.`,
    todo: () => joined(hintFor("FLAGS_UNREADABLE"), say`This alert closes by itself then.`),
    call: "nobody",
  }),
  /** Its subject is `directory`, as that of the next two. */
  DIRECTORY_REFUSED: kind<Plain<Required<Refusal>>>({
    severity: byDanger,
    audience: "it",
    title: "Directory refused",
    happened: ({ facts }) =>
      say`The directory on the server was not taken${why(facts)}. The last good one serves until it expires.`,
    todo: ({ facts }) =>
      joined(hintFor(facts.code), say`This alert closes by itself when a good one is there.`),
    call: "partner",
  }),
  DIRECTORY_EXPIRES_SOON: kind<Plain<{ expires: string; days: number }>>({
    severity: ({ facts }) => (facts.days <= 3 ? "urgent" : "attention"),
    audience: "it",
    title: "The directory expires soon",
    happened: ({ facts }) =>
      say`The directory of the entity expires on ${[longDate(facts.expires)]}, in ${counted(facts.days, "day")}, and no newer one has come.`,
    todo: () =>
      say`Ask the entity to publish it. This alert closes by itself when a newer one is there.`,
    call: "partner",
  }),
  DIRECTORY_EXPIRED: kind<Plain<{ expires: string }>>({
    severity: "urgent",
    audience: "both",
    title: "The directory has expired",
    happened: ({ facts }) =>
      say`The directory of the entity expired on ${[longDate(facts.expires)]}. Nothing is sent to the agencies in it, and what comes from them waits in the box.`,
    todo: () =>
      say`Ask the entity to publish it. Nothing is lost; all goes on by itself when a newer one is there.`,
    call: "partner",
  }),
  /** Its subject is the agency. */
  KEY_HELD: kind<Plain<{ agency: string; fingerprint: string }>>({
    severity: "urgent",
    audience: "it",
    title: "A new key must be compared",
    happened: ({ facts, partner }) =>
      say`The directory lists another key for ${partner.length === 0 ? [`agency ${facts.agency}`] : partner}: ${typed(facts.fingerprint)}. The key that is known has not said so, and goes on serving.`,
    todo: ({ facts }) =>
      say`Call the agency at a number that you knew before, and let them read out their fingerprint. If it is this one: ${typed(`packetboat directory accept ${facts.agency} --fingerprint ${facts.fingerprint}`)}. If not, call the entity: somebody tries to read what is meant for this agency.`,
    call: "partner",
  }),
  NO_RECEIPT: kind<Plain<{ packets: number; oldest: string }>>({
    severity: "attention",
    audience: "both",
    title: "No receipt after a day",
    happened: ({ facts, partner, timeZone }) =>
      say`${partner} has not confirmed ${counted(facts.packets, "packet")}; the oldest is of ${[longTime(new Date(facts.oldest), timeZone)]}.`,
    todo: () =>
      say`The packets are sent again by themselves. Call, and ask whether packetboat runs there; this alert closes when the receipts come.`,
    call: "partner",
  }),
  /** Its subject is the document's id, by which a registrar's report finds the name. */
  DOCUMENT_REFUSED: kind<Plain<{ dropFolder: string; code: string; faults: number }>>({
    severity: "attention",
    audience: "both",
    title: "Document refused",
    happened: ({ facts }) =>
      say`A document in the drop folder ${[facts.dropFolder]} was refused with ${counted(facts.faults, "fault")} (${[facts.code]}). Nothing of it was sent.`,
    todo: () =>
      say`Read the .faults.txt file beside it in the folder refused, correct the document, and drop it in the outbox again under the same name or SourceReference. This alert closes by itself then; resolve it if nothing is to be sent any more.`,
    call: "nobody",
  }),
  /** Its subject is the case's id. */
  DECISION_NOT_TAKEN: kind<Plain<{ faults: number }>>({
    severity: "attention",
    audience: "registrar",
    title: "A decision was not taken",
    happened: ({ facts, reference }) =>
      say`The decision in the folder ${[reference || "of a request"]} has ${counted(facts.faults, "fault")}. Nothing of it was done.`,
    todo: () =>
      say`Read status.txt in that folder, and correct what it names. If it says nothing, packetboat cannot read or write there: ask IT. This alert closes by itself then.`,
    call: "nobody",
  }),
  SEQUENCE_REPEATED: kind<Plain<{ sequence: number }>>({
    severity: "attention",
    audience: "it",
    title: "A number came twice",
    happened: ({ facts, partner }) =>
      say`${partner} sent two different packets under the number ${facts.sequence}. Both were taken.`,
    todo: () =>
      say`Ask the sender's IT whether a backup was restored there, or packetboat runs twice on one home.`,
    call: "partner",
  }),
  KEY_EXPIRES_SOON: kind<
    Plain<{ expires: string; days: number; ours: boolean; atEntity?: boolean }>
  >({
    severity: ({ facts }) => (facts.days <= 7 ? "urgent" : "attention"),
    audience: "it",
    title: "A key expires soon",
    happened: ({ facts, partner }) =>
      say`${facts.ours ? ["Our own key"] : say`The key of ${partner}`} expires on ${[longDate(facts.expires)]}, in ${counted(facts.days, "day")}.`,
    todo: ({ facts: { ours, atEntity } }) => {
      if (!ours) {
        const command = atEntity ? "packetboat directory add" : "packetboat partner add";
        return say`Ask for a new card, and add it with ${typed(command)}.`;
      }
      return joined(
        say`Make a new key with ${typed("packetboat keys rotate")} before that day, and`,
        atEntity
          ? say`publish the directory with ${typed("packetboat directory publish")}: the districts take the new key from it.`
          : say`send the new card to every partner.`,
      );
    },
    call: "partner",
  }),
  /** At an entity, as the next two. Its subject is the district. */
  NOT_COLLECTED: kind<Plain<{ packets: number; since: string }>>({
    severity: "attention",
    audience: "it",
    title: "A box is not collected",
    happened: ({ facts, partner }) =>
      say`${partner} has not collected ${counted(facts.packets, "packet")}; the oldest is of ${[longDate(facts.since)]}.`,
    todo: () =>
      say`Ask the district's IT whether packetboat runs there, and what ${typed("packetboat check")} says. This alert closes by itself when the receipts come.`,
    call: "partner",
  }),
  FORWARDED_UNANSWERED: kind<
    Plain<{ requests: number; schoolDays: number; oldest: string; since: string }>
  >({
    severity: "attention",
    audience: "it",
    title: "Forwarded requests without an answer",
    happened: ({ facts, partner }) =>
      say`${partner} has not answered ${counted(facts.requests, "request")} within ${counted(facts.schoolDays, "school day")}. The oldest is ${typed(facts.oldest)}, forwarded on ${[longDate(facts.since)]}.`,
    todo: () =>
      say`Ask the district's registrars to release, hold or reject; they know a request by its reference. The list is in transfers.html. This alert closes by itself when the answers come.`,
    call: "partner",
  }),
  /** Its subject is `registry`. */
  NOT_JOINED: kind<Plain<{ agencies: number; enrollments: number }>>({
    severity: "info",
    audience: "it",
    title: "Districts of the registry have not joined",
    happened: ({ facts }) =>
      say`The registry has ${counted(facts.enrollments, "enrollment")} of ${counted(facts.agencies, "agency", "agencies")} whose card was not added. No request for those students can be forwarded.`,
    todo: () =>
      say`The list is in districts.html. When a district has sent its card, add it with ${typed("packetboat directory add")}. This alert closes by itself when all have joined.`,
    call: "nobody",
  }),
  DISK_FULL: kind<Plain<{ place: string }>>({
    severity: "urgent",
    audience: "it",
    title: "The disk is full",
    happened: ({ facts }) =>
      say`There is no room left for ${[facts.place]}. Nothing more is collected until there is.`,
    todo: () => say`Make room. Packetboat goes on by itself, and nothing is lost.`,
    call: "nobody",
  }),
  FOLDER_MISSING: kind<Plain<Refusal>>({
    severity: "urgent",
    audience: "it",
    title: "A folder is missing",
    happened: ({ facts }) =>
      say`A folder that people share with packetboat cannot be used${why(facts)}.`,
    todo: ({ facts }) =>
      joined(hintFor(facts.code), say`What is to be taken or shown there waits.`),
    call: "nobody",
  }),
  CONFIG_REFUSED: kind<Plain<{ code: string; faults: number }>>({
    severity: "attention",
    audience: "it",
    title: "The changed config was refused",
    happened: ({ facts }) =>
      say`The config packetboat.yaml was to be read again, and has ${counted(facts.faults, "fault")} (${[facts.code]}). The settings from before it was changed stay in force.`,
    todo: () =>
      say`See every fault with ${typed("packetboat check")} and mend it. Then have the file read again: ${typed("systemctl reload packetboat")}.`,
    call: "nobody",
  }),
  PACKET_WAITING: kind<Plain<Refusal>>({
    severity: "attention",
    audience: "it",
    title: "A packet waits in the box",
    happened: ({ facts, partner }) =>
      say`A packet${from(partner)} cannot be taken yet${why(facts)}.`,
    todo: ({ facts }) => joined(hintFor(facts.code), say`It stays in the box.`),
    call: "partner",
  }),
  /** Its subject is the transfer, as that of the next five. */
  DECISION_DUE: kind<Plain<{ due: string; since: string }>>({
    severity: "attention",
    audience: "registrar",
    title: "A request waits for a decision",
    happened: ({ facts, partner }) =>
      say`The request of ${partner} has been here since ${[longDate(facts.since)]}, and is to be answered by ${[longDate(facts.due)]}.`,
    todo: ({ reference, dropFolder }) =>
      say`Release, hold or reject it, in the folder ${folderOf({ dropFolder }, "requests", reference)} or with ${typed(`packetboat release ${reference}`)}. This alert closes by itself then.`,
    call: "partner",
  }),
  CASE_FOLDER_GONE: kind<Plain<{ dropFolder: string }>>({
    severity: "attention",
    audience: "registrar",
    title: "The folder of a request is gone",
    happened: ({ facts, partner, reference }) =>
      say`The folder requests/${[reference]} of the drop folder ${facts.dropFolder}, in which the request of ${partner} is to be decided, is not there: it was deleted or moved away, or its drop folder has another place in the config by now.`,
    todo: ({ reference }) =>
      say`Put it back, or decide with ${typed(`packetboat release ${reference}`)}. This alert closes by itself then.`,
    call: "nobody",
  }),
  HOLD_WITHOUT_DAY: kind<Plain<{ since: string }>>({
    severity: "attention",
    audience: "registrar",
    title: "A request is on hold, and no day says until when",
    happened: ({ facts, partner }) =>
      say`Nothing was done about the request of ${partner} since ${[longDate(facts.since)]}, when it was on hold.`,
    todo: ({ reference, dropFolder }) =>
      say`Release or reject it, or hold it again until a day, in the folder ${folderOf({ dropFolder }, "requests", reference)} or with ${typed(`packetboat release ${reference}`)}. This alert closes by itself then.`,
    call: "partner",
  }),
  DECISION_ESCALATED: kind<Plain<{ due: string; since: string; told: number }>>({
    severity: "urgent",
    audience: "registrar",
    title: "Still no decision",
    happened: ({ facts, partner }) =>
      joined(
        say`The request of ${partner} has been here since ${[longDate(facts.since)]}, and nobody has decided. It is to be answered by ${[longDate(facts.due)]}.`,
        facts.told === 0
          ? null
          : say`Told as well: ${counted(facts.told, "person", "people")} of deadlines.escalateTo.`,
      ),
    todo: ({ reference, dropFolder }) =>
      say`See today that somebody releases, holds or rejects it, in the folder ${folderOf({ dropFolder }, "requests", reference)} or with ${typed(`packetboat release ${reference}`)}. This alert closes by itself then.`,
    call: "partner",
  }),
  ANSWER_OVERDUE: kind<Plain<{ due: string }>>({
    severity: "urgent",
    audience: "registrar",
    title: "A request is overdue",
    happened: ({ facts, partner }) =>
      say`The request of ${partner} was to be answered by ${[longDate(facts.due)]}.`,
    todo: ({ reference, dropFolder }) =>
      say`Release, hold or reject it in decision.txt in the folder ${folderOf({ dropFolder }, "requests", reference)}, or with ${typed(`packetboat release ${reference}`)}. This alert closes by itself then.`,
    call: "partner",
  }),
  REQUEST_UNANSWERED: kind<Plain<{ due: string }>>({
    severity: "attention",
    audience: "registrar",
    title: "No answer to our request",
    happened: ({ facts, partner }) =>
      say`${partner} was to answer our request by ${[longDate(facts.due)]}, and has not.`,
    todo: () => say`Call. This alert closes by itself when the answer comes.`,
    call: "partner",
  }),
  MAIL_NOT_SENT: kind<Plain<Refusal & { mails: number }>>({
    severity: "attention",
    audience: "it",
    title: "Mail cannot be sent",
    happened: ({ facts }) =>
      say`Nothing can be mailed at present${why(facts)}. Waiting: ${counted(facts.mails, "mail")}.`,
    todo: ({ facts }) =>
      joined(
        hintFor(facts.code),
        say`Nothing is lost: mails wait, and what is open stands in alerts.html. This alert closes by itself when the next mail goes.`,
      ),
    call: "nobody",
  }),
  /** Its subject is the setting in which the address stands. */
  MAIL_ADDRESS_REFUSED: kind<Plain<Refusal & { setting: string }>>({
    severity: "attention",
    audience: "it",
    title: "An address takes no mail",
    happened: ({ facts }) =>
      facts.code === "MAIL_DELAYED"
        ? say`The mail server puts off again and again what is mailed to the address in the config under ${[facts.setting]}. It is tried again, and others go on.`
        : say`The mail server takes nothing for the address in the config under ${[facts.setting]}${why(facts)}. That mail was given up; others go on.`,
    todo: () =>
      say`See whether the address in packetboat.yaml is right, with the administrator of the mail server. This alert closes by itself when a mail to it goes.`,
    call: "nobody",
  }),
  /** Its subject, like that of the next three, is `registry`. */
  REGISTRY_WAITS: kind<Plain<{ closing: number; open: number }>>({
    severity: "attention",
    audience: "it",
    title: "A registry file waits for a person",
    happened: ({ facts }) =>
      say`The last snapshot does not list ${[String(facts.closing)]} of ${[String(facts.open)]} open enrollments: more than the config lets it close (registry.askBeforeClosingMoreThan). The registry is as it was.`,
    todo: () =>
      say`Ask whoever exports the file whether it is whole. If it is, ${typed("packetboat registry proceed")} takes it; ${typed("packetboat registry discard")} throws it away.`,
    call: "nobody",
  }),
  REGISTRY_REFUSED: kind<Plain<{ code: string }>>({
    severity: "attention",
    audience: "it",
    title: "A registry file was refused",
    happened: ({ facts }) =>
      say`A file in the registry's drop folder was refused (${[facts.code]}). The registry is as it was.`,
    todo: () =>
      say`Read the .faults.txt file beside it in the folder refused, and drop the file again when it is mended. This alert closes by itself when a file is taken.`,
    call: "nobody",
  }),
  REGISTRY_ROWS_LEFT_OUT: kind<Plain<{ rows: number; faulty: number }>>({
    severity: "attention",
    audience: "it",
    title: "Rows of a registry file were left out",
    happened: ({ facts }) =>
      say`The last registry file has ${counted(facts.rows, "row")}; left out with faults: ${[String(facts.faulty)]}. Those enrollments are as they were before, or are not found.`,
    todo: () =>
      say`See in the answer to the file what is wrong with which line, and have it mended in the student information system. This alert closes by itself when a file without faults is taken.`,
    call: "nobody",
  }),
  REGISTRY_OLD: kind<Plain<{ asOf: string }>>({
    severity: "attention",
    audience: "it",
    title: "The registry is old",
    happened: ({ facts }) =>
      facts.asOf === "never"
        ? say`Nothing was imported into the registry yet: no request can be answered from it.`
        : say`The newest file in the registry is of ${[longDate(facts.asOf)]}. Students who came or moved since are not found, or found where they were.`,
    todo: () =>
      say`See why the student information system left no newer file, or import one with ${typed("packetboat registry import FILE --snapshot")}. This alert closes by itself then.`,
    call: "nobody",
  }),
} as const satisfies Readonly<Record<string, AlertKind<never>>>;

export type PostAlertCode = keyof typeof POST_ALERTS;

/** What must be told with a code. */
export type PostAlertFacts<Code extends PostAlertCode> =
  (typeof POST_ALERTS)[Code] extends AlertKind<infer Facts> ? Facts : never;
