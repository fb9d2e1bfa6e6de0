/** What an entity does in an exchange. It has no drop folders for records, and no cases. */
import { hearingAtEntity, UNTAKEN } from "../entity/hearing.ts";
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
  remind: nothing,
});
