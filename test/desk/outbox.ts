/** Documents as offices write them, for tests; nobody in them exists. */

const NAMESPACE = "urn:packetboat:outbox:1";

const STUDENT = `<Student><LastOrSurname>Abrams</LastOrSurname><FirstName>Jenna</FirstName>
<Sex>Female</Sex><Birthdate>2009-02-12</Birthdate><GradeLevel>10</GradeLevel></Student>`;

const ENROLLMENT = `<NewEnrollment><NameOfInstitution>Example High School</NameOfInstitution>
<SchoolYear>2024-2025</SchoolYear><EnrollmentEntryDate>2024-07-25</EnrollmentEntryDate>
<MembershipType>Home</MembershipType></NewEnrollment>`;

export const message = (inner: string, declaration = "utf-8"): string =>
  `<?xml version="1.0" encoding="${declaration}"?>
<OutboxMessage xmlns="${NAMESPACE}">${inner}</OutboxMessage>
`;

export const requests = (...inner: string[]): string =>
  `<Requests xmlns="${NAMESPACE}">${inner.join("\n")}</Requests>`;

/** @param first elements that stand before the others: SourceReference, To … */
export const request = (first = "<To>2700105</To>", last = ""): string =>
  `<Request>${first}${STUDENT}${ENROLLMENT}${last}</Request>`;

export const release = (...fileNames: string[]): string => {
  const documents = fileNames.map((name) => `<Document><FileName>${name}</FileName></Document>`);
  return `<Release><Reference>K7QM-3F2D</Reference>${documents.join("")}</Release>`;
};

export const PDF = "%PDF-1.4\n%%EOF\n";
