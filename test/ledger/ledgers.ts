/** A ledger of its own for a test, on the disk as in life. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ledger, openLedger } from "../../daemon/ledger/connect.ts";

export interface TestLedger extends AsyncDisposable {
  readonly path: string;
  readonly ledger: Ledger;
}

export async function newLedger(): Promise<TestLedger> {
  const folder = await mkdtemp(join(tmpdir(), "packetboat-ledger-"));
  const path = join(folder, "ledger.sqlite");
  const ledger = await openLedger(path);
  return {
    path,
    ledger,
    [Symbol.asyncDispose]: async () => {
      await ledger.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
