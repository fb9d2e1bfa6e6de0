import { run } from "../run.ts";
import { NotEnded } from "../run/hung.ts";
import { startWatchdog } from "../run/watchdog.ts";
import { defineCommand } from "./frame/command.ts";

export const command = defineCommand<object>({
  summary: "the daemon: take, collect, and exchange at night, until it is ended",
  example: "run --config /etc/packetboat/packetboat.yaml",
  async run({ context }) {
    const { now, signal: stop, listen } = context;
    await using _ = startWatchdog();
    const startedAt = now();
    const parked = (error: unknown): number => {
      if (error instanceof NotEnded && error.isParked) return 0;
      throw error;
    };
    const exchanges = await run({
      readConfig: () => context.readConfig(),
      ledger: await context.ledger(),
      log: await context.shownLog(),
      now,
      random: Math.random,
      stop,
      listen,
    }).catch(parked);
    const span = { startedAt: startedAt.toISOString(), endedAt: now().toISOString() };
    return { result: { ...span, exchanges }, lines: [] };
  },
});
