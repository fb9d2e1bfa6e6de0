/** What a home tells others than its registrars, and what it keeps: the places in which no student may stand. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { packetboat } from "../commands/terminal.ts";
import { type District, withLedger } from "../homes.ts";
import type { Tables } from "../../daemon/ledger/tables.ts";
import { personalIn, type Search } from "./personal.ts";

/** A name of a place, and what stands there. */
export type Place = readonly [name: string, text: string | Uint8Array];

/** `place: value`, for each personal value in these places. */
export const foundIn = (places: readonly Place[], search?: Search): string[] =>
  places.flatMap(([name, text]) => personalIn(text, search).map((found) => `${name}: ${found}`));

/** All files in a folder and below, by their path there. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

const readIn = async (folder: string, wanted: (path: string) => boolean): Promise<Place[]> =>
  Promise.all(
    (await filesIn(folder))
      .filter(wanted)
      .map(async (path): Promise<Place> => [path, await readFile(path)]),
  );

/** Where students stand in a ledger: what was said, what the registry matches by, whose a line of the register is. */
const OF_STUDENTS: readonly string[] = ["content", "enrollments", "register_students"];
/** Names that people gave their files, as long as these are on their way. */
const OF_FILES: readonly string[] = ["documents", "sightings", "attachments_out", "attachments_in"];

/** The cells of a ledger, without those in which students stand. */
export const ledgerAt = (
  home: District,
  but: readonly string[] = [...OF_STUDENTS, ...OF_FILES],
): Promise<Place[]> =>
  withLedger(home, async (ledger) => {
    const tables = await ledger.introspection.getTables();
    const others = tables
      .map(({ name }) => name as keyof Tables)
      .filter((name) => !but.includes(name));
    return Promise.all(
      others.map(async (name): Promise<Place> => {
        const rows = await ledger.selectFrom(name).selectAll().execute();
        return [
          `${home.id} ledger ${name}`,
          rows.map((row) => JSON.stringify(row, spelledOut)).join("\n"),
        ];
      }),
    );
  });

/** Bytes in a cell are read as the text that they may be. */
const spelledOut = (_: string, value: unknown): unknown =>
  value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value;

/** What IT reads of a home: its log, its reports, why packets were refused, and the names of private files. */
export async function readByIt({ folder }: District): Promise<Place[]> {
  const isReason = (path: string): boolean => path.endsWith("reason.json");
  const names = await Promise.all(
    ["state", "quarantine", "keys"].map((part) => readdir(join(folder, part), { recursive: true })),
  );
  const aside = new Set(
    (await readdir(join(folder, "quarantine"))).filter((name) => !/^[0-9a-f-]{36}$/.test(name)),
  );
  return [
    ...(await readIn(join(folder, "state"), (path) => path.includes("packetboat.log"))),
    ...(await readIn(join(folder, "reports", "it"), () => true)),
    ...(await readIn(join(folder, "quarantine"), isReason)),
    [
      `${folder} names`,
      names
        .flat()
        .filter((name) => ![...aside].some((each) => name.startsWith(each)))
        .join("\n"),
    ],
  ];
}

/** What IT asks, without more. */
const PRINTING = [
  "status",
  "status --nagios",
  "next",
  "check",
  "quarantine list",
  "audit verify",
  "partner list",
  "directory list",
  "registry status",
] as const;

/** What commands for IT print, for people and for scripts. */
export async function printedAt(home: District, now: Date): Promise<Place[]> {
  const quarantined = (await readdir(join(home.folder, "quarantine"))).slice(-6);
  const commands = [
    ...PRINTING.map((line) => line.split(" ")),
    ...quarantined.flatMap((id) => ["show", "explain"].map((what) => ["quarantine", what, id])),
  ];
  const printed: Place[] = [];
  for (const command of commands) {
    for (const more of [[], ["--json"]]) {
      const ran = await packetboat([...command, ...more, "--config", home.configPath], { now });
      printed.push([`${home.id} ${[...command, ...more].join(" ")}`, ran.stdout + ran.stderr]);
    }
  }
  return printed;
}
