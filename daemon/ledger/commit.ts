/**
 * Effects become rows: everything a handler wants done about one transfer, in one transaction
 * (PROTOCOL 10). What needs the disk or the network is written down here as an intent, and done later.
 */
import { PacketboatError } from "../errors.ts";
import { parseUuid, type MessageId } from "../ids.ts";
import type {
  Recall,
  TransferRelease,
  TransferRequest,
  TransferResponse,
} from "../packet/model.gen.ts";
import type {
  Effect,
  KeptReferral,
  OpenTransfer,
  Outgoing,
  Send,
  Transfer,
} from "../transfer/effects.ts";
import { expectedUntil } from "../transfer/sections.ts";
import { raiseAlert, resolveAlerts } from "./alerts.ts";
import { addAudit } from "./audit.ts";
import type { LedgerTransaction } from "./connect.ts";
import { keepContent } from "./content.ts";
import { addMessage, withdrawMessage } from "./outgoing.ts";
import { addPublication, type Publication, recallPublications } from "./publications.ts";
import { addDisclosure } from "./register.ts";
import { addTransferEvent, expectUntil, insertTransfer, updateTransfer } from "./transfers.ts";
import type { NewTransferEvent, StoredTransfer } from "./transfers.ts";

/** Another writer was quicker: what was decided on older facts must be decided again. */
export class TransferChanged extends Error {
  override readonly name = "TransferChanged";
}

export interface Commit {
  /** The transfer as it was read when the effects were decided. */
  readonly found: StoredTransfer | null;
  readonly effects: readonly Effect[];
  readonly at: Date;
  /** Username, agency id or `packetboat`: stands in the history. */
  readonly who: string;
  /** How a person was known; `null` for an agency and for packetboat. */
  readonly authentication: string | null;
  /** Where a transfer that is opened belongs. */
  readonly place: { readonly school: string | null; readonly dropFolder: string } | null;
  /** Writes a message, or a request that is still to be signed, as XML. */
  readonly write: (outgoing: Outgoing) => Uint8Array;
  /** Folders that stand finished and hidden, one for each Publish. */
  readonly publications: readonly Publication[];
}

/**
 * Write all effects down.
 *
 * @returns the transfer as it now stands; `null` if the effects were about none
 * @throws TransferChanged if the transfer is not as it was read: roll back, and decide again
 * @throws PacketboatError TRANSFER_STATE if a message to take back has left
 */
export async function commitEffects(
  db: LedgerTransaction,
  commit: Commit,
): Promise<Transfer | null> {
  let found = commit.found;
  for (const effect of commit.effects) found = await commitEffect(db, commit, found, effect);
  for (const publication of commit.publications) await addPublication(db, publication, commit.at);
  if (found) await auditCommit(db, commit, found.transfer);
  return found?.transfer ?? null;
}

async function commitEffect(
  db: LedgerTransaction,
  commit: Commit,
  found: StoredTransfer | null,
  effect: Effect,
): Promise<StoredTransfer | null> {
  const at = commit.at.toISOString();
  switch (effect.effect) {
    case "OpenTransfer":
      return openTransfer(db, commit, effect);
    case "SetState":
      return changeTransfer(db, commit, theTransfer(found), effect);
    case "Send":
      await send(db, commit, theTransfer(found).transfer, effect);
      if (effect.kind === "TransferRelease") await noteMore(db, found, effect.message);
      break;
    case "Unsend":
      await withdrawMessage(db, effect.messageId, at);
      break;
    case "RaiseAlert":
      await raiseAlert(db, {
        code: effect.code,
        subject: effect.subject,
        ...(found ? { transfer: found.transfer } : {}),
        agencyId: effect.partnerId,
        facts: effect.facts,
        at: commit.at,
      });
      break;
    case "ResolveAlert":
      await resolveAlerts(db, {
        code: effect.code,
        subject: effect.subject,
        by: commit.who,
        at: commit.at,
      });
      break;
    case "RecordDisclosure":
      await addDisclosure(db, theTransfer(found).transfer, effect);
      break;
    case "Publish":
      // Its folder stands finished, and is one of the commit's publications.
      if (effect.what === "recall") await takeAway(db, theTransfer(found).transfer, effect.recall);
      if (effect.what === "record") await noteMore(db, found, effect.release);
      break;
  }
  return found;
}

/** What the recall names is promised to leave people's reach. */
const takeAway = (db: LedgerTransaction, transfer: Transfer, recall: Recall): Promise<void> =>
  recallPublications(db, transfer, {
    by: parseUuid<MessageId>(recall.MessageId),
    releases: recall.RecalledMessageId.map((id) => parseUuid<MessageId>(id)),
  });

/** Retention waits for what a release promises. */
async function noteMore(
  db: LedgerTransaction,
  found: StoredTransfer | null,
  release: TransferRelease,
): Promise<void> {
  const until = expectedUntil(release);
  if (until !== null) await expectUntil(db, theTransfer(found).transfer, until);
}

async function openTransfer(
  db: LedgerTransaction,
  commit: Commit,
  { transfer, request, event, referral }: OpenTransfer,
): Promise<StoredTransfer> {
  const requestContentId = await keepRequest(db, commit, request);
  const referralContentId = referral ? await keepReferral(db, commit, referral) : null;
  const { school = null, dropFolder = null } = commit.place ?? {};
  const more = { requestContentId, referralContentId, school, dropFolder };
  await insertTransfer(db, transfer, more);
  await addTransferEvent(db, transfer, eventOf(commit, event));
  return { transfer, version: 1, answerContentId: null, ...more };
}

async function changeTransfer(
  db: LedgerTransaction,
  commit: Commit,
  found: StoredTransfer,
  effect: Extract<Effect, { effect: "SetState" }>,
): Promise<StoredTransfer> {
  const transfer = { ...found.transfer, ...effect.changes, state: effect.state };
  const requestContentId = effect.request
    ? await keepRequest(db, commit, effect.request)
    : found.requestContentId;
  const { referral, answer } = effect;
  const referralContentId = referral
    ? await keepReferral(db, commit, referral)
    : referral === null
      ? null
      : found.referralContentId;
  const answerContentId = answer
    ? await keepAnswer(db, commit, answer)
    : answer === null
      ? null
      : found.answerContentId;
  const contents = { requestContentId, referralContentId, answerContentId };
  const more = { version: found.version, ...contents };
  if (!(await updateTransfer(db, transfer, more))) throw new TransferChanged();
  await addTransferEvent(db, transfer, eventOf(commit, effect.event));
  return { ...found, transfer, version: found.version + 1, ...contents };
}

const eventOf = ({ at, who, authentication }: Commit, event: string): NewTransferEvent => ({
  at: at.toISOString(),
  event,
  who,
  authentication,
});

const keepRequest = (
  db: LedgerTransaction,
  commit: Commit,
  request: TransferRequest,
): Promise<string> =>
  keepContent(db, {
    kind: "request",
    bytes: commit.write({ kind: "TransferRequest", message: request }),
    at: commit.at.toISOString(),
  });

const keepReferral = (
  db: LedgerTransaction,
  commit: Commit,
  referral: KeptReferral,
): Promise<string> =>
  keepContent(db, { kind: "referral", bytes: commit.write(referral), at: commit.at.toISOString() });

const keepAnswer = (
  db: LedgerTransaction,
  commit: Commit,
  message: TransferResponse,
): Promise<string> =>
  keepContent(db, {
    kind: "answer",
    bytes: commit.write({ kind: "TransferResponse", message }),
    at: commit.at.toISOString(),
  });

async function send(
  db: LedgerTransaction,
  commit: Commit,
  { requesterId, transferId }: Transfer,
  effect: Send,
): Promise<void> {
  await addMessage(db, {
    messageId: parseUuid<MessageId>(effect.message.MessageId),
    to: effect.to,
    kind: effect.kind,
    transfer: { requesterId, transferId },
    bytes: commit.write(effect),
    notBefore: effect.notBefore ?? commit.at,
    at: commit.at,
    documents: effect.kind === "TransferRelease" ? effect.documents : [],
  });
}

async function auditCommit(
  db: LedgerTransaction,
  { effects, at }: Commit,
  { transferId }: Transfer,
): Promise<void> {
  const done = effects.map((effect) => ("event" in effect ? effect.event : effect.effect));
  await addAudit(db, { at: at.toISOString(), event: done.join(" "), subject: transferId });
}

function theTransfer(found: StoredTransfer | null): StoredTransfer {
  if (found) return found;
  throw new PacketboatError("TRANSFER_UNKNOWN", "the effect is about a transfer that is not here");
}
