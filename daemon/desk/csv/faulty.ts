import { PacketboatError } from "../../errors.ts";

/** The list as a whole cannot be taken. Nothing of a row stands in the sentences. */
export const faultyList = (...faults: readonly string[]): PacketboatError =>
  new PacketboatError("DOCUMENT_INVALID", faults.join("; "), { facts: { faults } });
