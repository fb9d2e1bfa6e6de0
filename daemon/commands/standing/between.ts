/** What `status` says beside the rest where there is an entity: of its directory, and of its districts. */
import { forwardedUnanswered } from "../../alerts/forwarded.ts";
import { plainDate } from "../../alerts/when.ts";
import type { Config } from "../../config.ts";
import { calendarOf } from "../../config/calendar.ts";
import { joinedEntity } from "../../ledger/agencies.ts";
import type { Ledger } from "../../ledger/connect.ts";
import { unconfirmed } from "../../ledger/departures.ts";
import { lastDirectory } from "../../ledger/directories.ts";
import { districtFigures, notJoined, refusedSince } from "../../ledger/districts.ts";
import { daysAfter } from "../../transfer/dates.ts";
import { startOf } from "../typed/day.ts";

/** The directory that holds here: an entity's own, or that of the entity which a district joined. */
export async function directoryStanding({ agency, role }: Config, ledger: Ledger) {
  const joined = role === "entity" ? null : await joinedEntity(ledger);
  const entity = { agencyId: joined?.agency_id ?? agency.id, name: joined?.name ?? agency.name };
  const directory = await lastDirectory(ledger, entity.agencyId);
  if (!directory) return null;
  const { version, issued_at: issuedAt, expires_at: expiresAt } = directory;
  return { entity, version, issuedAt, expiresAt };
}

/** An entity's districts in numbers; `null` at a district. */
export async function districtsStanding(config: Config, ledger: Ledger, at: Date) {
  if (config.role === "district") return null;
  const { followUp, agency } = config;
  const counting = { at, timeZone: agency.timeZone, calendar: calendarOf(config) };
  const districts = await districtFigures(ledger);
  const unanswered = [...(await forwardedUnanswered(ledger, counting)).values()].flat();
  const sum = (of: (district: (typeof districts)[number]) => number): number =>
    districts.reduce((total, district) => total + of(district), 0);
  const count = (...statuses: string[]): number =>
    districts.filter(({ status }) => statuses.includes(status)).length;
  return {
    members: {
      participating: count("Participating"),
      testOnly: count("TestOnly"),
      others: districts.length - count("Participating", "TestOnly"),
      notJoined: (await notJoined(ledger)).length,
    },
    requests: {
      asked: sum(({ asked }) => asked),
      forwarded: sum(({ forwarded }) => forwarded),
      unanswered: unanswered.length,
      late: unanswered.filter(({ schoolDays }) => schoolDays > followUp.unansweredAfterSchoolDays)
        .length,
    },
    boxesNotCollected: (await unconfirmed(ledger, daysAfter(at, -followUp.notCollectedAfterDays)))
      .length,
    refusedToday: await refusedSince(
      ledger,
      startOf(plainDate(at, agency.timeZone), agency.timeZone),
    ),
  };
}
