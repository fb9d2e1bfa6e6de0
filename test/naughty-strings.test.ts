/** Naughty strings (a corpus beside the project) as names and comments of students, through real homes: unchanged, or refused by name. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { APPROVER } from "../daemon/commands/demo/world.ts";
import { readRequestList } from "../daemon/desk/csv-requests.ts";
import { OUTBOX_NAMESPACE, readDecisions, type Reading } from "../daemon/desk/documents.ts";
import { foldName, isSameName } from "../daemon/entity/registry/names.ts";
import { isRefusal } from "../daemon/errors.ts";
import type { TransferRequest } from "../daemon/packet/model.gen.ts";
import { readDocument } from "../daemon/packet/document.ts";
import { TRANSFER_REQUEST } from "../daemon/packet/model.ts";
import { deskOf } from "./commands/desk.ts";
import { packetboat } from "./commands/terminal.ts";
import { LISTS } from "./desk/office.ts";
import { drop, meet, newWorld, office, REGISTRAR, withLedger, type World } from "./homes.ts";
import { corpus } from "./keys/corpora.ts";
import { startMailServer, type TestMailServer } from "./mail-server.ts";
import { dropDocument, mailFrom } from "./notices/mailed.ts";
import { ACTING, tagsOf } from "./reports/markup.ts";
import { COLUMNS as REGISTRY, newNeighbours, round } from "./state-transfers.ts";
import { readByIt } from "./privacy/told.ts";

const folder = corpus("people");
const STRINGS: readonly string[] =
  folder === null
    ? []
    : (JSON.parse(await readFile(join(folder, "blns.json"), "utf8")) as string[]);

/** Where a string stands in a request. */
const FIELDS = [
  "LastOrSurname",
  "FirstName",
  "MiddleName",
  "Comments",
  "NameOfInstitution",
] as const;
type Field = (typeof FIELDS)[number];
type Values = Partial<Record<Field, string>>;

/** In the suite each string is one of a request's names; in the long form each is each of them. */
const IS_WHOLE = process.env.PACKETBOAT_NAUGHTY === "whole";

const USUAL = { LastOrSurname: "Quiet", FirstName: "Quiet", NameOfInstitution: "Quiet School" };

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Its previous school says which request it is. */
function requestXml(values: Values, number: number, to = "2700105"): string {
  const { LastOrSurname, FirstName, MiddleName, Comments, NameOfInstitution } = {
    ...USUAL,
    ...values,
  };
  const leaf = (name: string, value?: string): string =>
    value === undefined ? "" : `<${name}>${escaped(value)}</${name}>`;
  return `<Request><SourceReference>s${number}</SourceReference>${leaf("To", to === "" ? undefined : to)}<Student>${leaf("LastOrSurname", LastOrSurname)}${leaf("FirstName", FirstName)}${leaf("MiddleName", MiddleName)}<Sex>Female</Sex><Birthdate>2009-02-12</Birthdate><GradeLevel>10</GradeLevel></Student><NewEnrollment>${leaf("NameOfInstitution", NameOfInstitution)}<SchoolYear>2024-2025</SchoolYear><EnrollmentEntryDate>2024-07-25</EnrollmentEntryDate><MembershipType>Home</MembershipType></NewEnrollment><PreviousSchool><NameOfInstitution>School ${number}</NameOfInstitution></PreviousSchool>${leaf("Comments", Comments)}</Request>`;
}

const listXml = (...requests: string[]): string =>
  `<Requests xmlns="${OUTBOX_NAMESPACE}"><DecidedBy>${REGISTRAR}</DecidedBy>${requests.join("\n")}</Requests>`;

const HEADER =
  "SourceReference,To,LastOrSurname,FirstName,MiddleName,Sex,Birthdate,GradeLevel,NameOfInstitution,SchoolYear,EnrollmentEntryDate,MembershipType,PreviousNameOfInstitution,Comments,DecidedBy";

function requestRow(values: Values, number: number): string {
  const {
    LastOrSurname,
    FirstName,
    MiddleName = "",
    Comments = "",
    NameOfInstitution,
  } = { ...USUAL, ...values };
  const fields = [
    `s${number}`,
    "2700105",
    LastOrSurname,
    FirstName,
    MiddleName,
    "Female",
    "2009-02-12",
    "10",
    NameOfInstitution,
    "2024-2025",
    "2024-07-25",
    "Home",
    `School ${number}`,
    Comments,
    REGISTRAR,
  ];
  return fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(",");
}
const listCsv = (rows: readonly string[]): string =>
  [HEADER, ...rows].map((row) => `${row}\r\n`).join("");

/** What a document's reader makes of a text: white space around it means nothing. */
const trimmedXml = (text: string): string =>
  text.replaceAll(/\r\n?/g, "\n").replaceAll(/^[ \t\n]+|[ \t\n]+$/g, "");
/** What a list's reader makes of it besides: spreadsheets write many spaces, and some that nobody sees. */
const trimmedCsv = (text: string): string =>
  text
    .replaceAll(/[\u200b\u2060\ufeff]/g, "")
    .replaceAll(/[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g, " ")
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll("\t", " ")
    .trim();

/** A string in a field, and what its reader said of it. */
interface Judged {
  readonly field: Field;
  readonly text: string;
  /** As it is to arrive; `null` if it is refused. */
  readonly arrives: string | null;
  readonly faults: readonly string[];
}

const valueIn = (reading: Reading, field: Field): string | undefined => {
  if (!("decision" in reading.says) || reading.says.decision.kind !== "request") return undefined;
  const { student, enrollment, comments } = reading.says.decision.request;
  if (field === "Comments") return comments;
  return field === "NameOfInstitution" ? enrollment.NameOfInstitution : student[field];
};

type Reader = (values: Values) => Promise<Reading>;

/** What each reader says of all of them; each is asked once. */
const judgedBy = new Map<Reader, Promise<readonly Judged[]>>();

function judged(read: Reader): Promise<readonly Judged[]> {
  const known = judgedBy.get(read) ?? judgedNow(read);
  judgedBy.set(read, known);
  return known;
}

async function judgedNow(read: Reader): Promise<Judged[]> {
  const all: Judged[] = [];
  for (const field of FIELDS) {
    for (const text of STRINGS) {
      const about = { field, text };
      try {
        const reading = await read({ [field]: text });
        if ("refusal" in reading.says)
          all.push({
            ...about,
            arrives: null,
            faults: reading.says.refusal.facts["faults"] as string[],
          });
        else all.push({ ...about, arrives: valueIn(reading, field) ?? "", faults: [] });
      } catch (error) {
        if (!isRefusal(error)) throw error;
        all.push({ ...about, arrives: null, faults: error.facts["faults"] as string[] });
      }
    }
  }
  return all;
}

const readXml = async (values: Values): Promise<Reading> =>
  readDecisions(Buffer.from(listXml(requestXml(values, 1))), 100_000)[0] as Reading;
const readCsv = async (values: Values): Promise<Reading> =>
  (await readRequestList(Buffer.from(listCsv([requestRow(values, 1)])), LISTS))
    .readings[0] as Reading;

describe.skipIf(folder === null)(
  "each of the strings, as each name, as a school, and as comments",
  () => {
    it.each([
      ["a document", readXml, trimmedXml, [2379, 196]],
      ["a row of a list", readCsv, trimmedCsv, [2392, 183]],
    ] as const)(
      "is taken from %s as it stands, or its field is named",
      async (_, read, trimmed, travels) => {
        expect(STRINGS).toHaveLength(515);
        const all = await judged(read);
        for (const { field, text, arrives, faults } of all) {
          if (arrives !== null) {
            expect([field, text, arrives]).toEqual([field, text, trimmed(text)]);
            continue;
          }
          expect([field, text, faults.length > 0]).toEqual([field, text, true]);
          // What is no XML at all is told by line and column.
          const telling = new RegExp(`${field}|^document: .* at line \\d+, column \\d+$`);
          expect([text, faults.filter((fault) => !telling.test(fault))]).toEqual([text, []]);
          if (text.length > 8 && /[^ -~]/.test(text))
            expect(faults.join()).not.toContain(text.trim());
        }
        // So many of them travel, and so many are refused: what is said of the corpus elsewhere.
        const travelling = all.filter(({ arrives }) => arrives !== null).length;
        expect([travelling, all.length - travelling]).toEqual(travels);
      },
    );
  },
);

/** Long enough that nothing else says it. */
const telling = STRINGS.filter((text) => text.trim().length >= 12);

/** A page's text without white space, its escapes undone. */
const squeezed = (text: string): string =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&")
    .replaceAll(/\s+/gu, "");

/** Controls, and marks that turn the direction of writing: nothing of that reaches a terminal. */
const STEERING = /[[\p{Cc}\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]--[\n]]/v;

const fitting = async (read: typeof readXml): Promise<Record<Field, string[]>> => {
  const fit = Object.fromEntries(FIELDS.map((field): [Field, string[]] => [field, []])) as Record<
    Field,
    string[]
  >;
  for (const { field, text, arrives } of await judged(read)) if (arrives) fit[field].push(text);
  return fit;
};

const most = (fit: Record<Field, string[]>): number =>
  Math.max(...FIELDS.map((field) => fit[field].length));

/** Every string in every field. */
const whole = (fit: Record<Field, string[]>, from: number): Map<number, Required<Values>> =>
  new Map(
    Array.from({ length: most(fit) }, (_, index) => [
      from + index,
      Object.fromEntries(
        FIELDS.map((field) => [field, fit[field][index] ?? "Quiet"]),
      ) as Required<Values>,
    ]),
  );

/** Every string as one of the names, and in comments, where three stand together. */
const shared = (fit: Record<Field, string[]>, from: number): Map<number, Required<Values>> =>
  new Map(
    Array.from({ length: Math.ceil(most(fit) / 3) }, (_, index) => {
      const nth = (field: Field, more: number): string => fit[field][index * 3 + more] ?? "Quiet";
      const [LastOrSurname, FirstName] = [nth("LastOrSurname", 0), nth("FirstName", 1)];
      const [MiddleName, NameOfInstitution] = [nth("MiddleName", 2), nth("NameOfInstitution", 0)];
      const Comments = [0, 1, 2].map((more) => nth("Comments", more)).join(" | ");
      return [from + index, { LastOrSurname, FirstName, MiddleName, NameOfInstitution, Comments }];
    }),
  );

const mapped = (values: Required<Values>, change: (text: string) => string): Required<Values> =>
  Object.fromEntries(FIELDS.map((field) => [field, change(values[field])])) as Required<Values>;

describe.skipIf(folder === null)("two districts", () => {
  let world: World;
  let mail: TestMailServer;
  /** What each request asks, by the number in it. */
  const asked = new Map<number, Required<Values>>();

  beforeAll(async () => {
    world = await newWorld();
    mail = await startMailServer();
    for (const home of [world.valley, world.prairie]) await mailFrom(home, mail);
    await meet(world, world.prairie);
    const quiet = Object.fromEntries(FIELDS.map((field) => [field, "Quiet"])) as Required<Values>;
    const requests = IS_WHOLE ? whole : shared;
    const xml = [[0, quiet] as const, ...requests(await fitting(readXml), 1)];
    const csv = [...requests(await fitting(readCsv), 1001)].filter(
      ([number]) => IS_WHOLE || number % 8 === 1,
    );
    const { valley } = world;
    const texts = xml.map(([number, values]) => requestXml(values, number));
    await dropDocument(valley, "many.xml", listXml(...texts));
    const rows = csv.map(([number, values]) => requestRow(values, number));
    await dropDocument(valley, "many.csv", listCsv(rows));
    for (const [number, values] of xml) asked.set(number, mapped(values, trimmedXml));
    for (const [number, values] of csv) asked.set(number, mapped(values, trimmedCsv));
    for (let times = 0; times < 4; times++) {
      await meet(world, valley);
      await meet(world, world.prairie);
    }
  }, 300_000);
  afterAll(async () => {
    await mail[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
  });

  interface Arrived {
    readonly reference: string;
    readonly request: TransferRequest;
    readonly html: string;
  }

  async function arrived(): Promise<Map<number, Arrived>> {
    const all = new Map<number, Arrived>();
    for (const reference of await readdir(office(world.prairie, "requests"))) {
      const of = (name: string) => readFile(office(world.prairie, "requests", reference, name));
      const request = readDocument<TransferRequest>(await of("request.xml"), TRANSFER_REQUEST);
      const number = Number(request.PreviousSchool?.NameOfInstitution.slice("School ".length));
      all.set(number, { reference, request, html: (await of("request.html")).toString("utf8") });
    }
    return all;
  }

  it("carry them as they are, and show them as text on the page of each case", async () => {
    const all = await arrived();
    expect(new Set(all.keys())).toEqual(new Set(asked.keys()));
    // What is printed on each sheet differs, and so does the digest of the style that says it.
    const tags = (html: string): string[] =>
      tagsOf(html).map((tag) => tag.replace(/sha256-[\w+/=]{44}/, ""));
    const harmless = tags(all.get(0)?.html ?? "");
    for (const [number, values] of asked) {
      const { request, html } = all.get(number) as Arrived;
      const { LastOrSurname, FirstName, MiddleName } = request.Student;
      const came = {
        LastOrSurname,
        FirstName,
        MiddleName,
        Comments: request.Comments,
        NameOfInstitution: request.NewEnrollment.NameOfInstitution,
      };
      expect(came).toEqual(values);
      expect([values, tags(html)]).toEqual([values, harmless]);
      expect([values, ACTING.test(html)]).toEqual([values, false]);
      if (/^[ -~]+$/.test(values.Comments))
        expect(squeezed(html)).toContain(squeezed(escaped(values.Comments)));
    }
  });
  it("list them without a formula, a control character or a row too many", async () => {
    const lists = await filesWith(join(world.prairie.folder, "reports", "registrar"), ".csv");
    expect(lists.length).toBeGreaterThan(1);
    for (const csv of lists) {
      const rows: string[][] = parse(csv, { bom: true });
      for (const cell of rows.flat()) {
        expect(cell).not.toMatch(/^\s*[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20](?!\d*$)/);
        expect([cell, ACTING.test(cell)]).toEqual([cell, false]);
      }
      expect(new Set(rows.map(({ length }) => length)).size).toBe(1);
    }
    for (const json of await filesWith(
      join(world.prairie.folder, "reports", "registrar"),
      ".json",
    )) {
      expect(ACTING.test(json)).toBe(false);
      JSON.parse(json);
    }
    for (const html of await filesWith(
      join(world.prairie.folder, "reports", "registrar"),
      ".html",
    )) {
      expect(ACTING.test(html)).toBe(false);
      expect(html).not.toMatch(
        /<(?:script|img|svg|iframe|a href="javascript|body onload|details|marquee)/i,
      );
    }
  });

  const filesWith = async (path: string, ending: string): Promise<string[]> =>
    Promise.all(
      (await readdir(path))
        .filter((name) => name.endsWith(ending))
        .map((name) => readFile(join(path, name), "utf8")),
    );

  it("print them on a terminal in a table that holds", async () => {
    const { prairie, clock } = world;
    const at = (...argv: string[]) =>
      packetboat([...argv, "--config", prairie.configPath, "--as", REGISTRAR], {
        now: clock.now(),
      });
    const list = await at("transfers", "list");
    expect(list.exit).toBe(0);
    const lines = list.stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(asked.size + 1);
    expect(lines.slice(1).every((line) => /[0-9A-Z]{4}-[0-9A-Z]{4}$/.test(line))).toBe(true);
    expect(STEERING.test(list.stdout)).toBe(false);
    const json = await at("transfers", "list", "--json");
    expect(STEERING.test(json.stdout)).toBe(false);
    expect((JSON.parse(json.stdout) as { result: unknown[] }).result).toHaveLength(asked.size);
    for (const [number, { reference }] of await arrived()) {
      const isOdd = Object.values(asked.get(number) ?? {}).some((text) => /[^ -~]/.test(text));
      if (!isOdd && number % 20 !== 0) continue;
      if (number % 4 !== 0) continue;
      const shown = await at("transfers", "show", reference);
      expect([number, shown.exit, STEERING.test(shown.stdout)]).toEqual([number, 0, false]);
      expect(shown.stdout).not.toMatch(/^\s*$\n^\s*$/m);
    }
    for (const command of [["alerts", "list"], ["disclosures"]]) {
      const ran = await at(...command);
      expect([command, ran.exit, STEERING.test(ran.stdout)]).toEqual([command, 0, false]);
    }
  });

  it("mail and log nothing of them", async () => {
    expect(mail.mails.length).toBeGreaterThan(0);
    const mails = mail.mails
      .flatMap(({ raw, headers, text }) => [raw, ...headers.values(), text])
      .join("\n");
    const logged = (await Promise.all([world.valley, world.prairie].map((home) => readByIt(home))))
      .flat()
      .map(([, text]) => text.toString())
      .join("\n");
    expect(telling.filter((text) => mails.includes(text) || logged.includes(text))).toEqual([]);
  });

  it("bring them back in a record, a line for each", async () => {
    const { prairie, valley } = world;
    const reference = (await arrived()).get(0)?.reference ?? "";
    const fit = (await judged(readXml))
      .filter(({ field, arrives }) => field === "LastOrSurname" && arrives)
      .map(({ arrives }) => arrives ?? "");
    const record = (texts: readonly string[]): string =>
      `<Release><Reference>${reference}</Reference><StudentRecord><Student><LastOrSurname>Quiet</LastOrSurname><FirstName>Quiet</FirstName><Sex>Female</Sex><Birthdate>2009-02-12</Birthdate><GradeLevel>10</GradeLevel></Student>${texts
        .slice(0, 15)
        .map(
          (text) =>
            `<Contact><PersonName>${escaped(text)}</PersonName><Relationship>1735</Relationship></Contact>`,
        )
        .join("")}<Transcript><Present>${texts
        .slice(0, 480)
        .map(
          (text) =>
            `<Course><CourseTitle>${escaped(text)}</CourseTitle><SchoolYear>2023-2024</SchoolYear></Course>`,
        )
        .join(
          "",
        )}</Present></Transcript></StudentRecord><Comments>${escaped(texts.slice(0, 60).join(" "))}</Comments></Release>`;
    await drop(prairie, "naughty.xml", record(fit));
    await meet(world, prairie);
    await meet(world, valley);
    const place = office(valley, "records", reference);
    const html = await readFile(join(place, "record.html"), "utf8");
    const xml = await readFile(join(place, "record.xml"), "utf8");
    const titles = [...xml.matchAll(/<CourseTitle>([^<]*)</g)].map(([, text = ""]) => text);
    expect(titles).toEqual(
      fit.slice(0, 480).map((text) => escaped(text).replaceAll('"', "&quot;")),
    );
    expect(ACTING.test(html)).toBe(false);
    const tags = new Set(tagsOf(html).map((tag) => /^<\/?(\w+)/.exec(tag)?.[1] ?? tag));
    for (const tag of ["script", "img", "svg", "iframe", "a", "form", "input", "object", "math"])
      expect(tags).not.toContain(tag);
  });

  it("take or refuse files that are called so, and lose none", async () => {
    const { prairie, clock } = world;
    const outbox = office(prairie, "outbox");
    const written = new Set<string>();
    for (const text of STRINGS) {
      const name = `${text}.pdf`;
      const ok = await writeFile(join(outbox, name), "%PDF-1.4\n", { flag: "wx" }).then(
        () => true,
        () => false,
      );
      if (ok && !text.includes("/")) written.add(name);
    }
    expect(written.size).toBeGreaterThan(300);
    await meet(world, prairie);
    clock.pass({ hours: 25 });
    await meet(world, prairie);
    clock.pass({ minutes: 5 });
    await meet(world, prairie);
    const left = await readdir(outbox);
    const refused = await readdir(office(prairie, "refused"));
    expect(left.filter((name) => written.has(name) && !name.startsWith("."))).toEqual([]);
    const kept = refused.filter((name) => !name.endsWith(".faults.txt"));
    const ignored = left.filter((name) => written.has(name));
    expect(kept.length + ignored.length).toBe(written.size);
    for (const name of refused) expect(name).toMatch(/^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._()-]*$/u);
    const logged = (await readByIt(prairie)).map(([, text]) => text.toString()).join("\n");
    expect(telling.filter((text) => logged.includes(text))).toEqual([]);
  });
});

describe.skipIf(folder === null)("an entity", () => {
  /** Asked for in a test, and one of many: a student of each name. */
  const every = (texts: readonly string[]): string[] =>
    texts.filter((_, index) => IS_WHOLE || index % 8 === 0);

  /** What is left of a name without accents, signs and case. */
  const letters = (name: string): string =>
    name
      .normalize("NFKD")
      .toUpperCase()
      .replaceAll("ẞ", "SS")
      .replaceAll(/[^\p{L}\p{N}]/gu, "");

  it("takes none of them for another, unless one is a part of it", () => {
    const folded = STRINGS.map((text) => [letters(text), foldName(text)] as const);
    for (const [one, name] of folded) {
      for (const [other, otherName] of folded) {
        if (!isSameName(name, otherName)) continue;
        const isPart = one !== "" && other !== "" && (one.includes(other) || other.includes(one));
        expect([name, otherName, isPart]).toEqual([name, otherName, true]);
      }
    }
    expect(folded.every(([own, name]) => /\p{L}/u.test(own) || name === "")).toBe(true);
  });

  it("looks them up in its registry, and passes each on as it stands", async () => {
    await using state = await newNeighbours();
    const { entity, valley, prairie } = state;
    await round(state, valley, prairie);
    const names = every(
      (await judged(readXml))
        .filter(({ field, arrives }) => field === "LastOrSurname" && arrives)
        .map(({ arrives }) => arrives ?? ""),
    );
    const rows = names.map((name, index) => {
      const day = `2009-01-${String((index % 28) + 1).padStart(2, "0")}`;
      const quoted = `"${name.replaceAll('"', '""')}"`;
      return {
        name,
        day,
        row: `N${index},${quoted},Quiet,,${day},Female,${prairie.id},${prairie.id}00017,Example Prairie High School,2023-2024,09,2021-08-30,2024-06-07`,
      };
    });
    const file = join(state.folder, "registry.csv");
    // The registry takes no name without a letter, and says so by its line.
    const forwarded = rows.filter(({ name }) => foldName(name) !== "");
    await writeFile(file, `${[REGISTRY, ...forwarded.map(({ row }) => row)].join("\n")}\n`);
    const desk = deskOf(state, entity, APPROVER);
    const ran = await desk.run("registry", "import", file, "--snapshot", "--proceed");
    expect(ran).toMatchObject({ exit: 0, stderr: "" });
    const asked = rows.map(({ name, day }, index) =>
      requestXml({ LastOrSurname: name }, index, "").replace("2009-02-12", day),
    );
    await dropDocument(valley, "many.xml", listXml(...asked));
    await round(state, valley, entity, valley, prairie);
    const standing = await withLedger(entity, (ledger) =>
      ledger.selectFrom("transfers").select("state").execute(),
    );
    expect(standing).toHaveLength(rows.length);
    expect(standing.filter(({ state: now }) => now === "Forwarded")).toHaveLength(forwarded.length);
    const came: string[] = [];
    for (const reference of await readdir(office(prairie, "requests"))) {
      const xml = await readFile(office(prairie, "requests", reference, "request.xml"));
      came.push(readDocument<TransferRequest>(xml, TRANSFER_REQUEST).Student.LastOrSurname);
    }
    expect(came.toSorted()).toEqual(forwarded.map(({ name }) => name).toSorted());
    const told = (await readByIt(entity)).map(([, text]) => text.toString()).join("\n");
    expect(telling.filter((text) => told.includes(text))).toEqual([]);
  }, 120_000);
});

describe.skipIf(folder === null)("who drops a document", () => {
  it("may call it and himself by any of them, and is answered", async () => {
    await using world = await newWorld();
    const { valley } = world;
    for (const [index, text] of STRINGS.entries()) {
      if (index % 12 !== 0) continue;
      const named = listXml(requestXml({}, index)).replace(REGISTRAR, () => escaped(text));
      await dropDocument(valley, `who-${index}.xml`, named);
      const called = listXml(requestXml({}, index)).replace(
        `s${index}<`,
        () => `${escaped(text)}<`,
      );
      await dropDocument(valley, `what-${index}.xml`, called);
    }
    await meet(world, valley);
    world.clock.pass({ minutes: 5 });
    const { exit } = await meet(world, valley);
    expect([0, 10]).toContain(exit);
    expect(await readdir(office(valley, "outbox"))).toEqual([]);
    const answered = [
      ...(await readdir(office(valley, "sent"))),
      ...(await readdir(office(valley, "refused"))),
    ];
    const documents = Math.ceil(STRINGS.length / 12) * 2;
    expect(answered.filter((name) => /^wh\w+-\d+\.xml$/.test(name))).toHaveLength(documents);
    for (const name of answered.filter((each) => !each.endsWith(".xml"))) {
      const folderOf = name.endsWith(".json") ? "sent" : "refused";
      const answer = await readFile(office(valley, folderOf, name), "utf8");
      // For Windows, with its mark and its line ends.
      const plain = answer.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
      expect([plain, STEERING.test(plain)]).toEqual([plain, false]);
    }
    const told = (await readByIt(valley)).map(([, text]) => text.toString()).join("\n");
    expect(telling.filter((text) => told.includes(text))).toEqual([]);
  });
});
