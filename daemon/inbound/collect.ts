/**
 * Collect: claim what waits in our box, and fetch it. The ledger knows of a file before its bytes are
 * here, so that whatever happens next, one file is one claim (TRUST, "Exactly-once effects").
 */
import { readFile, rm } from "node:fs/promises";
import { stagedPath } from "../desk/staged.ts";
import { exists } from "../disk.ts";
import type { DropBox, WaitingFile } from "../dropbox/contract.ts";
import { sha256 } from "../ids.ts";
import { resolveAlerts } from "../ledger/alerts.ts";
import type { Ledger, LedgerTransaction } from "../ledger/connect.ts";
import { claimFiles, claimsIn, updateClaim } from "../ledger/incoming.ts";
import type { PacketInRow } from "../ledger/tables.ts";
import { parseSealedName } from "../packet/names.ts";

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
}

export interface Claims {
  /** Still to be worked on: each sender's by number, the senders in turn. */
  readonly waiting: readonly PacketInRow[];
  /** Their files were in the box once, and are there no more. */
  readonly vanished: readonly PacketInRow[];
  /** So many lie in the box for another exchange. */
  readonly more: number;
}

const OPEN = ["CLAIMED", "FETCHED", "WAITING"] as const;
/** In one transaction. */
const BATCH = 100;

/**
 * Claim the sealed packets in the box. One with more of them than an exchange takes is emptied by several,
 * in memory that does not grow with it (TRUST F16 and B41).
 */
export async function claim(collecting: Collecting): Promise<Claims> {
  const { ledger, at } = collecting;
  const open = await claimsIn(ledger, OPEN);
  const { first, more, vanished } = await look(collecting, open);
  for (const claimed of vanished) await closeVanished(ledger, claimed, at);
  const claims: PacketInRow[] = [];
  for (let index = 0; index < first.length; index += BATCH) {
    const files = first.slice(index, index + BATCH);
    await ledger.transaction().execute(async (db) => {
      for (const claimed of await claimFiles(db, files, at)) {
        claims.push(await stillThere(db, claimed));
      }
    });
  }
  const inBox = new Set(claims.map(({ claim_id }) => claim_id));
  const waiting = [
    ...open.filter((each) => isHere(each) && !inBox.has(each.claim_id)),
    ...claims.filter(({ state }) => OPEN.some((each) => each === state)),
  ];
  const sound = waiting.filter((each) => !isSuspect(each));
  return {
    waiting: [
      ...sendersInTurn(sound, ({ file_name }) => file_name),
      ...inAnyOrder(waiting.filter(isSuspect), at),
    ],
    vanished,
    more,
  };
}

/** Go through the whole box, and remember what is first in turn. */
async function look({ box, mostPackets }: Collecting, open: readonly PacketInRow[]) {
  const missing = new Map(
    open.filter((each) => !isHere(each)).map((each) => [keyOfClaim(each), each]),
  );
  let first: WaitingFile[] = [];
  let count = 0;
  for await (const { files } of box.list((name) => parseSealedName(name) !== null)) {
    for (const file of files) missing.delete(keyOfFile(file));
    count += files.length;
    first.push(...files);
    // What is not among the first now will not be when more have come.
    if (first.length > 2 * mostPackets) first = firstInTurn(first, mostPackets);
  }
  first = firstInTurn(first, mostPackets);
  return { first, more: count - first.length, vanished: [...missing.values()] };
}

const firstInTurn = (files: readonly WaitingFile[], most: number): WaitingFile[] =>
  sendersInTurn(files, ({ name }) => name).slice(0, most);

const keyOfClaim = ({ file_name, size, modified_at }: PacketInRow): string =>
  `${file_name} ${size} ${modified_at}`;

const keyOfFile = ({ name, size, modifiedAt }: WaitingFile): string =>
  `${name} ${size} ${modifiedAt.toISOString()}`;

/**
 * Did the server fail when this file was last touched? Then it is looked at after all the others, so that
 * they do not wait behind it.
 */
export const isSuspect = ({ code }: PacketInRow): boolean =>
  code === "BOX_UNREACHABLE" || code === "BOX_TIMEOUT" || code === "BOX_FAILED";

/** Another one each time, so that none of them is always the last. */
function inAnyOrder(claims: readonly PacketInRow[], at: Date): PacketInRow[] {
  const place = ({ claim_id }: PacketInRow): string => sha256(`${claim_id} ${at.toISOString()}`);
  return claims.toSorted((one, other) => compare(place(one), place(other)));
}

/**
 * The first of each sender, then the second of each, and so on: who fills our box keeps nobody else
 * waiting. Names hold sender, recipient and number, filled up with zeros: their order is the packets'.
 */
function sendersInTurn<Item>(items: readonly Item[], nameOf: (item: Item) => string): Item[] {
  const sorted = items.toSorted((one, other) => compare(nameOf(one), nameOf(other)));
  const counts = new Map<string, number>();
  const turns = new Map<Item, number>();
  for (const item of sorted) {
    const [sender = ""] = nameOf(item).split("_", 1);
    const turn = counts.get(sender) ?? 0;
    counts.set(sender, turn + 1);
    turns.set(item, turn);
  }
  return sorted.toSorted((one, other) => (turns.get(one) ?? 0) - (turns.get(other) ?? 0));
}

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

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/**
 * Fetch a claimed file, unless it is here already.
 *
 * @returns its bytes
 * @throws PacketboatError BOX_… as `DropBox#fetch` says
 */
export async function fetch(collecting: Collecting, claimed: PacketInRow): Promise<Uint8Array> {
  const { ledger, box, staging, maxBytes } = collecting;
  const path = stagedPath(staging, claimed);
  if (!isHere(claimed) || !(await exists(path))) {
    // A staged file without its row is what a crash left of an earlier try.
    await rm(path, { force: true });
    const file: Pick<WaitingFile, "size"> = claimed;
    await box.fetch(claimed.file_name, path, { size: file.size, maxBytes });
  }
  const bytes = await readFile(path);
  await updateClaim(ledger, claimed.claim_id, {
    state: "FETCHED",
    sealed_sha256: sha256(bytes),
  });
  return bytes;
}
