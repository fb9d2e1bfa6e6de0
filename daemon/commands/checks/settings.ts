/** What the config allows, and yet leaves undone. */
import { existsSync } from "node:fs";
import { assertSecret, type Config, homePaths, parseBoxAddress } from "../../config.ts";
import { openLedger } from "../../ledger/connect.ts";
import { type Finding, ok, refused, warning } from "./finding.ts";

export function checkTime({ agency }: Config, at: Date): Finding {
  const local = at.toLocaleString("en-US", {
    timeZone: agency.timeZone,
    dateStyle: "medium",
    timeStyle: "short",
  });
  return ok("agency.timeZone", `${agency.timeZone}, where it is ${local}`);
}

export function checkPeople({ people, role }: Config): Finding[] {
  if (role === "entity") return [];
  const hint = "Name somebody under people: in the config.";
  const missing = (["request", "release"] as const).filter(
    (right) => !people.some(({ may }) => may.includes(right)),
  );
  if (missing.length === 0) return [ok("people", `${people.length} may ask or decide`)];
  return missing.map((right) => warning("people", `nobody may ${right}`, hint));
}

/** Whether the server answers is looked at elsewhere. */
export async function checkServerSettings(config: Config): Promise<Finding[]> {
  const { server } = config;
  if (!server) {
    return [warning("server", "this home has no drop box yet", "Write server: into the config.")];
  }
  if (parseBoxAddress(server.address).kind === "folder") return [ok("server", server.address)];
  try {
    await assertSecret(config, server.identityFile);
    return [ok("server", `${server.address}, host key pinned`)];
  } catch (error) {
    return refused("server.identityFile", error);
  }
}

export async function checkLedger(config: Config): Promise<Finding> {
  const { ledger: path } = homePaths(config);
  if (!existsSync(path)) return ok("ledger", "not begun yet");
  try {
    const ledger = await openLedger(path);
    await ledger.destroy();
    return ok("ledger", "opens");
  } catch (error) {
    return refused("ledger", error)[0] ?? ok("ledger", "opens");
  }
}
