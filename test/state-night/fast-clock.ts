/** Preloaded by `node --import` into a child: its clock runs as the FastTime says that FAST_CLOCK holds. */
import type { FastTime } from "./clock.ts";

const Real = Date;
const { shows, began, factor } = JSON.parse(process.env["FAST_CLOCK"] ?? "{}") as FastTime;
const shown = (): number => Math.floor(shows + (Real.now() - began) * factor);

globalThis.Date = class extends Real {
  constructor(...given: [] | [number | string | Date]) {
    if (given.length === 0) super(shown());
    else super(...given);
  }

  static override now(): number {
    return shown();
  }
} as DateConstructor;
