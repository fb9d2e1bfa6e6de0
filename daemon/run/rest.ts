/**
 * How long a server that was not reached is left in peace, in milliseconds: twice as long after each
 * failure, spread by chance so that a thousand districts do not come back in the same second (TRUST F35).
 *
 * @param failures in a row, at least one
 * @param mostMinutes it is tried this often in any case
 */
export function restMs({
  failures,
  mostMinutes,
  random,
}: {
  readonly failures: number;
  readonly mostMinutes: number;
  readonly random: () => number;
}): number {
  const minutes = Math.min(2 ** Math.min(failures - 1, 20), mostMinutes);
  return minutes * (0.5 + random() / 2) * 60_000;
}
