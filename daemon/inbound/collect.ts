/**
 * Collect: claim what waits in our box, and fetch it. The ledger knows of a file before its bytes are
 * here, so that whatever happens next, one file is one claim (TRUST, "Exactly-once effects").
 */
import { readFile, rm } from "node:fs/promises";
import { tellFloods } from "../alerts/floods.ts";
import { stagedPath } from "../desk/staged.ts";
import { exists } from "../disk.ts";
import type { DropBox, WaitingFile } from "../dropbox/contract.ts";
import { inAnyOrder, isHindranceCode } from "../dropbox/turns.ts";
import { type Sha256, sha256 } from "../ids.ts";
import { resolveAlerts } from "../ledger/alerts.ts";
import type { Ledger, LedgerTransaction } from "../ledger/connect.ts";
import { claimFiles, claimsIn, updateClaim } from "../ledger/incoming.ts";
import type { PacketInRow } from "../ledger/tables.ts";
import { type Abandoned, AbandonedFiles } from "../packet/abandoned.ts";
import { parseAttachmentName, parseSealedName } from "../packet/names.ts";
import { count, floodsIn, inTurns, isOf, type ShareLimits, type Shares } from "../packet/shares.ts";

export interface Collecting {
  readonly ledger: Ledger;
  readonly box: DropBox;
  /** Private folder for what is not judged yet. */
  readonly staging: string;
  readonly at: Date;
  /** The largest sealed file that is fetched. */
  readonly maxBytes: number;
  /** So many are worked on in one exchange. */
  readonly mostPackets: number;
  /** What one sender may have waiting in the box. */
  readonly perSender: ShareLimits;
}

export interface Claims {
  /** Still to be worked on: each sender's by number, the senders in turn, those that flood the box behind the others. */
  readonly waiting: readonly PacketInRow[];
  /** Their files were in the box once, and are there no more. */
  readonly vanished: readonly PacketInRow[];
  /** So many lie in the box for another exchange. */
  readonly more: number;
  /** What nobody will ask for any more, by what lies in the box. */
  readonly abandoned: Abandoned;
}

const OPEN = ["CLAIMED", "FETCHED", "WAITING"] as const;
/** In one transaction. */
const BATCH = 100;

/** What was listed is fetched at once, or when the server has its bad hours behind it. */
const FETCHED_WITHIN_MS = 24 * 60 * 60 * 1000;

/** Who floods the box has this part of an exchange at the most, while others wait as well. */
const SHARE_OF_FLOODS = 1 / 50;

/**
 * Claim the sealed packets in the box. One with more of them than an exchange takes is emptied by several,
 * in memory that does not grow with it (TRUST F16 and B41). A sender that floods it is told of, and waits
 * behind the others.
 */
export async function claim(collecting: Collecting): Promise<Claims> {
  const { ledger, at } = collecting;
  const open = await claimsIn(ledger, OPEN);
  const { first, more, floods, vanished, abandoned } = await look(collecting, open);
  await tellFloods(ledger, "own", [...floods.values()], at);
  for (const claimed of vanished) await closeVanished(ledger, claimed, at);
  const claims: PacketInRow[] = [];
  const inBox = new Set<string>();
  for (let index = 0; index < first.length; index += BATCH) {
    const files = first.slice(index, index + BATCH);
    await ledger.transaction().execute(async (db) => {
      for (const claimed of await claimFiles(db, files, at)) {
        // A server may list a file twice.
        if (inBox.has(claimed.claim_id)) continue;
        inBox.add(claimed.claim_id);
        claims.push(await stillThere(db, claimed));
      }
    });
  }
  const here = open.filter((each) => isHere(each) && !inBox.has(each.claim_id));
  const waiting = [
    ...inTurns(here, ({ file_name: name }) => ({ name })),
    ...claims.filter(({ state }) => OPEN.some((each) => each === state)),
  ];
  return {
    waiting: [
      ...waiting.filter((each) => !isSuspect(each)),
      ...inAnyOrder(waiting.filter(isSuspect), ({ claim_id: id }) => id, at),
    ],
    vanished,
    more,
    abandoned,
  };
}

/**
 * Go through the whole box: what is first in turn, whose files are too many, what is gone, and what was abandoned.
 *
 * @param known senders of which it was seen already that they flood the box
 */
async function look(
  collecting: Collecting,
  open: readonly PacketInRow[],
  known: Shares = new Map(),
): Promise<Look> {
  const { box, mostPackets, perSender, at } = collecting;
  const missing = new Map(
    open.filter((each) => !isHere(each)).map((each) => [keyOfClaim(each), each]),
  );
  const shares: Shares = new Map();
  const candidates = new Candidates(mostPackets, () => {
    return new Map([...known, ...floodsIn(shares, perSender)]);
  });
  const abandoned = new AbandonedFiles(at);
  for (const { file_name: name, owner } of open) abandoned.keepFor({ name, owner });
  let isWhole = true;
  for await (const listing of box.list((name) => isPacket(name) || isAttachment(name))) {
    const { files, strangers, isCut } = listing;
    if (isCut) isWhole = false;
    abandoned.add(listing);
    for (const file of files) missing.delete(keyOfFile(file));
    for (const file of [...files, ...strangers]) count(shares, file);
    candidates.add(files.filter(({ name }) => isPacket(name)));
  }
  const { first, more, floods, isAnyPassedOver } = candidates.chosen();
  // Others were passed over for what turned out to be a flood: they have their turns in full.
  if (isAnyPassedOver && floods.size > known.size) return look(collecting, open, floods);
  const vanished = isWhole ? [...missing.values()] : [];
  return { first, more, floods, vanished, abandoned: abandoned.found() };
}

interface Look extends Pick<Claims, "more" | "vanished" | "abandoned"> {
  readonly first: readonly WaitingFile[];
  readonly floods: Shares;
}

/** Packets of a box that may be among the first, and no more of them than that needs. */
class Candidates {
  readonly #most: number;
  readonly #floods: () => Shares;
  #others: WaitingFile[] = [];
  #flooding: WaitingFile[] = [];
  #count = 0;
  #isAnyPassedOver = false;

  /** @param floods whose files are too many, as far as that is known */
  constructor(most: number, floods: () => Shares) {
    this.#most = most;
    this.#floods = floods;
  }

  /** What is not among the first now will not be when more have come. */
  add(files: readonly WaitingFile[]): void {
    this.#count += files.length;
    this.#others.push(...files);
    const room = 2 * this.#most;
    if (this.#others.length <= room) return;
    this.#part(this.#floods());
    if (this.#flooding.length > room) this.#flooding = firstInTurn(this.#flooding, this.#most);
    if (this.#others.length <= this.#most) return;
    this.#others = firstInTurn(this.#others, this.#most);
    this.#isAnyPassedOver = true;
  }

  /** All of one exchange are for whoever is alone; beside others, those who flood the box have a small part. */
  chosen() {
    const floods = this.#floods();
    this.#part(floods);
    const isAlone = this.#others.length === 0;
    const share = isAlone ? this.#most : Math.ceil(this.#most * SHARE_OF_FLOODS);
    const behind = firstInTurn(this.#flooding, share);
    const first = [...firstInTurn(this.#others, this.#most - behind.length), ...behind];
    const isAnyPassedOver = this.#isAnyPassedOver;
    return { first, more: this.#count - first.length, floods, isAnyPassedOver };
  }

  #part(floods: Shares): void {
    if (floods.size === 0) return;
    const { others = [], flooding = [] } = Object.groupBy(this.#others, (file) =>
      isOf(floods, file) ? "flooding" : "others",
    );
    this.#others = others;
    this.#flooding.push(...flooding);
  }
}

const firstInTurn = (files: readonly WaitingFile[], most: number): WaitingFile[] =>
  inTurns(files, (file) => file).slice(0, most);

const isPacket = (name: string): boolean => parseSealedName(name) !== null;
const isAttachment = (name: string): boolean => parseAttachmentName(name) !== null;

const keyOfClaim = ({ file_name, size, modified_at }: PacketInRow): string =>
  `${file_name} ${size} ${modified_at}`;

const keyOfFile = ({ name, size, modifiedAt }: WaitingFile): string =>
  `${name} ${size} ${modifiedAt.toISOString()}`;

/**
 * Did the server fail when this file was last touched? Then it is looked at after all the others, so that
 * they do not wait behind it.
 */
export const isSuspect = ({ code }: PacketInRow): boolean => isHindranceCode(code);

/** Its bytes are in staging: fetched, or put back there from the quarantine when the box had it no more. */
const isHere = ({ state, removed_from_box }: PacketInRow): boolean =>
  state === "FETCHED" || removed_from_box === 1;

/** Done with here, but still there: the answer to our delete was lost. Or it is back. */
async function stillThere(db: LedgerTransaction, claimed: PacketInRow): Promise<PacketInRow> {
  const { claim_id, state, removed_from_box } = claimed;
  if (state !== "GONE" && removed_from_box === 0) return claimed;
  const back = { state: "CLAIMED", code: null } as const;
  const changes = { ...(state === "GONE" ? back : {}), removed_from_box: 0 };
  await updateClaim(db, claim_id, changes);
  return { ...claimed, ...changes };
}

/** Replaced by a newer file of that name, or taken away by its sender, before we had it. */
async function closeVanished(ledger: Ledger, { claim_id }: PacketInRow, at: Date): Promise<void> {
  await updateClaim(ledger, claim_id, { state: "GONE", code: "BOX_FILE_GONE" });
  await resolveAlerts(ledger, {
    code: "PACKET_WAITING",
    subject: claim_id,
    by: "packetboat",
    at,
  });
}

/** What lies here, with the claim on it as it stands now. */
export interface Fetched {
  readonly sealed: Uint8Array;
  readonly sealedSha256: Sha256;
  readonly claimed: PacketInRow;
}

/**
 * Fetch a claimed file, unless it is here already. The ledger is told of it by `noteFetched`.
 *
 * @throws PacketboatError BOX_… as `DropBox#fetch` says
 */
export async function fetch(collecting: Collecting, claimed: PacketInRow): Promise<Fetched> {
  const { box, staging, maxBytes, at } = collecting;
  const path = stagedPath(staging, claimed);
  if (!isHere(claimed) || !(await exists(path))) {
    // A staged file without its row is what a crash left of an earlier try.
    await rm(path, { force: true });
    const file: Pick<WaitingFile, "size"> = claimed;
    await box.fetch(claimed.file_name, path, { size: file.size, maxBytes });
  }
  const sealed = await readFile(path);
  const sealedSha256 = sha256(sealed);
  const changes = {
    state: "FETCHED",
    sealed_sha256: sealedSha256,
    ...(isNewcomer(claimed, sealedSha256, at) ? { claimed_at: at.toISOString() } : {}),
  } as const;
  return { sealed, sealedSha256, claimed: { ...claimed, ...changes } };
}

/** From here on it need not be fetched again. */
export async function noteFetched(
  ledger: Ledger,
  { claimed: { claim_id, state, sealed_sha256, claimed_at } }: Fetched,
): Promise<void> {
  await updateClaim(ledger, claim_id, { state, sealed_sha256, claimed_at });
}

/**
 * Has it come just now, though the claim is old? Whoever lays a file there may put others under its name later, of its
 * size and dated alike; and by the time of the claim is judged what has expired since (PROTOCOL 4, "Times").
 */
const isNewcomer = (
  { claimed_at, sealed_sha256 }: PacketInRow,
  sealedSha256: Sha256,
  at: Date,
): boolean =>
  sealed_sha256 !== sealedSha256 && at.getTime() - Date.parse(claimed_at) > FETCHED_WITHIN_MS;
