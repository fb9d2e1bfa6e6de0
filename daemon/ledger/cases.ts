/**
 * Case folders: where each stands, and how far the decision in it has come. What was carried out is
 * written in the transaction of its effects, so that no decision in a folder is carried out twice.
 */
import type { ExpressionBuilder } from "kysely";
import type { AgencyId, MessageId, Sha256 } from "../ids.ts";
import type { ReleaseStanding, TransferState } from "../transfer/effects.ts";
import type { Ledger, LedgerTransaction, Queries } from "./connect.ts";
import { longList, type LongList, numberIn } from "./pages.ts";
import type { CaseRow, Tables } from "./tables.ts";
import type { TransferKey } from "./transfers.ts";

/** A case with as much of its transfer as tells whether there is anything to do. */
export interface KnownCase {
  readonly row: CaseRow;
  readonly key: TransferKey;
  readonly state: TransferState;
  readonly version: number;
  /** A release or supplement of ours has not left yet. */
  readonly isWaiting: boolean;
}

/** A case folder is promised, in the transaction that promises to show it. */
export async function addCase(
  db: Queries,
  made: {
    readonly caseId: string;
    readonly dropFolder: string;
    readonly transfer: TransferKey;
    readonly blankSight?: string;
  },
): Promise<void> {
  await db
    .insertInto("cases")
    .values({
      case_id: made.caseId,
      drop_folder: made.dropFolder,
      requester_id: made.transfer.requesterId,
      transfer_id: made.transfer.transferId,
      blank_sight: made.blankSight ?? null,
      documents: "{}",
    })
    .execute();
}

const knownCases = (db: Queries) =>
  db
    .selectFrom("cases")
    .innerJoin("transfers", (join) =>
      join
        .onRef("transfers.requester_id", "=", "cases.requester_id")
        .onRef("transfers.transfer_id", "=", "cases.transfer_id"),
    )
    .selectAll("cases")
    .select(["transfers.state", "transfers.version", "transfers.releases"]);

type KnownRow = Awaited<ReturnType<ReturnType<typeof knownCases>["execute"]>>[number];

const knownIn = ({ state, version, releases, ...row }: KnownRow): KnownCase => ({
  row,
  key: { requesterId: row.requester_id, transferId: row.transfer_id },
  state,
  version,
  isWaiting: (JSON.parse(releases) as ReleaseStanding[]).some(
    ({ standing }) => standing === "waiting",
  ),
});

/** A case among the others of its drop folder. */
export interface ListedCase extends KnownCase {
  /** Its transfer has a younger one there. */
  readonly isSuperseded: boolean;
}

/** There may be a hundred thousand: so many are in memory at once. */
const CASES_AT_ONCE = 1000;

/** All cases of a drop folder, the oldest first, some at a time. */
export async function* casesIn(
  db: Queries,
  dropFolder: string,
): AsyncGenerator<ListedCase[], void> {
  for (let after = ""; ;) {
    const rows = await knownCases(db)
      .select(isSuperseded)
      .where("cases.drop_folder", "=", dropFolder)
      .where("case_id", ">", after)
      .orderBy("case_id")
      .limit(CASES_AT_ONCE)
      .execute();
    const last = rows.at(-1);
    if (!last) return;
    after = last.case_id;
    yield rows.map(({ superseded, ...row }) => ({
      ...knownIn(row),
      isSuperseded: superseded === 1,
    }));
  }
}

const isSuperseded = (eb: ExpressionBuilder<Tables, "cases">) =>
  eb
    .exists(
      eb
        .selectFrom("cases as younger")
        .select("younger.case_id")
        .whereRef("younger.requester_id", "=", "cases.requester_id")
        .whereRef("younger.transfer_id", "=", "cases.transfer_id")
        .whereRef("younger.drop_folder", "=", "cases.drop_folder")
        .whereRef("younger.case_id", ">", "cases.case_id"),
    )
    .as("superseded");

/** Where the folders of a drop folder's cases are known to be: `place/name`. */
export async function knownFolders(db: Queries, dropFolder: string): Promise<Set<string>> {
  const rows = await db
    .selectFrom("cases")
    .select(["place", "name"])
    .where("drop_folder", "=", dropFolder)
    .execute();
  return new Set(rows.flatMap((row) => (hasFolder(row) ? [`${row.place}/${row.name}`] : [])));
}

/** One case as it is now; `null` if it is no more. */
export async function findCase(db: Queries, caseId: string): Promise<KnownCase | null> {
  const row = await knownCases(db).where("cases.case_id", "=", caseId).executeTakeFirst();
  return row ? knownIn(row) : null;
}

/** A case in which somebody is to decide. */
export interface UndecidedCase {
  readonly row: CaseRow;
  readonly transfer: TransferKey;
  readonly partnerId: AgencyId;
}

/** Of each request that waits for a decision here, the youngest case. */
export async function undecidedCases(db: Queries): Promise<LongList<UndecidedCase>> {
  const cases = db
    .selectFrom("cases")
    .innerJoin("transfers", (join) =>
      join
        .onRef("transfers.requester_id", "=", "cases.requester_id")
        .onRef("transfers.transfer_id", "=", "cases.transfer_id"),
    )
    .orderBy("cases.case_id");
  const numbers = cases
    .select(numberIn("cases").as("number"))
    .where("transfers.side", "=", "releaser")
    .where("transfers.state", "in", ["RequestReceived", "OnHold"])
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("cases as younger")
            .select("younger.case_id")
            .whereRef("younger.requester_id", "=", "cases.requester_id")
            .whereRef("younger.transfer_id", "=", "cases.transfer_id")
            .whereRef("younger.case_id", ">", "cases.case_id"),
        ),
      ),
    );
  return await longList(numbers, async (these) => {
    const rows = await cases
      .selectAll("cases")
      .select("transfers.partner_id")
      .where(numberIn("cases"), "in", these)
      .execute();
    return rows.map(({ partner_id: partnerId, ...row }) => ({
      row,
      transfer: { requesterId: row.requester_id, transferId: row.transfer_id },
      partnerId,
    }));
  });
}

/** The cases of a transfer, the oldest first. */
export const casesOf = (db: Queries, key: TransferKey): Promise<CaseRow[]> =>
  db
    .selectFrom("cases")
    .selectAll()
    .where("requester_id", "=", key.requesterId)
    .where("transfer_id", "=", key.transferId)
    .orderBy("case_id")
    .execute();

/** Is there a case of this id, in whatever drop folder? */
export const isCase = async (db: Queries, caseId: string): Promise<boolean> =>
  (await db
    .selectFrom("cases")
    .select("case_id")
    .where("case_id", "=", caseId)
    .executeTakeFirst()) !== undefined;

export type CaseChanges = Partial<
  Omit<CaseRow, "case_id" | "drop_folder" | "requester_id" | "transfer_id" | "documents">
>;

export async function changeCase(db: Queries, caseId: string, changes: CaseChanges): Promise<void> {
  await db.updateTable("cases").set(changes).where("case_id", "=", caseId).execute();
}

/** The same of several cases, at once. */
export async function changeCases(
  ledger: Ledger,
  changes: readonly (CaseChanges & { readonly caseId: string })[],
): Promise<void> {
  if (changes.length === 0) return;
  await ledger.transaction().execute(async (db) => {
    for (const { caseId, ...each } of changes) await changeCase(db, caseId, each);
  });
}

export interface TakenDecision {
  /** Of the decision file, as it was read. */
  readonly sight: string;
  readonly sha256: Sha256;
  /** The release that was made, and the digests of its documents. */
  readonly release?: { readonly messageId: MessageId; readonly documents: readonly Sha256[] };
}

/** A decision was carried out; in the transaction of its effects. */
export async function decisionTaken(
  db: LedgerTransaction,
  { case_id, documents }: Pick<CaseRow, "case_id" | "documents">,
  { sight, sha256, release }: TakenDecision,
): Promise<void> {
  const known = JSON.parse(documents) as Record<string, readonly Sha256[]>;
  if (release) known[release.messageId] = release.documents;
  await db
    .updateTable("cases")
    .set({
      taken_sight: sight,
      taken_sha256: sha256,
      blank_sight: null,
      seen: null,
      seen_since: null,
      documents: JSON.stringify(known),
    })
    .where("case_id", "=", case_id)
    .execute();
}

/** The form is open again: what stands in it from now on is a new decision. */
export const caseOpened = (db: Queries, caseId: string): Promise<void> =>
  changeCase(db, caseId, {
    taken_sight: null,
    taken_sha256: null,
    blank_sight: null,
    seen: null,
    seen_since: null,
  });

/** Digests of the documents that left with these releases. */
export function documentsSent(
  { documents }: Pick<CaseRow, "documents">,
  messageIds: readonly MessageId[],
): ReadonlySet<Sha256> {
  const known = JSON.parse(documents) as Record<string, readonly Sha256[]>;
  return new Set(messageIds.flatMap((id) => known[id] ?? []));
}

/** Cases that were never seen in a folder are not there yet. */
export const hasFolder = <Row extends Pick<CaseRow, "place" | "name">>(
  row: Row,
): row is Row & { place: NonNullable<CaseRow["place"]>; name: string } =>
  row.place !== null && row.name !== null;
