#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";

// Before anything is loaded that an older Node cannot read.
if (Number(process.versions.node.split(".")[0]) < 24) {
  process.stderr.write(
    `packetboat: error: this is Node ${process.versions.node}, and packetboat needs 24 or later [NODE_TOO_OLD]\n` +
      "packetboat: hint: Install Node 24 or later, and see that it stands first in the PATH.\n",
  );
  process.exit(2);
}

// The early releases of Node 24 call SQLite experimental, on stderr, at every start.
const emitWarning = process.emitWarning.bind(process);
process.emitWarning = (...warning: unknown[]): void => {
  if (warning[1] !== "ExperimentalWarning") Reflect.apply(emitWarning, process, warning);
};

// What lies about is cleared away sooner: a night is as quick, and needs less memory. What new objects may take, only
// a start of Node can say: config/packetboat.service does.
setFlagsFromString("--heap-growing-percent=50");

// Also before the rest: a scheduler in a zone with summer time would spin through the repeated autumn hour.
process.env.TZ = "UTC";

/** Whoever starts a daemon may tell it at once to read its config again; that ends any other command. */
let reload: (() => void) | undefined;
let isReloadWanted = false;
process.on("SIGHUP", () => {
  if (reload) reload();
  else if (process.argv.includes("run")) isReloadWanted = true;
  else process.exit(128 + 1);
});

const { runCommandLine } = await import("./commands/frame/run.ts");

const ending = new AbortController();
let isObeyed = false;

for (const [name, number] of [
  ["SIGINT", 2],
  ["SIGTERM", 15],
] as const) {
  process.on(name, () => {
    // The first is a wish, if the command listens; the second is an order.
    if (!isObeyed || ending.signal.aborted) process.exit(128 + number);
    ending.abort();
  });
}

/** Whoever reads our output has gone: `packetboat … | head`. A daemon goes on, and on writing to its file. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (isObeyed) return;
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const exitCode = await runCommandLine({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  now: () => new Date(),
  signal: () => {
    isObeyed = true;
    return ending.signal;
  },
  listen: (calls) => {
    reload = calls.reload;
    process.on("SIGUSR2", calls.look);
    if (isReloadWanted) reload();
  },
});

// What a command that was asked to end could not wait for must not keep the process.
if (isObeyed) process.exit(exitCode);
process.exitCode = exitCode;
