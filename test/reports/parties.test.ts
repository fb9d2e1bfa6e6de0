import { describe, expect, it } from "vitest";
import type { AgencyId } from "../../daemon/ids.ts";
import { partiesOf } from "../../daemon/reports/parties.ts";

const agency = (id: string, name: string) => ({ id: id as AgencyId, name });
const VALLEY = agency("2700417", "Valley");
const PRAIRIE = agency("2700105", "Prairie");
const STATE = agency("2700000", "State");

describe("the two districts of a transfer", () => {
  const asked = { side: "requester", requester: VALLEY, entity: STATE } as const;

  it("are not both known as long as the entity looks for one", () => {
    expect(partiesOf({ ...asked, partner: STATE }, VALLEY)).toEqual({
      requesting: VALLEY,
      releasing: null,
    });
    expect(partiesOf({ ...asked, partner: PRAIRIE }, VALLEY).releasing).toEqual(PRAIRIE);
  });

  it("are the entity's two others, or one, if it found nobody", () => {
    const between = { side: "entity", requester: VALLEY, entity: null } as const;
    expect(partiesOf({ ...between, partner: PRAIRIE }, STATE)).toEqual({
      requesting: VALLEY,
      releasing: PRAIRIE,
    });
    expect(partiesOf({ ...between, partner: VALLEY }, STATE).releasing).toBeNull();
  });

  it("are we and they where we release", () => {
    const given = { side: "releaser", requester: VALLEY, entity: STATE } as const;
    expect(partiesOf({ ...given, partner: VALLEY }, PRAIRIE)).toEqual({
      requesting: VALLEY,
      releasing: PRAIRIE,
    });
  });
});
