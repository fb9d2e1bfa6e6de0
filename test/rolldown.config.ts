/**
 * The last step of `npm run build`: two libraries are folded into the files that use them.
 *
 * The SSH library, so that the published package has no dependency with an install script: ssh2's own tries to compile
 * optional native parts on the machine of whoever installs, and npm warns about it; we never use them. And Kysely,
 * because Node takes a tenth of a second of each command's start to load its 255 files.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin, type RolldownOptions } from "rolldown";
import { FOLDED } from "./house.ts";

/** ssh2 asks for these, and does without them when asking fails. */
const NATIVE = /^cpu-features$|\.node$/;
const ABSENT = "\0absent";

export default defineConfig([folded("dropbox", "ssh2"), folded("ledger", "kysely")]);

/** @param name of the file in which the library comes to lie, beside those that use it */
function folded(part: string, name: string): RolldownOptions {
  const folder = fileURLToPath(new URL(`../dist/daemon/${part}`, import.meta.url));
  return {
    input: usersIn(folder),
    platform: "node",
    // ssh2 is CommonJS, and becomes a module.
    transform: { define: { __dirname: "import.meta.dirname" } },
    // Our own files and all other packages stay as they are.
    external: (id, importer, isResolved) =>
      !isResolved && importer?.startsWith(folder) === true && !FOLDED.includes(id),
    plugins: [withoutNativeParts(), withLicences(`${name}.LICENSES.txt`)],
    output: {
      dir: folder,
      entryFileNames: "[name].js",
      chunkFileNames: "[name].js",
      codeSplitting: { groups: [{ name, test: /\/node_modules\// }] },
    },
    // Without the paths of this machine.
    experimental: { attachDebugInfo: "none" },
  };
}

/** The files that import what is folded. */
function usersIn(folder: string): string[] {
  const paths = readdirSync(folder).map((name) => join(folder, name));
  return paths.filter((path) => {
    const code = path.endsWith(".js") ? readFileSync(path, "utf8") : "";
    return FOLDED.some((id) => code.includes(` from "${id}";`));
  });
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
