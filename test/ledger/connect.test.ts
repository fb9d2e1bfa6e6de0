import { execFile } from "node:child_process";
import { type FSWatcher, watch } from "node:fs";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { openLedger } from "../../daemon/ledger/connect.ts";
import { ourStream, readSetting, writeSetting } from "../../daemon/ledger/settings.ts";
import { until } from "../until.ts";
import { newLedger } from "./ledgers.ts";

describe("the ledger", () => {
  it("is a file for packetboat's user alone, and so are the files beside it", async () => {
    await using made = await newLedger();
    await writeSetting(made.ledger, "a", "b");
    for (const suffix of ["", "-wal", "-shm"]) {
      expect((await stat(made.path + suffix)).mode & 0o777).toBe(0o600);
    }
  });

  it("keeps what is committed through a power cut, and overwrites what is deleted", async () => {
    await using made = await newLedger();
    const pragma = async (name: string): Promise<unknown> => {
      const { rows } = await sql
        .raw<Record<string, unknown>>(`PRAGMA ${name}`)
        .execute(made.ledger);
      return Object.values(rows[0] ?? {})[0];
    };
    expect(await pragma("journal_mode")).toBe("wal");
    expect(await pragma("synchronous")).toBe(2);
    expect(await pragma("secure_delete")).toBe(1);
  });

  it("sorts beside itself what does not fit in memory, and not where anybody else works", async () => {
    await using made = await newLedger();
    const here = dirname(made.path);
    const elsewhere = join(here, "tmp");
    await mkdir(elsewhere);
    const seen = new Map<string, string[]>([
      [here, []],
      [elsewhere, []],
    ]);
    const watchers = [...seen].map(([folder, names]): FSWatcher =>
      watch(folder, (_, name) => void names.push(name ?? "")),
    );
    const script = fileURLToPath(new URL("sorting.ts", import.meta.url));
    const env = { ...process.env, TMPDIR: elsewhere, SQLITE_TMPDIR: undefined };
    await promisify(execFile)(process.execPath, [script, made.path], { env });
    await until("it has sorted on the disk", () =>
      seen.get(here)?.some((name) => name.startsWith("etilqs_")),
    );
    expect(seen.get(elsewhere)).toEqual([]);
    for (const watcher of watchers) watcher.close();
  });

  it("lets timers and sockets have their turn among thousands of statements", async () => {
    await using made = await newLedger();
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const end = performance.now() + 400;
    while (performance.now() < end) {
      await made.ledger.transaction().execute((db) => writeSetting(db, "a", String(turns)));
    }
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });

  it("opens again with all that was in it", async () => {
    await using made = await newLedger();
    await writeSetting(made.ledger, "mode", "test");
    const again = await openLedger(made.path);
    expect(await readSetting(again, "mode")).toBe("test");
    await again.destroy();
  });

  it("refuses one that a newer packetboat wrote, and leaves it as it is", async () => {
    await using made = await newLedger();
    await writeSetting(made.ledger, "format", "999");
    await expect(openLedger(made.path)).rejects.toMatchObject({ code: "LEDGER_NEWER" });
    expect(await readSetting(made.ledger, "format")).toBe("999");
  });

  it("finds the entities that are asked for with each packet without reading all cards", async () => {
    await using made = await newLedger();
    const plan = await sql<{ detail: string }>`
      EXPLAIN QUERY PLAN SELECT agency_id, source FROM agencies WHERE role = 'entity' ORDER BY agency_id
    `.execute(made.ledger);
    expect(plan.rows.map(({ detail }) => detail)).toEqual([
      "SEARCH agencies USING COVERING INDEX agencies_by_role (role=?)",
    ]);
  });

  it("brings one that an older packetboat wrote up to date, with all that was in it", async () => {
    await using made = await newLedger();
    // As 0.1 made it.
    for (const undoing of [
      "DROP TABLE nights",
      "DROP TABLE asks",
      "DROP TABLE cases",
      "DROP TABLE mails",
      "DROP TABLE mail_causes",
      "DROP TABLE digests",
      "ALTER TABLE transfers DROP COLUMN drop_folder",
      "ALTER TABLE transfers DROP COLUMN first_person",
      "ALTER TABLE transfers DROP COLUMN expected_until",
      "ALTER TABLE transfer_events DROP COLUMN authentication",
      "DROP TABLE register_students",
      "DROP INDEX disclosures_by_transfer",
      "ALTER TABLE disclosures DROP COLUMN first_person",
      "ALTER TABLE decisions DROP COLUMN documents",
      "DROP INDEX decisions_by_reference",
      "DROP INDEX publications_by_transfer",
      "ALTER TABLE publications DROP COLUMN what",
      "ALTER TABLE publications DROP COLUMN message_id",
      "ALTER TABLE publications DROP COLUMN recalled_by",
      "ALTER TABLE publications DROP COLUMN told",
      "DROP TABLE imports",
      "DROP TABLE agency_keys",
      "DROP TABLE directories",
      "DROP TABLE registry_imports",
      "DROP TABLE enrollments",
      "ALTER TABLE transfers DROP COLUMN entity_id",
      "ALTER TABLE transfers DROP COLUMN referral_content_id",
      "ALTER TABLE transfers DROP COLUMN answer_content_id",
      "DROP TABLE listed_districts",
      "DROP TABLE relays",
      "ALTER TABLE transfers DROP COLUMN on_paper",
      "ALTER TABLE packets_in DROP COLUMN owner",
      "DROP INDEX transfers_by_side",
      "DROP INDEX transfers_by_request",
      "ALTER TABLE documents DROP COLUMN deaths",
      "ALTER TABLE runs DROP COLUMN scope",
      "ALTER TABLE runs DROP COLUMN code",
      `INSERT INTO runs (run_id, started_at) VALUES ('one', '2024-07-19T14:00:00.000Z')`,
    ]) {
      await sql.raw(undoing).execute(made.ledger);
    }
    await writeSetting(made.ledger, "format", "1");
    const again = await openLedger(made.path);
    const runs = await again.selectFrom("runs").select(["run_id", "scope", "code"]).execute();
    expect(runs).toEqual([{ run_id: "one", scope: "everything", code: null }]);
    expect(await again.selectFrom("nights").selectAll().execute()).toEqual([]);
    await again.destroy();
  });

  it("refuses a file that is no database", async () => {
    await using made = await newLedger();
    const path = `${made.path}.other`;
    await writeFile(path, "this is no database, but long enough to be looked at as one".repeat(50));
    await expect(openLedger(path)).rejects.toMatchObject({ code: "LEDGER_DAMAGED" });
  });

  it("says that the disk is full, and keeps what it had", async () => {
    await using made = await newLedger();
    await writeSetting(made.ledger, "before", "kept");
    // No room for a single page more, as on a full disk.
    await sql.raw("PRAGMA max_page_count=1").execute(made.ledger);
    const writing = writeSetting(made.ledger, "large", "x".repeat(1_000_000));
    await expect(writing).rejects.toMatchObject({ code: "DISK_FULL" });
    expect(await readSetting(made.ledger, "before")).toBe("kept");
    expect(await readSetting(made.ledger, "large")).toBeNull();
  });

  it("that another program holds is busy, and not damaged", async () => {
    await using made = await newLedger();
    await sql.raw("PRAGMA busy_timeout=0").execute(made.ledger);
    using other = new DatabaseSync(made.path);
    other.exec("BEGIN IMMEDIATE");
    await expect(writeSetting(made.ledger, "a", "b")).rejects.toMatchObject({ code: "HOME_BUSY" });
    other.exec("ROLLBACK");
    await writeSetting(made.ledger, "a", "b");
  });

  it("says why a transaction failed that SQLite has undone by itself", async () => {
    await using made = await newLedger();
    const failing = made.ledger.transaction().execute(async (db) => {
      await sql.raw("ROLLBACK").execute(db);
      throw new Error("the disk is full");
    });
    await expect(failing).rejects.toThrow("the disk is full");
  });

  it("undoes all of a transaction that fails", async () => {
    await using made = await newLedger();
    const failing = made.ledger.transaction().execute(async (db) => {
      await writeSetting(db, "half", "done");
      throw new Error("the power is gone");
    });
    await expect(failing).rejects.toThrow("the power is gone");
    expect(await readSetting(made.ledger, "half")).toBeNull();
  });

  it("lets two programs write in turn: each waits for the other", async () => {
    await using made = await newLedger();
    const script = fileURLToPath(new URL("counting.ts", import.meta.url));
    const count = () => promisify(execFile)(process.execPath, [script, made.path, "50"]);
    await Promise.all([count(), count()]);
    expect(await readSetting(made.ledger, "count")).toBe("100");
  });

  it("numbers its packets in one stream, whoever asks first", async () => {
    await using made = await newLedger();
    const streams = await Promise.all([ourStream(made.ledger), ourStream(made.ledger)]);
    expect(new Set(streams).size).toBe(1);
  });

  it("holds students' data in one table only", async () => {
    await using made = await newLedger();
    using database = new DatabaseSync(made.path, { readOnly: true });
    const blobs = database
      .prepare(
        "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE c.type = 'BLOB'",
      )
      .all();
    expect(blobs).toEqual([{ name: "content" }]);
  });
});
