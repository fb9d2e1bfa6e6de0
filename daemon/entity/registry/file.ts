/** A registry file, as a list of many rows. */
import type { Registry } from "../../config.ts";
import * as file from "../../csv/file.ts";
import { PacketboatError } from "../../errors.ts";

export { type Line, linesOf, type Surveyed } from "../../csv/file.ts";

export type Form = Pick<Registry, "encoding" | "delimiter" | "dateFormat" | "columns">;

/** A file as a whole, or its header, that is no list of enrollments. Nothing of a row is in a sentence. */
export const invalid = (...faults: readonly string[]): PacketboatError =>
  new PacketboatError("REGISTRY_INVALID", faults.join("; "), { facts: { faults } });

/**
 * @throws PacketboatError REGISTRY_INVALID if it is empty or in another encoding than the config says;
 *   FILE_NOT_FOUND, FILE_UNREADABLE
 */
export const survey = (
  path: string,
  { encoding }: Pick<Form, "encoding">,
): Promise<file.Surveyed> => file.survey(path, { encoding, invalid });
