import { listAgencies } from "../ledger/agencies.ts";
import type { AgencyRow } from "../ledger/tables.ts";
import { defineCommand } from "./frame/command.ts";
import { table } from "./frame/shown.ts";

export const command = defineCommand<object>({
  summary: "the districts and peers of the directory, and whether they take part",
  example: "directory list",
  async run({ context }) {
    const { role } = await context.config();
    const source = role === "entity" ? "card" : "directory";
    const agencies = await listAgencies(await context.ledger());
    const listed = agencies
      .filter((each) => each.source === source)
      .toSorted((one, other) => byRole(one) - byRole(other));
    const rows = listed.map((each) => [
      each.agency_id,
      each.role,
      each.state_number,
      each.name,
      each.city,
      each.state,
      each.status,
      each.phone,
    ]);
    const none =
      role === "entity"
        ? "No districts yet: take one up with `packetboat directory add CARD`."
        : "No directory has been read yet: packetboat exchange, once your entity is joined (packetboat join CARD).";
    return {
      result: listed.map(memberOf),
      lines: table(
        ["Id", "Role", "Number", "Name", "City", "State", "Status", "Phone"],
        rows,
        none,
      ),
    };
  },
});

/** The entities of other states come last. */
const byRole = ({ role }: AgencyRow): number => (role === "entity" ? 1 : 0);

const memberOf = (agency: AgencyRow) => ({
  agencyId: agency.agency_id,
  role: agency.role,
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
