/** What stands between a request and its referral: what we signed, and what an entity passed on. */
import { type AgencyId, type MessageId, type Sha256, sha256 } from "../ids.ts";
import type { Queries } from "../ledger/connect.ts";
import { readContents } from "../ledger/content.ts";
import { sentAbout } from "../ledger/outgoing.ts";
import { findTransfer, type TransferKey } from "../ledger/transfers.ts";
import { readMessage } from "../packet/envelope.ts";
import type {
  ForwardedRequest,
  MessageKind,
  SignedReferral,
  TransferResponse,
} from "../packet/model.gen.ts";
import type { Transfer } from "../transfer/effects.ts";
import type { SentRequests } from "../transfer/facts.ts";

/**
 * The digests by which referrals name our requests: those of their signed texts, as they left. Only where
 * an entity was asked is there anything to name.
 *
 * @param transfer with its current request; `null`, and a transfer of another's, has none
 */
export async function sentRequests(db: Queries, transfer: Transfer | null): Promise<SentRequests> {
  if (!transfer?.entityId) return { current: null, earlier: [] };
  const sent = await sentAbout(db, transfer, "SignedRequest");
  const contents = await readContents(
    db,
    sent.map(({ content_id }) => content_id),
  );
  const digests = sent.flatMap(({ message_id: id, content_id }) => {
    const bytes = contents.get(content_id);
    return bytes ? [{ id, digest: digestOf(bytes) }] : [];
  });
  const isCurrent = ({ id }: { readonly id: MessageId }): boolean =>
    id === transfer.requestMessageId;
  return {
    current: digests.find(isCurrent)?.digest ?? null,
    earlier: digests.filter((each) => !isCurrent(each)).map(({ digest }) => digest),
  };
}

function digestOf(bytes: Uint8Array): Sha256 {
  const message = readMessage({ kind: "SignedRequest", bytes });
  return sha256(message.kind === "SignedRequest" ? message.body.RequestText : "");
}

/** The ForwardedRequest in force; `null` if there is none, or it is no longer kept. */
export async function keptForward(
  db: Queries,
  transfer: TransferKey,
): Promise<ForwardedRequest | null> {
  const found = await findTransfer(db, transfer);
  const message = await kept(db, found?.referralContentId ?? null, "ForwardedRequest");
  return message?.kind === "ForwardedRequest" ? message.body : null;
}

/** The SignedReferral in force, at the district that asked; `null` as above. */
export async function keptReferral(
  db: Queries,
  transfer: TransferKey,
): Promise<SignedReferral | null> {
  const found = await findTransfer(db, transfer);
  const message = await kept(db, found?.referralContentId ?? null, "SignedReferral");
  return message?.kind === "SignedReferral" ? message.body : null;
}

/** The last answer that said something in words; `null` as above. */
export async function keptAnswer(
  db: Queries,
  transfer: TransferKey,
): Promise<TransferResponse | null> {
  const found = await findTransfer(db, transfer);
  const message = await kept(db, found?.answerContentId ?? null, "TransferResponse");
  return message?.kind === "TransferResponse" ? message.body : null;
}

async function kept(db: Queries, id: string | null, kind: MessageKind) {
  const bytes = id === null ? undefined : (await readContents(db, [id])).get(id);
  return bytes ? readMessage({ kind, bytes }) : null;
}

/** Was the request, or an earlier version of it, passed on to this agency? */
export async function wasForwardedTo(
  db: Queries,
  transfer: TransferKey | null,
  to: AgencyId,
): Promise<boolean> {
  if (!transfer) return false;
  const sent = await sentAbout(db, transfer, "ForwardedRequest");
  return sent.some(({ to_agency }) => to_agency === to);
}
