import { dirname, join } from "node:path";
import { reportsConfigOf } from "../daemon.ts";
import { requestReader, studentReader } from "../desk/requests.ts";
import { makeSharedFolder } from "../disk.ts";
import { pastRuns } from "../ledger/past-runs.ts";
import { type ReportsConfig, writeReports } from "../reports/write.ts";
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
    const config = await placeOf(context, options.out);
    const ledger = await context.ledger();
    const { since } = options;
    const from = since === undefined ? null : startOf(dayIn(since, "--since"), config.timeZone);
    const reading = { studentsOf: studentReader(ledger), requestOf: requestReader(ledger) };
    const reporting = { ledger, config, at: context.now(), ...reading };
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

/** The reports of the config, and where they are to lie; folders that were named are made. */
async function placeOf(context: Context, out: string | undefined): Promise<ReportsConfig> {
  const config = reportsConfigOf(await context.config());
  if (out === undefined) return config;
  const folder = context.path(out);
  const [registrarPath, itPath] = [join(folder, "registrar"), join(folder, "it")];
  for (const path of [registrarPath, itPath]) await makeSharedFolder(path);
  return { ...config, registrarPath, itPath };
}

const foldersOf = (files: readonly string[]): string[] => {
  const folders = [...new Set(files.map((path) => dirname(path)))];
  return [`${files.length} files in ${folders.join(" and ")}`];
};
