import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAgencyId } from "../../daemon/ids.ts";
import { locate } from "../../daemon/directory/locate.ts";

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

const corpus = join(
  process.env.PACKETBOAT_CORPORA ?? join(import.meta.dirname, "../../../shared/corpora"),
  "districts/lea_ccd_2019.csv",
);

it.skipIf(!existsSync(corpus))("finds one of 18,607 real districts in well under a second", () => {
  const rows = readFileSync(corpus, "utf8").split("\n").slice(1);
  const districts = rows.flatMap((row) => {
    const [, id, name, state] = /^"?([0-9]{7})"?,"?([^",]+)"?,"?([A-Z]{2})/.exec(row) ?? [];
    return id && name && state
      ? [{ agencyId: parseAgencyId(id), name, state, city: null, cities: [], zip: null }]
      : [];
  });
  expect(districts.length).toBeGreaterThan(10_000);
  const start = performance.now();
  expect(locate(districts, { state: "MN", name: "duluth" })[0]?.name).toMatch(/^DULUTH/i);
  expect(performance.now() - start).toBeLessThan(500);
});
