/** Values that are impossible, that look like numbers, or that would be code where they are shown. */
import { signInline } from "../../../daemon/keys/seal.ts";
import { writeDocument } from "../../../daemon/packet/document.ts";
import { writeMessage } from "../../../daemon/packet/envelope.ts";
import { TRANSFER_REQUEST } from "../../../daemon/packet/model.ts";
import { inPart, type Codes, type Input, type Kind, taken, type Row } from "../kind.ts";
import { asking, carrying, NAME, requestOf, time } from "../stage.ts";

type Changes = NonNullable<Parameters<typeof requestOf>[1]>;

const wrong = (row: Row, what: string, code: Codes, changes: Changes): Input =>
  inPart(row, what, [code], (stage) => asking(stage, changes));

/** What our own software would not write: the text is spoiled before it is signed. */
const raw = (row: Row, what: string, from: string | RegExp, to: string): Input =>
  inPart(row, what, ["INNER_TEXT_INVALID"], async (stage) => {
    const { from: signer, at } = stage.letter;
    const request = requestOf(stage);
    const text = Buffer.from(writeDocument(TRANSFER_REQUEST, request)).toString("utf8");
    const RequestText = await signInline(
      text.replace(from, () => to),
      { signWith: signer.secret, at },
    );
    const { MessageId } = request;
    return carrying(stage, [writeMessage("SignedRequest", { MessageId, RequestText })]);
  });

/** A request that is honest, with a student of this name. */
const shown = (row: Row, what: string, shows: readonly string[], changes: Changes): Input =>
  taken(row, what, (stage) => asking(stage, changes), { shows });

const ids = (...values: readonly string[]): Changes => ({
  Student: {
    StudentIdentification: values.map((value) => ({
      StudentIdentifier: value,
      StudentIdentificationSystem: "District",
    })),
  },
});

const NUMBERS = ["0047311", "1e5", "0x1F", "1.50", "9007199254740993", "-0", "Infinity", "NaN"];

export const numbers: Kind = {
  name: "texts that look like numbers",
  inputs: [
    shown("B29", "a request with ids that look like numbers", NUMBERS, ids(...NUMBERS)),
    shown("B29", "a request with an id of forty digits", ["9".repeat(40)], ids("9".repeat(40))),
    shown("B29", "a request with ids called null and true", ["null", "true"], ids("null", "true")),
  ],
};

const BIRTHDATE = /(?<=<Birthdate>)[^<]*/;

const born = (Birthdate: string): Changes => ({ Student: { Birthdate } });

export const impossible: Kind = {
  name: "impossible values",
  inputs: [
    raw("B30", "a student born on 30 February", BIRTHDATE, "2009-02-30"),
    raw("B30", "a student born in the 13th month", BIRTHDATE, "2009-13-01"),
    raw("B30", "a student born in 1800", BIRTHDATE, "1800-01-01"),
    raw("B30", "a student born at a time of day", BIRTHDATE, "2009-02-12T00:00:00Z"),
    wrong("B30", "a student not yet born", "RULE_BROKEN", born("2031-01-01")),
    wrong("B30", "a request that ends before it begins", "INNER_TEXT_INVALID", {
      CreatedDateTime: time(0),
      ExpiresDateTime: time(-1),
    }),
    wrong("B30", "a request that lives for years", "RULE_BROKEN", { ExpiresDateTime: time(800) }),
    wrong("B30", "a request from next week", ["RULE_BROKEN", "INNER_TEXT_INVALID"], {
      CreatedDateTime: time(7),
      ExpiresDateTime: time(20),
    }),
    wrong("B30", "a student who leaves before coming", "RULE_BROKEN", {
      NewEnrollment: {
        NameOfInstitution: "North High School",
        SchoolYear: "2024-2025",
        EnrollmentEntryDate: "2024-08-25",
        EnrollmentExitDate: "2024-07-25",
        MembershipType: "Home",
      },
    }),
    wrong("B30", "a Social Security number in a comment", "RULE_BROKEN", {
      Comments: `${NAME} is 078-05-1120`,
    }),
  ],
};

const named = (LastOrSurname: string): Changes => ({ Student: { LastOrSurname } });

export const code: Kind = {
  name: "texts that would be code elsewhere",
  inputs: [
    ...Object.entries({
      "a formula": "=cmd|'/C calc'!A1",
      "another formula": "@SUM(1+1)*cmd|' /C calc'!A0",
      "a script": `<script>alert("${NAME}")</script>`,
      "an image that runs a script": `"><img src=x onerror=alert(1)>`,
      "a command for a shell": "$(reboot) `reboot` ; reboot",
      "a query of SQL": "Robert'); DROP TABLE transfers;--",
      "a path": "../../etc/passwd",
      "a template": "<%= 7*7 %>{{7*7}}${7*7}",
    }).map(([what, text]) => shown("B39", `a name that is ${what}`, [text], named(text))),
    // They would hide what it says: they are named.
    shown(
      "B39",
      "a name with marks that turn its direction",
      ["[U+202E]ybmiuQ[U+2066]"],
      named("\u202eybmiuQ\u2066"),
    ),
    ...Object.entries({
      "a line end": `${NAME}\nBcc: all@example`,
      "a carriage return": `${NAME}\rBcc: all@example`,
      "an escape for terminals": `\u001b[2J${NAME}`,
      "a zero": `${NAME}\0`,
      "a byte order mark": `\ufeff${NAME}`,
    }).map(([what, text]) => raw("B39", `a name with ${what}`, NAME, text)),
  ],
};
