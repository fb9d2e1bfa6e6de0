import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { ClosingLine } from "./closing-line.ts";
import { EveryCode } from "./raised/every-code.ts";

const everyCode = new EveryCode();

export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    include: ["test/**/*.test.ts"],
    environment: "node",
    env: { TZ: "UTC" },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Of tests that mostly wait, and say `concurrent`.
    maxConcurrency: 12,
    globalSetup: ["test/built.ts"],
    setupFiles: ["test/raised/note.ts"],
    provide: { raisedFolder: everyCode.folder },
    reporters: ["default", everyCode, new ClosingLine(everyCode)],
  },
});
