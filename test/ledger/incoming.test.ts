/** The rows of what came. */
import { expect, it } from "vitest";
import { newMessageId, parseAgencyId, sha256 } from "../../daemon/ids.ts";
import { addMessageIn, claimFile, findMessageIn } from "../../daemon/ledger/incoming.ts";
import type { MessageInRow } from "../../daemon/ledger/tables.ts";
import { newLedger } from "./ledgers.ts";

const AT = new Date("2024-07-19T14:00:00Z");

it("a message keeps its row when another is added under its id", async () => {
  await using made = await newLedger();
  const { ledger } = made;
  const from = parseAgencyId("2700105");
  const file = { name: "a", size: 1, modifiedAt: AT };
  const { claim_id } = await claimFile(ledger, file, AT);
  const row: MessageInRow = {
    from_agency: from,
    message_id: newMessageId(),
    claim_id,
    position: 1,
    kind: "Ping",
    sha256: sha256("one"),
    state: "TAKEN",
    requester_id: null,
    transfer_id: null,
    code: null,
    reason: null,
    recorded_at: AT.toISOString(),
  };
  const add = (each: MessageInRow): Promise<void> =>
    ledger.transaction().execute((db) => addMessageIn(db, each));
  await add(row);
  await add(row);
  const other = add({ ...row, position: 2, sha256: sha256("two") });
  await expect(other).rejects.toMatchObject({ code: "MESSAGE_CONFLICT" });
  expect(await findMessageIn(ledger, from, row.message_id)).toEqual(row);
});
