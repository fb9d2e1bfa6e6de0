/** What this process makes durable, in its order: files and folders that are synced, names that are given. */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { basename } from "node:path";
import type { KyselyPlugin } from "kysely";
import type { Ledger } from "../../daemon/ledger/connect.ts";

export interface Syncs extends Disposable {
  /** `sync records`, `rename K7QM-3F2D`, `write publications` for a statement that changes that table. */
  readonly trace: readonly string[];
  /** The ledger, so that what it writes to this table is seen too. */
  watching(ledger: Ledger, table: string): Ledger;
}

type Open = typeof fs.promises.open;

/** See them until it is disposed of. */
export function watchSyncs(): Syncs {
  const trace: string[] = [];
  const { open, rename } = fs.promises;
  const watched: Open = async (path, ...more) => {
    const file = await open(path, ...more);
    const sync = file.sync.bind(file);
    file.sync = async () => {
      await sync();
      trace.push(`sync ${basename(String(path))}`);
    };
    return file;
  };
  fs.promises.open = watched;
  fs.promises.rename = async (from, to) => {
    await rename(from, to);
    trace.push(`rename ${basename(String(to))}`);
  };
  syncBuiltinESMExports();
  return {
    trace,
    watching: (ledger, table) => ledger.withPlugin(writesTo(table, trace)),
    [Symbol.dispose]: () => {
      Object.assign(fs.promises, { open, rename });
      syncBuiltinESMExports();
    },
  };
}

const writesTo = (table: string, trace: string[]): KyselyPlugin => ({
  transformQuery: ({ node }) => {
    const isWritten = node.kind !== "SelectQueryNode" && JSON.stringify(node).includes(table);
    if (isWritten) trace.push(`write ${table}`);
    return node;
  },
  transformResult: async ({ result }) => result,
});
