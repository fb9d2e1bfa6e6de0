/** What the config allows, and yet leaves undone. */
import { type Checking, type Finding, ok, warning } from "./finding.ts";

export function checkTimeZone({ config: { agency }, now }: Checking): Finding {
  const local = now().toLocaleString("en-US", {
    timeZone: agency.timeZone,
    dateStyle: "medium",
    timeStyle: "short",
  });
  return ok("agency.timeZone", `${agency.timeZone}, where it is ${local}`);
}

export function checkPeople({ config: { people, role } }: Checking): Finding[] {
  if (role === "entity") return [];
  const hint = "Name somebody under people: in the config.";
  const missing = (["request", "release"] as const).filter(
    (right) => !people.some(({ may }) => may.includes(right)),
  );
  if (missing.length === 0) return [ok("people", `${people.length} may ask or decide`)];
  return missing.map((right) => warning("people", `nobody may ${right}`, hint));
}
