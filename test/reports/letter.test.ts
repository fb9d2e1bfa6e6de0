import { describe, expect, it } from "vitest";
import { letterPage, type LetterView } from "../../daemon/reports/letter-page.ts";
import { REFERENCE, request, TIME_ZONE } from "./samples.ts";

const ADDRESS = {
  name: "Cedar Flats Community School District",
  street: "1200 Main Street",
  city: "Cedar Flats",
  state: "IA",
  zip: "52402-1234",
};

const letter = (changes: Partial<LetterView> = {}): string =>
  letterPage({
    reference: REFERENCE,
    request,
    to: ADDRESS,
    ourStreet: "400 Example Avenue",
    writtenAt: new Date("2024-07-26T17:00:12Z"),
    answerBy: "2024-08-08",
    timeZone: TIME_ZONE,
    ...changes,
  });

/** As it is read: without markup, spaces one by one. */
const text = (html: string): string =>
  html
    .replace(/<style>[^]*<\/style>/, "")
    .replaceAll(/<(?:br|p|td|th|h1|h2|li|dt|tr)\b[^>]*>/g, " ")
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/\s+/g, " ");

describe("a letter", () => {
  it("says who asks whom for what, why, by when, and where to send it", () => {
    const said = text(letter());
    for (const each of [
      "Riverbend Public Schools",
      "Cedar Flats Community School District 1200 Main Street Cedar Flats, IA 52402-1234",
      "July 26, 2024",
      "our reference HWAY-K740",
      "by August 8, 2024",
      "Birthdate February 12, 2009",
      "8841207756 State id",
      "School with us North High School",
      "since July 25, 2024, school year 2024-2025",
      "Enrollment, Transcript, Attendance",
      "34 CFR 99.31(a)(2)",
      request.LegitimateInterest,
      "Person Nora Castellanos",
      "n.castellanos@riverbend.example",
      "We have no record of this student",
    ]) {
      expect(said).toContain(each);
    }
  });

  it("never shows a whole Social Security number", () => {
    const [first, ...others] = request.Student.StudentIdentification ?? [];
    const ids = [{ ...first, StudentIdentifier: "078-05-1120" }, ...others] as typeof others;
    const Student = { ...request.Student, StudentIdentification: ids };
    const said = text(letter({ request: { ...request, Student } }));
    expect(said).not.toContain("078-05-1120");
    expect(said).toContain("The Social Security number is never sent.");
  });

  it("leaves room for an address that is not known, and tells whoever prints it", () => {
    const to = { ...ADDRESS, street: null, city: null, zip: null };
    const said = text(letter({ to }));
    expect(said).toContain("(street)");
    expect(said).toContain("what is missing of their address");
    expect(said).not.toMatch(/null|undefined/);
    expect(text(letter())).not.toContain("what is missing of their address");
  });

  it("says where to send the records, or leaves a line for it and tells whoever prints it", () => {
    const said = text(letter());
    expect(said).toContain("Riverbend Public Schools 400 Example Avenue");
    expect(said).toContain("Street 400 Example Avenue");
    expect(said).not.toContain("Write in the street");
    const unsettled = text(letter({ ourStreet: null }));
    expect(unsettled).toContain("Write in the street to which the records are to be sent");
    expect(unsettled).toContain("Street &nbsp;(street)");
  });

  it("names a haste, what is asked alone, and what the parent said", () => {
    const { RequestedByParent: _, ...plain } = request;
    const said = text(
      letter({
        request: { ...plain, ExpediteReason: "FosterCare", RequestedSection: ["Transcript"] },
      }),
    );
    expect(said).toContain("This student cannot wait: foster care.");
    expect(said).toContain("Records Transcript Which");
    expect(said).toContain("make a reasonable attempt to notify the parent");
    expect(text(letter())).toContain("The parent or eligible student asked us for this transfer.");
  });

  it("of test traffic is not to be sent", () => {
    const test = { ...request, DocumentProcessCode: "TEST" } as const;
    expect(text(letter({ request: test }))).toContain("Do not send it.");
    expect(text(letter())).not.toContain("Do not send it.");
  });

  it("has no student's name in its title or at the foot of its sheets", () => {
    const html = letter();
    expect(/<title>(.*)<\/title>/.exec(html)?.[1]).toBe("Letter HWAY-K740");
    expect(/<style>([^]*)<\/style>/.exec(html)?.[1]).not.toMatch(/Abrams|Jenna/);
  });
});
