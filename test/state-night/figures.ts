/** What a night came to, and what in it is not as it must be. */
import type { ChildDaemon } from "../child-daemons.ts";
import type { Seen } from "./household.ts";
import { type Standing, tally } from "./standing.ts";

export interface EntitysExchange {
  readonly collected: number;
  readonly sent: number;
  readonly realSeconds: number;
}

/** Exchanges of the districts, in real time. */
export interface DistrictsExchanges {
  readonly made: number;
  readonly byScope: Readonly<Record<string, number>>;
  /** Codes of whatever failed, or was lost and mended. */
  readonly troubles: Readonly<Record<string, number>>;
  /** Of those in which everything was made. */
  readonly tookMs: Spread;
  /** From the call to the server until it had let us in. */
  readonly loginMs: Spread;
}

/** Half of them are not above the first, nineteen of twenty not above the second. */
export interface Spread {
  readonly half: number;
  readonly most: number;
  readonly longest: number;
}

/** Alerts that people are to have: the records came. */
const DESERVED = "RECORDS_RELEASED";

/** The entity's exchanges in which there was anything to do. @param factor of its clock */
export const exchangesOf = ({ lines }: ChildDaemon, factor: number): EntitysExchange[] =>
  lines
    .filter(({ message }) => message === "Exchange ended")
    .map(({ collected, sent, tookMs }) => ({
      collected: Number(collected),
      sent: Number(sent),
      realSeconds: Math.round(Number(tookMs) / factor / 100) / 10,
    }))
    .filter(({ collected, sent }) => collected + sent > 0);

export const summaryOf = (seen: readonly Seen[]): DistrictsExchanges => ({
  made: seen.length,
  byScope: tally(seen.map(({ scope }) => scope)),
  troubles: tally(seen.flatMap(({ codes }) => codes)),
  tookMs: spreadOf(seen.filter(({ scope }) => scope === "everything").map((one) => one.tookMs)),
  loginMs: spreadOf(seen.flatMap(({ loginMs }) => loginMs ?? [])),
});

function spreadOf(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  return { half: at(0.5), most: at(0.95), longest: at(1) };
}

/** Every move came to its end at all three, and nobody heard of anything else. */
export function faultsOf({ transfers, alerts }: Standing, moves: number): string[] {
  const wanted = new Map(
    ["entity", "releaser", "requester"].map((side) => [`${side} Delivered`, moves]),
  );
  const found = Object.entries(transfers).filter(([word, count]) => wanted.get(word) !== count);
  const missing = [...wanted.keys()].filter((word) => !(word in transfers));
  const { [DESERVED]: deserved = 0, ...others } = alerts;
  return [
    ...found.map(([word, count]) => `${count} transfers are ${word}, of ${moves}`),
    ...missing.map((word) => `no transfer is ${word}, of ${moves}`),
    ...Object.entries(others).map(([code, count]) => `${count} alerts ${code}`),
    ...(deserved === moves ? [] : [`${deserved} alerts that records came, of ${moves}`]),
  ];
}
