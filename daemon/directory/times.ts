/** When what was signed says that it was made (PROTOCOL 4, "Times"). */
import { PacketboatError } from "../errors.ts";
import { CLOCK_SKEW_MS } from "../keys/standing.ts";

/** From the making of a document to its signature. */
const SIGNED_WITHIN_MS = 60 * 60 * 1000;

/**
 * @param times.at our clock
 * @throws PacketboatError PACKET_SIGNED_AT_WRONG_TIME, for the caller to say of what
 */
export function assertSignedWhenMade(times: { created: Date; signedAt: Date; at: Date }): void {
  const { created, signedAt, at } = times;
  const age = signedAt.getTime() - created.getTime();
  const wrong =
    age < -CLOCK_SKEW_MS || age > SIGNED_WITHIN_MS
      ? `it was made at ${created.toISOString()} and signed at ${signedAt.toISOString()}`
      : created.getTime() > at.getTime() + CLOCK_SKEW_MS
        ? `it was made in the future, at ${created.toISOString()}`
        : null;
  if (wrong !== null) throw new PacketboatError("PACKET_SIGNED_AT_WRONG_TIME", wrong);
}
