/** What an entity does in an exchange. It has no drop folders for records, and no cases. */
import { PacketboatError } from "../errors.ts";
import type { Building, RoleParts } from "./parts.ts";

const nothing = (): Promise<void> => Promise.resolve();

export const entityParts = (_building: Building): RoleParts => ({
  takeAll: nothing,
  reportImports: nothing,
  workCases: nothing,
  consult: nothing,
  hear: ({ kind }) => {
    throw new PacketboatError("MESSAGE_KIND", `a ${kind} is not taken here`);
  },
  remind: nothing,
});
