/**
 * Ever more messages wait: requests of a list are taken, sent, received and answered. The time for each must stay the
 * same, and the memory of each exchange within its bound.
 */
import { dropList } from "../cohort/cohort.ts";
import { withLedger } from "../homes.ts";
import { type Bench, type Grid, type Ran, runProfiled, type Wanted } from "./bench.ts";
import { newTown, ON_SERVER } from "./evening.ts";

const LEVELS = [1_000, 10_000, 100_000];
const FEW_LEVELS = [20, 60];
/** Rows of one list: a document has a largest size. */
const ROWS_OF_A_LIST = 10_000;
const MOST_MEGABYTES = 300;
/** A message among the most may take so many times as long as one among fewer. */
const MOST_GROWTH = 1.5;

type Row = Grid["rows"][number];

export const waiting: Bench = async (wanted) => {
  const levels = (wanted.quick ? FEW_LEVELS : LEVELS).filter(
    (level) => wanted.rows === null || level <= wanted.rows,
  );
  const rows: Row[] = [];
  const faults: string[] = [];
  const perMessage: number[] = [];
  let peak = 0;
  for (const level of levels) {
    const measured = await measuredLevel(level, wanted);
    faults.push(...measured.faults);
    perMessage.push(measured.msPerMessage);
    peak = Math.max(peak, measured.peak);
    rows.push(measured.row);
  }
  const [last = 0, before = last] = perMessage.toReversed();
  const growth = last / before;
  return {
    about: `requests that wait, over ${ON_SERVER}`,
    figures: [],
    grids: [{ title: "messages waiting", rows }],
    goals: [
      {
        wants: `a message among ${levels.at(-1)} takes no more than ${MOST_GROWTH} times as long as among ${levels.at(-2)}`,
        value: growth,
        isMet: growth <= MOST_GROWTH,
      },
      {
        wants: `each exchange takes less than ${MOST_MEGABYTES} MB`,
        value: peak,
        isMet: peak < MOST_MEGABYTES,
      },
    ],
    faults,
  };
};

async function measuredLevel(
  level: number,
  wanted: Wanted,
): Promise<{ row: Row; msPerMessage: number; peak: number; faults: string[] }> {
  await using world = await newTown();
  const { valley, prairie } = world;
  for (let first = 1; first <= level; first += ROWS_OF_A_LIST) {
    await dropList(valley, Math.min(ROWS_OF_A_LIST, level - first + 1), first);
  }
  const row: Record<string, string | number> = { "messages waiting": level };
  let seconds = 0;
  let peak = 0;
  for (const [step, home] of [
    ["taken and sent", valley],
    ["received", prairie],
    ["receipts and answers", valley],
  ] as const) {
    const ran: Ran = await runProfiled(home, wanted, "exchange");
    seconds += ran.seconds;
    peak = Math.max(peak, ran.peakMegabytes);
    row[`${step}, s`] = ran.seconds;
    row[`${step}, MB`] = ran.peakMegabytes;
    wanted.say(`${level}, ${step}: ${ran.seconds.toFixed(1)} s, ${ran.peakMegabytes} MB`);
  }
  const confirmed = await withLedger(valley, async (ledger) => {
    const messages = await ledger
      .selectFrom("messages_out")
      .select(({ fn }) => fn.countAll<number>().as("count"))
      .where("kind", "=", "SignedRequest")
      .where("state", "=", "CONFIRMED")
      .executeTakeFirstOrThrow();
    return messages.count;
  });
  const msPerMessage = (seconds * 1000) / level;
  return {
    row: { ...row, "ms for each": msPerMessage },
    msPerMessage,
    peak,
    faults: confirmed === level ? [] : [`${confirmed} of ${level} requests are confirmed`],
  };
}
