/** Homes for tests of commands. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resultOf } from "./terminal.ts";

export interface Home {
  readonly home: string;
  readonly config: string;
  readonly card: string;
  readonly fingerprint: string;
}

/** A folder of its own, removed at the end of the block. */
export async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "packetboat-commands-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export const initArgs = (dir: string, agencyId: string, ...more: string[]): string[] => [
  "init",
  dir,
  "--role=district",
  `--agency-id=${agencyId}`,
  `--name=District ${agencyId}`,
  "--city=Example City",
  "--state=MN",
  "--zip=55001",
  ...more,
];

/** A home with its box in the folder `boxes` beside it. */
export async function newHome(folder: string, agencyId: string, ...more: string[]): Promise<Home> {
  const box = `file://${folder}/boxes/${agencyId}`;
  const args = initArgs(join(folder, agencyId), agencyId, "--drop-box", box, ...more);
  return (await resultOf(args)) as Home;
}
