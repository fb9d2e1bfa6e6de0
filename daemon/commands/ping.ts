import { setTimeout as sleep } from "node:timers/promises";
import {
  ERRORS,
  type ErrorCode,
  EXIT,
  type ExitCode,
  isRefusal,
  PacketboatError,
} from "../errors.ts";
import { type AgencyId, parseAgencyId } from "../ids.ts";
import { knownAgency } from "../ledger/agencies.ts";
import { listAlerts } from "../ledger/alerts.ts";
import type { Ledger } from "../ledger/connect.ts";
import { lastPing, type Ping } from "../ledger/standing.ts";
import type { AgencyRow } from "../ledger/tables.ts";
import { exchangeNow } from "./exchanging/exchange.ts";
import { brokenOff } from "./exchanging/failure.ts";
import { ping, standingOf } from "./exchanging/ping.ts";
import { defineCommand } from "./frame/command.ts";
import type { Context } from "./frame/context.ts";
import { shownTime } from "./showing/times.ts";
import { secondsIn } from "./typed/seconds.ts";

interface Typed {
  readonly args: [agency: string];
  readonly options: { readonly wait?: number };
}

/** Between two exchanges while a receipt is waited for: short at first, for whoever sits there. */
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 30_000;
/** What may be over by the next exchange. */
const PASSING: readonly ErrorCode[] = ["HOME_BUSY", "BOX_UNREACHABLE", "BOX_TIMEOUT"];

export const command = defineCommand<Typed>({
  summary: "send a test packet, and see whether its receipt has come",
  example: "ping 2700105 --wait 60",
  syntax: (syntax) =>
    syntax
      .argument("<agency>", "the partner's seven digits")
      .option("--wait <seconds>", "exchange again and again until the receipt comes", secondsIn)
      .addHelpText(
        "after",
        "\nEach time it makes one exchange. The receipt comes after the partner's next exchange: run it again then.",
      ),
  async run({ args: [typed], options, context }) {
    const ledger = await context.ledger();
    const partner = await knownAgency(ledger, parseAgencyId(typed));
    refuseStopped(partner);
    await ping(ledger, partner.agency_id, context.now());
    const { wait } = options;
    const stood = await (wait === undefined
      ? exchangeOnce(context, partner)
      : exchangeUntil(context, partner, wait));
    const { agency } = await context.config();
    return {
      result: resultOf(partner, stood),
      lines: [lineOf(partner, stood, agency.timeZone)],
      exit: exitOf(stood, wait !== undefined),
    };
  },
});

interface Stood {
  readonly standing: ReturnType<typeof standingOf>;
  readonly ping: Ping;
}

function refuseStopped({ agency_id: id, stopped_code: code }: AgencyRow): void {
  if (code === null) return;
  const sentence = `nothing is sent to agency ${id} until a person acts: ${code}`;
  throw new PacketboatError("PARTNER_STOPPED", sentence, { facts: { code } });
}

/**
 * Exchange until the packet is answered, or the time is over. Another exchange under way, or a server
 * that is away for a moment, is waited out too.
 *
 * @param seconds by a clock that nobody can set meanwhile
 * @throws PacketboatError what hinders it for good, or still does when the time is over
 */
async function exchangeUntil(
  context: Context,
  partner: AgencyRow,
  seconds: number,
): Promise<Stood> {
  const until = performance.now() + seconds * 1000;
  let hasTold = false;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    const stood = await exchangeOnce(context, partner).catch(passing);
    const isOver = performance.now() >= until;
    if (stood instanceof PacketboatError) {
      if (isOver) throw stood;
    } else {
      if (stood.standing !== "sent" || isOver) return stood;
      if (!hasTold) context.say(waitingLine(partner, seconds));
      hasTold = true;
    }
    await sleep(Math.max(0, Math.min(pauseMs, until - performance.now())));
  }
}

function passing(error: unknown): PacketboatError {
  if (isRefusal(error) && PASSING.includes(error.code)) return error;
  throw error;
}

const waitingLine = ({ name }: AgencyRow, seconds: number): string =>
  `The test packet lies in the box of ${name}; waiting up to ${seconds} s for its receipt.`;

/** @throws PacketboatError why the server, or this partner's box, could not be reached */
async function exchangeOnce(context: Context, { agency_id: id }: AgencyRow): Promise<Stood> {
  const done = await exchangeNow(context);
  if (done.failure) throw brokenOff(done, done.failure);
  const ledger = await context.ledger();
  const last = await lastPing(ledger, id);
  if (!last) throw new Error("the test packet is not in the ledger");
  const standing = standingOf(last);
  if (standing !== "waiting") return { standing, ping: last };
  refuseStopped(await knownAgency(ledger, id));
  throw await notLeft(ledger, id);
}

/** Why it could not be left: the exchange has told it in an alert. */
async function notLeft(ledger: Ledger, id: AgencyId): Promise<PacketboatError> {
  const open = await listAlerts(ledger, { open: true });
  const alert = open.find(({ code, subject }) => code === "PARTNER_UNREACHABLE" && subject === id);
  const told = String(alert?.facts["code"]);
  const code = Object.hasOwn(ERRORS, told) ? (told as ErrorCode) : "BOX_FAILED";
  const why = alert ? `: ${String(alert.facts["reason"])}` : "";
  return new PacketboatError(code, `the test packet could not be left for agency ${id}${why}`);
}

const exitOf = ({ standing }: Stood, isWaitedFor: boolean): ExitCode => {
  if (standing === "refused") return EXIT.refused;
  return standing === "sent" && isWaitedFor ? EXIT.unreachable : EXIT.done;
};

function lineOf(
  { agency_id: id, name }: AgencyRow,
  { standing, ping: { message, packet } }: Stood,
  timeZone: string,
): string {
  const at = (time: string | null | undefined): string =>
    time ? shownTime(new Date(time), timeZone) : "?";
  if (standing === "answered") {
    return `${name} has answered, at ${at(message.answered_at)}: the way works in both directions.`;
  }
  if (standing === "refused") {
    return `${name} refused the test packet (${message.answer_code}): call its IT.`;
  }
  return `The test packet has lain in the box of ${name} since ${at(packet?.sent_at)}. Its receipt comes after their next exchange: packetboat ping ${id}`;
}

const resultOf = (partner: AgencyRow, { standing, ping: { message, packet } }: Stood) => ({
  agencyId: partner.agency_id,
  name: partner.name,
  standing,
  sequence: packet?.sequence ?? null,
  sentAt: packet?.sent_at ?? null,
  answeredAt: message.answered_at,
  answerCode: message.answer_code,
});
