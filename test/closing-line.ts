/** The last line of a test run, plain enough for a script: `tests: 120 passed, 0 failed, 2 skipped`. */
import type { Reporter, SerializedError, TestModule, TestRunEndReason } from "vitest/node";

export class ClosingLine implements Reporter {
  readonly #suite: { readonly faults: readonly string[] };

  /** @param suite what the reporters before this one found wrong with the suite as a whole */
  constructor(suite: { readonly faults: readonly string[] }) {
    this.#suite = suite;
  }

  onTestRunEnd(
    modules: readonly TestModule[],
    unhandled: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    // A run that was broken off, or found nothing to run, says nothing that could pass for a verdict.
    if (reason === "interrupted" || modules.length === 0) return;
    process.stdout.write(`${closingLine(modules, unhandled.length + this.#suite.faults.length)}\n`);
  }
}

/**
 * A file that could not be run, and whatever is wrong outside every test, count as failed: nothing that went
 * wrong may end in a line without failures.
 */
function closingLine(modules: readonly TestModule[], elsewhere: number): string {
  const states = modules.flatMap((module) => [...module.children.allTests()].map(stateOf));
  const count = (state: string): number => states.filter((one) => one === state).length;
  const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
  const outside = suites.flatMap((suite) => suite.errors()).length + elsewhere;
  const failed = count("failed") + count("pending") + outside;
  const skipped = count("skipped");
  const counts = [`${count("passed")} passed`, `${failed} failed`];
  if (skipped > 0) counts.push(`${skipped} skipped`);
  return `tests: ${counts.join(", ")}`;
}

const stateOf = (test: { result(): { state: string } }): string => test.result().state;
