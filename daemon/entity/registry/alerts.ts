/** What people must know of the registry: that a file waits for them, that rows were left out, its age. */
import { bringTo } from "../../alerts/bring.ts";
import { raisePostAlert } from "../../alerts/raise.ts";
import { daysSince } from "../../alerts/when.ts";
import { resolveAlerts } from "../../ledger/alerts.ts";
import type { Ledger, Queries } from "../../ledger/connect.ts";
import { importIn } from "../../ledger/registry.ts";
import type { RegistryImportRow } from "../../ledger/tables.ts";

/** There is one registry. */
export const SUBJECT = "registry";

/** Raise what an import's end tells people, and close what no longer holds. */
export async function tellOfImport(
  db: Queries,
  { state, rows, faulty_rows, closed }: RegistryImportRow,
  { openBefore, at }: { readonly openBefore: number; readonly at: Date },
): Promise<void> {
  const about = { subject: SUBJECT, at };
  const over = { subject: SUBJECT, by: "packetboat", at };
  if (state === "WAITING") {
    const facts = { closing: closed, open: openBefore };
    await raisePostAlert(db, { ...about, code: "REGISTRY_WAITS", facts });
    return;
  }
  await resolveAlerts(db, { ...over, code: "REGISTRY_WAITS" });
  if (state !== "CURRENT") return;
  await resolveAlerts(db, { ...over, code: "REGISTRY_REFUSED" });
  if (faulty_rows === 0) {
    await resolveAlerts(db, { ...over, code: "REGISTRY_ROWS_LEFT_OUT" });
    return;
  }
  const facts = { rows, faulty: faulty_rows };
  await raisePostAlert(db, { ...about, code: "REGISTRY_ROWS_LEFT_OUT", facts });
}

/** The file that is current came again: one that was refused in between is nobody's worry any more. */
export const tellOfKnown = (db: Queries, at: Date): Promise<unknown> =>
  resolveAlerts(db, { subject: SUBJECT, code: "REGISTRY_REFUSED", by: "packetboat", at });

/** How old the registry is, and whether that is too old. */
export interface RegistryAge {
  /** `null` if nothing was ever imported. */
  readonly days: number | null;
  readonly isOld: boolean;
}

export function ageOf(
  current: RegistryImportRow | null,
  { at, timeZone, warnWhenOlderThanDays }: AgeRule,
): RegistryAge {
  if (!current) return { days: null, isOld: true };
  const days = daysSince(current.as_of, at, timeZone);
  return { days, isOld: days > warnWhenOlderThanDays };
}

export interface AgeRule {
  readonly at: Date;
  readonly timeZone: string;
  readonly warnWhenOlderThanDays: number;
}

/** REGISTRY_OLD, as long as it is; one that is open is left alone unless its facts have changed. */
export async function remindOfAge(ledger: Ledger, rule: AgeRule): Promise<void> {
  await ledger.transaction().execute(async (db) => {
    const current = await importIn(db, "CURRENT");
    const due = { subject: SUBJECT, facts: { asOf: current?.as_of ?? "never" } };
    await bringTo(db, "REGISTRY_OLD", ageOf(current, rule).isOld ? [due] : [], rule.at);
  });
}
