/**
 * Whatever others write, nothing that we show has markup of theirs, a formula or a character that acts:
 * every report, every mail, every page and text in a case, and what a terminal shows.
 */
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ALERT_KINDS, type AnyAlertCode } from "../../daemon/alerts/catalogue.ts";
import { readConfig } from "../../daemon/config.ts";
import type { Ledger } from "../../daemon/ledger/connect.ts";
import { alertsLetter, digestLetter } from "../../daemon/notices/letters.ts";
import { FORBIDDEN } from "../../daemon/packet/xml.ts";
import { districtsReport } from "../../daemon/reports/districts-report.ts";
import { REGISTER_SHOWN } from "../../daemon/reports/register.ts";
import { writeReports } from "../../daemon/reports/write.ts";
import { AT } from "../alerts/world.ts";
import { deskOf } from "../commands/desk.ts";
import { addForwarded, addRegistry } from "../entitys-books.ts";
import { leave } from "../forge.ts";
import {
  asked,
  drop,
  meet,
  newWorld,
  office,
  requestTo,
  withLedger,
  type World,
} from "../homes.ts";
import { dropDocument } from "../notices/mailed.ts";
import { openAlert, sender } from "../notices/open-alerts.ts";
import { ACTING, tagsOf } from "../reports/markup.ts";
import { anyNaughty, NAUGHTY } from "../reports/naughty.ts";
import { busyNight, type Office, openOffice } from "../reports/office.ts";
import { request } from "../reports/samples.ts";
import { newState, type State } from "../states.ts";
import { holds } from "./runs.ts";

/** Begins as a formula, also behind what a spreadsheet takes away in front of one. */
const FORMULA = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/;
const QUIET = "Quiet";

/** Others' words in a ledger, wherever a partner, an office or the name of a file has put them. */
async function fill(ledger: Ledger, text: string): Promise<void> {
  const place = { name: text, city: text, state: text, zip: text, phone: text };
  await ledger
    .updateTable("agencies")
    .set({ ...place, state_number: text })
    .execute();
  await ledger.updateTable("documents").set({ file_name: text, drop_folder: text }).execute();
  await ledger
    .updateTable("packets_in")
    .set({ reason: text })
    .where("reason", "is not", null)
    .execute();
  await ledger
    .updateTable("messages_in")
    .set({ reason: text })
    .where("reason", "is not", null)
    .execute();
  await ledger.updateTable("transfers").set({ school: text, drop_folder: text }).execute();
  await ledger.updateTable("transfer_events").set({ who: text }).execute();
  const told = { party_name: text, interest: text, who: text, first_person: text };
  await ledger.updateTable("disclosures").set(told).execute();
  for (const { alert_id: id, facts } of await ledger.selectFrom("alerts").selectAll().execute()) {
    const said = JSON.parse(facts) as Record<string, unknown>;
    for (const name of ["reason", "school", "dropFolder", "file"])
      if (name in said) said[name] = text;
    const changed = { facts: JSON.stringify(said) };
    await ledger.updateTable("alerts").set(changed).where("alert_id", "=", id).execute();
  }
}

/** What must stay as it is, whatever stands in a file: tags of a page, rows and cells of a table. */
function shapeOf(name: string, text: string): unknown {
  if (ACTING.test(text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n"))) {
    throw new Error(`${name} has a character that acts`);
  }
  if (name.endsWith(".html")) {
    const targets = [...text.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, target = ""]) => target);
    expect(targets.filter((target) => !/^\.\/[^:<>]*$/.test(target))).toEqual([]);
    // The style has the reference at the foot of each page, and the policy names the style.
    return tagsOf(text).map((tag) => tag.replace(/sha256-[^&]*/, ""));
  }
  if (name.endsWith(".csv")) {
    const rows: string[][] = parse(text, { bom: true });
    expect(rows.flat().filter((cell) => FORMULA.test(cell))).toEqual([]);
    return rows.map(({ length }) => length);
  }
  if (name.endsWith(".json")) JSON.parse(text);
  return null;
}

async function shapesIn(paths: readonly string[]): Promise<Record<string, unknown>> {
  const shapes = paths.map(
    async (path) => [path, shapeOf(basename(path), await readFile(path, "utf8"))] as const,
  );
  return Object.fromEntries(await Promise.all(shapes));
}

describe("the reports of a district", () => {
  let home: Office;
  beforeAll(async () => {
    home = await openOffice();
    await busyNight(home);
  });
  afterAll(() => home.close());

  async function shapes(text: string): Promise<Record<string, unknown>> {
    await fill(home.ledger, text);
    // Nothing that the register shows has changed but what the test has written into it.
    await home.ledger.deleteFrom("settings").where("name", "=", REGISTER_SHOWN).execute();
    const named = { ...request.Student, LastOrSurname: text, FirstName: text, MiddleName: text };
    const studentsOf = async (ids: readonly string[]) => new Map(ids.map((id) => [id, named]));
    return await shapesIn(await writeReports({ ...home.reporting, studentsOf }));
  }

  it("have no markup, formula or acting character of others", async () => {
    const quiet = await shapes(QUIET);
    expect(Object.keys(quiet)).toHaveLength(19);
    const safe = fc.asyncProperty(anyNaughty, async (text) => {
      expect(await shapes(text)).toEqual(quiet);
    });
    await holds("reports of a district", safe, { short: 25, dear: 50 });
  });
});

describe("the reports and the screens of an entity", () => {
  let state: State;
  beforeAll(async () => {
    state = await newState();
    const { entity, valley, prairie } = state;
    await withLedger(entity, async (ledger) => {
      const at = new Date("2024-07-09T15:00:00Z");
      await addForwarded(ledger, { from: valley.id, to: prairie.id, state: "Forwarded", at });
      await addRegistry(ledger, "2024-07-16", { [valley.id]: 2, "2709999": 4 });
    });
    await meet(state, entity);
  });
  afterAll(() => state[Symbol.asyncDispose]());

  it("have no markup, formula or acting character of others", async () => {
    const { entity, clock } = state;
    const config = await readConfig(entity.configPath);
    const desk = deskOf(state, entity, null);
    const shapes = async (text: string): Promise<unknown> => {
      const files = await withLedger(entity, async (ledger) => {
        await fill(ledger, text);
        const report = await districtsReport(ledger, config).gather(clock.now());
        const reading = {
          reader: "it",
          at: clock.now(),
          agency: { id: entity.id, name: text },
        } as const;
        const more = {
          role: "entity",
          isTest: true,
          timeZone: "UTC",
          pages: [],
          names: new Map(),
          documentNames: new Map(),
        } as const;
        const found: [kind: string, shape: unknown][] = [];
        for (const kind of ["html", "csv", "json"] as const) {
          const content = report[kind]({ ...reading, ...more });
          let whole = "";
          for await (const piece of content as AsyncIterable<string> | string) whole += piece;
          found.push([kind, shapeOf(`districts.${kind}`, whole)]);
        }
        return found;
      });
      return [
        files,
        await screensOf(desk, [
          ["transfers", "list"],
          ["directory", "list"],
          ["directory", "show"],
          ["status"],
          ["alerts", "list"],
        ]),
      ];
    };
    const quiet = await shapes(QUIET);
    const safe = fc.asyncProperty(anyNaughty, async (text) => {
      expect(await shapes(text)).toEqual(quiet);
    });
    await holds("reports of an entity", safe, { short: 10, dear: 100 });
  });
});

/** How many lines each command writes; what it writes steers no terminal. */
async function screensOf(
  desk: ReturnType<typeof deskOf>,
  commands: readonly (readonly string[])[],
): Promise<Record<string, number>> {
  const lines: Record<string, number> = {};
  for (const argv of commands) {
    for (const more of [[], ["--json"]]) {
      const { exit, stdout, stderr } = await desk.run(...argv, ...more);
      const name = [...argv, ...more].join(" ");
      expect([name, [0, 3, 10].includes(exit), stderr]).toEqual([name, true, ""]);
      if (
        /[\p{Cc}\p{Zl}\p{Zp}\u200E\u200F\u061C\u202A-\u202E\u2066-\u2069\uFEFF]/u.test(
          stdout.replaceAll("\n", ""),
        )
      ) {
        throw new Error(`${name} shows a character that acts: ${JSON.stringify(stdout)}`);
      }
      if (more.length > 0) JSON.parse(stdout);
      lines[name] = stdout.split("\n").length;
    }
  }
  return lines;
}

describe("what a terminal shows at a district", () => {
  let world: World;
  let reference: string;
  beforeAll(async () => {
    world = await newWorld();
    reference = await asked(world);
    await leave(world, world.prairie, "readable");
    await drop(world.prairie, "bad.xml", "<Nothing/>");
    await meet(world, world.prairie);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it("has no acting character of others, and no line more", async () => {
    const desk = deskOf(world, world.prairie);
    const [kept] = await desk.result<{ id: string }[]>("quarantine", "list");
    const commands = [
      ["transfers", "list"],
      ["transfers", "show", reference],
      ["transfers", "history", reference],
      ["alerts", "list"],
      ["alerts", "list", "--all"],
      ["quarantine", "list"],
      ["quarantine", "show", kept?.id ?? ""],
      ["quarantine", "explain", kept?.id ?? ""],
      ["partner", "list"],
      ["disclosures"],
      ["status"],
      ["next"],
    ];
    const shown = async (text: string): Promise<Record<string, number>> => {
      await withLedger(world.prairie, (ledger) => fill(ledger, text));
      return screensOf(desk, commands);
    };
    const quiet = await shown(QUIET);
    const safe = fc.asyncProperty(anyNaughty, async (text) => {
      expect(await shown(text)).toEqual(quiet);
    });
    await holds("screens of a district", safe, { short: 8, dear: 200 });
  });
});

describe("a mail", () => {
  it("has no acting character of others, and no header or line of theirs", async () => {
    const codes = Object.keys(ALERT_KINDS) as AnyAlertCode[];
    const safe = fc.property(
      anyNaughty,
      fc.constantFrom(...codes),
      fc.constantFrom("requester", "releaser", "entity"),
      (text, code, side) => {
        const open = openAlert(code, side, text);
        for (const { subject, text: body } of [
          alertsLetter(sender, [open], AT),
          digestLetter(sender, [open], AT),
        ]) {
          expect([subject, /\p{Cc}/u.test(subject), ACTING.test(subject)]).toEqual([
            subject,
            false,
            false,
          ]);
          expect([body, ACTING.test(body)]).toEqual([body, false]);
        }
      },
    );
    await holds("mails", safe, { short: 300 });
  });
});

describe("what lies in the folders of cases and records", () => {
  let world: World;
  beforeAll(async () => {
    world = await newWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  /** As the text can stand in a document: what the wire does not carry never comes this far. */
  const carried = (text: string, most: number): string =>
    [...text.toWellFormed()]
      .filter((char) => !FORBIDDEN.test(char) && !/[\t\n]/.test(char))
      .slice(0, most)
      .join("")
      .trim() || "x";
  const inXml = (text: string): string =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

  const requestWith = (one: string, text: string, index: number): string => {
    const said = (most: number): string => inXml(carried(text, most));
    return one
      .replace("<Request>", `<Request><SourceReference>s${index}</SourceReference>`)
      .replace("Abrams<", () => `Q${said(60)}<`)
      .replace("Jenna<", () => `${said(60)}<`)
      .replace("Marie<", () => `${said(60)}<`)
      .replace(/(?<=<NewEnrollment>[^]*<NameOfInstitution>)[^<]*/, () => said(60))
      .replace(/(?<=<PreviousSchool>[^]*<NameOfInstitution>)[^<]*/, () => said(60))
      .replace(/(?<=<Comments>)[^<]*/, () => said(400));
  };

  /** Every file of one folder, by its name. */
  async function shapesBelow(folder: string): Promise<Record<string, unknown>> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter(
      (entry) => entry.isFile() && /\.(?:html|txt|csv|json)$/.test(entry.name),
    );
    const shapes = files.map(async ({ name, parentPath }) => {
      const text = await readFile(join(parentPath, name), "utf8");
      return [name.replace(/[0-9A-Z]{4}-[0-9A-Z]{4}/, ""), shapeOf(name, text)] as const;
    });
    return Object.fromEntries(await Promise.all(shapes));
  }

  it("has no markup and no acting character of others", async () => {
    const { valley, prairie } = world;
    const one = await requestTo(prairie);
    const some = fc.array(anyNaughty, { minLength: 8, maxLength: 8 });
    const seen = new Set<string>();
    const safe = fc.asyncProperty(some, async (texts) => {
      const all = [QUIET, ...texts, ...NAUGHTY.slice(0, 4)];
      const requests = all.map((text, index) => requestWith(one, text, index + seen.size * 100));
      const by = "<DecidedBy>example.registrar</DecidedBy>";
      await dropDocument(
        valley,
        "list.xml",
        `<Requests xmlns="urn:packetboat:outbox:1">${by}${requests.join("\n")}</Requests>`,
      );
      await meet(world, valley);
      await meet(world, prairie);
      const fresh = (await readdir(office(prairie, "requests"))).filter(
        (name) => !seen.has(name) && !name.startsWith("."),
      );
      expect(fresh).toHaveLength(all.length);
      const shapes = await Promise.all(
        fresh.map((name) => shapesBelow(office(prairie, "requests", name))),
      );
      for (const [index, shape] of shapes.entries()) {
        seen.add(fresh[index] ?? "");
        expect(shape).toEqual(shapes[0]);
      }
    });
    await holds("folders of cases", safe, { short: 1, dear: 2000 });
    const reports = await shapesBelow(join(prairie.folder, "reports"));
    expect(Object.keys(reports).length).toBeGreaterThan(5);
    await shapesBelow(office(valley));
  });
});
