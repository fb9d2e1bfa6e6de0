import { cpSync, renameSync, rmSync } from "node:fs";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TakingPoint } from "../../daemon/desk/intake.ts";
import { newLocalId } from "../../daemon/ids.ts";
import { claimDocuments } from "../../daemon/ledger/documents.ts";
import { elsewhere } from "../elsewhere.ts";
import { Office, PowerCut } from "./office.ts";
import { message, PDF, release, request, requests } from "./outbox.ts";

const called = (sourceReference: string): string =>
  `<SourceReference>${sourceReference}</SourceReference><To>2700105</To>`;

let office: Office;

beforeEach(async () => {
  office = await Office.open();
});

afterEach(() => office.close());

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
  const [good, bad] = [
    request(called("1")),
    request("<SourceReference>2</SourceReference><To>9</To>"),
  ];
  const stories: Record<string, Record<string, string>> = {
    "a release with documents": {
      "a.xml": message(release("a.pdf", "b.txt")),
      "a.pdf": PDF,
      "b.txt": "text",
    },
    "requests with a bad one among them": { "a.xml": requests(good, bad, request(called("3"))) },
    "a refused document": { "a.xml": message(request("<To>9</To>")) },
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

  it("at any point undoes what several share a commit in, and all of it is made good", async () => {
    const files = {
      "a.xml": message(request(called("1"))),
      "b.xml": message(release("a.pdf")),
      "a.pdf": PDF,
      "c.xml": message(request("<To>9</To>")),
      "d.xml": message(request(called("2"))),
    };
    const points = await pointsOf(files);
    expect(points.filter((point) => point === "answered")).toHaveLength(4);
    const whole = await Office.open();
    for (const [name, content] of Object.entries(files)) await whole.drop(name, content);
    await whole.take();
    const expected = await world(whole);
    await whole.close();
    for (const [step, point] of points.entries()) {
      await office.close();
      office = await Office.open();
      for (const [name, content] of Object.entries(files)) await office.drop(name, content);
      const asItWas = `${office.root}-as-it-was`;
      let left = step;
      await office.take(() => {
        if (left-- === 0) cpSync(office.root, asItWas, { recursive: true });
      });
      await office.restart(() => {
        rmSync(office.root, { recursive: true });
        renameSync(asItWas, office.root);
      });
      await office.take();
      expect(await world(office), `cut off after ${point}`).toEqual(expected);
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
    await claimDocuments(office.ledger, [claim]);
    expect(await office.take()).toMatchObject([{ outcome: "taken" }]);
    expect(await office.ledger.selectFrom("documents").select("state").execute()).toEqual([
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

describe.skipIf(elsewhere === null)("a drop folder on another file system", () => {
  let far: Office;

  beforeEach(async () => {
    far = await Office.open(elsewhere ?? "");
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

  it("is made good after a power cut in the middle of the copy", async () => {
    await far.drop("a.xml", message(request()));
    const documentId = newLocalId();
    const claim = { documentId, dropFolder: "office", fileName: "a.xml", at: new Date(0) };
    await claimDocuments(far.ledger, [claim]);
    await writeFile(join(far.root, "intake", `.${documentId}.copy.tmp`), "<half");
    expect(await far.take()).toMatchObject([{ outcome: "taken" }]);
    expect(await far.decided()).toEqual(["request, nobody"]);
    expect(await far.names("intake")).toEqual([]);
  });

  it("is made good after a power cut between the copy and the removal", async () => {
    const text = message(request());
    await far.drop("a.xml", text);
    const documentId = newLocalId();
    await claimDocuments(far.ledger, [
      {
        documentId,
        dropFolder: "office",
        fileName: "a.xml",
        at: new Date(0),
      },
    ]);
    await writeFile(join(far.root, "intake", `${documentId}.copy`), text);
    expect(await far.take()).toMatchObject([{ outcome: "taken" }]);
    expect(await far.take()).toEqual([]);
    expect(await far.decided()).toEqual(["request, nobody"]);
    expect(await far.names("sent")).toEqual(["a.xml", "a.xml.result.json"]);
  });
});

describe("a file whose name does something at a terminal", () => {
  it("is spoken of on one line, in which each character stands for itself", async () => {
    await office.drop("a\u001b]0;b\u0007\nrequest.xml was taken.\n\u202E.xml", "<a/>");
    await office.take();
    const [answer = ""] = (await office.names("refused")).filter((name) => name.endsWith(".txt"));
    const [first = ""] = (await office.text("refused", answer)).split("\r\n");
    expect(first).toBe("a␛]0;b␇ request.xml was taken. [U+202E].xml was not taken.");
  });
});
