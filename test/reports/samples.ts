/** Made-up agencies, a request and a record, for the tests of reports. */
import type { AgencyId, Fingerprint, Reference } from "../../daemon/ids.ts";
import type { TransferRelease, TransferRequest } from "../../daemon/packet/model.gen.ts";
import type { AgencyRow, CardRow } from "../../daemon/ledger/tables.ts";
import { REDISCLOSURE_NOTICE } from "../../daemon/transfer/notice.ts";

export const ASKING = "2700105" as AgencyId;
export const RELEASING = "1901110" as AgencyId;
export const TRANSFER_ID = "0190a5f2-7c1e-7a3b-9c4d-5e6f7a8b9c0d";
export const REFERENCE = "HWAYK740" as Reference;

const card = (
  row: Pick<AgencyRow, "agency_id" | "name" | "state_number" | "city" | "state" | "zip" | "phone">,
  fingerprint: string,
): CardRow => ({
  ...row,
  source: "card",
  status: "Participating",
  successor_id: null,
  box: null,
  contacts: null,
  signed_card: "-----BEGIN PGP MESSAGE-----",
  fingerprint: fingerprint as Fingerprint,
  public_key: "-----BEGIN PGP PUBLIC KEY BLOCK-----",
  role: "district",
  added_at: "2024-06-03T15:20:00.000Z",
  added_by: "k.lindqvist",
  stopped_code: null,
});

export const askingCard = card(
  {
    agency_id: ASKING,
    name: "Riverbend Public Schools",
    state_number: "0275",
    city: "Riverbend",
    state: "MN",
    zip: "55001",
    phone: "555-555-0100",
  },
  "A1B2C3D4E5F60718293A4B5C6D7E8F9001122334",
);

export const releasingCard = card(
  {
    agency_id: RELEASING,
    name: "Cedar Flats Community School District",
    state_number: "1053",
    city: "Cedar Flats",
    state: "IA",
    zip: "52402",
    phone: "555-555-0188",
  },
  "0F1E2D3C4B5A69788796A5B4C3D2E1F00F1E2D3C",
);

export const request: TransferRequest = {
  MessageId: "0190a5f2-7c1e-7000-8000-000000000001",
  TransferId: TRANSFER_ID,
  Revision: "0",
  TransmissionType: "Original",
  DocumentProcessCode: "PRODUCTION",
  RequesterId: ASKING,
  To: RELEASING,
  CreatedDateTime: "2024-07-25T18:04:11Z",
  ExpiresDateTime: "2024-09-23T18:04:11Z",
  Student: {
    LastOrSurname: "Abrams",
    FirstName: "Jenna",
    MiddleName: "Marie",
    Sex: "Female",
    Birthdate: "2009-02-12",
    GradeLevel: "10",
    StudentIdentification: [
      { StudentIdentificationSystem: "State", StudentIdentifier: "8841207756" },
      { StudentIdentificationSystem: "Student Number", StudentIdentifier: "104477" },
    ],
  },
  NewEnrollment: {
    SchoolId: "270010500123",
    NameOfInstitution: "North High School",
    SchoolYear: "2024-2025",
    EnrollmentEntryDate: "2024-07-25",
    EntryType: "1823",
    MembershipType: "Home",
  },
  PreviousSchool: { NameOfInstitution: "Cedar Flats High School", StateAbbreviation: "IA" },
  RequestingDistrict: {
    AgencyId: ASKING,
    StateDistrictNumber: "0275",
    OrganizationName: "Riverbend Public Schools",
  },
  RequestingUser: {
    PersonName: "Nora Castellanos",
    Username: "ncastellanos",
    TelephoneNumber: "555-555-0142",
    ElectronicMailAddress: "n.castellanos@riverbend.example",
    UserAuthentication: "OperatingSystem",
  },
  Purpose: "R01",
  LegitimateInterest:
    "The student has enrolled with us; the records are needed for placement and continued services.",
  RequestedByParent: "true",
  Comments:
    "Jenna starts marching band on August 1.\nPlease send the immunizations first if the transcript takes longer.",
};

export const release: TransferRelease = {
  MessageId: "0190a5f2-7c1e-7000-8000-000000000002",
  TransferId: TRANSFER_ID,
  RequesterId: ASKING,
  RespondsTo: request.MessageId,
  TransmissionType: "Original",
  ReleaseDateTime: "2024-07-29T13:31:40Z",
  DocumentQualifier: "Partial",
  ReleasingDistrict: {
    AgencyId: RELEASING,
    StateDistrictNumber: "1053",
    OrganizationName: "Cedar Flats Community School District",
  },
  ReleasingUser: {
    PersonName: "Wendell Okafor",
    Username: "wokafor",
    TelephoneNumber: "555-555-0190",
    ElectronicMailAddress: "w.okafor@cedarflats.example",
    UserAuthentication: "OperatingSystem",
  },
  RedisclosureNotice: REDISCLOSURE_NOTICE,
  StudentRecord: {
    Student: request.Student,
    HispanicOrLatinoEthnicity: "false",
    Race: ["1002"],
    Address: {
      AddressStreetNumberAndName: "418 Birch Lane",
      AddressCity: "Cedar Flats",
      StateAbbreviation: "IA",
      AddressPostalCode: "52402",
    },
    Contact: [
      {
        PersonName: "Ruth Abrams",
        Relationship: "1735",
        TelephoneNumber: "555-555-0166",
        ElectronicMailAddress: "ruth.abrams@mail.example",
      },
      { PersonName: "Daniel Abrams", Relationship: "1727", TelephoneNumber: "555-555-0167" },
    ],
    Enrollment: {
      Present: {
        SchoolEnrollment: [
          {
            SchoolId: "190111000456",
            NameOfInstitution: "Cedar Flats High School",
            SchoolYear: "2023-2024",
            EntryGradeLevel: "09",
            EnrollmentEntryDate: "2023-08-23",
            EntryType: "1821",
            EnrollmentExitDate: "2024-05-30",
            ExitOrWithdrawalType: "1909",
            MembershipType: "Home",
          },
          {
            NameOfInstitution: "Cedar Flats Middle School",
            SchoolYear: "2022-2023",
            EntryGradeLevel: "08",
            EnrollmentEntryDate: "2022-08-24",
            EnrollmentExitDate: "2023-06-01",
            ExitOrWithdrawalType: "1907",
          },
        ],
      },
    },
    Transcript: {
      Present: {
        GradePointAverageCumulative: "3.71",
        CreditsEarnedCumulative: "6.5",
        ClassRank: "31",
        ClassTotalNumber: "214",
        ProjectedGraduationDate: "2027-05-28",
        Course: [
          {
            CourseCode: "ENG101",
            StateCourseCode: "01001",
            CourseTitle: "English 9",
            SchoolYear: "2023-2024",
            TermCode: "S1",
            GradeLevelWhenCourseTaken: "09",
            MarkLetter: "A-",
            MarkPercentage: "92",
            CreditsAttempted: "0.5",
            CreditsEarned: "0.5",
          },
          {
            CourseCode: "MAT120",
            CourseTitle: "Geometry",
            SchoolYear: "2023-2024",
            TermCode: "S2",
            GradeLevelWhenCourseTaken: "09",
            MarkLetter: "B+",
            MarkPercentage: "88.5",
            CreditsAttempted: "0.5",
            CreditsEarned: "0.5",
          },
          {
            CourseTitle: "Algebra I (high school credit)",
            SchoolYear: "2022-2023",
            NameOfInstitution: "Cedar Flats Middle School",
            GradeLevelWhenCourseTaken: "08",
            MarkLetter: "A",
            CreditsEarned: "1.0",
          },
        ],
      },
    },
    Attendance: {
      Present: {
        AttendanceSummary: [
          {
            SchoolYear: "2023-2024",
            DaysInMembership: "172",
            NumberOfDaysInAttendance: "166.5",
            NumberOfDaysAbsent: "5.5",
            ExcusedAbsences: "5",
            UnexcusedAbsences: "0.5",
            NumberOfDaysTardy: "3",
          },
        ],
      },
    },
    Assessment: {
      Present: {
        AssessmentResult: [
          {
            AssessmentTitle: "Iowa Statewide Assessment of Student Progress",
            AssessmentSubject: "Reading",
            AssessmentAdministrationDate: "2024-04-16",
            GradeLevelWhenAssessed: "09",
            ScoreMetric: "Scale score",
            Score: "548",
            PerformanceLevel: "Proficient",
          },
        ],
      },
    },
    Immunization: { Attached: { FileName: ["immunizations 2024.pdf"] } },
    HealthCondition: {
      Present: {
        HealthConditionEntry: [
          {
            ConditionName: "Peanut allergy",
            Severity: "Severe",
            Instructions: "Epinephrine auto-injector in the nurse's office and in the backpack.",
          },
        ],
      },
    },
    Program: {
      ToFollow: {
        ExpectedDate: "2024-08-15",
        Comments: "The 504 plan is being reviewed; the signed version follows.",
      },
    },
    Discipline: { NotAvailable: { NotAvailableReason: "NotApplicable" } },
  },
  Attachment: [
    {
      FileName: "immunizations 2024.pdf",
      MediaType: "application/pdf",
      SectionName: "Immunization",
      Size: "48211",
      ContentSha256: "0".repeat(64),
      SealedFileName: "1901110_2700105_000000004_1_0011223344556677.att.pgp",
      SealedSize: "48900",
      SealedSha256: "1".repeat(64),
    },
  ],
  Comments: "Jenna was in the advanced science track; call me about the placement in chemistry.",
};

export const attachments = [
  { fileName: "immunizations 2024.pdf", savedAs: "immunizations 2024.pdf", size: 48_211 },
];

export const TIME_ZONE = "America/Chicago";
