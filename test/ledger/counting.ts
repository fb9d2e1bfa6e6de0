/** A process of its own that counts in a ledger: `node counting.ts PATH TURNS`. */
import { openLedger } from "../../daemon/ledger/connect.ts";
import { readSetting, writeSetting } from "../../daemon/ledger/settings.ts";

const [, , path = "", turns = "0"] = process.argv;
const ledger = await openLedger(path);
for (let turn = 0; turn < Number(turns); turn++) {
  await ledger.transaction().execute(async (db) => {
    const now = Number((await readSetting(db, "count")) ?? "0");
    await writeSetting(db, "count", String(now + 1));
  });
}
await ledger.destroy();
