import { wordFor } from "../alerts/reason-words.ts";
import { studentReader } from "../desk/requests.ts";
import { showReference } from "../ids.ts";
import { type DisclosureOverview, disclosureOverviews } from "../ledger/overviews.ts";
import { PURPOSE_WORDS, SECTION_WORDS } from "../reports/code-words.ts";
import { studentOf, WHAT_WORDS } from "../reports/disclosures-report.ts";
import { studentNames } from "../reports/reading.ts";
import { defineCommand } from "./frame/command.ts";
import { table } from "./frame/shown.ts";
import { shownDay } from "./showing/times.ts";
import { dayIn, startOf } from "./typed/day.ts";

export const command = defineCommand<{ options: { readonly since?: string } }>({
  summary: "the register of requests and disclosures (34 CFR 99.32)",
  example: "disclosures --since 2026-08-01",
  syntax: (syntax) =>
    syntax
      .option("--since <day>", "only from this day on, like 2026-08-01")
      .addHelpText("after", "\nFor a spreadsheet: disclosures.csv in the registrar's reports."),
  async run({ options, context }) {
    const { agency } = await context.district();
    const { timeZone } = agency;
    const ledger = await context.ledger();
    const span =
      options.since === undefined
        ? {}
        : { since: startOf(dayIn(options.since, "--since"), timeZone) };
    const register = await disclosureOverviews(ledger, span);
    const ids = register.flatMap(({ transfer }) => transfer?.requestContentId ?? []);
    const names = await studentNames(ids, studentReader(ledger));
    const result = register.map((each) => resultOf(each, names));
    const rows = result.map((each) => [
      shownDay(new Date(each.at), timeZone),
      wordFor(WHAT_WORDS, each.what),
      shownStudent(each),
      each.reference,
      each.party.name,
      wordFor(PURPOSE_WORDS, each.purpose),
      each.sections.map((name) => wordFor(SECTION_WORDS, name)).join(", "),
      each.firstPerson === null ? each.by : `${each.firstPerson}, then ${each.by}`,
    ]);
    return {
      result,
      lines: table(
        ["When", "What", "Student", "Reference", "Party", "Purpose", "Sections", "By"],
        rows,
        "Nothing was asked for or disclosed.",
      ),
    };
  },
});

const shownStudent = ({ student, studentId }: ReturnType<typeof resultOf>): string =>
  student ?? (studentId === null ? "(no longer kept)" : `id ${studentId}`);

const resultOf = (each: DisclosureOverview, names: ReadonlyMap<string, string>) => ({
  at: each.at,
  what: each.what,
  student: studentOf(each, names.get(each.transfer?.requestContentId ?? "") ?? null),
  birthdate: each.filed?.birthdate ?? null,
  studentId: each.filed?.student_id ?? null,
  reference: each.transfer && showReference(each.transfer.reference),
  transferId: each.transfer_id,
  requesterId: each.requester_id,
  party: { agencyId: each.party_id, name: each.party_name },
  interest: each.interest,
  purpose: each.purpose,
  sections: each.sections.split(" ").filter((name) => name !== ""),
  by: each.who,
  authentication: each.authentication,
  firstPerson: each.first_person,
});
