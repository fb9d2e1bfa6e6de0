/**
 * Hints that something happened in a folder. A hint is no truth: events get lost, and on a share there
 * are none; whoever acts on them looks for himself, and also looks without them (TRUST F17). The only
 * door to chokidar.
 */
import { stat } from "node:fs/promises";
import { type FSWatcher, watch } from "chokidar";

export interface Watching extends AsyncDisposable {
  /** Look at folders that were removed and made again, or mounted over: they had gone silent. */
  rearm(): Promise<void>;
}

export interface Watcher {
  /** Is called soon after something happened in any of the folders. */
  readonly hint: () => void;
  /** Is told why a folder cannot be watched. */
  readonly failed: (error: unknown) => void;
  /** What kind of share a folder lies on, if it lies on one: there nothing tells of what others do. */
  readonly shareAt: (folder: string) => Promise<string | null>;
  /** Is told once of each folder on a share: it is only looked at. */
  readonly passedOver: (folder: string, share: string) => void;
}

/** A hundred files that are copied in at once are one hint. */
const GATHER_MS = 500;

/**
 * @param folders to watch, without what lies in their folders; one that is missing is watched when it
 *   is there at a later `rearm`
 */
export async function watchFolders(
  folders: readonly string[],
  { hint, failed, shareAt, passedOver }: Watcher,
): Promise<Watching> {
  const armed = new Map<string, { watcher: FSWatcher | null; place: string }>();
  let gathering: NodeJS.Timeout | undefined;
  const gather = (): void => {
    gathering ??= setTimeout(() => {
      gathering = undefined;
      hint();
    }, GATHER_MS);
  };
  const disarm = async (folder: string): Promise<void> => {
    await armed.get(folder)?.watcher?.close();
    armed.delete(folder);
  };
  const rearm = async (): Promise<void> => {
    for (const folder of folders) {
      const place = await placeOf(folder);
      if (armed.get(folder)?.place === place) continue;
      await disarm(folder);
      if (place === null) continue;
      const share = await shareAt(folder);
      if (share !== null) {
        armed.set(folder, { watcher: null, place });
        passedOver(folder, share);
        continue;
      }
      // The files are left out: each would cost a watch of its own, and the folder tells of them all.
      const watcher = watch(folder, { depth: 0, ignored: (path) => path !== folder });
      watcher.on("raw", gather);
      watcher.on("error", failed);
      armed.set(folder, { watcher, place });
    }
  };
  await rearm();
  return {
    rearm,
    [Symbol.asyncDispose]: async () => {
      clearTimeout(gathering);
      for (const folder of folders) await disarm(folder);
    },
  };
}

/** Which folder it is, whatever its name; `null` if there is none. */
async function placeOf(folder: string): Promise<string | null> {
  const found = await stat(folder).catch(() => null);
  return found && `${found.dev}:${found.ino}`;
}
