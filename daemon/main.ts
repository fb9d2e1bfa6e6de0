#!/usr/bin/env node
// First of all: a scheduler in a zone with summer time would spin through the repeated autumn hour.
process.env.TZ = "UTC";

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

/** Whoever reads our output has gone: `packetboat … | head`. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
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
  listen: ({ reload, look }) => {
    process.on("SIGHUP", reload);
    process.on("SIGUSR2", look);
  },
});

// What a command that was asked to end could not wait for must not keep the process.
if (isObeyed) process.exit(exitCode);
process.exitCode = exitCode;
