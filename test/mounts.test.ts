/** Drop folders on real mounts, in a mount namespace of the child's own. */
import { execFile, execFileSync } from "node:child_process";
import { cp, mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dropRequest, meet, newWorld, office, openAlerts, type World } from "./homes.ts";
import { MAIN } from "./program.ts";
import { alertsWithCause } from "./scene.ts";

/** Why nothing can be mounted here, or null. */
const hindrance = ((): string | null => {
  try {
    execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], {
      stdio: "ignore",
    });
    return null;
  } catch {
    return "it needs Linux and root";
  }
})();
if (hindrance !== null) process.stderr.write(`Skipped, nothing can be mounted: ${hindrance}.\n`);

let world: World;
beforeEach(async () => {
  world = await newWorld(new Date().toISOString());
});
afterEach(() => world[Symbol.asyncDispose]());

/** One exchange of the releaser after these mounts, which end with it. */
async function exchangeAmong(mounts: string): Promise<number> {
  const { configPath } = world.prairie;
  const command = `${mounts} && exec "$0" "$1" exchange --config "$2" --quiet`;
  const args = ["--mount", "sh", "-c", command, process.execPath, MAIN, configPath];
  const running = promisify(execFile)("unshare", args, { env: { PATH: process.env["PATH"] } });
  return running.then(
    () => 0,
    (error: unknown) => (error as { code: number }).code,
  );
}

const cases = (): Promise<string[]> => readdir(office(world.prairie, "requests"));

describe.skipIf(hindrance !== null)("a drop folder", () => {
  beforeEach(async () => {
    await meet(world, world.prairie);
    await dropRequest(world);
    await meet(world, world.valley);
  });

  it("over one of whose folders something was mounted is not used, and is again when it is gone", async () => {
    const over = `mount -t tmpfs tmpfs ${office(world.prairie, "requests")}`;
    expect(await exchangeAmong(over)).toBe(2);
    expect(await alertsWithCause(world.prairie)).toContain("FOLDER_MISSING FOLDER_REPLACED");
    expect(await cases()).toEqual([]);
    await meet(world, world.prairie);
    expect(await cases()).toHaveLength(1);
    expect(await openAlerts(world.prairie)).toEqual(["REQUEST_TO_RELEASE"]);
  });

  it("over one of whose folders something was mounted is used when a person says that it is right", async () => {
    const requests = office(world.prairie, "requests");
    const share = `mount -t tmpfs tmpfs ${requests} && touch ${requests}/.packetboat`;
    expect(await exchangeAmong(`${share} && chmod 2770 ${requests}`)).toBe(0);
    expect(await openAlerts(world.prairie)).toEqual(["REQUEST_TO_RELEASE"]);
    // And when that is mounted no more, the folder below it is another one.
    expect(await exchangeAmong("true")).toBe(2);
    expect(await alertsWithCause(world.prairie)).toContain("FOLDER_MISSING FOLDER_REPLACED");
  });

  it("whose disk has another number by now is not used without what was mounted in it", async () => {
    const folder = office(world.prairie);
    const requests = office(world.prairie, "requests");
    const share = `mount -t tmpfs tmpfs ${requests} && touch ${requests}/.packetboat`;
    expect(await exchangeAmong(`${share} && chmod 2770 ${requests}`)).toBe(0);
    await rename(folder, `${folder}-before`);
    await cp(`${folder}-before`, folder, { recursive: true });
    expect(await exchangeAmong("true")).toBe(2);
    expect(await exchangeAmong("true")).toBe(2);
    expect(await alertsWithCause(world.prairie)).toContain("FOLDER_MISSING FOLDER_REPLACED");
    expect(await cases()).toEqual([]);
  });

  it("that was a share and is not mounted any more is not used until it is", async () => {
    const folder = office(world.prairie);
    await rename(folder, `${folder}-share`);
    await mkdir(folder);
    // The mountpoint is empty; the share was seen in its place before.
    const share = `mount --bind ${folder}-share ${folder}`;
    expect(await exchangeAmong("true")).toBe(2);
    expect(await readdir(folder)).toEqual([]);
    expect(await exchangeAmong(share)).toBe(0);
    expect(await readdir(join(`${folder}-share`, "requests"))).toHaveLength(1);
    expect(await openAlerts(world.prairie)).toEqual(["REQUEST_TO_RELEASE"]);
  });
});
