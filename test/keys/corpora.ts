/** The corpora that lie beside a checkout and are not part of the project (`../shared/corpora`). */
import { existsSync } from "node:fs";
import { join } from "node:path";

const root = process.env.PACKETBOAT_CORPORA ?? join(import.meta.dirname, "../../../shared/corpora");

/** The path of a folder in the corpora, or null, said aloud, when they are not there. */
export function corpus(name: string): string | null {
  const path = join(root, name);
  if (existsSync(path)) return path;
  process.stderr.write(`SKIPPED: no corpus ${name}; PACKETBOAT_CORPORA says where to look\n`);
  return null;
}
