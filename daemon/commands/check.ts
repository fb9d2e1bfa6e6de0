import type { Config } from "../config.ts";
import { ERRORS, EXIT, type ExitCode } from "../errors.ts";
import { checkHome, checkSharedFolders } from "./checks/folders.ts";
import { checkKeys } from "./checks/keys.ts";
import type { Finding } from "./checks/finding.ts";
import { ok, refused } from "./checks/finding.ts";
import { checkServer } from "./checks/server.ts";
import { checkLedger, checkPeople, checkServerSettings, checkTime } from "./checks/settings.ts";
import { defineCommand, gravest } from "./frame/command.ts";

/** Each looks at one thing and tells what it found; none stops another. */
const PARTS: readonly ((
  config: Config,
  at: Date,
) => Finding | Finding[] | Promise<Finding | Finding[]>)[] = [
  checkHome,
  checkKeys,
  checkLedger,
  checkServerSettings,
  checkServer,
  checkSharedFolders,
  checkPeople,
  checkTime,
];

export const command = defineCommand<object>({
  summary: "what is wrong with this home, and how to mend it",
  example: "check --config /var/lib/packetboat/packetboat.yaml",
  async run({ context }) {
    const findings: Finding[] = [];
    const config = await context.config().catch((error: unknown) => {
      findings.push(...refused("config", error));
    });
    if (config) {
      findings.push(ok("config", `${context.configPath}, mode ${config.mode}`));
      for (const part of PARTS) findings.push(...[await part(config, context.now())].flat());
    }
    const count = (level: Finding["level"]) =>
      findings.filter((finding) => finding.level === level).length;
    const [errors, warnings] = [count("error"), count("warning")];
    return {
      result: { errors, warnings, findings },
      lines: [...linesOf(findings), "", verdict(errors, warnings)],
      exit: gravest(findings.map(exitOf)),
    };
  },
});

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

const counted = (count: number, thing: string): string =>
  count === 1 ? `1 ${thing}` : `${count} ${thing}s`;

const verdict = (errors: number, warnings: number): string =>
  errors + warnings === 0
    ? "Nothing is wrong."
    : `${counted(errors, "error")}, ${counted(warnings, "warning")}.`;
