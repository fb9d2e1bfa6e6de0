/** A student on a page. The Social Security number is never carried, and the page says so. */
import { wordFor } from "../alerts/reason-words.ts";
import type { Student, StudentRecord } from "../packet/model.gen.ts";
import { facts, type FactsBlock, type Line } from "./blocks.ts";
import { GRADE_WORDS, RACE_WORDS, RELATIONSHIP_WORDS } from "./code-words.ts";
import { date, said, stacked } from "./lines.ts";

/** `Abrams, Jenna Marie` */
export function studentName(student: Student): string {
  const { LastOrSurname: last, FirstName: first, MiddleName: middle } = student;
  const given = middle === undefined ? first : `${first} ${middle}`;
  const suffix = student.GenerationCodeOrSuffix;
  return suffix === undefined ? `${last}, ${given}` : `${last}, ${given}, ${suffix}`;
}

/** `Female, born February 12, 2009, Grade 10`: what tells two students of one name apart. */
export const inBrief = (student: Student): Line => [
  ...(student.Sex === "Not Selected" ? [] : [`${student.Sex}, `]),
  "born ",
  ...date(student.Birthdate),
  ", ",
  wordFor(GRADE_WORDS, student.GradeLevel),
];

/** Name, sex, birthdate, grade and ids. */
export const studentFacts = (student: Student): FactsBlock =>
  facts(
    ["Last name", said(student.LastOrSurname)],
    ["First name", said(student.FirstName)],
    ["Middle name", said(student.MiddleName)],
    student.GenerationCodeOrSuffix === undefined
      ? null
      : ["Suffix", said(student.GenerationCodeOrSuffix)],
    student.OtherName === undefined ? null : ["Other names", list(student.OtherName)],
    ["Sex", [student.Sex === "Not Selected" ? "Not stated" : student.Sex]],
    ["Birthdate", date(student.Birthdate)],
    ["Grade", [wordFor(GRADE_WORDS, student.GradeLevel)]],
    ["Ids", identifiers(student)],
    ["Social Security number", ["The Social Security number is never sent."]],
  );

function identifiers({ StudentIdentification: ids = [] }: Student): Line {
  if (ids.length === 0) return ["—"];
  return stacked(
    ...ids.map(({ StudentIdentificationSystem: system, StudentIdentifier: id }): Line => [
      { said: masked(id) },
      " ",
      { small: system === "Student Number" ? system : `${system} id` },
    ]),
  );
}

/** A number written as Social Security numbers are is one, whatever it is called. */
const masked = (id: string): string => id.replace(/^[0-9]{3}-[0-9]{2}-(?=[0-9]{4}$)/, "•••-••-");

/** What a record says of the person beside the name, if it says anything. */
export function householdRows(record: StudentRecord): FactsBlock["rows"] {
  const { HispanicOrLatinoEthnicity: hispanic, Race: race, Address: address } = record;
  return facts(
    hispanic === undefined ? null : ["Hispanic or Latino", [hispanic === "true" ? "Yes" : "No"]],
    race === undefined
      ? null
      : ["Race", [race.map((code) => wordFor(RACE_WORDS, code)).join(", ")]],
    address === undefined
      ? null
      : [
          "Address",
          stacked(said(address.AddressStreetNumberAndName), [
            { said: address.AddressCity },
            ", ",
            { said: address.StateAbbreviation },
            " ",
            { said: address.AddressPostalCode },
          ]),
        ],
  ).rows;
}

/** Parents, guardians and other contacts: a row each. */
export const contactRows = ({ Contact: contacts = [] }: StudentRecord): readonly Line[][] =>
  contacts.map((contact) => [
    said(contact.PersonName),
    [
      Object.hasOwn(RELATIONSHIP_WORDS, contact.Relationship)
        ? wordFor(RELATIONSHIP_WORDS, contact.Relationship)
        : `Code ${contact.Relationship}`,
    ],
    said(contact.TelephoneNumber),
    said(contact.ElectronicMailAddress),
  ]);

const list = (texts: readonly string[]): Line => stacked(...texts.map((text) => said(text)));
