import { existsSync, statSync } from "node:fs";
import { chmod, mkdir, readdir, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TakingPoint } from "../../daemon/desk/intake.ts";
import { PacketboatError } from "../../daemon/errors.ts";
import { newLocalId } from "../../daemon/ids.ts";
import { claimDocument } from "../../daemon/ledger/documents.ts";
import { Office, PowerCut } from "../desk/office.ts";
import { message, PDF, release, request, requests } from "../desk/outbox.ts";

const A_DAY = 24 * 3600;
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
    await office.drop("a.xml", message(request("")));
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
    expect(faults).toContain("What to do: Correct the document");
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

describe("the same again", () => {
  const results = (name: string) =>
    office.result(name) as Promise<{ outcome: string; results: { reference: string }[] }>;

  it("is known, with the reference of the first, and is said once", async () => {
    const text = message(`<SourceReference>4711</SourceReference>${request()}`);
    await office.drop("abrams.xml", text);
    await office.take();
    await office.drop("abrams (1).xml", `\u{feff}${text.replaceAll("\n", "\r\n")}`);
    expect(await office.take()).toMatchObject([{ outcome: "known" }]);
    expect(await office.take()).toEqual([]);
    expect(await office.decided()).toHaveLength(1);
    const [first, again] = [await results("abrams.xml"), await results("abrams (1).xml")];
    expect(again).toMatchObject({ outcome: "known", results: [{ outcome: "known" }] });
    expect(again.results[0]?.reference).toBe(first.results[0]?.reference);
  });

  it("is known when both copies come at once", async () => {
    await office.drop("abrams.xml", message(request()));
    await office.drop("abrams (1).xml", message(request()));
    expect((await office.take()).map(({ outcome }) => outcome)).toEqual(["taken", "known"]);
    expect(await office.decided()).toHaveLength(1);
  });

  it("is new under another SourceReference, or with another content under the same", async () => {
    const named = (reference: string, comments: string) =>
      requests(request(called(reference), `<Comments>${comments}</Comments>`));
    await office.drop("1.xml", named("1", "one"));
    await office.drop("2.xml", named("2", "one"));
    await office.drop("3.xml", named("1", "two"));
    expect((await office.take()).map(({ outcome }) => outcome)).toEqual([
      "taken",
      "taken",
      "taken",
    ]);
  });

  it("is known without SourceReference only in the same drop folder", async () => {
    const text = message(request());
    await office.drop("a.xml", text);
    await office.take();
    office.more = { dropFolder: { ...office.dropFolder, name: "northHigh" } };
    await office.drop("a.xml", text);
    expect(await office.take()).toMatchObject([{ outcome: "taken" }]);
  });

  it("is found within a longer list, whose new requests are taken", async () => {
    await office.drop("monday.xml", requests(request(called("1")), request(called("2"))));
    await office.take();
    const three = ["1", "2", "3"].map((reference) => request(called(reference)));
    await office.drop("tuesday.xml", requests("<DecidedBy>other</DecidedBy>", ...three));
    expect(await office.take()).toMatchObject([
      {
        outcome: "taken",
        results: [{ outcome: "known" }, { outcome: "known" }, { outcome: "taken" }],
      },
    ]);
    expect(await office.decided()).toEqual([
      "request, nobody",
      "request, nobody",
      "request, other",
    ]);
  });
});

describe("many requests in one document", () => {
  it("are taken but for the bad ones, which are answered one by one", async () => {
    const bad = request(called("2")).replace("2009-", "09-");
    await office.drop("day.xml", requests(request(called("1")), bad, request(called("3"))));
    const [taken] = await office.take();
    expect(taken).toMatchObject({ outcome: "partlyTaken" });
    expect(await office.decided()).toHaveLength(2);
    expect(await office.names("sent")).toEqual([
      "day.xml",
      "day.xml.faults.txt",
      "day.xml.result.json",
    ]);
    expect(await office.result("day.xml")).toMatchObject({
      outcome: "partlyTaken",
      results: [
        { sourceReference: "1", outcome: "taken" },
        { sourceReference: "2", outcome: "refused", code: "DOCUMENT_INVALID" },
        { sourceReference: "3", outcome: "taken" },
      ],
    });
    const faults = await office.text("sent", "day.xml.faults.txt");
    expect(faults).toContain("do not drop it again");
    expect(faults).toContain(
      "Request 2 (SourceReference 2): the document has a fault at Request[2]/Student/Birthdate",
    );
    expect(faults).not.toContain("Request 1");
  });

  it("are refused together when all are bad", async () => {
    await office.drop("day.xml", requests(request(""), request("")));
    expect(await office.take()).toMatchObject([{ outcome: "refused" }]);
    expect(await office.names("refused")).toEqual(["day.xml", "day.xml.faults.txt"]);
  });
});

describe("a release with documents", () => {
  it("takes them from beside it, privately", async () => {
    let modes: number[] = [];
    office.more = {
      decide: async (order) => {
        const staged = "release" in order.decision ? order.decision.release.documents : [];
        modes = await Promise.all(
          staged.map(async ({ stagedPath }) => (await stat(stagedPath)).mode & 0o777),
        );
        await office.decide(order);
      },
    };
    await office.drop("transcript.pdf", PDF);
    await office.drop("note.txt", "text");
    await office.drop("release.xml", message(release("transcript.pdf", "note.txt")));
    expect(await office.take()).toMatchObject([{ outcome: "taken" }]);
    expect(await office.decided()).toEqual([
      "release, nobody, transcript.pdf application/pdf, note.txt text/plain",
    ]);
    expect(modes).toEqual([0o600, 0o600]);
    expect(await office.names("outbox")).toEqual([]);
    expect(await office.names("staging")).toHaveLength(2);
    expect(await office.names("sent")).toEqual(["release.xml", "release.xml.result.json"]);
  });

  it("waits until all of them are there, and touches none before", async () => {
    await office.drop("release.xml", message(release("a.pdf", "b.pdf")));
    await office.drop("a.pdf", PDF);
    expect(await office.take()).toMatchObject([
      {
        outcome: "waiting",
        until: new Date("2024-07-26T12:00:10Z"),
        documents: ["a.pdf", "b.pdf"],
      },
    ]);
    expect(await office.names("outbox")).toEqual(["a.pdf"]);
    expect(await office.names("staging")).toEqual([]);
    await office.drop("b.pdf", PDF);
    expect(await office.take()).toMatchObject([{ outcome: "taken" }]);
    expect(await office.names("outbox")).toEqual([]);
  });

  it("is refused when they do not come within a day; what came stays for the next try", async () => {
    await office.drop("release.xml", message(release("a.pdf", "b.pdf")));
    await office.drop("a.pdf", PDF);
    await office.take();
    office.seconds += A_DAY - 20;
    expect(await office.take()).toMatchObject([{ outcome: "waiting" }]);
    expect(await office.take()).toMatchObject([{ outcome: "refused" }, { outcome: "refused" }]);
    expect(await office.text("refused", "release.xml.faults.txt")).toContain(
      "Release/Document[2]: did not come into the outbox within 24 hours",
    );
    expect(await office.decided()).toEqual([]);
  });

  it("waits for a document that is still growing", async () => {
    await office.drop("release.xml", message(release("a.pdf")));
    await office.look();
    office.seconds = 5;
    await office.drop("a.pdf", "%PDF");
    await office.look();
    office.seconds = 10;
    expect(await office.takeNow()).toMatchObject([{ outcome: "waiting" }]);
    await office.drop("a.pdf", PDF);
    office.seconds = 15;
    expect(await office.takeNow()).toMatchObject([{ outcome: "waiting" }]);
    office.seconds = 25;
    expect(await office.takeNow()).toMatchObject([{ outcome: "taken" }]);
  });

  it("takes an XML document beside it, though that was finished first", async () => {
    await office.drop("transcript.xml", "<HighSchoolTranscript/>");
    await office.look();
    office.seconds = 5;
    await office.drop("release.xml", message(release("transcript.xml")));
    await office.look();
    office.seconds = 10;
    expect(await office.takeNow()).toEqual([]);
    expect(await office.names("outbox")).toEqual(["release.xml", "transcript.xml"]);
    office.seconds = 15;
    expect(await office.takeNow()).toMatchObject([{ outcome: "taken", fileName: "release.xml" }]);
    expect(await office.decided()).toEqual(["release, nobody, transcript.xml application/xml"]);
  });

  it.each([
    ["a program", "setup.exe", "MZ", "ATTACHMENT_TYPE", "is of a kind that is not carried"],
    [
      "a program under another name",
      "a.pdf",
      "MZ\0",
      "ATTACHMENT_TYPE",
      "does not hold application/pdf",
    ],
    ["nothing", "a.txt", "", "ATTACHMENT_TYPE", "does not hold text/plain"],
    [
      "too much",
      "a.txt",
      "x".repeat(10_001),
      "ATTACHMENT_TOO_BIG",
      "has 10001 bytes, more than 10000",
    ],
  ])("is refused for %s", async (_, name, content, code, words) => {
    await office.drop(name, content);
    await office.drop("release.xml", message(release(name)));
    const [taken] = await office.take();
    expect(taken).toMatchObject({ outcome: "refused", results: [{ code }] });
    expect(await office.text("refused", "release.xml.faults.txt")).toContain(
      `Release/Document[1]: ${words}`,
    );
    expect(await office.names("staging")).toEqual([]);
    expect(await office.decided()).toEqual([]);
  });

  it("never follows a link", async () => {
    await writeFile(join(office.root, "secret.txt"), "secret");
    await symlink(join(office.root, "secret.txt"), join(office.dropFolder.outbox, "a.txt"));
    await office.drop("release.xml", message(release("a.txt")));
    expect(await office.take()).toMatchObject([{ outcome: "waiting" }]);
    expect(await office.names("staging")).toEqual([]);
  });

  it("leaves its documents in the outbox when the rules refuse it", async () => {
    office.refuse = () => {
      throw new PacketboatError("TRANSFER_STATE", "the transfer is canceled");
    };
    await office.drop("a.pdf", PDF);
    await office.drop("release.xml", message(release("a.pdf")));
    expect(await office.take()).toMatchObject([{ outcome: "refused" }]);
    expect(await office.names("outbox")).toEqual(["a.pdf"]);
    expect(await office.names("staging")).toEqual([]);
  });
});

describe("a document that no release names", () => {
  it("is refused after a day", async () => {
    await office.drop("a.pdf", PDF);
    expect(await office.take()).toEqual([]);
    office.seconds += A_DAY - 30;
    expect(await office.take()).toEqual([]);
    expect(await office.take()).toMatchObject([{ outcome: "refused", fileName: "a.pdf" }]);
    expect(await office.text("refused", "a.pdf.faults.txt")).toContain(
      "no release named the file within 24 hours",
    );
  });
});

/** Every point at which the taking of these files can be cut off. */
async function pointsOf(files: Readonly<Record<string, string>>): Promise<TakingPoint[]> {
  const whole = await Office.open();
  const points: TakingPoint[] = [];
  try {
    for (const [name, content] of Object.entries(files)) await whole.drop(name, content);
    await whole.take((point) => points.push(point));
  } finally {
    await whole.close();
  }
  return points;
}

describe("a power cut", () => {
  const [good, bad] = [request(called("1")), request("<SourceReference>2</SourceReference>")];
  const stories: Record<string, Record<string, string>> = {
    "a release with documents": {
      "a.xml": message(release("a.pdf", "b.txt")),
      "a.pdf": PDF,
      "b.txt": "text",
    },
    "requests with a bad one among them": { "a.xml": requests(good, bad, request(called("3"))) },
    "a refused document": { "a.xml": message(request("")) },
    "two copies": { "a.xml": message(request()), "a (1).xml": message(request()) },
  };

  /** All there is for people to see, and all that was decided; not the references, which are chance. */
  async function world(of: Office): Promise<unknown> {
    const names = (folder: "outbox" | "sent" | "refused" | "intake") => of.names(folder);
    const results = (await of.names("sent")).filter((name) => name.endsWith(".result.json"));
    const told = results.map(async (name) =>
      (await of.text("sent", name)).replaceAll(/"(reference|takenAt)": "[^"]*"/g, ""),
    );
    return {
      decided: await of.decided(),
      folders: await Promise.all([
        names("outbox"),
        names("sent"),
        names("refused"),
        names("intake"),
      ]),
      staged: (await of.names("staging")).length,
      told: await Promise.all(told),
    };
  }

  async function cutOffAt(step: number, files: Readonly<Record<string, string>>, times: number) {
    for (const [name, content] of Object.entries(files)) await office.drop(name, content);
    for (let time = 0; time < times; time++) {
      let left = step;
      const cut = office.take(() => {
        if (--left < 0) throw new PowerCut();
      });
      await cut.catch((error: unknown) => {
        if (!(error instanceof PowerCut)) throw error;
      });
      await office.restart();
    }
    await office.take();
  }

  it.each(Object.entries(stories))("at any point is made good: %s", async (_, files) => {
    const whole = await Office.open();
    for (const [name, content] of Object.entries(files)) await whole.drop(name, content);
    await whole.take();
    const expected = await world(whole);
    await whole.close();
    const points = await pointsOf(files);
    expect(points.length).toBeGreaterThan(6);
    for (const [step, point] of points.entries()) {
      // The second power cut meets what the first left to be finished.
      await cutOffAt(step, files, 1 + (step % 2));
      expect(await world(office), `cut off after ${point}`).toEqual(expected);
      await office.close();
      office = await Office.open();
    }
  });

  it("between the claim and the move leaves the file to be taken anew", async () => {
    await office.drop("a.xml", message(request()));
    const claim = {
      documentId: newLocalId(),
      dropFolder: "office",
      fileName: "a.xml",
      at: new Date(0),
    };
    await claimDocument(office.ledger, claim);
    expect(await office.take()).toMatchObject([{ outcome: "taken" }]);
    expect(await office.ledger.selectFrom("documents").select("state").execute()).toEqual([
      { state: "ANSWERED" },
      { state: "ANSWERED" },
    ]);
  });

  it("after an answer was shown does not show it again, though somebody took it", async () => {
    await office.drop("a.xml", message(request()));
    const cut = office.take((point) => {
      if (point === "shown result") throw new PowerCut();
    });
    await expect(cut).rejects.toThrow(PowerCut);
    for (const name of await readdir(office.dropFolder.sent))
      await rm(join(office.dropFolder.sent, name));
    await office.restart();
    expect(await office.take()).toMatchObject([{ outcome: "taken" }]);
    expect(await office.names("sent")).toEqual([]);
  });

  it("and a file that somebody removed from the intake is answered all the same", async () => {
    await office.drop("a.xml", message(request()));
    await expect(
      office.take((point) => {
        if (point === "read") throw new PowerCut();
      }),
    ).rejects.toThrow(PowerCut);
    for (const name of await office.names("intake")) await rm(join(office.root, "intake", name));
    expect(await office.take()).toMatchObject([
      { outcome: "refused", results: [{ code: "FILE_NOT_FOUND" }] },
    ]);
    expect(await office.names("refused")).toEqual(["a.xml.faults.txt"]);
  });
});

const MEMORY = "/dev/shm";
const isApart = existsSync(MEMORY) && statSync(MEMORY).dev !== statSync(tmpdir()).dev;

describe.runIf(isApart)("a drop folder on another file system", () => {
  let far: Office;

  beforeEach(async () => {
    far = await Office.open(MEMORY);
  });

  afterEach(() => far.close());

  it("is served by copies, which do not tell whose file it was", async () => {
    let owner: number | null | undefined;
    far.more = {
      decide: (order) => {
        owner = order.ownerUid;
        return far.decide(order);
      },
    };
    await far.drop("a.xml", message(release("a.pdf")));
    await far.drop("a.pdf", PDF);
    expect(await far.take()).toMatchObject([{ outcome: "taken" }]);
    expect(owner).toBeNull();
    expect(await far.names("outbox")).toEqual([]);
    expect(await far.names("intake")).toEqual([]);
    expect(await far.names("sent")).toEqual(["a.xml", "a.xml.result.json"]);
  });

  it("is made good after a power cut between the copy and the removal", async () => {
    const text = message(request());
    await far.drop("a.xml", text);
    const documentId = newLocalId();
    await claimDocument(far.ledger, {
      documentId,
      dropFolder: "office",
      fileName: "a.xml",
      at: new Date(0),
    });
    await writeFile(join(far.root, "intake", `${documentId}.copy`), text);
    expect(await far.take()).toMatchObject([{ outcome: "taken" }]);
    expect(await far.take()).toEqual([]);
    expect(await far.decided()).toEqual(["request, nobody"]);
    expect(await far.names("sent")).toEqual(["a.xml", "a.xml.result.json"]);
  });
});
