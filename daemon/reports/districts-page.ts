/** `districts.html`: how an entity's districts take part. No student on it. */
import type { AgencyStatus } from "../ledger/tables.ts";
import { facts, type Block, type Inline, type Line, type Section } from "./blocks.ts";
import { type AgeGroup, type DistrictLine, type Districts } from "./districts-data.ts";
import { date, day, idGroups, reference, stacked, time } from "./lines.ts";
import { frame, type Reading } from "./reading.ts";
import { htmlOf } from "./template.ts";

const DAY_MS = 86_400_000;
/** Whoever publishes, or loads, has this long to do it before a reader must be warned. */
const SOON_DAYS = 14;

export interface DistrictsView extends Reading, Districts {
  /** From when on the registry is old; `null` if nobody said. */
  readonly oldAfterDays: number | null;
}

export const STATUS_WORDS: Readonly<Record<AgencyStatus, string>> = {
  Participating: "Takes part",
  TestOnly: "Test only",
  NotParticipating: "Does not take part",
  Closed: "Closed",
  Future: "Not open yet",
  Inactive: "Inactive",
};

/** The page. */
export function districtsHtml(view: DistrictsView): string {
  const { districts, at, timeZone } = view;
  const active = districts.filter(({ status }) => status === "Participating").length;
  return htmlOf({
    ...frame(view, "Districts", "districts.html"),
    kicker: "For IT",
    heading: ["Districts"],
    lead: [
      `${active} of ${districts.length} that gave their card take part, as of `,
      time(at, timeZone),
      ".",
    ],
    sections: [inBrief(view), requests(view), exchanging(view), absent(view)],
  });
}

function inBrief(view: DistrictsView): Section {
  const sum = (of: (district: DistrictLine) => number): number =>
    view.districts.reduce((total, district) => total + of(district), 0);
  const late = sum(({ unanswered }) => unanswered.at(-1) ?? 0);
  return {
    title: "In brief",
    blocks: [
      facts(
        ["Directory", directoryLine(view)],
        ["Registry", registryLine(view)],
        [
          "Requests",
          [
            `${sum(({ asked }) => asked)} came, ${sum(({ forwarded }) => forwarded)} were forwarded`,
          ],
        ],
        ["Not answered in time", numberOr("None", late, "attention")],
        [
          "Packets not collected",
          numberOr(
            "None",
            sum(({ notCollected }) => notCollected?.packets ?? 0),
            "waiting",
          ),
        ],
        [
          "Packets refused",
          numberOr(
            "None",
            sum(({ refused }) => refused),
            "attention",
          ),
        ],
      ),
    ],
  };
}

const numberOr = (none: string, count: number, badge: "attention" | "waiting"): Line =>
  count === 0 ? [none] : [{ badge, shown: String(count) }];

/** Without a directory that holds, districts send nothing. */
function directoryLine({ directory, at, timeZone }: DistrictsView): Line {
  if (!directory) return [{ badge: "attention", shown: "None published yet" }];
  const { version, issuedAt, expiresAt } = directory;
  const left = (expiresAt.getTime() - at.getTime()) / DAY_MS;
  const warning: Inline[] =
    expiresAt <= at
      ? [" ", { badge: "urgent", shown: "Expired" }]
      : left < SOON_DAYS
        ? [" ", { badge: "attention", shown: "Expires soon" }]
        : [];
  return [
    `Version ${version}, published on `,
    day(issuedAt, timeZone),
    ", holds until ",
    day(expiresAt, timeZone),
    ...warning,
  ];
}

function registryLine({ registry, oldAfterDays }: DistrictsView): Line {
  if (!registry) return [{ badge: "attention", shown: "None imported yet" }];
  const { asOf, enrollments, ageDays: days } = registry;
  const isOld = oldAfterDays !== null && days > oldAfterDays;
  return [
    `${NUMBER.format(enrollments)} enrollments as of `,
    ...date(asOf),
    `, ${days} ${days === 1 ? "day" : "days"} old`,
    ...(isOld ? ([" ", { badge: "attention", shown: "Old" }] as const) : []),
  ];
}

const NUMBER = new Intl.NumberFormat("en-US");

/** In one piece, for the head of a column. */
const agesShown = ({ from, to }: AgeGroup): string => {
  const days = to === null ? `over ${from - 1}` : from === to ? String(from) : `${from} to ${to}`;
  return `${days} days`.replaceAll(" ", "\u00A0");
};

function requests(view: DistrictsView): Section {
  const rows = view.districts.map((district) => [
    nameLine(district),
    [String(district.asked)],
    [String(district.forwarded)],
    [String(district.answered)],
    ...district.unanswered.map((count, index) => agedLine(view, district, { count, index })),
  ]);
  return {
    title: "Requests",
    blocks: [
      table(
        "Unanswered by age in school days",
        [
          "District",
          "Asked",
          "Forwarded to it",
          "Answered",
          ...view.ages.map((age) => `Unanswered, ${agesShown(age)}`),
        ],
        rows,
        "No district has given its card yet: `packetboat directory add`.",
      ),
    ],
  };
}

/** Who is late is said with the oldest reference: people ask about that one. */
function agedLine(
  { ages }: DistrictsView,
  { oldest }: DistrictLine,
  { count, index }: { readonly count: number; readonly index: number },
): Line {
  if (count === 0) return ["0"];
  const isLate = index === ages.length - 1;
  if (!isLate) return [String(count)];
  const badge: Line = [{ badge: "attention", shown: String(count) }];
  return oldest === null ? badge : stacked(badge, [{ small: "oldest" }, " ", reference(oldest)]);
}

function exchanging(view: DistrictsView): Section {
  const { timeZone, districts } = view;
  const rows = districts.map((district) => {
    const { status, lastHeardAt, notCollected, refused, addedAt } = district;
    return [
      nameLine(district),
      [status === "Participating" ? STATUS_WORDS[status] : badgeOf(status)],
      lastHeardAt === null
        ? stacked(
            [{ badge: "attention", shown: "Never" }],
            [{ small: "added on " }, day(addedAt, timeZone)],
          )
        : [day(lastHeardAt, timeZone)],
      notCollected === null
        ? ["None"]
        : stacked(
            [{ badge: "waiting", shown: String(notCollected.packets) }],
            [{ small: "since " }, day(notCollected.since, timeZone)],
          ),
      numberOr("None", refused, "attention"),
    ] satisfies Line[];
  });
  return {
    title: "Exchange",
    blocks: [
      table(
        "Packets from and for each district",
        ["District", "In the directory", "Last heard of", "Not collected", "Refused"],
        rows,
        "No district has given its card yet.",
      ),
    ],
  };
}

const badgeOf = (status: AgencyStatus): Inline => ({
  badge: status === "TestOnly" ? "info" : "plain",
  shown: STATUS_WORDS[status],
});

/** Of whom the registry knows students, and nobody can pass on a request. */
function absent({ notJoined, registry }: DistrictsView): Section {
  const rows = notJoined.map(({ id, enrollments }) => [
    [idGroups(id)],
    [NUMBER.format(enrollments)],
  ]);
  return {
    title: "Not joined yet",
    blocks: [
      table(
        "Districts of the registry whose card was not added",
        ["District", "Enrollments"],
        rows,
        registry ? "Every district of the registry has joined." : "No registry was imported yet.",
      ),
    ],
  };
}

const nameLine = ({ name, id }: DistrictLine): Line => stacked([{ said: name }], [{ small: id }]);

const table = (
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly Line[])[],
  none: string,
): Block => ({ block: "table", caption, columns, rows, none });
