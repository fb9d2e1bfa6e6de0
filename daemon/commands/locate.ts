import { locate } from "../directory/locate.ts";
import { PacketboatError } from "../errors.ts";
import { listAgencies } from "../ledger/agencies.ts";
import type { AgencyRow } from "../ledger/tables.ts";
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
    const agencies = await listAgencies(await context.ledger());
    const districts = agencies.filter(({ role }) => role === "district");
    const found = locate(districts, options);
    const rows = found.map((agency) => [
      agency.agency_id,
      agency.state_number,
      agency.name,
      agency.city,
      agency.state,
      agency.zip,
      agency.phone,
      agency.status,
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

const placeOf = (agency: AgencyRow) => ({
  agencyId: agency.agency_id,
  stateNumber: agency.state_number,
  name: agency.name,
  city: agency.city,
  state: agency.state,
  zip: agency.zip,
  phone: agency.phone,
  status: agency.status,
  knownBy: agency.source,
});
