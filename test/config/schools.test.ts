import { describe, expect, it } from "vitest";
import { placeOf, schoolMeant } from "../../daemon/config/schools.ts";
import type { School } from "../../daemon/config.ts";

const NORTH: School = {
  id: "270010500123",
  name: "North High School",
  alsoWritten: ["NORTH HS", "24-25 NORTH HIGH SCHOOL"],
  dropFolder: "northHigh",
  registrars: [],
};
const SOUTH: School = { id: "270010500124", name: "South & East", alsoWritten: [], registrars: [] };
const schools = [NORTH, SOUTH];

describe("a school as others write it", () => {
  it.each([
    ["its name", { NameOfInstitution: "North High School" }, NORTH],
    ["other capitals", { NameOfInstitution: "north high SCHOOL" }, NORTH],
    [
      "one of its other names, with points",
      { NameOfInstitution: "24–25 North High School." },
      NORTH,
    ],
    ["an ampersand or the word", { NameOfInstitution: "South and  East" }, SOUTH],
    [
      "its id, whatever the name",
      { SchoolId: "270010500124", NameOfInstitution: "North HS" },
      SOUTH,
    ],
    [
      "an id that is nobody's, and a name",
      { SchoolId: "270010599999", NameOfInstitution: "North HS" },
      NORTH,
    ],
    ["a part of its name", { NameOfInstitution: "North" }, null],
    ["nothing", {}, null],
  ])("is known by %s", (_, named, school) => {
    expect(schoolMeant({ schools }, named)).toBe(school);
  });
});

describe("the place of a transfer", () => {
  it("is the school's folder, under our own name for the school", () => {
    const place = placeOf({ schools }, { NameOfInstitution: "NORTH HS" });
    expect(place).toEqual({ school: NORTH.name, dropFolder: "northHigh", isKnown: true });
  });

  it("is the office's for a school without a folder, a strange one, and none", () => {
    expect(placeOf({ schools }, { SchoolId: SOUTH.id })).toMatchObject({
      dropFolder: "office",
      isKnown: true,
    });
    const strange = { school: "West", dropFolder: "office", isKnown: false };
    expect(placeOf({ schools }, { NameOfInstitution: "West" })).toEqual(strange);
    expect(placeOf({ schools }, undefined)).toMatchObject({ school: null, dropFolder: "office" });
  });

  it("is nothing to be told of where no school stands in the config", () => {
    expect(placeOf({ schools: [] }, { NameOfInstitution: "West" }).isKnown).toBe(true);
  });
});
