/** Reports for programs: `schemas/reports.schema.json` says what is in them. */
import type { Reading } from "./reading.ts";

/** Grows when something is taken away or changes its meaning. */
const VERSION = 1;

/** The document as text: other control characters than those of JSON itself are written as escapes. */
export function jsonOf(
  reading: Reading,
  report: "alerts" | "transfers" | "exchange",
  content: Readonly<Record<string, unknown>>,
): string {
  const { reader, agency, isTest, at } = reading;
  const document = {
    version: VERSION,
    report,
    reader,
    agency,
    mode: isTest ? "test" : "production",
    made: at.toISOString(),
    ...content,
  };
  return `${JSON.stringify(document, null, 2).replaceAll(UNSEEN, escaped)}\n`;
}

/** Delete, C1 controls, line separators and what turns the direction of writing. */
const UNSEEN = /[\x7F-\x9F\u2028-\u202E\u2066-\u2069\uFEFF]/g;

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
