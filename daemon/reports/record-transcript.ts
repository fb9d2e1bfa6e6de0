/** The transcript of a record. */
import { facts, type Block, type Line, type TableBlock } from "./blocks.ts";
import { GRADE_WORDS } from "./code-words.ts";
import { date, said, stacked } from "./lines.ts";
import { below, table, word, type Present } from "./record-tables.ts";

/** Totals, then one table for each school year in the order in which the years first stand in the record. */
export function transcript(summary: Present<"Transcript">): Block[] {
  const { ClassRank: rank, ClassTotalNumber: total } = summary;
  const years = [...new Set(summary.Course.map((course) => course.SchoolYear))];
  return [
    facts(
      ["Grade point average", said(summary.GradePointAverageCumulative)],
      ["Credits earned", said(summary.CreditsEarnedCumulative)],
      rank === undefined
        ? null
        : ["Class rank", [total === undefined ? rank : `${rank} of ${total}`]],
      summary.ProjectedGraduationDate === undefined
        ? null
        : ["Graduation expected", date(summary.ProjectedGraduationDate)],
    ),
    ...years.map((year) => courses(year, summary.Course)),
  ];
}

const courses = (year: string, all: Present<"Transcript">["Course"]): TableBlock =>
  table(
    `Courses ${year}`,
    ["Course", "Term", "Grade", "Mark", "Percent", "Credits attempted", "Credits earned"],
    all
      .filter((course) => course.SchoolYear === year)
      .map((course) => [
        stacked(said(course.CourseTitle), codes(course), below(course.NameOfInstitution)),
        said(course.TermCode),
        word(GRADE_WORDS, course.GradeLevelWhenCourseTaken),
        course.InProgress === "true" ? ["In progress"] : said(course.MarkLetter),
        said(course.MarkPercentage),
        said(course.CreditsAttempted),
        said(course.CreditsEarned),
      ]),
  );

const codes = (course: Present<"Transcript">["Course"][number]): Line => {
  const { CourseCode: code, StateCourseCode: state } = course;
  const shown = [code, state === undefined ? undefined : `state ${state}`].filter(
    (each) => each !== undefined,
  );
  return shown.length === 0 ? [] : [{ small: shown.join(" · ") }];
};
