import { expect, it } from "vitest";
import type { Student } from "../../daemon/packet/model.gen.ts";
import { likenessOf } from "../../daemon/transfer/likeness.ts";
import { jenna } from "./cast.ts";

const stranger: Student = {
  LastOrSurname: "Okafor",
  FirstName: "Daniel",
  Sex: "Male",
  Birthdate: "2012-10-01",
  GradeLevel: "06",
};

const stateId = (value: string): Pick<Student, "StudentIdentification"> => ({
  StudentIdentification: [{ StudentIdentificationSystem: "State", StudentIdentifier: value }],
});

it.each<[string, Student, Student, string]>([
  ["the same student", jenna, { ...jenna, GradeLevel: "11" }, "same"],
  [
    "a name written with accents, case and hyphens",
    { ...jenna, LastOrSurname: "Muñoz-O’Brien" },
    { ...jenna, LastOrSurname: "MUNOZ OBRIEN" },
    "same",
  ],
  [
    "a former name that is known",
    jenna,
    { ...jenna, LastOrSurname: "Keller", OtherName: ["Abrams"] },
    "same",
  ],
  ["another birthdate", jenna, { ...jenna, Birthdate: "2009-12-02" }, "differs"],
  ["another last name", jenna, { ...jenna, LastOrSurname: "Keller" }, "differs"],
  ["a shared first name alone", jenna, { ...stranger, FirstName: "Jenna" }, "differs"],
  [
    "a shared state id alone",
    { ...jenna, ...stateId("1234567890") },
    { ...stranger, ...stateId("1234567890") },
    "differs",
  ],
  [
    "a shared local id, which means nothing elsewhere",
    {
      ...jenna,
      StudentIdentification: [
        { StudentIdentificationSystem: "District", StudentIdentifier: "1001" },
      ],
    },
    {
      ...stranger,
      StudentIdentification: [
        { StudentIdentificationSystem: "District", StudentIdentifier: "1001" },
      ],
    },
    "other",
  ],
  ["a stranger", jenna, stranger, "other"],
])("finds %s", (_, asked, found, likeness) => {
  expect(likenessOf(asked, found)).toBe(likeness);
});
