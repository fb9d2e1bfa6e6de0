/** Sorts more than fits in memory, as a program of its own: what is asked of SQLite when a registry is taken. */
import { sql } from "kysely";
import { openLedger } from "../../daemon/ledger/connect.ts";

const ledger = await openLedger(process.argv[2] ?? "");
await sql`
  WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
  SELECT count(*) FROM (SELECT hex(randomblob(80)) AS x FROM n ORDER BY x LIMIT 59999)
`.execute(ledger);
await ledger.destroy();
