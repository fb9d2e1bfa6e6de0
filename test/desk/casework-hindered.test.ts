/** Case folders that packetboat may not look into, as somebody's rights on a share can have it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmod,
  chown,
  copyFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lookAtCases } from "../../daemon/desk/case/look.ts";
import {
  asked,
  drop,
  meet,
  newWorld,
  office,
  openAlerts,
  requestTo,
  states,
  withLedger,
  type World,
} from "../homes.ts";
import type { Order } from "../mortal.ts";
import { MORTAL } from "../program.ts";
import { configure } from "../scene.ts";
import { addDocument, caseFolder, fillIn, statusIn } from "./registrar.ts";

let world: World;
let reference: string;
let folder: string;
beforeEach(async () => {
  world = await newWorld();
  reference = await asked(world);
  folder = caseFolder(world.prairie, reference);
});
afterEach(async () => world[Symbol.asyncDispose]());

const statesHere = async (): Promise<string[]> =>
  ((await states(world))[1] ?? "").split(" ").toSorted();
const HOLD = { Decision: "hold", Reason: "Other" };
const NOBODY = 65_534;

/** Everything in the home belongs to an account that is not root, but this. */
async function handOver(path: string, except: string): Promise<void> {
  await chown(path, NOBODY, NOBODY);
  for (const entry of await readdir(path, { recursive: true })) {
    const each = join(path, entry);
    if (!each.startsWith(except)) await chown(each, NOBODY, NOBODY);
  }
}

/** One exchange by that account. */
async function meetAsNobody(): Promise<void> {
  const order: Order = {
    configPath: world.prairie.configPath,
    at: world.clock.now().toISOString(),
    death: null,
  };
  world.clock.pass({ minutes: 5 });
  const child = spawn(process.execPath, [MORTAL, JSON.stringify(order)], {
    stdio: ["ignore", "ignore", "inherit"],
    uid: NOBODY,
    gid: NOBODY,
    env: { ...process.env, NODE_OPTIONS: "", NODE_COMPILE_CACHE: "" },
  });
  const [exitCode] = (await once(child, "close")) as [number | null];
  expect(exitCode).toBe(0);
}

describe.runIf(process.getuid?.() === 0)("a case folder that cannot be looked into", () => {
  it("does not hide the others, and people hear of it until it is mended", async () => {
    const other = (await requestTo(world.prairie)).replaceAll("Jenna", "Jo");
    await drop(world.valley, "other.xml", other);
    await meet(world, world.valley);
    await meet(world, world.prairie);
    const names = await readdir(office(world.prairie, "requests"));
    const second = names.find((name) => name !== reference) ?? "";
    await fillIn(folder, HOLD);
    await fillIn(caseFolder(world.prairie, second), HOLD);
    await chmod(world.folder, 0o755);
    await chmod(folder, 0o700);
    await handOver(world.prairie.folder, folder);
    await chown(folder, 0, 0);

    await meetAsNobody();
    expect(await statesHere()).toEqual(["OnHold", "RequestReceived"]);
    expect(await openAlerts(world.prairie)).toContain("DECISION_NOT_TAKEN");

    await handOver(world.prairie.folder, "/nowhere");
    await meetAsNobody();
    expect(await statesHere()).toEqual(["OnHold", "OnHold"]);
    expect(await openAlerts(world.prairie)).not.toContain("DECISION_NOT_TAKEN");
  });
});

it("a fault that no status can tell is told by an alert", async () => {
  await mkdir(join(folder, "status.txt"));
  await fillIn(folder, { Decision: "release" });
  await meet(world, world.prairie);
  expect(await openAlerts(world.prairie)).toContain("DECISION_NOT_TAKEN");
  await rm(join(folder, "status.txt"), { recursive: true });
  await meet(world, world.prairie);
  expect(await statusIn(folder)).toContain("There is nothing to send");
});

it("a copy of a case folder says that nothing in it is read, whatever its original said", async () => {
  await writeFile(join(folder, "status.txt"), "an older status");
  await cp(folder, `${folder} - Copy`, { recursive: true });
  await fillIn(`${folder} - Copy`, HOLD);
  await addDocument(`${folder} - Copy`);
  await meet(world, world.prairie);
  expect(await states(world)).toEqual(["Requested", "RequestReceived"]);
  const said = await readFile(join(`${folder} - Copy`, "status.txt"), "utf8");
  expect(said).toContain("nothing in it is read");
});

it.each([
  ["FUSE", "still"],
  [null, "moving"],
])("a form that has another inode at each look, on %s, is %s", async (share, expected) => {
  await fillIn(folder, HOLD);
  const form = join(folder, "decision.txt");
  const time = new Date("2024-07-19T14:00:00Z");
  const renumber = async (): Promise<void> => {
    await copyFile(form, join(folder, ".new"));
    await utimes(join(folder, ".new"), time, time);
    await rename(join(folder, ".new"), form);
  };
  const standing = await withLedger(world.prairie, async (ledger) => {
    const look = async (seconds: number): Promise<string | undefined> => {
      await renumber();
      const cases = lookAtCases({
        ledger,
        dropFolder: "office",
        folders: {
          requests: office(world.prairie, "requests"),
          done: office(world.prairie, "done"),
        },
        unchangedForSeconds: 120,
        timeZone: "America/Chicago",
        at: new Date(time.getTime() + seconds * 1000),
        shareAt: () => Promise.resolve(share),
      });
      for await (const [seen] of cases) return seen?.at.standing;
      return undefined;
    };
    await look(0);
    return look(121);
  });
  expect(standing).toBe(expected);
});

describe("a case folder that is gone", () => {
  it("is told of until it is back", async () => {
    const aside = join(world.prairie.folder, "aside");
    await rename(folder, aside);
    await meet(world, world.prairie);
    expect(await openAlerts(world.prairie)).toContain("CASE_FOLDER_GONE");
    await rename(aside, `${folder} of Jo`);
    await meet(world, world.prairie);
    expect(await openAlerts(world.prairie)).not.toContain("CASE_FOLDER_GONE");
  });

  it("is told of where its drop folder got another path in the config", async () => {
    const elsewhere = join(world.prairie.folder, "elsewhere");
    await cp(office(world.prairie), elsewhere, { recursive: true });
    await rm(join(elsewhere, "requests", reference), { recursive: true });
    await configure(world.prairie, { at: ["dropFolders", "office", "path"], value: elsewhere });
    await meet(world, world.prairie);
    expect(await openAlerts(world.prairie)).toContain("CASE_FOLDER_GONE");
  });
});
