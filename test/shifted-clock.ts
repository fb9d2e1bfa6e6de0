/**
 * Preloaded by `node --import` into a child: its clock is wrong by as many milliseconds as the file says
 * that CLOCK_SHIFT names, and jumps when the file changes, as a clock does that somebody sets.
 */
import { readFileSync } from "node:fs";

const Real = Date;
const file = process.env["CLOCK_SHIFT"] ?? "";
const READ_AGAIN_MS = 20;
let shiftMs = 0;
let readAt = -Infinity;

function shifted(): number {
  if (performance.now() - readAt > READ_AGAIN_MS) {
    readAt = performance.now();
    shiftMs = Number(readFileSync(file, "utf8"));
  }
  return Real.now() + shiftMs;
}

globalThis.Date = class extends Real {
  constructor(...given: [] | [number | string | Date]) {
    if (given.length === 0) super(shifted());
    else super(...given);
  }

  static override now(): number {
    return shifted();
  }
} as DateConstructor;
