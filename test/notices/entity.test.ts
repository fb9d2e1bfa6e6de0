/** Mail at an entity: IT hears of what is open, and there are no registrars to tell. */
import { expect, it } from "vitest";
import { exchangeAt } from "../../daemon/commands/demo/world.ts";
import { addSentPacket } from "../alerts/world.ts";
import { addForwarded } from "../entitys-books.ts";
import { withLedger } from "../homes.ts";
import { startMailServer } from "../mail-server.ts";
import { newState } from "../states.ts";
import { expectDiscreet, IT, mailed, mailFrom } from "./mailed.ts";

it("tells IT in the morning what is open, by references alone, and once", async () => {
  // A Monday, an hour before the digest.
  await using state = await newState("2024-07-15T11:00:00Z");
  await using server = await startMailServer();
  const { entity, valley, prairie, corners, clock } = state;
  await mailFrom(entity, server);
  await exchangeAt(entity, clock);
  expect(mailed(server)).toEqual([]);
  await withLedger(entity, async (ledger) => {
    const at = new Date("2024-06-24T15:00:00Z");
    await addForwarded(ledger, { from: valley.id, to: prairie.id, state: "Forwarded", at });
    await addSentPacket(ledger, { to_agency: corners.id, created_at: at.toISOString() });
  });
  clock.pass({ hours: 1, minutes: 5 });
  await exchangeAt(entity, clock);
  const [digest] = server.mails;
  expect(digest?.text).toContain("* A box is not collected, Example Corners");
  expect(digest?.text).toContain("* Forwarded requests without an answer, Example Prairie Schools");
  expect(digest?.text).toContain("Requests are known by\ntheir references.");
  expect(digest?.text).not.toMatch(/drop folder|registrar/i);
  expectDiscreet(server.mails);
  expect(mailed(server)).toEqual([`${IT}: Test: Packetboat: 2 open, July 15, 2024`]);
  await exchangeAt(entity, clock);
  expect(mailed(server)).toEqual([]);
});
