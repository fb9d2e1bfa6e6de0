import { expect, it } from "vitest";
import { count, type Shares } from "../../daemon/packet/shares.ts";

it("the senders of a box are not more than there can be, however many owners a server makes up", () => {
  const shares: Shares = new Map();
  for (let owner = 0; owner < 200_000; owner++) count(shares, { size: 1, owner });
  expect(shares.size).toBe(50_000);
  count(shares, { size: 1, owner: 7 });
  expect(shares.get(7)).toMatchObject({ files: 2, bytes: 2 });
});
