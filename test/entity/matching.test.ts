import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findStudent, type RegisteredStudent } from "../../daemon/entity/matching.ts";
import type { RegisteredEnrollment } from "../../daemon/entity/registry/previous.ts";
import { foldName, isSameName } from "../../daemon/entity/registry/names.ts";
import { parseAgencyId } from "../../daemon/ids.ts";
import type { Sex, Student } from "../../daemon/packet/model.gen.ts";

const US = parseAgencyId("2700417");
const PRAIRIE = parseAgencyId("2700105");
const CORNERS = parseAgencyId("2700012");
const TODAY = "2026-09-15";

const at = (
  agencyId: string,
  entryDate: string,
  exitDate: string | null = null,
  school = "00001",
): RegisteredEnrollment => ({
  agencyId: parseAgencyId(agencyId),
  schoolId: agencyId + school,
  schoolName: "Example School",
  schoolYear: "2026-2027",
  gradeLevel: "05",
  entryDate,
  exitDate,
});

interface Known {
  readonly id?: string;
  readonly last?: string;
  readonly first?: string;
  readonly birthdate?: string;
  readonly sex?: Sex;
  readonly enrollments?: readonly RegisteredEnrollment[];
}

const known = (about: Known = {}): RegisteredStudent => ({
  stateStudentId: about.id ?? "0001",
  identities: [
    {
      lastName: foldName(about.last ?? "Abrams"),
      firstName: foldName(about.first ?? "Jenna"),
      birthdate: about.birthdate ?? "2014-03-09",
      sex: about.sex ?? "Female",
    },
  ],
  enrollments: about.enrollments ?? [at(PRAIRIE, "2025-08-20")],
});

const asked = (more: Partial<Student> & { id?: string } = {}): Student => {
  const { id, ...rest } = more;
  return {
    LastOrSurname: "Abrams",
    FirstName: "Jenna",
    Sex: "Female",
    Birthdate: "2014-03-09",
    GradeLevel: "06",
    ...(id === undefined
      ? {}
      : {
          StudentIdentification: [
            { StudentIdentificationSystem: "State" as const, StudentIdentifier: id },
          ],
        }),
    ...rest,
  };
};

const found = (student: Student, ...candidates: readonly RegisteredStudent[]) =>
  findStudent(student, candidates, { requesterId: US, today: TODAY });

const one = (id: string, matchedBy: string) => ({ kind: "one", stateStudentId: id, matchedBy });

describe("a student with a State id", () => {
  it("is found by it, when last name and birthdate say the same", () => {
    expect(found(asked({ id: "0001", FirstName: "Jen" }), known())).toMatchObject(
      one("0001", "StateStudentId"),
    );
  });

  it("is found with the id in small letters, and never without its leading zeros", () => {
    const student = known({ id: "MN0001", first: "Other" });
    expect(found(asked({ id: " mn0001 " }), student)).toMatchObject(
      one("MN0001", "StateStudentId"),
    );
    expect(found(asked({ id: "1" }), known({ first: "Other" }))).toEqual({ kind: "none" });
  });

  it.each([
    { says: "the last name", other: { last: "Bell" } },
    { says: "the birthdate", other: { birthdate: "2014-03-10" } },
  ])(
    "that belongs to somebody else by $says is tried by names, and the id names nobody",
    ({ other }) => {
      const stranger = known({ id: "0002", first: "Kim", ...other });
      expect(found(asked({ id: "0002" }), stranger)).toEqual({ kind: "none" });
      expect(found(asked({ id: "0002" }), stranger, known())).toMatchObject(
        one("0001", "NameBirthdateSex"),
      );
    },
  );

  it("that is a twin's is nobody's, when the names are another twin's", () => {
    const twin = known({ id: "0002", first: "Ruth" });
    expect(found(asked({ id: "0002" }), twin, known())).toEqual({ kind: "many" });
  });

  it("is preferred to a second record of the same names", () => {
    expect(found(asked({ id: "0002" }), known(), known({ id: "0002" }))).toMatchObject(
      one("0002", "StateStudentId"),
    );
  });

  it("is not merged when two ids are given and both are right", () => {
    const ids = ["0001", "0002"].map((StudentIdentifier) => ({
      StudentIdentificationSystem: "State" as const,
      StudentIdentifier,
    }));
    const student = asked({ StudentIdentification: ids });
    expect(found(student, known(), known({ id: "0002" }))).toEqual({ kind: "many" });
  });

  it("of the district is no State id", () => {
    const student = asked({
      Sex: "Not Selected",
      StudentIdentification: [
        { StudentIdentificationSystem: "District", StudentIdentifier: "0001" },
      ],
    });
    expect(found(student, known())).toEqual({ kind: "none" });
  });

  it("that the registry gives to two people stands for neither", () => {
    const both = [known(), known({ birthdate: "2011-01-01" })];
    const two = { ...known(), identities: both.flatMap(({ identities }) => identities) };
    expect(found(asked({ id: "0001" }), two)).toEqual({ kind: "many" });
  });
});

describe("a student without a State id", () => {
  it("is found by last name, first name, birthdate and sex", () => {
    expect(found(asked(), known())).toMatchObject(one("0001", "NameBirthdateSex"));
  });

  it.each([
    { LastOrSurname: "Bell" },
    { FirstName: "Kim" },
    { Birthdate: "2014-03-10" },
    { Sex: "Male" as const },
    { Sex: "Not Selected" as const },
  ])("is not found with %o", (other) => {
    expect(found(asked(other), known())).toEqual({ kind: "none" });
  });

  it("is not told apart from another of the same names", () => {
    expect(found(asked(), known(), known({ id: "0002" }))).toEqual({ kind: "many" });
  });

  it("is no guess between one who matches and one who does but for an unknown sex", () => {
    const unknown = known({ id: "0002", sex: "Not Selected" });
    expect(found(asked(), known(), unknown)).toEqual({ kind: "many" });
    expect(found(asked(), unknown)).toEqual({ kind: "none" });
    expect(found(asked({ Sex: "Not Selected" }), unknown)).toEqual({ kind: "none" });
  });

  it("is no guess between a double name and its half", () => {
    const [maria, jose] = [known({ first: "Maria" }), known({ id: "0002", first: "Maria Jose" })];
    expect(found(asked({ FirstName: "Maria" }), maria, jose)).toEqual({ kind: "many" });
    expect(found(asked({ FirstName: "Maria Elena" }), jose)).toEqual({ kind: "none" });
  });

  it("is found by another name that the request gives, first, last or both", () => {
    const student = known({ last: "Bell", first: "Liz" });
    expect(found(asked({ OtherName: ["Bell"], FirstName: "Liz" }), student).kind).toBe("one");
    expect(found(asked({ OtherName: ["Liz"], LastOrSurname: "Bell" }), student).kind).toBe("one");
    expect(found(asked({ OtherName: ["Liz Bell"] }), student).kind).toBe("one");
    expect(found(asked({ OtherName: ["-", "😀"] }), student).kind).toBe("none");
  });

  it("with a name in no script we know is never everybody", () => {
    const student = asked({ LastOrSurname: "-", FirstName: "😀" });
    expect(found(student, known(), known({ last: "王", first: "李" }))).toEqual({ kind: "none" });
  });
});

describe("whoever asks, whatever the registry has", () => {
  const NAMES = ["Garcia", "Lopez", "Garcia Lopez", "De La Cruz", "Ann", "Mary Ann", "", "-", "Jr"];
  const name = fc.constantFrom(...NAMES);
  const sex = fc.constantFrom<Sex>("Female", "Male", "Non-binary", "Not Selected");
  const birthdate = fc.constantFrom("2014-03-09", "2014-03-10");
  const students = fc
    .array(fc.record({ last: name, first: name, birthdate, sex }), { maxLength: 4 })
    .map((all) => all.map((about, nth) => known({ ...about, id: `000${nth}` })));
  const request = fc
    .record({
      id: fc.constantFrom("0000", "0001", undefined),
      LastOrSurname: name,
      FirstName: name,
      Birthdate: birthdate,
      Sex: sex,
      OtherName: fc.array(name, { maxLength: 2 }),
    })
    .map(({ id, ...rest }) => asked({ ...rest, ...(id === undefined ? {} : { id }) }));

  it("the one who is found bears the birthdate and a name, and nobody else could be meant", () => {
    fc.assert(
      fc.property(request, students, (student, registry) => {
        const finding = found(student, ...registry);
        expect(found(student, ...registry.toReversed())).toEqual(finding);
        if (finding.kind !== "one") return;
        const bears = (names: readonly string[], folded: string) =>
          names.some((each) => isSameName(foldName(each), folded));
        const { OtherName: others = [], Birthdate, Sex } = student;
        const alike = registry.filter(({ identities: [who] }) => {
          const isNamed = who && bears([student.LastOrSurname, ...others], who.lastName);
          return isNamed === true && who?.birthdate === Birthdate;
        });
        expect(alike.map(({ stateStudentId: id }) => id)).toContain(finding.stateStudentId);
        if (finding.matchedBy === "StateStudentId") return;
        const rivals = alike.filter(
          ({ identities: [who] }) =>
            who &&
            bears([student.FirstName, ...others], who.firstName) &&
            [Sex, "Not Selected"].includes(who.sex),
        );
        expect(rivals.map(({ stateStudentId: id }) => id)).toEqual([finding.stateStudentId]);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("where a student was before", () => {
  const before = (...enrollments: readonly RegisteredEnrollment[]) => {
    const finding = found(asked(), known({ enrollments }));
    return finding.kind === "one" ? finding.previous : finding.kind;
  };

  it("is where the student is still enrolled", () => {
    const open = at(PRAIRIE, "2025-08-20");
    expect(before(at(CORNERS, "2023-08-20", "2025-06-10"), open)).toEqual({
      ...open,
      isStillEnrolled: true,
    });
  });

  it("is where it ended last, if it has ended everywhere", () => {
    const last = at(PRAIRIE, "2025-08-20", "2026-06-10");
    expect(before(last, at(CORNERS, "2023-08-20", "2025-06-10"))).toEqual({
      ...last,
      isStillEnrolled: false,
    });
  });

  it("is never the district that asks, wherever its own enrollments lie", () => {
    const here = at(PRAIRIE, "2023-08-20", "2024-06-10");
    const ours = [at(US, "2020-08-20", "2023-06-10"), at(US, "2024-08-20")];
    expect(before(...ours, here)).toMatchObject(here);
    expect(before(...ours)).toBe("onlyRequester");
  });

  it("is not a place where the student has yet to begin", () => {
    const coming = at(CORNERS, "2026-11-02");
    expect(before(coming, at(PRAIRIE, "2025-08-20", "2026-06-10"))).toMatchObject({
      agencyId: PRAIRIE,
    });
    expect(before(coming)).toBe("none");
    expect(before(coming, at(US, "2026-08-20"))).toBe("onlyRequester");
    expect(before(at(CORNERS, TODAY))).toMatchObject({ agencyId: CORNERS });
  });

  it("is still enrolled with an exit that lies ahead, and with none after the exit's own day", () => {
    const planned = at(PRAIRIE, "2025-08-20", "2027-06-10");
    expect(before(planned)).toEqual({ ...planned, isStillEnrolled: true });
    expect(before(at(PRAIRIE, "2025-08-20", TODAY))).toMatchObject({ isStillEnrolled: false });
  });

  it("is, of several that are open, the one that began last", () => {
    expect(before(at(CORNERS, "2024-08-20"), at(PRAIRIE, "2025-08-20"))).toMatchObject({
      agencyId: PRAIRIE,
    });
  });

  it("is nobody's guess when two districts had the student alike", () => {
    expect(before(at(CORNERS, "2025-08-20"), at(PRAIRIE, "2025-08-20"))).toBe("many");
  });

  it("is one of two schools of the same district, always the same one", () => {
    const two = [
      at(PRAIRIE, "2025-08-20", null, "00002"),
      at(PRAIRIE, "2025-08-20", null, "00001"),
    ];
    const [first, second] = [before(...two), before(...two.toReversed())];
    expect(first).toEqual(second);
    expect(first).toMatchObject({ agencyId: PRAIRIE });
  });
});
