/**
 * One thing happens to one transfer: its facts are read, the rules say what follows, and all of that
 * becomes true in one transaction (PROTOCOL 10). Messages that arrive, decisions of people, receipts
 * and the passing of time all go through here.
 */
import { dirname, join } from "node:path";
import { raisePostAlert } from "../alerts/raise.ts";
import type { Place } from "../config/schools.ts";
import { exists, makeSharedFolder } from "../disk.ts";
import { newMessageId, showReference, type AgencyId } from "../ids.ts";
import { commitEffects, TransferChanged } from "../ledger/commit.ts";
import type { Ledger, LedgerTransaction } from "../ledger/connect.ts";
import { readContent } from "../ledger/content.ts";
import { isUnpacked } from "../ledger/outgoing.ts";
import type { Publication } from "../ledger/publications.ts";
import { addCase, casesOf, hasFolder } from "../ledger/cases.ts";
import { durable } from "../ledger/together.ts";
import { findTransfer, type StoredTransfer, type TransferKey } from "../ledger/transfers.ts";
import { readKept } from "../packet/document.ts";
import type {
  Agency,
  DocumentProcessCode,
  TransferRequest,
  UserAuthentication,
} from "../packet/model.gen.ts";
import { TRANSFER_REQUEST } from "../packet/model.ts";
import type { Effect, Side, Transfer } from "../transfer/effects.ts";
import { toldEntity } from "../transfer/tell-entity.ts";
import type { Facts, TransferPolicy } from "../transfer/facts.ts";
import type { Flags } from "./flags.ts";
import { discardFolder, prepareFolder, type CaseFolders, type Documents } from "./cases.ts";
import { assertSameFolder } from "./mounted.ts";
import { writeWithin } from "./outgoing.ts";
import { requestReader } from "./requests.ts";

/** What enacting needs to know of this home. */
export interface Desk {
  readonly ledger: Ledger;
  /** We, as other districts know us. */
  readonly us: Agency & { readonly AgencyId: AgencyId };
  readonly processCode: DocumentProcessCode;
  readonly policy: TransferPolicy;
  readonly folders: DeskFolders;
  /** That one message may have, so that a packet can carry it. */
  readonly messageBytes: number;
  /** Whose records leave only when two persons have released them, as it stands now. */
  readonly flags: () => Promise<Flags>;
}

/** Where people see transfers, and whose they are. */
export interface DeskFolders {
  /** Every drop folder's. */
  readonly all: readonly CaseFolders[];
  /** Those of a drop folder by its name; the office's for `null`, and for one that is no more. */
  of(dropFolder: string | null): CaseFolders;
  /** Where a new transfer belongs, by the school of ours that its request is about. */
  placeOf(request: TransferRequest, side: Side): Place;
}

/** The rules are pure; what they want signed may be signed behind them. */
export type Decide = (facts: Facts) => readonly Effect[] | Promise<readonly Effect[]>;

export interface Event {
  /** The transfer it is about; `null` if it opens one. */
  readonly key: TransferKey | null;
  readonly at: Date;
  /** Username, agency id or `packetboat`, for the history. */
  readonly who: string;
  /** How a person was known; left out for an agency and for packetboat. */
  readonly authentication?: UserAuthentication;
  /** The rules: asked again if the transfer changed meanwhile. */
  readonly decide: Decide;
  /** For records that arrive. */
  readonly documents?: Documents;
  /** More to write in the same transaction. */
  readonly within?: (db: LedgerTransaction, enacted: Enacted) => Promise<void>;
}

export interface Enacted {
  /** As it now stands; `null` if there is none. */
  readonly transfer: Transfer | null;
  readonly effects: readonly Effect[];
}

/** What was decided, about what, and where that belongs if it is new. */
interface Deciding {
  readonly found: StoredTransfer | null;
  readonly place: Place | null;
  readonly effects: readonly Effect[];
}

const MOST_TRIES = 10;

/**
 * Let an event happen, exactly once.
 *
 * @throws PacketboatError whatever the rules refuse; then nothing has happened
 */
export async function enact(desk: Desk, event: Event): Promise<Enacted> {
  for (let tries = 1; ; tries++) {
    try {
      return await tryToEnact(desk, event);
    } catch (error) {
      if (!(error instanceof TransferChanged) || tries === MOST_TRIES) throw error;
    }
  }
}

async function tryToEnact(desk: Desk, event: Event): Promise<Enacted> {
  const found = event.key ? await findTransfer(desk.ledger, event.key) : null;
  const request = found ? await requestReader(desk.ledger)(found.requestContentId) : null;
  const isRequestWaiting = found !== null && (await waits(desk.ledger, found));
  const { isFlagged } = await desk.flags();
  const facts = { ...factsOf(desk, event.at, found, request), isRequestWaiting, isFlagged };
  const decided = await event.decide(facts);
  const effects = [...decided, ...toldEntity(facts.transfer, decided, facts)];
  if (effects.length === 0 && !event.within) return { transfer: found?.transfer ?? null, effects };
  const place = placeIn(desk, effects) ?? null;
  const publications = await prepareAll(desk, event, { found, place, effects });
  try {
    return await desk.ledger.transaction().execute(async (db) => {
      const { at, who, authentication = null } = event;
      const writing = {
        found,
        place,
        effects,
        publications,
        write: writeWithin(desk.messageBytes),
      };
      const transfer = await commitEffects(db, { ...writing, at, who, authentication });
      if (transfer && place) await tellOfUnknownSchool(db, transfer, place, at);
      for (const { publicationId: caseId, isCase, dropFolder } of publications) {
        if (transfer && isCase) await addCase(db, { caseId, dropFolder, transfer });
      }
      const enacted = { transfer, effects };
      await event.within?.(db, enacted);
      return enacted;
    });
  } catch (error) {
    await Promise.all(publications.map(discardFolder));
    throw error;
  }
}

/** Only our own request can be on its way out. */
const waits = async (ledger: Ledger, { transfer }: StoredTransfer): Promise<boolean> =>
  transfer.side === "requester" && (await isUnpacked(ledger, transfer.requestMessageId));

function factsOf(
  desk: Desk,
  at: Date,
  found: StoredTransfer | null,
  request: TransferRequest | null,
): Omit<Facts, "isFlagged"> {
  const { us, processCode, policy } = desk;
  return { us, processCode, policy, at, transfer: found?.transfer ?? null, request, newMessageId };
}

/** The current request of a transfer, as it was asked. */
export async function requestOf(
  ledger: Ledger,
  { requestContentId }: Pick<StoredTransfer, "requestContentId">,
): Promise<TransferRequest> {
  return readKept(await readContent(ledger, requestContentId), TRANSFER_REQUEST);
}

/** Where a transfer belongs that is being opened; an entity's belongs nowhere. */
const placeIn = ({ folders }: Desk, effects: readonly Effect[]): Place | undefined =>
  effects
    .filter((effect) => effect.effect === "OpenTransfer")
    .filter(({ transfer }) => transfer.side !== "entity")
    .map(({ request, transfer }) => folders.placeOf(request, transfer.side))[0];

/** IT can teach packetboat the name; until then the office has the request. */
async function tellOfUnknownSchool(
  db: LedgerTransaction,
  transfer: Transfer,
  { isKnown, school }: Place,
  at: Date,
): Promise<void> {
  if (isKnown || school === null || transfer.side === "requester") return;
  const { requesterId, transferId, partnerId: agencyId, reference } = transfer;
  const alert = { code: "SCHOOL_UNKNOWN", subject: `${requesterId}/${transferId}` } as const;
  const facts = { reference: showReference(reference), school };
  await raisePostAlert(db, { ...alert, transfer, agencyId, facts, at });
}

/** A folder that is finished, and whether somebody will decide in it. */
interface Prepared extends Publication {
  readonly isCase: boolean;
  readonly dropFolder: string;
}

/** Is there a case folder of this transfer, or will it be shown yet? */
async function hasCase(ledger: Ledger, folders: CaseFolders, transfer: Transfer): Promise<boolean> {
  const row = (await casesOf(ledger, transfer)).at(-1);
  if (!row || !hasFolder(row)) return row !== undefined;
  return exists(join(folders[row.place], row.name));
}

/** Folders are finished before the transaction that promises them, so that one rename can show them. */
async function prepareAll(
  desk: Desk,
  event: Event,
  { found, place, effects }: Deciding,
): Promise<Prepared[]> {
  // An entity shows nothing, and has no folders.
  if (!effects.some(({ effect }) => effect === "Publish")) return [];
  const folders = desk.folders.of(place?.dropFolder ?? found?.dropFolder ?? null);
  const publications: Prepared[] = [];
  let transfer = found?.transfer ?? null;
  for (const effect of effects) {
    if (effect.effect === "OpenTransfer") transfer = effect.transfer;
    if (effect.effect === "SetState" && transfer) {
      transfer = { ...transfer, ...effect.changes, state: effect.state };
    }
    if (effect.effect !== "Publish" || !transfer) continue;
    await assertSameFolder(desk.ledger, dirname(folders.requests));
    // Drop folders of older homes have no place for letters.
    const isUnplaced = effect.what === "letter" && !(await exists(folders.letters));
    if (isUnplaced) await makeSharedFolder(folders.letters);
    // Its own folder moves, and says why.
    if (effect.what === "closedRequest" && (await hasCase(desk.ledger, folders, transfer)))
      continue;
    const documents = event.documents ?? new Map<string, string>();
    // To copy them takes long, and others write meanwhile.
    if (documents.size > 0) await durable(desk.ledger);
    const publication = await prepareFolder(folders, effect, {
      transfer,
      at: event.at,
      documents,
    });
    const isCase = effect.what === "request";
    publications.push({ ...publication, isCase, dropFolder: folders.name });
  }
  return publications;
}
