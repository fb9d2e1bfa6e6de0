/** What is wrong with a list as a whole. */
import { PacketboatError } from "../../errors.ts";

/** A list with more faulty rows has one fault that is in all of them, and is mended as a whole. */
export const MOST_FAULTY_ROWS = 1000;
/** Of those rows. */
const MOST_SHOWN = 10;

/** The list cannot be taken. Nothing of a student stands in the sentences. */
export const faultyList = (...faults: readonly string[]): PacketboatError =>
  new PacketboatError("DOCUMENT_INVALID", faults.join("; "), { facts: { faults } });

/** @param rows those with faults, and what is wrong with each; the first of them tell what is wrong with all */
export function tooFaultyList(
  rows: readonly { readonly row: number; readonly message: string }[],
): PacketboatError {
  const shown = rows.slice(0, MOST_SHOWN).map(({ row, message }) => `row ${row}: ${message}`);
  return faultyList(`more than ${MOST_FAULTY_ROWS} rows have faults`, ...shown);
}
