/** An agency introduces itself by its card: what the file must be, and who must have compared the key. */
import { realpath } from "node:fs/promises";
import type { Config } from "../../config.ts";
import { MOST_BYTES, type ReadCard, readCard } from "../../directory/card.ts";
import { heldPart } from "../../directory/holders.ts";
import { agencyOf, assertFingerprint, successionIn } from "../../directory/pin.ts";
import { readRegular } from "../../desk/carry.ts";
import { errnoOf } from "../../disk.ts";
import { isRefusal, PacketboatError, unlessRefused } from "../../errors.ts";
import { parseFingerprint, showFingerprint } from "../../ids.ts";
import { findAgency } from "../../ledger/agencies.ts";
import { keysOfAgency, keysWithParts } from "../../ledger/agency-keys.ts";
import type { Ledger } from "../../ledger/connect.ts";
import type { AgencyRow, CardRow } from "../../ledger/tables.ts";
import { ownAccount } from "../../people.ts";
import type { Context } from "../frame/context.ts";
import { pairs } from "../frame/shown.ts";
import { readHomeKeys } from "../home/keys.ts";

/** A card that may be believed: somebody compared its fingerprint, or its key was known before. */
export interface Introduced {
  readonly read: ReadCard;
  /** As it is to be kept; nothing is kept yet. */
  readonly agency: CardRow;
  /** The agency as it was known until now. */
  readonly known: AgencyRow | null;
  /** Since when the card's key is in use, by the word of the key that was known; `null` without it. */
  readonly since: Date | null;
}

export interface Introducing {
  /** The card's file, as it was typed. */
  readonly file: string;
  /** As its owner read it out, as it was typed; without it a person is asked. */
  readonly fingerprint: string | undefined;
  /** Refuse a card that is good and does not belong here. */
  readonly assertFits?: (read: ReadCard, ledger: Ledger) => void | Promise<void>;
  /** What a person must know besides, before they say yes; with any of it they are asked in any case. */
  readonly warnings?: (read: ReadCard, ledger: Ledger) => Promise<readonly string[]>;
}

/** Mostly our own card, taken for theirs. With another key it is a card that somebody else made. */
async function ownId(
  config: Config,
  { agencyId, fingerprint }: ReadCard,
): Promise<PacketboatError> {
  const ours = await readHomeKeys(config).catch(() => null);
  return ours?.openpgp.publicKey.fingerprint === fingerprint
    ? new PacketboatError("CARD_UNFIT", `this is our own card, of ${agencyId}`)
    : new PacketboatError("CARD_CONFLICT", `agency ${agencyId} is this home itself`);
}

/**
 * @throws PacketboatError FILE_NOT_FOUND, FILE_UNREADABLE; CARD_INVALID, CARD_UNFIT, CARD_CONFLICT, KEY_…;
 *   FINGERPRINT_DIFFERS; CONFIRMATION_NEEDED
 */
export async function introduced(context: Context, asked: Introducing): Promise<Introduced> {
  const named = asked.fingerprint === undefined ? null : parseFingerprint(asked.fingerprint);
  const config = await context.config();
  const signedCard = await cardFile(context.path(asked.file));
  const read = await readCard(signedCard, context.now());
  if (read.agencyId === config.agency.id) {
    throw await ownId(config, read);
  }
  const ledger = await context.ledger();
  await asked.assertFits?.(read, ledger);
  await assertKeyFree(read, ledger);
  const known = await findAgency(ledger, read.agencyId);
  await assertNewer(read, known, context.now());
  const warnings = (await asked.warnings?.(read, ledger)) ?? [];
  const keys = await keysOfAgency(ledger, read.agencyId);
  const since = known && (await successionIn(read, keys, context.now()));
  const isKnownKey = known?.fingerprint === read.fingerprint || since !== null;
  if (named !== null) assertFingerprint(read, named);
  else if (!isKnownKey || warnings.length > 0) {
    await ask(context, read, known, warnings);
  }
  const by = context.as ?? ownAccount() ?? "unknown";
  return { read, known, since, agency: agencyOf(read, { signedCard, at: context.now(), by }) };
}

/** Whoever binds another's key to its own would have what that one signs taken for its own. */
async function assertKeyFree({ agencyId, key }: ReadCard, ledger: Ledger): Promise<void> {
  const keyIds = key.parts.map(({ keyId }) => keyId);
  const held = await heldPart(agencyId, key, await keysWithParts(ledger, keyIds));
  if (!held) return;
  const sentence = `the key of agency ${agencyId} has a part that already belongs to agency ${held.holder}: ${held.fingerprint}`;
  throw new PacketboatError("CARD_CONFLICT", sentence);
}

/** A plain file that is not larger than a card can be; whoever names a link means what it leads to. */
async function cardFile(path: string): Promise<Uint8Array> {
  const real = await realpath(path).catch((cause: unknown) => {
    const errno = errnoOf(cause);
    if (errno === null) throw cause;
    const code = errno === "ENOENT" ? "FILE_NOT_FOUND" : "FILE_UNREADABLE";
    throw new PacketboatError(code, `${path} cannot be read (${errno})`, { cause });
  });
  const read = await unlessRefused(() => readRegular(real, MOST_BYTES));
  if (isRefusal(read, "DOCUMENT_INVALID")) {
    throw new PacketboatError("CARD_INVALID", `${path} has more than ${MOST_BYTES} bytes`);
  }
  if (isRefusal(read))
    throw new PacketboatError(read.code, `${path}: ${read.message}`, { cause: read });
  if (read) return read.bytes;
  throw new PacketboatError("FILE_UNREADABLE", `${path} is still being written`);
}

/** An older card of the same key may be somebody's copy from before a change. */
async function assertNewer(read: ReadCard, known: AgencyRow | null, at: Date): Promise<void> {
  if (known?.fingerprint !== read.fingerprint || known.signed_card === null) return;
  const present = await readCard(Buffer.from(known.signed_card), at);
  if (read.created >= present.created) return;
  const times = `${read.created.toISOString()}, before the one that is known (${present.created.toISOString()})`;
  throw new PacketboatError("CARD_INVALID", `the card of ${read.agencyId} was made at ${times}`);
}

/** A known key is its owner's word for a new card, or a new key; else a person must have compared it. */
async function ask(
  context: Context,
  read: ReadCard,
  known: AgencyRow | null,
  warnings: readonly string[],
): Promise<void> {
  const { card, agencyId, fingerprint } = read;
  const { OrganizationName: name, AddressCity: city, StateAbbreviation: state } = card.Agency;
  const isOtherKey = known !== null && known.fingerprint !== fingerprint;
  const about = [
    ...pairs([
      ["Agency", `${name} (${agencyId}), ${city}, ${state}`],
      ["Fingerprint", showFingerprint(fingerprint)],
      ["Known until now", known?.fingerprint ? showFingerprint(known.fingerprint) : null],
    ]),
    ...(isOtherKey ? ["This is another key than the one that is known: ask its owner why."] : []),
    ...warnings,
    "Call the agency at a number that you know already, not at one from the card.",
  ];
  const unattended = `the card of ${agencyId} has the fingerprint ${showFingerprint(fingerprint)}, and nobody has confirmed it`;
  if (await context.confirm(about, "Did its owner read out this fingerprint?", unattended)) return;
  throw new PacketboatError("CONFIRMATION_NEEDED", `agency ${agencyId} was not added`);
}
