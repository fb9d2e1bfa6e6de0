/** An import of the registry, for scripts and for people. */
import { longDate } from "../../alerts/when.ts";
import type { RegistryImportRow } from "../../ledger/tables.ts";
import { counted } from "../showing/spans.ts";

export const importResult = (row: RegistryImportRow) => ({
  importId: row.import_id,
  kind: row.kind,
  asOf: row.as_of,
  begunAt: row.begun_at,
  by: row.by,
  rows: row.rows,
  faultyRows: row.faulty_rows,
  closed: row.closed,
  students: row.students,
  enrollments: row.enrollments,
  open: row.open_enrollments,
});

/** What the registry holds with it. */
export const heldLine = (row: RegistryImportRow): string =>
  `The registry has ${counted(row.students, "student")} and ${counted(row.enrollments, "enrollment")}, ${row.open_enrollments} of them open, as of ${longDate(row.as_of)}.`;

export const waitingLines = (row: RegistryImportRow): string[] => [
  `It would close ${counted(row.closed, "open enrollment")}, more than the config allows: nothing has changed.`,
  "If the file is whole: packetboat registry proceed. If it is not: packetboat registry discard.",
];
