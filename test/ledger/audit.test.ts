import { describe, expect, it } from "vitest";
import { addAudit, auditHead, verifyAudit, verifyAuditTail } from "../../daemon/ledger/audit.ts";
import type { Ledger } from "../../daemon/ledger/connect.ts";
import { newLedger } from "./ledgers.ts";

const add = (ledger: Ledger, event: string): Promise<unknown> =>
  ledger
    .transaction()
    .execute((db) => addAudit(db, { at: "2024-07-19T14:00:00.000Z", event, subject: "0001" }));

async function filled(ledger: Ledger): Promise<void> {
  for (const event of ["one", "two", "three", "four"]) await add(ledger, event);
}

describe("the audit", () => {
  it("holds as long as nobody touches it", async () => {
    await using made = await newLedger();
    await filled(made.ledger);
    expect(await verifyAudit(made.ledger)).toBe(4);
  });

  it("has a head that changes with every entry", async () => {
    await using made = await newLedger();
    const heads = [await auditHead(made.ledger)];
    for (const event of ["one", "one", "one"]) {
      await add(made.ledger, event);
      heads.push(await auditHead(made.ledger));
    }
    expect(new Set(heads).size).toBe(4);
  });

  it.each([
    ["changed", "UPDATE audit SET subject = '0002' WHERE number = 2"],
    ["taken out", "DELETE FROM audit WHERE number = 2"],
    ["changed with its digest", "UPDATE audit SET event = 'x', digest = 'y' WHERE number = 2"],
  ])("tells that an entry was %s", async (_, statement) => {
    await using made = await newLedger();
    await filled(made.ledger);
    const { sql } = await import("kysely");
    await sql.raw(statement).execute(made.ledger);
    await expect(verifyAudit(made.ledger)).rejects.toMatchObject({ code: "AUDIT_BROKEN" });
  });

  it.each([
    [1, "holds", 2],
    [2, "holds", 2],
    [3, "breaks", 2],
    [9, "breaks", 2],
    [9, "breaks", 1],
  ])("read from its end, the last %i entries: it %s", async (most, verdict, changed) => {
    await using made = await newLedger();
    await filled(made.ledger);
    await verifyAuditTail(made.ledger, most);
    await made.ledger
      .updateTable("audit")
      .set({ subject: "0002" })
      .where("number", "=", changed)
      .execute();
    const verified = verifyAuditTail(made.ledger, most);
    if (verdict === "holds") await verified;
    else await expect(verified).rejects.toMatchObject({ code: "AUDIT_BROKEN" });
  });
});
