/** Sections of a record as people write them: on a command line, in a form, in the name of a document. */
import type { NotAvailableReason, SectionName } from "../packet/model.gen.ts";
import { SECTION_NAMES } from "../packet/model.ts";
import { SECTION_WORDS } from "../reports/code-words.ts";
import type { ReleaseDecision } from "../transfer/decide.ts";

export type NotAvailable = NonNullable<ReleaseDecision["notAvailable"]>[number];

export const NOT_AVAILABLE_REASONS = [
  "NotKept",
  "NotApplicable",
  "HeldElsewhere",
  "NotPermitted",
  "Other",
] as const satisfies readonly NotAvailableReason[];

/** One of a closed list, whatever its capitals, spaces and hyphens; `null` if it is none. */
export const namedIn = <Name extends string>(names: readonly Name[], text: string): Name | null =>
  names.find((name) => folded(name) === folded(text)) ?? null;

/** A section by its name or by the words of our pages: `HealthCondition`, `health conditions`. */
export function sectionNamed(text: string): SectionName | null {
  const wanted = folded(text);
  const isMeant = (name: SectionName): boolean =>
    [name, `${name}s`, SECTION_WORDS[name]].some((each) => folded(each) === wanted);
  return SECTION_NAMES.find(isMeant) ?? null;
}

/** The section that a document's name begins with: `02-Immunization card.pdf`, `transcript.pdf`. */
export const sectionOfDocument = (fileName: string): SectionName | null =>
  SECTION_NAMES.find((name) => BEGINS_WITH[name].test(fileName)) ?? null;

/** `HealthCondition` also as two words; a number before it puts documents in order. */
const BEGINS_WITH = Object.fromEntries(
  SECTION_NAMES.map((name) => {
    const words = name.replaceAll(/(?<=[a-z])[A-Z]/g, "[ _-]?$&");
    return [name, new RegExp(`^(?:[0-9]+[ _.-]*)?${words}s?(?![a-z])`, "i")];
  }),
) as Readonly<Record<SectionName, RegExp>>;

const folded = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
