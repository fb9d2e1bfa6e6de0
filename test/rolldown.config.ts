/**
 * The first step of `npm run build`: the program as it is published, in few files, because Node takes time for each that
 * a command loads when it starts. What is loaded when it is needed stays apart.
 *
 * Two libraries are folded in. The SSH library, so that the published package has no dependency with an install script:
 * ssh2's own tries to compile optional native parts on the machine of whoever installs, and npm warns about it; we never
 * use them. And Kysely, for its 255 files.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildOptions, Plugin } from "rolldown";
import { FOLDED } from "./house.ts";

/** ssh2 asks for these, and does without them when asking fails. */
const NATIVE = /^cpu-features$|\.node$/;
const ABSENT = "\0absent";

const here = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const OURS = here("daemon/");

export default programIn(here("dist/daemon"), { main: here("daemon/main.ts") });

/**
 * The program in few files.
 *
 * @param dir for these files
 * @param input what is started, by the names of their files
 */
export function programIn(dir: string, input: Readonly<Record<string, string>>): BuildOptions {
  return {
    input,
    platform: "node",
    // ssh2 is CommonJS, and becomes a module.
    transform: { define: { __dirname: "import.meta.dirname" } },
    // All other packages stay as they are.
    external: (id, importer) =>
      importer?.startsWith(OURS) === true && /^[^./\0]/.test(id) && !FOLDED.includes(id),
    plugins: [withoutNativeParts(), withLicences("LICENSES.txt")],
    output: {
      dir,
      entryFileNames: "[name].js",
      chunkFileNames: "[name].js",
      codeSplitting: {
        groups: FOLDED.map((name) => ({ name, test: new RegExp(`/node_modules/${name}/`) })),
      },
    },
    // Without the paths of this machine.
    experimental: { attachDebugInfo: "none" },
  };
}

function withoutNativeParts(): Plugin {
  return {
    name: "without-native-parts",
    resolveId: (id) => (NATIVE.test(id) ? ABSENT : null),
    load: (id) =>
      id === ABSENT
        ? { code: 'throw new Error("packetboat has no native parts");', moduleType: "js" }
        : null,
  };
}

/** Beside the folded code, the licence of every package that is in it. */
function withLicences(fileName: string): Plugin {
  return {
    name: "with-licences",
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap((file) =>
        file.type === "chunk" ? file.moduleIds : [],
      );
      const roots = new Set(modules.filter((id) => id.includes("/node_modules/")).map(rootOf));
      const source = [...roots]
        .toSorted()
        .map(licenceOf)
        .join(`\n${"-".repeat(80)}\n\n`);
      this.emitFile({ type: "asset", fileName, source });
    },
  };
}

function rootOf(file: string): string {
  const folder = dirname(file);
  return /\/node_modules\/(?:@[^/]+\/)?[^/]+$/.test(folder) ? folder : rootOf(folder);
}

function licenceOf(root: string): string {
  const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    name: string;
    version: string;
  };
  const file = readdirSync(root).find((one) => /^licen[cs]e(?:\.\w+)?$/i.test(one));
  if (file === undefined || !existsSync(join(root, file))) {
    throw new Error(`${name} has no licence file`);
  }
  return `${name} ${version}\n\n${readFileSync(join(root, file), "utf8").trim()}\n`;
}
