/**
 * The JSON Schemas in `schemas/`, compiled, and what they find said in words. The only door to ajv.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type * as ajv2020 from "ajv/dist/2020.js";
import type { Ajv2020, CodeOptions, ValidateFunction } from "ajv/dist/2020.js";
import type formats from "ajv-formats";
import { type ErrorCode, type Facts, PacketboatError } from "./errors.ts";
import { type Broken, capped, type Fault, faultsOf } from "./schema/words.ts";

export { capped, type Fault, nearestName, placeOf } from "./schema/words.ts";

/** Says everything that is wrong with a value (at most 25 faults, the last one counts the others). */
export type Check = (value: unknown) => Fault[];

/** A JSON Schema or a part of one, as far as others than the checker read it. */
export interface Schema {
  readonly $id?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly enum?: readonly string[];
  readonly default?: unknown;
}

/**
 * The check of one definition; compiled when it is first used.
 *
 * @param file name of a file in `schemas/`
 * @param definition a name under its `$defs`; absent: the file's own root
 * @param called what the faults call a property: `element`, `setting` …
 * @throws Error (from the check) when there is no such schema: a bug
 */
export function checkerFor(file: string, definition?: string, called = "element"): Check {
  let validate: ValidateFunction | undefined;
  return (value) => {
    validate ??= compiled(file, definition);
    return validate(value) ? [] : faultsOf((validate.errors ?? []) as Broken[], called);
  };
}

/**
 * What a reference names.
 *
 * @param file the schema file in which it is written
 * @param ref `#/$defs/Student`, or with the `$id` of another file before the `#`
 * @returns the definition, and the file in which its own references are to be read
 */
export function definitionAt(file: string, ref: string): { file: string; schema: Schema } {
  const [id = "", pointer = ""] = ref.split("#");
  const home = id === "" ? file : fileWithId(id);
  const root = schemas().get(home);
  const schema = pointer === "" ? root : root?.$defs?.[pointer.replace("/$defs/", "")];
  if (!schema) throw new Error(`${file}: ${ref} names nothing`);
  return { file: home, schema };
}

/** `Student/Birthdate: must be …`, one line for each fault; `root` stands for a place that is empty. */
export const faultLines = (faults: readonly Fault[], root = "document"): string[] =>
  faults.map(({ place, sentence }) => `${place === "" ? root : place}: ${sentence}`);

/**
 * Refuse what has faults: the first one in the sentence, all of them in `facts.faults`.
 *
 * @param what the document, and the name of its root
 * @throws PacketboatError of this code, if there is any fault
 */
export function refuseFaults(
  faults: readonly Fault[],
  code: ErrorCode,
  what: { readonly document: string; readonly root: string; readonly facts?: Facts },
): void {
  const lines = faultLines(capped(faults), what.root);
  const [first, ...more] = lines;
  if (first === undefined) return;
  const others = more.length === 0 ? "" : ` (and ${more.length} more)`;
  throw new PacketboatError(code, `${what.document} has a fault at ${first}${others}`, {
    facts: { ...what.facts, faults: lines },
  });
}

const FOLDER = join(packageRoot(), "schemas");
/** Where `npm run build` puts what it compiled ahead; in a checkout there is nothing. */
const AHEAD = join(import.meta.dirname, "schema", "ahead");
/** What the check of a whole file is called there, beside its definitions. */
export const WHOLE = "whole";
const load = createRequire(import.meta.url);
let parsed: ReadonlyMap<string, Schema> | undefined;
let ajv: Ajv2020 | undefined;

/** The sources lie in `daemon/`, the published code in `dist/daemon/`; `schemas/` above both. */
function packageRoot(): string {
  let folder = import.meta.dirname;
  const isRoot = () =>
    ["package.json", "schemas/transfer.schema.json"].every((name) =>
      existsSync(join(folder, name)),
    );
  while (!isRoot()) {
    const above = dirname(folder);
    if (above === folder) throw new Error("the folder schemas/ is missing from this installation");
    folder = above;
  }
  return folder;
}

/** Every schema by the name of its file. */
function schemas(): ReadonlyMap<string, Schema> {
  parsed ??= new Map(
    readdirSync(FOLDER)
      .filter((name) => name.endsWith(".schema.json"))
      .map((name) => [name, JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Schema]),
  );
  return parsed;
}

function fileWithId(id: string): string {
  for (const [file, schema] of schemas()) if (schema.$id === id) return file;
  throw new Error(`no schema has the $id ${id}`);
}

const ready = new Map<string, ValidateFunction>();

function compiled(file: string, definition: string | undefined): ValidateFunction {
  const name = `${file} ${definition ?? WHOLE}`;
  const known = ready.get(name);
  if (known) return known;
  const validate = compiledAhead(file)[definition ?? WHOLE] ?? compiledNow(file, definition);
  ready.set(name, validate);
  return validate;
}

function compiledNow(file: string, definition: string | undefined): ValidateFunction {
  ajv ??= newAjv();
  const id = idKnownTo(ajv, file);
  const validate = ajv.getSchema(definition === undefined ? id : `${id}#/$defs/${definition}`);
  if (!validate) throw new Error(`schemas/${file} has no definition ${definition}`);
  return validate as ValidateFunction;
}

function compiledAhead(file: string): Readonly<Record<string, ValidateFunction>> {
  const path = join(AHEAD, `${file}.cjs`);
  return existsSync(path) ? (load(path) as Record<string, ValidateFunction>) : {};
}

/**
 * `allErrors` is safe because whoever calls has bounded the size; `verbose` brings the schema beside
 * each error (the value that it brings too is never shown).
 *
 * A command compiles before it does anything else, so two things are left out that cost it more than they give: the
 * schemas are ours, and the tests hold them against JSON Schema's own; what is compiled runs as fast untidied. The
 * published package has all that it needs compiled ahead, and does not even load ajv.
 *
 * @param code how it is compiled; for who compiles ahead
 */
export function newAjv(code: CodeOptions = {}): Ajv2020 {
  const { Ajv2020: Ajv } = load("ajv/dist/2020.js") as typeof ajv2020;
  const checking = { strict: true, allErrors: true, verbose: true, discriminator: true } as const;
  const compiling = { validateSchema: false, code: { optimize: false, ...code } } as const;
  const made = new Ajv({ ...checking, ...compiling });
  (load("ajv-formats") as typeof formats).default(made);
  return made;
}

/** Make a schema known to ajv, and the ones it refers to; the others are left alone. */
function idKnownTo(checker: Ajv2020, file: string): string {
  const schema = schemas().get(file);
  if (schema?.$id === undefined) throw new Error(`schemas/${file} is missing or has no $id`);
  if (checker.schemas[schema.$id]) return schema.$id;
  checker.addSchema(schema);
  for (const [, id] of JSON.stringify(schema).matchAll(/"\$ref":"([^"#]+)/g)) {
    if (id !== undefined) idKnownTo(checker, fileWithId(id));
  }
  return schema.$id;
}
