/** The District Locator with the districts of a whole country: taken, and searched. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  locate,
  type LocatorQuery,
  meant,
  type Place,
  placesIn,
} from "../../daemon/directory/locator.ts";
import type { Ledger } from "../../daemon/ledger/connect.ts";
import { newWorld, withLedger } from "../homes.ts";
import { randomFrom } from "../random.ts";
import {
  type Bench,
  type Benched,
  medianOf,
  runAlone,
  sorted,
  timed,
  type Wanted,
  worstOf,
} from "./bench.ts";

const CORPUS = join(
  process.env.PACKETBOAT_CORPORA ?? join(import.meta.dirname, "../../../shared/corpora"),
  "districts/lea_ccd_2019.csv",
);

/** As many as the list of 2019 has. */
const DISTRICTS = 18_607;
const FEW_DISTRICTS = 2_000;
const SEARCHES = 500;
const FEW_SEARCHES = 50;
/** Of one search in the middle of all; the worst has whatever else the machine did. */
const MOST_MS = 20;

export const locator: Bench = async (wanted) => {
  await using world = await newWorld(new Date().toISOString());
  const { path, about } = await listFor(wanted, world.folder);
  const imported = await runAlone(world.valley, "directory", "import", path);
  wanted.say(`taken in ${imported.seconds.toFixed(1)} s`);
  const again = await runAlone(world.valley, "directory", "import", path);
  const searched = await withLedger(world.valley, (ledger) => searchIn(ledger, wanted));
  const commands: number[] = [];
  for (const query of ["franklin", "washington", "union high"]) {
    commands.push((await runAlone(world.valley, "locate", "--state=CA", "--name", query)).seconds);
  }
  return {
    about,
    figures: [
      { name: "directory import, the first time", value: imported.seconds, unit: "s" },
      { name: "directory import, of the same again", value: again.seconds, unit: "s" },
      { name: "directory import, peak memory", value: imported.peakMegabytes, unit: "MB" },
      ...searched.figures,
      { name: "locate as a command, median", value: medianOf(sorted(commands)), unit: "s" },
      { name: "locate as a command, worst", value: worstOf(sorted(commands)), unit: "s" },
    ],
    faults: searched.faults,
  };
};

async function listFor(
  { quick }: Wanted,
  folder: string,
): Promise<{ path: string; about: string }> {
  if (!quick && existsSync(CORPUS)) {
    return { path: CORPUS, about: `the ${DISTRICTS} real districts of lea_ccd_2019.csv` };
  }
  const count = quick ? FEW_DISTRICTS : DISTRICTS;
  const path = join(folder, "districts.csv");
  await writeFile(path, madeUp(count));
  return { path, about: `${count} districts that were made up, a ninth of them in one state` };
}

const PLACES = "Franklin Washington Madison Jackson Greenfield Riverside Fairview Oakland".split(
  " ",
);
const KINDS = "Unified|Elementary|Union High|County Schools|Public Schools|Independent SD".split(
  "|",
);
const STATES: readonly (readonly [string, string])[] = [
  ["CA", "06"],
  ["TX", "48"],
  ["NY", "36"],
  ["OH", "39"],
  ["IL", "17"],
  ["MI", "26"],
  ["PA", "42"],
  ["NJ", "34"],
  ["MN", "27"],
];

function madeUp(count: number): string {
  const rows = Array.from({ length: count }, (_, nth) => {
    const [state = "", digits = ""] = STATES[nth % STATES.length] ?? [];
    const id = `${digits}${String(Math.floor(nth / STATES.length) + 1).padStart(5, "0")}`;
    const place = `${PLACES[nth % PLACES.length]} ${nth % 97}`;
    const name = `${place} ${KINDS[nth % KINDS.length]}`;
    return `${id},${name},${state},${place},${place}|Example City|Other City ${nth % 13}`;
  });
  return ["leaid,lea_name,state,most_common_school_city,all_school_cities", ...rows, ""].join("\n");
}

/** Searches as people make them, each read from the ledger anew. */
async function searchIn(
  ledger: Ledger,
  { quick, say }: Wanted,
): Promise<Pick<Benched, "figures" | "faults">> {
  const queries = await queriesFor(ledger, quick ? FEW_SEARCHES : SEARCHES);
  const [warmUp] = queries;
  if (warmUp) locate(await placesIn(ledger, warmUp.state), warmUp);
  const lost: LocatorQuery[] = [];
  const searches = await timed(queries, async (query) => {
    const found = locate(await placesIn(ledger, query.state), query);
    if (found.length === 0) lost.push(query);
  });
  say(`${queries.length} searches`);
  const places = await placesIn(ledger, "CA");
  const inLargest = queries.map((query) => ({ ...query, state: "CA" }));
  const alone = await timed(inLargest, (query) => locate(places, query));
  const requests = await timed(inLargest, (query) => meant(places, query));
  const median = medianOf(searches);
  return {
    figures: [
      { name: "searches, each of other words", value: queries.length, unit: "searches" },
      { name: "one search with reading the state, median", value: median, unit: "ms" },
      { name: "one search with reading the state, worst", value: worstOf(searches), unit: "ms" },
      { name: "districts of the largest state", value: places.length, unit: "districts" },
      { name: "one search in the largest state, median", value: medianOf(alone), unit: "ms" },
      { name: "one search in the largest state, worst", value: worstOf(alone), unit: "ms" },
      { name: "whom a request means there, median", value: medianOf(requests), unit: "ms" },
    ],
    faults: [
      ...lost.map((query) => `nothing was found for ${JSON.stringify(query)}`),
      ...(median > MOST_MS ? [`a search takes ${median.toFixed(1)} ms, more than ${MOST_MS}`] : []),
    ],
  };
}

/** What somebody knows of a district that is listed: its name, part of it, its city. */
async function queriesFor(ledger: Ledger, count: number): Promise<LocatorQuery[]> {
  const random = randomFrom(6);
  const some = await ledger
    .selectFrom("listed_districts")
    .select(["name", "state", "city"])
    .orderBy("agency_id")
    .execute();
  const forms = [
    ({ name, state }: Known) => ({ state, name }),
    ({ name, state }: Known) => ({ state, name: `${name.toUpperCase()} School District` }),
    ({ name, state }: Known) => ({ state, name: name.slice(0, 6) }),
    ({ name, state, city }: Known) => ({ state, name, city: city ?? name }),
    ({ state, city, name }: Known) => ({ state, city: city ?? name }),
  ];
  return Array.from({ length: count }, (_, nth) => {
    const known = some[Math.floor(random() * some.length)];
    const form = forms[nth % forms.length];
    if (!known || !form) throw new Error("the list is empty");
    return form(known);
  });
}

type Known = Pick<Place, "name" | "state" | "city">;
