/**
 * Makes what follows from the JSON Schemas: TypeScript types, and the XSD of the wire.
 *
 * `node schemas/generate.ts` writes the files; with `--check` it writes nothing, names each file that
 * differs from its schema, and exits 1.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";
import { type JsonObject, type Source, typesOf } from "./generate-types.ts";
import { type WireSchema, xsdOf } from "./generate-xsd.ts";

const WIRE = "transfer.schema.json";

/** Which schema's types go where; `root` names the document itself where the schema describes one. */
const TYPES = [
  { file: WIRE, types: "daemon/packet/model.gen.ts", root: "TransferPacket" },
  { file: "outbox.schema.json", types: "daemon/desk/outbox.gen.ts", root: "OutboxDocument" },
  { file: "card.schema.json", types: "daemon/directory/card.gen.ts", root: "CardDocument" },
  {
    file: "directory.schema.json",
    types: "daemon/directory/directory.gen.ts",
    root: "DirectoryDocument",
  },
  { file: "config.schema.json", types: "daemon/config.gen.ts", root: "Config" },
];

const repository = fileURLToPath(new URL("..", import.meta.url));
const inRepository = (path: string): string => join(repository, path);
const read = (path: string): string => readFileSync(inRepository(path), "utf8");
const readJson = (path: string): unknown => JSON.parse(read(path));

/** Every generated file by its path, with the text it must have. */
async function generated(): Promise<Map<string, string>> {
  const present = TYPES.filter(({ file }) => existsSync(inRepository(`schemas/${file}`)));
  const sources: Source[] = present.map((row) => ({
    ...row,
    schema: readJson(`schemas/${row.file}`) as JsonObject,
  }));
  const files = new Map<string, string>();
  for (const source of sources) {
    files.set(source.types, await formatted(source.types, await typesOf(source, sources)));
  }
  const wire = readJson(`schemas/${WIRE}`) as WireSchema;
  return files.set("schemas/transfer-packet.xsd", xsdOf(wire));
}

async function formatted(path: string, text: string): Promise<string> {
  const style = await resolveConfig(inRepository("package.json"));
  return await format(text, { ...style, filepath: path });
}

function check(files: Map<string, string>): void {
  const drifted = [...files].filter(
    ([path, text]) => !existsSync(inRepository(path)) || read(path) !== text,
  );
  for (const [path] of drifted) process.stderr.write(`${path} does not follow from its schema\n`);
  if (drifted.length === 0) return;
  process.stderr.write("hint: run `npm run generate` and commit what it changes\n");
  process.exitCode = 1;
}

const files = await generated();
if (process.argv.includes("--check")) check(files);
else for (const [path, text] of files) writeFileSync(inRepository(path), text);
