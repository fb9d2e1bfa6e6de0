import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { isRefusal } from "../daemon/errors.ts";
import {
  capped,
  checkerFor,
  definitionAt,
  faultLines,
  nearestName,
  refuseFaults,
} from "../daemon/schema.ts";
import { type Broken, faultsOf } from "../daemon/schema/words.ts";

const SCHEMAS = new URL("../schemas/", import.meta.url);
const FILES = readdirSync(SCHEMAS).filter((name) => name.endsWith(".schema.json"));
const TRANSFER = "transfer.schema.json";
const student = {
  LastOrSurname: "Abrams",
  FirstName: "Jenna",
  Sex: "Female",
  Birthdate: "2009-02-12",
  GradeLevel: "10",
};
const faultsIn = (definition: string, value: unknown): string[] =>
  faultLines(checkerFor(TRANSFER, definition)(value), definition);

describe("the faults of a document", () => {
  it("are none when it is right", () => {
    expect(faultsIn("Student", student)).toEqual([]);
  });

  it("come all at once, each with its place, and never with the value", () => {
    const { FirstName, ...rest } = student;
    const told = faultsIn("Student", {
      ...rest,
      Firstname: FirstName,
      LastOrSurname: "A".repeat(76),
      Sex: "Woman",
      Birthdate: "2009-02-30",
      StudentIdentification: [
        { StudentIdentificationSystem: "State", StudentIdentifier: "7" },
        { StudentIdentificationSystem: "SSN" },
      ],
      OtherName: ["Jen", ""],
    });
    expect(told.toSorted()).toEqual([
      "Birthdate: must be a day of the calendar, like 2009-02-12",
      "Firstname: unknown element, did you mean FirstName?",
      "LastOrSurname: must have at most 75 characters",
      "OtherName[2]: must not be empty",
      "Sex: must be one of Female, Male, Non-binary, Not Selected",
      "Student: FirstName is required",
      "StudentIdentification[2]/StudentIdentificationSystem: must be one of District, State, School, Federal, National Migrant, State Migrant, Student Number, Family, Other",
      "StudentIdentification[2]: StudentIdentifier is required",
    ]);
    expect(told.join()).not.toMatch(/Jenna|Woman|AAAA|SSN/);
  });

  it("say one thing of one value, the one that helps most", () => {
    expect(faultsIn("Student", { ...student, Birthdate: "" })).toHaveLength(1);
    const tooLong = { AgencyId: "27001055", OrganizationName: "Example" };
    expect(faultsIn("Agency", tooLong)).toEqual([
      expect.stringMatching(/^AgencyId: .*seven digits/i),
    ]);
    expect(faultsIn("Student", { ...student, FirstName: "" })).toEqual([
      "FirstName: must not be empty",
    ]);
  });

  it("tell a choice by its names", () => {
    const sentence = "must hold exactly one of Present, Attached, NotAvailable, ToFollow";
    expect(faultsIn("ProgramSection", {})).toEqual([`ProgramSection: ${sentence}`]);
    const both = {
      NotAvailable: { NotAvailableReason: "NotKept" },
      ToFollow: { ExpectedDate: "2024-08-09" },
    };
    expect(faultsIn("ProgramSection", both)).toEqual([`ProgramSection: ${sentence}`]);
  });

  it("tell how to write what YAML took for a number", () => {
    expect(faultsIn("Agency", { AgencyId: 2700105, OrganizationName: "Example" })).toEqual([
      'AgencyId: must be text: put it in quotes, like "01234"',
    ]);
  });

  it("are called what the reader of the document calls them", () => {
    const told = checkerFor(TRANSFER, "Party", "setting")({ AgencyID: "2700105" });
    expect(faultLines(told)).toContain("AgencyID: unknown setting, did you mean AgencyId?");
  });

  it("are cut short, with their number, when there are too many", () => {
    const many = Array.from({ length: 200 }, (_, index) => ({
      place: `A[${index}]`,
      sentence: "x",
    }));
    expect(capped(many)).toHaveLength(26);
    expect(capped(many).at(-1)).toEqual({ place: "", sentence: "175 more faults" });
    const list = Array.from({ length: 200 }, () => "");
    expect(faultsIn("AttachedDocuments", { FileName: list })).toHaveLength(26);
  });

  it("refuse a document, all of them in the facts", () => {
    const faults = checkerFor(TRANSFER, "Party")({});
    const refuse = () => {
      refuseFaults(faults, "SCHEMA_INVALID", { document: "the party", root: "Party" });
    };
    expect(refuse).toThrow("the party has a fault at Party: AgencyId is required (and 1 more)");
    try {
      refuse();
    } catch (error) {
      expect(isRefusal(error, "SCHEMA_INVALID") && error.facts.faults).toEqual([
        "Party: AgencyId is required",
        "Party: Fingerprint is required",
      ]);
    }
    expect(() => {
      refuseFaults([], "SCHEMA_INVALID", { document: "the party", root: "Party" });
    }).not.toThrow();
  });
});

describe("the words for a broken rule", () => {
  const broken = (more: Partial<Broken>): Broken => ({
    instancePath: "/server/port",
    schemaPath: "#/properties/port/minimum",
    keyword: "minimum",
    params: {},
    ...more,
  });
  it.each<[string, Partial<Broken>, string]>([
    ["minimum", { params: { limit: 1 } }, "must be at least 1"],
    ["maximum", { params: { limit: 9 } }, "must be at most 9"],
    ["exclusiveMinimum", { params: { limit: 0 } }, "must be more than 0"],
    ["exclusiveMaximum", { params: { limit: 5 } }, "must be less than 5"],
    ["type", { params: { type: "integer" } }, "must be a whole number"],
    ["type", { params: { type: "array" } }, "must be a list"],
    ["uniqueItems", {}, "must not name the same thing twice"],
    ["maxItems", { params: { limit: 1 } }, "must stand at most once"],
    ["minItems", { params: { limit: 2 } }, "must stand at least 2 times"],
    ["const", { params: { allowedValue: "1" } }, "must be 1"],
    ["pattern", { parentSchema: { title: "seven digits" } }, "must be seven digits"],
    [
      "dependentRequired",
      { params: { missingProperty: "b", property: "a" } },
      "b is required beside a",
    ],
    ["contains", {}, "breaks the rule contains of the schema"],
  ])("%s", (keyword, more, sentence) => {
    expect(faultsOf([broken({ keyword, ...more })], "setting")).toEqual([
      { place: "server/port", sentence },
    ]);
  });
});

describe("the nearest known name", () => {
  it("is offered when it is near", () => {
    expect(nearestName("hostkeys", ["hostKeys", "port"])).toBe(", did you mean hostKeys?");
    expect(nearestName("Brithdate", ["Birthdate", "Sex"])).toBe(", did you mean Birthdate?");
    expect(nearestName("Weather", ["Birthdate", "Sex"])).toBe("");
    expect(nearestName("x", [])).toBe("");
  });
});

describe("the schemas", () => {
  it.each(FILES)("are right by JSON Schema's own: %s", (file) => {
    const ajv = new Ajv2020();
    const schema = JSON.parse(readFileSync(new URL(file, SCHEMAS), "utf8")) as object;
    expect(ajv.validateSchema(schema), ajv.errorsText()).toBe(true);
  });

  it("refer to each other's definitions", () => {
    const ref = "urn:packetboat:transfer:1#/$defs/Student";
    const { file, schema } = definitionAt("outbox.schema.json", ref);
    expect(file).toBe(TRANSFER);
    expect(Object.keys(schema.properties ?? {})).toContain("Birthdate");
    const told = checkerFor("outbox.schema.json", "Request")({ Student: student });
    expect(faultLines(told)).toEqual(["document: NewEnrollment is required"]);
  });

  it("are bugs when they are missing, not refusals", () => {
    expect(() => definitionAt(TRANSFER, "#/$defs/Nobody")).toThrow(/names nothing/);
    expect(() => definitionAt(TRANSFER, "urn:nowhere#/$defs/Nobody")).toThrow(/no schema has/);
    expect(() => checkerFor("nowhere.schema.json")({})).toThrow(/missing/);
    expect(() => checkerFor(TRANSFER, "Nobody")({})).toThrow(/no definition Nobody/);
  });
});
