/**
 * An entity meets the entities of other states on their servers, side by side: it passes their directories on to its
 * districts, and moves what its districts left here for theirs. One that is down, silent or changed keeps nobody else
 * waiting, is left in peace for a while, and is told of once.
 */
import { lstat, readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import pLimit from "p-limit";
import { keepFloodsOf } from "../alerts/floods.ts";
import { raisePostAlert } from "../alerts/raise.ts";
import { type EntityConfig, entityOf, homePaths } from "../config.ts";
import { siblingBox } from "../config/address.ts";
import { takesPart } from "../directory/address.ts";
import { type Directory, keptDirectory } from "../directory/directory.ts";
import { DIRECTORY_ROOT, directoryFolder } from "../directory/folders.ts";
import { fetchingFrom } from "../directory/key-files.ts";
import { type PeersServer, peersServerOf } from "../directory/member.ts";
import { newDirectory } from "../directory/newest.ts";
import { connect } from "../dropbox/connect.ts";
import type { Harbor } from "../dropbox/contract.ts";
import { openFolders } from "../dropbox/folder.ts";
import { lasting, type LastingHarbor } from "../dropbox/lasting.ts";
import type { Deadlines } from "../dropbox/sftp.ts";
import { fetchKeyFiles, showPeers, sweepKeyFiles, sweepPeers } from "../entity/passing-on.ts";
import { relay } from "../entity/relay.ts";
import { errnoOf } from "../disk.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import type { Relaying, Trying } from "../exchange.ts";
import { connected, cutting } from "../exchange/parking.ts";
import type { AgencyId } from "../ids.ts";
import { type PublicKey, readPublicKey } from "../keys/key.ts";
import { listPeers, stopAgency } from "../ledger/agencies.ts";
import { keysOfAgency } from "../ledger/agency-keys.ts";
import { resolveAlerts } from "../ledger/alerts.ts";
import type { Ledger } from "../ledger/connect.ts";
import { lastDirectory, markDirectory, UNREAD } from "../ledger/directories.ts";
import { keepRelaysOf } from "../ledger/relays.ts";
import { backoffs, isResting } from "../ledger/runs.ts";
import type { CardRow } from "../ledger/tables.ts";
import { stopwatch } from "../log.ts";
import { reached, rest } from "../outbound/due.ts";
import { parseAttachmentName, parseSealedName } from "../packet/names.ts";
import { takeDirectory } from "./directories.ts";
import { type Building, MEGABYTE, perSenderIn } from "./parts.ts";

const PEERS_AT_ONCE = 8;
/** One after the other they are met in each exchange: a silent one is given up sooner than our own server would be. */
const DEADLINES: Deadlines = {
  connectMs: 10_000,
  idleMs: 30_000,
  totalMs: 10 * 60_000,
  graceMs: 30_000,
};
/**
 * Whoever has so much waiting that it takes longer, or is so slow, goes on with it after a rest, which grows: nobody
 * else waits behind the same peer again and again.
 */
const MEETING_MS = 10 * 60_000;
const MOST_FILES = 20_000;

/** What every meeting needs. */
interface Abroad extends Relaying {
  readonly building: Building;
  readonly config: EntityConfig;
}

/** One of them. */
interface Meeting extends Abroad {
  readonly peer: CardRow;
  readonly server: PeersServer;
  readonly harbor: LastingHarbor;
}

/**
 * Meet each peer that takes part, was not stopped, and does not rest after a failure.
 *
 * @param trying hears of what hinders us ourselves, and not of a peer's failure
 */
export async function meetPeers(
  building: Building,
  trying: Trying,
  { stop, counts, log }: Relaying,
): Promise<void> {
  const config = entityOf(building.config);
  const all = await listPeers(building.ledger, config.agency.id);
  await trying(() =>
    sweepPeers(
      config,
      all.map(({ agency_id: id }) => id),
    ),
  );
  const met = all.filter((each) => isMet(each, config));
  for (const peer of all.filter((each) => !met.includes(each))) await forget(building, peer);
  await keepOf(building, met);
  const turn = pLimit(PEERS_AT_ONCE);
  const abroad: Abroad = { building, config, stop, counts, log };
  const due = await peersDue(building, all);
  const ends = await Promise.allSettled(
    due.map((peer) => turn(() => trying(() => meet(peer, abroad)))),
  );
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

const isMet = ({ status }: CardRow, { mode }: Pick<EntityConfig, "mode">): boolean =>
  takesPart(status, mode === "test");

/** What was told of a peer is over when it takes part no more. */
async function forget({ ledger, now }: Building, { agency_id: id }: CardRow): Promise<void> {
  await reached(ledger, id, now());
  const refused = { code: "DIRECTORY_REFUSED", subject: id } as const;
  await resolveAlerts(ledger, { ...refused, by: "packetboat", at: now() });
}

/** What was told of the boxes of any others, which may be no peers at all now, is over too. */
async function keepOf({ ledger, now }: Building, peers: readonly CardRow[]): Promise<void> {
  const ids = peers.map(({ agency_id: id }) => id);
  await keepFloodsOf(ledger, ["own", ...ids], now());
  await keepRelaysOf(ledger, ids, now());
}

/** Those that failed last come last. */
async function peersDue(
  { ledger, config, now }: Building,
  peers: readonly CardRow[],
): Promise<CardRow[]> {
  const rests = new Map((await backoffs(ledger)).map((row) => [row.agency_id, row]));
  const failures = ({ agency_id: id }: CardRow): number => rests.get(id)?.failures ?? 0;
  const isDue = (peer: CardRow): boolean => {
    const row = rests.get(peer.agency_id);
    const isAtRest = row !== undefined && isResting(row, now());
    return isMet(peer, config) && peer.stopped_code === null && !isAtRest;
  };
  return peers.filter(isDue).toSorted((one, other) => failures(one) - failures(other));
}

/** What fails there is that peer's matter alone; what fails here is ours. */
async function meet(peer: CardRow, abroad: Abroad): Promise<void> {
  const { building, stop } = abroad;
  const { agency_id: id } = peer;
  const log = abroad.log.child({ peer: id });
  if (stop.aborted) return;
  const time = AbortSignal.timeout(MEETING_MS);
  const isTimeUp = (): boolean => time.aborted && !stop.aborted;
  try {
    await goThere(peer, { ...abroad, log, stop: AbortSignal.any([stop, time]) });
    if (isTimeUp()) throw tooLong();
    await reached(building.ledger, id, building.now());
  } catch (error) {
    const failure = isTimeUp() && isRefusal(error, "EXCHANGE_STOPPED") ? tooLong() : error;
    if (!isRefusal(failure) || !isAboutPeer(failure) || stop.aborted) throw failure;
    log.warn("Peer not reached", { code: failure.code });
    abroad.counts.failed++;
    await blame(peer, failure, abroad);
  }
}

const tooLong = (): PacketboatError =>
  new PacketboatError("BOX_TIMEOUT", `what there is to do took longer than ${MEETING_MS / 1000} s`);

const isAboutPeer = ({ code }: PacketboatError): boolean =>
  code.startsWith("BOX_") || code === "CARD_UNFIT";

async function goThere(peer: CardRow, abroad: Abroad): Promise<void> {
  const { config, stop, log } = abroad;
  const tookMs = stopwatch();
  const server = await peersServerOf(peer, config.agency.id);
  const login = {
    privateKey: await ourSshKey(config),
    hostKeys: server.hostKeys,
    deadlines: DEADLINES,
  };
  const address = server.address("/boxes");
  await using harbor = await lasting(
    () => connected(() => connect(address, login), stop),
    ({ code }) => log.warn("Line lost", { code }),
  );
  using _ = cutting(harbor, stop);
  log.info("Peer reached", { tookMs: tookMs() });
  const meeting: Meeting = { ...abroad, peer, server, harbor };
  await consultPeer(meeting);
  await moveFiles(meeting);
}

/** @throws PacketboatError SSH_KEY_INVALID */
async function ourSshKey({ server }: EntityConfig): Promise<Buffer> {
  return await readFile(server.identityFile).catch((cause: unknown) => {
    const sentence = `${server.identityFile}, with which we log in abroad, cannot be read (${errnoOf(cause) ?? "unknown"})`;
    throw new PacketboatError("SSH_KEY_INVALID", sentence, { cause });
  });
}

/** People hear of it as long as it lasts; a server that may be another machine is left alone until they act. */
async function blame(
  { agency_id: id }: CardRow,
  error: PacketboatError,
  { building, config }: Abroad,
): Promise<void> {
  const { ledger, now } = building;
  const { code, message: reason } = error;
  const about = { subject: id, agencyId: id, at: now() };
  if (code === "BOX_HOST_KEY_CHANGED") {
    await stopAgency(ledger, id, code);
    const facts = { code, reason };
    await raisePostAlert(ledger, { ...about, code: "PARTNER_STOPPED", facts });
    return;
  }
  await rest(ledger, { id, error, at: now() }, Math.random);
  const facts = { code, reason, packets: await waitingFor(config, id) };
  await raisePostAlert(ledger, { ...about, code: "PARTNER_UNREACHABLE", facts });
}

const isSealed = (name: string): boolean =>
  parseSealedName(name) !== null || parseAttachmentName(name) !== null;

const boxHere = (config: EntityConfig, harbor: Harbor, id: AgencyId) =>
  harbor.box(join(config.server.boxes, id, config.mode === "test" ? "test" : ""));

/** Packets in the box from which nothing is moved; none, if that cannot be read either. */
async function waitingFor(config: EntityConfig, id: AgencyId): Promise<number> {
  await using harbor = openFolders();
  let packets = 0;
  try {
    for await (const { files } of boxHere(config, harbor, id).list(isSealed)) {
      packets += files.filter(({ name }) => parseSealedName(name) !== null).length;
    }
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
  return packets;
}

/** A directory that is refused is told of, and the last good one goes on serving. */
async function consultPeer(meeting: Meeting): Promise<void> {
  const { building, peer, log } = meeting;
  const { ledger, now } = building;
  const subject = peer.agency_id;
  const tookMs = stopwatch();
  try {
    const passed = await passOn(meeting);
    if (passed) log.info("Directory passed on", { ...passed, tookMs: tookMs() });
    await resolveAlerts(ledger, {
      code: "DIRECTORY_REFUSED",
      subject,
      by: "packetboat",
      at: now(),
    });
  } catch (error) {
    if (!isRefusal(error) || !/^(?:DIRECTORY|KEY)_/.test(error.code)) throw error;
    log.warn("Directory refused", { code: error.code });
    await raisePostAlert(ledger, {
      code: "DIRECTORY_REFUSED",
      subject,
      agencyId: subject,
      facts: { code: error.code, reason: error.message },
      at: now(),
    });
  }
}

/** @returns counts; `null` if there is nothing new, or not all of its keys are here yet */
async function passOn({ building, config, peer, harbor }: Meeting) {
  const { ledger, desk, now } = building;
  const { agency_id: id } = peer;
  const { processCode } = desk;
  const box = harbor.box(directoryFolder(DIRECTORY_ROOT, config.mode === "test"));
  const fetch = fetchingFrom(box);
  const at = now();
  const key = () => presentKey(ledger, id);
  const found = await newDirectory({ ledger, entityId: id, key, box, fetch, processCode, at });
  const { directory } = found ?? {};
  const shown = directory ? await shownDirectory(building, id) : null;
  const files = directory ? await fetchKeyFiles(config, { peer: id, directory, shown, box }) : null;
  if (files && files.left > 0) return null;
  if (found && files) {
    // Until all are there as they were named, the next exchange looks for them again.
    const mark = files.absent > 0 ? UNREAD : found.row.mark;
    const kept = { ...found, row: { ...found.row, mark } };
    const us = config.agency.id;
    await takeDirectory(ledger, kept, { us, belief: "itself", fetch, at });
  }
  const last = await lastDirectory(ledger, id);
  if (last?.process_code !== processCode) return null;
  const wasThere = await showPeers(config, id, last);
  if (directory) await sweepKeyFiles(config, id, [directory]);
  // Whatever took the file away may have taken the keys.
  else if (!wasThere) await markDirectory(ledger, id, UNREAD);
  if (!files) return null;
  const { fetched, absent } = files;
  return { version: last.version, agencies: directory?.Agency?.length ?? 0, fetched, absent };
}

/** @throws PacketboatError KEY_REVOKED if it was, and no other has taken its place */
async function presentKey(ledger: Ledger, id: AgencyId): Promise<PublicKey> {
  const keys = await keysOfAgency(ledger, id);
  const present = keys.find(({ standing }) => standing === "Current")?.public_key;
  if (present) return await readPublicKey(present);
  throw new PacketboatError("KEY_REVOKED", `no key of entity ${id} is in use`);
}

async function moveFiles(meeting: Meeting): Promise<void> {
  const { building, config, peer, harbor, stop, counts, log } = meeting;
  const { ledger, now } = building;
  const { agency, mode, limits, server } = config;
  const { staging, quarantine } = homePaths(config);
  const isTest = mode === "test";
  await using folders = openFolders();
  const there = (id: AgencyId) => harbor.box(siblingBox(`/boxes/${id}`, id, isTest));
  const { moved, refused } = await relay({
    ledger,
    us: agency.id,
    peer: peer.agency_id,
    isTest,
    here: boxHere(config, folders, peer.agency_id),
    ownerOf: (district) => ownerOf(posix.join(server.boxes, district)),
    there,
    mend: harbor.mend,
    directory: await directoryInForce(building, peer.agency_id),
    staging,
    quarantine,
    limits: {
      packetBytes: limits.packetMegabytes * MEGABYTE,
      attachmentBytes: limits.attachmentMegabytes * MEGABYTE,
      perSender: perSenderIn(limits),
      files: MOST_FILES,
    },
    now,
    log,
    stop,
  });
  counts.relayed += moved;
  counts.refused += refused;
}

/** Numeric id of the account that owns a box; `null` if there is none. */
async function ownerOf(box: string): Promise<number | null> {
  try {
    return (await lstat(box)).uid;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw new PacketboatError("BOX_DENIED", `${box} cannot be looked at`, { cause: error });
  }
}

/** The peer's last good one, if it is of our kind of traffic. */
async function shownDirectory(
  { ledger, desk }: Pick<Building, "ledger" | "desk">,
  id: AgencyId,
): Promise<Directory | null> {
  const last = await lastDirectory(ledger, id);
  return last?.process_code === desk.processCode ? await keptDirectory(last) : null;
}

/** The same, if it holds now. */
async function directoryInForce(building: Building, id: AgencyId): Promise<Directory | null> {
  const last = await shownDirectory(building, id);
  const isOver = last !== null && new Date(last.ExpiresDateTime) <= building.now();
  return isOver ? null : last;
}
