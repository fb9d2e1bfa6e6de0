/** What arrives at an entity: what its rules need is looked up, and what they refer to is signed. */
import { plainDate } from "../alerts/when.ts";
import { takesPart } from "../directory/address.ts";
import { agencyKnown, usernamesOn } from "../directory/member.ts";
import { keptForward, wasForwardedTo } from "../directory/referrals.ts";
import { PacketboatError } from "../errors.ts";
import { type AgencyId, parseAgencyId } from "../ids.ts";
import type { PrivateKey } from "../keys/key.ts";
import { signInline } from "../keys/seal.ts";
import { findAgency } from "../ledger/agencies.ts";
import type { Queries } from "../ledger/connect.ts";
import type { Sound } from "../packet/checked.ts";
import { writeDocument } from "../packet/document.ts";
import type { DocumentProcessCode, MessageKind, Referral } from "../packet/model.gen.ts";
import { REFERRAL } from "../packet/model.ts";
import type { PlainDate } from "../transfer/dates.ts";
import type { Facts } from "../transfer/facts.ts";
import { type Asked, type EntityFacts, isOvertaken, type Member } from "./asking.ts";
import type { EntityEffect } from "./effects.ts";
import { matchOf, type Releaser } from "./answering.ts";
import { findInRegistry, registryDate } from "./registry.ts";
import { answered, forwarded, isReferred, referralFor, stands, withdrawn } from "./rules.ts";

/** Records and their recall are for two districts: at an entity nothing of them is read, or kept. */
export const UNTAKEN: readonly MessageKind[] = ["TransferRelease", "Recall"];

export interface Hearing {
  readonly ledger: Queries;
  readonly signWith: PrivateKey;
  readonly timeZone: string;
  readonly processCode: DocumentProcessCode;
}

type DecideAtEntity = (facts: Facts) => Promise<readonly EntityEffect[]>;

/** At an entity: what follows from a message, once the facts of its transfer are known. */
export const hearingAtEntity =
  (hearing: Hearing) =>
  (sound: Sound, from: AgencyId): Promise<DecideAtEntity> => {
    switch (sound.kind) {
      case "SignedRequest": {
        const asked = { message: sound.body, request: sound.request };
        return Promise.resolve((facts) => heardRequest(asked, { ...facts, from }, hearing));
      }
      case "TransferStatus":
        return Promise.resolve(async (facts) => {
          const wasNamed = await wasForwardedTo(hearing.ledger, facts.transfer, from);
          return stands(sound.body, wasNamed, { ...facts, from });
        });
      case "Ping":
      case "Receipt":
      case "Manifest":
        return Promise.resolve(() => Promise.resolve([]));
      case "SignedReferral":
      case "ForwardedRequest":
      case "TransferResponse":
      case "TransferRelease":
      case "Recall":
        throw new PacketboatError("MESSAGE_KIND", `a ${sound.kind} is not taken here`, {
          facts: { kind: sound.kind },
        });
    }
  };

async function heardRequest(
  asked: Asked,
  facts: EntityFacts,
  hearing: Hearing,
): Promise<EntityEffect[]> {
  const member = await memberOf(hearing, facts.from);
  if (isOvertaken(asked, member, facts)) return [];
  const { request } = asked;
  if (request.TransmissionType === "Cancellation") return canceled(asked, facts, hearing);
  const today = plainDate(facts.at, hearing.timeZone);
  const finding = await findInRegistry(hearing.ledger, request.Student, {
    requesterId: facts.from,
    today,
  });
  const match = matchOf(request, {
    finding,
    releaser: finding.kind === "one" ? await releaserOf(hearing, finding.previous.agencyId) : null,
    registryDate: await registryDay(hearing.ledger),
    today,
    at: facts.at,
  });
  if (match.kind === "answer") return answered(asked, match, facts);
  const referral = referralFor(asked, match.releaser.AgencyId, facts);
  return forwarded(asked, match, await signed(referral, facts, hearing), facts);
}

async function canceled(
  asked: Asked,
  facts: EntityFacts,
  hearing: Hearing,
): Promise<EntityEffect[]> {
  const { transfer } = facts;
  const before = transfer && isReferred(transfer) && (await keptForward(hearing.ledger, transfer));
  if (!before) return withdrawn(asked, null, facts);
  const referral = referralFor(asked, transfer.partnerId, facts);
  return withdrawn(asked, { before, referralText: await signed(referral, facts, hearing) }, facts);
}

/** Once: requester and releaser get the same text. */
const signed = (referral: Referral, { at }: EntityFacts, { signWith }: Hearing): Promise<string> =>
  signInline(Buffer.from(writeDocument(REFERRAL, referral)).toString("utf8"), { signWith, at });

async function memberOf({ ledger, processCode }: Hearing, id: AgencyId): Promise<Member> {
  const row = await findAgency(ledger, id);
  return {
    id,
    takesPart: row?.role === "district" && takesPart(row.status, processCode === "TEST"),
    people: row?.signed_card ? await usernamesOn(row.signed_card) : [],
  };
}

/** A district may have taken the place of another, which had taken that of a third. */
const MOST_SUCCESSORS = 5;

async function releaserOf(
  { ledger, processCode }: Hearing,
  id: AgencyId,
): Promise<Releaser | null> {
  let row = await findAgency(ledger, id);
  for (let step = 0; row?.successor_id && step < MOST_SUCCESSORS; step++) {
    row = await findAgency(ledger, parseAgencyId(row.successor_id));
  }
  if (!row) return null;
  const isThere = takesPart(row.status, processCode === "TEST") && row.fingerprint !== null;
  return { agency: agencyKnown(row), takesPart: isThere };
}

/** Of a registry that was never filled nothing is said: looking somebody up is refused before. */
async function registryDay(db: Queries): Promise<PlainDate> {
  const day = await registryDate(db);
  if (day !== null) return day;
  throw new TypeError("a registry in which somebody was looked up has no day");
}
