/** Ending early: an exchange that is asked to stop finishes what is under way, or cuts its line soon after. */
import type { Harbor } from "../dropbox/contract.ts";
import { PacketboatError } from "../errors.ts";

/** For whom nobody ends early. */
export const NEVER = new AbortController().signal;

export const stopped = (cause?: unknown): PacketboatError =>
  new PacketboatError("EXCHANGE_STOPPED", "packetboat was asked to end in the middle of it", {
    cause,
  });

/** What is under way when packetboat is asked to end has so long to end by itself. */
const PARKING_MS = 5_000;

/**
 * Connect, unless asked to stop in the meantime. A connection that comes when nobody waits for it any
 * more is closed.
 *
 * @throws PacketboatError EXCHANGE_STOPPED
 */
export async function connected(
  connect: () => Promise<Harbor>,
  stop: AbortSignal,
): Promise<Harbor> {
  if (stop.aborted) throw stopped();
  const connecting = connect();
  const gaveUp = Promise.withResolvers<never>();
  const giveUp = (): void => gaveUp.reject(stopped());
  stop.addEventListener("abort", giveUp);
  try {
    return await Promise.race([connecting, gaveUp.promise]);
  } catch (error) {
    if (stop.aborted) void connecting.then((harbor) => harbor.close()).catch(() => undefined);
    throw error;
  } finally {
    stop.removeEventListener("abort", giveUp);
  }
}

/** Cut the line a while after `stop` fires, so that nothing is waited for any more. */
export function cutting(harbor: Harbor, stop: AbortSignal): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(() => void harbor.close(), PARKING_MS);
  };
  stop.addEventListener("abort", begin);
  if (stop.aborted) begin();
  return {
    [Symbol.dispose]: () => {
      stop.removeEventListener("abort", begin);
      clearTimeout(timer);
    },
  };
}
