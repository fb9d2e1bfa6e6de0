import { stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PacketboatError } from "../../daemon/errors.ts";
import { Office } from "./office.ts";
import { message, PDF, release } from "./outbox.ts";

const A_DAY = 24 * 3600;

let office: Office;

beforeEach(async () => {
  office = await Office.open();
});

afterEach(() => office.close());

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

  it("waits however often it is looked at: to wait is no death", async () => {
    await office.drop("release.xml", message(release("a.pdf")));
    for (let look = 0; look < 5; look++) {
      expect(await office.take()).toMatchObject([{ outcome: "waiting" }]);
    }
    await office.drop("a.pdf", PDF);
    expect(await office.take()).toMatchObject([{ outcome: "taken" }]);
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
