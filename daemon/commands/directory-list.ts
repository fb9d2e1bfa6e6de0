import { listAgencies } from "../ledger/agencies.ts";
import type { AgencyRow } from "../ledger/tables.ts";
import { defineCommand } from "./frame/command.ts";
import { table } from "./frame/shown.ts";

export const command = defineCommand<object>({
  summary: "the districts of the directory, and whether they take part",
  example: "directory list",
  async run({ context }) {
    const { role } = await context.config();
    const source = role === "entity" ? "card" : "directory";
    const agencies = await listAgencies(await context.ledger());
    const districts = agencies.filter((each) => each.role === "district" && each.source === source);
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
      lines: table(["Id", "Number", "Name", "City", "Status", "Phone"], rows, none),
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
