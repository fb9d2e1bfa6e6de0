import { setTimeout as sleep } from "node:timers/promises";
import { ERRORS, type ErrorCode, EXIT, type ExitCode, PacketboatError } from "../errors.ts";
import { parseAgencyId } from "../ids.ts";
import { knownAgency } from "../ledger/agencies.ts";
import { backoffs } from "../ledger/runs.ts";
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

/** Between two exchanges while a receipt is waited for. */
const PAUSE_MS = 2_000;

export const command = defineCommand<Typed>({
  summary: "send a test packet, and see whether its receipt has come",
  example: "ping 2700105",
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
    // Whoever sets the clock meanwhile does not make us wait longer.
    const until = performance.now() + (options.wait ?? 0) * 1000;
    let standing = await exchangeOnce(context, partner);
    while (standing.standing === "sent" && performance.now() < until) {
      await sleep(Math.min(PAUSE_MS, until - performance.now()));
      standing = await exchangeOnce(context, partner);
    }
    const { agency } = await context.config();
    return {
      result: resultOf(partner, standing),
      lines: [lineOf(partner, standing, agency.timeZone)],
      exit: exitOf(standing, options.wait !== undefined),
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

/** @throws PacketboatError why the server, or this partner's box, could not be reached */
async function exchangeOnce(context: Context, { agency_id: id }: AgencyRow): Promise<Stood> {
  const done = await exchangeNow(context);
  if (done.failure) throw brokenOff(done, done.failure);
  const ledger = await context.ledger();
  const last = await lastPing(ledger, id);
  if (!last) throw new Error("the test packet is not in the ledger");
  const standing = standingOf(last);
  if (standing !== "waiting") return { standing, ping: last };
  const failed = (await backoffs(ledger)).find((row) => row.agency_id === id);
  const code = failed && Object.hasOwn(ERRORS, failed.code) ? failed.code : "BOX_FAILED";
  const sentence = `the test packet could not be left for agency ${id}`;
  throw new PacketboatError(code as ErrorCode, sentence);
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
