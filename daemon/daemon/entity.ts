/** What an entity does in an exchange. It has no drop folders for records, and no cases. */
import { remindEntity } from "../alerts/remind-entity.ts";
import { calendarOf } from "../config/calendar.ts";
import { hearingAtEntity, UNTAKEN } from "../entity/hearing.ts";
import { keysInUse } from "./chores.ts";
import type { Building, RoleParts } from "./parts.ts";

const nothing = (): Promise<void> => Promise.resolve();

export const entityParts = (building: Building): RoleParts => ({
  takeAll: nothing,
  reportImports: nothing,
  workCases: nothing,
  consult: nothing,
  hear: hearingAtEntity({
    ledger: building.ledger,
    signWith: building.ourKeys.present,
    timeZone: building.config.agency.timeZone,
    processCode: building.desk.processCode,
  }),
  untaken: UNTAKEN,
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
