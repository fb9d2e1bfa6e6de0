/** Sections of a record as they are typed behind a file or by themselves: `transcript.pdf:Transcript`. */
import { PacketboatError } from "../../errors.ts";
import type { NotAvailableReason, SectionName } from "../../packet/model.gen.ts";
import { SECTION_NAMES } from "../../packet/model.ts";
import { nearestName } from "../../schema.ts";
import type { ReleaseDecision } from "../../transfer/decide.ts";

/** A document as it was typed. */
export interface TypedDocument {
  readonly path: string;
  readonly section?: SectionName;
}

type NotAvailable = NonNullable<ReleaseDecision["notAvailable"]>[number];

export const NOT_AVAILABLE_REASONS = [
  "NotKept",
  "NotApplicable",
  "HeldElsewhere",
  "NotPermitted",
  "Other",
] as const satisfies readonly NotAvailableReason[];

/** @throws PacketboatError USAGE if what follows the colon is no section */
export function documentIn(text: string): TypedDocument {
  // A document's name ends in a dot and some letters, so that a colon behind it is not its own.
  const [, path, section] = /^(.*\.[0-9A-Za-z]{2,5}):([^/:]*)$/.exec(text) ?? [];
  if (path === undefined || section === undefined) return { path: text };
  return { path, section: oneOf(SECTION_NAMES, section, "section") };
}

/**
 * `Discipline`, or with the reason `Discipline:NotKept`.
 *
 * @throws PacketboatError USAGE
 */
export function notAvailableIn(text: string): NotAvailable {
  const [section = "", reason] = text.split(":", 2);
  return {
    section: oneOf(SECTION_NAMES, section, "section"),
    reason: reason === undefined ? "Other" : oneOf(NOT_AVAILABLE_REASONS, reason, "reason"),
  };
}

function oneOf<Name extends string>(names: readonly Name[], text: string, what: string): Name {
  const found = names.find((name) => name.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  const typed = JSON.stringify(text.slice(0, 40));
  const near = nearestName(text, names);
  throw new PacketboatError("USAGE", `${typed} is no ${what}${near} (one of ${names.join(", ")})`);
}
