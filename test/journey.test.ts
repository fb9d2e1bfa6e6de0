/** The README's example: a student's records, from the file in one outbox to the folder at the other. */
import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Clock, exchangeAt, introduce, newHome, newWorld, STUDENTS, withLedger } from "./homes.ts";
import type { Home, World } from "./homes.ts";

let world: World;
let valley: Home;
let prairie: Home;
let clock: Clock;

beforeEach(async () => {
  clock = new Clock("2024-07-19T14:00:00Z");
  world = await newWorld();
  valley = await newHome(world, "3900417", "Example Valley Schools", clock.now());
  prairie = await newHome(world, "2700105", "Example Prairie Schools", clock.now());
  await introduce(valley, prairie, clock.now());
});
afterEach(() => world[Symbol.asyncDispose]());

const office = (home: Home, ...path: string[]): string => join(home.folder, "office", ...path);

const states = (home: Home) =>
  withLedger(home, (ledger) => ledger.selectFrom("transfers").select("state").execute());

describe("two districts that trust each other", () => {
  it("bring a student's records from one to the other, and know it", async () => {
    const request = await readFile(join(STUDENTS, "abrams-jenna.xml"), "utf8");
    const asked = request.replace(
      "<Request>",
      "<DecidedBy>pat.registrar</DecidedBy>\n  <Request>\n    <To>2700105</To>",
    );
    await writeFile(office(valley, "outbox", "abrams.xml"), asked);
    const first = await exchangeAt(valley, clock);
    console.log(first, await readdir(office(valley, "sent")), await readdir(office(valley, "refused")));
    for (const n of await readdir(office(valley, "refused"))) if (n.endsWith("txt")) console.log(await readFile(office(valley,"refused",n),"utf8"));
    console.log(await exchangeAt(prairie, clock), await readdir(office(prairie, "requests")));
    console.log(await exchangeAt(valley, clock), await states(valley), await states(prairie));
    const [reference = ""] = await readdir(office(prairie, "requests"));
    const record = await readFile(join(STUDENTS, "abrams-jenna.record.xml"), "utf8");
    await writeFile(office(prairie, "outbox", "release.xml"), record.replace("<Release>", `<DecidedBy>pat.registrar</DecidedBy><Release><Reference>${reference}</Reference>`));
    for (const n of await readdir(STUDENTS)) if (n.endsWith("pdf")) await copyFile(join(STUDENTS, n), office(prairie, "outbox", n));
    console.log(await exchangeAt(prairie, clock), await readdir(office(prairie, "sent")), await readdir(office(prairie, "refused")));
    for (const n of await readdir(office(prairie, "refused"))) if (n.endsWith("txt")) console.log(await readFile(office(prairie,"refused",n),"utf8"));
    console.log(await exchangeAt(valley, clock), await readdir(office(valley, "records")), await readdir(office(valley, "records", reference)));
    console.log(await exchangeAt(prairie, clock));
    console.log(await states(valley), await states(prairie));
    expect(1).toBe(1);
  });
});
