import { Argument } from "commander";
import { entityOf } from "../config.ts";
import { setStatus } from "../entity/districts.ts";
import { parseAgencyId } from "../ids.ts";
import type { AgencyStatus } from "../ledger/tables.ts";
import { assertMay } from "../people.ts";
import { defineCommand } from "./frame/command.ts";

interface Typed {
  readonly args: [agency: string, status: AgencyStatus];
  readonly options: { readonly successor?: string };
}

const STATUSES: readonly AgencyStatus[] = [
  "Participating",
  "TestOnly",
  "NotParticipating",
  "Closed",
  "Future",
  "Inactive",
];

export const command = defineCommand<Typed>({
  summary: "entity: say whether a district, or another state's entity, takes part",
  example: "directory status 2700105 Closed --successor 2700417",
  syntax: (syntax) =>
    syntax
      .argument("<agency>", "its seven digits")
      .addArgument(new Argument("<status>", "what it does from now on").choices([...STATUSES]))
      .option("--successor <agency>", "who has the records of a closed district"),
  async run({ args: [typed, status], options, context }) {
    const config = entityOf(await context.config());
    assertMay(await context.actor(), "approveDistricts", config);
    const successorId = options.successor === undefined ? null : parseAgencyId(options.successor);
    const at = context.now();
    const change = { status, successorId, at };
    const district = await setStatus(await context.ledger(), parseAgencyId(typed), change);
    const { agency_id: agencyId, name } = district;
    return {
      result: { agencyId, name, status, successorId },
      lines: [
        `${name} (${agencyId}): ${status}${successorId === null ? "" : `, succeeded by ${successorId}`}.`,
        "Districts hear of it when the directory is published: now with packetboat directory publish, else with the next exchange.",
      ],
    };
  },
});
