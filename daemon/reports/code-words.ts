/** Codes of the format (CEDS, NCES, FASTER) as a registrar says them. */
import type {
  EntryType,
  ExitOrWithdrawalType,
  GradeLevel,
  MembershipType,
  NotAvailableReason,
  ProgramType,
  Purpose,
  Race,
  SectionName,
  UserAuthentication,
} from "../packet/model.gen.ts";

type Words<Code extends string> = Readonly<Record<Code, string>>;

export const SECTION_WORDS: Words<SectionName> = {
  Enrollment: "Enrollment",
  Transcript: "Transcript",
  Attendance: "Attendance",
  Assessment: "Assessments",
  Immunization: "Immunizations",
  HealthCondition: "Health conditions",
  Program: "Programs and services",
  Discipline: "Discipline",
};

export const GRADE_WORDS: Words<GradeLevel> = {
  IT: "Infant or toddler",
  PR: "Preschool",
  PK: "Prekindergarten",
  TK: "Transitional kindergarten",
  KG: "Kindergarten",
  "01": "Grade 1",
  "02": "Grade 2",
  "03": "Grade 3",
  "04": "Grade 4",
  "05": "Grade 5",
  "06": "Grade 6",
  "07": "Grade 7",
  "08": "Grade 8",
  "09": "Grade 9",
  "10": "Grade 10",
  "11": "Grade 11",
  "12": "Grade 12",
  "13": "Grade 13",
  PS: "Postsecondary",
  UG: "Ungraded",
  ABE: "Adult basic education",
  Other: "Other",
};

export const MEMBERSHIP_WORDS: Words<MembershipType> = {
  Home: "Primary",
  Concurrent: "Concurrent",
  Summer: "Summer",
};

export const PURPOSE_WORDS: Words<Purpose> = {
  R01: "All that is there now",
  R02: "After the end of the term",
  R07: "For a student who has left",
  R10: "Temporary placement",
  R12: "The rest of what was sent in part",
};

/** How we knew our own people. */
export const OWN_AUTHENTICATION_WORDS: Words<UserAuthentication> = {
  OperatingSystem: "the computer’s own login",
  SourceSystem: "the student information system",
  Declared: "not proved: the name was only declared",
};

/** How the other district knew its people, as it says. */
export const AUTHENTICATION_WORDS: Words<UserAuthentication> = {
  OperatingSystem: "by the computer’s own login, says the district",
  SourceSystem: "by the student information system, says the district",
  Declared: "not proved: the name was only declared",
};

export const NOT_AVAILABLE_WORDS: Words<NotAvailableReason> = {
  NotKept: "not kept there",
  NotApplicable: "does not apply to this student",
  HeldElsewhere: "held elsewhere",
  NotPermitted: "may not be released",
  Other: "no reason given",
};

export const PROGRAM_WORDS: Words<ProgramType> = {
  SpecialEducation: "Special education",
  Section504: "Section 504",
  EnglishLearner: "English learner",
  GiftedAndTalented: "Gifted and talented",
  TitleI: "Title I",
  MigrantEducation: "Migrant education",
  HomelessEducation: "Homeless education",
  CareerAndTechnical: "Career and technical",
  Other: "Other",
};

export const RACE_WORDS: Words<Race> = {
  "0998": "American Indian or Alaska Native",
  "0999": "Asian",
  "1000": "Black or African American",
  "1001": "Native Hawaiian or Other Pacific Islander",
  "1002": "White",
};

/** CEDS Entry Type; where the student came from. */
export const ENTRY_WORDS: Words<EntryType> = {
  "1821": "From a public school, same district",
  "1822": "From a public school, another district of the state",
  "1823": "From a public school in another state",
  "1824": "From a private school, same district",
  "1825": "From a private school, another district of the state",
  "1826": "From a private school in another state",
  "1827": "From a religious school, same district",
  "1828": "From a religious school, another district of the state",
  "1829": "From a religious school in another state",
  "1830": "From a school outside the country",
  "1831": "From an institution",
  "1832": "From a charter school",
  "1833": "From home schooling",
  "1834": "Promoted or enrolled for the first time here",
  "1835": "Returned to the same school without interruption",
  "1836": "Returned after leaving voluntarily",
  "1837": "Returned after leaving involuntarily",
  "1838": "First school, from within the country",
  "1839": "First school here, from abroad without interruption",
  "1840": "First school here, from abroad with interruption",
  "9999": "Other",
};

/** CEDS Exit or Withdrawal Type; where the student went, or why. */
export const EXIT_WORDS: Words<ExitOrWithdrawalType> = {
  "1907": "To another public school of the district",
  "1908": "To a public school, another district of the state",
  "1909": "To a public school in another state",
  "1910": "To a private school, same district",
  "1911": "To a private school, another district of the state",
  "1912": "To a private school in another state",
  "1913": "To a religious school, same district",
  "1914": "To a religious school, another district of the state",
  "1915": "To a religious school in another state",
  "1916": "To a school outside the country",
  "1917": "To an institution",
  "1918": "To home schooling",
  "1919": "To a charter school",
  "1921": "Graduated",
  "1922": "Completed with another credential",
  "1923": "Died or permanently incapacitated",
  "1924": "Illness",
  "1925": "Expelled or withdrawn involuntarily",
  "1926": "Reached the maximum age",
  "1927": "Discontinued schooling",
  "1928": "Completed grade 12 without all requirements",
  "1930": "Early admission to college, may return",
  "1931": "Not enrolled, status unknown",
  "3499": "Served by the district, assigned to no school",
  "3500": "Adult education or training",
  "3501": "Completed a vocational program",
  "3502": "Not enrolled, may return",
  "3503": "Foreign exchange, may return",
  "3504": "Left below the compulsory age, may return",
  "3505": "Exited",
  "3508": "To a charter school of the district",
  "3509": "Completed with an equivalency certificate",
  "9999": "Other",
};

/** NCES codes; those that are free are shown as they are. */
export const RELATIONSHIP_WORDS: Readonly<Record<string, string>> = {
  "1720": "Aunt",
  "1721": "Half brother",
  "1722": "Brother",
  "1723": "Stepbrother",
  "1724": "Cousin",
  "1725": "Daughter",
  "1726": "Foster father",
  "1727": "Father",
  "1728": "Stepfather",
  "1729": "Friend",
  "1730": "Grandfather",
  "1731": "Grandmother",
  "1732": "Husband",
  "1734": "Foster mother",
  "1735": "Mother",
  "1736": "Stepmother",
  "1737": "Nephew",
  "1738": "Niece",
  "1739": "Significant other",
  "1740": "Half sister",
  "1741": "Sister",
  "1742": "Stepsister",
  "1743": "Son",
  "1744": "Uncle",
  "1745": "Ward",
  "1746": "Wife",
  "1747": "Adopted son",
  "1749": "Adoptive parents",
  "1750": "Advisor",
  "1751": "Agency representative",
  "1752": "Brother-in-law",
  "1753": "Court-appointed guardian",
  "1754": "Daughter-in-law",
  "1755": "Dependent",
  "1757": "Former husband",
  "1758": "Former wife",
  "1759": "Family member",
  "1760": "Father’s significant other",
  "1761": "Father-in-law",
  "1762": "Fiancé",
  "1763": "Fiancée",
  "1764": "Foster daughter",
  "1765": "Foster parent",
  "1766": "Foster son",
  "1767": "Granddaughter",
  "1769": "Grandson",
  "1770": "Great-aunt",
  "1771": "Great-uncle",
  "1772": "Life partner",
  "1773": "Life partner of a parent",
  "1774": "Minister or priest",
  "1775": "Mother’s significant other",
  "1776": "Mother-in-law",
  "1777": "Partner",
  "1778": "Partner of a parent",
  "1779": "Probation officer",
  "1780": "Sister-in-law",
  "1781": "Son-in-law",
  "1782": "Stepson",
};
