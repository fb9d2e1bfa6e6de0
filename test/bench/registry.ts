/** The registry of a large state: taken whole, taken anew, and asked. */
import { createWriteStream } from "node:fs";
import { utimes } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { homePaths } from "../../daemon/config.ts";
import { findInRegistry } from "../../daemon/entity/registry.ts";
import { parseAgencyId } from "../../daemon/ids.ts";
import type { Ledger } from "../../daemon/ledger/connect.ts";
import { candidatesQuery } from "../../daemon/ledger/enrollments.ts";
import { importIn } from "../../daemon/ledger/registry.ts";
import type { Student } from "../../daemon/packet/model.gen.ts";
import { HEADER } from "../entity/registry/lists.ts";
import { withLedger } from "../homes.ts";
import { randomFrom } from "../random.ts";
import { newState, type State } from "../states.ts";
import { type Bench, medianOf, runAlone, timed, worstOf } from "./bench.ts";

const ROWS = 1_000_000;
const FEW_ROWS = 20_000;
const DISTRICTS = 1_200;
const LOOK_UPS = 1_000;
const FEW_LOOK_UPS = 50;
const REQUESTER = parseAgencyId("2700417");

export const registry: Bench = async ({ quick, rows: wanted, say }) => {
  const rows = wanted ?? (quick ? FEW_ROWS : ROWS);
  await using state = await newState(new Date().toISOString());
  const { entity } = state;
  const path = await written(state, rows, { year: 0 });
  const first = await runAlone(entity, "registry", "import", path, "--snapshot");
  say(`${rows} rows taken in ${first.seconds.toFixed(1)} s`);
  const later = await written(state, rows, { year: 1 });
  const again = await runAlone(entity, "registry", "import", later, "--snapshot", "--proceed");
  say(`and anew in ${again.seconds.toFixed(1)} s`);
  const count = quick ? FEW_LOOK_UPS : LOOK_UPS;
  return await withLedger(entity, async (ledger) => {
    const missed: number[] = [];
    const times = await timed(someOf(rows, count), async (nth) => {
      const found = await findInRegistry(ledger, studentOf(nth), {
        requesterId: REQUESTER,
        today: "2026-11-23",
      });
      if (found.kind !== "one") missed.push(nth);
    });
    const scans = await plainScans(state, ledger);
    return {
      about: `${rows} enrollments that were made up, of ${DISTRICTS} districts`,
      figures: [
        { name: "rows of a snapshot", value: rows, unit: "rows" },
        { name: "registry import, the first", value: first.seconds, unit: "s" },
        { name: "registry import, the first, peak memory", value: first.peakMegabytes, unit: "MB" },
        { name: "registry import, of the next snapshot", value: again.seconds, unit: "s" },
        { name: "the same, peak memory", value: again.peakMegabytes, unit: "MB" },
        { name: "look-ups, each of another student", value: count, unit: "look-ups" },
        { name: "one look-up, median", value: medianOf(times), unit: "ms" },
        { name: "one look-up, worst", value: worstOf(times), unit: "ms" },
      ],
      faults: [
        ...(missed.length > 0 ? [`${missed.length} students were not found`] : []),
        ...scans.map((detail) => `a look-up reads without an index: ${detail}`),
      ],
    };
  });
};

/** So many numbers of students, spread over all. */
function someOf(rows: number, count: number): number[] {
  const random = randomFrom(7);
  return Array.from({ length: count }, () => Math.floor(random() * rows));
}

const FIRST = "Jenna Liam Sofia Mateo Aaliyah Noah Emma Hanna Omar Mei Lucas Ava".split(" ");
const LAST = "Abrams Bell Carter Diaz Evans Flores Garcia Hughes Ito Jensen Kim Lopez".split(" ");

/** Twelve by twelve names, and letters for a number, as no digits stand in names. */
function studentOf(nth: number): Student {
  const letters = [...String(nth)].map((digit) => "abcdefghij"[Number(digit)]).join("");
  const day = (nth * 7919) % (13 * 365);
  return {
    LastOrSurname: `${LAST[nth % LAST.length]}${letters}`,
    FirstName: FIRST[Math.floor(nth / LAST.length) % FIRST.length] ?? "",
    Birthdate: new Date(Date.UTC(2008, 0, 1 + day)).toISOString().slice(0, 10),
    Sex: nth % 2 === 0 ? "Female" : "Male",
    GradeLevel: "05",
  };
}

/** A line of a district's register. A year later one of fifty has gone to another district. */
function lineOf(nth: number, year: number): string {
  const moved = year > 0 && nth % 50 === 0 ? 1 : 0;
  const agency = String(2_710_000 + ((nth + moved) % DISTRICTS));
  const { LastOrSurname, FirstName, Birthdate, Sex } = studentOf(nth);
  const id = String(nth + 1).padStart(10, "0");
  const entry = moved === 1 ? "2026-08-20" : "2025-08-20";
  return `${id},${LastOrSurname},${FirstName},,${Birthdate},${Sex},${agency},${agency}00001,Example School,2025-2026,05,${entry},\n`;
}

async function written(
  { folder }: State,
  rows: number,
  { year }: { year: number },
): Promise<string> {
  const path = join(folder, `students-${year}.csv`);
  await pipeline(Readable.from(linesFor(rows, year)), createWriteStream(path));
  const day = Date.now() / 1000 - 86_400 * (1 - year);
  await utimes(path, day, day);
  return path;
}

function* linesFor(rows: number, year: number): Generator<string> {
  yield `${HEADER}\n`;
  const atOnce = 1000;
  for (let from = 0; from < rows; from += atOnce) {
    const count = Math.min(atOnce, rows - from);
    yield Array.from({ length: count }, (_, nth) => lineOf(from + nth, year)).join("");
  }
}

/** What a look-up reads of the enrollments without an index, as SQLite plans it. */
async function plainScans({ entity }: State, ledger: Ledger): Promise<string[]> {
  const current = await importIn(ledger, "CURRENT");
  const about = { generation: current?.generation ?? 0, birthdate: "2014-03-09", stateIds: ["1"] };
  const query = candidatesQuery(ledger, about).compile();
  using database = new DatabaseSync(homePaths({ home: entity.folder }).ledger, { readOnly: true });
  const plan = database
    .prepare(`EXPLAIN QUERY PLAN ${query.sql}`)
    .all(...(query.parameters as string[]))
    .map(({ detail }) => String(detail))
    .filter((detail) => /enrollments|born|named/.test(detail));
  if (plan.length === 0) return ["it does not look at the enrollments at all"];
  return plan.filter((detail) => !/^SEARCH .* USING (?:COVERING )?INDEX/.test(detail));
}
