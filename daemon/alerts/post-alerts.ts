/** What the post's own alerts say: packets, boxes, servers, keys, folders, and time that has passed. */
import { ENTITY_ALERTS } from "./entity-alerts.ts";
import { counted, folderOf, type AlertKind } from "./kind.ts";
import { byDanger, from, hintFor, kind, type Plain, type Refusal, why } from "./post-words.ts";
import { joined, say, typed, type Sentence } from "./say.ts";
import { longDate, longTime } from "./when.ts";

/** @param box our own, or that of the entity of another state */
const boxNamed = (box: string): string =>
  box === "own" ? "our own box" : `the box of what goes to the state of ${box}`;

/** Nobody is blamed for a name. */
function namedAs({
  named,
  isNamedAlike,
}: {
  readonly named?: string;
  readonly isNamedAlike: boolean;
}): Sentence | null {
  if (named === undefined) return null;
  const agencies = isNamedAlike
    ? say`They are named as from agency ${[named]}`
    : say`They are named as from several agencies, ${[named]} among them`;
  return say`${agencies}, which proves nothing: whoever leaves a file chooses its name.`;
}

/** With a district that a document describes, and that is none or several. */
export interface DescribedFacts {
  readonly dropFolder: string;
  /** The last document that did. */
  readonly documentId: string;
  readonly described: string;
  /** With `; ` between them; empty if there is none. */
  readonly candidates: string;
  readonly requests: number;
  /** Of a list, the rows of those requests; empty of another document. */
  readonly rows: string;
}

/** Where the requests lie that were not taken. */
const refusedAt = ({ dropFolder, rows }: DescribedFacts): Sentence =>
  rows === ""
    ? say`The document lies in the folder refused of the drop folder ${[dropFolder]}.`
    : say`The rows (${[rows]} of the list as it came) lie in a list in the folder refused of the drop folder ${[dropFolder]}, each with its fault.`;

/** @param subject a claim, or with a slash behind it the place of a message in the packet */
const explaining = (subject: string) =>
  typed(`packetboat quarantine explain ${subject.replace(/\/.*$/, "")}`);

const CLOSES: Sentence = [
  "This alert closes by itself then; resolve it if nothing is to be asked any more.",
];

const OWN_ALERTS = {
  /** Its subject is the claim's id. */
  PACKET_REFUSED: kind<Plain<Refusal>>({
    severity: byDanger,
    audience: "it",
    title: "Packet refused",
    happened: ({ facts, partner }) => say`A packet${from(partner)} was refused${why(facts)}.`,
    todo: ({ facts, subject }) =>
      joined(
        hintFor(facts.code),
        say`The original is kept. What each side does, and a text to mail: ${explaining(subject)}.`,
      ),
    call: "partner",
  }),
  MESSAGE_REFUSED: kind<Plain<Refusal & { kind: string }>>({
    severity: byDanger,
    audience: "it",
    title: "Message refused",
    happened: ({ facts, partner }) =>
      say`A ${facts.kind} in a packet${from(partner)} was refused${why(facts)}. Its neighbours were taken.`,
    todo: ({ facts, subject }) =>
      joined(
        hintFor(facts.code),
        say`The sender's receipt says so too. What each side does, and a text to mail: ${explaining(subject)}.`,
      ),
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
  /** Its subject is the account that left the files, or the agency that their names give; `floods.ts` raises it. */
  SENDER_FLOODS: kind<
    Plain<{
      /** `own`, or the id of the entity for whose state files wait in it. */
      box: string;
      files: number;
      megabytes: number;
      account?: number;
      named?: string;
      isNamedAlike: boolean;
    }>
  >({
    severity: "attention",
    audience: "it",
    title: "A sender floods a box",
    happened: ({ facts }) =>
      joined(
        say`In ${[boxNamed(facts.box)]} wait ${counted(facts.files, "file")} of one sender, ${[String(facts.megabytes)]} MB: more than limits.perSender in the config allows.`,
        facts.account === undefined
          ? null
          : say`The account with the number ${[String(facts.account)]} on the server left them.`,
        namedAs(facts),
      ),
    todo: ({ facts }) =>
      joined(
        say`Call them, and ask their IT what runs there.`,
        facts.account === undefined
          ? null
          : say`Whose account it is, ${typed(`getent passwd ${facts.account}`)} says on the server.`,
        say`If it does not end, the entity locks the account out: ${typed(`packetboat directory status ${facts.isNamedAlike && facts.named !== undefined ? facts.named : "ID"} Inactive`)}, then ${typed("packetboat directory accounts")}. Nothing is lost: all others are served first, and then these. This alert closes by itself when less of theirs is waiting.`,
      ),
    call: "partner",
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
  /** Its subject is the drop folder, and a digest of what was described. */
  DISTRICT_AMBIGUOUS: kind<Plain<DescribedFacts>>({
    severity: "attention",
    audience: "registrar",
    title: "Several districts fit",
    happened: ({ facts }) =>
      say`A document in the drop folder ${[facts.dropFolder]} describes a district as ${facts.described} in ${counted(facts.requests, "request")}, and several fit: ${facts.candidates}. Nothing was sent for that.`,
    todo: ({ facts }) =>
      joined(
        say`Find out which one is meant.`,
        refusedAt(facts),
        say`Write its id under To and leave the description out, or add its city or ZIP, and drop that into the outbox again. ${CLOSES}`,
      ),
    call: "nobody",
  }),
  /** As above. */
  DISTRICT_NOT_FOUND: kind<Plain<DescribedFacts>>({
    severity: "attention",
    audience: "registrar",
    title: "No district fits",
    happened: ({ facts }) =>
      joined(
        say`A document in the drop folder ${[facts.dropFolder]} describes a district as ${facts.described} in ${counted(facts.requests, "request")}, and none fits.`,
        facts.candidates === "" ? null : say`The nearest: ${facts.candidates}.`,
        say`Nothing was sent for that.`,
      ),
    todo: ({ facts }) =>
      joined(
        say`Find the district with ${typed("packetboat locate")}.`,
        refusedAt(facts),
        say`Write its id under To and leave the description out, or correct the description, and drop that into the outbox again. ${CLOSES}`,
      ),
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
  DISK_FULL: kind<Plain<{ place: string }>>({
    severity: "urgent",
    audience: "it",
    title: "The disk is full",
    happened: ({ facts }) =>
      say`There is no room left for ${[facts.place]}. Nothing more is collected until there is.`,
    todo: () => say`Make room. Packetboat goes on by itself, and nothing is lost.`,
    call: "nobody",
  }),
  LEDGER_DAMAGED: kind<Plain<Refusal>>({
    severity: "urgent",
    audience: "it",
    title: "The ledger is damaged",
    happened: ({ facts }) =>
      say`Something in the ledger is not what was written there${why(facts)}. The disk may be failing.`,
    todo: ({ facts }) =>
      joined(hintFor(facts.code), say`What is damaged does not leave; what is whole does.`),
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
  REQUEST_UNANSWERED: kind<Plain<{ due: string; onPaper?: boolean }>>({
    severity: "attention",
    audience: "registrar",
    title: "No answer to our request",
    happened: ({ facts, partner }) =>
      facts.onPaper === true
        ? say`${partner} was to answer our letter by ${[longDate(facts.due)]}, and nobody has noted an answer.`
        : say`${partner} was to answer our request by ${[longDate(facts.due)]}, and has not.`,
    todo: ({ facts, reference }) =>
      facts.onPaper === true
        ? say`Call. If the answer is here, note it with ${typed(`packetboat answered ${reference} --status OfflineRecordSent`)}, or NoRecord, or Rejected; this alert closes by itself then.`
        : say`Call. This alert closes by itself when the answer comes.`,
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
} as const satisfies Readonly<Record<string, AlertKind<never>>>;

export const POST_ALERTS = { ...OWN_ALERTS, ...ENTITY_ALERTS } as const;

export type PostAlertCode = keyof typeof POST_ALERTS;

/** What must be told with a code. */
export type PostAlertFacts<Code extends PostAlertCode> =
  (typeof POST_ALERTS)[Code] extends AlertKind<infer Facts> ? Facts : never;
