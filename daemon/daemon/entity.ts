/** What an entity does in an exchange. It has no drop folders for records, and no cases. */
import { remindOfDirectories } from "../alerts/directory-told.ts";
import { remindEntity } from "../alerts/remind-entity.ts";
import { entityOf, homePaths } from "../config.ts";
import { calendarOf } from "../config/calendar.ts";
import { takesPart } from "../directory/address.ts";
import { hearingAtEntity, UNTAKEN } from "../entity/hearing.ts";
import { publishIfDue } from "../entity/publish.ts";
import type { Exchange } from "../exchange.ts";
import { readSuccession } from "../keys/keyring.ts";
import { listPeers } from "../ledger/agencies.ts";
import { stopwatch } from "../log.ts";
import { meetPeers } from "./abroad.ts";
import { keysInUse } from "./chores.ts";
import type { Building, RoleParts } from "./parts.ts";
import { remindOfRegistry, takeRegistry } from "./registry.ts";

const nothing = (): Promise<void> => Promise.resolve();

export const entityParts = (building: Building): RoleParts => ({
  takeAll: (trying, stop, told) => takeRegistry(building, trying, stop, told),
  reportImports: nothing,
  workCases: nothing,
  consult: (_harbor, log) => publishNow(building, log),
  relay: (trying, relaying) => meetPeers(building, trying, relaying),
  hear: hearingAtEntity({
    ledger: building.ledger,
    signWith: building.ourKeys.present,
    timeZone: building.config.agency.timeZone,
    processCode: building.desk.processCode,
  }),
  untaken: UNTAKEN,
  remind: () => remindNow(building),
});

/** The directory, if it is due or anything in it has changed. */
async function publishNow(
  { config, ledger, ourKeys, now }: Building,
  log: Parameters<Exchange["consult"]>[1],
): Promise<void> {
  const tookMs = stopwatch();
  const { keys } = homePaths(config);
  const published = await publishIfDue({
    config: entityOf(config),
    ledger,
    ourKeys,
    successionOf: ({ publicKey }) => readSuccession(keys, publicKey.fingerprint),
    at: now(),
  });
  if (!published) return;
  const { version, agencies } = published;
  log.info("Directory published", { version, agencies, tookMs: tookMs() });
}

/** Alerts that time raises. */
async function remindNow(building: Building): Promise<void> {
  const { config, ledger, now } = building;
  const { followUp, agency } = config;
  await remindEntity(ledger, {
    ...followUp,
    at: now(),
    timeZone: agency.timeZone,
    calendar: calendarOf(config),
    keys: await keysInUse(building),
  });
  const peers = await listPeers(ledger, agency.id);
  const relied = peers
    .filter(({ status }) => takesPart(status, config.mode === "test"))
    .map(({ agency_id: id }) => ({ entityId: id, subject: id }));
  await remindOfDirectories(ledger, relied, { timeZone: agency.timeZone, at: now() });
  await remindOfRegistry(building);
}
