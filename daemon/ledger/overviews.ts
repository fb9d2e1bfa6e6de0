/** What reports show of transfers: rows of several tables read side by side. */
import type { AgencyId, Reference, TransferId } from "../ids.ts";
import type { Side, TransferState } from "../transfer/effects.ts";
import type { Queries } from "./connect.ts";
import { longList, type LongList, numberIn } from "./pages.ts";
import type { DisclosureRow, RegisterStudentRow } from "./tables.ts";
import type { TransferKey } from "./transfers.ts";

/** An agency and its name, if its card is (still) here. */
export interface NamedAgency {
  readonly id: AgencyId;
  readonly name: string | null;
}

/** Enough of a transfer to name it, and to find its student. */
export interface NamedTransfer {
  readonly reference: Reference;
  readonly requestContentId: string;
}

export interface TransferOverview extends NamedTransfer {
  readonly requesterId: AgencyId;
  readonly transferId: TransferId;
  readonly side: Side;
  readonly requester: NamedAgency;
  readonly partner: NamedAgency;
  /** Through which it goes; `null` if the districts speak directly, and at the entity itself. */
  readonly entity: NamedAgency | null;
  readonly state: TransferState;
  /** Asked by a letter. */
  readonly isOnPaper: boolean;
  readonly revision: number;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
  /** `YYYY-MM-DD` */
  readonly holdUntil: string | null;
  readonly school: string | null;
  /** Where people see it; `null`, and a name that the config has no more, is the office. */
  readonly dropFolder: string | null;
  /** When anything last happened to it. */
  readonly changedAt: Date;
}

export type DisclosureOverview = DisclosureRow & {
  readonly transfer: NamedTransfer | null;
  /** Under whom the line is filed, whatever else is kept; `null` for lines of an older packetboat. */
  readonly filed: Omit<RegisterStudentRow, "disclosure_id"> | null;
};

/** From and until, both included. */
export interface Span {
  readonly from: Date;
  readonly until: Date;
}

/** Transfers, newest request first. @param limit at most so many */
export async function transferOverviews(db: Queries, limit: number): Promise<TransferOverview[]> {
  const rows = await overviewRows(db)
    .orderBy("transfers.requested_at", "desc")
    .orderBy("transfers.transfer_id", "desc")
    .limit(limit)
    .execute();
  return rows.map(overviewOf);
}

/** One of them. */
export async function transferOverview(db: Queries, key: TransferKey): Promise<TransferOverview> {
  const row = await overviewRows(db)
    .where("transfers.requester_id", "=", key.requesterId)
    .where("transfers.transfer_id", "=", key.transferId)
    .executeTakeFirstOrThrow();
  return overviewOf(row);
}

const overviewRows = (db: Queries) =>
  db
    .selectFrom("transfers")
    .leftJoin("agencies", "agencies.agency_id", "transfers.partner_id")
    .leftJoin("agencies as requesters", "requesters.agency_id", "transfers.requester_id")
    .leftJoin("agencies as entities", "entities.agency_id", "transfers.entity_id")
    .selectAll("transfers")
    .select(["agencies.name", "requesters.name as requester_name", "entities.name as entity_name"])
    .select((eb) =>
      eb
        .selectFrom("transfer_events")
        .select(({ fn }) => fn.max("transfer_events.at").as("at"))
        .whereRef("transfer_events.requester_id", "=", "transfers.requester_id")
        .whereRef("transfer_events.transfer_id", "=", "transfers.transfer_id")
        .as("changed_at"),
    );

type OverviewRow = Awaited<ReturnType<ReturnType<typeof overviewRows>["executeTakeFirstOrThrow"]>>;

const overviewOf = (row: OverviewRow): TransferOverview => ({
  reference: row.reference,
  requestContentId: row.request_content_id,
  requesterId: row.requester_id,
  transferId: row.transfer_id,
  side: row.side,
  requester: { id: row.requester_id, name: row.requester_name },
  partner: { id: row.partner_id, name: row.name },
  entity: row.entity_id === null ? null : { id: row.entity_id, name: row.entity_name },
  state: row.state,
  isOnPaper: row.on_paper === 1,
  revision: row.revision,
  requestedAt: new Date(row.requested_at),
  expiresAt: new Date(row.expires_at),
  holdUntil: row.hold_until,
  school: row.school,
  dropFolder: row.drop_folder,
  changedAt: new Date(row.changed_at ?? row.requested_at),
});

/** The name a document had in its drop folder; people may have named it after a student. */
export async function documentName(db: Queries, documentId: string): Promise<string | null> {
  const row = await db
    .selectFrom("documents")
    .select("file_name")
    .where("document_id", "=", documentId)
    .executeTakeFirst();
  return row?.file_name ?? null;
}

/** Another one, when the register, or the request of a transfer in it, may have changed. */
export async function registerMark(db: Queries): Promise<string> {
  const { entries } = await db
    .selectFrom("disclosures")
    .select(({ fn }) => fn.countAll().as("entries"))
    .executeTakeFirstOrThrow();
  const { last } = await db
    .selectFrom("transfer_events")
    .select(({ fn }) => fn.max("event_id").as("last"))
    .executeTakeFirstOrThrow();
  return `${entries} ${last ?? 0}`;
}

/** The register of 34 CFR 99.32, oldest first. */
export async function disclosureOverviews(
  db: Queries,
  { since }: { since?: Date } = {},
): Promise<DisclosureOverview[]> {
  const rows = await disclosureRows(db)
    .where("disclosures.at", ">=", (since ?? new Date(0)).toISOString())
    .execute();
  return rows.map(disclosureOf);
}

/** The whole of it. */
export async function wholeRegister(db: Queries): Promise<LongList<DisclosureOverview>> {
  const numbers = db
    .selectFrom("disclosures")
    .select(numberIn("disclosures").as("number"))
    .orderBy("at")
    .orderBy("disclosure_id");
  return await longList(numbers, async (these) => {
    const rows = await disclosureRows(db).where(numberIn("disclosures"), "in", these).execute();
    return rows.map(disclosureOf);
  });
}

const disclosureRows = (db: Queries) =>
  db
    .selectFrom("disclosures")
    .leftJoin("transfers", (join) =>
      join
        .onRef("transfers.requester_id", "=", "disclosures.requester_id")
        .onRef("transfers.transfer_id", "=", "disclosures.transfer_id"),
    )
    .leftJoin("register_students", "register_students.disclosure_id", "disclosures.disclosure_id")
    .selectAll("disclosures")
    .select(["transfers.reference", "transfers.request_content_id"])
    .select(["student_id", "last_name", "first_name", "birthdate"])
    .orderBy("disclosures.at")
    .orderBy("disclosures.disclosure_id");

type Line = Awaited<ReturnType<ReturnType<typeof disclosureRows>["executeTakeFirstOrThrow"]>>;

const disclosureOf = ({
  student_id,
  last_name,
  first_name,
  birthdate,
  ...row
}: Line): DisclosureOverview => ({
  ...row,
  transfer: namedTransfer(row),
  filed:
    student_id === null && last_name === null
      ? null
      : { student_id, last_name, first_name, birthdate },
});

/** Of a row that was joined with its transfer, if it has one. */
export function namedTransfer(row: {
  reference: Reference | null;
  request_content_id: string | null;
}): NamedTransfer | null {
  const { reference, request_content_id: requestContentId } = row;
  return reference === null || requestContentId === null ? null : { reference, requestContentId };
}

/** As the columns hold them. */
export const times = ({ from, until }: Span): [string, string] => [
  from.toISOString(),
  until.toISOString(),
];

/** Items by a key of their rows, in the order of the rows. */
export function grouped<Row, Item>(
  rows: readonly Row[],
  place: (row: Row) => readonly [key: string, item: Item],
): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const [key, item] of rows.map(place)) {
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
