/** How a directory stands, at the entity that publishes it as at a district that reads it. */
import type { Config } from "../../config.ts";
import type { DirectoryRow } from "../../ledger/tables.ts";
import { counted } from "../showing/spans.ts";
import { type Finding, ok, warning, wrong } from "./finding.ts";

const DAY_MS = 86_400_000;
/** PROTOCOL 8: without a directory nothing is sealed, so people need time. */
const WARN_DAYS = 14;

/** @param hint what to do about one that ends */
export function checkTimes(
  directory: DirectoryRow,
  { mode }: Pick<Config, "mode">,
  { at, hint }: { readonly at: Date; readonly hint: string },
): Finding[] {
  const { version, expires_at: expires, process_code: code } = directory;
  const until = expires.slice(0, 10);
  const leftMs = Date.parse(expires) - at.getTime();
  const days = Math.floor(leftMs / DAY_MS);
  const stands =
    leftMs <= 0
      ? wrong(
          "directory",
          `version ${version} expired on ${until}: nothing is sent`,
          hint,
          "DIRECTORY_EXPIRED",
        )
      : days < WARN_DAYS
        ? warning(
            "directory",
            `version ${version} expires in ${counted(days, "day")}, on ${until}`,
            hint,
          )
        : ok("directory", `version ${version}, good until ${until}`);
  const isOther = code !== (mode === "test" ? "TEST" : "PRODUCTION");
  return isOther ? [stands, ofOtherMode(code, mode)] : [stands];
}

const ofOtherMode = (code: DirectoryRow["process_code"], mode: Config["mode"]): Finding =>
  warning(
    "mode",
    `the directory that is known is for ${code}, and this home is in mode ${mode}`,
    "Entity and districts change their mode on an agreed day; then the entity publishes (`packetboat directory publish`), and each district exchanges.",
  );
