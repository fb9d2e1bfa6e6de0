/** What hinders an exchange as a whole, told to people as long as it lasts. */
import { raisePostAlert, type PostAlert } from "../alerts/raise.ts";
import type { PostAlertCode } from "../alerts/post-alerts.ts";
import type { PacketboatError } from "../errors.ts";
import { resolveAlerts } from "../ledger/alerts.ts";
import type { Ledger } from "../ledger/connect.ts";
import type { Scope } from "../ledger/tables.ts";

/** What an alert of its own tells as long as it lasts, and not longer. */
const HINDRANCES = [
  "SERVER_UNREACHABLE",
  "HOST_KEY_CHANGED",
  "DISK_FULL",
  "LEDGER_DAMAGED",
  "FOLDER_MISSING",
] as const satisfies readonly PostAlertCode[];

type Hindrance = {
  [Code in (typeof HINDRANCES)[number]]: PostAlert<Code>;
}[(typeof HINDRANCES)[number]];

/** Without a meeting, nothing new is known of the server. */
const KNOWN_WITHOUT_SERVER: readonly PostAlertCode[] = ["DISK_FULL", "FOLDER_MISSING"];

/** Raise an alert for each of these failures, and resolve those of what hinders no more. */
export async function tell(
  ledger: Ledger,
  failures: readonly PacketboatError[],
  { scope, at }: { readonly scope: Scope; readonly at: Date },
): Promise<void> {
  const alerts = failures.flatMap((error) => alertFor(error, at) ?? []);
  for (const alert of alerts) await raisePostAlert(ledger, alert);
  for (const code of HINDRANCES) {
    if (alerts.some((alert) => alert.code === code)) continue;
    if (scope === "take" && !KNOWN_WITHOUT_SERVER.includes(code)) continue;
    await resolveAlerts(ledger, { code, subject: SUBJECT, by: "packetboat", at });
  }
}

/** One home has one server and one disk. */
const SUBJECT = "server";

/** A failure that says nothing here is told by how the command ends. */
function alertFor(error: PacketboatError, at: Date): Hindrance | null {
  const { code, message: reason, facts } = error;
  const about = { subject: SUBJECT, at };
  if (code === "BOX_HOST_KEY_CHANGED") {
    const keys = { expected: String(facts["pinned"]), found: String(facts["shown"]) };
    return { ...about, code: "HOST_KEY_CHANGED", facts: keys };
  }
  if (code === "DISK_FULL") {
    return { ...about, code: "DISK_FULL", facts: { place: "the home of packetboat" } };
  }
  if (code === "LEDGER_DAMAGED") return { ...about, code, facts: { code, reason } };
  if (["FOLDER_MISSING", "FOLDER_REPLACED", "DISK_FAILED"].includes(code)) {
    return { ...about, code: "FOLDER_MISSING", facts: { code, reason } };
  }
  const isAboutServer = code.startsWith("BOX_") || code.startsWith("SSH_");
  return isAboutServer ? { ...about, code: "SERVER_UNREACHABLE", facts: { code, reason } } : null;
}
