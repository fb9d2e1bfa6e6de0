import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addDays, dayNumber } from "../../daemon/transfer/dates.ts";
import { overlapOf } from "../../daemon/transfer/overlap.ts";

const TODAY = "2024-08-01";

describe("the overlap of two enrollments", () => {
  it("is not known where nobody knows the previous enrollment", () => {
    const overlap = overlapOf({ entry: "2024-07-25" }, null, TODAY);
    expect(overlap).toEqual({ known: false });
  });

  it("is nothing if the student left before", () => {
    const previous = { entry: "2022-08-15", exit: "2024-07-24" };
    const overlap = overlapOf({ entry: "2024-07-25" }, previous, TODAY);
    expect(overlap).toEqual({ known: true, overlaps: false });
  });

  it("is one day if the student left on the day of the new entry", () => {
    const previous = { entry: "2022-08-15", exit: "2024-07-25" };
    const overlap = overlapOf({ entry: "2024-07-25" }, previous, TODAY);
    expect(overlap).toMatchObject({ start: "2024-07-25", end: "2024-07-25", days: 1 });
  });

  it("ends with the earlier exit, and counts both ends", () => {
    const previous = { entry: "2022-08-15", exit: "2024-08-02" };
    const overlap = overlapOf({ entry: "2024-07-25", exit: "2025-06-10" }, previous, TODAY);
    expect(overlap).toMatchObject({ end: "2024-08-02", days: 9, stillEnrolledAtBoth: false });
  });

  it("is still open, and counts until today, if neither has ended", () => {
    const overlap = overlapOf({ entry: "2024-07-25" }, { entry: "2022-08-15" }, TODAY);
    expect(overlap).toMatchObject({ end: null, days: 8, stillEnrolledAtBoth: true });
  });

  it("has no days yet if the new enrollment begins later", () => {
    const overlap = overlapOf({ entry: "2024-08-20" }, { entry: "2022-08-15" }, TODAY);
    expect(overlap).toMatchObject({ start: "2024-08-20", days: 0, stillEnrolledAtBoth: true });
  });

  it("counts a leap day, and no hour lost to daylight saving", () => {
    const previous = { entry: "2023-08-15", exit: "2024-03-31" };
    const overlap = overlapOf({ entry: "2024-02-28" }, previous, TODAY);
    expect(overlap).toMatchObject({ days: 33 });
  });

  it("is the same from either side", () => {
    const day = fc.integer({ min: 0, max: 2000 }).map((days) => addDays("2020-01-01", days));
    const enrollment = fc
      .record({ entry: day, length: fc.option(fc.nat(400)) })
      .map(({ entry, length }) =>
        length === null ? { entry } : { entry, exit: addDays(entry, length) },
      );
    fc.assert(
      fc.property(enrollment, enrollment, (one, other) => {
        expect(overlapOf(one, other, TODAY)).toEqual(overlapOf(other, one, TODAY));
      }),
    );
  });
});

it("plain dates count days across months, years and leap years", () => {
  expect(addDays("2024-02-28", 2)).toBe("2024-03-01");
  expect(addDays("2023-12-31", 1)).toBe("2024-01-01");
  expect(dayNumber("2025-01-01") - dayNumber("2024-01-01")).toBe(366);
});
