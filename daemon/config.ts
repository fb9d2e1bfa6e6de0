/**
 * `packetboat.yaml`: read strictly, with every fault told at once by its line. Nothing is dropped,
 * nothing is turned into another type, and a value that is left out has a safe default. The only door
 * to yaml.
 */
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import * as yaml from "yaml";
import { takeHandedInKeys } from "./config/credentials.ts";
import { privatePath } from "./config/paths.ts";
import { ruleFaults } from "./config/rules.ts";
import { secretFaults } from "./config/secrets.ts";
import type { Config as Written } from "./config.gen.ts";
import { kindOf, missingSections, withDefaults } from "./config/settings.ts";
import type { SettingFault, SettingPath } from "./config/settings.ts";
import { roleFaults } from "./config/roles.ts";
import type { Config, DropFolder, EntityConfig, ReportFolder, Server } from "./config/settled.ts";
import { errnoOf } from "./disk.ts";
import { type ErrorCode, PacketboatError } from "./errors.ts";
import { checkerFor, type Fault } from "./schema.ts";

export { parseBoxAddress } from "./config/address.ts";
export type { BoxAddress, FolderAddress, SftpAddress } from "./config/address.ts";
export { areKeysHandedIn, assertSecret, handedInKeys } from "./config/credentials.ts";
export { dropFolderPaths, flagsPath, homePaths, privateFolders } from "./config/paths.ts";
export type { DropFolderPaths, HomePaths } from "./config/paths.ts";
export type { Config, CsvColumn, DropFolder, Mail, Person, Ready } from "./config/settled.ts";
export type {
  EntityConfig,
  Registry,
  RegistryColumn,
  ReportFolder,
  Right,
  School,
  Server,
} from "./config/settled.ts";

const checkForm = checkerFor("config.schema.json", undefined, "setting");
const MOST_BYTES = 1_000_000;

/**
 * Read, check and complete a config.
 *
 * @param path of the file; faults show its last part
 * @param credentials the folder of what the service manager hands in; keys in it are used
 * @throws PacketboatError CONFIG_NOT_FOUND, FILE_UNREADABLE; CONFIG_INVALID with `facts.faults`, one
 *   `file:line: setting: sentence` for every fault; CONFIG_UNSAFE if all that is wrong is who may
 *   read or change a private file
 */
export async function readConfig(path: string, credentials?: string): Promise<Config> {
  const name = basename(path);
  const text = await textOf(path, name);
  const { config, source } = parsed(text, name);
  await takeHandedInKeys(config, credentials);
  const unsafe = await secretFaults(config, path);
  refuseFaults(
    "CONFIG_UNSAFE",
    name,
    unsafe.map((fault) => placed(source, fault)),
  );
  return config;
}

/**
 * The same for a text in hand, without a look at private files.
 *
 * @param name what the file is called in the faults
 * @throws PacketboatError CONFIG_INVALID
 */
export function parseConfig(text: string, name: string): Config {
  return parsed(text, name).config;
}

function parsed(text: string, name: string): { config: Config; source: Source } {
  const source = parseYaml(text);
  refuseFaults("CONFIG_INVALID", name, source.faults);
  const written: unknown = source.document.toJS();
  const faults = checkForm(written).map(atPath);
  const config = withDefaults(written) as Config;
  if (typeof written === "object" && written !== null) {
    faults.push(...roleFaults(written));
    const filled = withDefaults(written) as Written;
    faults.push(...ruleFaults(filled, brokenSections(written, faults)));
  }
  refuseFaults(
    "CONFIG_INVALID",
    name,
    faults.map((fault) => placed(source, fault)),
  );
  const { home, server, mail } = config;
  if (server) server.identityFile = privatePath(home, server.identityFile);
  if (config.role === "entity") settleEntity(config);
  if (mail?.credentialFile) mail.credentialFile = privatePath(home, mail.credentialFile);
  return { config, source };
}

/** It runs on its own server, and has no drop folders; what districts call deadlines it calls followUp. */
function settleEntity(config: Config): void {
  const { server, agency, followUp, deadlines } = config;
  config.dropFolders = {};
  deadlines.noSchool = followUp.noSchool;
  deadlines.answerWithinSchoolDays = followUp.unansweredAfterSchoolDays;
  if (server?.boxes) server.address = `file://${server.boxes}/${agency.id}`;
}

/**
 * @returns the same, if it is an entity's
 * @throws PacketboatError ROLE_DIFFERS
 */
export function entityOf(config: Config): EntityConfig {
  if (config.role === "entity") return config as EntityConfig;
  throw roleDiffers(config, "an entity");
}

/**
 * @returns the drop folder and reports that every district has
 * @throws PacketboatError ROLE_DIFFERS
 */
export function districtOf(config: Config): { office: DropFolder; registrar: ReportFolder } {
  const { office } = config.dropFolders;
  const { registrar } = config.reports;
  if (config.role === "district" && office && registrar) return { office, registrar };
  throw roleDiffers(config, "a district");
}

const roleDiffers = ({ role, agency }: Config, wanted: string): PacketboatError =>
  new PacketboatError(
    "ROLE_DIFFERS",
    `this is for ${wanted}, and ${agency.id} is a home of the role ${role}`,
  );

/**
 * @returns the server, for what cannot be done without one
 * @throws PacketboatError CONFIG_INVALID if the home has none yet
 */
export function serverOf(config: Config): Server {
  if (config.server) return config.server;
  throw new PacketboatError("CONFIG_INVALID", "server is not set: this home has no drop box yet", {
    facts: { setting: "server" },
  });
}

async function textOf(path: string, name: string): Promise<string> {
  try {
    if ((await stat(path)).size > MOST_BYTES) {
      refuseFaults("CONFIG_INVALID", name, [{ line: 1, text: "is larger than any config (1 MB)" }]);
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (cause) {
    if (cause instanceof TypeError) {
      refuseFaults("CONFIG_INVALID", name, [{ line: 1, text: "is not UTF-8: save it as UTF-8" }]);
    }
    const errno = errnoOf(cause);
    if (errno === null) throw cause;
    throw errno === "ENOENT"
      ? new PacketboatError("CONFIG_NOT_FOUND", `there is no config ${path}`, { cause })
      : new PacketboatError("FILE_UNREADABLE", `${path} cannot be read (${errno})`, { cause });
  }
}

/** A fault by the line of the file. */
interface PlacedFault {
  readonly line: number;
  readonly text: string;
}

interface Source {
  readonly document: yaml.Document.Parsed;
  readonly lineAt: (offset: number) => number;
  readonly faults: readonly PlacedFault[];
}

/** The core schema of YAML 1.2, in which `NO` and `2026-12-21` are texts. */
function parseYaml(text: string): Source {
  const lineCounter = new yaml.LineCounter();
  const document = yaml.parseDocument(text, { lineCounter, prettyErrors: false, schema: "core" });
  const lineAt = (offset: number): number => Math.max(1, lineCounter.linePos(offset).line);
  const faults = [...document.errors, ...document.warnings].map(({ code, pos }) => ({
    line: lineAt(pos[0]),
    text: YAML_FAULTS[code] ?? `is not proper YAML here (${code})`,
  }));
  yaml.visit(document, {
    Node: (_, node) => {
      if (!yaml.isAlias(node) && !("anchor" in node && node.anchor)) return;
      const line = lineAt(node.range?.[0] ?? 0);
      faults.push({ line, text: "anchors and aliases are not read: write the value out" });
    },
  });
  return { document, lineAt, faults };
}

const YAML_FAULTS: Partial<Record<yaml.YAMLError["code"], string>> = {
  BAD_INDENT: "is indented otherwise than its neighbours",
  DUPLICATE_KEY: "this setting stands here twice",
  MISSING_CHAR: "a colon, comma, quote or bracket is missing",
  MULTIPLE_DOCS: "a second document begins: one file is one config",
  TAB_AS_INDENT: "is indented with a tab: use spaces",
  TAG_RESOLVE_FAILED: "tags like !name are not read",
  UNEXPECTED_TOKEN: "cannot be read here: look for a missing quote or bracket above",
};

/** `people[2]/may` of a fault as the path of a value; people count from one. */
function atPath({ place, sentence }: Fault): SettingFault {
  const parts = place === "" ? [] : place.split("/");
  const at = parts.flatMap((part) => {
    const [, name = part, indexes = ""] = /^([^[]*)((?:\[[0-9]+\])*)$/.exec(part) ?? [];
    return [name, ...[...indexes.matchAll(/[0-9]+/g)].map(([digits]) => Number(digits) - 1)];
  });
  return { at, sentence };
}

/** Sections that no rule can read. An unknown setting beside the known ones breaks nothing. */
function brokenSections(written: object, faults: readonly SettingFault[]): Set<string> {
  const known = faults.filter(({ at }) => at.length > 0 && kindOf(at) !== undefined);
  return new Set([...missingSections(written), ...known.map(({ at }) => String(at[0]))]);
}

/** The line of a setting, or of what should hold it. */
function placed({ document, lineAt }: Source, { at, sentence }: SettingFault): PlacedFault {
  let node: unknown = document.contents;
  let offset = offsetOf(node) ?? 0;
  for (const step of at) {
    const pair = yaml.isMap(node) ? node.items.find(({ key }) => isNamed(key, step)) : undefined;
    node = yaml.isSeq(node) ? node.items[Number(step)] : pair?.value;
    offset = offsetOf(pair?.key ?? node) ?? offset;
  }
  const said = isUnquoted(node, at) ? `must be text: ${inQuotes(node)}` : sentence;
  return { line: lineAt(offset), text: at.length === 0 ? said : `${shown(at)}: ${said}` };
}

const isNamed = (key: unknown, name: string | number): boolean =>
  yaml.isScalar(key) && String(key.value) === name;

const offsetOf = (node: unknown): number | undefined =>
  yaml.isNode(node) ? node.range?.[0] : undefined;

/** A value that YAML reads as a number or as nothing, where a text is wanted: `zip: 01234`. */
const isUnquoted = (node: unknown, at: SettingPath): node is yaml.Scalar =>
  yaml.isScalar(node) && typeof node.value !== "string" && kindOf(at) === "string";

const inQuotes = ({ source }: yaml.Scalar): string =>
  source ? `put it in quotes, "${source}"` : "there is nothing behind the colon";

const shown = (at: SettingPath): string =>
  at.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step + 1}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");

/** @throws PacketboatError of this code, the faults in the order of the file, if there are any */
function refuseFaults(code: ErrorCode, name: string, faults: readonly PlacedFault[]): void {
  if (faults.length === 0) return;
  const lines = faults
    .toSorted((one, other) => one.line - other.line)
    .map(({ line, text }) => `${name}:${line}: ${text}`);
  const count = lines.length === 1 ? "a fault" : `${lines.length} faults`;
  throw new PacketboatError(code, `${name} has ${count}`, {
    facts: { faults: [...new Set(lines)] },
  });
}

/** A change of a config that keeps its comments: a new value, or the lines turned into a comment. */
export interface ConfigEdit {
  readonly at: SettingPath;
  /** Anything that JSON can say. */
  readonly value?: unknown;
}

/**
 * Write values into a config as people have it before them, word for word but for these settings.
 *
 * @param edits settings that stand in `text`; without a value the setting's lines become a comment
 * @throws Error when a setting is not in `text`: a bug
 */
export function editConfig(text: string, edits: readonly ConfigEdit[]): string {
  const { document } = parseYaml(text);
  const splices = edits.map(({ at, value }) => {
    const map: unknown = document.getIn(at.slice(0, -1), true) ?? document.contents;
    const pair = yaml.isMap(map)
      ? map.items.find(({ key }) => isNamed(key, at.at(-1) ?? ""))
      : null;
    const start = offsetOf(pair?.key);
    const [from, to] = yaml.isNode(pair?.value) ? (pair.value.range ?? []) : [];
    if (start === undefined || from === undefined || to === undefined) {
      throw new Error(`the config has no ${shown(at)} to write to`);
    }
    if (value !== undefined) return { from, to, now: JSON.stringify(value) };
    const line = text.lastIndexOf("\n", start) + 1;
    const column = new RegExp(`^( {${start - line}})(?=.)`, "gm");
    return { from: line, to, now: text.slice(line, to).replaceAll(column, "$1# ") };
  });
  return splices
    .toSorted((one, other) => other.from - one.from)
    .reduce((now, splice) => now.slice(0, splice.from) + splice.now + now.slice(splice.to), text);
}
