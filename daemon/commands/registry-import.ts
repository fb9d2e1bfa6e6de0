import { entityOf } from "../config.ts";
import { faultText, type Imported, importFile } from "../entity/registry/import.ts";
import { EXIT, PacketboatError } from "../errors.ts";
import { ownAccount } from "../people.ts";
import { defineCommand } from "./frame/command.ts";
import { heldLine, importResult, waitingLines } from "./registering/shown.ts";
import { barOn } from "./showing/progress.ts";
import { counted } from "./showing/spans.ts";

interface Typed {
  readonly args: [file: string];
  readonly options: {
    readonly snapshot?: boolean;
    readonly changes?: boolean;
    readonly proceed?: boolean;
  };
}

/** On a terminal; with --json there are more. */
const SHOWN_FAULTS = 20;

export const command = defineCommand<Typed>({
  summary: "take the students and enrollments that a file lists into the entity's registry",
  example: "registry import students.csv --snapshot",
  syntax: (syntax) =>
    syntax
      .argument("<file>", "CSV; its columns may be mapped in the config")
      .option("--snapshot", "it lists every enrollment: what is open and not listed has ended")
      .option("--changes", "it lists what is new or has changed")
      .option("--proceed", "however many enrollments it closes"),
  async run({ args: [file], options, context }) {
    if ((options.snapshot === true) === (options.changes === true)) {
      throw new PacketboatError("USAGE", "say either --snapshot or --changes");
    }
    const { registry: settings, agency } = entityOf(await context.config());
    using bar = barOn(context.progressOn);
    const imported = await importFile({
      ledger: await context.ledger(),
      settings,
      timeZone: agency.timeZone,
      path: context.path(file),
      kind: options.snapshot === true ? "snapshot" : "changes",
      mayClose: options.proceed === true,
      by: context.as ?? ownAccount() ?? "unknown",
      at: context.now(),
      progress: bar.show,
    });
    const { outcome, row, faults } = imported;
    const isDone = outcome !== "waiting" && (outcome === "known" || row.faulty_rows === 0);
    return {
      result: { outcome, ...importResult(row), faults },
      lines: linesOf(imported),
      exit: isDone ? EXIT.done : EXIT.needsPerson,
    };
  },
});

function linesOf({ outcome, row, faults }: Imported): string[] {
  if (outcome === "known") {
    return ["This very file is in the registry already: nothing changes.", heldLine(row)];
  }
  const read = `Read ${counted(row.rows, "row")}; ${row.faulty_rows} left out with faults.`;
  const shown = faults.slice(0, SHOWN_FAULTS).map((fault) => `  ${faultText(fault)}`);
  const more = row.faulty_rows > SHOWN_FAULTS ? ["  … and more: see them with --json"] : [];
  if (outcome === "waiting") return [read, ...shown, ...more, ...waitingLines(row)];
  const closed = row.closed > 0 ? [`Closed: ${counted(row.closed, "enrollment")}.`] : [];
  return [read, ...shown, ...more, ...closed, heldLine(row)];
}
