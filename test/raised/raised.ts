/** What the program has raised while tests ran: noted in each worker, and gathered from all of them. */
import { appendFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** A refusal, an alert, and a code with which something came into the quarantine. */
export type Raised = `error ${string}` | `alert ${string}` | `kept ${string}`;

/**
 * By the test file that runs now. It stands here and not in `note.ts`, which is set up anew for each file, while the
 * program's own modules stay and note where they noted first.
 */
export const raised = new Set<Raised>();

/** The checkout. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** These make what others raise with them, and are not those who raise it. */
const MAKERS = /^(?:daemon\/(?:errors|ledger\/alerts|alerts\/raise)\.ts|test\/raised\/note\.ts)$/;

/** Did the program raise it, and not a test that makes one by hand? */
export function isProgram(stack: string): boolean {
  const files = stack.split("\n").flatMap((line) => fileOf(line) ?? []);
  return files.find((file) => !MAKERS.test(file))?.startsWith("daemon/") ?? false;
}

/** Below the checkout, of one line of a stack; `null` for Node's own. */
function fileOf(line: string): string | null {
  const path = /^\s+at .*?(?:file:\/\/)?(\/[^()]*):\d+:\d+\)?$/.exec(line)?.[1];
  if (path === undefined) return null;
  const file = relative(ROOT, path);
  return file.startsWith("..") || file.startsWith("node_modules") ? null : file;
}

/** What a worker has to add to the folder of its run. */
export function addRaised(folder: string, more: ReadonlySet<Raised>): void {
  mkdirSync(folder, { recursive: true });
  appendFileSync(join(folder, String(process.pid)), [...more, ""].join("\n"));
}

/** What all of them have added. */
export function allRaised(folder: string): Set<Raised> {
  mkdirSync(folder, { recursive: true });
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  const lines = texts.flatMap((text) => text.split("\n"));
  return new Set(lines.filter((line) => line !== "") as Raised[]);
}
