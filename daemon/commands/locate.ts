import { locate, type Place, placesIn } from "../directory/locator.ts";
import { PacketboatError } from "../errors.ts";
import { defineCommand } from "./frame/command.ts";
import { table } from "./frame/shown.ts";

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
    if (!/^[A-Za-z]{2}$/.test(options.state)) {
      const typed = JSON.stringify(options.state.slice(0, 40));
      throw new PacketboatError("USAGE", `${typed} is no state: name it by two letters, like MN`);
    }
    const places = await placesIn(await context.ledger(), options.state);
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
