import { describe, expect, it } from "vitest";
import { ALERT_KINDS, isFor, wordsOf, type AnyAlertCode } from "../../daemon/alerts/catalogue.ts";
import {
  POST_ALERTS,
  type PostAlertCode,
  type PostAlertFacts,
} from "../../daemon/alerts/post-alerts.ts";
import { textOf } from "../../daemon/alerts/say.ts";
import type { Reference, TransferId } from "../../daemon/ids.ts";
import type { Alert } from "../../daemon/ledger/alerts.ts";
import { ALERT_AUDIENCE } from "../../daemon/transfer/alert-codes.ts";
import { AT, PARTNER, US } from "./world.ts";

const ZONE = "America/Chicago";
const CODES = Object.keys(ALERT_KINDS) as AnyAlertCode[];

const alert = (code: string, more: Partial<Alert> = {}): Alert => ({
  id: "7XK2QD",
  code,
  subject: "0190a5f2-7c1e-7a3b-9c4d-5e6f7a8b9c0d",
  transfer: {
    requesterId: US,
    transferId: "0190a5f2-7c1e-7a3b-9c4d-5e6f7a8b9c0d" as TransferId,
    reference: "K7QM3F2D" as Reference,
    side: "requester",
    requestContentId: "content",
    dropFolder: "office",
  },
  agency: { id: PARTNER, name: "Cedar Flats", phone: "555-555-0188" },
  facts: {},
  raisedAt: AT,
  lastRaisedAt: AT,
  times: 1,
  resolvedAt: null,
  resolvedBy: null,
  ...more,
});

const FACTS: { readonly [Code in PostAlertCode]: PostAlertFacts<Code> } = {
  PACKET_REFUSED: { code: "PACKET_NOT_SIGNED", reason: "the packet carries no signature" },
  MESSAGE_REFUSED: { code: "RULE_BROKEN", kind: "TransferResponse" },
  PACKET_REFUSED_BY_PARTNER: { code: "PACKET_EXPIRED", sequence: 17 },
  PARTNER_UNREACHABLE: { code: "BOX_TIMEOUT", packets: 3 },
  SERVER_UNREACHABLE: { code: "BOX_UNREACHABLE", reason: "no connection within 20 s" },
  HOST_KEY_CHANGED: { expected: "SHA256:aaaa", found: "SHA256:bbbb" },
  SENDER_FLOODS: {
    box: "own",
    files: 100_000,
    megabytes: 350,
    account: 1012,
    named: PARTNER,
    isNamedAlike: true,
  },
  PARTNER_STOPPED: { code: "KEY_REVOKED" },
  SCHOOL_UNKNOWN: { reference: "K7QM3F2D", school: "North High School" },
  FLAGS_UNREADABLE: { reason: "flags.csv line 3 names no student" },
  DIRECTORY_REFUSED: { code: "DIRECTORY_OLDER", reason: "it has version 3, and 4 is known" },
  DIRECTORY_EXPIRES_SOON: { expires: "2024-08-15", days: 3 },
  DIRECTORY_EXPIRED: { expires: "2024-08-15" },
  KEY_HELD: { agency: "2700105", fingerprint: "2F1A9A9C0D6A4D4B8F5B1B1A2C3D4E5F60718293" },
  NO_RECEIPT: { packets: 2, oldest: "2024-08-10T07:00:00.000Z" },
  DOCUMENT_REFUSED: { dropFolder: "office", code: "DOCUMENT_INVALID", faults: 1 },
  DISTRICT_AMBIGUOUS: {
    dropFolder: "office",
    documentId: "0190a5f2-7c1e-7a3b-9c4d-5e6f7a8b9c0d",
    described: '"Cedar" in MN',
    candidates: "Cedar Flats (Cedar, 2700105); Cedar Public Schools (Elk River, 2700106)",
    requests: 40,
    rows: "2, 5 and 38 more",
  },
  DISTRICT_NOT_FOUND: {
    dropFolder: "office",
    documentId: "0190a5f2-7c1e-7a3b-9c4d-5e6f7a8b9c0d",
    described: '"Cedar" in MN',
    candidates: "",
    requests: 1,
    rows: "",
  },
  DECISION_NOT_TAKEN: { faults: 2 },
  CASE_FOLDER_GONE: { dropFolder: "office" },
  HOLD_WITHOUT_DAY: { since: "2024-08-12" },
  SEQUENCE_REPEATED: { sequence: 4 },
  NOT_COLLECTED: { packets: 3, since: "2024-08-05" },
  FORWARDED_UNANSWERED: {
    requests: 4,
    schoolDays: 10,
    oldest: "K7QM-3F2D",
    since: "2024-07-22",
  },
  NOT_JOINED: { agencies: 2, enrollments: 1200 },
  KEY_EXPIRES_SOON: { expires: "2024-08-15", days: 3, ours: true },
  DISK_FULL: { place: "the ledger" },
  LEDGER_DAMAGED: { code: "LEDGER_DAMAGED", reason: "content 1 is another" },
  CONFIG_REFUSED: { code: "CONFIG_INVALID", faults: 2 },
  FOLDER_MISSING: { code: "FOLDER_MISSING", reason: "the folder records is not there" },
  PACKET_WAITING: { code: "PACKET_CUT_SHORT" },
  ANSWER_OVERDUE: { due: "2024-08-08" },
  REQUEST_UNANSWERED: { due: "2024-08-08" },
  DECISION_DUE: { due: "2024-08-22", since: "2024-08-08" },
  DECISION_ESCALATED: { due: "2024-08-22", since: "2024-08-05", told: 1 },
  MAIL_NOT_SENT: { code: "MAIL_UNREACHABLE", reason: "the mail server is away", mails: 2 },
  MAIL_ADDRESS_REFUSED: { code: "MAIL_REFUSED", setting: "people north.registrar" },
  REGISTRY_WAITS: { closing: 1200, open: 9000 },
  REGISTRY_REFUSED: { code: "REGISTRY_INVALID" },
  REGISTRY_ROWS_LEFT_OUT: { rows: 9000, faulty: 1 },
  REGISTRY_OLD: { asOf: "2024-08-08" },
  RELAY_REFUSED: {
    code: "RELAY_OWNER_DIFFERS",
    reason: "account 1017 left it, and the account of agency 2700417 is 1012",
    files: 2,
    from: "2700417",
    account: 1017,
    proved: false,
  },
  RELAY_WAITING: {
    code: "BOX_FULL",
    reason: "the server has no room for it",
    files: 3,
    to: "1900024",
    since: "2024-08-08",
  },
};

const factsOf = (code: string) => (code in FACTS ? FACTS[code as PostAlertCode] : {});

describe("every alert", () => {
  it.each(CODES)("%s says what happened and what to do, on either side", (code) => {
    for (const side of ["requester", "releaser"] as const) {
      const { transfer, ...rest } = alert(code, { facts: factsOf(code) });
      const words = wordsOf({ ...rest, transfer: transfer && { ...transfer, side } }, ZONE);
      for (const sentence of [words.happened, words.todo]) {
        expect(textOf(sentence)).toMatch(/^[A-Z].*[.]$/u);
        expect(textOf(sentence)).not.toMatch(/undefined|null|NaN|Invalid|\s\s|[.][.]|`/u);
      }
      expect(words.title).toMatch(/^[A-Z]/);
    }
  });

  it.each(CODES)("%s can be told without an agency, a transfer or a name on the card", (code) => {
    const bare = alert(code, { facts: factsOf(code), agency: null, transfer: null });
    expect(textOf(wordsOf(bare, ZONE).happened)).not.toContain("undefined");
    const nameless = { id: PARTNER, name: null, phone: null };
    const words = wordsOf(alert(code, { facts: factsOf(code), agency: nameless }), ZONE);
    expect(textOf(words.happened)).not.toContain("null");
  });

  it("is for those whom the rules of a transfer name", () => {
    for (const [code, audience] of Object.entries(ALERT_AUDIENCE)) {
      expect([code, wordsOf(alert(code), ZONE).audience]).toEqual([code, audience]);
    }
  });

  it("of the post has facts in this test", () => {
    expect(Object.keys(FACTS).toSorted()).toEqual(Object.keys(POST_ALERTS).toSorted());
  });
});

describe("whom to call", () => {
  it("is the agency, by the number on its card", () => {
    const { call } = wordsOf(alert("REQUEST_TO_RELEASE"), ZONE);
    expect(call && textOf(call)).toBe("Cedar Flats: 555-555-0188 (from its card)");
  });

  it("is the agency by the number in the directory, if it is known from there", () => {
    const agency = { id: PARTNER, name: "Cedar Flats", phone: "555-555-0188" };
    const listed = alert("REQUEST_TO_RELEASE", { agency: { ...agency, source: "directory" } });
    const { call } = wordsOf(listed, ZONE);
    expect(call && textOf(call)).toBe("Cedar Flats: 555-555-0188 (from the directory)");
  });

  it("never is a number out of a message", () => {
    const facts = { phone: "900-555-0000", TelephoneNumber: "900-555-0000" };
    const agency = { id: PARTNER, name: "Cedar Flats", phone: null };
    const words = wordsOf(alert("REQUEST_TO_RELEASE", { facts, agency }), ZONE);
    const all = [words.happened, words.todo, words.call ?? []].map(textOf).join(" ");
    expect(all).not.toContain("900");
    expect(all).toContain("its card gives no telephone number");
  });

  it("is nobody where a call would not help", () => {
    expect(wordsOf(alert("DISK_FULL", { facts: FACTS.DISK_FULL }), ZONE).call).toBeNull();
  });
});

describe("the words", () => {
  it.each([
    ["REQUEST_TO_RELEASE", "requests/K7QM-3F2D"],
    ["DECISION_DUE", "requests/K7QM-3F2D"],
    ["DECISION_ESCALATED", "requests/K7QM-3F2D"],
    ["HOLD_WITHOUT_DAY", "requests/K7QM-3F2D"],
    ["ANSWER_OVERDUE", "requests/K7QM-3F2D"],
    ["RECORDS_RELEASED", "records/K7QM-3F2D"],
    ["LETTER_TO_SEND", "letters/K7QM-3F2D"],
    ["RECORDS_RECALLED", "records/K7QM-3F2D-recalled"],
  ])(
    "%s says where the folder is: in which drop folder, if not in the office's",
    (code, folder) => {
      const said = (dropFolder: string | null): string => {
        const { transfer } = alert(code);
        const about = { facts: factsOf(code), transfer: transfer && { ...transfer, dropFolder } };
        return textOf(wordsOf(alert(code, about), ZONE).todo);
      };
      expect(said("north")).toContain(`in the folder ${folder} of the drop folder north`);
      for (const office of ["office", null]) {
        expect(said(office)).toContain(`in the folder ${folder}`);
        expect(said(office)).not.toContain("of the drop folder");
      }
    },
  );

  it("encourage to call before a release, and name the command", () => {
    const { todo } = wordsOf(alert("REQUEST_TO_RELEASE"), ZONE);
    expect(textOf(todo)).toContain("You are encouraged to call first");
    expect(textOf(todo)).toContain("packetboat release K7QM-3F2D");
  });

  it("are urgent for a student who cannot wait", () => {
    const words = wordsOf(
      alert("REQUEST_TO_RELEASE", { facts: { expediteReason: "FosterCare" } }),
      ZONE,
    );
    expect(words.severity).toBe("urgent");
    expect(textOf(words.happened)).toContain("foster care");
    expect(wordsOf(alert("REQUEST_TO_RELEASE"), ZONE).severity).toBe("attention");
  });

  it("say why, and until when, a request is on hold", () => {
    const facts = { status: "Hold", reason: "AwaitingFinalMarks", holdUntil: "2024-09-05" };
    expect(textOf(wordsOf(alert("REQUEST_ON_HOLD", { facts }), ZONE).happened)).toBe(
      "Cedar Flats holds the request until September 5, 2024: final marks are still to come.",
    );
  });

  it("are urgent for a refusal that may be an attack, and give its hint", () => {
    const words = wordsOf(alert("PACKET_REFUSED", { facts: FACTS.PACKET_REFUSED }), ZONE);
    expect(words.severity).toBe("urgent");
    expect(textOf(words.todo)).toContain("Ask the sender to sign before encrypting.");
    const harmless = { code: "PACKET_EXPIRED" };
    expect(wordsOf(alert("PACKET_REFUSED", { facts: harmless }), ZONE).severity).toBe("attention");
  });

  it("do without a hint for a code that only the partner knows", () => {
    const facts = { code: "THEIR_OWN_CODE", sequence: 4 };
    const { todo } = wordsOf(alert("PACKET_REFUSED_BY_PARTNER", { facts }), ZONE);
    expect(textOf(todo)).toBe("Look at it together with the other side's IT.");
  });

  it("of a flood say what is known of its sender, and blame nobody for a name", () => {
    const { account: _account, ...unowned } = FACTS.SENDER_FLOODS;
    const said = (facts: PostAlertFacts<"SENDER_FLOODS">): string =>
      textOf(wordsOf(alert("SENDER_FLOODS", { facts, agency: null }), ZONE).happened);
    expect(said(unowned)).toBe(
      `In our own box wait 100000 files of one sender, 350 MB: more than limits.perSender in the config allows. They are named as from agency ${PARTNER}, which proves nothing: whoever leaves a file chooses its name.`,
    );
    expect(said({ ...FACTS.SENDER_FLOODS, isNamedAlike: false })).toContain(
      `The account with the number 1012 on the server left them. They are named as from several agencies, ${PARTNER} among them, which`,
    );
    const { todo } = wordsOf(alert("SENDER_FLOODS", { facts: FACTS.SENDER_FLOODS }), ZONE);
    expect(textOf(todo)).toContain(`packetboat directory status ${PARTNER} Inactive`);
    expect(textOf(todo)).toContain("getent passwd 1012");
  });

  it("set times in the agency's zone", () => {
    const { happened } = wordsOf(alert("NO_RECEIPT", { facts: FACTS.NO_RECEIPT }), ZONE);
    expect(textOf(happened)).toContain("August 10, 2024 at 2:00 AM CDT");
  });

  it("of a newer packetboat's alert are missing, and it is shown to both all the same", () => {
    const words = wordsOf(alert("FROM_THE_FUTURE"), ZONE);
    expect(words.title).toBe("FROM_THE_FUTURE");
    expect([isFor("registrar", words), isFor("it", words)]).toEqual([true, true]);
  });
});
