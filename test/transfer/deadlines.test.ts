import { describe, expect, it } from "vitest";
import {
  answerDue,
  isSchoolDay,
  pressingDays,
  schoolDaysAfter,
} from "../../daemon/transfer/deadlines.ts";

/** Ten school days; Thanksgiving week off, and a Monday. */
const calendar = {
  answerWithinSchoolDays: 10,
  noSchool: [
    { first: "2024-11-27", last: "2024-11-29" },
    { first: "2024-11-11", last: "2024-11-11" },
  ],
};

const FRIDAY = "2024-11-08";
const SATURDAY = "2024-11-09";

describe("school days", () => {
  it("are neither weekends nor days of the calendar's breaks", () => {
    const days = [
      "2024-11-08",
      "2024-11-09",
      "2024-11-10",
      "2024-11-11",
      "2024-11-12",
      "2024-11-29",
    ];
    expect(days.filter((day) => isSchoolDay(day, calendar))).toEqual(["2024-11-08", "2024-11-12"]);
  });

  it("are counted without the first day", () => {
    expect(schoolDaysAfter(FRIDAY, 1, calendar)).toBe("2024-11-12");
  });

  it("end the search in a calendar without any", () => {
    const closed = { ...calendar, noSchool: [{ first: "2000-01-01", last: "2999-12-31" }] };
    expect(schoolDaysAfter(FRIDAY, 10, closed) > "2026-01-01").toBe(true);
  });
});

describe("the answer is due", () => {
  it("after the school days that the district sets", () => {
    expect(answerDue(FRIDAY, calendar)).toBe("2024-11-25");
    expect(answerDue("2024-11-20", calendar)).toBe("2024-12-09");
  });

  it.each(["FosterCare", "Homelessness"] as const)(
    "on the school day it came, for %s",
    (reason) => {
      expect(answerDue(FRIDAY, calendar, reason)).toBe(FRIDAY);
      expect(answerDue(SATURDAY, calendar, reason)).toBe("2024-11-12");
    },
  );

  it("after five school days for juvenile justice", () => {
    expect(answerDue(FRIDAY, calendar, "JuvenileJustice")).toBe("2024-11-18");
  });

  it("after ten days of any kind for a military family", () => {
    expect(answerDue(FRIDAY, calendar, "MilitaryConnected")).toBe("2024-11-18");
  });

  it("never later than the district's own setting", () => {
    const strict = { ...calendar, answerWithinSchoolDays: 2 };
    expect(answerDue(FRIDAY, strict, "MilitaryConnected")).toBe("2024-11-13");
  });
});

describe("people are pressed to decide", () => {
  const pressing = { ...calendar, remindAfterSchoolDays: 2, escalateAfterSchoolDays: 5 };

  it("after the school days that the district sets", () => {
    expect(pressingDays(FRIDAY, pressing)).toEqual({
      remindOn: "2024-11-13",
      escalateOn: "2024-11-18",
    });
    expect(pressingDays("2024-11-25", pressing)).toEqual({
      remindOn: "2024-12-02",
      escalateOn: "2024-12-05",
    });
  });

  it.each(["FosterCare", "Homelessness"] as const)(
    "on the school day after it came, for %s",
    (reason) => {
      const nextDay = { remindOn: "2024-11-12", escalateOn: "2024-11-12" };
      expect(pressingDays(FRIDAY, pressing, reason)).toEqual(nextDay);
      expect(pressingDays(SATURDAY, pressing, reason)).toEqual({
        remindOn: "2024-11-12",
        escalateOn: "2024-11-13",
      });
    },
  );

  it("never later than for anybody else", () => {
    for (const reason of ["JuvenileJustice", "MilitaryConnected"] as const) {
      expect(pressingDays(FRIDAY, pressing, reason)).toEqual(pressingDays(FRIDAY, pressing));
    }
    const patient = { ...pressing, remindAfterSchoolDays: 8, escalateAfterSchoolDays: 9 };
    expect(pressingDays(FRIDAY, patient, "JuvenileJustice")).toEqual({
      remindOn: "2024-11-18",
      escalateOn: "2024-11-19",
    });
  });
});
