import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { oneLine } from "../../daemon/alerts/say.ts";
import type { TransferRelease, TransferRequest } from "../../daemon/packet/model.gen.ts";
import { csvOf } from "../../daemon/reports/csv.ts";
import { jsonOf, listed } from "../../daemon/reports/json.ts";
import type { Reading } from "../../daemon/reports/reading.ts";
import { letterPage } from "../../daemon/reports/letter-page.ts";
import { recordPage } from "../../daemon/reports/record-page.ts";
import { requestPage } from "../../daemon/reports/request-page.ts";
import { ACTING, tagsOf } from "./markup.ts";
import { CODES, NAUGHTY, withText } from "./naughty.ts";
import { askingCard, attachments, REFERENCE, release, request, TIME_ZONE } from "./samples.ts";

const corpus = join(
  process.env.PACKETBOAT_CORPORA ?? join(import.meta.dirname, "../../../shared/corpora"),
  "people/blns.json",
);
if (!existsSync(corpus)) process.stderr.write(`SKIPPED: naughty strings, no ${corpus}\n`);
const STRINGS = existsSync(corpus)
  ? [...NAUGHTY, ...(JSON.parse(readFileSync(corpus, "utf8")) as string[])]
  : NAUGHTY;

/** Of our own id, which the config gives, only its digits are told apart on a page. */
const ours = (asked: TransferRequest): TransferRequest => ({
  ...asked,
  RequestingDistrict: {
    ...asked.RequestingDistrict,
    AgencyId: request.RequestingDistrict.AgencyId,
  },
});

function pagesWith(text: string): string[] {
  const card = { ...askingCard, name: text, city: text, state: text, zip: text, added_by: text };
  const common = {
    reference: REFERENCE,
    request: withText<TransferRequest>(request, text, CODES),
    card: { ...card, phone: text, state_number: text },
    timeZone: TIME_ZONE,
    agencyName: text,
    receivedAt: new Date("2024-07-26T07:00:12Z"),
  };
  const verified = {
    entityName: text,
    verification: {
      MatchedBy: "StateStudentId",
      VerifiedDateTime: "2024-07-25T12:00:00Z",
      RegistryDate: "2024-07-24",
      PreviousAgency: { AgencyId: "2700105", OrganizationName: text },
      NameOfInstitution: text,
      EnrollmentEntryDate: "2021-08-30",
    },
  } as const;
  return [
    requestPage({ ...common, isFlagged: false, verified, answerBy: "2024-08-08" }),
    letterPage({
      ...common,
      request: ours(common.request),
      writtenAt: common.receivedAt,
      answerBy: "2024-08-08",
      ourStreet: text,
      to: { name: text, street: text, city: text, state: text, zip: text },
    }),
    recordPage({
      ...common,
      release: withText<TransferRelease>(release, text, CODES),
      before: [],
      registryOverlap: null,
      attachments: attachments.map((each) => ({ ...each, savedAs: text.toWellFormed() })),
    }),
  ];
}

/** A text that comes in pieces. */
const whole = (pieces: Iterable<string>): string => [...pieces].join("");

describe("naughty text", () => {
  const harmless = pagesWith("Quiet").map(tagsOf);

  it("makes no markup on a page, and no character that acts", () => {
    expect(STRINGS.length).toBeGreaterThanOrEqual(NAUGHTY.length);
    for (const text of STRINGS.filter((each) => each.trim() !== "")) {
      for (const [index, html] of pagesWith(text).entries()) {
        expect([text, tagsOf(html)]).toEqual([text, harmless[index]]);
        expect([text, ACTING.test(html)]).toEqual([text, false]);
      }
    }
  });

  it("makes no formula, no control character and no new row in a CSV", () => {
    const csv = whole(
      csvOf(
        [
          ["One", "one"],
          ["Two", "two"],
        ],
        STRINGS.map((one) => ({ one, two: 2 })),
      ),
    );
    expect(csv.startsWith("\uFEFF")).toBe(true);
    const rows: string[][] = parse(csv, { bom: true });
    expect(rows).toHaveLength(STRINGS.length + 1);
    for (const [index, row] of rows.slice(1).entries()) {
      expect(row).toHaveLength(2);
      expect(row[0]).not.toMatch(/^\s*[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/);
      expect(row[0]).not.toMatch(/[\r\n]/);
      expect(ACTING.test(row[0] ?? "")).toBe(false);
      expect([oneLine(STRINGS[index] ?? ""), `'${oneLine(STRINGS[index] ?? "")}`]).toContain(
        row[0],
      );
    }
  });

  it("comes out of a JSON report unchanged, and no character in the file acts", async () => {
    const reading = { reader: "registrar", at: new Date(0) } as Reading;
    const alerts = listed(STRINGS, (each) => each);
    let json = "";
    for await (const piece of jsonOf(reading, "alerts", { alerts, strings: STRINGS })) {
      json += piece;
    }
    expect(JSON.parse(json)).toMatchObject({ alerts: STRINGS, strings: STRINGS });
    expect(ACTING.test(json)).toBe(false);
  });
});

it("any text is one cell of a CSV, and no formula", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const [, row, ...more]: string[][] = parse(whole(csvOf([["A", "a"]], [{ a: text }])), {
        bom: true,
        skip_empty_lines: false,
      });
      expect(more).toEqual([]);
      expect(row).toHaveLength(1);
      expect(row?.[0]).not.toMatch(/^\s*[=+\-@]/);
      expect(ACTING.test(row?.[0] ?? "")).toBe(false);
    }),
  );
});
