/**
 * What was wrong with what came into the quarantine, in words for both sides: neither needs to know the format to
 * do its part. Nothing here is about a student.
 */

export interface RefusalWords {
  /** What is wrong. */
  readonly wrong: string;
  /** What this side does about it. */
  readonly ours: string;
  /** What the sender does about it. */
  readonly theirs: string;
}

const words = (wrong: string, theirs: string, ours: string): RefusalWords => ({
  wrong,
  theirs,
  ours,
});

const WAIT = "Nothing: wait for the new one.";
const CALL = "Call the sender at the number on its card, and ask whether it is theirs.";
const NEWER = "Nothing, unless your packetboat is older than theirs: then install a newer one.";
const AGAIN =
  "Send the records again, under a new id: your packetboat does so when you decide anew.";
const RETRY = "then try the file again.";
const TOOL =
  "Have whoever keeps your software look at this; nothing was wrong with the connection.";

const SEALED: Readonly<Record<string, RefusalWords>> = {
  BOX_FILE_TOO_BIG: words(
    "The file is larger than this side fetches. It still lies in the box.",
    "Send fewer transfers in one packet, or agree on a higher limit.",
    "If it is to be taken: raise limits.packetMegabytes in the config, then try it again.",
  ),
  PACKET_TOO_BIG: words(
    "Once opened, the packet is larger than this side takes.",
    "Send fewer transfers in one packet, or agree on a higher limit.",
    "If it is to be taken: raise limits.packetMegabytes in the config, then try it again.",
  ),
  PACKET_EMPTY: words(
    "The file has no bytes.",
    "Look whether your disk or the server was full, then send it again.",
    WAIT,
  ),
  PACKET_NOT_SEALED: words(
    "The file is not encrypted: whoever could look into the box could read it.",
    "Find out what left it there, stop it, and treat it as a disclosure to whoever has access to the server.",
    `${CALL} The server's administrator can say who could have read it.`,
  ),
  PACKET_FORMAT: words(
    "The file is OpenPGP of a kind that this side does not read: with AEAD, with a password, or too new.",
    "Seal for RFC 4880 (gpg: --rfc4880), for our key alone and without a password.",
    "Tell the sender; then wait for the new one.",
  ),
  PACKET_DAMAGED: words(
    "The file was altered on its way, or its signature does not hold.",
    "Send it again. If it happens again, compare your file with the one on the server.",
    "Look whether the server's disk is sound. If it happens again, call the sender.",
  ),
  PACKET_CUT_SHORT: words(
    "The file ends in the middle, and stayed so for a day.",
    "Send it again; look whether your upload was broken off.",
    WAIT,
  ),
  PACKET_NOT_FOR_US: words(
    "The file is encrypted for somebody else, though it lay in our box.",
    "Look whose key you used: another district's, or one of ours that is retired. Add our newest card.",
    "Send them your card if your key is new; then wait for the new packet.",
  ),
  PACKET_NOT_SIGNED: words(
    "The packet was encrypted for us, and nobody had signed it: anybody could have made it.",
    "Sign before you encrypt.",
    CALL,
  ),
  PACKET_SIGNATURES: words(
    "The packet carries more than one signature, or one around another.",
    "Sign once, with your one key, and then encrypt.",
    WAIT,
  ),
  PACKET_UNKNOWN_SIGNER: words(
    "The packet is signed by a key that no partner here owns.",
    "Send us your card (enrolment.xml), and read its fingerprint out by telephone.",
    "If you know who it is: add the card with `packetboat partner add`, then try the packet again.",
  ),
  KEY_INVALID: words(
    "The sender's key cannot be read as it is kept here. Nothing is known to be wrong with the packet.",
    "Nothing, unless we ask for your card: then send it again.",
    `Take the sender's card again, and have a key of a directory published anew; ${RETRY}`,
  ),
  KEY_NOT_LISTED: words(
    "The packet is named as from a district of another state, and signed by a key that its directory did not list within a day.",
    "Send the card with your new key to your entity. Your packetboat sends the packet again by itself.",
    "Nothing: when the directory lists the key, the packet is taken as it comes again.",
  ),
  PACKET_SIGNER_REVOKED: words(
    "The packet is signed by a key that its owner, or the entity, has revoked.",
    "Sign with your present key; if this one was never to be revoked, call the entity.",
    CALL,
  ),
  PACKET_SIGNED_AT_WRONG_TIME: words(
    "The signature is older or newer than the packet says it is, or lies in the future.",
    "Set your machine's clock, then send it again.",
    "Compare your own clock with a good one.",
  ),
  PACKET_OWNER_DIFFERS: words(
    "The packet is signed with one agency's key, and was left on the server by the account of another.",
    "Say whether you left it. If not, somebody else may have your key: revoke it and make a new one.",
    "Ask the server's administrator whose account left it, and call the agency that signed it. If all is well, try the packet again.",
  ),
  PACKET_WEAK: words(
    "The packet is sealed with a method that no longer protects it.",
    "Use AES and SHA-256 or stronger, and a key of Ed25519 or RSA with at least 3072 bits.",
    WAIT,
  ),
  PACKET_POISONOUS: words(
    "Each attempt to read the packet ended the program.",
    "Nothing: it may be sound. Send it again, in case it was damaged on its way.",
    "Keep the file and report it to whoever maintains packetboat.",
  ),
};

/** Of a key that a directory lists for whoever signed a text inside a message. */
const KEY: Readonly<Record<string, RefusalWords>> = {
  KEY_FILE_DIFFERS: words(
    "The file of a key on the server was for a day none that can be used, or not the one that the directory names.",
    `Wait until the entity has published the key again. ${AGAIN}`,
    "Tell the entity: the file of the key must be published as its directory names it.",
  ),
  KEY_HELD: words(
    "A message holds a text signed with a new key, and nobody here has compared that key within a week.",
    `Read the key's fingerprint out to us by telephone. ${AGAIN}`,
    "Call the agency at a number you know, compare the fingerprint, and say `packetboat directory accept`.",
  ),
};

const ENVELOPE: Readonly<Record<string, RefusalWords>> = {
  XML_ENCODING: words(
    "The text inside is not written in UTF-8, or holds characters that no text has.",
    `Write UTF-8 without a byte order mark. ${TOOL}`,
    WAIT,
  ),
  XML_MALFORMED: words("The text inside is not well-formed XML.", TOOL, WAIT),
  XML_DOCTYPE: words(
    "The text declares a document type or entities of its own, which could be made to read files here.",
    `No packet has any. ${TOOL}`,
    CALL,
  ),
  XML_PROFILE: words(
    "The text is XML, but uses what packets never use: prefixes, attributes, comments or the like.",
    `Follow the wire profile. ${TOOL}`,
    WAIT,
  ),
  XML_LIMIT: words(
    "The text has more in it, or lies deeper in itself, than any packet may.",
    TOOL,
    WAIT,
  ),
  SCHEMA_INVALID: words(
    "The packet's header or structure is not as the schema wants it.",
    `Check it with schemas/transfer-packet.xsd. ${TOOL}`,
    WAIT,
  ),
  PACKET_VERSION: words(
    "The packet is written in another version of the format.",
    "Agree with us on one version; most often one side's packetboat is older.",
    NEWER,
  ),
  PACKET_HEADER_DIFFERS: words(
    "The header names another agency, or another key, than the one that sealed the packet.",
    "Look whether two districts share one key or one configuration.",
    CALL,
  ),
  PACKET_MISADDRESSED: words(
    "The packet was sealed for us, and addressed to another agency or to a key that is not ours.",
    "Look whether you added our newest card, and whether something passes packets on.",
    CALL,
  ),
  PACKET_PROCESS_CODE: words(
    "The packet belongs to a trial, and this side works with real records, or the other way round.",
    `Agree with us whether this is a trial: \`mode\` in packetboat.yaml says so. ${AGAIN}`,
    "Agree with the sender whether this is a trial: `mode` in packetboat.yaml says so.",
  ),
  PACKET_EXPIRED: words(
    "The packet's time was over before it came, or its times contradict each other.",
    "Send it again; look at your clock.",
    WAIT,
  ),
  PACKET_DIGEST_DIFFERS: words(
    "The messages in the packet are not those that its header was made for.",
    TOOL,
    CALL,
  ),
  PACKET_CONFLICT: words(
    "A packet came before under the same id, and said something else.",
    "Never use an id twice. Look whether a backup was restored, or two programs use one home.",
    CALL,
  ),
};

const MESSAGE: Readonly<Record<string, RefusalWords>> = {
  MESSAGE_INVALID: words(
    "A message is not as the schema wants it.",
    `Correct it, and send it under a new id. ${TOOL}`,
    WAIT,
  ),
  MESSAGE_CONFLICT: words(
    "A message came before under the same id, and said something else.",
    "Never use an id twice. Look whether a backup was restored, or two programs use one home.",
    CALL,
  ),
  MESSAGE_KIND: words(
    "A message of this kind has no meaning between these two agencies.",
    "Look whether it was meant for somebody else.",
    NEWER,
  ),
  INNER_TEXT_INVALID: words(
    "The signed text inside a message does not hold, or says something else than the message.",
    `Sign the request anew. ${TOOL}`,
    CALL,
  ),
  INNER_KEY_MISSING: words(
    "A signed text inside a message is of an agency whose key is not here.",
    "Look whether that agency stands in the directory with the key it signs with.",
    "Look into the directory; if the agency is not in it, call your entity.",
  ),
  REFERRAL_INVALID: words(
    "What the entity signed is for another request, requester or releaser, or has expired.",
    "Nobody but the district that the entity named may speak about this transfer.",
    CALL,
  ),
  REFERRAL_MISSING: words(
    "A district speaks about a state transfer, and the entity has not named it.",
    "Carry the referral that came with the request in each message about it.",
    "Call the entity: it can say whom it asked.",
  ),
  DISTRICT_NOT_PARTICIPATING: words(
    "A district asks for records that does not take part in the entity's directory.",
    "Call the entity; until then ask the previous district directly.",
    "Look at the district's status in the directory.",
  ),
  USER_NOT_ON_CARD: words(
    "The person who asks is not on the district's card among those who may request.",
    "Send the entity a new card that names this person, then ask again.",
    "Wait for the district's new card.",
  ),
  REGISTRY_EMPTY: words(
    "A student was to be looked up, and the entity had no students in its registry for a day.",
    "Ask again, under a new id, when the entity says that its registry is filled.",
    "Import the state's students with `packetboat registry import FILE --snapshot`, and tell the district.",
  ),
  RULE_BROKEN: words(
    "Values in a message contradict each other, or a rule of records transfer.",
    "Correct the value that the reason names, and send it again.",
    WAIT,
  ),
  WRITING_INVALID: words(
    "The answer to a message could not be written as its schema wants it, so that nothing of it was done.",
    "Nothing is wrong with your message: send it again, under a new id, when we tell you that the answer can be written.",
    "Report it, with the reason that is named, to whoever maintains packetboat; then tell the sender to send it again.",
  ),
  TRANSFER_UNKNOWN: words(
    "A message speaks about a transfer that is not known here.",
    "Look whether the request was taken back, or was meant for another district.",
    "Look whether a backup was restored here.",
  ),
  TRANSFER_NOT_THEIRS: words(
    "A message speaks about a transfer in which its sender has no part.",
    "Find out where the transfer's id came from.",
    CALL,
  ),
  TRANSFER_STATE: words(
    "What a message says does not go with how the transfer stands here.",
    "Call our registrar: both sides see the transfer under the same reference.",
    "Let a registrar look: `packetboat transfers list`.",
  ),
  RELEASE_EMPTY: words(
    "A release holds no records, and no reason why not.",
    `Give at least one section, document or reason. ${AGAIN}`,
    WAIT,
  ),
  RECEIPT_INVALID: words(
    "A receipt answers something that was never sent to its writer.",
    "Look whether a backup was restored, or two programs use one home.",
    CALL,
  ),
  ATTACHMENT_ABSENT: words(
    "A document that belongs to the records did not come within a day.",
    AGAIN,
    "Look whether something clears the box on the server.",
  ),
  ATTACHMENT_DIFFERS: words(
    "A document is not the one that the records name: another size, digest or signer.",
    AGAIN,
    CALL,
  ),
  ATTACHMENT_TYPE: words(
    "A document is of a kind that is not carried.",
    `Use PDF, TIFF, JPEG, PNG, DOCX, TXT, CSV or XML. ${AGAIN}`,
    WAIT,
  ),
  ATTACHMENT_TOO_BIG: words(
    "A document is larger than this side takes.",
    `Split it, or agree on a higher limit. ${AGAIN}`,
    "If it is to be taken: raise limits.attachmentMegabytes in the config.",
  ),
};

/** Of a sealed file for another state, at an entity. */
const RELAY: Readonly<Record<string, RefusalWords>> = {
  RELAY_LOOP: words(
    "The file is named as from a district of another state, and lay where our own districts leave theirs.",
    "Leave files at your own entity's server, never here: a file is moved on once.",
    "Ask the server's administrator whose account left it, and ask them why. Then delete the file.",
  ),
  RELAY_OWNER_DIFFERS: words(
    "The file is named as from one district, and was left by the account of another.",
    "Say whether you left it. If you did, use your own account; if not, somebody uses your name.",
    "Ask the server's administrator whose account left it, and call both districts. Then delete the file.",
  ),
  RELAY_SENDER_UNKNOWN: words(
    "The file is named as from a district that takes no part in our directory.",
    "Call us: only a district that takes part can write to other states.",
    `If the district is to take part: settle that with \`packetboat directory status\`, ${RETRY}`,
  ),
  RELAY_MISADDRESSED: words(
    "The file is for somebody to whom files are not moved on from that box.",
    "Look the district up with `packetboat locate`, and ask it anew; to an entity write only through us.",
    "Tell the sender, then delete the file.",
  ),
  RELAY_RECIPIENT_UNKNOWN: words(
    "The file is for a district that the other state's directory does not list.",
    "Look the district up with `packetboat locate`: it may have joined with another.",
    `Ask the other state's entity. If the district is listed again, ${RETRY}`,
  ),
  RELAY_OVERDUE: words(
    "The file has waited longer than any packet may live.",
    "It did not arrive. Send it again, if it still matters.",
    "Tell the sender, then delete the file. Look what it waited for, so that others do not.",
  ),
};

const ALL = { ...SEALED, ...KEY, ...ENVELOPE, ...MESSAGE, ...RELAY };

/** Of records that another district took back: nothing was wrong with how they came. */
export const RECALLED_WORDS: RefusalWords = words(
  "The other district took these records back: they were sent by mistake.",
  "Say whether they may be deleted here, and send the right ones if there are any.",
  "Read them no more, and keep no copy. Delete them with `packetboat quarantine discard` when the other district agrees.",
);

/** Every code that has words of its own. */
export const EXPLAINED = Object.keys(ALL);

/** @param code of a refusal; one of a newer packetboat has general words */
export const refusalWords = (code: string): RefusalWords =>
  (Object.hasOwn(ALL, code) ? ALL[code] : undefined) ??
  words("It was refused for the reason that is named.", "Mend what the reason names.", WAIT);
