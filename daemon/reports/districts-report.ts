/** The report about an entity's districts: its page, and the same as `.csv` and `.json`. No student in any of them. */
import type { Config } from "../config.ts";
import { calendarOf } from "../config/calendar.ts";
import { showReference } from "../ids.ts";
import type { Ledger } from "../ledger/connect.ts";
import { csvOf } from "./csv.ts";
import { type Districts, districtsNow } from "./districts-data.ts";
import { districtsHtml, type DistrictsView, STATUS_WORDS } from "./districts-page.ts";
import { jsonOf, listed } from "./json.ts";
import type { RoleReport } from "./write.ts";

/** @param config of an entity */
export const districtsReport = (ledger: Ledger, config: Config): RoleReport => ({
  shown: "Districts",
  name: "districts",
  gather: async (at) => {
    const { agency, followUp, registry } = config;
    const counting = { at, timeZone: agency.timeZone, calendar: calendarOf(config) };
    const found = await districtsNow(ledger, { ...counting, ...followUp, entityId: agency.id });
    const view = { ...found, oldAfterDays: registry?.warnWhenOlderThanDays ?? null };
    return {
      html: (reading) => districtsHtml({ ...reading, ...view }),
      csv: () => districtsCsv(view),
      json: (reading) => districtsJson({ ...reading, ...view }),
    };
  },
});

const districtsJson = (view: DistrictsView): AsyncGenerator<string> =>
  jsonOf(view, "districts", {
    directory: view.directory && {
      version: view.directory.version,
      issued: view.directory.issuedAt.toISOString(),
      expires: view.directory.expiresAt.toISOString(),
    },
    registry: view.registry,
    districts: listed(view.districts, (each) => ({
      agencyId: each.id,
      agency: each.name,
      status: each.status,
      added: each.addedAt.toISOString(),
      lastHeard: each.lastHeardAt?.toISOString() ?? null,
      enrollments: each.enrollments,
      asked: each.asked,
      forwarded: each.forwarded,
      answered: each.answered,
      unanswered: view.ages.map(({ from, to }, index) => ({
        fromSchoolDays: from,
        toSchoolDays: to,
        requests: each.unanswered[index] ?? 0,
      })),
      oldestUnanswered: each.oldest && showReference(each.oldest),
      notCollected: each.notCollected && {
        packets: each.notCollected.packets,
        since: each.notCollected.since.toISOString(),
      },
      refused: each.refused,
    })),
    notJoined: listed(view.notJoined, ({ id, enrollments }) => ({ agencyId: id, enrollments })),
  });

/** A spreadsheet: a row for each district, and then for each that has not joined. */
function districtsCsv({ districts, notJoined: missing }: Districts): Generator<string> {
  const joined = districts.map((each) => ({
    agencyId: each.id,
    agency: each.name,
    status: STATUS_WORDS[each.status],
    enrollments: each.enrollments,
    lastHeard: each.lastHeardAt?.toISOString() ?? null,
    asked: each.asked,
    forwarded: each.forwarded,
    answered: each.answered,
    early: each.unanswered[0] ?? 0,
    inTime: each.unanswered[1] ?? 0,
    late: each.unanswered[2] ?? 0,
    oldest: each.oldest && showReference(each.oldest),
    packets: each.notCollected?.packets ?? 0,
    since: each.notCollected?.since.toISOString() ?? null,
    refused: each.refused,
  }));
  const absentRows = missing.map(({ id, enrollments }) => ({
    ...NOTHING,
    agencyId: id,
    status: "Not joined",
    enrollments,
  }));
  return csvOf(
    [
      ["District id", "agencyId"],
      ["District", "agency"],
      ["Status", "status"],
      ["Enrollments", "enrollments"],
      ["Last heard of", "lastHeard"],
      ["Asked", "asked"],
      ["Forwarded to it", "forwarded"],
      ["Answered", "answered"],
      ["Unanswered, new", "early"],
      ["Unanswered, in time", "inTime"],
      ["Unanswered, late", "late"],
      ["Oldest unanswered", "oldest"],
      ["Packets not collected", "packets"],
      ["Not collected since", "since"],
      ["Refused", "refused"],
    ],
    [...joined, ...absentRows],
  );
}

const NOTHING = {
  agency: null,
  lastHeard: null,
  asked: null,
  forwarded: null,
  answered: null,
  early: null,
  inTime: null,
  late: null,
  oldest: null,
  packets: null,
  since: null,
  refused: null,
} as const;
