/**
 * Preloaded by `node --import` into a child: its clock runs as the FastTime says that is in the file of
 * FAST_CLOCK. It may stand still at first.
 */
import { readFileSync } from "node:fs";
import type { FastTime } from "./clock.ts";

const Real = Date;
const file = process.env["FAST_CLOCK"] ?? "";
const read = (): FastTime => JSON.parse(readFileSync(file, "utf8")) as FastTime;
let time = read();

function shown(): number {
  if (time.factor === 0) time = read();
  return Math.floor(time.shows + (Real.now() - time.began) * time.factor);
}

globalThis.Date = class extends Real {
  constructor(...given: [] | [number | string | Date]) {
    if (given.length === 0) super(shown());
    else super(...given);
  }

  static override now(): number {
    return shown();
  }
} as DateConstructor;
