/**
 * Everything that happens on the way out, in the order it happens:
 * take → enclose → pack → seal → deliver.
 *
 * `take` turns what lies in the outboxes into decisions, and needs no server. The rest is done partner
 * by partner, a few packets at a time: what is for thousands of students at one of them keeps no receipt of
 * another waiting, and what stops one, an expired key or a box that is full, leaves the others alone.
 * A packet's number and messages are settled before it is sealed, its bytes and name before it is sent.
 */
import type { Partner } from "./directory/partners.ts";
import { inTurn } from "./dropbox/turns.ts";
import { isRefusal, PacketboatError, unlessRefused } from "./errors.ts";
import type { AgencyId, PacketId } from "./ids.ts";
import { assertGood } from "./keys/standing.ts";
import type { Ledger } from "./ledger/connect.ts";
import {
  answeredPackets,
  closePacket,
  enclosedAmong,
  messagesDue,
  packetNow,
  packetsIn,
  sendPacketAgain,
  unanswered,
  withdrawnAttachments,
} from "./ledger/outgoing.ts";
import type { MessageOutRow, OutgoingKind, PacketOutRow, Scope } from "./ledger/tables.ts";
import { together } from "./ledger/together.ts";
import { stopwatch, type Log } from "./log.ts";
import {
  attachmentsFirst,
  deliver,
  deliverAttachment,
  discard,
  discardWithdrawn,
  markSent,
  type SealedAttachment,
  sweep,
  unseal,
} from "./outbound/deliver.ts";
import { dueNow, reached, rest, tellNotServed } from "./outbound/due.ts";
import { enclose } from "./outbound/enclose.ts";
import { pack } from "./outbound/pack.ts";
import { delivering, enclosing, type Outbound, packing } from "./outbound/parts.ts";
import { isStale, seal } from "./outbound/seal.ts";
import { sideBySide } from "./side-by-side.ts";
import type { Step } from "./steps.ts";

export interface OutboundCounts {
  packed: number;
  sent: number;
  /** Partners that could not be reached, or must not be. */
  failed: number;
}

/** What is sent this time, and until when. */
export interface Sending {
  readonly scope: Scope;
  /** No further packet is begun when it fires. */
  readonly stop?: AbortSignal;
}

interface Served extends Outbound {
  /** Kinds of messages that are not packed yet. What is packed is always sent. */
  readonly held: readonly OutgoingKind[];
  readonly stop: AbortSignal | undefined;
  /** Messages that our own disk has changed: they stay, and all others leave. */
  readonly damaged: PacketboatError[];
  readonly turns: Turns;
}

interface Turns {
  /** Partners of whom a part was served; the rest follows when the others have had their turn. */
  readonly begun: Map<AgencyId, AsyncGenerator<void, void>>;
  /** All others have had all of theirs. */
  isAlone: boolean;
}

/** So many packets for one partner; then it is another's turn. The next time it is twice as many. */
const PACKETS_IN_A_TURN = 5;

/**
 * So many packets leave side by side at the most, if they are small: to a distant server they take no longer than one.
 * A large one has the line for itself, and so has one with documents, or none of them would be there in time on a slow
 * line.
 */
const SIDE_BY_SIDE = { packets: 32, bytes: 4_000_000 } as const;

/** So many messages at most are made ready in one turn: what is done for each stays in memory for a while. */
const MESSAGES_IN_A_TURN = 1000;
const packetsOf = (messages: number): number =>
  Math.max(1, Math.floor(MESSAGES_IN_A_TURN / messages));

/** How many packets leave in one turn: twice as many each time, for a box that takes them will take more. */
class Pace {
  /** Of the next turn. */
  packets = PACKETS_IN_A_TURN;

  /** Nothing suggests any more that this box takes only a few. */
  get isFull(): boolean {
    return this.packets >= SIDE_BY_SIDE.packets;
  }

  taken(): void {
    this.packets = Math.min(2 * this.packets, SIDE_BY_SIDE.packets);
  }
}

/** A packet without its receipt is uploaded again after this. */
const RECEIPT_PATIENCE_MS = 24 * 60 * 60 * 1000;

/**
 * Send all that waits.
 *
 * @param counts what was done is counted there, also if it ends too early
 * @throws PacketboatError BOX_UNREACHABLE, BOX_TIMEOUT if the server is lost, DISK_…: nothing more can
 *   be sent now, and nothing is lost; LEDGER_DAMAGED, when all has left that is whole
 */
export async function send(
  outbound: Outbound,
  counts: OutboundCounts,
  { scope, stop }: Sending = { scope: "everything" },
): Promise<void> {
  const held = scope === "collect" ? outbound.heldForNight : [];
  await sendAgain(outbound);
  const { desk, now, random } = outbound;
  const { ids, failures } = await dueNow(desk.ledger, { at: now(), held });
  const turns: Turns = { begun: new Map(), isAlone: false };
  const served: Served = { ...outbound, held, stop, damaged: [], turns };
  try {
    for (let round = ids; round.length > 0; round = [...turns.begun.keys()]) {
      turns.isAlone = round.length === 1;
      await inTurn(round, {
        serve: (id) => settle(id, served, counts),
        mend: outbound.mend,
        isOver: () => stop?.aborted === true,
        progress: () => counts.sent,
        isSuspect: (id) => failures(id) > 0,
        suspect: (id, error) => rest(desk.ledger, { id, error, at: now() }, random),
        blame: (id, error) => blame(id, error, outbound, counts),
      });
      if (stop?.aborted) break;
    }
  } finally {
    for (const serving of turns.begun.values()) await serving.return();
  }
  await tidy(outbound);
  const [damaged] = served.damaged;
  if (damaged) throw damaged;
}

/** The one place that decides what a failure means for a partner. */
async function settle(id: AgencyId, outbound: Served, counts: OutboundCounts): Promise<void> {
  const { desk, now, random } = outbound;
  const { begun } = outbound.turns;
  const { ledger } = desk;
  const before = counts.sent;
  const known = begun.get(id);
  // What fails is begun anew, from what the ledger says.
  begun.delete(id);
  try {
    const partner = await outbound.partners.find(id);
    if (!partner) throw new PacketboatError("PARTNER_UNKNOWN", `no card of agency ${id} is here`);
    // What stopped it is an open alert; nothing is sent until a person acts.
    if (partner.stoppedCode) return;
    const serving = known ?? serve(partner, outbound, counts);
    const { done } = await serving.next();
    if (!done) begun.set(id, serving);
    if (counts.sent > before) await reached(ledger, id, now());
  } catch (error) {
    if (!isRefusal(error) || isAboutServer(error)) throw error;
    // A server is given time; what a person mends, a card or a key, is tried whenever we look.
    if (error.code.startsWith("BOX_")) await rest(ledger, { id, error, at: now() }, random);
    await blame(id, error, outbound, counts);
  } finally {
    if (!begun.has(id)) await known?.return();
  }
}

/** Everything that waits for one partner, a few packets in each turn. What was packed before goes first. */
async function* serve(
  partner: Partner,
  outbound: Served,
  counts: OutboundCounts,
): AsyncGenerator<void, void> {
  const log = outbound.log.child({ to: partner.id });
  assertGood(partner.key, outbound.now());
  await unsealStale(outbound, partner, log);
  yield* packetsFor(partner, { ...outbound, log }, counts);
}

/**
 * One load after the other: for a box that takes none no more are made, for what is in no packet can be withdrawn. When
 * it has taken many, and no other partner waits for a turn, a second load follows the first on its way, and a third is
 * made meanwhile.
 *
 * @throws PacketboatError why the first that does not lie in the box does not; those beside it do
 */
async function* packetsFor(
  partner: Partner,
  outbound: Served,
  counts: OutboundCounts,
): AsyncGenerator<void, void> {
  const { stop, turns } = outbound;
  const pace = new Pace();
  const underWay: UnderWay[] = [];
  try {
    for await (const load of makeFor(partner, outbound, { counts, pace })) {
      const bytes = underWay.reduce((sum, each) => sum + each.bytes, load.bytes);
      yield* arrived(underWay, { most: bytes <= SIDE_BY_SIDE.bytes ? 1 : 0 });
      if (stop?.aborted) return;
      const left = leave(load, partner, outbound, counts);
      // What it throws is told when it is waited for.
      left.catch(() => undefined);
      underWay.push({ bytes: load.bytes, left });
      if (!pace.isFull || !turns.isAlone) yield* arrived(underWay, { most: 0 });
    }
    yield* arrived(underWay, { most: 0 });
  } finally {
    await ended(underWay);
  }
}

/** Nothing is on its way any more. @throws what is no matter of the partner's or the line's: it outranks what is */
async function ended(underWay: readonly UnderWay[]): Promise<void> {
  for (const end of await Promise.allSettled(underWay.map(({ left }) => left))) {
    if (end.status === "rejected") throw end.reason;
  }
}

/** What left first is waited for, until no more than so many loads are on their way. Each that is there ends a turn. */
async function* arrived(
  underWay: UnderWay[],
  { most }: { readonly most: number },
): AsyncGenerator<void, void> {
  for (let first = underWay[0]; first && underWay.length > most; first = underWay[0]) {
    const { isAnyThere, failure } = await first.left;
    underWay.shift();
    if (isAnyThere) yield;
    if (failure) throw failure;
  }
}

/** Everything that waits for a partner, in sealed packets. What was packed before goes first. */
async function* makeFor(
  partner: Partner,
  outbound: Served,
  { counts, pace }: { readonly counts: OutboundCounts; readonly pace: Pace },
): AsyncGenerator<Load, void> {
  const { desk, held, stop, now, limits, log, damaged } = outbound;
  const { ledger } = desk;
  const { id } = partner;
  const tookMs = stopwatch();
  const before = await packetsIn(ledger, ["FIXED", "SEALED"], id);
  yield* loadsFor(before, partner, outbound, pace);
  const due = { to: id, at: now(), held };
  let after: MessageOutRow | undefined;
  for (;;) {
    const most = limits.messages * Math.min(pace.packets, packetsOf(limits.messages));
    const messages = await messagesDue(ledger, { ...due, after, most });
    after = messages.at(-1);
    if (!after) return;
    await together(ledger, async () => {
      for (const row of messages) {
        if (stop?.aborted) return;
        if (row.state === "ENCLOSED") continue;
        await enclose(row, enclosing(outbound, partner));
        const { message_id: messageId, kind } = row;
        log.info("Message enclosed", { messageId, kind, tookMs: tookMs() });
      }
    });
    if (stop?.aborted) return;
    const enclosed = await enclosedAmong(ledger, messages);
    const how = { ...packing(outbound), damaged: (error: PacketboatError) => damaged.push(error) };
    const made = new Set<PacketId>();
    await together(ledger, async () => {
      for await (const fixed of pack(id, enclosed, how)) {
        counts.packed++;
        made.add(fixed.packetId);
        log.info("Packet fixed", { ...fixed, tookMs: tookMs() });
      }
    });
    // Beside them there are those that are on their way just now.
    const all = await packetsIn(ledger, ["FIXED"], id);
    const fixed = all.filter(({ packet_id: packetId }) => made.has(packetId));
    yield* loadsFor(fixed, partner, outbound, pace);
  }
}

/** Packets that are fixed, each sealed if it is not yet, those together that leave side by side. */
async function* loadsFor(
  all: readonly PacketOutRow[],
  partner: Partner,
  outbound: Served,
  pace: Pace,
): AsyncGenerator<Load, void> {
  const { desk, stop } = outbound;
  for (let index = 0; index < all.length;) {
    if (stop?.aborted) return;
    const some = all.slice(index, index + pace.packets);
    index += some.length;
    const ids = await sealAll(some, partner, outbound);
    yield* await loadsOf(ids, desk.ledger);
    pace.taken();
  }
}

/** A sealed packet, and what goes into the box before it. */
interface Leaving {
  readonly packet: PacketOutRow;
  readonly documents: readonly SealedAttachment[];
}

/** Packets that leave side by side. */
interface Load {
  readonly packets: readonly Leaving[];
  /** Of all of them; of one with documents, more than any number. */
  readonly bytes: number;
}

/** A load that has left. */
interface UnderWay extends Pick<Load, "bytes"> {
  readonly left: Promise<Left>;
}

/** What became of a load. */
interface Left {
  readonly isAnyThere: boolean;
  /** Why the first of those that are not there is not. */
  readonly failure: PacketboatError | undefined;
}

/** Sealed packets, those together that leave side by side. */
async function loadsOf(ids: readonly PacketId[], ledger: Ledger): Promise<Load[]> {
  const result: { packets: Leaving[]; bytes: number }[] = [];
  for (const id of ids) {
    const packet = await packetNow(ledger, id);
    const documents = await attachmentsFirst(packet, ledger);
    const size = documents.length > 0 ? Infinity : (packet.sealed_size ?? Infinity);
    const last = result.at(-1);
    if (last && last.bytes + size <= SIDE_BY_SIDE.bytes) {
      last.packets.push({ packet, documents });
      last.bytes += size;
    } else {
      result.push({ packets: [{ packet, documents }], bytes: size });
    }
  }
  return result;
}

/** @throws what is no matter of the partner's or the line's, when nothing of the load is on its way any more */
async function leave(
  { packets }: Load,
  partner: Partner,
  outbound: Outbound,
  counts: OutboundCounts,
): Promise<Left> {
  const { desk, now } = outbound;
  const { ledger } = desk;
  const handed = await sideBySide(
    packets,
    (each) => unlessRefused(() => leaveInBox(each, partner, outbound)),
    SIDE_BY_SIDE.packets,
  );
  const there = handed.flatMap((each) => (isRefusal(each) ? [] : [each]));
  await together(ledger, async () => {
    for (const packet of there) await markSent(packet, { ledger, at: now() });
  });
  counts.sent += there.length;
  return { isAnyThere: there.length > 0, failure: handed.find((each) => isRefusal(each)) };
}

/**
 * Their names and bytes are settled when this ends, before any of them is sent.
 *
 * @returns those that are sealed: all but those of which our own disk has changed a message
 */
async function sealAll(
  packets: readonly PacketOutRow[],
  partner: Partner,
  { damaged, ...outbound }: Served,
): Promise<PacketId[]> {
  const tookMs = stopwatch();
  const sealed: PacketId[] = [];
  await together(outbound.desk.ledger, async () => {
    for (const packet of packets) {
      const { packet_id: packetId, sequence, state } = packet;
      if (state === "FIXED") {
        const bytes = await unlessRefused(() => seal(packet, enclosing(outbound, partner)));
        if (isRefusal(bytes, "LEDGER_DAMAGED")) {
          damaged.push(bytes);
          continue;
        }
        if (isRefusal(bytes)) throw bytes;
        outbound.log.info("Packet sealed", { packetId, sequence, bytes, tookMs: tookMs() });
      }
      sealed.push(packetId);
    }
  });
  return sealed;
}

/** Into the box by which the partner is reached: what the packet names, and then the packet. */
async function leaveInBox(
  { packet, documents }: Leaving,
  partner: Partner,
  outbound: Outbound,
): Promise<PacketOutRow> {
  const log = outbound.log.child({ packetId: packet.packet_id });
  const tookMs = stopwatch();
  const to = delivering(outbound, partner);
  for (const attachment of documents) {
    await deliverAttachment(attachment, to);
    const { message_id: messageId, number } = attachment;
    log.info("Attachment delivered", { messageId, number, tookMs: tookMs() });
  }
  await deliver(packet, to);
  log.info("Packet delivered", { bytes: packet.sealed_size, tookMs: tookMs() });
  return packet;
}

async function blame(
  id: AgencyId,
  error: PacketboatError,
  { desk, now, log }: Outbound,
  counts: OutboundCounts,
): Promise<void> {
  counts.failed++;
  log.warn("Partner not served", { to: id, code: error.code });
  await tellNotServed(desk.ledger, { id, error, at: now() });
}

/** These say that the line or our own disk has failed, whoever was being served. */
const isAboutServer = ({ code }: PacketboatError): boolean =>
  ["BOX_UNREACHABLE", "BOX_TIMEOUT", "DISK_FULL", "DISK_FAILED"].includes(code);

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
  for (const packet of await packetsIn(desk.ledger, ["SEALED"], partner.id)) {
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
