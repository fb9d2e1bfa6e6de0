/** Two states in tests: their directories passed on, and what a home knows of the other state. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { lastDirectory } from "../daemon/ledger/directories.ts";
import { type District, meet, withLedger } from "./homes.ts";
import type { Country, State } from "./states.ts";

/**
 * Both entities publish, and pass on to their districts what the other has published; then these districts read.
 */
export async function spreadAbroad(country: Country, ...readers: District[]): Promise<void> {
  const { here, there } = country;
  await meet(country, there.entity);
  await meet(country, here.entity);
  await meet(country, there.entity);
  for (const reader of readers) await meet(country, reader);
}

/** What an entity passes on of another: a file, as it lies on its server's disk. */
export const passedOn = (
  { folder }: Pick<State, "folder">,
  { id }: Pick<District, "id">,
  name = "directory.xml.pgp",
): string => join(folder, "server", "directory", "test", "peers", id, name);

/** Names of what is passed on of an entity; none if nothing is. */
export const namesPassedOn = (
  state: Pick<State, "folder">,
  peer: Pick<District, "id">,
): Promise<string[]> => readdir(passedOn(state, peer, "")).catch(() => []);

/** The version of an entity's directory that a home has taken. */
export const versionOf = (
  home: District,
  { id }: Pick<District, "id">,
): Promise<number | undefined> =>
  withLedger(home, async (ledger) => (await lastDirectory(ledger, id))?.version);

/** The log's sentences so far. */
export async function saidIn(home: District): Promise<string[]> {
  const text = await readFile(join(home.folder, "state", "packetboat.log"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { message: string }).message);
}
