import { dirname, join } from "node:path";
import { reportingOf } from "../daemon.ts";
import { makeSharedFolder } from "../disk.ts";
import { pastRuns } from "../ledger/past-runs.ts";
import { type Reporting, writeReports } from "../reports/write.ts";
import { defineCommand } from "./frame/command.ts";
import type { Context } from "./frame/context.ts";
import { dayIn, startOf } from "./typed/day.ts";

interface Options {
  readonly since?: string;
  readonly out?: string;
}

export const command = defineCommand<{ options: Options }>({
  summary: "write the reports now",
  example: "report --since 2026-11-16 --out /tmp/reports",
  syntax: (syntax) =>
    syntax
      .option("--since <day>", "with every exchange from this day on (else the last one)")
      .option("--out <dir>", "into DIR/registrar and DIR/it (else where the config says)")
      .addHelpText("after", "\nDIR/registrar names students; DIR/it does not."),
  async run({ options, context }) {
    const [config, ledger] = [await context.config(), await context.ledger()];
    const reporting = await placed(
      context,
      options.out,
      reportingOf({ config, ledger, now: context.now }),
    );
    const { since } = options;
    const from =
      since === undefined ? null : startOf(dayIn(since, "--since"), config.agency.timeZone);
    const paths = new Set<string>();
    const runs = await pastRuns(ledger, from);
    for (const run of runs) {
      for (const path of await writeReports({ ...reporting, run })) paths.add(path);
    }
    if (runs.length === 0) for (const path of await writeReports(reporting)) paths.add(path);
    const files = [...paths];
    return {
      result: { files },
      lines: [...files.filter((path) => path.endsWith(".html")), ...foldersOf(files)],
    };
  },
});

/** Where the reports are to lie: folders that were named are made. An entity has none for registrars. */
async function placed(
  context: Context,
  out: string | undefined,
  reporting: Reporting,
): Promise<Reporting> {
  if (out === undefined) return reporting;
  const { config } = reporting;
  const folder = context.path(out);
  const itPath = join(folder, "it");
  const registrarPath = config.registrarPath === null ? null : join(folder, "registrar");
  for (const path of [registrarPath, itPath]) if (path !== null) await makeSharedFolder(path);
  return { ...reporting, config: { ...config, registrarPath, itPath } };
}

const foldersOf = (files: readonly string[]): string[] => {
  const folders = [...new Set(files.map((path) => dirname(path)))];
  return [`${files.length} files in ${folders.join(" and ")}`];
};
