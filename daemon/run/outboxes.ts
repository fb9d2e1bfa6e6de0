/** The drop folders as the daemon looks at them: is there something to take that was not before? */
import { type Config, dropFolderPaths } from "../config.ts";
import { caseLookOf, isRegistryFile } from "../daemon.ts";
import { lookAtCases, type Standing } from "../desk/case/look.ts";
import { assertSameFolder } from "../desk/mounted.ts";
import { importsIn } from "../desk/imports.ts";
import { finishedFiles } from "../desk/ready.ts";
import { isRefusal } from "../errors.ts";
import type { KnownCase } from "../ledger/cases.ts";
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
  async look(ledger: Ledger, config: Config, at: Date): Promise<Sight> {
    const { dropFolders } = config;
    const seen = new Set<string>();
    let lookAgainAt = Infinity;
    for (const [name, dropFolder] of Object.entries(dropFolders)) {
      const { path, ready } = dropFolder;
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
        const cases = { ledger, at, ...caseLookOf(config, name, dropFolder) };
        for await (const some of lookAtCases(cases)) {
          for (const { known, at: standing } of some) {
            const word = wordFor(known, standing);
            if (word !== null) seen.add(word);
            if (standing.standing === "moving") times.push(standing.lookAgainAt.getTime());
          }
        }
        lookAgainAt = Math.min(lookAgainAt, imports.lookAgainAt, ...times);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        // The exchange that this causes tells people about it.
        seen.add(`${path} ${error.code}`);
      }
    }
    lookAgainAt = Math.min(lookAgainAt, await lookAtRegistry({ ledger, config, at }, seen));
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

/** Finished files of an entity's registry are added. @returns when one that is not may be */
async function lookAtRegistry(
  { ledger, config, at }: { ledger: Ledger; config: Config; at: Date },
  seen: Set<string>,
): Promise<number> {
  const { dropFolder: folder, unchangedForSeconds = 0 } = config.registry ?? {};
  if (folder === undefined) return Infinity;
  try {
    await assertSameFolder(ledger, folder);
    const look = { ledger, folder, unchangedForSeconds, only: isRegistryFile, at };
    const found = await finishedFiles(look);
    for (const file of found.ready) seen.add(`${file.path} ${file.since.toISOString()}`);
    return Math.min(...found.notYet.map((file) => file.lookAgainAt.getTime()));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    seen.add(`${folder} ${error.code}`);
    return Infinity;
  }
}

/** A case in which there is something to do, as it is now. */
function wordFor({ row, version }: KnownCase, standing: Standing): string | null {
  const told = `${row.case_id} ${standing.standing}`;
  switch (standing.standing) {
    case "quiet":
    case "moving":
      return null;
    case "unseen":
      return `${told} ${standing.error.code}`;
    case "misnamed":
      return `${told} ${standing.name}`;
    case "stray":
      return `${told} ${standing.names.join(" ")}`;
    case "emptied":
    case "missing":
      return `${told} ${version} ${row.told_sha256 ?? ""}`;
    case "changed":
      return `${told} ${version} ${standing.form?.sight ?? ""}`;
    case "still":
      return `${told} ${version} ${standing.tree.digest}`;
  }
}

const isTrouble = (seen: string): boolean => / [A-Z_]+$/.test(seen);
