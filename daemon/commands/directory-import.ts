import { importDistricts, listFaultText, type ListImported } from "../directory/list/import.ts";
import { namingOf } from "../entity/listing.ts";
import { EXIT } from "../errors.ts";
import { listCards } from "../ledger/agencies.ts";
import { listedCounts, listedWith } from "../ledger/listed-districts.ts";
import { defineCommand } from "./frame/command.ts";
import { counted } from "./showing/spans.ts";

/** On a terminal; with --json there are all. */
const SHOWN_FAULTS = 20;

export const command = defineCommand<{ args: [file: string] }>({
  summary: "take the districts that a file of NCES lists, for the District Locator",
  example: "directory import lea_ccd.csv",
  syntax: (syntax) =>
    syntax
      .argument("<file>", "CSV: an export of the NCES search, or a district file of its CCD")
      .addHelpText(
        "after",
        "\nAnother file adds to the first, and the same one again replaces what it said.\nA district that is listed takes no part until its card or the directory says so.",
      ),
  async run({ args: [file], context }) {
    const [{ role, agency }, ledger] = [await context.config(), await context.ledger()];
    const path = context.path(file);
    const imported = await importDistricts({ ledger, path, at: context.now() });
    const list = await listedCounts(ledger);
    const ofState =
      role === "entity"
        ? namingOf(await listedWith(ledger, agency.id), await listCards(ledger))
        : null;
    return {
      result: { ...imported, list, ofState },
      lines: [
        ...linesOf(imported),
        `The list has ${counted(list.districts, "district")} of ${counted(list.states, "state or territory", "states and territories")}.`,
        ...(ofState === null ? [] : ofStateLines(ofState)),
      ],
      exit: imported.leftOut > 0 ? EXIT.needsPerson : EXIT.done,
    };
  },
});

function linesOf({ rows, added, changed, same, leftOut, faults, passedOver }: ListImported) {
  const shown = faults.slice(0, SHOWN_FAULTS).map((fault) => `  ${listFaultText(fault)}`);
  const more = faults.length - shown.length;
  return [
    `Read ${counted(rows, "row")}: ${added} added, ${changed} changed, ${same} as before; ${leftOut} left out with faults.`,
    ...shown,
    ...(more > 0 ? [`  … and ${more} more: see them with --json`] : []),
    ...(passedOver.length > 0 ? [`Columns passed over: ${passedOver.join(", ")}.`] : []),
  ];
}

/** Without the list, districts would look in vain for those of their own state that have not joined yet. */
function ofStateLines({ named, notNamed }: ReturnType<typeof namingOf>): string[] {
  const stand = `Of our state, ${counted(named, "district")} without a card will stand in the directory when it is next published`;
  if (notNamed === 0) return [`${stand}.`];
  return [
    `${stand}; ${notNamed} will not, for want of a city or ZIP: import a list that has them.`,
  ];
}
