import { chmod, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sql } from "kysely";
import type { TakingPoint } from "../../daemon/desk/intake.ts";
import type { TakenDocument } from "../../daemon/desk/taken.ts";
import { type ErrorCode, PacketboatError } from "../../daemon/errors.ts";
import { addAudit } from "../../daemon/ledger/audit.ts";
import { durable } from "../../daemon/ledger/together.ts";
import { list, row } from "../desk/csv.ts";
import { Office, PowerCut } from "../desk/office.ts";
import { message, request, requests } from "../desk/outbox.ts";

const WITHDRAW = "<Withdraw><Reference>K7QM-3F2D</Reference></Withdraw>";
const called = (sourceReference: string): string =>
  `<SourceReference>${sourceReference}</SourceReference><To>2700105</To>`;

let office: Office;

beforeEach(async () => {
  office = await Office.open();
});

afterEach(() => office.close());

describe("a document in the outbox", () => {
  it("becomes a decision and is answered in sent", async () => {
    const text = message(
      `<SourceReference>4711</SourceReference><DecidedBy>jdoe</DecidedBy>${request()}`,
    );
    await office.drop("abrams.xml", text);
    const [taken] = await office.take();
    expect(taken).toMatchObject({ outcome: "taken", fileName: "abrams.xml", dropFolder: "office" });
    expect(await office.decided()).toEqual(["request, jdoe"]);
    expect(await office.names("outbox")).toEqual([]);
    expect(await office.names("intake")).toEqual([]);
    expect(await office.names("sent")).toEqual(["abrams.xml", "abrams.xml.result.json"]);
    expect(await office.text("sent", "abrams.xml")).toBe(text);
    expect(await office.result("abrams.xml")).toEqual({
      version: 1,
      document: "abrams.xml",
      takenAt: "2024-07-25T12:00:10.000Z",
      outcome: "taken",
      results: [
        {
          sourceReference: "4711",
          outcome: "taken",
          reference: expect.stringMatching(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/) as unknown,
          status: "Requested",
        },
      ],
    });
  });

  it("is answered in files that the folder's group may change", async () => {
    await office.drop("a.xml", message(request()));
    await chmod(join(office.dropFolder.outbox, "a.xml"), 0o600);
    await office.take();
    for (const name of await office.names("sent")) {
      expect((await stat(join(office.dropFolder.sent, name))).mode & 0o777).toBe(0o660);
    }
  });

  it("tells whose file it was", async () => {
    let owner: number | null = null;
    office.more = {
      decide: (order) => {
        owner = order.ownerUid;
        return office.decide(order);
      },
    };
    await office.drop("a.xml", message(request()));
    await office.take();
    expect(owner).toBe(process.getuid?.());
  });

  it("is left alone while it is growing", async () => {
    await office.drop("abrams.xml", message(request()).slice(0, 200));
    await office.look();
    office.seconds = 10;
    await office.drop("abrams.xml", message(request()));
    expect(await office.takeNow()).toEqual([]);
    expect(await office.names("outbox")).toEqual(["abrams.xml"]);
    office.seconds = 20;
    expect(await office.takeNow()).toMatchObject([{ outcome: "taken" }]);
  });

  it("keeps an answer of the same name that lies in sent", async () => {
    await writeFile(join(office.dropFolder.sent, "a.xml.result.json"), "mine");
    await office.drop("a.xml", message(request()));
    await office.take();
    expect(await office.names("sent")).toEqual([
      "a (2).xml",
      "a (2).xml.result.json",
      "a.xml.result.json",
    ]);
    expect(await office.text("sent", "a.xml.result.json")).toBe("mine");
  });

  it("may be dropped under the same name again and again", async () => {
    for (const reference of ["1", "2", "3"]) {
      await office.drop("a.xml", requests(request(called(reference))));
      await office.take();
    }
    expect(await office.decided()).toHaveLength(3);
    expect((await office.names("sent")).filter((name) => !name.endsWith("json"))).toEqual([
      "a (2).xml",
      "a (3).xml",
      "a.xml",
    ]);
  });

  it("waits where it is when its answer has no folder to be in, and nothing is decided twice", async () => {
    await rm(office.dropFolder.sent, { recursive: true });
    await office.drop("a.xml", message(request()));
    expect(await office.take()).toMatchObject([
      { outcome: "delayed", error: { code: "FOLDER_MISSING" } },
    ]);
    await mkdir(office.dropFolder.sent);
    expect(await office.take()).toMatchObject([{ outcome: "taken" }]);
    expect(await office.decided()).toEqual(["request, nobody"]);
    expect(await office.names("sent")).toEqual(["a.xml", "a.xml.result.json"]);
  });

  it("waits when the rules cannot be asked now, and stops none of its neighbours", async () => {
    office.refuse = ({ kind }) => {
      if (kind === "withdraw") throw new PacketboatError("DISK_FULL", "no room");
    };
    await office.drop("a.xml", message(WITHDRAW));
    await office.drop("b.xml", message(request()));
    expect((await office.take()).map(({ outcome }) => outcome).toSorted()).toEqual([
      "delayed",
      "taken",
    ]);
    office.refuse = () => undefined;
    expect(await office.take()).toMatchObject([{ outcome: "taken", fileName: "a.xml" }]);
    expect(await office.decided()).toEqual(["request, nobody", "withdraw, nobody"]);
  });

  it("writes what its caller adds into the transaction that settles it", async () => {
    const seen: string[] = [];
    office.more = {
      settled: async (db, { outcome, documentId }) => {
        await db.insertInto("settings").values({ name: documentId, value: outcome }).execute();
        seen.push(documentId);
      },
    };
    await office.drop("a.xml", message(request("<To>1</To>")));
    const [taken] = await office.take();
    expect(taken).toMatchObject({ outcome: "refused", documentId: seen[0] });
    const rows = await office.ledger.selectFrom("settings").selectAll().execute();
    expect(rows).toContainEqual({ name: seen[0], value: "refused" });
  });

  it("stops loudly on a bug, and is decided when that is mended", async () => {
    office.refuse = () => {
      throw new TypeError("a bug");
    };
    await office.drop("a.xml", message(request()));
    await expect(office.take()).rejects.toThrow(TypeError);
    office.more = { decide: () => Promise.resolve() };
    await expect(office.take()).rejects.toThrow("without writing down");
    office.more = {};
    office.refuse = () => undefined;
    await office.take();
    expect(await office.decided()).toEqual(["request, nobody"]);
  });
});

describe("a document that is refused", () => {
  it("lies in refused with its faults in plain words", async () => {
    const text = message(request("<To>27</To>").replace("2009-02-12", "2009-02-30"));
    await office.drop("abrams.xml", text);
    const [taken] = await office.take();
    expect(taken).toMatchObject({ outcome: "refused", results: [{ code: "DOCUMENT_INVALID" }] });
    expect(await office.names("refused")).toEqual(["abrams.xml", "abrams.xml.faults.txt"]);
    expect(await office.text("refused", "abrams.xml")).toBe(text);
    const faults = await office.text("refused", "abrams.xml.faults.txt");
    expect(faults).toMatch(/^abrams\.xml was not taken\.\r\n\r\n/);
    expect(faults).toContain("  - Request/Student/Birthdate: must be a day of the calendar");
    expect(faults).toContain("  - Request/To: must be");
    expect(faults).toContain("[DOCUMENT_INVALID]\r\n");
    expect(faults).toContain("What to do: Correct what is named above");
    expect(faults.replaceAll("\r\n", "")).not.toContain("\n");
    expect(await office.names("sent")).toEqual([]);
    expect(await office.decided()).toEqual([]);
  });

  it("may be dropped again unchanged, when what was wrong was somewhere else", async () => {
    office.refuse = () => {
      throw new PacketboatError("PARTNER_UNKNOWN", "no partner has the id 2700105");
    };
    await office.drop("a.xml", message(request()));
    expect(await office.take()).toMatchObject([
      { outcome: "refused", results: [{ code: "PARTNER_UNKNOWN" }] },
    ]);
    office.refuse = () => undefined;
    await rename(join(office.dropFolder.refused, "a.xml"), join(office.dropFolder.outbox, "a.xml"));
    expect(await office.take()).toMatchObject([{ outcome: "taken" }]);
  });

  it("is too big, and is not read", async () => {
    await office.drop("a.xml", message(request()).padEnd(100_001));
    await office.take();
    expect(await office.text("refused", "a.xml.faults.txt")).toContain(
      "100001 bytes, more than 100000",
    );
  });

  it("has a name that is not taken, and is answered under another", async () => {
    await office.drop("a\nb.xml", message(request()));
    expect(await office.take()).toMatchObject([
      { outcome: "refused", results: [{ code: "DOCUMENT_NAME" }] },
    ]);
    expect(await office.names("refused")).toEqual(["a_b.xml", "a_b.xml.faults.txt"]);
    expect(await office.decided()).toEqual([]);
  });

  it("is an XML document of another kind", async () => {
    await office.drop("a.xml", "<Students/>");
    expect(await office.take()).toMatchObject([{ outcome: "refused" }]);
    expect(await office.text("refused", "a.xml.faults.txt")).toContain("urn:packetboat:outbox:1");
  });

  it("is a program", async () => {
    await office.drop("setup.exe", "MZ");
    expect(await office.take()).toMatchObject([
      { outcome: "refused", results: [{ code: "ATTACHMENT_TYPE" }] },
    ]);
    expect(await office.names("refused")).toEqual(["setup.exe", "setup.exe.faults.txt"]);
  });
});

describe("a list of which the rules refuse more than a thousand rows", () => {
  /** All but the last. */
  const refusing = async (code: ErrorCode): Promise<TakenDocument | undefined> => {
    const all = Array.from({ length: 1002 }, (_, at) => row({ SourceReference: `S-${at}` }));
    let rows = 0;
    office.refuse = () => {
      if (++rows < all.length) throw new PacketboatError(code, "the rules say no");
    };
    office.more = { documentBytes: 1_000_000 };
    await office.drop("list.csv", list(all));
    const [taken] = await office.take();
    return taken;
  };

  it("is refused as a whole where nobody decides it who may", async () => {
    expect(await refusing("PERSON_UNKNOWN")).toMatchObject({
      outcome: "refused",
      results: [{ code: "PERSON_UNKNOWN", sourceReference: null }],
    });
    expect(await office.names("refused")).toEqual(["list.csv", "list.csv.faults.txt"]);
    const told = await office.text("refused", "list.csv.faults.txt");
    expect(told).toContain("the rules say no (in each of more than 1000 rows) [PERSON_UNKNOWN]");
  });

  it("is taken for the rows behind them where it is the rows", async () => {
    const taken = await refusing("DOCUMENT_CHANGED");
    expect(taken).toMatchObject({ outcome: "partlyTaken" });
    const results = taken && "results" in taken ? taken.results : [];
    expect(results.map(({ outcome }) => outcome).slice(1000)).toEqual(["refused", "taken"]);
  });
});

describe("a document that ends the program each time it is worked on", () => {
  /** The power fails there, so often. */
  async function die(times: number, there: TakingPoint, nth = 1): Promise<void> {
    for (let time = 0; time < times; time++) {
      let passed = 0;
      const cut = office.takeNow((point) => {
        if (point === there && ++passed === nth) throw new PowerCut();
      });
      await expect(cut).rejects.toThrow(PowerCut);
      await office.restart();
    }
  }

  const deaths = async (): Promise<Record<string, number>> => {
    const rows = await office.ledger.selectFrom("documents").selectAll().execute();
    return Object.fromEntries(rows.map((each) => [each.file_name, each.deaths]));
  };

  const dropBoth = async (): Promise<void> => {
    for (const name of ["A", "B"]) {
      const text = message(`<SourceReference>${name}</SourceReference>${request()}`);
      await office.drop(`${name}.xml`, text);
    }
    await office.look();
    office.seconds += 10;
  };

  it("is given back the fourth time, and what lay beside it is taken", async () => {
    await dropBoth();
    await die(3, "read");
    // It was counted once with the first, and is read after it from then on.
    expect(await deaths()).toEqual({ "A.xml": 3, "B.xml": 1 });
    expect(await office.takeNow()).toMatchObject([
      { fileName: "A.xml", outcome: "refused", results: [{ code: "DOCUMENT_POISONOUS" }] },
      { fileName: "B.xml", outcome: "taken" },
    ]);
    expect(await office.names("refused")).toEqual(["A.xml", "A.xml.faults.txt"]);
    expect(await office.text("refused", "A.xml.faults.txt")).toContain("ended the program 3 times");
    expect(await deaths()).toEqual({ "A.xml": 0, "B.xml": 0 });
  });

  it("is taken the third time, if the program lives then, and nothing is counted any more", async () => {
    await dropBoth();
    await die(2, "read");
    expect(await deaths()).toMatchObject({ "A.xml": 2 });
    const taken = await office.takeNow();
    expect(taken.map(({ outcome }) => outcome)).toEqual(["taken", "taken"]);
    expect(await deaths()).toEqual({ "A.xml": 0, "B.xml": 0 });
  });

  it("tells how much of it had been taken", async () => {
    const rows = [1, 2, 3].map((number) => row({ SourceReference: `S-${number}` }));
    await office.drop("list.csv", list(rows));
    await office.look();
    office.seconds += 10;
    office.more = { decide: async (order) => (await office.decide(order), durable(office.ledger)) };
    await die(1, "decided", 2);
    expect(await deaths()).toEqual({ "list.csv": 0 });
    office.more = {};
    await die(3, "read");
    expect(await office.takeNow()).toMatchObject([{ outcome: "refused" }]);
    const told = await office.text("refused", "list.csv.faults.txt");
    expect(told).toContain("2 of its decisions had been taken before, and stand");
    expect(await office.decided()).toHaveLength(2);
  });

  it("is none because the disk of the ledger is full, however often", async () => {
    await dropBoth();
    const { rows } = await sql<{ page_count: number }>`PRAGMA page_count`.execute(office.ledger);
    const pages = (most: number) =>
      sql.raw(`PRAGMA max_page_count = ${most}`).execute(office.ledger);
    await pages((rows[0]?.page_count ?? 0) + 2);
    office.more = {
      decide: async (order) => {
        await office.ledger.transaction().execute(async (db) => {
          await addAudit(db, {
            at: order.at.toISOString(),
            event: "x".repeat(500_000),
            subject: "y",
          });
        });
        await office.decide(order);
      },
    };
    for (let time = 0; time < 5; time++) {
      const failed = await office.takeNow().catch((error: unknown) => error);
      expect(JSON.stringify(failed)).toContain("DISK_FULL");
    }
    await pages(1_000_000);
    const taken = await office.takeNow();
    expect(taken.map(({ outcome }) => outcome)).toEqual(["taken", "taken"]);
  });
});
