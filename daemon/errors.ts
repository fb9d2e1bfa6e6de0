/**
 * Every refusal packetboat knows. The table fixes for each code what is done about it, how a command
 * that meets it ends, and what a person can do; the thrower adds the sentence with the value in it.
 * `daemon/CODES.md` documents the same codes; a test compares the two both ways.
 *
 * Anything that is not a PacketboatError is a bug, and stops loudly.
 */

/**
 * What becomes of the thing that failed (PROTOCOL 4):
 * `wait` leaves it where it is, with a deadline; `retry` tries again by itself; `refuse` is final and
 * puts the original in quarantine; `stop` halts this partner until a person acts.
 */
export type Disposition = "wait" | "retry" | "refuse" | "stop";

/** Exit codes of the command line; a contract with scripts (DESIGN, "The command line"). */
export const EXIT = {
  done: 0,
  usage: 2,
  nothingWaiting: 3,
  unreachable: 4,
  security: 5,
  refused: 6,
  needsPerson: 10,
  bug: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** DESIGN: "Precedence 70, 2, 5, 4, 6, 10, 3". */
const GRAVEST_FIRST: readonly ExitCode[] = [
  EXIT.bug,
  EXIT.usage,
  EXIT.security,
  EXIT.unreachable,
  EXIT.refused,
  EXIT.needsPerson,
  EXIT.nothingWaiting,
];

/** The one exit code of a run that met several. */
export const gravestExit = (codes: readonly ExitCode[]): ExitCode =>
  GRAVEST_FIRST.find((code) => codes.includes(code)) ?? EXIT.done;

interface Rule {
  readonly disposition: Disposition;
  readonly exit: ExitCode;
  readonly hint: string;
}

const { usage, unreachable, security, refused, needsPerson } = EXIT;

const rule = (disposition: Disposition, exit: ExitCode, hint: string): Rule => ({
  disposition,
  exit,
  hint,
});

export const ERRORS = {
  // What was typed, and the config.
  USAGE: rule("refuse", usage, "Run the command with --help to see how it is used."),
  ROLE_DIFFERS: rule(
    "refuse",
    usage,
    "Use the config of the other home, or see `packetboat --help` for what this one can do.",
  ),
  NODE_TOO_OLD: rule(
    "refuse",
    usage,
    "Install Node 24 or later, and see that it stands first in the PATH.",
  ),
  ID_INVALID: rule("refuse", usage, "Check the value for a missing or mistyped character."),
  FILE_NOT_FOUND: rule(
    "refuse",
    usage,
    "Check the path; relative paths start at the folder you are in.",
  ),
  FILE_UNREADABLE: rule(
    "refuse",
    usage,
    "Check the file's owner and mode, and that the disk is mounted.",
  ),
  CONFIG_NOT_FOUND: rule(
    "refuse",
    usage,
    "Name the file with --config or PACKETBOAT_CONFIG, or make a home with `packetboat init`.",
  ),
  CONFIG_INVALID: rule(
    "refuse",
    usage,
    "Mend every line named above; `packetboat check` reads the file again.",
  ),
  CONFIG_UNSAFE: rule(
    "refuse",
    usage,
    "Run packetboat as its own user, never as root, and give the file or folder to that user alone: folders 0700, files 0600.",
  ),
  HOME_EXISTS: rule("refuse", usage, "Choose an empty folder; a home is never overwritten."),
  HOME_BUSY: rule(
    "retry",
    refused,
    "Wait for the other process to end, or look at it with `packetboat status`; `packetboat exchange` asks a daemon that runs.",
  ),
  HOME_RECONCILING: rule(
    "retry",
    refused,
    "Compare the transfers with your folders and partners, then run `packetboat exchange --proceed`.",
  ),
  EXCHANGE_STOPPED: rule(
    "retry",
    refused,
    "Nothing to do: what was begun is finished by the next exchange.",
  ),
  ENTITY_NOT_JOINED: rule(
    "refuse",
    usage,
    "Join your entity with `packetboat join`; or find the district with `packetboat locate`, and ask it directly.",
  ),
  ENTITY_AMBIGUOUS: rule(
    "refuse",
    usage,
    "Name the entity that has to find the district, as To in the document or with --to.",
  ),
  CONFIRMATION_NEEDED: rule(
    "refuse",
    usage,
    "Say yes at a terminal once it is settled by telephone; in a script, name the fingerprint that you mean with --fingerprint.",
  ),

  // Disks and the ledger.
  DISK_FULL: rule("retry", needsPerson, "Make room; packetboat goes on by itself."),
  DISK_FAILED: rule(
    "retry",
    needsPerson,
    "See that packetboat's user may write there; look at the system's log for the disk or the mount.",
  ),
  FILE_EXISTS: rule("refuse", refused, "Move away what is there; nothing is overwritten."),
  FOLDER_MISSING: rule("retry", usage, "Make the folder, or correct its path in the config."),
  FOLDER_REPLACED: rule(
    "retry",
    usage,
    "Mount the share again. If this folder is the right one, put an empty file named .packetboat into it.",
  ),
  LEDGER_NEWER: rule(
    "stop",
    usage,
    "Install the packetboat that wrote this ledger, or a newer one.",
  ),
  LEDGER_DAMAGED: rule("stop", refused, "Stop packetboat and restore the home from its backup."),
  AUDIT_BROKEN: rule(
    "stop",
    security,
    "Somebody changed the ledger by hand; keep a copy of it and call whoever is responsible for it.",
  ),

  // Keys and cards.
  KEY_INVALID: rule(
    "refuse",
    security,
    "Ask for the key again; packetboat takes OpenPGP v4 keys that gpg 2.2 can read.",
  ),
  KEY_WEAK: rule(
    "refuse",
    security,
    "Ask the owner for an Ed25519 key, or RSA of at least 3072 bits.",
  ),
  KEY_EXPIRED: rule(
    "wait",
    refused,
    "Ask the key's owner for a new card: a partner's is added with `packetboat partner add`, an entity's with `packetboat join`. A district of the directory mails it to the entity.",
  ),
  KEY_REVOKED: rule(
    "stop",
    security,
    "Call the owner; packets wait until a card with a new key is added.",
  ),
  KEY_MISSING: rule(
    "stop",
    usage,
    "Restore the keys folder from the backup; if systemd keeps the keys, run this as config/README.md says.",
  ),
  KEYS_HANDED_IN: rule(
    "refuse",
    usage,
    "Bring the keys folder into the home for as long as this takes, as config/README.md says.",
  ),
  CARD_INVALID: rule("refuse", security, "Ask for the card again; it must reach you unchanged."),
  CARD_CONFLICT: rule("refuse", security, "Call the agency: one id or key must not belong to two."),
  CARD_UNFIT: rule(
    "refuse",
    refused,
    "Ask for the card that belongs here: a district joins its own state's entity, partners are districts; an entity adds its districts, and other states' entities, whose cards name their servers.",
  ),
  FINGERPRINT_DIFFERS: rule(
    "refuse",
    security,
    "Do not add this card; call the agency at a number you already know.",
  ),
  KEY_HELD: rule(
    "wait",
    refused,
    "Call the agency at a number you know, compare the fingerprint, and say `packetboat directory accept AGENCY --fingerprint F`.",
  ),
  KEY_FILE_DIFFERS: rule(
    "wait",
    security,
    "Tell the entity: the file of this key must be published as its directory names it.",
  ),
  KEY_NOT_FETCHED: rule(
    "wait",
    refused,
    "Run `packetboat exchange`: keys are fetched there, at the latest with the entity's next directory.",
  ),
  KEY_NOT_LISTED: rule(
    "wait",
    refused,
    "If the district has a new key, our entity passes its state's directory on with its next exchange, and the packet is taken then.",
  ),
  AGENCY_NOT_PARTICIPATING: rule(
    "wait",
    refused,
    "See with `packetboat locate` how the agency stands, and ask the entity, which settles it with `packetboat directory status`. What waits for it goes when it takes part.",
  ),
  DIRECTORY_SIGNER: rule(
    "refuse",
    security,
    "Call the entity at a number you know. If it has another key and cannot sign with the former, pin it anew with `packetboat join`; an entity pins that of another state with `packetboat directory add`.",
  ),
  DIRECTORY_OLDER: rule(
    "refuse",
    security,
    "An old copy lies on the server: tell the entity. The newer one that you have goes on serving.",
  ),
  DIRECTORY_CONFLICT: rule(
    "refuse",
    security,
    "Two directories carry one version: call the entity. The one that came first goes on serving.",
  ),
  DIRECTORY_EXPIRED: rule(
    "wait",
    refused,
    "Ask the entity to publish its directory; until then nothing is sealed, and what comes waits in the box.",
  ),
  DIRECTORY_INVALID: rule(
    "refuse",
    security,
    "Tell the entity to publish its directory again. The last good one goes on serving.",
  ),
  DISTRICT_NOT_FOUND: rule(
    "refuse",
    refused,
    "Look it up with `packetboat locate`, and name its id in To (--to), or describe it by other words, its city or ZIP.",
  ),
  DISTRICT_AMBIGUOUS: rule(
    "refuse",
    refused,
    "Name the id of the one that is meant in To (--to), or add its city or ZIP.",
  ),
  PARTNER_UNKNOWN: rule(
    "refuse",
    refused,
    "Join your entity with `packetboat join`, add a partner's card with `packetboat partner add`, or look the agency up with `packetboat locate`.",
  ),
  PARTNER_STOPPED: rule(
    "stop",
    refused,
    "Look at the open alerts for this agency, and mend their cause.",
  ),

  // The line and the drop box.
  BOX_UNREACHABLE: rule(
    "retry",
    unreachable,
    "Check the network and the server's address; packetboat tries again by itself.",
  ),
  BOX_TIMEOUT: rule(
    "retry",
    unreachable,
    "The server is slow or silent; packetboat tries again by itself.",
  ),
  BOX_HOST_KEY_CHANGED: rule(
    "stop",
    security,
    "Ask the server's administrator for its host key; if it is right, put it in the config under server.hostKeys. Of another state's server its entity sends a new card, for `packetboat directory add`.",
  ),
  BOX_ALGORITHMS_WEAK: rule(
    "stop",
    security,
    "Ask the server's administrator for what OpenSSH offers by itself since 8.5: ECDH, host keys of Ed25519, ECDSA or RSA with SHA-2, AES-GCM or AES-CTR, HMAC-SHA-2.",
  ),
  BOX_LOGIN_REFUSED: rule(
    "stop",
    unreachable,
    "Ask the server's administrator to install your SSH public key for this account.",
  ),
  SSH_KEY_INVALID: rule("stop", usage, "Restore keys/ssh_ed25519 from the backup."),
  BOX_DENIED: rule(
    "stop",
    unreachable,
    "Ask the server's administrator to check the owner and mode of the box.",
  ),
  BOX_NOT_FOUND: rule(
    "retry",
    unreachable,
    "Ask the server's administrator whether the box has been made.",
  ),
  BOX_NAME_TAKEN: rule("retry", unreachable, "Nothing to do: packetboat takes another name."),
  BOX_FILE_GONE: rule(
    "retry",
    unreachable,
    "The file vanished while it was being read; packetboat looks again.",
  ),
  BOX_FILE_CHANGED: rule(
    "wait",
    unreachable,
    "The file was still being written; packetboat looks again.",
  ),
  BOX_FILE_DENIED: rule(
    "wait",
    unreachable,
    "Whoever left the file must let the box's owner read it (mode 0640); it is swept later.",
  ),
  BOX_FILE_TOO_BIG: rule(
    "refuse",
    refused,
    "Ask the sender to send less at once, or raise the limit in the config.",
  ),
  BOX_NAME_INVALID: rule(
    "refuse",
    refused,
    "Names in a drop box are letters, digits, dots, hyphens and underscores: tell the sender.",
  ),
  BOX_FULL: rule(
    "retry",
    unreachable,
    "Ask the server's administrator for room; packetboat tries again by itself.",
  ),
  BOX_FAILED: rule("retry", unreachable, "The server refused the operation; its log says why."),

  // On the way to another state, at an entity (PROTOCOL 5).
  RELAY_LOOP: rule(
    "refuse",
    security,
    "A sealed file is moved on once, by its sender's own entity: find out who leaves files of another state's district in this box.",
  ),
  RELAY_OWNER_DIFFERS: rule(
    "refuse",
    security,
    "Find out whose account it is, and ask them: a file is left by the district that its name gives as its sender.",
  ),
  RELAY_SENDER_UNKNOWN: rule(
    "refuse",
    refused,
    "See with `packetboat directory list` how the district stands. If it takes part again, have its files moved on with `packetboat quarantine retry`.",
  ),
  RELAY_MISADDRESSED: rule(
    "refuse",
    refused,
    "Tell the sender: in this box lies what is for the districts of that one state; to its entity only our own entity writes.",
  ),
  RELAY_RECIPIENT_UNKNOWN: rule(
    "refuse",
    refused,
    "Ask the other state's entity whether the district is in its directory. If it is again, use `packetboat quarantine retry`.",
  ),
  RELAY_NAME_TAKEN: rule(
    "wait",
    unreachable,
    "Ask the other state's entity what the file of this name in the recipient's box is. Ours goes when that one is gone.",
  ),
  RELAY_KEPT_FULL: rule(
    "wait",
    refused,
    "Find out from whoever has this account what its files are, and discard those in the quarantine: see `packetboat quarantine list`. The rest is looked at again when there is room.",
  ),
  RELAY_OVERDUE: rule(
    "refuse",
    refused,
    "No packet holds for so long: tell the sender that it did not arrive, and delete it with `packetboat quarantine discard`.",
  ),

  // The sealed file (PROTOCOL 4, steps 1 to 3).
  PACKET_TOO_BIG: rule(
    "refuse",
    refused,
    "Ask the sender to send less at once, or raise limits.packetMegabytes.",
  ),
  PACKET_EMPTY: rule("refuse", refused, "Ask the sender to send it again."),
  PACKET_NOT_SEALED: rule(
    "refuse",
    security,
    "The sender's data lay readable in the box: call them.",
  ),
  PACKET_FORMAT: rule(
    "refuse",
    security,
    "Ask the sender to seal for RFC 4880: no AEAD, no password (gpg: --rfc4880).",
  ),
  PACKET_DAMAGED: rule("refuse", security, "Ask the sender to send it again."),
  PACKET_CUT_SHORT: rule("wait", refused, "The upload has not finished; packetboat looks again."),
  PACKET_NOT_FOR_US: rule("refuse", security, "It was sealed for another agency: tell the sender."),
  PACKET_NOT_SIGNED: rule("refuse", security, "Ask the sender to sign before encrypting."),
  PACKET_SIGNATURES: rule(
    "refuse",
    security,
    "A packet carries exactly one signature: ask the sender to send it again.",
  ),
  PACKET_UNKNOWN_SIGNER: rule(
    "refuse",
    security,
    "If you know the sender, add its card with `packetboat partner add`, then run `packetboat quarantine retry`.",
  ),
  PACKET_SIGNER_REVOKED: rule(
    "refuse",
    security,
    "Somebody may have its key: call the agency. What it sends is to be signed with its present key.",
  ),
  PACKET_SIGNED_AT_WRONG_TIME: rule(
    "refuse",
    security,
    "Compare both clocks; the signature must be as old as the packet says it is.",
  ),
  PACKET_OWNER_DIFFERS: rule(
    "refuse",
    security,
    "Ask the server's administrator whose account left it, and call the agency that signed it: somebody else may have its key.",
  ),
  PACKET_WEAK: rule("refuse", security, "Ask the sender to use AES and SHA-256 or stronger."),
  PACKET_POISONOUS: rule(
    "refuse",
    refused,
    "Reading it ended the program three times; keep the file and report it.",
  ),

  // The envelope (PROTOCOL 4, steps 4 and 5).
  XML_ENCODING: rule("refuse", refused, "The sender must write UTF-8 without a byte order mark."),
  XML_MALFORMED: rule(
    "refuse",
    refused,
    "The sender's software writes broken XML: send them this message.",
  ),
  XML_DOCTYPE: rule("refuse", security, "A packet never has a DOCTYPE or entities of its own."),
  XML_PROFILE: rule(
    "refuse",
    refused,
    "The sender must follow the wire profile: one namespace, no prefixes, attributes, comments, CDATA or processing instructions.",
  ),
  XML_LIMIT: rule("refuse", refused, "The document is larger or deeper than any packet may be."),
  SCHEMA_INVALID: rule(
    "refuse",
    refused,
    "The sender can check the document with schemas/transfer-packet.xsd.",
  ),
  PACKET_VERSION: rule(
    "refuse",
    refused,
    "The sender uses another version of the format: agree on one.",
  ),
  PACKET_HEADER_DIFFERS: rule(
    "refuse",
    security,
    "The header names another agency or key than the seal proves: call the sender.",
  ),
  PACKET_MISADDRESSED: rule(
    "refuse",
    security,
    "The packet is addressed to another agency: tell the sender.",
  ),
  PACKET_PROCESS_CODE: rule(
    "wait",
    refused,
    "One side is in mode test, the other in production: agree on one.",
  ),
  PACKET_EXPIRED: rule("refuse", refused, "Ask the sender to send it again."),
  PACKET_DIGEST_DIFFERS: rule(
    "refuse",
    security,
    "The messages are not those the header was made for: call the sender.",
  ),
  PACKET_CONFLICT: rule("refuse", security, "Two different packets carry one id: call the sender."),

  // A message and the rules of a transfer (PROTOCOL 4, step 6).
  MESSAGE_INVALID: rule(
    "refuse",
    refused,
    "The sender must correct the message and send it under a new MessageId.",
  ),
  MESSAGE_CONFLICT: rule(
    "refuse",
    security,
    "Two different messages carry one id: call the sender.",
  ),
  MESSAGE_KIND: rule("refuse", refused, "This kind of message is not for an agency of our role."),
  INNER_TEXT_INVALID: rule(
    "refuse",
    security,
    "The signed text inside does not hold: call the agency named in it.",
  ),
  INNER_KEY_MISSING: rule(
    "wait",
    security,
    "It is looked at again when the directory lists a key of the agency named in the text; call the entity if it does not.",
  ),
  REFERRAL_INVALID: rule(
    "refuse",
    security,
    "Call your entity: it names the releaser of a request, and nobody else does.",
  ),
  REFERRAL_MISSING: rule(
    "wait",
    security,
    "It is looked at again when the entity has named whom it asked for the records.",
  ),
  DISTRICT_NOT_PARTICIPATING: rule(
    "refuse",
    refused,
    "Ask the entity: only a district that takes part in its directory may ask.",
  ),
  USER_NOT_ON_CARD: rule(
    "refuse",
    refused,
    "Make a card with this person (`packetboat keys card`), send it to the entity, and ask again when it has taken it.",
  ),
  RULE_BROKEN: rule("refuse", refused, "Correct the value, and send it again."),
  WRITING_INVALID: rule(
    "refuse",
    refused,
    "Correct the value that is named, if you gave it, and do it again; if you did not, report the whole sentence to whoever maintains packetboat.",
  ),
  TRANSFER_UNKNOWN: rule(
    "refuse",
    refused,
    "Check the reference with `packetboat transfers list`.",
  ),
  TRANSFER_AMBIGUOUS: rule("refuse", refused, "Name the transfer by its whole TransferId."),
  TRANSFER_NOT_THEIRS: rule(
    "refuse",
    security,
    "Only the agency named in the request may speak about the transfer.",
  ),
  TRANSFER_STATE: rule(
    "refuse",
    refused,
    "See what may be done now with `packetboat transfers show`.",
  ),
  RELEASE_EMPTY: rule(
    "refuse",
    refused,
    "Give at least one section, document or reason why there is none.",
  ),
  SECOND_PERSON_NEEDED: rule(
    "refuse",
    refused,
    "Let another person who may release decide it too; `packetboat withdraw` takes the first release back.",
  ),
  FLAGS_UNREADABLE: rule(
    "refuse",
    usage,
    "Mend the file that releases.flagsFile names (without it: flags.csv of the home); `packetboat check` reads it. Until then nothing is released.",
  ),
  REASON_NOT_FITTING: rule("refuse", refused, "Choose one of the reasons named above."),
  REASON_NOT_LAWFUL: rule(
    "refuse",
    refused,
    "Release the records, or give the reason that there is beside it; your district's counsel knows what your state allows.",
  ),
  RECEIPT_INVALID: rule("refuse", security, "It answers nothing we sent: call the sender."),

  // Attachments.
  ATTACHMENT_ABSENT: rule(
    "wait",
    refused,
    "The attachment has not arrived yet; packetboat looks again for a day, then asks for it.",
  ),
  ATTACHMENT_DIFFERS: rule(
    "refuse",
    security,
    "The attachment is not the one the sender named: ask for it again.",
  ),
  ATTACHMENT_TYPE: rule("refuse", refused, "Send PDF, TIFF, JPEG, PNG, DOCX, TXT, CSV or XML."),
  ATTACHMENT_TOO_BIG: rule(
    "refuse",
    refused,
    "Split the document, or raise limits.attachmentMegabytes on both sides.",
  ),

  // Mail.
  MAIL_UNREACHABLE: rule(
    "retry",
    unreachable,
    "Check mail.server in the config, and whether the mail server is up. What is to be mailed waits.",
  ),
  MAIL_CERTIFICATE: rule(
    "retry",
    unreachable,
    "Have the certificate of the mail server made for the name in mail.server, or let this machine trust who signed it: update-ca-certificates, or NODE_EXTRA_CA_CERTS in the service's environment.",
  ),
  MAIL_NOT_ENCRYPTED: rule(
    "retry",
    usage,
    "Let the mail server offer STARTTLS, or use smtps:// in mail.server; a password never travels in the clear.",
  ),
  MAIL_LOGIN_REFUSED: rule(
    "retry",
    usage,
    "Write username:password as the mail server knows it in the first line of mail.credentialFile.",
  ),
  MAIL_SENDER_REFUSED: rule(
    "retry",
    usage,
    "Ask the administrator of the mail server whether this machine may send as mail.from, and whether it must log in.",
  ),
  MAIL_DELAYED: rule("retry", unreachable, "Nothing to do: the mail is sent again by itself."),
  MAIL_REFUSED: rule(
    "refuse",
    refused,
    "Correct the address in the config: the mail server takes no mail for it.",
  ),

  // The desk: what people drop.
  RECORD_TOO_BIG: rule(
    "refuse",
    refused,
    "Send long tables and texts as documents beside the record, or raise limits.packetMegabytes on both sides.",
  ),
  DOCUMENT_INVALID: rule(
    "refuse",
    refused,
    "Correct what is named above, in the document or in the line that was typed, and hand it in again.",
  ),
  DOCUMENT_NAME: rule(
    "refuse",
    refused,
    "Rename the file: letters, digits, spaces, dots, hyphens and underscores.",
  ),
  DOCUMENT_KNOWN: rule(
    "refuse",
    refused,
    "This document was taken before; nothing was done twice.",
  ),
  DOCUMENT_POISONOUS: rule(
    "refuse",
    refused,
    "Export it anew, or in parts; keep the file, and report it with the log. What was taken of it before is known, and not done twice.",
  ),
  DOCUMENT_CHANGED: rule(
    "refuse",
    refused,
    "Nothing was done for it. To correct a request, ask again with its reference in Resubmits, or cancel it; to add documents, send a Supplement; what is meant anew needs a SourceReference of its own.",
  ),
  PERSON_UNKNOWN: rule(
    "refuse",
    refused,
    "Add the person to `people:` in the config, or name one who is there: in DecidedBy in a document, with --as at a terminal.",
  ),
  PERSON_NOT_ALLOWED: rule(
    "refuse",
    refused,
    "Let somebody decide whose `may:` in the config allows it.",
  ),
  ALERT_UNKNOWN: rule("refuse", refused, "List the alerts with `packetboat alerts list --all`."),
  QUARANTINE_UNKNOWN: rule(
    "refuse",
    refused,
    "List what is kept with `packetboat quarantine list`.",
  ),
  QUARANTINE_ANSWERED: rule(
    "refuse",
    refused,
    "The sender was told that it was refused; it must come again under a new id.",
  ),

  // The list of districts.
  DISTRICTS_INVALID: rule(
    "refuse",
    refused,
    "Take a district file of NCES as it is downloaded, or mend what is named; until then the list stays as it was.",
  ),

  // The registry of an entity.
  REGISTRY_INVALID: rule(
    "refuse",
    refused,
    "Mend what is named, or export the file anew; until then the registry stays as it was.",
  ),
  REGISTRY_EMPTY: rule(
    "wait",
    needsPerson,
    "Import the state's students with `packetboat registry import FILE --snapshot`.",
  ),
  REGISTRY_NOTHING_WAITS: rule(
    "refuse",
    refused,
    "See with `packetboat registry status` how the registry stands.",
  ),
} as const satisfies Record<string, Rule>;

export type ErrorCode = keyof typeof ERRORS;

/** What a machine may want to know beside the sentence; never anything personal. */
export type Facts = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export class PacketboatError extends Error {
  override readonly name = "PacketboatError";
  readonly code: ErrorCode;
  readonly facts: Facts;

  /**
   * @param code stable, from the table above
   * @param message one sentence with the value in it, and nothing personal
   */
  constructor(code: ErrorCode, message: string, more: { facts?: Facts; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.facts = more.facts ?? {};
  }

  get hint(): string {
    return ERRORS[this.code].hint;
  }

  get disposition(): Disposition {
    return ERRORS[this.code].disposition;
  }

  get exit(): ExitCode {
    return ERRORS[this.code].exit;
  }
}

/** Is this one of our refusals, and (if asked) of this code? */
export function isRefusal(error: unknown, code?: ErrorCode): error is PacketboatError {
  return error instanceof PacketboatError && (code === undefined || error.code === code);
}

/** What it gives, or why it was refused; whatever is no refusal is thrown. */
export async function unlessRefused<T>(work: () => Promise<T>): Promise<T | PacketboatError> {
  try {
    return await work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return error;
  }
}
