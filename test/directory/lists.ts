/** Files of districts for tests, and how they are taken. */
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { importDistricts, type ListImported } from "../../daemon/directory/list/import.ts";
import type { TestLedger } from "../ledger/ledgers.ts";

export const AT = new Date("2026-11-23T18:00:00Z");

/** As the search of NCES exports them. */
export const EXPORT_HEADER =
  "NCES District ID,State District ID,District Name,County Name*,Street Address,City,State,ZIP,ZIP 4-digit,Phone,Students*,Type,Status";

/** As the extract of 2019 has them. */
export const EXTRACT_HEADER =
  "leaid,lea_name,state,most_common_school_city,all_school_cities,schools";

/** One row of an export; an example district unless given. */
export const exported = (
  more: Partial<Record<"id" | "name" | "state" | "city", string>> & {
    readonly number?: string;
    readonly zip?: string;
    readonly zip4?: string;
    readonly phone?: string;
    readonly status?: string;
  } = {},
): string => {
  const { id = "2700105", name = "Example Prairie Schools", state = "MN" } = more;
  const { number = "MN-010105", zip = "55001", zip4 = "", phone = "(555)555-0170" } = more;
  const { city = "EXAMPLE CITY", status = "Open" } = more;
  return `${id},${number},${name},Example County,"1 Example St.",${city},${state},${zip},${zip4},${phone},12.00,Regular Local,${status}`;
};

export const listOf = (header: string, ...rows: readonly string[]): string =>
  `${[header, ...rows].join("\n")}\n`;

/** Write a file beside the ledger, and take it. */
export async function taking(
  { ledger, path }: TestLedger,
  text: string | Uint8Array,
): Promise<ListImported> {
  const file = join(dirname(path), "districts.csv");
  await writeFile(file, text);
  return importDistricts({ ledger, path: file, at: AT });
}
