/** What a case folder tells of its transfer, however much has happened. */
import { expect, it } from "vitest";
import { statusText } from "../../daemon/desk/case/status.ts";
import { showReference } from "../../daemon/ids.ts";
import { latestOf } from "../../daemon/ledger/transfers.ts";
import { asked, newWorld, withLedger } from "../homes.ts";
import { transferAt } from "../transfer/cast.ts";

const START = Date.parse("2024-08-01T14:00:00Z");
const MINUTE_MS = 60_000;

const told = (events: number): string =>
  statusText({
    transfer: transferAt("releaser", "RequestReceived"),
    partner: { name: "Example Valley Schools", phone: null },
    history: Array.from({ length: events }, (_, at) => ({
      at: new Date(START + at * MINUTE_MS).toISOString(),
      event: "Resubmission",
      who: "0634320",
    })),
    isWritten: false,
    released: null,
    timeZone: "America/Chicago",
  });

it("is all that has happened, as long as that is what people would make happen", () => {
  expect(told(50)).toContain("What has happened so far:");
  expect(told(50)).toContain("9:00 AM");
});

it("is the last fifty events of more, and where all of them are", () => {
  const { reference } = transferAt("releaser", "RequestReceived");
  expect(told(51)).toContain(`packetboat transfers history ${showReference(reference)}`);
  expect(told(51)).not.toContain("9:00 AM");
  expect(told(5000).split("\n")).toHaveLength(told(51).split("\n").length);
});

it("is read from the end of the history, in its order", async () => {
  await using world = await newWorld();
  await asked(world);
  await withLedger(world.prairie, async (ledger) => {
    const row = await ledger.selectFrom("transfers").selectAll().executeTakeFirstOrThrow();
    const key = { requesterId: row.requester_id, transferId: row.transfer_id };
    const { state } = row;
    const event = { requester_id: key.requesterId, transfer_id: key.transferId, state };
    for (const name of ["One", "Two", "Three"]) {
      const said = { at: new Date(START).toISOString(), event: name, who: "packetboat" };
      await ledger
        .insertInto("transfer_events")
        .values({ ...event, ...said, authentication: null })
        .execute();
    }
    expect((await latestOf(ledger, key, 2)).map((each) => each.event)).toEqual(["Two", "Three"]);
  });
});
