/**
 * How often something generated is tried: briefly in the suite, and at length with `PACKETBOAT_RUNS=20000`.
 * A failure names its seed and path; `PACKETBOAT_SEED=… PACKETBOAT_PATH=…` and the name of the test come back to it.
 */
import fc from "fast-check";
import { vi } from "vitest";

const LONG = Number(process.env.PACKETBOAT_RUNS ?? 0);
const { PACKETBOAT_SEED: seed, PACKETBOAT_PATH: path } = process.env;
const AGAIN = { ...(seed ? { seed: Number(seed) } : {}), ...(path ? { path } : {}) };
/** Of one property: then no more is tried, nor made smaller, so that a failure is told before the test's time is over. */
const LONGEST_MS = LONG > 0 ? Number(process.env.PACKETBOAT_MINUTES ?? 4) * 60_000 : 40_000;

if (LONG > 0) vi.setConfig({ testTimeout: 4 * LONGEST_MS, hookTimeout: 4 * LONGEST_MS });

/**
 * Assert a property.
 *
 * @param short how many runs in the suite
 * @param dear so many times dearer than the cheapest is one run: in the long form there are as many fewer, and
 *   what takes whole homes is not shrunk
 */
export async function holds<Values>(
  what: string,
  property: fc.IAsyncProperty<Values> | fc.IProperty<Values>,
  { short, dear = 1 }: { short: number; dear?: number },
): Promise<void> {
  const isLong = LONG > 0;
  const numRuns = isLong ? Math.max(short, Math.ceil(LONG / dear)) : short;
  const details = await fc.check(property, {
    numRuns,
    ...AGAIN,
    // What was begun in a home cannot be broken off: it would go on beside the next thing.
    ...(dear >= 100
      ? { endOnFailure: true }
      : { plugins: [fc.interruptAfterTimeLimit(LONGEST_MS)] }),
  });
  if (isLong) process.stderr.write(`${what}: ${details.numRuns} runs, seed ${details.seed}\n`);
  if (!details.failed) return;
  throw new Error(fc.defaultReportMessage(details) ?? what, { cause: details.errorInstance });
}
