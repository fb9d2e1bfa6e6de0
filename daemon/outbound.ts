/**
 * Everything that happens on the way out, in the order it happens:
 * take → enclose → pack → seal → deliver.
 *
 * `take` turns what lies in the outboxes into decisions, and needs no server. The rest is done partner
 * by partner: what stops one of them, an expired key or a box that is full, leaves the others alone.
 * A packet's number and messages are settled before it is sealed, its bytes and name before it is sent.
 */
import { raisePostAlert } from "./alerts/raise.ts";
import type { Desk } from "./desk/enact.ts";
import type { Partner, Partners } from "./directory/partners.ts";
import type { DropBox } from "./dropbox/contract.ts";
import { inTurn } from "./dropbox/turns.ts";
import { isRefusal, PacketboatError } from "./errors.ts";
import { newMessageId, type AgencyId, type StreamId } from "./ids.ts";
import type { OurKeys } from "./keys/keyring.ts";
import { assertGood } from "./keys/standing.ts";
import { stopAgency } from "./ledger/agencies.ts";
import { resolveAlerts } from "./ledger/alerts.ts";
import { backOff, backoffs, clearBackoff, isResting } from "./ledger/runs.ts";
import {
  agenciesWaitedFor,
  answeredPackets,
  closePacket,
  messagesDue,
  packetsIn,
  sendPacketAgain,
  unanswered,
  withdrawnAttachments,
} from "./ledger/outgoing.ts";
import type { PacketOutRow, Scope } from "./ledger/tables.ts";
import { stopwatch, type Log } from "./log.ts";
import type { MessageKind } from "./packet/model.gen.ts";
import {
  attachmentsFirst,
  deliver,
  deliverAttachment,
  discard,
  discardWithdrawn,
  sweep,
  unseal,
} from "./outbound/deliver.ts";
import { enclose } from "./outbound/enclose.ts";
import { pack } from "./outbound/pack.ts";
import { isStale, seal } from "./outbound/seal.ts";
import type { Step } from "./steps.ts";

export interface Outbound {
  readonly desk: Desk;
  readonly stream: StreamId;
  readonly ourKeys: OurKeys;
  readonly partners: Partners;
  /** The box of an agency, where we may add and nothing else. */
  readonly boxOf: (agency: AgencyId) => DropBox;
  /** Connect anew, if the line was lost. */
  readonly mend: () => Promise<void>;
  readonly sealed: string;
  readonly limits: { readonly packetBytes: number; readonly messages: number };
  readonly now: () => Date;
  readonly random: () => number;
  readonly log: Log<Step>;
}

export interface OutboundCounts {
  packed: number;
  sent: number;
  /** Partners that could not be reached, or must not be. */
  failed: number;
}

/** They leave at night; receipts and answers, in which nobody's records are, whenever there is an exchange. */
const NIGHTLY_KINDS: readonly MessageKind[] = ["SignedRequest", "TransferRelease"];

/** What is sent this time, and until when. */
export interface Sending {
  readonly scope: Scope;
  /** No further packet is begun when it fires. */
  readonly stop?: AbortSignal;
}

interface Served extends Outbound {
  /** Kinds of messages that are not packed yet. What is packed is always sent. */
  readonly held: readonly MessageKind[];
  readonly stop: AbortSignal | undefined;
}

/** A packet without its receipt is uploaded again after this. */
const RECEIPT_PATIENCE_MS = 24 * 60 * 60 * 1000;

/**
 * Send all that waits.
 *
 * @param counts what was done is counted there, also if it ends too early
 * @throws PacketboatError BOX_UNREACHABLE, BOX_TIMEOUT if the server is lost, DISK_…: nothing more can
 *   be sent now, and nothing is lost
 */
export async function send(
  outbound: Outbound,
  counts: OutboundCounts,
  { scope, stop }: Sending = { scope: "everything" },
): Promise<void> {
  const held = scope === "collect" ? NIGHTLY_KINDS : [];
  await sendAgain(outbound);
  const { ids, failures } = await dueNow(outbound, held);
  await inTurn(ids, {
    serve: (id) => settle(id, { ...outbound, held, stop }, counts),
    mend: outbound.mend,
    isOver: () => stop?.aborted === true,
    progress: () => counts.sent,
    isSuspect: (id) => failures(id) > 0,
    suspect: (id, error) => rest(id, error, outbound),
    blame: (id, error) => blame(id, error, outbound, counts),
  });
  await tidy(outbound);
}

/** Agencies for which something waits, and that do not rest; those that failed us last come last. */
async function dueNow({ desk, now }: Outbound, held: readonly MessageKind[]) {
  const at = now();
  const rests = new Map((await backoffs(desk.ledger)).map((row) => [row.agency_id, row]));
  const failures = (id: AgencyId): number => rests.get(id)?.failures ?? 0;
  const isDue = (id: AgencyId): boolean => {
    const row = rests.get(id);
    return row === undefined || !isResting(row, at);
  };
  const ids = (await agenciesWaitedFor(desk.ledger, { at, held })).filter(isDue);
  return { ids: ids.toSorted((one, other) => failures(one) - failures(other)), failures };
}

/** Everything that waits for one partner. */
async function serve(partner: Partner, outbound: Served, counts: OutboundCounts): Promise<void> {
  const { desk, held, stop, now } = outbound;
  const { ledger } = desk;
  const { id } = partner;
  const log = outbound.log.child({ to: id });
  const tookMs = stopwatch();
  assertGood(partner.key, now());

  const due = { to: id, at: now(), held };
  for (const row of await messagesDue(ledger, "WAITING", due)) {
    if (stop?.aborted) return;
    await enclose(row, enclosing(outbound, partner));
    const { message_id: messageId, kind } = row;
    log.info("Message enclosed", { messageId, kind, tookMs: tookMs() });
  }

  const enclosed = await messagesDue(ledger, "ENCLOSED", due);
  for await (const fixed of pack(id, enclosed, packing(outbound))) {
    counts.packed++;
    log.info("Packet fixed", { ...fixed, tookMs: tookMs() });
  }

  await unsealStale(outbound, partner, log);
  for (const packet of await packetsIn(ledger, "FIXED", id)) {
    if (stop?.aborted) return;
    const { packet_id: packetId, sequence } = packet;
    const bytes = await seal(packet, enclosing(outbound, partner));
    log.info("Packet sealed", { packetId, sequence, bytes, tookMs: tookMs() });
  }

  for (const packet of await packetsIn(ledger, "SEALED", id)) {
    if (stop?.aborted) return;
    await handOver(packet, { ...outbound, log: log.child({ packetId: packet.packet_id }) });
    counts.sent++;
  }
}

/** Into the partner's box: what the packet names, and then the packet. */
async function handOver(packet: PacketOutRow, outbound: Outbound): Promise<void> {
  const { log } = outbound;
  const tookMs = stopwatch();
  const to = delivering(outbound, packet.to_agency);
  for (const attachment of await attachmentsFirst(packet, outbound.desk.ledger)) {
    await deliverAttachment(attachment, to);
    const { message_id: messageId, number } = attachment;
    log.info("Attachment delivered", { messageId, number, tookMs: tookMs() });
  }
  await deliver(packet, to);
  log.info("Packet delivered", { bytes: packet.sealed_size, tookMs: tookMs() });
}

/** The one place that decides what a failure means for a partner. */
async function settle(id: AgencyId, outbound: Served, counts: OutboundCounts): Promise<void> {
  const before = counts.sent;
  try {
    const partner = await outbound.partners.find(id);
    if (!partner) throw new PacketboatError("PARTNER_UNKNOWN", `no card of agency ${id} is here`);
    // What stopped it is an open alert; nothing is sent until a person acts.
    if (partner.stoppedCode) return;
    await serve(partner, outbound, counts);
    if (counts.sent > before) await reached(id, outbound);
  } catch (error) {
    if (!isRefusal(error) || isAboutServer(error)) throw error;
    // A server is given time; what a person mends, a card or a key, is tried whenever we look.
    if (error.code.startsWith("BOX_")) await rest(id, error, outbound);
    await blame(id, error, outbound, counts);
  }
}

/** It is not tried again for a while, and then after the others. */
const rest = (
  id: AgencyId,
  { code }: PacketboatError,
  { desk, now, random }: Outbound,
): Promise<void> => backOff(desk.ledger, { agencyId: id, code, at: now(), random });

async function blame(
  id: AgencyId,
  error: PacketboatError,
  outbound: Outbound,
  counts: OutboundCounts,
): Promise<void> {
  counts.failed++;
  outbound.log.warn("Partner not served", { to: id, code: error.code });
  await notServed(id, error, outbound);
}

/** These say that the line or our own disk has failed, whoever was being served. */
const isAboutServer = ({ code }: PacketboatError): boolean =>
  ["BOX_UNREACHABLE", "BOX_TIMEOUT", "DISK_FULL", "DISK_FAILED"].includes(code);

async function notServed(
  id: AgencyId,
  error: PacketboatError,
  { desk, now }: Outbound,
): Promise<void> {
  const { ledger } = desk;
  const at = now();
  const { code, message: reason } = error;
  if (code === "KEY_REVOKED") {
    await stopAgency(ledger, id, code);
    const facts = { code, reason };
    await raisePostAlert(ledger, { code: "PARTNER_STOPPED", subject: id, agencyId: id, facts, at });
    return;
  }
  const { length: packets } = await packetsIn(ledger, "SEALED", id);
  const facts = { code, reason, packets };
  await raisePostAlert(ledger, {
    code: "PARTNER_UNREACHABLE",
    subject: id,
    agencyId: id,
    facts,
    at,
  });
}

async function reached(id: AgencyId, { desk, now }: Outbound): Promise<void> {
  await clearBackoff(desk.ledger, id);
  await resolveAlerts(desk.ledger, {
    code: "PARTNER_UNREACHABLE",
    subject: id,
    by: "packetboat",
    at: now(),
  });
}

/** What has no receipt yet is uploaded again, the same bytes, and those of its documents (PROTOCOL 6). */
async function sendAgain({ desk, now, log }: Outbound): Promise<void> {
  const before = new Date(now().getTime() - RECEIPT_PATIENCE_MS);
  for (const { packet_id: packetId, to_agency: to, uploads } of await unanswered(
    desk.ledger,
    before,
  )) {
    await sendPacketAgain(desk.ledger, packetId);
    log.info("Packet to be sent again", { packetId, to, uploads });
  }
}

/** What was sealed with or for a key that is in use no more, or expired, is sealed anew (TRUST F34). */
async function unsealStale(outbound: Outbound, partner: Partner, log: Log<Step>): Promise<void> {
  const { desk, sealed } = outbound;
  for (const packet of await packetsIn(desk.ledger, "SEALED", partner.id)) {
    if (!isStale(packet, enclosing(outbound, partner))) continue;
    await unseal(packet, { ledger: desk.ledger, sealed });
    const { packet_id: packetId, rendition } = packet;
    log.info("Packet to be sealed again", { packetId, rendition });
  }
}

/** What was answered, needs no answer, or was withdrawn, leaves our folders. */
async function tidy(outbound: Outbound): Promise<void> {
  const { desk, sealed, log } = outbound;
  const { ledger } = desk;
  for (const document of await withdrawnAttachments(ledger)) {
    await discardWithdrawn(document, { ledger, sealed });
    const { message_id: messageId, number } = document;
    log.info("Withdrawn document discarded", { messageId, number });
  }
  for (const packet of await answeredPackets(ledger)) {
    await discard(packet, { ledger, sealed });
    await closePacket(ledger, packet.packet_id);
    log.info("Packet closed", { packetId: packet.packet_id, to: packet.to_agency });
  }
  const files = await sweep({ ledger, sealed });
  if (files > 0) log.info("Sealed leftovers swept", { files });
}

// What each step takes, from what the daemon built.

const enclosing = ({ desk, ourKeys, sealed, now }: Outbound, { key }: Partner) => ({
  ledger: desk.ledger,
  us: desk.us.AgencyId,
  signWith: ourKeys.present,
  sealFor: key,
  processCode: desk.processCode,
  sealed,
  at: now(),
});

const packing = ({ desk, stream, limits, now }: Outbound) => ({
  ledger: desk.ledger,
  stream,
  facts: { us: desk.us, processCode: desk.processCode, policy: desk.policy, newMessageId },
  limits: { messages: limits.messages, bytes: limits.packetBytes },
  at: now(),
});

const delivering = ({ desk, boxOf, sealed, now }: Outbound, id: AgencyId) => ({
  ledger: desk.ledger,
  box: boxOf(id),
  sealed,
  at: now(),
});
