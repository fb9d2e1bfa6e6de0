import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { ClosingLine } from "./closing-line.ts";
import { EveryCode } from "./raised/every-code.ts";

const everyCode = new EveryCode();

/** What measures the process in which it runs, or changes it for good. */
const ALONE = [
  "test/crowd/flood.test.ts",
  "test/directory/crowd.test.ts",
  "test/dropbox/leaks.test.ts",
  "test/dropbox/sftp.test.ts",
  "test/hostile/exchange.test.ts",
  "test/key-bombs.test.ts",
  "test/keys/bombs.test.ts",
  "test/keys/vectors.test.ts",
  "test/packet/xml.test.ts",
  "test/reports/crowd.test.ts",
];

/** Few lines that take long: in the end one worker would wait for these. */
const LONG = /\/(?:bench|cohort|kills-(?:again|even|odd)|many|night)\.test\.ts$/;

/** Those alone, then the long ones, then the largest. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const turnOf = ({ project, moduleId }: TestSpecification): number =>
      project.name === "alone" ? 0 : LONG.test(moduleId) ? 1 : 2;
    const sizeOf = ({ moduleId }: TestSpecification): number => statSync(moduleId).size;
    return files.toSorted(
      (one, other) => turnOf(one) - turnOf(other) || sizeOf(other) - sizeOf(one),
    );
  }
}

const root = fileURLToPath(new URL("..", import.meta.url));

const each = {
  root,
  environment: "node",
  env: { TZ: "UTC" },
  testTimeout: 60_000,
  hookTimeout: 60_000,
  maxWorkers: 2,
  // Of tests that mostly wait, and say `concurrent`.
  maxConcurrency: 12,
  setupFiles: ["test/raised/note.ts"],
  provide: { raisedFolder: everyCode.folder },
};

export default defineConfig({
  root,
  test: {
    globalSetup: ["test/built.ts"],
    reporters: ["default", everyCode, new ClosingLine(everyCode)],
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
    projects: [
      { test: { ...each, name: "alone", include: ALONE } },
      // Files that share a process share what it has loaded and compiled: half of what most of them take.
      {
        test: {
          ...each,
          name: "shared",
          include: ["test/**/*.test.ts"],
          exclude: ALONE,
          isolate: false,
        },
      },
    ],
  },
});
