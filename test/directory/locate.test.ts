import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAgencyId } from "../../daemon/ids.ts";
import { locate, type LocatorQuery, meant } from "../../daemon/directory/locate.ts";

let agencies = 0;
const agency = (name: string, state: string, city: string, zip: string, cities: string[] = []) => ({
  agencyId: parseAgencyId(String(2_700_000 + agencies++)),
  name,
  state,
  city,
  cities,
  zip,
});

const AGENCIES = [
  agency("St. Cloud Public School District", "MN", "St. Cloud", "56303"),
  agency("Saint Paul Public Schools", "MN", "Saint Paul", "55102"),
  agency("North St. Paul-Maplewood Oakdale District", "MN", "North St. Paul", "55109"),
  agency("Coeur d'Alene School District", "ID", "Coeur d'Alene", "83814"),
  agency("Española Public Schools", "NM", "Española", "87532"),
  agency("Stillwater Area Public School District", "MN", "Stillwater", "55082"),
];

const namesOf = (query: Parameters<typeof locate>[1]): string[] =>
  locate(AGENCIES, query).map(({ name }) => name);

describe("the District Locator", () => {
  it("lists a whole state by name when nothing else is known", () => {
    expect(namesOf({ state: "mn" })).toEqual([
      "North St. Paul-Maplewood Oakdale District",
      "Saint Paul Public Schools",
      "St. Cloud Public School District",
      "Stillwater Area Public School District",
    ]);
  });

  it.each([
    ["MN", "saint cloud", "St. Cloud Public School District"],
    ["MN", "ST CLOUD ISD", "St. Cloud Public School District"],
    ["MN", "stillw", "Stillwater Area Public School District"],
    ["ID", "Coeur DAlene", "Coeur d'Alene School District"],
    ["NM", "ESPANOLA", "Española Public Schools"],
  ])("finds in %s by %s", (state, name, found) => {
    expect(namesOf({ state, name })).toEqual([found]);
  });

  it("puts the name that has least beside the wanted words first", () => {
    expect(namesOf({ state: "MN", name: "St Paul" })).toEqual([
      "Saint Paul Public Schools",
      "North St. Paul-Maplewood Oakdale District",
    ]);
  });

  it("finds by city or ZIP alone, the exact ZIP before its neighbours", () => {
    expect(namesOf({ state: "MN", city: "st cloud" })).toEqual([
      "St. Cloud Public School District",
    ]);
    expect(namesOf({ state: "MN", zip: "55102-1234" })).toEqual([
      "Saint Paul Public Schools",
      "North St. Paul-Maplewood Oakdale District",
    ]);
  });

  it("keeps an agency whose name fits though the city is another", () => {
    expect(namesOf({ state: "MN", name: "stillwater", city: "Bayport" })).toHaveLength(1);
  });

  it("finds nothing in another state, or by a name that does not fit", () => {
    expect(namesOf({ state: "WI", name: "Saint Paul" })).toEqual([]);
    expect(namesOf({ state: "MN", name: "Minneapolis" })).toEqual([]);
    expect(namesOf({ state: "MN", name: "···" })).toEqual([]);
  });
});

describe("words of a name", () => {
  const NAMES = [
    agency("Example & Sons Public Schools", "WA", "Example City", "98001"),
    agency("Franklin Township School District", "NJ", "Somerset", "08873", [
      "Somerset",
      "Kingston",
    ]),
    agency("Franklin Township School District", "NJ", "Quakertown", "08868"),
    agency("Franklin Township School District", "NJ", "Washington", "07882-1234"),
    agency("ORANGE", "FL", "ORLANDO", "32801"),
    agency("De Kalb County", "GA", "Stone Mountain", "30083"),
    agency("Cave Valley Unified District (4244)", "AZ", "Scottsdale", "85331"),
  ];
  const search = (query: LocatorQuery) => locate(NAMES, query).map(({ city }) => city);

  it.each([
    ["WA", "example and sons"],
    ["WA", "EXAMPLE  &  SONS,  ISD"],
    ["WA", "The Example & Sons School District"],
    ["WA", "Exámple and Sons Unified"],
    ["FL", "Orange County Public Schools"],
    ["GA", "dekalb"],
    ["GA", "DeKalb County School District"],
    ["AZ", "Cave Valley USD"],
  ])("that do not matter do not: in %s, %s", (state, name) => {
    expect(search({ state, name })).toHaveLength(1);
  });

  it("may have a number beside them that only the state's list has, which alone finds nobody", () => {
    expect(search({ state: "AZ", name: "Cave Valley USD #93" })).toHaveLength(1);
    expect(search({ state: "AZ", name: "Unified District No. 93" })).toEqual([]);
    expect(search({ state: "AZ", name: "Elsewhere USD 93" })).toEqual([]);
  });

  it("have the number that is wanted before another", () => {
    const both = [
      agency("Mount Vernon SD 80", "IL", "Mount Vernon", "62864"),
      agency("Mt Vernon Twp HSD 201", "IL", "Mount Vernon", "62864"),
    ];
    const first = (name: string) => locate(both, { state: "IL", name })[0]?.name;
    expect(first("Mt. Vernon 201")).toBe("Mt Vernon Twp HSD 201");
    expect(first("Mt. Vernon 80")).toBe("Mount Vernon SD 80");
  });

  it("show all districts of one name, told apart by their cities", () => {
    const name = "franklin twp";
    expect(search({ state: "NJ", name })).toEqual(["Quakertown", "Somerset", "Washington"]);
    expect(search({ state: "NJ", name, city: "washington" })[0]).toBe("Washington");
    expect(search({ state: "NJ", name, city: "Kingston" })[0]).toBe("Somerset");
    expect(search({ state: "NJ", name, zip: "08868" })[0]).toBe("Quakertown");
  });
});

describe("a ZIP", () => {
  const PLACES = [
    agency("A District", "MA", "Springfield", "01103"),
    agency("B District", "MA", "Springfield", "01103-2222"),
    agency("C District", "MA", "Springfield", "01103-1111"),
    agency("D District", "MA", "Holyoke", "01040"),
    agency("E District", "MA", "Springfield", "11103"),
  ];
  const names = (zip: string): string[] =>
    locate(PLACES, { state: "MA", zip }).map(({ name }) => name.slice(0, 1));

  it("that fits in all nine digits comes first, then in five, then one that differs in the last", () => {
    expect(names("01103-1111")).toEqual(["C", "A", "B"]);
    expect(names("011032222")).toEqual(["B", "A", "C"]);
    expect(names("01103")).toEqual(["A", "B", "C"]);
  });

  it("keeps its leading zeros", () => {
    expect(names("11103")).toEqual(["E"]);
    for (const zip of ["1103", "0110", "01103-1", "01103-11111", "O1103", "1103.0", ""]) {
      expect(() => names(zip)).toThrow(expect.objectContaining({ code: "USAGE" }));
    }
  });
});

describe("whom a request means", () => {
  const PLACES = [
    agency("Jefferson Elementary", "CA", "Daly City", "94015", ["Daly City", "Colma"]),
    agency("Jefferson Elementary", "CA", "Tracy", "95376-1001"),
    agency("Jefferson Union High", "CA", "Daly City", "94015-2222"),
    agency("Fresno Unified", "CA", "Fresno", "93721"),
    agency("Fresno County Office of Education", "CA", "Fresno", "93721"),
    agency("Madison", "CA", "Madison", "95653"),
    agency("Madison School District", "CA", "Madison", "95653"),
    agency("Oxnard", "CA", "Oxnard", "93030"),
    agency("Oxnard Union High", "CA", "Oxnard", "93030"),
    agency("LAKESIDE SCHOOL DISTRICT", "AR", "Hot Springs", "71901"),
    agency("LAKESIDE SCHOOL DISTRICT (CHICOT COUNTY)", "AR", "Lake Village", "71653"),
    agency("Hillsdale ISD", "MI", "Hillsdale", "49242"),
    agency("Hillsdale Community Schools", "MI", "Hillsdale", "49242"),
    agency("Orangeburg", "SC", "Orangeburg", "29115"),
    agency("Orangeburg 80", "SC", "Cope", "29038"),
    agency("Cave Valley Unified District (4244)", "AZ", "Scottsdale", "85331"),
    agency("Jackson Independent", "KY", "Jackson", "41339"),
    agency("Jackson County", "KY", "McKee", "40447"),
    agency("Adair County", "KY", "Columbia", "42728"),
    agency("Lake 1 11", "MO", "Lake", "65049"),
    agency("Nowhere Schools", "CA", "Nowhere", "00000"),
  ].map((place) => (place.name === "Nowhere Schools" ? { ...place, zip: null } : place));
  const places = (query: LocatorQuery): string[] =>
    meant(PLACES, query).map(({ name, city }) => `${name}, ${city}`);
  const inCalifornia = (query: Omit<LocatorQuery, "state">) => places({ state: "ca", ...query });

  it("is whoever has the same words, but for those that tell no two apart", () => {
    for (const name of [
      "FRESNO UNIFIED",
      "Fresno",
      "Fresno Unified School District",
      "fresno usd",
    ]) {
      expect(inCalifornia({ name })).toEqual(["Fresno Unified, Fresno"]);
    }
    for (const name of ["Fresno County", "Fresno City Unified", "Fresno High", "Fres", "Unified"]) {
      expect(inCalifornia({ name })).toEqual([]);
    }
    expect(inCalifornia({ name: "Jefferson" })).toEqual([]);
    expect(inCalifornia({ name: "Jefferson High" })).toEqual([]);
    expect(places({ state: "NV", name: "Fresno Unified" })).toEqual([]);
  });

  it("are all who differ in no more than what many write as they please", () => {
    for (const name of ["madison", "Madison School District", "Madison Public Schools"]) {
      expect(inCalifornia({ name })).toHaveLength(2);
    }
    const lake = (name: string) => places({ state: "AR", name });
    expect(lake("Lakeside School District")).toHaveLength(2);
    expect(lake("Lakeside (Chicot County)")).toEqual([
      "LAKESIDE SCHOOL DISTRICT (CHICOT COUNTY), Lake Village",
    ]);
  });

  it("are all of a place where nobody said which kind of district is meant", () => {
    for (const name of ["Oxnard", "Oxnard School District"]) {
      expect(inCalifornia({ name })).toEqual(["Oxnard, Oxnard", "Oxnard Union High, Oxnard"]);
    }
    expect(inCalifornia({ name: "Oxnard Union High" })).toHaveLength(1);
    expect(places({ state: "MI", name: "Hillsdale" })).toHaveLength(2);
    expect(places({ state: "MI", name: "Hillsdale Community" })).toHaveLength(1);
    expect(places({ state: "SC", name: "Orangeburg" })).toHaveLength(2);
  });

  it("are all who have the name, as long as no city or ZIP says which", () => {
    expect(inCalifornia({ name: "Jefferson Elementary" })).toHaveLength(2);
    const name = "Jefferson Elem.";
    expect(inCalifornia({ name, city: "Colma" })).toEqual(["Jefferson Elementary, Daly City"]);
    expect(inCalifornia({ name, zip: "95376" })).toEqual(["Jefferson Elementary, Tracy"]);
    expect(inCalifornia({ name, zip: "95376-1001" })).toEqual(["Jefferson Elementary, Tracy"]);
    expect(inCalifornia({ name, zip: "95376-1002" })).toEqual([]);
    expect(inCalifornia({ name, city: "Fresno" })).toEqual([]);
  });

  it("is nobody by a ZIP that is cut short, or of a district whose ZIP is not known", () => {
    expect(inCalifornia({ name: "Nowhere", zip: "00000" })).toEqual([]);
    expect(inCalifornia({ zip: "9372" })).toEqual([]);
  });

  it("is nobody if nothing but the state is said", () => {
    expect(places({ state: "MO" })).toEqual([]);
    expect(places({ state: "MO", name: " - " })).toEqual([]);
  });

  it("is more than one where a county or city has the name, and nobody said which", () => {
    const named = (name: string) => places({ state: "KY", name });
    expect(named("Jackson")).toEqual(["Jackson Independent, Jackson", "Jackson County, McKee"]);
    expect(named("Jackson ISD")).toHaveLength(2);
    expect(named("Jackson Independent")).toEqual(["Jackson Independent, Jackson"]);
    expect(named("Jackson County Public Schools")).toEqual(["Jackson County, McKee"]);
    expect(named("Adair")).toEqual([]);
  });

  it("may lack the state's number in brackets, and not have another", () => {
    const named = (name: string): number => places({ state: "AZ", name }).length;
    expect(named("Cave Valley Unified")).toBe(1);
    expect(named("Cave Valley (4244)")).toBe(1);
    expect(named("Cave Valley (4245)")).toBe(0);
  });

  it("does not mix numbers that stand beside each other", () => {
    expect(places({ state: "MO", name: "Lake 1 11" })).toHaveLength(1);
    expect(places({ state: "MO", name: "Lake 11 1" })).toEqual([]);
  });
});

describe("any search", () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 30 }),
    fc.constantFrom("Saint Paul", "st.", "School District", "ñ", "(1)", "'"),
  );
  const query = fc.record(
    {
      state: fc.constantFrom("MN", "mn", "NM", ""),
      name: text,
      city: text,
      zip: fc.constantFrom("55102", "55102-1234", "00000"),
    },
    { requiredKeys: ["state"] },
  );

  it("ends well, in one order whatever the order of the list", () => {
    fc.assert(
      fc.property(
        query,
        fc.shuffledSubarray(AGENCIES, { minLength: AGENCIES.length }),
        (any, mixed) => {
          expect(locate(mixed, any)).toEqual(locate(AGENCIES, any));
          expect(meant(mixed, any)).toEqual(meant(AGENCIES, any));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("finds whom a request by the same words means", () => {
    fc.assert(
      fc.property(query, (any) => {
        const found = locate(AGENCIES, any);
        for (const place of meant(AGENCIES, any)) expect(found).toContain(place);
      }),
      { numRuns: 300 },
    );
  });
});
