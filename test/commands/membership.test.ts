/** What `check` says of a district and its entity's directory, and of the entity's own. */
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { APPROVER } from "../../daemon/commands/demo/world.ts";
import type { District } from "../homes.ts";
import { newState, type State } from "../states.ts";
import { deskOf } from "./desk.ts";

interface Found {
  readonly findings: readonly { level: string; subject: string; sentence: string; code: string }[];
}

const ABOUT = ["mode", "entity", "directory", "directory entry", "districts"];

let state: State;
beforeAll(async () => void (state = await newState("2026-07-19T14:00:00Z")));
afterAll(() => state[Symbol.asyncDispose]());

const at = (home: District) => deskOf(state, home);
const found = async (home: District): Promise<string[]> =>
  (await at(home).result<Found>("check")).findings
    .filter(({ subject }) => ABOUT.includes(subject))
    .map(({ level, subject, sentence }) => `${level} ${subject}: ${sentence}`);
const publish = (): Promise<unknown> =>
  deskOf(state, state.entity, APPROVER).result("directory", "publish");

describe("check", () => {
  it("says that no directory is there yet", async () => {
    expect(await found(state.valley)).toEqual([
      "ok entity: Example State Department (2700000), joined",
      "warning directory: none has been read yet",
    ]);
    expect(await found(state.entity)).toEqual([
      "warning directory: none is published yet",
      "ok districts: 3 districts in the directory, 3 with an account",
    ]);
  });

  it("says how the district stands in the directory, and how many it can reach", async () => {
    await publish();
    await at(state.valley).result("exchange");
    expect(await found(state.valley)).toEqual([
      "ok entity: Example State Department (2700000), joined",
      "ok directory: version 1, good until 2026-08-18",
      "ok directory entry: we are listed as Participating, with our key",
      "ok districts: 2 known beside us, of which 2 take part",
    ]);
  });

  it("warns a district whose new key is not listed yet", async () => {
    state.clock.pass({ minutes: 1 });
    await at(state.prairie).result("exchange");
    await at(state.prairie).result("keys", "rotate", "--yes");
    expect(await found(state.prairie)).toContainEqual(
      expect.stringMatching(
        /^warning directory entry: the directory lists another key than ours, [0-9A-F]{40}$/,
      ),
    );
  });

  it("warns a district that is suspended", async () => {
    const desk = deskOf(state, state.entity, APPROVER);
    await desk.result("directory", "status", state.valley.id, "Inactive");
    await publish();
    await at(state.valley).result("exchange");
    expect(await found(state.valley)).toContain(
      "warning directory entry: we are listed as Inactive: nobody sends us anything",
    );
    await desk.result("directory", "status", state.valley.id, "Participating");
    await publish();
    await at(state.valley).result("exchange");
  });

  it("warns a district whose config lacks a host key that the directory lists", async () => {
    const { entity, valley, clock } = state;
    const other = `SHA256:${"A".repeat(43)}`;
    const config = await readFile(entity.configPath, "utf8");
    await writeFile(
      entity.configPath,
      config.replace(/hostKeys: \[(.*)\]/, `hostKeys: [$1, "${other}"]`),
    );
    clock.pass({ minutes: 1 });
    await publish();
    await at(valley).result("exchange");
    const { findings } = await at(valley).result<Found>("check");
    expect(findings.filter(({ level }) => level === "warning")).toEqual([
      expect.objectContaining({
        subject: "server.hostKeys",
        sentence: `the directory of Example State Department lists another host key of the server: ${other}`,
      }),
    ]);
    await writeFile(entity.configPath, config);
    clock.pass({ minutes: 1 });
    await publish();
    await at(valley).result("exchange");
  });

  it("warns from fourteen days before a directory ends, and says when it has", async () => {
    state.clock.pass({ days: 17 });
    const [, directory] = await found(state.corners);
    expect(directory).toBe("warning directory: none has been read yet");
    expect(await found(state.valley)).toContain(
      "warning directory: version 5 expires in 13 days, on 2026-08-18",
    );
    state.clock.pass({ days: 14 });
    const { findings } = await at(state.valley).result<Found>("check");
    expect(findings).toContainEqual(
      expect.objectContaining({ level: "error", subject: "directory", code: "DIRECTORY_EXPIRED" }),
    );
  });
});
