/**
 * Relay: sealed files that our districts left for those of another state are moved on, from the box of that
 * state's entity on our server into the recipients' boxes on its server, by the ids in their names (PROTOCOL 5).
 * Nothing is opened. What must not be moved on goes to the quarantine; what cannot be moved yet stays.
 *
 * look → claim → judge → bring → finish: each leaves its trace in the ledger before the next begins. Alerts of
 * what was not moved on are worked out from there (`alerts/relays-told.ts`).
 */
import pLimit from "p-limit";
import { tellFloods } from "../alerts/floods.ts";
import type { Directory } from "../directory/directory.ts";
import { type DropBox, OPERATIONS_IN_FLIGHT } from "../dropbox/contract.ts";
import { inAnyOrder, inTurn, isHindranceCode } from "../dropbox/turns.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import { findAgency } from "../ledger/agencies.ts";
import type { Ledger } from "../ledger/connect.ts";
import {
  claimRelays,
  KEPT_FULL,
  openRelays,
  type RelayedFile,
  updateRelay,
} from "../ledger/relays.ts";
import type { RelayRow, RelayState } from "../ledger/tables.ts";
import { type Fields, type Log, stopwatch } from "../log.ts";
import type { ShareLimits } from "../packet/shares.ts";
import type { Step } from "../steps.ts";
import { clear, keep, KeptShares } from "./relay/keep.ts";
import { isAttachment, look } from "./relay/look.ts";
import { bring, finish } from "./relay/move.ts";
import { relayFault, type Standing } from "./relay/rules.ts";

export interface Relaying {
  readonly ledger: Ledger;
  readonly us: AgencyId;
  /** The entity of the other state. */
  readonly peer: AgencyId;
  readonly isTest: boolean;
  /** The peer's box on our server. */
  readonly here: DropBox;
  /** Numeric id of the account that owns an agency's box on our server; `null` if it has none. */
  readonly ownerOf: (agency: AgencyId) => Promise<number | null>;
  /** The box of an agency on the peer's server. */
  readonly there: (agency: AgencyId) => DropBox;
  /** Connects to the peer's server anew, if the line was lost. */
  readonly mend: () => Promise<void>;
  /** The peer's own, proved and in force; `null` if there is none: all waits. */
  readonly directory: Directory | null;
  /** Private folders of the home. */
  readonly staging: string;
  readonly quarantine: string;
  readonly limits: RelayLimits;
  readonly now: () => Date;
  readonly log: Log<Step>;
  /** No further file is begun when it fires. */
  readonly stop: AbortSignal;
}

export interface RelayLimits {
  readonly packetBytes: number;
  readonly attachmentBytes: number;
  /** What one sender may have waiting, and as much again of it in the quarantine. */
  readonly perSender: ShareLimits;
  /** In one exchange, of new ones; and as many of those that waited. */
  readonly files: number;
}

export interface Relayed {
  moved: number;
  /** Now in the quarantine. */
  refused: number;
  /** For something that a person, or the other state, must do first. */
  waiting: number;
  /** Left for another exchange. */
  more: number;
}

/** A packet holds for 90 days at most, and a week more is given to what it names (PROTOCOL 3). */
const PATIENCE_MS = 97 * 24 * 60 * 60 * 1000;
/** Files that go together over one line; what is lost with it is tried again. */
const BATCH = 4 * OPERATIONS_IN_FLIGHT;
/** In one transaction. */
const ROWS = 100;

/**
 * Move on what waits in the peer's box.
 *
 * @throws PacketboatError BOX_…, DISK_… if a server, the line to it or our disk fails; nothing is lost, and what
 *   was begun is finished next time
 */
export async function relay(relaying: Relaying): Promise<Relayed> {
  const { directory, stop, limits, mend } = relaying;
  const relayed: Relayed = { moved: 0, refused: 0, waiting: 0, more: 0 };
  const { first, known } = await listed(relaying, relayed);
  if (directory === null) return { ...relayed, more: relayed.more + first.length };
  const rows = [...known, ...(await claimed(relaying, first))];
  const trip = new Trip(relaying, directory, relayed);
  await inTurn(inBatches(rows, relaying.now()), {
    serve: (batch) => trip.serve(batch),
    mend,
    isOver: () => stop.aborted || trip.begun >= 2 * limits.files,
    progress: () => relayed.moved + relayed.refused,
    isSuspect: (batch) => batch.some(isSuspect),
    suspect: (batch, error) => trip.suspect(batch, error),
    blame: async (batch, error) => trip.blame(batch, error),
  });
  if (trip.failure) throw trip.failure;
  return relayed;
}

/** What lies in the box; of the known files, what is left to do. What is there no more is noted. */
async function listed(relaying: Relaying, relayed: Relayed) {
  const { ledger, peer, here, limits, log, now } = relaying;
  const open = await openRelays(ledger, peer);
  const isInBox = ({ removed_from_box }: RelayRow): boolean => removed_from_box === 0;
  const looked = await look({ here, limits, open: open.filter(isInBox) });
  const { first, more, there, vanished, floods, strangers } = looked;
  relayed.more = more;
  if (open.length + first.length + strangers > 0) {
    const counts = { first: first.length, known: there.length, more, strangers };
    log.info("Files for another state listed", counts);
  }
  await tellFloods(ledger, peer, floods, now());
  for (const row of vanished) await closeVanished(ledger, row, now());
  for (const { relay_id: relayId, state } of vanished) {
    if (state === "CLAIMED") log.info("File vanished before it was relayed", { relayId });
  }
  const known = [...open.filter((row) => !isInBox(row)), ...there.filter(isToBeDone)];
  return { first, known };
}

/** What was refused without being fetched stays, until a person discards it. */
const isToBeDone = ({ state, code, sealed_sha256 }: RelayRow): boolean =>
  state !== "REFUSED" || code === null || sealed_sha256 !== null;

/** Its sender took it away before it was moved on; or the answer to our own delete was lost. */
const closeVanished = (ledger: Ledger, { relay_id, state }: RelayRow, at: Date): Promise<void> => {
  const ended = { ended_at: at.toISOString(), code: null, reason: null };
  if (state === "CLAIMED") return updateRelay(ledger, relay_id, { state: "GONE", ...ended });
  if (state === "DELIVERED") return updateRelay(ledger, relay_id, { state: "MOVED", ...ended });
  return updateRelay(ledger, relay_id, { removed_from_box: 1 });
};

/** The ledger knows of a file before anything is done with it. One that is back is claimed anew. */
async function claimed(
  { ledger, peer, now }: Relaying,
  files: readonly RelayedFile[],
): Promise<RelayRow[]> {
  const rows: RelayRow[] = [];
  for (let index = 0; index < files.length; index += ROWS) {
    const batch = files.slice(index, index + ROWS);
    await ledger.transaction().execute(async (db) => {
      for (const row of await claimRelays(db, peer, batch, now())) {
        const back = { state: "CLAIMED", code: null, reason: null } as const;
        if (row.state === "GONE") await updateRelay(db, row.relay_id, back);
        rows.push(row.state === "GONE" ? { ...row, ...back } : row);
      }
    });
  }
  return rows;
}

type Batch = readonly RelayRow[];

/**
 * What was only interrupted and what is new go first, then what waited for something. What the server failed over
 * before comes last, each alone, so that none takes another with it.
 */
function inBatches(rows: readonly RelayRow[], at: Date): Batch[] {
  const suspects = rows.filter(isSuspect);
  const waited = rows.filter((row) => hasWaited(row) && !isSuspect(row));
  const fresh = rows.filter((row) => !hasWaited(row));
  const batches: Batch[] = [];
  for (const group of [fresh, shuffled(waited, at)]) {
    for (let index = 0; index < group.length; index += BATCH) {
      batches.push(group.slice(index, index + BATCH));
    }
  }
  return [...batches, ...shuffled(suspects, at).map((row) => [row])];
}

const hasWaited = ({ state, code }: RelayRow): boolean => state === "CLAIMED" && code !== null;

const isSuspect = (row: RelayRow): boolean => hasWaited(row) && isHindranceCode(row.code);

const shuffled = (rows: readonly RelayRow[], at: Date): RelayRow[] =>
  inAnyOrder(rows, ({ relay_id: id }) => id, at);

/** One exchange with one peer: what is known of it as it goes on. */
class Trip {
  /** So many files were begun. */
  begun = 0;
  /** The last file that could not be deleted here. */
  failure: PacketboatError | null = null;
  readonly #relaying: Relaying;
  readonly #relayed: Relayed;
  readonly #recipients: ReadonlyMap<string, Standing>;
  readonly #senders = new Map<AgencyId, Standing | null>();
  readonly #owners = new Map<AgencyId, number | null>();
  readonly #kept: KeptShares;
  /** Boxes that take nothing now, each with its reason. */
  readonly #closed = new Map<AgencyId, PacketboatError>();
  /** Senders and recipients of which an attachment has just failed to go: their packets wait for it once. */
  readonly #lacking = new Set<string>();
  /** By their ids: those that are over there or in the quarantine, and have to leave the box. */
  readonly #left = new Map<string, "DELIVERED" | "REFUSED">();
  /** By their ids: those that nothing more is done with, and those that were begun. */
  readonly #done = new Set<string>();
  readonly #tried = new Set<string>();

  constructor(relaying: Relaying, { Agency = [] }: Directory, relayed: Relayed) {
    this.#relaying = relaying;
    this.#relayed = relayed;
    this.#kept = new KeptShares(relaying.ledger, relaying.limits.perSender);
    this.#recipients = new Map(
      Agency.map((each) => [
        each.AgencyId,
        { isDistrict: each.Role === "District", status: each.AgencyStatus },
      ]),
    );
  }

  /** Attachments first. @throws what hinders all of them, when none is under way any more */
  async serve(batch: Batch): Promise<void> {
    for (const wave of [batch.filter(isAttachment), batch.filter((row) => !isAttachment(row))]) {
      const atOnce = pLimit(OPERATIONS_IN_FLIGHT);
      let isHindered = false;
      const settle = async (row: RelayRow): Promise<void> => {
        const isOver = isHindered || this.#relaying.stop.aborted;
        if (isOver || this.#done.has(row.relay_id)) return;
        try {
          await this.#settle(row);
        } catch (error) {
          isHindered = true;
          throw error;
        }
      };
      const settling = wave.map((row) => atOnce(() => settle(row)));
      await Promise.allSettled(settling);
      await Promise.all(settling);
    }
  }

  /** Those that were under way when the server failed are tried after all others from now on. */
  async suspect(batch: Batch, { code }: PacketboatError): Promise<void> {
    for (const row of this.#leftOf(batch)) {
      await updateRelay(this.#relaying.ledger, row.relay_id, { code, reason: null });
      if (isAttachment(row) && !hasWaited(row)) this.#lacking.add(pairOf(row));
    }
  }

  async blame(batch: Batch, error: PacketboatError): Promise<void> {
    for (const row of this.#leftOf(batch)) await this.#await(row, error);
  }

  /** Where it stands now. */
  #stateOf = ({ relay_id, state }: RelayRow): RelayState => this.#left.get(relay_id) ?? state;

  /** What was begun, and of which nothing is settled yet. */
  #leftOf = (batch: Batch): Batch =>
    batch.filter(
      (row) =>
        this.#stateOf(row) === "CLAIMED" &&
        this.#tried.has(row.relay_id) &&
        !this.#done.has(row.relay_id),
    );

  /** Bring one file to where it belongs, whatever that is. @throws what hinders the others too */
  async #settle(row: RelayRow): Promise<void> {
    this.#tried.add(row.relay_id);
    this.begun++;
    await this.#unlessRefused(
      () => this.#carry(row),
      (error) => this.#settleRefusal(row, error),
    );
    this.#done.add(row.relay_id);
  }

  async #carry(row: RelayRow): Promise<void> {
    const { there, limits } = this.#relaying;
    const tookMs = stopwatch();
    if (!isAttachment(row) && this.#lacking.has(pairOf(row))) {
      this.#relayed.more++;
      return;
    }
    if (this.#stateOf(row) === "REFUSED") return await clear(row, this.#relaying);
    if (this.#stateOf(row) === "CLAIMED") {
      const fault = (await this.#faultOf(row)) ?? this.#closed.get(row.to_agency) ?? null;
      if (fault) throw fault;
      const to = { there: there(row.to_agency), maxBytes: mostBytes(row, limits) };
      await bring(row, to, this.#relaying);
      this.#left.set(row.relay_id, "DELIVERED");
    }
    await finish(row, this.#relaying);
    this.#relayed.moved++;
    this.#say("info", "File relayed", row, { bytes: row.size, tookMs: tookMs() });
  }

  async #faultOf(row: RelayRow): Promise<PacketboatError | null> {
    const { us, peer, isTest, limits } = this.#relaying;
    const { from_agency: from, to_agency: to, size, owner } = row;
    return relayFault(
      { from, to, size, owner },
      {
        us,
        peer,
        isTest,
        maxBytes: mostBytes(row, limits),
        senderOwner: await this.#ownerOf(from),
        sender: await this.#senderOf(from),
        recipient: this.#recipients.get(to) ?? null,
      },
    );
  }

  /** As our own directory has it: what a person has taken into it, or closed. */
  async #senderOf(id: AgencyId): Promise<Standing | null> {
    const known = this.#senders.get(id);
    if (known !== undefined) return known;
    const row = await findAgency(this.#relaying.ledger, id);
    const isMember = row?.source === "card";
    const sender = isMember ? { isDistrict: row.role === "district", status: row.status } : null;
    this.#senders.set(id, sender);
    return sender;
  }

  /** Asked once for each. */
  async #ownerOf(id: AgencyId): Promise<number | null> {
    const known = this.#owners.get(id);
    if (known !== undefined) return known;
    const owner = await this.#relaying.ownerOf(id);
    this.#owners.set(id, owner);
    return owner;
  }

  /** The one place that decides what a failure means for a file. */
  async #settleRefusal(row: RelayRow, error: PacketboatError): Promise<void> {
    // All that is left is to delete it here, another time.
    if (this.#stateOf(row) !== "CLAIMED") {
      this.failure = error;
      return;
    }
    if (isAboutListing(error)) return await this.#leave(row, error);
    if (isAboutBox(error)) this.#closed.set(row.to_agency, error);
    if (error.disposition === "refuse") return await this.#refuse(row, error);
    await this.#await(row, error);
  }

  /** It was taken away or changed while we looked at it: the next listing shows what there is. */
  async #leave(row: RelayRow, { code }: PacketboatError): Promise<void> {
    const { ledger, now } = this.#relaying;
    if (code === "BOX_FILE_GONE") await closeVanished(ledger, row, now());
    this.#say("info", "File vanished before it was relayed", row, { code });
  }

  async #refuse(row: RelayRow, error: PacketboatError): Promise<void> {
    const { limits, now } = this.#relaying;
    if (!(await this.#kept.hasRoomFor(row))) return await this.#leaveRefused(row, error);
    const most = Math.max(limits.packetBytes, limits.attachmentBytes);
    await this.#unlessRefused(
      async () => {
        const keeping = { ...this.#relaying, mostBytes: sealedBytes(most), at: now() };
        const isToLeave = await keep(row, error, keeping);
        this.#left.set(row.relay_id, "REFUSED");
        this.#relayed.refused++;
        this.#say("warn", "File not relayed", row, { code: error.code });
        if (isToLeave) await clear(row, this.#relaying);
      },
      async (failure) => {
        if (isAboutListing(failure)) await this.#leave(row, failure);
        else this.failure = failure;
      },
    );
  }

  /** Too much of its sender's is kept already: it stays in the box, where it counts as its sender's own. */
  async #leaveRefused(row: RelayRow, error: PacketboatError): Promise<void> {
    this.#relayed.waiting++;
    const reason = `it would be refused (${error.code}), and of its sender as much is in the quarantine as it may have waiting`;
    if (row.code === KEPT_FULL && row.reason === reason) return;
    await updateRelay(this.#relaying.ledger, row.relay_id, { code: KEPT_FULL, reason });
    this.#say("warn", "File waits to be relayed", row, { code: KEPT_FULL });
  }

  /** It stays where it is, until it is older than any packet may be. */
  async #await(row: RelayRow, error: PacketboatError): Promise<void> {
    const { ledger, now } = this.#relaying;
    const { code, message: reason } = error;
    if (now().getTime() - Date.parse(row.claimed_at) > PATIENCE_MS) {
      const sentence = `it has waited since ${row.claimed_at}: ${reason} (${code})`;
      return await this.#refuse(row, new PacketboatError("RELAY_OVERDUE", sentence));
    }
    this.#relayed.waiting++;
    if (row.code === code && row.reason === reason) return;
    await updateRelay(ledger, row.relay_id, { code, reason });
    this.#say("warn", "File waits to be relayed", row, { code });
  }

  /** @throws what hinders the others too */
  async #unlessRefused(
    work: () => Promise<void>,
    refused: (error: PacketboatError) => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isRefusal(error) || isAboutAll(error)) throw error;
      await refused(error);
    }
  }

  #say(level: "info" | "warn", step: Step, row: RelayRow, facts: Fields): void {
    const { relay_id: relayId, from_agency: from, to_agency: to } = row;
    this.#relaying.log[level](step, { relayId, from, to, ...facts });
  }
}

const pairOf = ({ from_agency, to_agency }: RelayRow): string => `${from_agency} ${to_agency}`;

/** A seal adds little to what it holds. */
const sealedBytes = (bytes: number): number => bytes + bytes / 8;

const mostBytes = (row: RelayRow, { packetBytes, attachmentBytes }: RelayLimits): number =>
  sealedBytes(isAttachment(row) ? attachmentBytes : packetBytes);

/** The line, a server or our disk has failed, or may have: a second try will tell. */
const isAboutAll = (error: PacketboatError): boolean =>
  isHindranceCode(error.code) || isRefusal(error, "DISK_FULL") || isRefusal(error, "DISK_FAILED");

/** The file is no more what it was when it was listed. */
const isAboutListing = ({ code }: PacketboatError): boolean =>
  code === "BOX_FILE_GONE" || code === "BOX_FILE_CHANGED";

/** The recipient's box takes nothing now, whatever it is. */
const isAboutBox = ({ code }: PacketboatError): boolean =>
  ["BOX_FULL", "BOX_NOT_FOUND", "BOX_DENIED"].includes(code);
