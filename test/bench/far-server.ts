/**
 * A server at the other end of the country: a line of 10 megabits a second, once without a delay and once with a round
 * trip of 80 ms. What one message in a packet takes must be what its bytes take, not what is asked and answered.
 */
import { hindrance } from "../openssh.ts";
import { roughLine } from "../dropbox/rough-line.ts";
import { type Bench, type Grid } from "./bench.ts";
import { Evening } from "./evening.ts";
import { entriesFor, exported } from "./exports.ts";

const PACKETS = 1_000;
const FEW_PACKETS = 4;
const RECORD_BYTES = 8 * 1024;
const BYTES_PER_SECOND = 1_250_000;
const ROUND_TRIP_MS = 80;
/** The exchange may take so many times as long as on a line of the same width without a delay. */
const MOST_DELAY = 1.5;

export const farServer: Bench = async ({ quick, rows, say, profiles }) => {
  const messages = rows ?? (quick ? FEW_PACKETS : PACKETS);
  const about = `${messages} packets over a line of 10 Mbit/s, and one with a round trip of ${ROUND_TRIP_MS} ms`;
  if (hindrance !== null) {
    return { about, figures: [], skipped: [`all of it: ${hindrance}`], faults: [] };
  }
  await using evening = await Evening.before(messages);
  await using line = await roughLine(evening.server.port);
  const letter = await evening.letter();
  const entries = entriesFor(RECORD_BYTES);
  const files = new Map(
    Array.from({ length: messages }, (_, index) => {
      const reference = evening.references.get(String(index + 1)) ?? "";
      const { outbox } = exported(index + 1, entries, { reference, letter });
      return [`release-${index}.xml`, outbox] as const;
    }),
  );
  const table: Grid["rows"][number][] = [];
  const seconds: number[] = [];
  const faults: string[] = [];
  for (const roundTripMs of [0, ROUND_TRIP_MS]) {
    line.slow({ latencyMs: roundTripMs / 2, bytesPerSecond: BYTES_PER_SECOND });
    const before = line.done.passed.toServer + line.done.passed.toClient;
    const night = await evening.spend({
      messages,
      files,
      profiles,
      port: line.port,
      messagesPerPacket: 1,
    });
    const bytes = line.done.passed.toServer + line.done.passed.toClient - before;
    seconds.push(night.seconds);
    faults.push(...night.faults);
    say(`a round trip of ${roundTripMs} ms: ${night.seconds.toFixed(1)} s`);
    table.push({
      "round trip, ms": String(roundTripMs),
      ...night.steps,
      "whole, s": night.seconds,
      "the bytes alone, s": bytes / BYTES_PER_SECOND,
    });
  }
  const [near = 0, far = 0] = seconds;
  const delay = far / near;
  return {
    about,
    figures: [
      {
        name: "round trips that each packet waits for",
        value: ((far - near) * 1000) / ROUND_TRIP_MS / messages,
        unit: "",
      },
    ],
    grids: [{ title: "round trip, ms", rows: table }],
    goals: [
      {
        wants: `far away it takes no more than ${MOST_DELAY} times as long`,
        value: delay,
        isMet: delay <= MOST_DELAY,
      },
    ],
    faults,
  };
};
