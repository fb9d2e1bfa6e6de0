/** Hand over: what is packed for one partner is sealed and left in the box, small packets side by side. */
import type { Partner } from "../directory/partners.ts";
import { isRefusal, type PacketboatError } from "../errors.ts";
import type { PacketId } from "../ids.ts";
import type { Ledger } from "../ledger/connect.ts";
import { packetNow, packetsIn } from "../ledger/outgoing.ts";
import type { PacketOutRow } from "../ledger/tables.ts";
import { together } from "../ledger/together.ts";
import { stopwatch } from "../log.ts";
import { sideBySide } from "../side-by-side.ts";
import { attachmentsFirst, deliver, deliverAttachment, markSent } from "./deliver.ts";
import { delivering, enclosing, type Outbound } from "./parts.ts";
import { seal } from "./seal.ts";

/**
 * So many packets leave side by side at the most, if they are small: to a distant server they take no longer than one.
 * A large one has the line for itself, and so has one with documents, or none of them would be there in time on a slow
 * line.
 */
const SIDE_BY_SIDE = { packets: 32, bytes: 4_000_000 } as const;

/** How many packets leave in one turn: twice as many each time, for a box that takes them will take more. */
export class Pace {
  /** Of the next turn. */
  packets: number;

  constructor(packets: number) {
    this.packets = packets;
  }

  taken(): void {
    this.packets = Math.min(2 * this.packets, SIDE_BY_SIDE.packets);
  }
}

interface Leaving extends Outbound {
  /** Nothing more is begun when it fires. */
  readonly stop: AbortSignal | undefined;
}

/**
 * Each packet for a partner that is made, sealed if it is not yet, and left in the box.
 *
 * @param pace grows with each turn
 * @returns how many lie there, after each turn
 * @throws PacketboatError why the first that does not lie there does not; those beside it do
 */
export async function* handOver(
  partner: Partner,
  outbound: Leaving,
  pace: Pace,
): AsyncGenerator<number, void> {
  const { desk, stop } = outbound;
  const { ledger } = desk;
  const all = await packetsIn(ledger, ["FIXED", "SEALED"], partner.id);
  for (let index = 0; index < all.length;) {
    if (stop?.aborted) return;
    const some = all.slice(index, index + pace.packets);
    index += some.length;
    await sealAll(some, partner, outbound);
    const ids = some.map(({ packet_id: id }) => id);
    for (const packets of await sideBySideOf(ids, ledger)) {
      if (stop?.aborted) return;
      yield* leave(packets, partner, outbound);
    }
    pace.taken();
  }
}

/** Sealed packets, those that leave side by side together. */
async function sideBySideOf(ids: readonly PacketId[], ledger: Ledger): Promise<PacketOutRow[][]> {
  const result: PacketOutRow[][] = [];
  let bytes = Infinity;
  for (const id of ids) {
    const packet = await packetNow(ledger, id);
    const hasDocuments = (await attachmentsFirst(packet, ledger)).length > 0;
    const size = hasDocuments ? Infinity : (packet.sealed_size ?? Infinity);
    bytes += size;
    if (bytes <= SIDE_BY_SIDE.bytes) result.at(-1)?.push(packet);
    else {
      result.push([packet]);
      bytes = size;
    }
  }
  return result;
}

async function* leave(
  packets: readonly PacketOutRow[],
  partner: Partner,
  outbound: Outbound,
): AsyncGenerator<number, void> {
  const { desk, now } = outbound;
  const { ledger } = desk;
  const handed = await sideBySide(
    packets,
    (packet) => triedToLeave(packet, partner, outbound),
    SIDE_BY_SIDE.packets,
  );
  const there = handed.flatMap((each) => (isRefusal(each) ? [] : [each]));
  await together(ledger, async () => {
    for (const packet of there) await markSent(packet, { ledger, at: now() });
  });
  if (there.length > 0) yield there.length;
  for (const each of handed) if (isRefusal(each)) throw each;
}

/** Their names and bytes are settled when this ends, before any of them is sent. */
async function sealAll(
  packets: readonly PacketOutRow[],
  partner: Partner,
  outbound: Outbound,
): Promise<void> {
  const tookMs = stopwatch();
  const open = packets.filter(({ state }) => state === "FIXED");
  await together(outbound.desk.ledger, async () => {
    for (const packet of open) {
      const { packet_id: packetId, sequence } = packet;
      const bytes = await seal(packet, enclosing(outbound, partner));
      const facts = { packetId, sequence, bytes, tookMs: tookMs() };
      outbound.log.info("Packet sealed", facts);
    }
  });
}

/** @returns the packet when it lies in the box; or why it does not */
async function triedToLeave(
  packet: PacketOutRow,
  partner: Partner,
  outbound: Outbound,
): Promise<PacketOutRow | PacketboatError> {
  try {
    const log = outbound.log.child({ packetId: packet.packet_id });
    await leaveInBox(packet, partner, { ...outbound, log });
    return packet;
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
}

/** Into the box by which the partner is reached: what the packet names, and then the packet. */
async function leaveInBox(
  packet: PacketOutRow,
  partner: Partner,
  outbound: Outbound,
): Promise<void> {
  const { log } = outbound;
  const tookMs = stopwatch();
  const to = delivering(outbound, partner);
  for (const attachment of await attachmentsFirst(packet, outbound.desk.ledger)) {
    await deliverAttachment(attachment, to);
    const { message_id: messageId, number } = attachment;
    log.info("Attachment delivered", { messageId, number, tookMs: tookMs() });
  }
  await deliver(packet, to);
  log.info("Packet delivered", { bytes: packet.sealed_size, tookMs: tookMs() });
}
