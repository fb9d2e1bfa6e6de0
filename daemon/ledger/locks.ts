/** One exchange at a time in a home, and one daemon (PROTOCOL 9). The lock of a dead process is taken over. */
import { readFileSync } from "node:fs";
import { isRefusal, PacketboatError } from "../errors.ts";
import type { Ledger, Queries } from "./connect.ts";
import type { LockName, LockRow } from "./tables.ts";

const HOLDERS: Readonly<Record<LockName, string>> = {
  home: "has held this home",
  run: "has run packetboat in this home",
  mail: "has sent the mails of this home",
  registry: "has imported a file into the registry of this home",
};

/** Locks of ours that were given back while the disk was full: their rows stand, and hold nothing. */
const leftOver = new WeakMap<Ledger, Set<LockName>>();

/**
 * Take a lock of the home: `home` for one exchange, `run` as long as the daemon lives, `mail` while mails
 * are sent, `registry` while a file is imported.
 *
 * @returns a function that gives it back
 * @throws PacketboatError HOME_BUSY if a living process holds it
 */
export async function takeLock(
  ledger: Ledger,
  name: LockName,
  at: Date,
): Promise<() => Promise<void>> {
  const ours: LockRow = { name, ...thisProcess(), since: at.toISOString() };
  await ledger.transaction().execute(async (db) => {
    const held = await db
      .selectFrom("locks")
      .selectAll()
      .where("name", "=", ours.name)
      .executeTakeFirst();
    const isLeftOver = leftOver.get(ledger)?.has(name) === true;
    if (held && isAlive(held) && !isLeftOver) {
      throw new PacketboatError(
        "HOME_BUSY",
        `process ${held.process_id} ${HOLDERS[name]} since ${held.since}`,
      );
    }
    await db.deleteFrom("locks").where("name", "=", ours.name).execute();
    await db.insertInto("locks").values(ours).execute();
  });
  leftOver.get(ledger)?.delete(name);
  const giveBack = (): Promise<unknown> =>
    ledger
      .deleteFrom("locks")
      .where("name", "=", ours.name)
      .where("process_id", "=", ours.process_id)
      .where("started_ticks", "=", ours.started_ticks)
      .execute();
  return async () => {
    try {
      await giveBack();
    } catch (error) {
      // What was done under the lock counts all the same.
      if (!isRefusal(error)) throw error;
      leftOver.set(ledger, (leftOver.get(ledger) ?? new Set()).add(name));
    }
  };
}

/** Who holds a lock now, or `null`; the lock of a dead process is nobody's. */
export async function lockHolder(db: Queries, name: LockName): Promise<LockRow | null> {
  const held = await db.selectFrom("locks").selectAll().where("name", "=", name).executeTakeFirst();
  return held && isAlive(held) ? held : null;
}

/** A process id alone may belong to somebody else by now; with its start and the boot it does not. */
function thisProcess(): Pick<LockRow, "process_id" | "boot_id" | "started_ticks"> {
  return {
    process_id: process.pid,
    boot_id: bootId(),
    started_ticks: startOf(process.pid) ?? "unknown",
  };
}

function isAlive(lock: LockRow): boolean {
  if (lock.boot_id !== bootId()) return false;
  const started = startOf(lock.process_id);
  if (started !== null) return started === lock.started_ticks;
  return lock.started_ticks === "unknown" && answers(lock.process_id);
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "unknown";
  }
}

/** When a process started, in ticks since the boot: field 22 of proc(5), counted behind its name. */
function startOf(processId: number): string | null {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

function answers(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}
