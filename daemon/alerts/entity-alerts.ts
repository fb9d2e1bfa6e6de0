/** What is told where there is an entity: of its directory, its districts and its registry. */
import { counted, type AlertKind, type Told } from "./kind.ts";
import { byDanger, hintFor, kind, type Plain, type Refusal, why } from "./post-words.ts";
import { joined, say, typed, type Sentence } from "./say.ts";
import { longDate } from "./when.ts";

/** Of what is told of the directory of a district's own entity; of a peer's, the subject is that entity. */
export const DIRECTORY_SUBJECT = "directory";

/** Whose directory: the entity's that was joined needs no name. */
const directoryOf = ({ subject, partner }: Pick<Told, "subject" | "partner">): Sentence =>
  subject === DIRECTORY_SUBJECT ? ["the entity"] : say`${partner}`;

/** At a district another state's comes by way of its own entity, whose matter it is as well. */
const publishing = ({ subject }: Pick<Told, "subject">): Sentence =>
  subject === DIRECTORY_SUBJECT
    ? say`Ask the entity to publish it.`
    : say`Ask that entity to publish it, and our own whether its server is reached (${typed("packetboat check")} there).`;

export const ENTITY_ALERTS = {
  /** Its subject is `directory`, or the entity of another state; as that of the next two. */
  DIRECTORY_REFUSED: kind<Plain<Required<Refusal>>>({
    severity: byDanger,
    audience: "it",
    title: "Directory refused",
    happened: ({ facts, subject, partner }) =>
      subject === DIRECTORY_SUBJECT
        ? say`The directory on the server was not taken${why(facts)}. The last good one serves until it expires.`
        : say`The directory of ${partner} was not taken${why(facts)}. The last good one serves until it expires.`,
    todo: ({ facts }) =>
      joined(hintFor(facts.code), say`This alert closes by itself when a good one is there.`),
    call: "partner",
  }),
  DIRECTORY_EXPIRES_SOON: kind<Plain<{ expires: string; days: number }>>({
    severity: ({ facts }) => (facts.days <= 3 ? "urgent" : "attention"),
    audience: "it",
    title: "The directory expires soon",
    happened: ({ facts, ...told }) =>
      say`The directory of ${directoryOf(told)} expires on ${[longDate(facts.expires)]}, in ${counted(facts.days, "day")}, and no newer one has come.`,
    todo: (told) =>
      joined(publishing(told), say`This alert closes by itself when a newer one is there.`),
    call: "partner",
  }),
  DIRECTORY_EXPIRED: kind<Plain<{ expires: string }>>({
    severity: "urgent",
    audience: "both",
    title: "The directory has expired",
    happened: ({ facts, ...told }) =>
      say`The directory of ${directoryOf(told)} expired on ${[longDate(facts.expires)]}. Nothing is sent to the agencies in it, and what comes from them waits in the box.`,
    todo: (told) =>
      joined(
        publishing(told),
        say`Nothing is lost; all goes on by itself when a newer one is there.`,
      ),
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
  /** Its subject is the sender, or the account where it is not the sender's, and the code. */
  RELAY_REFUSED: kind<
    Plain<Required<Refusal> & { files: number; from: string; account?: number; proved: boolean }>
  >({
    severity: byDanger,
    audience: "it",
    title: "Files for another state were refused",
    happened: ({ facts }) =>
      joined(
        say`Not moved on to another state: ${counted(facts.files, "sealed file")}${why(facts)}.`,
        facts.proved
          ? say`The account of agency ${[facts.from]} left them.`
          : facts.account === undefined
            ? say`Their names give agency ${[facts.from]} as the sender, which proves nothing.`
            : say`The account with the number ${[String(facts.account)]} on the server left them.`,
      ),
    todo: ({ facts }) =>
      joined(
        hintFor(facts.code),
        facts.code === "RELAY_KEPT_FULL"
          ? say`They stay in the box. This alert closes by itself when none of them is left there.`
          : say`They are kept untouched, and listed by ${typed("packetboat quarantine list")}. This alert closes by itself when all are discarded, or moved on after a retry.`,
      ),
    call: "partner",
  }),
  /** Its subject is the recipient and the code. */
  RELAY_WAITING: kind<Plain<Required<Refusal> & { files: number; to: string; since: string }>>({
    severity: "attention",
    audience: "it",
    title: "Files for another state wait",
    happened: ({ facts }) =>
      say`For agency ${[facts.to]} of another state wait ${counted(facts.files, "sealed file")} that cannot be moved on yet${why(facts)}. The oldest is of ${[longDate(facts.since)]}.`,
    todo: ({ facts }) =>
      joined(
        hintFor(facts.code),
        say`They stay in the box of that state's entity on our server, and others go on. This alert closes by itself when they have gone.`,
      ),
    call: "partner",
  }),
} as const satisfies Readonly<Record<string, AlertKind<never>>>;
