/** What only an entity has: the server on which it runs, the directory it publishes, its districts. */
import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { type EntityConfig, entityOf } from "../../config.ts";
import { errnoOf } from "../../disk.ts";
import { accountsOf, chrootOf, whyLockedOut } from "../../entity/accounts.ts";
import { ageOf } from "../../entity/registry/alerts.ts";
import { isRefusal } from "../../errors.ts";
import type { Ledger } from "../../ledger/connect.ts";
import { lastDirectory } from "../../ledger/directories.ts";
import { importIn } from "../../ledger/registry.ts";
import { counted } from "../showing/spans.ts";
import { accountHolders } from "../trusting/holders.ts";
import { type Checking, type Finding, ok, refused, warning, wrong } from "./finding.ts";
import { checkTimes } from "./published.ts";

/** How its boxes and folders are mended. */
export const SCRIPT =
  "Print the script anew (`packetboat directory accounts`), let the server's administrator read and run it, and start packetboat again.";

/** What keeps an entity from all of its boxes, told once. */
export async function closedServer({ server }: EntityConfig): Promise<Finding | null> {
  const errno = await reach(server.boxes, constants.X_OK);
  if (errno === null) return null;
  const how = errno === "ENOENT" ? "is not there" : `cannot be entered (${errno})`;
  return wrong("server.boxes", `${server.boxes} ${how}`, SCRIPT);
}

export async function checkEntity({ config, ledger, now }: Checking): Promise<Finding[]> {
  if (config.role !== "entity" || !config.server) return [];
  const entity = entityOf(config);
  try {
    chrootOf(entity);
  } catch (error) {
    return refused("server", error);
  }
  const folder = await checkFolder(entity);
  if (isRefusal(ledger)) return folder;
  if (ledger === null) return [...folder, NOT_PUBLISHED];
  return [
    ...folder,
    ...(await checkPublished(entity, ledger, now())),
    await checkRegistry(entity, ledger, now()),
    ...(await checkDistricts(ledger)),
  ];
}

const reach = (path: string, how: number): Promise<string | null> =>
  access(path, how).then(() => null, errnoOf);

async function checkFolder({ directory, mode }: EntityConfig): Promise<Finding[]> {
  const path = join(directory.folder, mode === "test" ? "test" : "");
  const errno = await reach(path, constants.W_OK | constants.X_OK);
  if (errno === null) return [ok("directory.folder", path)];
  const how = errno === "ENOENT" ? "is not there" : `cannot be written (${errno})`;
  return [wrong("directory.folder", `${path} ${how}`, SCRIPT)];
}

const PUBLISH = "Publish it: `packetboat directory publish`.";
const NOT_PUBLISHED = warning("directory", "none is published yet", PUBLISH);

async function checkPublished(entity: EntityConfig, ledger: Ledger, at: Date): Promise<Finding[]> {
  const published = await lastDirectory(ledger, entity.agency.id);
  return published ? checkTimes(published, entity, { at, hint: PUBLISH }) : [NOT_PUBLISHED];
}

async function checkRegistry(entity: EntityConfig, ledger: Ledger, at: Date): Promise<Finding> {
  const { registry, agency } = entity;
  const hint = "Bring the newest: `packetboat registry import FILE --snapshot`.";
  const current = await importIn(ledger, "CURRENT");
  if (!current) return warning("registry", "nothing was imported yet", hint);
  const { warnWhenOlderThanDays } = registry;
  const { days, isOld } = ageOf(current, { at, timeZone: agency.timeZone, warnWhenOlderThanDays });
  const sentence = days === null ? "imported" : `imported, ${counted(days, "day")} old`;
  return isOld ? warning("registry", sentence, hint) : ok("registry", sentence);
}

/** Their boxes are tried where all boxes are. */
async function checkDistricts(ledger: Ledger): Promise<Finding[]> {
  const accounts = accountsOf(await accountHolders(ledger));
  const districts = accounts.filter(({ role }) => role === "district");
  const open = districts.filter(({ key }) => key !== null).length;
  const sound = ok(
    "districts",
    `${counted(districts.length, "district")} in the directory, ${open} with an account`,
  );
  const hint =
    "Ask for a new card (`packetboat keys card`), and add it: `packetboat directory add CARD`.";
  const without = accounts.filter(({ lockedOut }) => lockedOut !== null && lockedOut !== "status");
  return [
    sound,
    ...without.map((account) =>
      warning(
        `account of ${account.id}`,
        `${account.name} cannot log in: ${whyLockedOut(account)}`,
        hint,
      ),
    ),
  ];
}
