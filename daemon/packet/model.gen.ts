// made by `npm run generate` from schemas/transfer.schema.json

/**
 * Seven digits. A district's is its NCES LEA id; an entity's its state's FIPS code and 00000.
 */
export type AgencyId = string;

/**
 * NCES school id: the LEA id and five digits.
 */
export type SchoolId = string;

export type Uuid = string;

export type UuidV7 = string;

export type Sha256 = string;

/**
 * Fingerprint of an OpenPGP v4 key.
 */
export type Fingerprint = string;

/**
 * YYYY-MM-DD, without a zone.
 */
export type Date = string;

/**
 * UTC, to the second.
 */
export type DateTime = string;

/**
 * A whole number as text.
 */
export type Count = string;

export type Sequence = string;

export type Revision = string;

/**
 * A size in bytes.
 */
export type Bytes = string;

/**
 * A decimal number as text; kept as it was written.
 */
export type Decimal = string;

export type YesNo = "true" | "false";

export type DocumentProcessCode = "TEST" | "PRODUCTION";

export type SchemaVersion = "1";

export type Name75 = string;

export type Name10 = string;

/**
 * CEDS 000204.
 */
export type OrganizationName = string;

/**
 * CEDS 000191.
 */
export type NameOfInstitution = string;

/**
 * What the state and its registrars call the district.
 */
export type StateDistrictNumber = string;

export type Line40 = string;

export type Line150 = string;

export type City = string;

/**
 * CEDS 000267.
 */
export type StateAbbreviation = string;

/**
 * CEDS 000214.
 */
export type PostalCode = string;

/**
 * CEDS 000279.
 */
export type TelephoneNumber = string;

/**
 * CEDS 000088.
 */
export type ElectronicMailAddress = string;

export type Username = string;

/**
 * Free text; never markup.
 */
export type Comments = string;

/**
 * Why the records are asked for (34 CFR 99.31(a)(2), 99.32(a)(3)).
 */
export type LegitimateInterest = string;

/**
 * A plain file name: no folders, no leading dot or hyphen.
 */
export type FileName = string;

/**
 * Name of a sealed attachment in the drop box.
 */
export type SealedFileName = string;

/**
 * The kinds of document that may be attached.
 */
export type MediaType =
  | "application/pdf"
  | "image/tiff"
  | "image/jpeg"
  | "image/png"
  | "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
  | "text/plain"
  | "text/csv"
  | "application/xml";

/**
 * An inline-signed OpenPGP message in ASCII armour.
 */
export type SignedText = string;

export type ErrorCode = string;

export type ErrorText = string;

/**
 * Both years in full: 2024-2025.
 */
export type SchoolYear = string;

export type Sex = "Female" | "Male" | "Non-binary" | "Not Selected";

/**
 * CEDS grade level codes.
 */
export type GradeLevel =
  | "IT"
  | "PR"
  | "PK"
  | "TK"
  | "KG"
  | "01"
  | "02"
  | "03"
  | "04"
  | "05"
  | "06"
  | "07"
  | "08"
  | "09"
  | "10"
  | "11"
  | "12"
  | "13"
  | "PS"
  | "UG"
  | "ABE"
  | "Other";

/**
 * CEDS Entry Type (000099), NCES codes.
 */
export type EntryType =
  | "1821"
  | "1822"
  | "1823"
  | "1824"
  | "1825"
  | "1826"
  | "1827"
  | "1828"
  | "1829"
  | "1830"
  | "1831"
  | "1832"
  | "1833"
  | "1834"
  | "1835"
  | "1836"
  | "1837"
  | "1838"
  | "1839"
  | "1840"
  | "9999";

/**
 * CEDS Exit or Withdrawal Type (000110), NCES codes.
 */
export type ExitOrWithdrawalType =
  | "1907"
  | "1908"
  | "1909"
  | "1910"
  | "1911"
  | "1912"
  | "1913"
  | "1914"
  | "1915"
  | "1916"
  | "1917"
  | "1918"
  | "1919"
  | "1921"
  | "1922"
  | "1923"
  | "1924"
  | "1925"
  | "1926"
  | "1927"
  | "1928"
  | "1930"
  | "1931"
  | "3499"
  | "3500"
  | "3501"
  | "3502"
  | "3503"
  | "3504"
  | "3505"
  | "3508"
  | "3509"
  | "9999";

export type MembershipType = "Home" | "Concurrent" | "Summer";

/**
 * CEDS 001075 without SSN: a Social Security number is never carried.
 */
export type StudentIdentificationSystem =
  | "District"
  | "State"
  | "School"
  | "Federal"
  | "National Migrant"
  | "State Migrant"
  | "Student Number"
  | "Family"
  | "Other";

/**
 * R01 now; R02 after the term; R07 inactive student; R10 temporary placement; R12 still waiting for the rest.
 */
export type Purpose = "R01" | "R02" | "R07" | "R10" | "R12";

/**
 * A ground that shortens the releaser's time.
 */
export type ExpediteReason =
  "FosterCare" | "Homelessness" | "MilitaryConnected" | "JuvenileJustice";

/**
 * How the sender's district says its user was authenticated.
 */
export type UserAuthentication = "OperatingSystem" | "SourceSystem" | "Declared";

export type RequestTransmissionType = "Original" | "Resubmission" | "Cancellation";

export type ReleaseTransmissionType = "Original" | "Supplement";

export type ResponseStatus =
  | "RequestReceived"
  | "Hold"
  | "Rejected"
  | "NoRecord"
  | "MultipleMatch"
  | "Canceled"
  | "OfflineRecordSearch"
  | "OfflineRecordSent"
  | "RecordSent"
  | "Deceased"
  | "Imported"
  | "RecallConfirmed";

export type TransferState =
  | "Requested"
  | "Forwarded"
  | "RequestReceived"
  | "OnHold"
  | "ReleasePending"
  | "Released"
  | "Delivered"
  | "Imported"
  | "Rejected"
  | "NoRecord"
  | "MultipleMatch"
  | "Canceled"
  | "Recalled"
  | "Expired";

/**
 * Why something is held, rejected or recalled. FeesOwed is not lawful in every state.
 */
export type ReasonCode =
  | "AwaitingFinalMarks"
  | "AwaitingDocuments"
  | "IdentityNotConfirmed"
  | "ParentHearingPending"
  | "LegalHold"
  | "LocalReview"
  | "FeesOwed"
  | "StaffUnavailable"
  | "NotOurStudent"
  | "StudentStillEnrolled"
  | "DuplicateRequest"
  | "NotAuthorized"
  | "EnrollmentNotConfirmed"
  | "SentByMistake"
  | "WrongStudent"
  | "WrongDocument"
  | "Other";

export type NotAvailableReason =
  "NotKept" | "NotApplicable" | "HeldElsewhere" | "NotPermitted" | "Other";

export type DocumentQualifier = "Full" | "Partial";

export type SectionName =
  | "Enrollment"
  | "Transcript"
  | "Attendance"
  | "Assessment"
  | "Immunization"
  | "HealthCondition"
  | "Program"
  | "Discipline";

export type Acknowledgment = "Confirmation" | "Resubmit";

export type MatchedBy = "StateStudentId" | "NameBirthdateSex";

/**
 * NCES race codes.
 */
export type Race = "0998" | "0999" | "1000" | "1001" | "1002";

/**
 * NCES relationship codes 1720 to 1782.
 */
export type Relationship = string;

export type Severity = "Low" | "Moderate" | "High" | "Severe" | "Unknown";

export type ProgramType =
  | "SpecialEducation"
  | "Section504"
  | "EnglishLearner"
  | "GiftedAndTalented"
  | "TitleI"
  | "MigrantEducation"
  | "HomelessEducation"
  | "CareerAndTechnical"
  | "Other";

/**
 * 34 CFR 99.33: the recipient must be told.
 */
export type RedisclosureNotice =
  "These records are disclosed on the condition that they are not disclosed to any other party without the prior written consent of the parent or eligible student, except as 34 CFR 99.33 allows, and that they are used only for the purpose for which they were disclosed.";

/**
 * An agency as people know it.
 */
export interface Agency {
  AgencyId: AgencyId;
  StateDistrictNumber?: StateDistrictNumber;
  OrganizationName: OrganizationName;
  AddressCity?: City;
  StateAbbreviation?: StateAbbreviation;
  AddressPostalCode?: PostalCode;
  TelephoneNumber?: TelephoneNumber;
}

/**
 * The person who asks or decides, as the district knows them.
 */
export interface User {
  PersonName: Name75;
  Username: Username;
  TelephoneNumber?: TelephoneNumber;
  ElectronicMailAddress?: ElectronicMailAddress;
  UserAuthentication: UserAuthentication;
}

/**
 * One identifier of the student; never a Social Security number.
 */
export interface StudentIdentification {
  StudentIdentificationSystem: StudentIdentificationSystem;
  StudentIdentifier: Line40;
}

/**
 * The student, from the student's record; not edited afterwards.
 */
export interface Student {
  LastOrSurname: Name75;
  FirstName: Name75;
  MiddleName?: Name75;
  GenerationCodeOrSuffix?: Name10;
  Sex: Sex;
  Birthdate: Date;
  GradeLevel: GradeLevel;
  StudentIdentification?: StudentIdentification[];
  OtherName?: Name75[];
}

/**
 * The enrollment at the requester: the evidence for the request (34 CFR 99.31(a)(2)).
 */
export interface NewEnrollment {
  SchoolId?: SchoolId;
  NameOfInstitution: NameOfInstitution;
  SchoolYear: SchoolYear;
  EnrollmentEntryDate: Date;
  EnrollmentExitDate?: Date;
  EntryType?: EntryType;
  MembershipType: MembershipType;
}

/**
 * What the requester knows of the previous school.
 */
export interface PreviousSchool {
  AgencyId?: AgencyId;
  SchoolId?: SchoolId;
  NameOfInstitution: NameOfInstitution;
  AddressCity?: City;
  StateAbbreviation?: StateAbbreviation;
}

/**
 * A request for a student's records: a document of its own, signed by the requester and never altered on its way.
 */
export interface TransferRequest {
  MessageId: UuidV7;
  Resubmits?: UuidV7;
  TransferId: UuidV7;
  Revision: Revision;
  TransmissionType: RequestTransmissionType;
  DocumentProcessCode: DocumentProcessCode;
  RequesterId: AgencyId;
  To: AgencyId;
  CreatedDateTime: DateTime;
  ExpiresDateTime: DateTime;
  Student: Student;
  NewEnrollment: NewEnrollment;
  PreviousSchool?: PreviousSchool;
  RequestingDistrict: Agency;
  RequestingUser: User;
  Purpose: Purpose;
  LegitimateInterest: LegitimateInterest;
  ExpediteReason?: ExpediteReason;
  RequestedByParent?: YesNo;
  RequestedSection?: SectionName[];
  Comments?: Comments;
}

/**
 * Whom the entity names as releaser; signed by the entity.
 */
export interface Referral {
  MessageId: UuidV7;
  TransferId: UuidV7;
  RequestSha256: Sha256;
  EntityId: AgencyId;
  RequesterId: AgencyId;
  ReleaserId: AgencyId;
  DocumentProcessCode: DocumentProcessCode;
  IssuedDateTime: DateTime;
  ExpiresDateTime: DateTime;
}

/**
 * Where the releaser's enrollment overlaps the new one.
 */
export interface Overlap {
  OverlapStartDate: Date;
  OverlapEndDate?: Date;
  OverlapDays?: Count;
  StillEnrolledAtBoth: YesNo;
}

/**
 * What the entity found in its registry.
 */
export interface Verification {
  MatchedBy: MatchedBy;
  VerifiedDateTime: DateTime;
  RegistryDate: Date;
  PreviousAgency: Agency;
  SchoolId?: SchoolId;
  NameOfInstitution: NameOfInstitution;
  EnrollmentEntryDate: Date;
  EnrollmentExitDate?: Date;
  Overlap?: Overlap;
}

/**
 * Carries a TransferRequest signed by the requester. MessageId is that of the request.
 */
export interface SignedRequest {
  MessageId: UuidV7;
  RequestText: SignedText;
}

/**
 * From the entity to the requester: whom it asked.
 */
export interface SignedReferral {
  MessageId: UuidV7;
  Resubmits?: UuidV7;
  ReferralText: SignedText;
  Releaser?: Agency;
  Overlap?: Overlap;
}

/**
 * From the entity to the releaser: the signed request unchanged, the referral, and what the registry says.
 */
export interface ForwardedRequest {
  MessageId: UuidV7;
  Resubmits?: UuidV7;
  RequestText: SignedText;
  ReferralText: SignedText;
  Verification: Verification;
}

/**
 * An answer to a request, from the releaser (or the entity); Imported goes from the requester to the releaser.
 */
export interface TransferResponse {
  MessageId: UuidV7;
  Resubmits?: UuidV7;
  TransferId: UuidV7;
  RequesterId: AgencyId;
  RespondsTo?: UuidV7;
  ResponseStatus: ResponseStatus;
  ResponseDateTime: DateTime;
  ReasonCode?: ReasonCode;
  HoldUntil?: Date;
  RespondingUser?: User;
  Comments?: Comments;
  ReferralText?: SignedText;
}

/**
 * A document sent beside the packet in a sealed file of its own.
 */
export interface Attachment {
  FileName: FileName;
  MediaType: MediaType;
  SectionName?: SectionName;
  Size: Bytes;
  ContentSha256: Sha256;
  SealedFileName: SealedFileName;
  SealedSize: Bytes;
  SealedSha256: Sha256;
}

/**
 * The records, from the releaser to the requester only.
 */
export interface TransferRelease {
  MessageId: UuidV7;
  Resubmits?: UuidV7;
  TransferId: UuidV7;
  RequesterId: AgencyId;
  RespondsTo?: UuidV7;
  TransmissionType: ReleaseTransmissionType;
  ReleaseDateTime: DateTime;
  DocumentQualifier: DocumentQualifier;
  ReleasingDistrict: Agency;
  ReleasingUser: User;
  RedisclosureNotice: RedisclosureNotice;
  StudentRecord: StudentRecord;
  Attachment?: Attachment[];
  Comments?: Comments;
  ReferralText?: SignedText;
}

/**
 * Records were sent by mistake.
 */
export interface Recall {
  MessageId: UuidV7;
  Resubmits?: UuidV7;
  TransferId: UuidV7;
  RequesterId: AgencyId;
  RecalledMessageId: UuidV7[];
  RecallDateTime: DateTime;
  ReasonCode: ReasonCode;
  RecallingUser: User;
  Comments?: Comments;
  ReferralText?: SignedText;
}

/**
 * From the releaser to the entity: how a transfer stands. No student.
 */
export interface TransferStatus {
  MessageId: UuidV7;
  TransferId: UuidV7;
  RequesterId: AgencyId;
  TransferState: TransferState;
  StatusDateTime: DateTime;
}

/**
 * The answer to one message of a packet.
 */
export interface MessageReceipt {
  Position: Sequence;
  MessageId?: UuidV7;
  MessageSha256: Sha256;
  Acknowledgment: Acknowledgment;
  ErrorCode?: ErrorCode;
  ErrorText?: ErrorText;
}

/**
 * The answer to a packet. Confirmation means durably taken; the business answer is a TransferResponse.
 */
export interface Receipt {
  MessageId: UuidV7;
  PacketId?: UuidV7;
  MessagesDigest?: Sha256;
  SealedSha256: Sha256;
  AuditHead: Sha256;
  ReceiptDateTime: DateTime;
  Acknowledgment: Acknowledgment;
  ErrorCode?: ErrorCode;
  ErrorText?: ErrorText;
  MessageReceipt?: MessageReceipt[];
}

/**
 * Numbers from First to Last, both included.
 */
export interface SequenceRange {
  First: Sequence;
  Last: Sequence;
}

/**
 * What has arrived of one stream of the partner.
 */
export interface ReceivedStream {
  Stream: Uuid;
  HighestSequence: Sequence;
  Hole?: SequenceRange[];
}

/**
 * Nightly: what was sent and what has arrived.
 */
export interface Manifest {
  MessageId: UuidV7;
  ManifestDateTime: DateTime;
  Stream: Uuid;
  LastSequence: Count;
  Void?: SequenceRange[];
  ReceivedStream?: ReceivedStream[];
  AuditHead: Sha256;
}

/**
 * Says nothing; its receipt shows that the way works.
 */
export interface Ping {
  MessageId: UuidV7;
  PingDateTime: DateTime;
}

/**
 * Where the student lives.
 */
export interface Address {
  AddressStreetNumberAndName: Line150;
  AddressCity: City;
  StateAbbreviation: StateAbbreviation;
  AddressPostalCode: PostalCode;
}

/**
 * A parent, guardian or other contact.
 */
export interface Contact {
  PersonName: Name75;
  Relationship: Relationship;
  TelephoneNumber?: TelephoneNumber;
  ElectronicMailAddress?: ElectronicMailAddress;
}

/**
 * The released record. Every section says what became of it; a Supplement carries only those it adds.
 */
export interface StudentRecord {
  Student: Student;
  HispanicOrLatinoEthnicity?: YesNo;
  Race?: Race[];
  Address?: Address;
  Contact?: Contact[];
  Enrollment?: EnrollmentSection;
  Transcript?: TranscriptSection;
  Attendance?: AttendanceSection;
  Assessment?: AssessmentSection;
  Immunization?: ImmunizationSection;
  HealthCondition?: HealthConditionSection;
  Program?: ProgramSection;
  Discipline?: DisciplineSection;
}

/**
 * The section is in these attachments.
 */
export interface AttachedDocuments {
  FileName: FileName[];
}

/**
 * There is no such section, and why.
 */
export interface NotAvailable {
  NotAvailableReason: NotAvailableReason;
  Comments?: Comments;
}

/**
 * The section will come as a Supplement.
 */
export interface ToFollow {
  ExpectedDate: Date;
  Comments?: Comments;
}

/**
 * The section Enrollment: present, attached, not available or to follow.
 */
export interface EnrollmentSection {
  Present?: EnrollmentHistory;
  Attached?: AttachedDocuments;
  NotAvailable?: NotAvailable;
  ToFollow?: ToFollow;
}

/**
 * The section Transcript: present, attached, not available or to follow.
 */
export interface TranscriptSection {
  Present?: TranscriptSummary;
  Attached?: AttachedDocuments;
  NotAvailable?: NotAvailable;
  ToFollow?: ToFollow;
}

/**
 * The section Attendance: present, attached, not available or to follow.
 */
export interface AttendanceSection {
  Present?: AttendanceHistory;
  Attached?: AttachedDocuments;
  NotAvailable?: NotAvailable;
  ToFollow?: ToFollow;
}

/**
 * The section Assessment: present, attached, not available or to follow.
 */
export interface AssessmentSection {
  Present?: AssessmentHistory;
  Attached?: AttachedDocuments;
  NotAvailable?: NotAvailable;
  ToFollow?: ToFollow;
}

/**
 * The section Immunization: present, attached, not available or to follow.
 */
export interface ImmunizationSection {
  Present?: ImmunizationHistory;
  Attached?: AttachedDocuments;
  NotAvailable?: NotAvailable;
  ToFollow?: ToFollow;
}

/**
 * The section HealthCondition: present, attached, not available or to follow.
 */
export interface HealthConditionSection {
  Present?: HealthConditionList;
  Attached?: AttachedDocuments;
  NotAvailable?: NotAvailable;
  ToFollow?: ToFollow;
}

/**
 * The section Program: present, attached, not available or to follow.
 */
export interface ProgramSection {
  Present?: ProgramList;
  Attached?: AttachedDocuments;
  NotAvailable?: NotAvailable;
  ToFollow?: ToFollow;
}

/**
 * The section Discipline: present, attached, not available or to follow.
 */
export interface DisciplineSection {
  Present?: DisciplineList;
  Attached?: AttachedDocuments;
  NotAvailable?: NotAvailable;
  ToFollow?: ToFollow;
}

/**
 * Enrollments at the releaser and before.
 */
export interface EnrollmentHistory {
  SchoolEnrollment: SchoolEnrollment[];
}

/**
 * One enrollment.
 */
export interface SchoolEnrollment {
  SchoolId?: SchoolId;
  NameOfInstitution: NameOfInstitution;
  SchoolYear: SchoolYear;
  EntryGradeLevel: GradeLevel;
  EnrollmentEntryDate: Date;
  EntryType?: EntryType;
  EnrollmentExitDate?: Date;
  ExitOrWithdrawalType?: ExitOrWithdrawalType;
  MembershipType?: MembershipType;
}

/**
 * Courses and totals.
 */
export interface TranscriptSummary {
  GradePointAverageCumulative?: Decimal;
  CreditsEarnedCumulative?: Decimal;
  ClassRank?: Count;
  ClassTotalNumber?: Count;
  ProjectedGraduationDate?: Date;
  Course: Course[];
}

/**
 * One course in one term.
 */
export interface Course {
  CourseCode?: Line40;
  StateCourseCode?: Line40;
  CourseTitle: Line150;
  SchoolYear: SchoolYear;
  TermCode?: Line40;
  NameOfInstitution?: NameOfInstitution;
  GradeLevelWhenCourseTaken?: GradeLevel;
  MarkLetter?: Name10;
  MarkPercentage?: Decimal;
  CreditsAttempted?: Decimal;
  CreditsEarned?: Decimal;
  InProgress?: YesNo;
}

/**
 * Attendance by year.
 */
export interface AttendanceHistory {
  AttendanceSummary: AttendanceSummary[];
}

/**
 * Days in one year at one school.
 */
export interface AttendanceSummary {
  SchoolYear: SchoolYear;
  NameOfInstitution?: NameOfInstitution;
  DaysInMembership?: Decimal;
  NumberOfDaysInAttendance: Decimal;
  NumberOfDaysAbsent: Decimal;
  ExcusedAbsences?: Decimal;
  UnexcusedAbsences?: Decimal;
  NumberOfDaysTardy?: Decimal;
}

/**
 * Results of assessments.
 */
export interface AssessmentHistory {
  AssessmentResult: AssessmentResult[];
}

/**
 * One result.
 */
export interface AssessmentResult {
  AssessmentTitle: Line150;
  AssessmentSubject?: Line40;
  AssessmentAdministrationDate: Date;
  GradeLevelWhenAssessed?: GradeLevel;
  ScoreMetric?: Line40;
  Score?: Line40;
  PerformanceLevel?: Line40;
}

/**
 * Immunizations and exemptions.
 */
export interface ImmunizationHistory {
  ImmunizationRecordFlag?: YesNo;
  ImmunizationDose: ImmunizationDose[];
}

/**
 * One dose.
 */
export interface ImmunizationDose {
  ImmunizationType: Line150;
  ImmunizationDate: Date;
  DoseNumber?: Count;
}

/**
 * What a school must know to keep the student safe.
 */
export interface HealthConditionList {
  HealthConditionEntry: HealthConditionEntry[];
}

/**
 * One condition.
 */
export interface HealthConditionEntry {
  ConditionName: Line150;
  Severity: Severity;
  Instructions?: Comments;
}

/**
 * Programs and services.
 */
export interface ProgramList {
  ProgramParticipation: ProgramParticipation[];
}

/**
 * One program.
 */
export interface ProgramParticipation {
  ProgramType: ProgramType;
  ProgramName?: Line150;
  ProgramBeginDate: Date;
  ProgramEndDate?: Date;
  Comments?: Comments;
}

/**
 * Suspensions and expulsions (20 USC 7917).
 */
export interface DisciplineList {
  DisciplineIncident: DisciplineIncident[];
}

/**
 * One incident.
 */
export interface DisciplineIncident {
  IncidentDate: Date;
  DisciplinaryActionTaken: Line150;
  DisciplinaryActionStartDate?: Date;
  DisciplinaryActionEndDate?: Date;
  Comments?: Comments;
}

/**
 * An agency and the key it uses.
 */
export interface Party {
  AgencyId: AgencyId;
  Fingerprint: Fingerprint;
}

/**
 * The envelope: who, to whom, which packet of which stream.
 */
export interface Header {
  SchemaVersion: SchemaVersion;
  PacketId: UuidV7;
  Stream: Uuid;
  Sequence: Sequence;
  Rendition: Revision;
  DocumentProcessCode: DocumentProcessCode;
  CreatedDateTime: DateTime;
  ExpiresDateTime: DateTime;
  From: Party;
  To: Party;
  MessagesDigest: Sha256;
}

/**
 * One to a thousand messages, each refused or taken by itself; a sender keeps to 100 unless agreed.
 */
export type Messages = (
  | SignedRequest
  | SignedReferral
  | ForwardedRequest
  | TransferResponse
  | TransferRelease
  | Recall
  | TransferStatus
  | Receipt
  | Manifest
  | Ping
)[];

/** Each kind of message under the name of its element. */
export interface MessageByKind {
  SignedRequest: SignedRequest;
  SignedReferral: SignedReferral;
  ForwardedRequest: ForwardedRequest;
  TransferResponse: TransferResponse;
  TransferRelease: TransferRelease;
  Recall: Recall;
  TransferStatus: TransferStatus;
  Receipt: Receipt;
  Manifest: Manifest;
  Ping: Ping;
}

export type MessageKind = keyof MessageByKind;

/**
 * One document from one sender to one recipient: the unit that is sealed.
 */
export interface TransferPacket {
  Header: Header;
  Messages: Messages;
}
