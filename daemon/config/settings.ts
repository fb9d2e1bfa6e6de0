/**
 * The settings there are, as the schema lists them. What a setting is when the file leaves it out
 * stands there as `default`, where editors show it too, and nowhere else.
 */
import schema from "../../schemas/config.schema.json" with { type: "json" };

/** As far as the config's schema goes. */
interface Part {
  readonly $ref?: string;
  readonly type?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Part>>;
  readonly patternProperties?: Readonly<Record<string, Part>>;
  readonly items?: Part;
}

export type SettingPath = readonly (string | number)[];

/** What is wrong with a setting. */
export interface SettingFault {
  readonly at: SettingPath;
  readonly sentence: string;
}

const definitions: Readonly<Record<string, Part>> = schema.$defs;

/**
 * @param written what the file says, of any shape: what does not fit the schema is handed back as it is
 * @returns a copy with every setting that has a default
 */
export const withDefaults = (written: unknown): unknown => filled(written, schema);

/** What kind of value a setting holds; `undefined` if there is no such setting. */
export function kindOf(path: SettingPath): string | undefined {
  let part: Part | undefined = schema;
  for (const step of path) {
    part = typeof step === "number" ? resolved(part).items : childOf(resolved(part), step);
    if (!part) return undefined;
  }
  return resolved(part).type;
}

/** Sections that every config has, and this one does not. */
export const missingSections = (written: object): string[] =>
  schema.required.filter((name) => !Object.hasOwn(written, name));

function filled(value: unknown, part: Part): unknown {
  const meant = resolved(part);
  if (value === undefined) {
    if (meant.default === undefined) return undefined;
    return filled(structuredClone(meant.default), meant);
  }
  const { items } = meant;
  if (Array.isArray(value)) {
    return items ? value.map((item: unknown) => filled(item, items)) : (value as unknown);
  }
  return isObject(value) ? filledObject(value, meant) : value;
}

function filledObject(value: Record<string, unknown>, part: Part): Record<string, unknown> {
  const result = new Map<string, unknown>();
  for (const [name, item] of Object.entries(value)) {
    const child = childOf(part, name);
    result.set(name, child ? filled(item, child) : item);
  }
  for (const [name, child] of Object.entries(part.properties ?? {})) {
    const byDefault = result.has(name) ? undefined : filled(undefined, child);
    if (byDefault !== undefined) result.set(name, byDefault);
  }
  return Object.fromEntries(result);
}

function childOf(part: Part, name: string): Part | undefined {
  if (part.properties && Object.hasOwn(part.properties, name)) return part.properties[name];
  const patterns = Object.entries(part.patternProperties ?? {});
  return patterns.find(([pattern]) => new RegExp(pattern, "u").test(name))?.[1];
}

function resolved(part: Part): Part {
  const name = part.$ref?.replace("#/$defs/", "");
  return name === undefined ? part : { ...definitions[name], ...part };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
