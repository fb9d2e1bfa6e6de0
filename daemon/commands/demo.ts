import { mkdir, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { errnoOf, exists } from "../disk.ts";
import { PacketboatError } from "../errors.ts";
import { parseAgencyId } from "../ids.ts";
import { type References, tell } from "./demo/story.ts";
import {
  type District,
  enroll,
  type NewDistrict,
  serverRoot,
  settle,
  settleEntity,
  startHarbor,
} from "./demo/world.ts";
import { defineCommand } from "./frame/command.ts";
import type { Context } from "./frame/context.ts";
import { pairs } from "./frame/shown.ts";
import { shipped } from "./home/template.ts";

const PLACE = { state: "MN", zip: "55001", timeZone: "America/Chicago" };

const STATE: NewDistrict = {
  ...PLACE,
  id: parseAgencyId("2700000"),
  name: "Example State Department",
  city: "Example City",
  phone: "555-555-0199",
};

const VALLEY: NewDistrict = {
  ...PLACE,
  id: parseAgencyId("2700417"),
  name: "Example Valley Schools",
  city: "Example Valley",
  phone: "555-555-0140",
};

const PRAIRIE: NewDistrict = {
  ...PLACE,
  id: parseAgencyId("2700105"),
  name: "Example Prairie Schools",
  city: "Prairie Lake",
  phone: "555-555-0170",
};

const CORNERS: NewDistrict = {
  ...PLACE,
  id: parseAgencyId("2700012"),
  name: "Example Corners Schools",
  city: "Example Corners",
  phone: "555-555-0190",
};

export const command = defineCommand<{ args: [dir?: string] }>({
  summary: "a state and three districts on this machine exchange students' records",
  example: "demo /tmp/packetboat-demo",
  syntax: (syntax) =>
    syntax.argument("[dir]", "an empty folder, or one that is not there (packetboat-demo)"),
  async run({ args: [dir], context }) {
    const folder = dir === undefined ? await unused(context) : context.path(dir);
    await assertEmpty(folder);
    const time = { now: context.now, pause: (ms: number) => pause(ms) };
    const say = (line: string): void => context.say(line);
    say("A state and three districts, each with a home of its own, and an SFTP server.");
    await using server = await startHarbor(folder);
    const root = serverRoot(folder);
    const entity = await settleEntity(server, join(folder, "state"), { ...STATE, root }, time);
    const joined = async (name: string, district: NewDistrict): Promise<District> => {
      const home = await settle(server, join(folder, name), district, time);
      await enroll(entity, home, time);
      return home;
    };
    const valley = await joined("valley", VALLEY);
    const prairie = await joined("prairie", PRAIRIE);
    const corners = await joined("corners", CORNERS);
    say("The districts have joined the state; it has compared their cards, and taken them up.");
    const students = shipped("fixtures/students");
    const references = await tell({ entity, valley, prairie, corners, students, time, say });
    const look = lookAt({ entity, valley, prairie, corners }, references);
    return {
      result: { folder, ...references, pages: look.flatMap(([, pages]) => pages) },
      lines: ["", "Look at it in a browser:", ...look.flatMap(shownPages)],
    };
  },
});

/** What there is to see, for whom. */
const lookAt = (
  { entity, valley, prairie, corners }: Readonly<Record<Who, District>>,
  { released, rejected }: References,
): (readonly [whose: District, pages: string[]])[] => {
  const at = ({ folder }: District, ...paths: string[]): string[] =>
    paths.map((path) => join(folder, path));
  const registrars = ["reports/registrar/alerts.html", "reports/registrar/transfers.html"];
  return [
    [
      entity,
      at(
        entity,
        "reports/it/districts.html",
        "reports/it/transfers.html",
        "reports/it/alerts.html",
      ),
    ],
    [valley, at(valley, `office/records/${released}/record.html`, ...registrars)],
    [
      prairie,
      at(
        prairie,
        `office/done/${released}/request.html`,
        `office/done/${rejected}/request.html`,
        ...registrars,
      ),
    ],
    [corners, at(corners, ...registrars)],
  ];
};

type Who = "entity" | "valley" | "prairie" | "corners";

const WHAT: Readonly<Record<string, string>> = {
  "districts.html": "its districts",
  "transfers.html": "transfers",
  "alerts.html": "alerts",
  "record.html": "the records",
  "request.html": "a request",
};

const shownPages = ([{ name }, pages]: readonly [District, string[]]): string[] => [
  "",
  name,
  ...pairs(pages.map((page) => [`  ${WHAT[basename(page)] ?? ""}`, page] as const)),
];

/** Whoever comes again gets another one: the first is left to look at. */
async function unused(context: Context): Promise<string> {
  const folder = context.path("packetboat-demo");
  let free = folder;
  for (let number = 2; await exists(free); number++) free = `${folder}-${number}`;
  return free;
}

async function assertEmpty(folder: string): Promise<void> {
  try {
    if ((await readdir(folder)).length === 0) return;
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    await mkdir(folder, { recursive: true });
    return;
  }
  throw new PacketboatError("HOME_EXISTS", `${folder} is not empty`);
}
