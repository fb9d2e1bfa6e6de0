/** What a district does in an exchange. */
import { directoriesRelied, remindOfDirectories } from "../alerts/directory-told.ts";
import { hearingAtDistrict } from "../desk/hearing.ts";
import { remindNow } from "./chores.ts";
import { consultDirectory } from "./consulting.ts";
import type { Building, RoleParts } from "./parts.ts";
import { reportAllImports, takeAll, workAllCases } from "./taking.ts";

export const districtParts = (building: Building): RoleParts => ({
  takeAll: (trying, stop, told) => takeAll(building, trying, stop, told),
  reportImports: (trying, told) => reportAllImports(building, trying, told),
  workCases: (trying, occasion, told) => workAllCases(building, trying, occasion, told),
  consult: (harbor, log) => consultDirectory(building, harbor, log),
  relay: () => Promise.resolve(),
  hear: hearingAtDistrict({ ledger: building.ledger }),
  untaken: [],
  remind: async () => {
    await remindNow(building);
    const { ledger, config, now } = building;
    const relied = await directoriesRelied(ledger, config.mode === "test");
    await remindOfDirectories(ledger, relied, { timeZone: config.agency.timeZone, at: now() });
  },
});
