import { expect, it } from "vitest";
import { dayOf, longDate, longTime, plainDate, stamp } from "../../daemon/alerts/when.ts";

const CHICAGO = "America/Chicago";

it("writes a plain date in words, in no zone at all", () => {
  expect(longDate("2009-02-12")).toBe("February 12, 2009");
});

it("leaves a text that is no date as it is", () => {
  expect(longDate("soon")).toBe("soon");
});

it("writes a time in the agency's zone, with the zone's name, and plain spaces only", () => {
  expect(longTime(new Date("2024-07-30T07:00:14Z"), CHICAGO)).toBe("July 30, 2024 at 2:00 AM CDT");
  expect(longTime(new Date("2024-12-24T23:30:00Z"), "America/New_York")).toBe(
    "December 24, 2024 at 6:30 PM EST",
  );
});

it("knows on which day a moment falls in the agency's zone", () => {
  const at = new Date("2024-07-30T03:00:00Z");
  expect(plainDate(at, CHICAGO)).toBe("2024-07-29");
  expect(dayOf(at, CHICAGO)).toBe("July 29, 2024");
  expect(plainDate(at, "Pacific/Guam")).toBe("2024-07-30");
});

it("names midnight 00 in a stamp", () => {
  expect(stamp(new Date("2024-07-30T05:00:07Z"), CHICAGO)).toBe("2024-07-30T00-00-07");
});
