/**
 * Everything that happens to a packet on its way in, in the order it happens:
 * collect (some ahead of their turn) → open → check → gather → record → publish.
 *
 * Each step leaves its trace in the ledger before the next begins, so that after a crash the same story
 * is told from where it stopped, once. The steps do not know each other; what becomes of a packet that a
 * step refuses is decided here, in `settle`, by the disposition of the error's code.
 */
import { inTurn } from "./dropbox/turns.ts";
import type { Partner } from "./directory/partners.ts";
import { isRefusal, type PacketboatError } from "./errors.ts";
import { isAboutFolder, isAboutPartner, isAboutThisFile, ownerIn } from "./inbound/blame.ts";
import {
  checking,
  clearing,
  collecting,
  gathering,
  type Inbound,
  opening,
  quarantining,
  receiptingOf,
  sweeping,
} from "./inbound/parts.ts";
import { Ahead } from "./inbound/ahead.ts";
import { claim, fetch, type Fetched, isSuspect, noteFetched } from "./inbound/collect.ts";
import { open } from "./inbound/open.ts";
import { check } from "./inbound/check.ts";
import { gatherAll, noteNamed, type FetchedAttachment } from "./inbound/gather.ts";
import { recordMessages } from "./inbound/record.ts";
import { answered } from "./inbound/answered.ts";
import { giveReceipt, isAnswer, kindsIn, refuseByReceipt, takenBefore } from "./inbound/receipt.ts";
import { publish } from "./inbound/publish.ts";
import { forgetOriginal, keepOriginal, quarantine, wasRefused } from "./inbound/quarantine.ts";
import { clear, sweep, toClear } from "./inbound/clear.ts";
import { sweepBox } from "./inbound/sweep.ts";
import { awaitMore, isGivenUp, isOverdue, refuseIfStopped, stopPartner } from "./inbound/wait.ts";
import type { AgencyId, Sha256 } from "./ids.ts";
import { countDeath, forgetDeaths, updateClaim, type Outcome } from "./ledger/incoming.ts";
import { hiddenPromised } from "./ledger/publications.ts";
import type { PacketInRow } from "./ledger/tables.ts";
import { durable, together } from "./ledger/together.ts";
import { stopwatch, type Log } from "./log.ts";
import { sweepHidden } from "./desk/cases.ts";
import type { CheckedPacket } from "./packet/checked.ts";
import { isPoisonous, poisonous } from "./poison.ts";
import type { Step } from "./steps.ts";

export interface InboundCounts {
  collected: number;
  /** Messages taken, and messages or packets refused. */
  taken: number;
  refused: number;
  waiting: number;
  published: number;
}

/**
 * Collect all that came, and bring each packet to its end.
 *
 * @param counts what was done is counted there, also if it ends too early
 * @param stop no further packet is begun when it fires
 * @throws PacketboatError BOX_…, DISK_…, FOLDER_MISSING if the line, the disk or a drop folder fails; what
 *   was begun is finished next time
 */
export async function receive(
  inbound: Inbound,
  counts: InboundCounts,
  stop?: AbortSignal,
): Promise<void> {
  const { desk, log } = inbound;
  const { ledger, folders } = desk;
  const failure = await publishAll(inbound, counts);
  const promised = await hiddenPromised(ledger);
  let left = 0;
  for (const each of folders.all) left += await sweepHidden(each, promised, inbound.now());
  if (left > 0) log.info("Hidden folders swept", { folders: left });
  const { waiting, vanished, more, abandoned } = await claim(collecting(inbound));
  if (more > 0) log.warn("Box not emptied", { packets: more });
  for (const { claim_id: claimId } of vanished) log.info("Packet vanished", { claimId });
  // While the listing is fresh: in an hour, one of these names may be given anew.
  const swept = stop?.aborted ? 0 : await sweepBox(abandoned, sweeping(inbound));
  if (swept > 0) log.info("Box swept", { files: swept });
  const unsuspected = waiting.filter((each) => !isSuspect(each));
  await using ahead = new Ahead(unsuspected, (each) => fetch(collecting(inbound), each));
  await inTurn(waiting, {
    serve: (claimed) => settle(claimed, ahead, inbound, counts),
    mend: inbound.mend,
    isOver: () => stop?.aborted === true,
    isSuspect,
    suspect: ({ claim_id: claimId }, { code, message: reason }) =>
      updateClaim(ledger, claimId, { code, reason }),
    blame: (claimed, error) => leave(claimed, error, inbound, counts),
  });
  const notCleared = await clearAll(inbound);
  const files = await sweep(clearing(inbound));
  if (files > 0) log.info("Staging swept", { files });
  const hindrance = failure ?? notCleared;
  if (hindrance) throw hindrance;
}

/** Let one packet go its way; whatever happens to it harms no other. */
async function settle(
  claimed: PacketInRow,
  ahead: Ahead<Fetched>,
  inbound: Inbound,
  counts: InboundCounts,
): Promise<void> {
  const { ledger } = inbound.desk;
  const ours = { ...inbound, log: inbound.log.child({ claimId: claimed.claim_id }) };
  const inHand: InHand = { claimed, signer: null, sealedSha256: null, xml: null };
  const early = await ahead.turnOf(claimed);
  try {
    const attempt = await together(ledger, async () => {
      if (early) await noteFetched(ledger, early);
      return countDeath(ledger, claimed.claim_id);
    });
    ours.log.info("Packet claimed", { state: claimed.state, bytes: claimed.size, attempt });
    if (isPoisonous(attempt)) throw poisonous("PACKET_POISONOUS", attempt);
    await carry(inHand, early, ours, counts);
    counts.collected++;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await settleRefusal(error, inHand, ours, counts);
    await forgetDeaths(ledger, claimed.claim_id);
  }
}

/** What is known of the packet in hand; an error that comes later still knows who sent it. */
interface InHand {
  claimed: PacketInRow;
  signer: Partner | null;
  sealedSha256: Sha256 | null;
  /** What was under the seal, once its signature held. */
  xml: Uint8Array | null;
}

/** One packet, from the box to the people it is for. @param early what came of it before its turn */
async function carry(
  inHand: InHand,
  early: Fetched | null,
  inbound: Inbound,
  counts: InboundCounts,
): Promise<void> {
  const { ledger } = inbound.desk;
  const tookMs = stopwatch();
  const fetched = early ?? (await fetch(collecting(inbound), inHand.claimed));
  if (!early) await noteFetched(ledger, fetched);
  const { sealed, sealedSha256, claimed } = fetched;
  inHand.claimed = claimed;
  inHand.sealedSha256 = sealedSha256;
  const firstSeen = new Date(claimed.claimed_at);
  inbound.log.info("Packet fetched", { bytes: sealed.length, tookMs: tookMs() });

  const opened = await open(sealed, firstSeen, opening(inbound, claimed));
  inHand.xml = opened.xml;
  // Whoever else has its key is not its sender, and is not answered.
  await inbound.accounts.assertLeftBy(opened.signer, claimed.owner);
  inHand.signer = opened.signer;
  refuseIfStopped(opened.signer);
  inbound.log.info("Packet opened", { from: opened.signer.id, tookMs: tookMs() });

  const packet = await check(opened, firstSeen, checking(inbound));
  const { packetId, from, messages } = packet;
  const ours = { ...inbound, log: inbound.log.child({ packetId, from }) };
  ours.log.info("Packet checked", { messages: messages.length, tookMs: tookMs() });

  const receipting = receiptingOf(ours, claimed, sealedSha256);
  await noteNamed(messages, gathering(ours, claimed, opened.signer));
  const before = await takenBefore(packet, receipting);
  if (before) {
    await forgetDeaths(ledger, claimed.claim_id);
    ours.log.info("Packet was taken before", { ...before, tookMs: tookMs() });
  } else {
    const documents = await gatherAll(messages, gatheringAll(ours, claimed, opened.signer));
    if (documents.size > 0) {
      ours.log.info("Attachments gathered", { releases: documents.size, tookMs: tookMs() });
    }
    const { outcomes, parked, isReceiptGiven } = await together(ledger, async () => {
      const recorded = await recordAll(packet, recording(ours, claimed, documents), ours.log);
      if (recorded.parked) return { ...recorded, isReceiptGiven: false };
      await keepRefused(claimed, packet, recorded.outcomes, ours);
      const given = await giveReceipt(packet, recorded.outcomes, receipting);
      await forgetDeaths(ledger, claimed.claim_id);
      return { ...recorded, isReceiptGiven: given };
    });
    if (parked) {
      // Its neighbours are taken, and shown; the packet gets its receipt when all of it is.
      await publishAll(ours, counts);
      throw parked;
    }
    count(outcomes, counts);
    ours.log.info("Packet recorded", { isReceiptGiven, tookMs: tookMs() });
  }

  await publishAll(ours, counts);
}

/** The one place that turns a refusal into waiting, trying again, quarantine or a stop. */
async function settleRefusal(
  error: PacketboatError,
  inHand: InHand,
  inbound: Inbound,
  counts: InboundCounts,
): Promise<void> {
  const { claimed, signer } = inHand;
  const { ledger } = inbound.desk;
  const at = inbound.now();
  const from = signer?.id ?? null;
  const about = from ?? ownerIn(error);
  const kinds = kindsIn(inHand.xml);
  const mayKeep = !kinds.some((kind) => isUntaken(kind, inbound));
  switch (error.disposition) {
    case "retry":
      if (isAboutFolder(error)) {
        await awaitMore(ledger, { claimed, error, from, about, at });
        counts.waiting++;
        inbound.log.warn("Packet waits for a drop folder", { code: error.code });
        return;
      }
      if (!isAboutThisFile(error)) return breakOff(error, inHand, inbound);
      inbound.log.warn("Packet left for the next time", { code: error.code });
      return;
    case "wait":
      if (isGivenUp(error, claimed, at)) break;
      if (!mayKeep) break;
      await awaitMore(ledger, { claimed, error, from, about, at });
      counts.waiting++;
      inbound.log.warn("Packet waits", { code: error.code });
      return;
    case "stop":
      if (!isAboutPartner(error)) return breakOff(error, inHand, inbound);
      await stopPartner(ledger, { claimed, error, from, about, at });
      counts.waiting++;
      inbound.log.error("Partner stopped", { code: error.code, ...(about ? { about } : {}) });
      return;
    case "refuse":
      break;
  }
  await quarantine(
    {
      claimed,
      error,
      from,
      sealedSha256: inHand.sealedSha256,
      answer: async (db, to, sealedSha256) =>
        inHand.xml !== null &&
        !isAnswer(kinds) &&
        refuseByReceipt(db, to, { code: error.code, reason: error.message, sealedSha256, at }),
    },
    {
      ...quarantining(inbound, claimed),
      mayKeep,
    },
  );
  counts.refused++;
  inbound.log.warn("Packet refused", { code: error.code, ...(from ? { from } : {}) });
}

/** The line, the disk or the ledger failed, not the packet: the program lives, and that is no death. */
async function breakOff(
  error: PacketboatError,
  { claimed }: InHand,
  { desk }: Inbound,
): Promise<never> {
  await forgetDeaths(desk.ledger, claimed.claim_id);
  throw error;
}

/** Each message of a packet, with its outcome. */
async function recordAll(
  packet: CheckedPacket,
  to: ReturnType<typeof recording>,
  log: Log<Step>,
): Promise<{ readonly outcomes: Outcome[]; readonly parked: PacketboatError | null }> {
  const outcomes: Outcome[] = [];
  let parked: PacketboatError | null = null;
  const tookMs = stopwatch();
  for await (const outcome of recordMessages(packet, to)) {
    if ("error" in outcome) {
      const { position, error } = outcome;
      log.info("Message waits", { position, code: error.code, tookMs: tookMs() });
      parked ??= error;
      continue;
    }
    outcomes.push(outcome);
    const { position, messageId, kind, code } = outcome;
    const facts = { position, messageId, kind, tookMs: tookMs() };
    if (isRefused(outcome)) log.warn("Message refused", { ...facts, code });
    else log.info("Message taken", facts);
  }
  return { outcomes, parked };
}

/** Messages that were refused are kept as they came, with the packet that brought them. */
async function keepRefused(
  claimed: PacketInRow,
  { messages }: CheckedPacket,
  outcomes: readonly Outcome[],
  inbound: Inbound,
): Promise<void> {
  const refused = outcomes.filter(isRefused);
  const mayKeep = !messages.some(({ kind }) => isUntaken(kind, inbound));
  const keeping = { ...quarantining(inbound, claimed), mayKeep };
  if (refused.length === 0 && !(await wasRefused(claimed, keeping))) return;
  // No file comes or goes before the outcomes that it follows from are sure to stay.
  await durable(inbound.desk.ledger);
  if (refused.length > 0) await keepOriginal(claimed, { refused }, keeping);
  else await forgetOriginal(claimed, keeping);
}

/** Of such a message nothing is kept, not even sealed: we could open it. */
const isUntaken = (kind: string, { untaken }: Pick<Inbound, "untaken">): boolean =>
  untaken.some((each) => each === kind);

const isRefused = ({ state }: Outcome): boolean => state === "REFUSED";

function count(outcomes: readonly Outcome[], counts: InboundCounts): void {
  const { length: refused } = outcomes.filter(isRefused);
  counts.taken += outcomes.length - refused;
  counts.refused += refused;
}

/**
 * Show what a transaction has promised, and take away what it has recalled.
 *
 * @returns the last failure; what it is about is done another time
 */
export async function publishAll(
  { desk, quarantine: folder, log }: Pick<Inbound, "desk" | "quarantine" | "log">,
  counts: Pick<InboundCounts, "published">,
): Promise<PacketboatError | null> {
  let last: PacketboatError | null = null;
  const tookMs = stopwatch();
  const publishing = { ledger: desk.ledger, quarantine: folder };
  for await (const { publicationId, outcome, failure } of publish(publishing)) {
    const facts = { publicationId, tookMs: tookMs() };
    if (failure) {
      last = failure;
    } else if (outcome === "shown") {
      counts.published++;
      log.info("Folder published", facts);
    } else if (outcome === "set aside") {
      log.info("Recalled folder set aside", facts);
    } else if (outcome === "not found") {
      log.warn("Recalled folder not found", facts);
    }
  }
  return last;
}

/** Every packet that is done with. @returns the first failure; what stays keeps nothing else from leaving */
async function clearAll(inbound: Inbound): Promise<PacketboatError | null> {
  let failure: PacketboatError | null = null;
  const tookMs = stopwatch();
  await inTurn(await toClear(inbound.desk.ledger), {
    serve: async (some) => {
      await clear(some, clearing(inbound));
      for (const { claim_id: claimId, state } of some) {
        inbound.log.info("Packet cleared", { claimId, state, tookMs: tookMs() });
      }
    },
    mend: inbound.mend,
    isSuspect: () => false,
    suspect: async (_some, error) => {
      failure ??= error;
    },
    blame: async () => undefined,
  });
  return failure;
}

/** The server fails whenever this packet is touched: it waits, behind the others, and IT hears of it once. */
async function leave(
  claimed: PacketInRow,
  error: PacketboatError,
  { desk, now, log }: Inbound,
  counts: InboundCounts,
): Promise<void> {
  const { claim_id: claimId, from_agency: from } = claimed;
  await awaitMore(desk.ledger, { claimed, error, from, about: from, at: now() });
  counts.waiting++;
  log.warn("Packet left for the next time", { claimId, code: error.code });
}

// What these two take is told meanwhile, or known by other steps.

const attachmentsTold = (log: Log<Step>): ((attachment: FetchedAttachment) => void) => {
  const tookMs = stopwatch();
  return (attachment) => log.info("Attachment fetched", { ...attachment, tookMs: tookMs() });
};

const gatheringAll = (inbound: Inbound, claimed: PacketInRow, signer: Partner) => ({
  ...gathering(inbound, claimed, signer),
  fetched: attachmentsTold(inbound.log),
  isLastTime: isOverdue(claimed, inbound.now()),
});

const recording = (
  { desk, hear, now, log }: Inbound,
  claimed: PacketInRow,
  documents: Awaited<ReturnType<typeof gatherAll>>,
) => {
  const at = now();
  const { claim_id: claimId } = claimed;
  const post = {
    Receipt: async (receipt: Parameters<typeof answered>[0], from: AgencyId) => {
      const answeredPacketId = await answered(receipt, from, { desk, at });
      log.info("Packet answered", { answeredPacketId, acknowledgment: receipt.Acknowledgment });
    },
  };
  // Days in which the whole packet waited for something else do not count.
  const isLastTime = (code: string): boolean => claimed.code === code && isOverdue(claimed, at);
  return { desk, hear, post, claimId, at, documents, isLastTime };
};
