import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sweepLeft } from "./built.ts";

it("what a run has built that was killed is cleared away by the next, and nothing else", async () => {
  const above = await mkdtemp(join(tmpdir(), "packetboat-built-"));
  const { pid: gone } = spawnSync(process.execPath, ["--version"]);
  // Process 1 is always there, and perhaps not ours.
  const stay = [`program-${process.pid}`, "program-1", "program-", "results", `${gone}`];
  for (const name of [`program-${gone}`, ...stay]) {
    await mkdir(join(above, name, "schema"), { recursive: true });
    await writeFile(join(above, name, "schema", "main.js"), "");
  }
  await sweepLeft(above);
  expect((await readdir(above)).toSorted()).toEqual(stay.toSorted());
  await sweepLeft(join(above, "not there yet"));
  await rm(above, { recursive: true });
});
