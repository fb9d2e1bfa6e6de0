/**
 * What tests start as processes: the program as it is published, if a run of the tests has built it
 * (`built.ts`) or a bench was given it; else its sources, which take three times as long to start.
 */
import { fileURLToPath } from "node:url";
import packageJson from "../package.json" with { type: "json" };

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Where these paths come from. */
export const BUILT = { program: "PACKETBOAT_PROGRAM", mortal: "PACKETBOAT_MORTAL" } as const;

/** `packetboat` itself. */
export const MAIN = process.env[BUILT.program] ?? at("../daemon/main.ts");

/** It, and how much Node may put off before it tidies up: as `npm run packetboat` says it. */
export const PROGRAM: readonly string[] = [
  ...packageJson.scripts.packetboat.split(" ").slice(1, -1),
  MAIN,
];

/** One exchange that may be told where to die: `mortal.ts`. */
export const MORTAL = process.env[BUILT.mortal] ?? at("mortal.ts");
