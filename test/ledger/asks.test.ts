import { expect, it } from "vitest";
import { answerAsks, ask, openAsks, takeAnswer } from "../../daemon/ledger/asks.ts";
import { newLedger } from "./ledgers.ts";

it("an answer that nobody took away is cleared by the next who asks, a day later", async () => {
  await using made = await newLedger();
  const { ledger } = made;
  const first = await ask(ledger, new Date("2024-07-19T14:00:00Z"));
  await answerAsks(ledger, [first], "{}");
  const second = await ask(ledger, new Date("2024-07-20T15:00:00Z"));
  expect(await openAsks(ledger)).toEqual([second]);
  expect(await takeAnswer(ledger, first)).toBeNull();
});
