/** No two folders of a home may be the same, or one inside the other: what came out would go in again. */
import { existsSync, realpathSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import type { Config as Written } from "../config.gen.ts";
import { parseBoxAddress } from "./address.ts";
import { dropFolderPaths, homePaths } from "./paths.ts";
import type { SettingFault } from "./settings.ts";

/** A folder that a setting takes for one use. */
interface Claim {
  readonly at: readonly string[];
  /** What it is, for people. */
  readonly what: string;
  readonly path: string;
  readonly kind: "private" | "drop" | "report" | "box" | "own";
}

/**
 * Reports may lie in a drop folder, beside what lies there anyway; nothing else may share. Links are
 * followed where the folders exist.
 */
export function folderFaults(config: Written): SettingFault[] {
  const claims = claimsOf(config);
  return claims.flatMap((claim, index) => {
    const fault = claims.slice(0, index).flatMap((earlier) => clash(claim, earlier) ?? [])[0];
    return fault === undefined ? [] : [{ at: claim.at, sentence: fault }];
  });
}

function claimsOf(config: Written): Claim[] {
  const { state, keys, quarantine } = homePaths(config);
  const claim = (kind: Claim["kind"], what: string, path: string, ...at: string[]): Claim => ({
    kind,
    what,
    path: real(path),
    at,
  });
  return [
    claim("private", "the home's state folder", state, "home"),
    claim("private", "the home's keys folder", keys, "home"),
    claim("private", "the home's quarantine", quarantine, "home"),
    ...boxOf(config).map((path) => claim("box", "server.address", path, "server", "address")),
    ...Object.entries(config.dropFolders ?? {}).map(([name, { path }]) =>
      claim("drop", `dropFolders.${name}.path`, path, "dropFolders", name, "path"),
    ),
    ...(["registrar", "it"] as const).flatMap((name) => {
      const path = config.reports[name]?.path;
      if (path === undefined) return [];
      return [claim("report", `reports.${name}.path`, path, "reports", name, "path")];
    }),
    ...entitysFolders(config).map(([path, ...at]) => claim("own", at.join("."), path, ...at)),
  ];
}

/** The boxes, the published directory, and where the registry's files are dropped. */
function entitysFolders({ server, directory, registry }: Written): [string, ...string[]][] {
  const all: [string | undefined, ...string[]][] = [
    [server?.boxes, "server", "boxes"],
    [directory?.folder, "directory", "folder"],
    [registry?.dropFolder, "registry", "dropFolder"],
  ];
  return all.flatMap(([path, ...at]) => (path === undefined ? [] : [[path, ...at]]));
}

/** @returns what is wrong with `claim` beside one that stands before it */
function clash(claim: Claim, earlier: Claim): string | null {
  if (claim.path === earlier.path) return `is the same folder as ${earlier.what}`;
  if (isInside(earlier.path, claim.path)) return `holds ${earlier.what}`;
  if (!isInside(claim.path, earlier.path)) return null;
  if (claim.kind !== "report" || earlier.kind !== "drop") return `lies inside ${earlier.what}`;
  const taken = Object.values(dropFolderPaths(earlier)).find(
    (path) => claim.path === path || isInside(claim.path, path),
  );
  return taken === undefined ? null : `lies where ${earlier.what} has its own folders`;
}

const isInside = (path: string, folder: string): boolean =>
  path.startsWith(folder === sep ? sep : folder + sep);

/** The folder of a box on this machine; an address with a fault is told of by its own rule. */
function boxOf({ server }: Written): string[] {
  const address = server?.address;
  if (!address?.startsWith("file:")) return [];
  try {
    return [parseBoxAddress(address).folder];
  } catch {
    return [];
  }
}

/** Links followed as far as the path exists. */
function real(path: string): string {
  const whole = resolve(path);
  if (existsSync(whole)) return realpathSync(whole);
  const above = dirname(whole);
  return above === whole ? whole : join(real(above), whole.slice(above.length));
}
