/** Who reads a report, and what that reader may be told of a student. */
import { dayOf } from "../alerts/when.ts";
import type { AgencyId } from "../ids.ts";
import type { NamedAgency, NamedTransfer } from "../ledger/overviews.ts";
import type { Student } from "../packet/model.gen.ts";
import type { Inline, Line, Page } from "./blocks.ts";
import { reference, said } from "./lines.ts";
import { studentName } from "./student-lines.ts";

/** Registrars are told names; IT, references only (two trees, never mixed). */
export type Reader = "registrar" | "it";

/** What all reports of one reader have in common. */
export interface Reading {
  readonly reader: Reader;
  /** Ourselves. */
  readonly agency: { readonly id: AgencyId; readonly name: string };
  /** An entity has no registrars and no drop folders, and stands between two districts. */
  readonly role: "district" | "entity";
  readonly isTest: boolean;
  readonly timeZone: string;
  /** When the report is made. */
  readonly at: Date;
  /** Students by the content id of their request; empty for IT. */
  readonly names: ReadonlyMap<string, string>;
  /** File names of dropped documents by their id; empty for IT, for people name files after students. */
  readonly documentNames: ReadonlyMap<string, string>;
  /** The pages beside this one, by what people call them. */
  readonly pages: readonly { readonly shown: string; readonly page: string }[];
}

/** Reads the students of the requests under some content ids, as far as those are still kept. */
export type StudentsOf = (contentIds: readonly string[]) => Promise<ReadonlyMap<string, Student>>;

/** So many are read at once. */
const BATCH = 200;

/** The students of these requests, by content id. Whose request is gone has no name any more. */
export async function studentNames(
  contentIds: Iterable<string>,
  studentsOf: StudentsOf,
): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  const ids = [...new Set(contentIds)];
  for (let index = 0; index < ids.length; index += BATCH) {
    const students = await studentsOf(ids.slice(index, index + BATCH));
    for (const [id, student] of students) names.set(id, studentName(student));
  }
  return names;
}

/** The student's name for a registrar; `null` for IT, and for what is no longer kept. */
export const nameOf = (
  reading: Pick<Reading, "names">,
  transfer: NamedTransfer | null,
): string | null =>
  transfer === null ? null : (reading.names.get(transfer.requestContentId) ?? null);

/** `Abrams, Jenna Marie K7QM-3F2D`, or for IT the reference alone. */
export function transferLine(reading: Reading, transfer: NamedTransfer): Line {
  const name = nameOf(reading, transfer);
  const shown: Inline = reference(transfer.reference);
  return name === null ? [shown] : [{ said: name }, " ", shown];
}

export const agencyName = ({ id, name }: { id: string; name: string | null }): string =>
  name ?? `agency ${id}`;

export const agencyLine = ({ id, name }: NamedAgency): Line =>
  name === null ? [`Agency ${id}`] : said(name);

/** What stands at the top and at the foot of every report. @param file the page's own name */
export function frame(
  reading: Reading,
  title: string,
  file: string,
): Pick<Page, "title" | "agency" | "isTest" | "nav" | "foot" | "running"> {
  const { reader, agency, at, timeZone } = reading;
  return {
    title: `${title}, ${dayOf(at, timeZone)}`,
    agency: agency.name,
    isTest: reading.isTest,
    nav: reading.pages.map(({ shown, page }) =>
      page === file ? { shown: title, page: null } : { shown, page },
    ),
    running:
      reader === "registrar"
        ? `${title} · Confidential: names students`
        : `${title} · Names no student`,
    foot: [
      reader === "registrar"
        ? [
            "This report names students: for school officials with a legitimate educational interest only.",
          ]
        : ["This report names no student: transfers are known by their references."],
    ],
  };
}
