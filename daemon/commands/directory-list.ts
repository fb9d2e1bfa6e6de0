import { isOnlyNamed } from "../directory/address.ts";
import { listAgencies } from "../ledger/agencies.ts";
import type { AgencyRow } from "../ledger/tables.ts";
import { defineCommand } from "./frame/command.ts";
import { table } from "./frame/shown.ts";
import { counted } from "./showing/spans.ts";

export const command = defineCommand<object>({
  summary: "the districts of the directory that gave their card, and whether they take part",
  example: "directory list",
  async run({ context }) {
    const { role } = await context.config();
    const source = role === "entity" ? "card" : "directory";
    const agencies = await listAgencies(await context.ledger());
    const all = agencies.filter((each) => each.role === "district" && each.source === source);
    const districts = all.filter((each) => !isOnlyNamed(each));
    const others = all.length - districts.length;
    const rows = districts.map((each) => [
      each.agency_id,
      each.state_number,
      each.name,
      each.city,
      each.status,
      each.phone,
    ]);
    const none =
      role === "entity"
        ? "No districts yet: take one up with `packetboat directory add CARD`."
        : "No directory has been read yet: packetboat exchange, once your entity is joined (packetboat join CARD).";
    return {
      result: districts.map(districtOf),
      lines: [
        ...table(["Id", "Number", "Name", "City", "Status", "Phone"], rows, none),
        ...(others === 0
          ? []
          : [
              `${counted(others, "district")} more of the directory never gave a card: packetboat locate finds them.`,
            ]),
      ],
    };
  },
});

const districtOf = (agency: AgencyRow) => ({
  agencyId: agency.agency_id,
  name: agency.name,
  stateNumber: agency.state_number,
  city: agency.city,
  state: agency.state,
  zip: agency.zip,
  phone: agency.phone,
  status: agency.status,
  successorId: agency.successor_id,
  fingerprint: agency.fingerprint,
});
