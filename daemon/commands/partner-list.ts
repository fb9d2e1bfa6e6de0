import { showFingerprint } from "../ids.ts";
import { listCards } from "../ledger/agencies.ts";
import type { AgencyRow } from "../ledger/tables.ts";
import { defineCommand } from "./frame/command.ts";
import { table } from "./frame/shown.ts";

export const command = defineCommand<object>({
  summary: "the districts that are trusted directly",
  example: "partner list",
  async run({ context }) {
    const agencies = await listCards(await context.ledger());
    const rows = agencies.map((agency) => [
      agency.agency_id,
      agency.name,
      agency.city,
      agency.state,
      agency.phone,
      showFingerprint(agency.fingerprint),
      agency.stopped_code ?? "",
    ]);
    return {
      result: agencies.map(partnerOf),
      lines: table(
        ["Id", "Name", "City", "State", "Phone", "Fingerprint", "Stopped"],
        rows,
        "No partners yet: add one with `packetboat partner add CARD`.",
      ),
    };
  },
});

const partnerOf = (agency: AgencyRow) => ({
  agencyId: agency.agency_id,
  role: agency.role,
  name: agency.name,
  stateNumber: agency.state_number,
  city: agency.city,
  state: agency.state,
  zip: agency.zip,
  phone: agency.phone,
  fingerprint: agency.fingerprint,
  addedAt: agency.added_at,
  addedBy: agency.added_by,
  stoppedBecauseOf: agency.stopped_code,
});
