import { spawn } from "node:child_process";
import { once } from "node:events";
import { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { takeLock } from "../../daemon/ledger/locks.ts";
import { newLedger, type TestLedger } from "./ledgers.ts";

const AT = new Date("2024-07-19T14:00:00Z");

/** As if another process had taken the lock. */
async function heldBy(made: TestLedger, changes: Record<string, unknown>): Promise<void> {
  await takeLock(made.ledger, "home", AT);
  await made.ledger.updateTable("locks").set(changes).execute();
}

describe("the lock of a home", () => {
  it("is held by one, and free again when it is given back", async () => {
    await using made = await newLedger();
    const giveBack = await takeLock(made.ledger, "home", AT);
    await expect(takeLock(made.ledger, "home", AT)).rejects.toMatchObject({ code: "HOME_BUSY" });
    await giveBack();
    await (
      await takeLock(made.ledger, "home", AT)
    )();
  });

  it("is given back also while the ledger cannot be written", async () => {
    await using made = await newLedger();
    const giveBack = await takeLock(made.ledger, "home", AT);
    await sql.raw("PRAGMA busy_timeout=0").execute(made.ledger);
    using other = new DatabaseSync(made.path);
    other.exec("BEGIN IMMEDIATE");
    await giveBack();
    other.exec("ROLLBACK");
    await takeLock(made.ledger, "home", AT);
    await expect(takeLock(made.ledger, "home", AT)).rejects.toMatchObject({ code: "HOME_BUSY" });
  });

  it("of a living process is respected", async () => {
    await using made = await newLedger();
    await using child = Object.assign(spawn("sleep", ["60"]), {
      [Symbol.asyncDispose]: async () => {
        const gone = once(child, "exit");
        child.kill("SIGKILL");
        await gone;
      },
    });
    const { readFile } = await import("node:fs/promises");
    const line = await readFile(`/proc/${child.pid}/stat`, "utf8");
    const started = line.slice(line.lastIndexOf(")") + 2).split(" ")[19];
    await heldBy(made, { process_id: child.pid, started_ticks: started });
    await expect(takeLock(made.ledger, "home", AT)).rejects.toMatchObject({ code: "HOME_BUSY" });
  });

  it.each([
    ["a dead process", { process_id: 4_194_300 }],
    ["a process whose number another one has by now", { process_id: 1, started_ticks: "1" }],
    ["a time before the last start of the machine", { boot_id: "another" }],
  ])("of %s is taken over", async (_, changes) => {
    await using made = await newLedger();
    await heldBy(made, changes);
    await (
      await takeLock(made.ledger, "home", AT)
    )();
  });
});
