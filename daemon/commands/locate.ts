import { locate, type Place, placesIn } from "../directory/locator.ts";
import { defineCommand } from "./frame/command.ts";
import { table } from "./frame/shown.ts";
import { stateIn } from "./typed/state.ts";

interface Options {
  readonly state: string;
  readonly name?: string;
  readonly city?: string;
  readonly zip?: string;
}

export const command = defineCommand<{ options: Options }>({
  summary: "find a district by state, name, city or ZIP",
  example: 'locate --state MN --name "Saint Paul"',
  syntax: (syntax) =>
    syntax
      .requiredOption("--state <st>", "two letters")
      .option("--name <name>", "or some of its words")
      .option("--city <city>", "of the district's office")
      .option("--zip <zip>", "five digits"),
  async run({ options, context }) {
    const state = stateIn(options.state);
    const places = await placesIn(await context.ledger(), state);
    const found = locate(places, options);
    const rows = found.map((place) => [
      place.agencyId,
      place.stateNumber,
      place.name,
      place.city,
      place.state,
      place.zip,
      place.phone,
      place.status,
    ]);
    return {
      result: found.map(placeOf),
      lines: table(
        ["Id", "Number", "Name", "City", "State", "ZIP", "Phone", "Status"],
        rows,
        "No district is known that fits; leave out the ZIP or some words of the name.",
      ),
    };
  },
});

const placeOf = ({
  agencyId,
  stateNumber,
  name,
  city,
  state,
  zip,
  phone,
  status,
  knownBy,
}: Place) => ({
  agencyId,
  stateNumber,
  name,
  city,
  state,
  zip,
  phone,
  status,
  knownBy,
});
