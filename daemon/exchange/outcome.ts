/** What an exchange came to: its counts, and the exit code that stands for all of it. */
import { EXIT, type ExitCode, gravestExit, type PacketboatError } from "../errors.ts";
import type { InboundCounts } from "../inbound.ts";
import type { OutboundCounts } from "../outbound.ts";

export interface ExchangeCounts extends InboundCounts, OutboundCounts {
  documents: number;
  documentsRefused: number;
  /** At an entity: sealed files that were moved on to another state. */
  relayed: number;
}

export const noCounts = (): ExchangeCounts => ({
  documents: 0,
  documentsRefused: 0,
  collected: 0,
  taken: 0,
  refused: 0,
  waiting: 0,
  published: 0,
  packed: 0,
  sent: 0,
  failed: 0,
  relayed: 0,
});

/** Was anything done? What waits, or was not reached, is no work: it may be so for days. */
export const isWorkDone = (counts: ExchangeCounts): boolean =>
  !isIdle({ ...counts, waiting: 0, failed: 0 });

/** Nothing lay in the outboxes, nothing waited to leave, and nothing came. */
export const isIdle = (counts: ExchangeCounts): boolean =>
  Object.values(counts).every((count) => count === 0);

/** The first of those whose exit code stands for all. */
export function gravest(failures: readonly PacketboatError[]): PacketboatError | null {
  const exit = gravestExit(failures.map((failure) => failure.exit));
  return failures.find((failure) => failure.exit === exit) ?? null;
}

export function exitOf(counts: ExchangeCounts, failures: readonly PacketboatError[]): ExitCode {
  const failure = gravest(failures);
  if (failure) return failure.exit;
  const needsPerson = counts.refused + counts.documentsRefused + counts.failed > 0;
  return needsPerson ? EXIT.needsPerson : EXIT.done;
}
