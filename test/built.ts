/**
 * Before a run of the tests: the program is built as `npm run build` does it, and `mortal.ts` on top of the same
 * files. Hundreds of processes are started, and each reads six files then, not two hundred that Node must
 * first turn into JavaScript.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { writeCompiledAhead } from "../schemas/compile.ts";
import { BUILT, MAIN, MORTAL } from "./program.ts";
import { programIn } from "./rolldown.config.ts";

/** In the checkout, for the sake of `node_modules/` and `schemas/`; of this run alone. */
const FOLDER = fileURLToPath(new URL(`../.vitest/program-${process.pid}`, import.meta.url));

/** @returns what clears it away */
export async function setup(): Promise<() => Promise<void>> {
  await build(programIn(FOLDER, { main: MAIN, mortal: MORTAL }));
  writeCompiledAhead(join(FOLDER, "schema", "ahead"));
  process.env[BUILT.program] = join(FOLDER, "main.js");
  process.env[BUILT.mortal] = join(FOLDER, "mortal.js");
  return () => rm(FOLDER, { recursive: true });
}
