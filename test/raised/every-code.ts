/**
 * After a run of the whole suite: each refusal and alert that there is was raised by the program in some test,
 * and each code that has words for the quarantine has brought something into it. One that was not is a sentence
 * that nobody has ever seen.
 */
import { globSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { Reporter, TestModule, TestRunEndReason, Vitest } from "vitest/node";
import { ALERT_KINDS } from "../../daemon/alerts/catalogue.ts";
import { EXPLAINED } from "../../daemon/desk/refusal-words.ts";
import { ERRORS } from "../../daemon/errors.ts";
import { allRaised, type Raised, ROOT } from "./raised.ts";

/** Of refused files that stay in the box since too many are kept: only an alert says it. */
const NOT_KEPT = "RELAY_KEPT_FULL";

/** `main.ts` says the first before an old Node could load the table; `commands/process.test.ts` reads it there. */
const NEVER_THROWN: ReadonlySet<string> = new Set(["NODE_TOO_OLD", NOT_KEPT]);

/** All that can be raised. */
const RAISABLE: readonly Raised[] = [
  ...Object.keys(ERRORS).flatMap((code) =>
    NEVER_THROWN.has(code) ? [] : (`error ${code}` as const),
  ),
  ...Object.keys(ALERT_KINDS).map((code) => `alert ${code}` as const),
  ...[...EXPLAINED, NOT_KEPT].map((code) => `kept ${code}` as const),
];

/** What is wrong with a suite in which these were raised, in sentences. */
export function faultsOf(raised: ReadonlySet<Raised>): string[] {
  const never = RAISABLE.filter((each) => !raised.has(each));
  const known = new Set<string>(RAISABLE);
  const unknown = [...raised].filter((each) => !known.has(each));
  return [
    ...(never.length > 0 ? [`no test makes the program raise: ${never.join(", ")}`] : []),
    ...(unknown.length > 0 ? [`raised, and without words: ${unknown.join(", ")}`] : []),
  ];
}

/** Fails a run of the whole suite in which a code was never raised; of any other it says nothing. */
export class EveryCode implements Reporter {
  /** Of this run; its workers write there. */
  readonly folder = join(tmpdir(), `packetboat-raised-${process.pid}`);
  /** What the run has shown to be wrong, in sentences. */
  faults: readonly string[] = [];
  #isByName = false;

  onInit({ config }: { readonly config: Pick<Vitest["config"], "testNamePattern"> }): void {
    this.#isByName = config.testNamePattern !== undefined;
  }

  onTestRunEnd(
    ran: readonly Pick<TestModule, "moduleId">[],
    _unhandled: unknown,
    reason: TestRunEndReason,
  ): void {
    const files = new Set(ran.map(({ moduleId }) => relative(ROOT, moduleId)));
    const isWhole = !this.#isByName && testFiles().every((file) => files.has(file));
    if (isWhole && reason !== "interrupted") this.faults = faultsOf(allRaised(this.folder));
    rmSync(this.folder, { recursive: true, force: true });
    if (this.faults.length === 0) return;
    process.stdout.write(`\n${this.faults.join("\n")}\n`);
    process.exitCode = 1;
  }
}

/** As the config has them. */
const testFiles = (): string[] => globSync("test/**/*.test.ts", { cwd: ROOT });
