/** The outboxes, and record folders with an import to report, as the daemon looks at them: has something come? */
import { type Config, dropFolderPaths } from "../config.ts";
import { assertSameFolder } from "../desk/mounted.ts";
import { importsIn } from "../desk/imports.ts";
import { finishedFiles } from "../desk/ready.ts";
import { isRefusal } from "../errors.ts";
import type { Ledger } from "../ledger/connect.ts";

export interface Sight {
  /** Something is finished that was not when we last took, or a folder has gone or come back. */
  readonly isNew: boolean;
  /** When a file that is still being written may be finished; infinite if there is none. */
  readonly lookAgainAt: number;
}

/** Remembers what was there, so that documents which wait for their release cause no exchange a minute. */
export class Outboxes {
  #known: ReadonlySet<string> = new Set();
  #last: ReadonlySet<string> = new Set();

  /** Look once into every drop folder. */
  async look(ledger: Ledger, { dropFolders }: Config, at: Date): Promise<Sight> {
    const seen = new Set<string>();
    let lookAgainAt = Infinity;
    for (const { path, ready } of Object.values(dropFolders)) {
      try {
        await assertSameFolder(ledger, path);
        const { outbox, records } = dropFolderPaths({ path });
        const { unchangedForSeconds, marker } = ready;
        const look = { ledger, folder: outbox, unchangedForSeconds, marker, at };
        const found = await finishedFiles(look);
        for (const file of found.ready) seen.add(`${file.path} ${file.since.toISOString()}`);
        const times = found.notYet.map((file) => file.lookAgainAt.getTime());
        const imports = await importsIn({ ledger, records, unchangedForSeconds, at });
        for (const file of imports.ready) seen.add(`${file.path} ${file.stamp}`);
        lookAgainAt = Math.min(lookAgainAt, imports.lookAgainAt, ...times);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        // The exchange that this causes tells people about it.
        seen.add(`${path} ${error.code}`);
      }
    }
    this.#last = seen;
    const gone = [...this.#known].some((each) => !seen.has(each) && isTrouble(each));
    const isNew = gone || [...seen].some((each) => !this.#known.has(each));
    return { isNew, lookAgainAt };
  }

  /** An exchange took what it could, or could not begin: what was seen and is still there waits for the next. */
  taken(): void {
    this.#known = this.#last;
  }
}

const isTrouble = (seen: string): boolean => / [A-Z_]+$/.test(seen);
