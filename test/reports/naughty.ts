/** Texts that do harm where they are not only shown, and good documents in which every text is one of them. */
import fc from "fast-check";

export const NAUGHTY = [
  "=cmd|' /C calc'!A0",
  "<script>alert(1)</script>",
  "</style></title></bdi><img src=x onerror=alert(1)>",
  "\u001B[31mred\u001B[0m\u001B]0;title\u0007",
  "a\r\nBcc: everyone@example\n\n.",
  "' onmouseover='x' \" style=\"x\" `x` <%= it %> ${x} {{x}}",
  "\u202Etxt.exe\u2066\u200F",
  "＝1+1",
  "\t=1+1",
  " \n@SUM(1)",
  "a;=1+1",
  'a","=1+1',
  "\uD800lone\uDFFF",
  "\u0000\u0085\u2028\uFEFF\uFFFF",
  "&lt;b&gt;&#60;b&#62;",
];

const FRAGMENTS = [
  [
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(1)",
    "=cmd|' /C calc'!A0",
    "\uFF1D1",
    "%",
    "'",
    '"',
    '""',
    ",",
    ";",
    "\t",
    "|",
  ],
  [
    "<script>",
    "</script>",
    "<img src=x onerror=x>",
    "<!--",
    "-->",
    "<b",
    ">",
    "<",
    "&",
    "&#60;",
    "<%= it %>",
  ],
  ["</style>", "</bdi>", "</title>", "]]>", "`", "${x}", "\\", "javascript:x", "{", "}"],
  [
    "\0",
    "\u0007",
    "\b",
    "\u001B[2J",
    "\u001B]0;x\u0007",
    "\u007F",
    "\u0085",
    "\u009B31m",
    "\r",
    "\n",
    "\r\n",
    "\f",
    "\v",
  ],
  [
    "\u202E",
    "\u202D",
    "\u2066",
    "\u2069",
    "\u200F",
    "\u061C",
    "\u2028",
    "\u2029",
    "\uFEFF",
    "\uFFF9",
    "\u{E0041}",
  ],
  [
    " ",
    "\u00A0",
    "\u200B",
    "\u3000",
    "\u00AD",
    "\u0301",
    "Å",
    "ليلى",
    "😀",
    "\uD800",
    "\uDFFF",
    "\uFFFF",
    "abc",
    "0",
  ],
].flat();

/** The same, put together by chance; never only white space. */
export const anyNaughty: fc.Arbitrary<string> = fc
  .oneof(
    fc.constantFrom(...NAUGHTY),
    fc.string({ unit: fc.constantFrom(...FRAGMENTS), minLength: 1, maxLength: 8 }),
    fc.string({ unit: "binary", minLength: 1 }),
  )
  .filter((text) => text.trim() !== "");

/** Every text that is no code, date or number becomes this one. */
export function withText<Value>(value: Value, text: string, keep: ReadonlySet<string>): Value {
  if (Array.isArray(value))
    return value.map((each) => withText<unknown>(each, text, keep)) as Value;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, each]: [string, unknown]) => [
    name,
    typeof each === "string" ? newText(name, each, text, keep) : withText(each, text, keep),
  ]);
  return Object.fromEntries(entries) as Value;
}

/** A last name without a letter would make it another student, and a warning on the page. */
const newText = (name: string, old: string, text: string, keep: ReadonlySet<string>): string =>
  keep.has(name) ? old : name === "LastOrSurname" ? `Q${text}` : text;

/** Names of leaves that hold a code, a date or a number. */
export const CODES = new Set(
  `CreatedDateTime ExpiresDateTime ReleaseDateTime DocumentProcessCode Sex TransmissionType
  DocumentQualifier UserAuthentication NotAvailableReason Severity SectionName MembershipType
  ExpediteReason RequestedByParent Birthdate SchoolYear InProgress ImmunizationRecordFlag FileName
  HispanicOrLatinoEthnicity SchoolId EnrollmentEntryDate EnrollmentExitDate`.split(/\s+/),
);
