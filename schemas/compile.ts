/**
 * A part of `npm run build`: the checks of all that people and partners write, compiled ahead, so that a command need not
 * compile them when it starts.
 *
 * `node schemas/compile.ts FOLDER` writes one file for each schema, which `daemon/schema.ts` looks for.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import standalone from "ajv/dist/standalone/index.js";
import { MESSAGE_KINDS } from "../daemon/packet/model.ts";
import { newAjv, type Schema, WHOLE } from "../daemon/schema.ts";

/** What the daemon checks, by schema; whatever else is asked for, a test for example, is compiled where it is asked for. */
const CHECKED: Readonly<Record<string, readonly string[]>> = {
  "config.schema.json": [WHOLE],
  "transfer.schema.json": [
    ...MESSAGE_KINDS,
    "Header",
    "TransferRequest",
    "Referral",
    "StudentRecord",
    "Student",
    "FileName",
    "UuidV7",
  ],
  "outbox.schema.json": ["OutboxMessage", "Requests", "ListedRequest"],
  "card.schema.json": ["Card", "SignedCard", "KeySuccession"],
  "directory.schema.json": ["Directory"],
};

/** The code of a CommonJS module for each schema, with a check for each definition. */
export function compiledAhead(): Map<string, string> {
  const schemas = new Map(Object.keys(CHECKED).map((file) => [file, schemaIn(file)]));
  const ajv = newAjv({ source: true });
  for (const schema of schemas.values()) ajv.addSchema(schema);
  return new Map(
    [...schemas].map(([file, { $id = "" }]) => {
      const idOf = (name: string): string => (name === WHOLE ? $id : `${$id}#/$defs/${name}`);
      const ids = Object.fromEntries((CHECKED[file] ?? []).map((name) => [name, idOf(name)]));
      return [file, standalone.default(ajv, ids)];
    }),
  );
}

const schemaIn = (file: string): Schema =>
  JSON.parse(readFileSync(new URL(file, import.meta.url), "utf8")) as Schema;

/** Each in a file of this folder, which is made. */
export function writeCompiledAhead(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [file, code] of compiledAhead()) writeFileSync(join(folder, `${file}.cjs`), code);
}

if (import.meta.main) writeCompiledAhead(process.argv[2] ?? "");
