/** Sections of a record as they are typed behind a file or by themselves: `transcript.pdf:Transcript`. */
import {
  namedIn,
  NOT_AVAILABLE_REASONS,
  type NotAvailable,
  sectionNamed,
} from "../../desk/sections-named.ts";
import { PacketboatError } from "../../errors.ts";
import type { SectionName } from "../../packet/model.gen.ts";
import { SECTION_NAMES } from "../../packet/model.ts";
import { nearestName } from "../../schema.ts";

/** A document as it was typed. */
export interface TypedDocument {
  readonly path: string;
  readonly section?: SectionName;
}

/** @throws PacketboatError USAGE if what follows the colon is no section */
export function documentIn(text: string): TypedDocument {
  // A document's name ends in a dot and some letters, so that a colon behind it is not its own.
  const [, path, section] = /^(.*\.[0-9A-Za-z]{2,5}):([^/:]*)$/.exec(text) ?? [];
  if (path === undefined || section === undefined) return { path: text };
  return { path, section: sectionIn(section) };
}

/**
 * `Discipline`, or with the reason `Discipline:NotKept`.
 *
 * @throws PacketboatError USAGE
 */
export function notAvailableIn(text: string): NotAvailable {
  const [section = "", reason] = text.split(":", 2);
  return {
    section: sectionIn(section),
    reason: reason === undefined ? "Other" : reasonIn(reason),
  };
}

const sectionIn = (text: string): SectionName =>
  sectionNamed(text) ?? refuse(SECTION_NAMES, text, "section");

const reasonIn = (text: string): NotAvailable["reason"] =>
  namedIn(NOT_AVAILABLE_REASONS, text) ?? refuse(NOT_AVAILABLE_REASONS, text, "reason");

function refuse(names: readonly string[], text: string, what: string): never {
  const typed = JSON.stringify(text.slice(0, 40));
  const near = nearestName(text, names);
  throw new PacketboatError("USAGE", `${typed} is no ${what}${near} (one of ${names.join(", ")})`);
}
