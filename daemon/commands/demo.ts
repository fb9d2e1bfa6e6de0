import { mkdir, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { errnoOf, exists } from "../disk.ts";
import { startServer } from "../dropbox/server.ts";
import { PacketboatError } from "../errors.ts";
import { parseAgencyId } from "../ids.ts";
import { type References, tell } from "./demo/story.ts";
import {
  befriend,
  type District,
  enroll,
  type NewDistrict,
  type Realm,
  serverRoot,
  settle,
  settleEntity,
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

const NEXT_PLACE = { state: "OH", zip: "43004", timeZone: "America/New_York" };

const NEIGHBOUR: NewDistrict = {
  ...NEXT_PLACE,
  id: parseAgencyId("3900000"),
  name: "Sample State Department",
  city: "Sample City",
  phone: "555-555-0299",
};

const HARBOR: NewDistrict = {
  ...NEXT_PLACE,
  id: parseAgencyId("3900417"),
  name: "Sample Harbor Schools",
  city: "Sample Harbor",
  phone: "555-555-0240",
};

export const command = defineCommand<{ args: [dir?: string] }>({
  summary: "two states and four districts on this machine exchange students' records",
  example: "demo /tmp/packetboat-demo",
  syntax: (syntax) =>
    syntax.argument("[dir]", "an empty folder, or one that is not there (packetboat-demo)"),
  async run({ args: [dir], context }) {
    const folder = dir === undefined ? await unused(context) : context.path(dir);
    await assertEmpty(folder);
    const time = { now: context.now, pause: (ms: number) => pause(ms) };
    const say = (line: string): void => context.say(line);
    say("Two states, each with an SFTP server, and four districts, each with a home of its own.");
    const root = serverRoot(folder);
    await using server = await startServer(root);
    const entity = await settleEntity(server, join(folder, "state"), { ...STATE, root }, time);
    const here: Realm = { server, entity };
    const otherRoot = join(folder, "neighbour-server");
    await using otherServer = await startServer(otherRoot);
    const neighbour = await settleEntity(
      otherServer,
      join(folder, "neighbour"),
      { ...NEIGHBOUR, root: otherRoot },
      time,
    );
    const there: Realm = { server: otherServer, entity: neighbour };
    const joined = async (realm: Realm, name: string, district: NewDistrict): Promise<District> => {
      const home = await settle(realm.server, join(folder, name), district, time);
      await enroll(realm.entity, home, time);
      return home;
    };
    const valley = await joined(here, "valley", VALLEY);
    const prairie = await joined(here, "prairie", PRAIRIE);
    const corners = await joined(here, "corners", CORNERS);
    const harbor = await joined(there, "harbor", HARBOR);
    say(
      "The districts have joined their states, which have compared their cards and taken them up.",
    );
    await befriend(here, there, time);
    say(
      "The states have taken each other's cards: they let each other in, and pass on what they publish.",
    );
    const students = shipped("fixtures/students");
    const homes = { entity, valley, prairie, corners, neighbour, harbor };
    const references = await tell({ ...homes, students, time, say });
    const look = lookAt(homes, references);
    return {
      result: { folder, ...references, pages: look.flatMap(([, pages]) => pages) },
      lines: ["", "Look at it in a browser:", ...look.flatMap(shownPages)],
    };
  },
});

/** What there is to see, for whom. */
const lookAt = (
  { entity, valley, prairie, corners, neighbour, harbor }: Readonly<Record<Who, District>>,
  { released, rejected, abroad }: References,
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
    [
      valley,
      at(
        valley,
        `office/records/${released}/record.html`,
        `office/records/${abroad}/record.html`,
        ...registrars,
      ),
    ],
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
    [neighbour, at(neighbour, "reports/it/districts.html")],
    [harbor, at(harbor, `office/done/${abroad}/request.html`, ...registrars)],
  ];
};

type Who = "entity" | "valley" | "prairie" | "corners" | "neighbour" | "harbor";

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
