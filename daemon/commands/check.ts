import { existsSync } from "node:fs";
import { type Config, homePaths } from "../config.ts";
import { ERRORS, EXIT, type ExitCode, gravestExit, isRefusal } from "../errors.ts";
import { checkClock } from "./checks/clock.ts";
import { checkComing } from "./checks/coming.ts";
import { type Checking, type Finding, ok, refused } from "./checks/finding.ts";
import { checkSharedFolders } from "./checks/folders.ts";
import { checkHome, checkRoom } from "./checks/home.ts";
import { checkKeys, checkPartners } from "./checks/keys.ts";
import { checkLedger } from "./checks/ledger.ts";
import { checkMail } from "./checks/mail.ts";
import { checkServer } from "./checks/server.ts";
import { checkEntity } from "./checks/entity.ts";
import { checkMembership } from "./checks/membership.ts";
import { checkPeers } from "./checks/peers.ts";
import { checkNetwork } from "./checks/network.ts";
import { checkFlags, checkPeople, checkTimeZone } from "./checks/settings.ts";
import { defineCommand } from "./frame/command.ts";
import type { Context } from "./frame/context.ts";
import { counted } from "./showing/spans.ts";

/** Each looks at one thing and tells what it found; none stops another. */
const PARTS: readonly ((
  checking: Checking,
) => Finding | Finding[] | Promise<Finding | Finding[]>)[] = [
  checkHome,
  checkRoom,
  checkKeys,
  checkLedger,
  checkClock,
  checkTimeZone,
  checkComing,
  checkServer,
  checkEntity,
  checkPeers,
  checkMembership,
  checkSharedFolders,
  checkPeople,
  checkFlags,
  checkPartners,
  checkMail,
  checkNetwork,
];

export const command = defineCommand<{ options: { readonly mailTo?: string } }>({
  summary: "what is wrong with this home, and how to mend it",
  example: "check --config /var/lib/packetboat/packetboat.yaml",
  syntax: (syntax) => syntax.option("--mail-to <address>", "send a test mail there"),
  async run({ options, context }) {
    const findings = await found(context, options);
    const count = (level: Finding["level"]) =>
      findings.filter((finding) => finding.level === level).length;
    const [errors, warnings] = [count("error"), count("warning")];
    return {
      result: { errors, warnings, findings },
      lines: [...linesOf(findings), "", verdict(errors, warnings)],
      exit: gravestExit(findings.map(exitOf)),
    };
  },
});

async function found(context: Context, asked: Pick<Checking, "mailTo">): Promise<Finding[]> {
  let config: Config;
  try {
    config = await context.config();
  } catch (error) {
    return refused("config", error);
  }
  const findings = [ok("config", `${context.configPath}, mode ${config.mode}`)];
  const ledger = await ledgerOf(context, config);
  const checking: Checking = { config, now: context.now, ledger, ...asked };
  for (const part of PARTS) findings.push(...[await part(checking)].flat());
  return findings;
}

/** Looking makes none. */
async function ledgerOf(context: Context, config: Config): Promise<Checking["ledger"]> {
  if (!existsSync(homePaths(config).ledger)) return null;
  try {
    return await context.ledger();
  } catch (error) {
    if (isRefusal(error)) return error;
    throw error;
  }
}

/** What is wrong here is a matter of the config, unless the server or security says otherwise. */
function exitOf({ level, code }: Finding): ExitCode {
  if (level !== "error") return EXIT.done;
  const exit = code === null ? EXIT.usage : ERRORS[code].exit;
  return exit === EXIT.refused ? EXIT.usage : exit;
}

/** What is to be done stands once below those that need it. */
const linesOf = (findings: readonly Finding[]): string[] =>
  findings.flatMap(({ level, subject, sentence, hint }, index) => [
    `${level.padEnd(8)} ${subject}: ${sentence}`,
    ...(hint === null || hint === findings[index + 1]?.hint ? [] : [`${" ".repeat(9)}${hint}`]),
  ]);

const verdict = (errors: number, warnings: number): string =>
  errors + warnings === 0
    ? "Nothing is wrong."
    : `${counted(errors, "error")}, ${counted(warnings, "warning")}.`;
