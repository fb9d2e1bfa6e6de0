/** On which directories it hangs whether an agency may be addressed. */
import { expect, it } from "vitest";
import { assertAddressable } from "../../daemon/directory/address.ts";
import { parseAgencyId } from "../../daemon/ids.ts";
import type { AgencyRow } from "../../daemon/ledger/tables.ts";

const OURS = parseAgencyId("2700000");
const THEIRS = parseAgencyId("3900000");
const AT = new Date("2024-07-19T14:00:00Z");

const verdict = (
  id: string,
  role: AgencyRow["role"],
  source: AgencyRow["source"],
  expired: readonly string[],
): string => {
  const agency = { agency_id: parseAgencyId(id), role, source, successor_id: null };
  const directories = [OURS, THEIRS].map((entity_id) => ({
    entity_id,
    expires_at: expired.includes(entity_id)
      ? "2024-07-19T13:00:00.000Z"
      : "2024-08-01T00:00:00.000Z",
  }));
  const addressing = { isTest: true, directories, joined: OURS, at: AT };
  try {
    assertAddressable({ ...agency, status: "Participating" }, addressing);
    return "addressed";
  } catch (error) {
    return String(Reflect.get(Object(error), "message"));
  }
};

it.each([
  ["a district of another state", "3900105", "district", "directory", [THEIRS], THEIRS],
  [
    "the same, by whose entity ours has introduced it",
    "3900105",
    "district",
    "directory",
    [OURS],
    OURS,
  ],
  ["the entity of another state, by ours alone", "3900000", "entity", "directory", [OURS], OURS],
  ["a district of our own state", "2700105", "district", "directory", [OURS], OURS],
] as const)(
  "is not addressed when its directory has expired: %s",
  (_, id, role, source, expired, by) => {
    expect(verdict(id, role, source, [])).toBe("addressed");
    expect(verdict(id, role, source, expired)).toContain(`the directory of ${by} expired`);
  },
);

it.each([
  [
    "the entity of another state, whose own has expired",
    "3900000",
    "entity",
    "directory",
    [THEIRS],
  ],
  ["a district of our own state, beside another's", "2700105", "district", "directory", [THEIRS]],
  ["whoever was added by hand", "3900105", "district", "card", [OURS, THEIRS]],
] as const)("is addressed all the same: %s", (_, id, role, source, expired) => {
  expect(verdict(id, role, source, expired)).toBe("addressed");
});
