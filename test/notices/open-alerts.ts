/** Alerts as they are mailed, made without a ledger. */
import { wordsOf, type AnyAlertCode } from "../../daemon/alerts/catalogue.ts";
import type { Reference, TransferId } from "../../daemon/ids.ts";
import type { OpenAlert } from "../../daemon/notices/open.ts";
import type { Side } from "../../daemon/transfer/effects.ts";
import { AT, PARTNER, US } from "../alerts/world.ts";

/** As bad as it can be: what handlers tell, and what somebody wrote where a school belongs. */
const FACTS = {
  expediteReason: "FosterCare",
  reason: "FeesOwed",
  status: "Deceased",
  daysInCommon: 12,
  school: "Abrams, Jenna\r\nBcc: all@district.example",
  due: "2024-08-22",
  since: "2024-08-08",
  expires: "2024-08-22",
  code: "RULE_BROKEN",
  days: 3,
  told: 1,
  oldest: "2024-08-10T07:00:00.000Z",
  packets: 1,
  faults: 1,
  sequence: 1,
  requests: 2,
  schoolDays: 10,
  agencies: 2,
  enrollments: 1200,
};

/** @param text what the other agency calls itself, and what stands where words of others may stand */
export const openAlert = (code: AnyAlertCode, side: Side, text?: string): OpenAlert => {
  const transferId = "0190a5f2-7c1e-7a3b-9c4d-5e6f7a8b9c0d" as TransferId;
  const alert = {
    id: "7XK2QD",
    code,
    subject: `${US}/${transferId}`,
    transfer: {
      requesterId: US,
      transferId,
      side,
      reference: "K7QM3F2D" as Reference,
      requestContentId: "content",
      dropFolder: null,
    },
    agency: { id: PARTNER, name: text ?? "Cedar\r\nFlats", phone: text ?? "555-555-0188" },
    facts: text === undefined ? FACTS : { ...FACTS, school: text },
    raisedAt: AT,
    lastRaisedAt: AT,
    times: 1,
    resolvedAt: null,
    resolvedBy: null,
  };
  const words = wordsOf(alert, "America/Chicago");
  return { alert, words, dropFolder: "office", recipients: [] };
};

export const sender = {
  agency: {
    id: US,
    name: "Example",
    city: "E",
    state: "MN",
    zip: "5",
    timeZone: "America/Chicago",
  },
  mode: "production",
  role: "district",
} as const;
