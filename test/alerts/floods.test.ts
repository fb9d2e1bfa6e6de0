import { describe, expect, it } from "vitest";
import { keepFloodsOf, tellFloods } from "../../daemon/alerts/floods.ts";
import { listAlerts } from "../../daemon/ledger/alerts.ts";
import type { Ledger } from "../../daemon/ledger/connect.ts";
import type { AgencyId } from "../../daemon/ids.ts";
import type { Sender } from "../../daemon/packet/shares.ts";
import { after, AT, openWorld, PARTNER } from "./world.ts";

const BY_NAME: Sender = { account: null, named: PARTNER, isNamedAlike: true };
const BY_ACCOUNT: Sender = { account: 1012, named: PARTNER, isNamedAlike: false };
const MANY = { files: 100_000, bytes: 350e6 };
const [IOWA, OHIO] = ["1900000", "3900000"] as AgencyId[] as [AgencyId, AgencyId];

/** By subject: of what was raised in one moment nothing is older. */
const open = async (ledger: Ledger) =>
  (await listAlerts(ledger, { open: true }))
    .map(({ subject, agency, times }) => ({ subject, agency: agency?.id ?? null, times }))
    .toSorted((one, other) => (one.subject < other.subject ? -1 : 1));

describe("a flood of one sender", () => {
  it("is one alert, however often it is seen, and over when less is waiting", async () => {
    await using world = await openWorld();
    const { ledger } = world;
    for (const hours of [0, 1, 2]) {
      await tellFloods(ledger, "own", [{ sender: BY_NAME, ...MANY }], after(hours));
    }
    expect(await open(ledger)).toEqual([{ subject: PARTNER, agency: PARTNER, times: 3 }]);
    await tellFloods(ledger, "own", [], after(3));
    expect(await open(ledger)).toEqual([]);
    const [closed] = await listAlerts(ledger);
    expect(closed).toMatchObject({ resolvedBy: "packetboat", resolvedAt: after(3) });
  });

  it("is told of its account, and of no agency where names differ", async () => {
    await using world = await openWorld();
    await tellFloods(world.ledger, "own", [{ sender: BY_ACCOUNT, ...MANY }], AT);
    expect(await open(world.ledger)).toEqual([{ subject: "account 1012", agency: null, times: 1 }]);
  });

  it("in one box says nothing of the others, though it is the same sender's", async () => {
    await using world = await openWorld();
    const { ledger } = world;
    const floods = [{ sender: BY_ACCOUNT, ...MANY }];
    for (const box of ["own", IOWA, OHIO] as const) await tellFloods(ledger, box, floods, AT);
    await tellFloods(ledger, "own", [], AT);
    expect((await open(ledger)).map(({ subject }) => subject)).toEqual([
      `${IOWA} account 1012`,
      `${OHIO} account 1012`,
    ]);
    await tellFloods(ledger, OHIO, [], AT);
    expect((await open(ledger)).map(({ subject }) => subject)).toEqual([`${IOWA} account 1012`]);
  });

  it("is over with the box in which it was", async () => {
    await using world = await openWorld();
    const { ledger } = world;
    const floods = [{ sender: BY_ACCOUNT, ...MANY }];
    for (const box of ["own", IOWA, OHIO] as const) await tellFloods(ledger, box, floods, AT);
    await keepFloodsOf(ledger, ["own", OHIO], AT);
    expect((await open(ledger)).map(({ subject }) => subject)).toEqual([
      `${OHIO} account 1012`,
      "account 1012",
    ]);
  });
});
