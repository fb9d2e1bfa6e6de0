/** Registry files for tests, and the settings with which they are read. */
import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Registry } from "../../../daemon/config.ts";
import {
  type Imported,
  type Importing,
  importFile,
} from "../../../daemon/entity/registry/import.ts";
import type { Ledger } from "../../../daemon/ledger/connect.ts";

export const HEADER =
  "StateStudentId,LastOrSurname,FirstName,MiddleName,Birthdate,Sex,AgencyId,SchoolId,SchoolName,SchoolYear,EntryGradeLevel,EnrollmentEntryDate,EnrollmentExitDate";

export interface Listed {
  readonly id?: string;
  readonly last?: string;
  readonly first?: string;
  readonly birthdate?: string;
  readonly sex?: string;
  readonly agency?: string;
  readonly school?: string;
  readonly schoolName?: string;
  readonly entry?: string;
  readonly exit?: string;
}

/** One row; an example student unless given. */
export const row = (listed: Listed = {}): string => {
  const agency = listed.agency ?? "2700105";
  return [
    listed.id ?? "0000000001",
    listed.last ?? "Abrams",
    listed.first ?? "Jenna",
    "",
    listed.birthdate ?? "2014-03-09",
    listed.sex ?? "F",
    agency,
    listed.school ?? `${agency}00001`,
    listed.schoolName ?? "Example School",
    "2025-2026",
    "05",
    listed.entry ?? "2023-08-20",
    listed.exit ?? "",
  ].join(",");
};

export const list = (...rows: readonly string[]): string => `${[HEADER, ...rows].join("\n")}\n`;

/** So many students of one district, from a number on. */
export const students = (count: number, from = 1): string[] =>
  Array.from({ length: count }, (_, nth) =>
    row({ id: String(from + nth).padStart(10, "0"), first: `Example${"abcdefghij"[nth % 10]}` }),
  );

export const SETTINGS: Registry = {
  import: "snapshot",
  unchangedForSeconds: 1,
  encoding: "auto",
  delimiter: "auto",
  columns: {},
  dateFormat: "yyyy-MM-dd",
  maxFaultyRows: "1%",
  askBeforeClosingMoreThan: "5%",
  warnWhenOlderThanDays: 3,
};

export const AT = new Date("2024-07-19T14:00:00Z");

/** Write a file of the day, and import it. */
export async function importing(
  ledger: Ledger,
  folder: string,
  text: string | Uint8Array,
  more: Partial<Importing> = {},
): Promise<Imported> {
  const path = join(folder, "registry.csv");
  const at = more.at ?? AT;
  await writeFile(path, text);
  await utimes(path, at, at);
  const about = { kind: "snapshot", mayClose: false, by: "example.lead", at } as const;
  const zone = { timeZone: "America/Chicago", settings: SETTINGS };
  return importFile({ ledger, path, ...zone, ...about, ...more });
}
