/** What people must know of the directory: keys to be compared, and when it ends. */
import type { AgencyId, Fingerprint } from "../ids.ts";
import { takesPart } from "../directory/address.ts";
import { joinedEntityId, knownAgency, peersIntroduced } from "../ledger/agencies.ts";
import type { Ledger, LedgerTransaction } from "../ledger/connect.ts";
import { directoryTimes } from "../ledger/directories.ts";
import { bringTo } from "./bring.ts";
import { DIRECTORY_SUBJECT } from "./entity-alerts.ts";
import { plainDate } from "./when.ts";

const DAY_MS = 86_400_000;
/** People hear of a directory that ends this early: its entity may have to be called. */
const NOTICE_DAYS = 14;

/** Keys that a directory lists, and a person must compare. */
export interface HeldKeys {
  readonly held: readonly { readonly agencyId: AgencyId; readonly fingerprint: Fingerprint }[];
  /** Of whom the directory is believed at all. */
  readonly isAbout: (id: AgencyId) => boolean;
  readonly at: Date;
}

/** One alert for each agency of which a key is held; it closes when none is any more. */
export async function tellOfHeldKeys(
  db: LedgerTransaction,
  { held, isAbout, at }: HeldKeys,
): Promise<void> {
  const due = held.map(({ agencyId, fingerprint }) => ({
    subject: agencyId,
    agencyId,
    facts: { agency: agencyId, fingerprint },
  }));
  await bringTo(db, "KEY_HELD", due, at, (subject) => isAbout(subject as AgencyId));
}

/** A directory that is gone by. */
export interface Relied {
  readonly entityId: AgencyId;
  /** Of its alerts. */
  readonly subject: string;
}

/** Those that a district goes by: its entity's, and those of the states that this one has introduced. */
export async function directoriesRelied(ledger: Ledger, isTest: boolean): Promise<Relied[]> {
  const entity = await joinedEntityId(ledger);
  const peers = await peersInForce(ledger, await peersIntroduced(ledger), isTest);
  return [
    ...(entity === null ? [] : [{ entityId: entity, subject: DIRECTORY_SUBJECT }]),
    ...peers.map((id) => ({ entityId: id, subject: id })),
  ];
}

/** Those of them that take part. */
async function peersInForce(
  ledger: Ledger,
  peers: readonly AgencyId[],
  isTest: boolean,
): Promise<AgencyId[]> {
  const rows = await Promise.all(peers.map((id) => knownAgency(ledger, id)));
  return rows.filter(({ status }) => takesPart(status, isTest)).map(({ agency_id: id }) => id);
}

/** Before a directory ends, and when it has; both close when a newer one is there. */
export async function remindOfDirectories(
  ledger: Ledger,
  relied: readonly Relied[],
  { timeZone, at }: { readonly timeZone: string; readonly at: Date },
): Promise<void> {
  const all = await directoryTimes(ledger);
  const ending = relied.flatMap(({ entityId, subject }) => {
    const last = all.find(({ entity_id: id }) => id === entityId);
    if (!last) return [];
    const expiresAt = new Date(last.expires_at);
    const left = expiresAt.getTime() - at.getTime();
    const expires = plainDate(expiresAt, timeZone);
    return [{ about: { subject, agencyId: entityId }, left, expires }];
  });
  const over = ending
    .filter(({ left }) => left <= 0)
    .map(({ about, expires }) => ({ ...about, facts: { expires } }));
  const soon = ending.flatMap(({ about, left, expires }) => {
    const days = Math.ceil(left / DAY_MS);
    return left > 0 && days <= NOTICE_DAYS ? [{ ...about, facts: { expires, days } }] : [];
  });
  await ledger.transaction().execute(async (db) => {
    await bringTo(db, "DIRECTORY_EXPIRED", over, at);
    await bringTo(db, "DIRECTORY_EXPIRES_SOON", soon, at);
  });
}
