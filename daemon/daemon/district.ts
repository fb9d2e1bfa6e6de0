/** What a district does in an exchange. */
import { hearingAtDistrict } from "../desk/hearing.ts";
import { remindNow } from "./chores.ts";
import type { Building, RoleParts } from "./parts.ts";
import { reportAllImports, takeAll, workAllCases } from "./taking.ts";

export const districtParts = (building: Building): RoleParts => ({
  takeAll: (trying, stop, told) => takeAll(building, trying, stop, told),
  reportImports: (trying, told) => reportAllImports(building, trying, told),
  workCases: (trying, occasion, told) => workAllCases(building, trying, occasion, told),
  consult: () => Promise.resolve(),
  hear: hearingAtDistrict({ ledger: building.ledger }),
  untaken: [],
  remind: () => remindNow(building),
});
