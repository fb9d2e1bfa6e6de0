/**
 * A chain of digests: each entry covers the one before it, so that nobody can take one out or change
 * one unnoticed. Its head goes out with every receipt, and partners remember it.
 */
import { PacketboatError } from "../errors.ts";
import { sha256, type Sha256 } from "../ids.ts";
import type { LedgerTransaction, Queries } from "./connect.ts";
import type { Time } from "./tables.ts";

const START = sha256("packetboat");

/** What happened, when, and to which id; never anything personal. */
export interface AuditEntry {
  readonly at: Time;
  readonly event: string;
  readonly subject: string;
}

/** The digest of the last entry; what stands for the whole ledger (PROTOCOL 6). */
export async function auditHead(db: Queries): Promise<Sha256> {
  const last = await db
    .selectFrom("audit")
    .select("digest")
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
  return last?.digest ?? START;
}

/** Add an entry in the transaction of what it tells about. */
export async function addAudit(db: LedgerTransaction, entry: AuditEntry): Promise<Sha256> {
  const digest = linked(await auditHead(db), entry);
  await db
    .insertInto("audit")
    .values({ ...entry, digest })
    .execute();
  return digest;
}

/**
 * Read the whole chain and compute it again.
 *
 * @returns the number of entries
 * @throws PacketboatError AUDIT_BROKEN, naming the first entry that does not hold
 */
export async function verifyAudit(db: Queries): Promise<number> {
  let head = START;
  let count = 0;
  let after = 0;
  for (;;) {
    const rows = await db
      .selectFrom("audit")
      .selectAll()
      .where("number", ">", after)
      .orderBy("number")
      .limit(1000)
      .execute();
    if (rows.length === 0) return count;
    for (const row of rows) {
      head = linked(head, row);
      if (head !== row.digest) throw broken(row.number);
      after = row.number;
      count++;
    }
  }
}

/**
 * The same for the last entries alone: quick, however long the chain.
 *
 * @param most how many of them
 * @throws PacketboatError AUDIT_BROKEN
 */
export async function verifyAuditTail(db: Queries, most: number): Promise<void> {
  const rows = await db
    .selectFrom("audit")
    .selectAll()
    .orderBy("number", "desc")
    .limit(most + 1)
    .execute();
  rows.reverse();
  let head = rows.length > most ? rows.shift()?.digest : START;
  for (const row of rows) {
    head = head && linked(head, row);
    if (head !== row.digest) throw broken(row.number);
  }
}

const broken = (number: number): PacketboatError =>
  new PacketboatError("AUDIT_BROKEN", `entry ${number} of the audit does not hold`);

const linked = (before: Sha256, { at, event, subject }: AuditEntry): Sha256 =>
  sha256(JSON.stringify([before, at, event, subject]));
