/** What the registry knows of the overlap, as it travels, and as people are told of it. */
import type { Overlap as SaidOverlap } from "../packet/model.gen.ts";
import { raise } from "./alerting.ts";
import { given } from "./given.ts";
import type { RaiseAlert, Transfer } from "./effects.ts";
import type { Overlap } from "./overlap.ts";

/** @returns nothing where the enrollments do not overlap: then nothing is said */
export function saidOverlap(overlap: Overlap): SaidOverlap | undefined {
  if (!overlap.known || !overlap.overlaps) return undefined;
  const { start, end, days, stillEnrolledAtBoth } = overlap;
  return {
    OverlapStartDate: start,
    ...given({ OverlapEndDate: end ?? undefined }),
    OverlapDays: String(days),
    StillEnrolledAtBoth: stillEnrolledAtBoth ? "true" : "false",
  };
}

/** As it was said by the entity, which always knows: silence means that there is none. */
export function heardOverlap(said: SaidOverlap | undefined): Overlap {
  if (!said) return { known: true, overlaps: false };
  const { OverlapStartDate: start, OverlapEndDate: end = null, OverlapDays: days = "0" } = said;
  return {
    known: true,
    overlaps: true,
    start,
    end,
    days: Number(days),
    stillEnrolledAtBoth: said.StillEnrolledAtBoth === "true",
  };
}

/** The registry has the student enrolled at both districts, and no end is known. */
export const enrolledAtBoth = (transfer: Transfer, said: SaidOverlap | undefined): RaiseAlert[] =>
  said?.StillEnrolledAtBoth === "true"
    ? [
        raise("STILL_ENROLLED_AT_BOTH", transfer, {
          daysInCommon: Number(said.OverlapDays ?? 0),
          registry: true,
        }),
      ]
    : [];
