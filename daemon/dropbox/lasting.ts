/** A harbor that outlives its line: when that is lost, it can be had anew, under the same boxes. */
import { isRefusal, type PacketboatError } from "../errors.ts";
import type { DropBox, Harbor } from "./contract.ts";

export interface LastingHarbor extends Harbor {
  /**
   * Connect anew if the line was lost, and not otherwise; boxes taken before go on over the new line.
   *
   * @throws PacketboatError as connecting does: then it is the server that is lost
   */
  readonly mend: () => Promise<void>;
}

/** Was it the line that failed, whatever was being done over it? */
export const isLineLoss = (error: unknown): error is PacketboatError =>
  isRefusal(error, "BOX_UNREACHABLE") || isRefusal(error, "BOX_TIMEOUT");

/**
 * @param connect makes each of its lines, now the first
 * @param lost is told of the loss of each, once
 */
export async function lasting(
  connect: () => Promise<Harbor>,
  lost: (reason: PacketboatError) => void = () => undefined,
): Promise<LastingHarbor> {
  let harbor = await connect();
  let isLost = false;
  const note = (error: unknown): never => {
    if (isLineLoss(error) && !isLost) {
      isLost = true;
      lost(error);
    }
    throw error;
  };
  const close = (): Promise<void> => harbor.close();
  return {
    place: harbor.place,
    get hostKey() {
      return harbor.hostKey;
    },
    box: (folder) => boxOver(() => harbor.box(folder), note),
    mend: async () => {
      if (!isLost) return;
      await harbor.close();
      harbor = await connect();
      isLost = false;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** @param box as it is reached now */
function boxOver(box: () => DropBox, note: (error: unknown) => never): DropBox {
  return {
    place: box().place,
    async *list(belongs) {
      try {
        yield* box().list(belongs);
      } catch (error) {
        note(error);
      }
    },
    fetch: (name, localPath, expected) => box().fetch(name, localPath, expected).catch(note),
    look: (name) => box().look(name).catch(note),
    read: (name, most) => box().read(name, most).catch(note),
    deliver: (name, source) => box().deliver(name, source).catch(note),
    owner: () => box().owner().catch(note),
    remove: (name) => box().remove(name).catch(note),
    removeLeftover: (name) => box().removeLeftover(name).catch(note),
    probe: (name, now) => box().probe(name, now).catch(note),
  };
}
