/** What an entity does in an exchange. It has no drop folders for records, and no cases. */
import { PacketboatError } from "../errors.ts";
import { remindEntity } from "../alerts/remind-entity.ts";
import { calendarOf } from "../config/calendar.ts";
import { keysInUse } from "./chores.ts";
import type { Building, RoleParts } from "./parts.ts";

const nothing = (): Promise<void> => Promise.resolve();

export const entityParts = (building: Building): RoleParts => ({
  takeAll: nothing,
  reportImports: nothing,
  workCases: nothing,
  consult: nothing,
  hear: ({ kind }) => {
    throw new PacketboatError("MESSAGE_KIND", `a ${kind} is not taken here`);
  },
  remind: () => remindNow(building),
});

/** Alerts that time raises. */
async function remindNow(building: Building): Promise<void> {
  const { config, ledger, now } = building;
  const { followUp, agency } = config;
  await remindEntity(ledger, {
    ...followUp,
    at: now(),
    timeZone: agency.timeZone,
    calendar: calendarOf(config),
    keys: await keysInUse(building),
  });
}
