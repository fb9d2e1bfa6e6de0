/**
 * Before a run of the tests: the program is built as `npm run build` does it, and `mortal.ts` on top of the same
 * files. Hundreds of processes are started, and each reads six files then, not two hundred that Node must
 * first turn into JavaScript.
 */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { writeCompiledAhead } from "../schemas/compile.ts";
import { BUILT, MAIN, MORTAL } from "./program.ts";
import { programIn } from "./rolldown.config.ts";

/** In the checkout, for the sake of `node_modules/` and `schemas/`. */
const ABOVE = fileURLToPath(new URL("../.vitest", import.meta.url));
/** Of this run alone. */
const FOLDER = join(ABOVE, `program-${process.pid}`);

/** @returns what clears it away */
export async function setup(): Promise<() => Promise<void>> {
  await sweepLeft(ABOVE);
  await build(programIn(FOLDER, { main: MAIN, mortal: MORTAL }));
  writeCompiledAhead(join(FOLDER, "schema", "ahead"));
  process.env[BUILT.program] = join(FOLDER, "main.js");
  process.env[BUILT.mortal] = join(FOLDER, "mortal.js");
  return () => rm(FOLDER, { recursive: true });
}

/**
 * Clear away what runs have left that were killed: theirs are the folders whose process is gone.
 *
 * @param above the folder in which each run builds its own
 */
export async function sweepLeft(above: string): Promise<void> {
  await mkdir(above, { recursive: true });
  for (const name of await readdir(above)) {
    const [, id] = /^program-([0-9]+)$/.exec(name) ?? [];
    if (id === undefined || isRunning(Number(id))) continue;
    await rm(join(above, name), { recursive: true, force: true });
  }
}

/** Is there such a process, also if it is another user's? */
function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
