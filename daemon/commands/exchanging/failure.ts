/** An exchange that was broken off: why, and how far it had come. */
import { PacketboatError } from "../../errors.ts";
import type { Exchanged } from "./exchange.ts";

/** The same refusal, with the counts of what was done before it. */
export const brokenOff = ({ runId, counts }: Exchanged, cause: PacketboatError): PacketboatError =>
  new PacketboatError(cause.code, cause.message, {
    facts: { ...cause.facts, ...counts, runId },
    cause,
  });
