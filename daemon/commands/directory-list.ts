import { isOnlyNamed } from "../directory/address.ts";
import { listAgencies } from "../ledger/agencies.ts";
import type { AgencyRow } from "../ledger/tables.ts";
import { defineCommand } from "./frame/command.ts";
import { table } from "./frame/shown.ts";
import { counted } from "./showing/spans.ts";

export const command = defineCommand<object>({
  summary:
    "the districts and peers of the directory that gave their card, and whether they take part",
  example: "directory list",
  async run({ context }) {
    const { role } = await context.config();
    const source = role === "entity" ? "card" : "directory";
    const agencies = await listAgencies(await context.ledger());
    const all = agencies.filter((each) => each.source === source);
    const members = all
      .filter((each) => !isOnlyNamed(each))
      .toSorted((one, other) => byRole(one) - byRole(other));
    const others = all.length - members.length;
    const rows = members.map((each) => [
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
      result: members.map(memberOf),
      lines: [
        ...table(["Id", "Role", "Number", "Name", "City", "State", "Status", "Phone"], rows, none),
        ...(others === 0
          ? []
          : [
              `${counted(others, "district")} more of the directory never gave a card: packetboat locate finds them.`,
            ]),
      ],
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
