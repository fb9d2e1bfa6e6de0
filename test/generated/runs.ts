/**
 * How often something generated is tried: briefly in the suite, and at length with `PACKETBOAT_RUNS=20000`.
 * A failure names the seed and the path, which `fc.assert` takes to come back to it.
 */
import fc from "fast-check";
import { vi } from "vitest";

const LONG = Number(process.env.PACKETBOAT_RUNS ?? 0);
/** Of one property, in the long form. */
const LONGEST_MS = Number(process.env.PACKETBOAT_MINUTES ?? 4) * 60_000;

if (LONG > 0) vi.setConfig({ testTimeout: 2 * LONGEST_MS, hookTimeout: 2 * LONGEST_MS });

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
  const limits = { interruptAfterTimeLimit: LONGEST_MS, markInterruptAsFailure: false };
  const endOnFailure = dear >= 100;
  const details = await fc.check(property, { numRuns, endOnFailure, ...(isLong ? limits : {}) });
  if (isLong) process.stderr.write(`${what}: ${details.numRuns} runs, seed ${details.seed}\n`);
  if (!details.failed) return;
  throw new Error(fc.defaultReportMessage(details) ?? what, { cause: details.errorInstance });
}
