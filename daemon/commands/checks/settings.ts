/** What the config allows, and yet leaves undone. */
import type { Config, Right } from "../../config.ts";
import { flagsFileOf, flagsReader } from "../../desk/flags.ts";
import { isRefusal } from "../../errors.ts";
import { wasAnybodyFlagged } from "../../ledger/settings.ts";
import { counted } from "../showing/spans.ts";
import { type Checking, type Finding, ok, refused, warning } from "./finding.ts";

export function checkTimeZone({ config: { agency }, now }: Checking): Finding {
  const local = now().toLocaleString("en-US", {
    timeZone: agency.timeZone,
    dateStyle: "medium",
    timeStyle: "short",
  });
  return ok("agency.timeZone", `${agency.timeZone}, where it is ${local}`);
}

export async function checkFlags({ config, ledger }: Checking): Promise<Finding | Finding[]> {
  if (config.role === "entity") return [];
  const { students, refusal } = await flagsReader(flagsFileOf(config), {
    namedAnybody: async () =>
      ledger !== null && !isRefusal(ledger) && (await wasAnybodyFlagged(ledger)),
  })();
  if (refusal) return refused("flags", refusal);
  const flagged = `${counted(students, "student")} in the list whose records need two persons`;
  const deciding = config.people.filter(({ may }) => may.includes("release")).length;
  if (students === 0 || deciding > 1) return ok("flags", flagged);
  const hint = "Let a second person release: people: in the config.";
  return warning("flags", `${flagged}, and only ${deciding} may release`, hint);
}

const RIGHTS: Readonly<Record<Config["role"], readonly Right[]>> = {
  district: ["request", "release"],
  entity: ["approveDistricts", "approveKeyChanges"],
};

export function checkPeople({ config: { people, role } }: Checking): Finding[] {
  const hint = "Name somebody under people: in the config.";
  const missing = RIGHTS[role].filter((right) => !people.some(({ may }) => may.includes(right)));
  if (missing.length === 0) {
    return [
      ok("people", `${people.length} may ${role === "entity" ? "approve" : "ask or decide"}`),
    ];
  }
  return missing.map((right) => warning("people", `nobody may ${right}`, hint));
}
