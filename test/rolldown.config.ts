/**
 * The last step of `npm run build`: the SSH library is folded into the two files that use it, so that
 * the published package has no dependency with an install script. ssh2's own tries to compile optional
 * native parts on the machine of whoever installs, and npm warns about it; we never use them.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "rolldown";
import { FOLDED } from "./house.ts";

const dropbox = fileURLToPath(new URL("../dist/daemon/dropbox", import.meta.url));
/** ssh2 asks for these, and does without them when asking fails. */
const NATIVE = /^cpu-features$|\.node$/;
const ABSENT = "\0absent";

export default defineConfig({
  input: { sftp: join(dropbox, "sftp.js"), server: join(dropbox, "server.js") },
  platform: "node",
  // ssh2 is CommonJS, and becomes a module.
  transform: { define: { __dirname: "import.meta.dirname" } },
  // Our own files and all other packages stay as they are.
  external: (id, importer, isResolved) =>
    !isResolved && importer?.startsWith(dropbox) === true && !FOLDED.includes(id),
  plugins: [withoutNativeParts(), withLicences()],
  output: {
    dir: dropbox,
    entryFileNames: "[name].js",
    chunkFileNames: "[name].js",
    codeSplitting: { groups: [{ name: "ssh2", test: /\/node_modules\// }] },
  },
  // Without the paths of this machine.
  experimental: { attachDebugInfo: "none" },
});

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
function withLicences(): Plugin {
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
      this.emitFile({ type: "asset", fileName: "ssh2.LICENSES.txt", source });
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
