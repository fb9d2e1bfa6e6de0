import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { errnoOf, exists } from "../disk.ts";
import { PacketboatError } from "../errors.ts";
import { parseAgencyId } from "../ids.ts";
import { tell } from "./demo/story.ts";
import { introduce, settle, startHarbor, type NewDistrict } from "./demo/world.ts";
import { defineCommand } from "./frame/command.ts";
import type { Context } from "./frame/context.ts";
import { pairs } from "./frame/shown.ts";
import { shipped } from "./home/template.ts";

const REQUESTER: NewDistrict = {
  id: parseAgencyId("3900417"),
  name: "Example Valley Schools",
  city: "Example Valley",
  state: "OH",
  zip: "43001",
  timeZone: "America/New_York",
  phone: "555-555-0140",
};

const RELEASER: NewDistrict = {
  id: parseAgencyId("2700105"),
  name: "Example Prairie Schools",
  city: "Prairie Lake",
  state: "MN",
  zip: "55001",
  timeZone: "America/Chicago",
  phone: "555-555-0170",
};

export const command = defineCommand<{ args: [dir?: string] }>({
  summary: "two districts on this machine exchange a student's records",
  example: "demo /tmp/packetboat-demo",
  syntax: (syntax) =>
    syntax.argument("[dir]", "an empty folder, or one that is not there (packetboat-demo)"),
  async run({ args: [dir], context }) {
    const folder = dir === undefined ? await unused(context) : context.path(dir);
    await assertEmpty(folder);
    const time = { now: context.now, pause: (ms: number) => pause(ms) };
    const say = (line: string): void => context.say(line);
    say("Two districts, each with a home of its own, and an SFTP server between them.");
    await using server = await startHarbor(folder);
    const requester = await settle(server, join(folder, "valley"), REQUESTER, time);
    const releaser = await settle(server, join(folder, "prairie"), RELEASER, time);
    await introduce(requester, releaser, time);
    say("They have compared the fingerprints of their cards, and trust each other.");
    say("");
    const students = shipped("fixtures/students");
    const reference = await tell({ requester, releaser, students, time, say });
    const look = lookAt(folder, reference);
    return {
      result: { folder, reference, pages: look.map(([, page]) => page) },
      lines: ["", "Look at it in a browser:", "", ...pairs(look)],
    };
  },
});

/** What there is to see, for whom. */
const lookAt = (folder: string, reference: string): [string, string][] => [
  ["The request", join(folder, "prairie/office/done", reference, "request.html")],
  ["The records", join(folder, "valley/office/records", reference, "record.html")],
  ["Registrar's alerts", join(folder, "valley/reports/registrar/alerts.html")],
  ["Transfers", join(folder, "valley/reports/registrar/transfers.html")],
  ["IT's alerts", join(folder, "prairie/reports/it/alerts.html")],
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
