/** TypeScript types of one JSON Schema: each definition by its own name, each declared once. */
import { posix } from "node:path";
import { compile, type JSONSchema } from "json-schema-to-typescript";

/** One JSON Schema, where its types go, and what the document itself is called in TypeScript. */
export interface Source {
  readonly file: string;
  readonly types: string;
  readonly root: string;
  readonly schema: JsonObject;
}

type Json = string | number | boolean | null | Json[] | JsonObject;
export interface JsonObject {
  [keyword: string]: Json;
}

/** Keywords that would rename a type, or say in a comment what ajv checks anyway. */
const UNSAID = new Set(["$schema", "$id", "title", "minItems", "maxItems"]);

const OPTIONS = {
  additionalProperties: false,
  bannerComment: "",
  format: false,
  ignoreMinAndMaxItems: true,
} as const;

/**
 * @param source the schema to declare
 * @param others all schemas, this one among them: what they define is imported, not declared again
 * @returns TypeScript, not yet formatted
 * @throws Error when a reference names nothing, or a definition's name is no name of a type
 */
export async function typesOf(source: Source, others: readonly Source[]): Promise<string> {
  const imports = new Map<string, Set<string>>();
  const { $defs, ...root } = source.schema;
  const defs = Object.entries(isObject($defs) ? $defs : {});
  if (["type", "oneOf", "anyOf"].some((keyword) => keyword in root)) defs.push([source.root, root]);
  const declarations: string[] = [];
  for (const [name, def] of defs) {
    if (!/^[A-Z][A-Za-z0-9]*$/.test(name))
      throw new Error(`${source.file}: ${name} must be in PascalCase`);
    const plain = withoutReferences(def, source, others, imports);
    declarations.push(await compile(plain as JSONSchema, name, OPTIONS), ...byKind(name, def));
  }
  return [banner(source), ...importLines(imports, source), ...declarations].join("\n");
}

const banner = ({ file }: Source): string =>
  `// made by \`npm run generate\` from schemas/${file}\n`;

/**
 * Each `$ref` becomes the name of its type. Left to the compiler, a reference with a description
 * beside it would be declared a second time under another name, and so would another file's types.
 */
function withoutReferences(
  json: Json,
  source: Source,
  others: readonly Source[],
  imports: Map<string, Set<string>>,
): Json {
  if (Array.isArray(json))
    return json.map((item) => withoutReferences(item, source, others, imports));
  if (!isObject(json)) return json;
  if (typeof json.$ref === "string") {
    const tsType = typeNamed(json.$ref, source, others, imports);
    return json.description === undefined ? { tsType } : { tsType, description: json.description };
  }
  const kept = Object.entries(json).filter(([key, value]) => !UNSAID.has(key) || isObject(value));
  return Object.fromEntries(
    kept.map(([key, value]) => [key, withoutReferences(value, source, others, imports)]),
  );
}

/** `#/$defs/Sex`, `transfer.schema.json#/$defs/Sex`, or a whole file by its name or `$id`. */
function typeNamed(
  ref: string,
  source: Source,
  others: readonly Source[],
  imports: Map<string, Set<string>>,
): string {
  const [file = "", pointer = ""] = ref.split("#");
  const home = file === "" ? source : others.find((other) => isCalled(other, file));
  const name = pointer.startsWith("/$defs/") ? pointer.slice("/$defs/".length) : home?.root;
  const known =
    pointer === "" || (isObject(home?.schema.$defs) && (name ?? "") in home.schema.$defs);
  if (!home || name === undefined || !known)
    throw new Error(`${source.file}: ${ref} names nothing`);
  if (home !== source) imports.set(home.types, (imports.get(home.types) ?? new Set()).add(name));
  return name;
}

const isCalled = ({ file, schema }: Source, name: string): boolean =>
  name === file || name === schema.$id || name.endsWith(`/${file}`);

function importLines(imports: Map<string, Set<string>>, source: Source): string[] {
  return [...imports].map(([types, names]) => {
    const path = posix.relative(posix.dirname(source.types), types);
    const from = path.startsWith(".") ? path : `./${path}`;
    return `import type { ${[...names].toSorted().join(", ")} } from "${from}";\n`;
  });
}

/** A list of several kinds also says which type belongs to which element's name. */
function byKind(name: string, def: Json): string[] {
  const kinds = isObject(def) && isObject(def.items) ? def.items.oneOf : undefined;
  if (name !== "Messages" || !Array.isArray(kinds)) return [];
  const names = kinds.map((kind) => (isObject(kind) ? kind.$ref : undefined));
  const lines = names
    .filter((ref) => typeof ref === "string")
    .map((ref) => ref.replace("#/$defs/", ""))
    .map((kind) => `${kind}: ${kind};`);
  return [
    `/** Each kind of message under the name of its element. */\nexport interface MessageByKind {\n${lines.join("\n")}\n}\n`,
    "export type MessageKind = keyof MessageByKind;\n",
  ];
}

const isObject = (json: unknown): json is JsonObject =>
  typeof json === "object" && json !== null && !Array.isArray(json);
