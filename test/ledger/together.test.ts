import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Ledger, openLedger } from "../../daemon/ledger/connect.ts";
import { readSetting, writeSetting } from "../../daemon/ledger/settings.ts";
import { durable, together } from "../../daemon/ledger/together.ts";
import { newLedger, type TestLedger } from "./ledgers.ts";

let made: TestLedger;
let ledger: Ledger;

beforeEach(async () => {
  made = await newLedger();
  ({ ledger } = made);
});

afterEach(() => made[Symbol.asyncDispose]());

const write = (value: string, name = "a"): Promise<void> =>
  ledger.transaction().execute((db) => writeSetting(db, name, value));

/** What another process would find if this one were killed now, or lost its power. */
async function afterPowerCut(name = "a"): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), "packetboat-cut-"));
  const path = join(folder, "ledger.sqlite");
  for (const ending of ["", "-wal"]) await copyFile(made.path + ending, path + ending);
  const left = await openLedger(path);
  try {
    return await readSetting(left, name);
  } finally {
    await left.destroy();
    await rm(folder, { recursive: true });
  }
}

describe("transactions that commit together", () => {
  it("survive a power cut when all are done, and none of them before", async () => {
    await together(ledger, async () => {
      await write("1");
      await write("2", "b");
      expect(await readSetting(ledger, "a")).toBe("1");
      expect(await afterPowerCut()).toBe(null);
    });
    expect(await afterPowerCut()).toBe("1");
    expect(await afterPowerCut("b")).toBe("2");
  });

  it("survive it from the moment that is asked for", async () => {
    await together(ledger, async () => {
      await write("1");
      await durable(ledger);
      expect(await afterPowerCut()).toBe("1");
      await write("2");
      expect(await afterPowerCut()).toBe("1");
    });
  });

  it("draw in what is written without a transaction", async () => {
    await together(ledger, async () => {
      await writeSetting(ledger, "a", "1");
      expect(await afterPowerCut()).toBe(null);
    });
    expect(await afterPowerCut()).toBe("1");
  });

  it("are each undone alone", async () => {
    await together(ledger, async () => {
      await write("1");
      const failing = ledger.transaction().execute(async (db) => {
        await writeSetting(db, "a", "2");
        throw new Error("a bug");
      });
      await expect(failing).rejects.toThrow("a bug");
      await write("3", "b");
    });
    expect([await readSetting(ledger, "a"), await readSetting(ledger, "b")]).toEqual(["1", "3"]);
  });

  it("stand, if what follows them in the work fails", async () => {
    const work = together(ledger, async () => {
      await write("1");
      throw new Error("a bug");
    });
    await expect(work).rejects.toThrow("a bug");
    expect(await afterPowerCut()).toBe("1");
  });

  it("do not keep others waiting for their commits", async () => {
    let goOn = (): void => undefined;
    const others = new Promise<void>((resolve) => (goOn = resolve));
    const work = together(ledger, async () => {
      await write("1");
      await others;
      await write("2");
    });
    await write("other", "b");
    expect([await afterPowerCut(), await afterPowerCut("b")]).toEqual(["1", "other"]);
    goOn();
    await work;
    expect(await afterPowerCut()).toBe("2");
  });

  it("let another process write when half a second is over", async () => {
    let now = performance.now();
    vi.spyOn(performance, "now").mockImplementation(() => now);
    await together(ledger, async () => {
      await write("1");
      now += 501;
      await write("2");
      expect(await afterPowerCut()).toBe("1");
    });
    vi.restoreAllMocks();
  });

  it("are one, also when the work has such a part in it", async () => {
    await together(ledger, async () => {
      await together(ledger, () => write("1"));
      expect(await afterPowerCut()).toBe(null);
    });
    expect(await afterPowerCut()).toBe("1");
  });

  it("leave what outlives the work to commit by itself", async () => {
    let late = async (): Promise<void> => undefined;
    await together(ledger, async () => {
      await write("1");
      const { promise, resolve } = Promise.withResolvers<void>();
      const afterwards = promise.then(() => write("2"));
      late = () => {
        resolve();
        return afterwards;
      };
    });
    await late();
    expect(await afterPowerCut()).toBe("2");
  });

  it("end with DISK_FULL when they do not fit, and nobody takes any of them for done", async () => {
    await write("before");
    await leaveLittleRoom();
    const work = together(ledger, async () => {
      await write("1");
      await write("x".repeat(100_000), "b").catch(() => undefined);
      await write("2");
    });
    await expect(work).rejects.toMatchObject({ code: "DISK_FULL" });
    expect(await readSetting(ledger, "a")).toBe("before");
    expect(await readSetting(ledger, "b")).toBe(null);
  });

  /** Two works whose transactions are in one commit, and what each says of its end. */
  async function bothWriting(between: () => Promise<unknown>): Promise<unknown[]> {
    const goOn = Promise.withResolvers<void>();
    const written: Promise<void>[] = [];
    const works = ["a", "b"].map((name) =>
      together(ledger, async () => {
        written.push(write("1", name));
        await goOn.promise;
        return "done";
      }).catch((error: unknown) => error),
    );
    await Promise.all(written);
    await between();
    goOn.resolve();
    return await Promise.all(works);
  }
  /** So little is left that a large value does not fit. */
  async function leaveLittleRoom(): Promise<void> {
    const { rows } = await sql<{ page_count: number }>`PRAGMA page_count`.execute(ledger);
    await sql.raw(`PRAGMA max_page_count = ${(rows[0]?.page_count ?? 0) + 2}`).execute(ledger);
  }
  const full: unknown = expect.objectContaining({ code: "DISK_FULL" });

  it("of two works end both with DISK_FULL when what one of them writes undoes them", async () => {
    await leaveLittleRoom();
    const large = (): Promise<unknown> =>
      together(ledger, () => write("x".repeat(100_000), "c")).catch((error: unknown) => error);
    expect(await bothWriting(large)).toEqual([full, full]);
    expect([await readSetting(ledger, "a"), await readSetting(ledger, "b")]).toEqual([null, null]);
  });

  it("are told to their works when they cannot be committed, and not to whoever comes along", async () => {
    const exec = vi.spyOn(DatabaseSync.prototype, "exec");
    const [first, second] = await bothWriting(async () => {
      exec.mockImplementationOnce(() => {
        throw Object.assign(new Error("database or disk is full"), { errcode: 13 });
      });
      await write("other", "c");
    });
    exec.mockRestore();
    expect([first, second]).toEqual([full, full]);
    const kept = ["a", "b", "c"].map((name) => readSetting(ledger, name));
    expect(await Promise.all(kept)).toEqual([null, null, "other"]);
  });
});
