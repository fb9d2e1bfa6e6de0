/** No personal value of the fixtures stands where others than registrars read, nor in `state/` when its time is over. */
import { cp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deskOf } from "./commands/desk.ts";
import { type District, office, withLedger } from "./homes.ts";
import { watchDiskCalls } from "./privacy/disk-calls.ts";
import {
  everythingEnds,
  everythingHappens,
  type Journeys,
  mailsIn,
  newJourneys,
  openedFor,
} from "./privacy/journeys.ts";
import { OF_RECORDS, PERSONAL, personalIn } from "./privacy/personal.ts";
import { filesIn, foundIn, ledgerAt, type Place, printedAt, readByIt } from "./privacy/told.ts";

describe("the search", () => {
  it("knows the values of every fixture", () => {
    expect(PERSONAL.length).toBeGreaterThan(80);
    const values = PERSONAL.map(({ value }) => value);
    for (const each of [
      "Abrams",
      "2009-02-12",
      "0047311",
      "218 Example Lane",
      "Allergy to tree nuts",
      "3.64",
      "0005130072240",
    ])
      expect(values).toContain(each);
  });

  it.each([
    ["as it stands", "LastOrSurname: ABRAMS"],
    ["in a URL", "?name=218%20Example%20Lane"],
    ["as XML", "<a>&#x41;brams</a>"],
    ["as JSON", String.raw`{"a":"\u0041brams"}`],
    ["as a day that is written out", "born February 12, 2009"],
    ["as an American writes a day", "2/12/2009"],
    ["in base64", Buffer.from("xx218 Example Lane").toString("base64")],
    ["in hexadecimal digits", Buffer.from("dana.abrams@mail.example").toString("hex")],
    ["in UTF-16", Buffer.from("218 Example Lane", "utf16le")],
    ["beside its name", '{"Score":"862"}'],
    ["in an element", "<ClassRank>23</ClassRank>"],
  ])("finds them %s", (_, text) => {
    expect(personalIn(text)).not.toEqual([]);
    expect(
      personalIn("State Department, 55001, K7QM-3F2D, 2024-07-19T14:00:00Z, Example City"),
    ).toEqual([]);
  });
});

describe("the search in bytes that are no text", () => {
  it("finds a name that other values stand beside", () => {
    const page = Buffer.from("\u0000\u0017AbramsJenna2009\u0003", "latin1");
    expect(personalIn(page, { isBinary: true })).toHaveLength(2);
  });
});

describe("when every student of the fixtures has moved", () => {
  let journeys: Journeys;
  /** Every path that a file or folder had, if only for a moment. */
  const paths = new Set<string>();

  beforeAll(async () => {
    using _ = watchDiskCalls((_call, some) => some.forEach((path) => paths.add(path)));
    journeys = await newJourneys();
    await everythingHappens(journeys);
  }, 300_000);
  afterAll(() => journeys[Symbol.asyncDispose]());

  const entities = (): District[] => [journeys.country.here.entity, journeys.country.there.entity];
  const registrars = (): District[] => journeys.homes.filter((home) => !entities().includes(home));

  it("IT reads of none of them: not in a log, a report, a reason, the name of a file or the ledger's other tables", async () => {
    for (const home of journeys.homes)
      expect(foundIn([...(await readByIt(home)), ...(await ledgerAt(home))])).toEqual([]);
  });

  it("no command of IT prints any of them", async () => {
    const { entity, valley, prairie } = journeys.country.here;
    for (const home of [entity, valley, prairie])
      expect(foundIn(await printedAt(home, journeys.country.clock.now()))).toEqual([]);
  });

  it("no mail names any of them", async () => {
    // To a Monday: digests go out on school days.
    journeys.country.clock.pass({ days: 3 });
    await journeys.round(...journeys.homes);
    const mails = mailsIn(journeys);
    expect(mails.length).toBeGreaterThan(5);
    expect(foundIn(mails)).toEqual([]);
  });

  it("no file was ever called by one of them, but where offices call them so", async () => {
    const made = join(tmpdir(), "packetboat-test-");
    // The project may itself lie there.
    const isRead = (path: string): boolean => path.startsWith(join(import.meta.dirname, ".."));
    const ours = [...paths].filter(
      (path) => path.startsWith(tmpdir()) && !isRead(path) && path !== made,
    );
    expect(ours.length).toBeGreaterThan(1000);
    const offices = registrars().map((home) => office(home));
    const elsewhere = ours.filter((path) => !offices.some((folder) => path.startsWith(folder)));
    expect(personalIn(elsewhere.join("\n"))).toEqual([]);
    // And nothing was written beside the homes and the servers.
    const folders = [journeys.country.here.folder, journeys.country.there.folder];
    expect(elsewhere.filter((path) => !folders.some((folder) => path.startsWith(folder)))).toEqual(
      [],
    );
  });

  it("no sealed file is called by one, and no receipt or status says a word of one", async () => {
    expect(personalIn([...journeys.sealed.keys()].join("\n"))).toEqual([]);
    const opened = await openedFor(journeys, journeys.homes);
    const kinds = new Set(opened.map(({ kind }) => kind));
    for (const kind of [
      "Receipt",
      "TransferStatus",
      "SignedReferral",
      "TransferRelease",
      "Recall",
      "TransferResponse",
    ])
      expect(kinds).toContain(kind);
    const silent = opened.filter(({ kind }) =>
      ["Receipt", "TransferStatus", "SignedReferral", "Ping"].includes(kind),
    );
    expect(foundIn(silent.map(({ place }) => place))).toEqual([]);
    // The search would have found them.
    expect(
      foundIn(opened.filter(({ kind }) => kind === "TransferRelease").map(({ place }) => place)),
    ).not.toEqual([]);
  });

  it("an entity has nothing of a record, sealed for it or at home", async () => {
    const opened = await openedFor(journeys, entities());
    expect(new Set(opened.map(({ kind }) => kind))).toEqual(
      new Set(["SignedRequest", "TransferStatus", "Receipt"]),
    );
    const among = { among: OF_RECORDS };
    expect(
      foundIn(
        opened.map(({ place }) => place),
        among,
      ),
    ).toEqual([]);
    for (const home of entities()) {
      const files = await Promise.all(
        (await filesIn(home.folder)).map(async (path): Promise<Place> => [
          path,
          await readFile(path),
        ]),
      );
      expect(foundIn(files, { ...among, isBinary: true })).toEqual([]);
      expect(foundIn(await ledgerAt(home, []), among)).toEqual([]);
    }
  });

  describe("and their time is over", () => {
    const KEEP = { sentDays: 60, recordsDays: 60, quarantineDays: 60, reportsDays: 60 };

    beforeAll(async () => {
      const { country, homes } = journeys;
      await everythingEnds(journeys);
      // What was recalled, and not released anew, expires first.
      for (let times = 0; times < 2; times++) {
        country.clock.pass({ days: 120 });
        await journeys.round(country.here.valley, country.here.prairie);
      }
      for (const home of homes) {
        const keep = entities().includes(home)
          ? { forwardedRequestsDays: 60, quarantineDays: 60, reportsDays: 60 }
          : KEEP;
        const text = await readFile(home.configPath, "utf8");
        await writeFile(
          home.configPath,
          `${text.replace(/^keep:.*\n(?: .*\n)*/m, "")}\nkeep: ${JSON.stringify(keep)}\n`,
        );
        await deskOf(country, home, null).result("purge");
      }
    }, 120_000);

    /** Names and ids that stay on purpose: whom the register of disclosures is about, and the state's own registry. */
    const STAY = ["register_students", "enrollments"];

    it("no table says anything of them, but the register and the state's registry", async () => {
      for (const home of journeys.homes) {
        expect(foundIn(await ledgerAt(home, STAY))).toEqual([]);
        const said = await withLedger(home, (ledger) =>
          ledger.selectFrom("content").selectAll().execute(),
        );
        expect(said.filter(({ kind }) => kind !== "message")).toEqual([]);
      }
    });

    it("no byte of them is left in state/, nor in a page, a box or a drop folder", async () => {
      for (const home of journeys.homes) {
        const copy = join(journeys.country.here.folder, `purged-${home.id}`);
        await cp(join(home.folder, "state"), copy, { recursive: true });
        withoutWhatStays(join(copy, "ledger.sqlite"));
        await cp(join(home.folder, "reports"), join(copy, "reports"), { recursive: true });
        await cp(join(home.folder, "quarantine"), join(copy, "quarantine"), { recursive: true });
        // The register of disclosures, as registrars read it.
        for (const name of await readdir(join(copy, "reports"), { recursive: true }))
          if (name.includes("disclosures.")) await rm(join(copy, "reports", name));
        const files = (await filesIn(copy)).map(async (path): Promise<Place> => [
          path.slice(copy.length),
          await readFile(path),
        ]);
        expect(foundIn(await Promise.all(files), { isBinary: true })).toEqual([]);
        expect(
          personalIn(
            (await readdir(home.folder, { recursive: true }))
              .map((path) => basename(path))
              .join("\n"),
          ),
        ).toEqual([]);
        await rm(copy, { recursive: true });
      }
    });

    /** In a copy: SQLite overwrites what is deleted here, and nothing that was left over from before. */
    function withoutWhatStays(path: string): void {
      const database = new DatabaseSync(path);
      database.exec("PRAGMA secure_delete=ON");
      for (const table of STAY) database.exec(`DELETE FROM ${table}`);
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      database.close();
    }

    it("what stays of them at a district is an id of its own, or a name where it has none", async () => {
      const { valley, prairie } = journeys.country.here;
      const at = (home: District) =>
        withLedger(home, async (ledger) => {
          const rows = await ledger.selectFrom("register_students").selectAll().execute();
          return new Set(
            rows.map(({ student_id, last_name, first_name, birthdate }) =>
              [student_id, last_name, first_name, birthdate]
                .filter((each) => each !== null)
                .join(" "),
            ),
          );
        });
      expect(await at(valley)).toEqual(new Set());
      const kept = ["0047311", "Sample Ida 2011-05-30", "Abrams Jenna 2009-02-12"];
      expect(await at(prairie)).toEqual(new Set(kept));
    });
  });
});
