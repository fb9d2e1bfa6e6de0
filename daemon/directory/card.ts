/**
 * The card with which an agency introduces itself: `enrolment.xml`. A public file, signed by the key
 * it carries; what makes it worth anything is its fingerprint, compared with its owner by telephone.
 */
import type { Config, Right } from "../config.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import { type AgencyId, type Fingerprint, parseAgencyId } from "../ids.ts";
import { type PrivateKey, type PublicKey, readPublicKey } from "../keys/key.ts";
import { signInline } from "../keys/seal.ts";
import { readSigned } from "../keys/signed.ts";
import { assertGood } from "../keys/standing.ts";
import { readDocument, writeDocument } from "../packet/document.ts";
import type { DocumentKind } from "../packet/model.ts";
import { given } from "../transfer/given.ts";
import { assertSignedWhenMade } from "./times.ts";
import type { Card, CardContact, CardPerson, CardServer, SignedCard } from "./card.gen.ts";

export type { Card } from "./card.gen.ts";

const NAMESPACE = "urn:packetboat:card:1";
const SCHEMA = "card.schema.json";
export const CARD: DocumentKind<"Card", Card> = {
  root: "Card",
  namespace: NAMESPACE,
  schemaFile: SCHEMA,
};
export const SIGNED_CARD: DocumentKind<"SignedCard", SignedCard> = {
  root: "SignedCard",
  namespace: NAMESPACE,
  schemaFile: SCHEMA,
};

/** A card with 500 people has some 100 KB. */
export const MOST_BYTES = 140_000;

/** A card that holds: well-formed, and signed by its own key, which is good now. */
export interface ReadCard {
  readonly card: Card;
  readonly agencyId: AgencyId;
  readonly key: PublicKey;
  readonly fingerprint: Fingerprint;
  readonly created: Date;
  /** The word of the key before for this one; proved by nobody yet. */
  readonly succession: string | null;
}

/**
 * What this home says of itself: the agency, its keys, whom to call about records, who may request;
 * an entity also its server.
 *
 * @param keys.sshPublicKey the line of the `.pub` file
 */
export function cardOf(
  config: Config,
  keys: { readonly publicKey: PublicKey; readonly sshPublicKey: string },
  created: Date,
): Card {
  const { agency } = config;
  return {
    Role: config.role === "entity" ? "Entity" : "District",
    Created: created.toISOString().replace(/\.[0-9]+Z$/, "Z"),
    Agency: {
      AgencyId: agency.id,
      ...given({ StateDistrictNumber: agency.stateNumber }),
      OrganizationName: agency.name,
      AddressCity: agency.city,
      StateAbbreviation: agency.state,
      AddressPostalCode: agency.zip,
      ...given({ TelephoneNumber: agency.phone }),
    },
    PublicKey: keys.publicKey.armored.replaceAll("\r", "").trim(),
    SshPublicKey: keys.sshPublicKey.trim(),
    ...given({ Server: config.role === "entity" ? serverOf(config) : undefined }),
    ...given({ Contact: atLeastOne(contactsOf(config)) }),
    ...given({ Person: atLeastOne(peopleOf(config)) }),
  };
}

/**
 * The file of a card, signed now.
 *
 * @param succession the word of the key before, if there was one
 */
export async function writeCard(
  card: Card,
  signWith: PrivateKey,
  at: Date,
  succession?: string,
): Promise<Uint8Array> {
  const text = Buffer.from(writeDocument(CARD, card)).toString("utf8");
  const CardText = await signInline(text, { signWith, at });
  return writeDocument(SIGNED_CARD, { CardText, ...given({ SuccessionText: succession }) });
}

/**
 * Read a card and prove that it is signed by the key it carries.
 *
 * @param at our clock: the key must be good now, the card not from the future
 * @throws PacketboatError CARD_INVALID; KEY_INVALID, KEY_WEAK, KEY_EXPIRED or KEY_REVOKED for its key
 */
export async function readCard(bytes: Uint8Array, at: Date): Promise<ReadCard> {
  try {
    const { CardText, SuccessionText } = readDocument(bytes, SIGNED_CARD);
    const signed = await readSigned(CardText, { maxBytes: MOST_BYTES });
    // Only its key is believed so far, and only so far as to prove the rest.
    const key = await readPublicKey(readDocument(signed.unverifiedContent(), CARD).PublicKey);
    const { content, signedAt } = await signed.verify(key, at);
    assertGood(key, at);
    const card = readDocument(content, CARD);
    const created = new Date(card.Created);
    assertSignedWhenMade({ created, signedAt, at });
    const agencyId = parseAgencyId(card.Agency.AgencyId);
    const { fingerprint } = key;
    return { card, agencyId, key, fingerprint, created, succession: SuccessionText ?? null };
  } catch (error) {
    throw isRefusal(error) && !error.code.startsWith("KEY_")
      ? invalid(error.message, error)
      : error;
  }
}

function serverOf({ server }: Config): CardServer | undefined {
  if (server?.publicAddress === undefined) return undefined;
  return { Address: server.publicAddress, ...given({ HostKey: server.hostKeys }) };
}

const contactsOf = ({ people }: Config): CardContact[] =>
  people
    .filter(({ may, workPhone, email }) => contactFor(may) !== null && (workPhone ?? email))
    .map(({ may, name, workPhone, email }) => ({
      ContactRole: contactFor(may) ?? "IT",
      PersonName: name,
      ...given({ TelephoneNumber: workPhone }),
      ...given({ ElectronicMailAddress: email }),
    }));

/** Whoever decides about records is called about them; at an entity, whoever takes up districts about that. */
function contactFor(may: readonly Right[]): CardContact["ContactRole"] | null {
  if (may.includes("release")) return "Records";
  return may.includes("approveDistricts") ? "IT" : null;
}

const peopleOf = ({ people }: Config): CardPerson[] =>
  people
    .filter(({ may }) => may.includes("request"))
    .map(({ username, name }) => ({ Username: username, PersonName: name }));

const atLeastOne = <T>(items: T[]): T[] | undefined => (items.length === 0 ? undefined : items);

const invalid = (why: string, cause?: unknown): PacketboatError =>
  new PacketboatError("CARD_INVALID", `the card cannot be believed: ${why}`, { cause });
