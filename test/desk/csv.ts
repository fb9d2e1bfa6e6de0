/** Lists as student information systems export them, for tests; nobody in them exists. */

export const HEADER = [
  "SourceReference",
  "To",
  "LastOrSurname",
  "FirstName",
  "Sex",
  "Birthdate",
  "GradeLevel",
  "NameOfInstitution",
  "SchoolYear",
  "EnrollmentEntryDate",
  "MembershipType",
] as const;

type Values = Partial<Record<(typeof HEADER)[number], string>>;

const USUAL: Record<(typeof HEADER)[number], string> = {
  SourceReference: "S-1",
  To: "2700105",
  LastOrSurname: "Abrams",
  FirstName: "Jenna",
  Sex: "Female",
  Birthdate: "2009-02-12",
  GradeLevel: "10",
  NameOfInstitution: "Example High School",
  SchoolYear: "2024-2025",
  EnrollmentEntryDate: "2024-07-25",
  MembershipType: "Home",
};

/** A row of the usual student, with these values instead. */
export const row = (values: Values = {}): string[] => Object.values({ ...USUAL, ...values });

/** The fields between these signs, as they are. */
export const list = (rows: readonly (readonly string[])[], delimiter = ",", end = "\r\n"): string =>
  [HEADER, ...rows].map((fields) => fields.join(delimiter) + end).join("");
