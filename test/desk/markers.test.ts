/** A folder in which a file is finished by a marker: `list.csv` by `list.csv.done`. */
import { open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { list, row } from "./csv.ts";
import { Office, PowerCut } from "./office.ts";
import { message, PDF, release, request } from "./outbox.ts";

const A_DAY = 24 * 3600;

let office: Office;
beforeEach(async () => {
  office = await Office.open();
  office.marker = ".done";
});
afterEach(() => office.close());

const outcomes = async (): Promise<string[]> =>
  (await office.takeNow()).map(({ fileName, outcome }) => `${fileName} ${outcome}`);

describe("a file with a marker", () => {
  it("is taken at once, and its marker goes with it", async () => {
    await office.drop("list.csv", list([row()]));
    await office.drop("list.csv.done", "any size");
    expect(await outcomes()).toEqual(["list.csv taken"]);
    expect(await office.names("outbox")).toEqual([]);
    expect(await office.names("sent")).toEqual(["list.csv", "list.csv.result.json"]);
  });

  it("is not taken before, however long it holds still", async () => {
    await office.drop("list.csv", list([row()]));
    await office.look();
    office.seconds += 3600;
    expect(await outcomes()).toEqual([]);
    await office.drop("list.csv.done", "");
    expect(await outcomes()).toEqual(["list.csv taken"]);
  });

  it("comes back after a day without it, and says why", async () => {
    await office.drop("list.csv", list([row()]));
    await office.look();
    office.seconds += A_DAY;
    expect(await outcomes()).toEqual(["list.csv refused"]);
    expect(await office.decided()).toEqual([]);
    expect(await office.text("refused", "list.csv.faults.txt")).toContain(
      "list.csv.done did not come within 24 hours",
    );
  });

  it("waits while somebody still writes it", async () => {
    await office.drop("list.csv", list([row()]));
    await office.drop("list.csv.done", "");
    const writer = await open(join(office.dropFolder.outbox, "list.csv"), "a");
    expect(await outcomes()).toEqual([]);
    await writer.close();
    expect(await outcomes()).toEqual(["list.csv taken"]);
  });

  it("names documents that are finished by the same marker, or by their own", async () => {
    await office.drop("a.pdf", PDF);
    await office.drop("b.pdf", PDF);
    await office.drop("b.pdf.done", "");
    await office.drop("release.xml", message(release("a.pdf", "b.pdf")));
    expect(await outcomes()).toEqual([]);
    await office.drop("release.xml.done", "");
    expect(await outcomes()).toEqual(["release.xml taken"]);
    await office.look();
    office.seconds += 10;
    expect(await outcomes()).toEqual([]);
    expect(await office.names("outbox")).toEqual([]);
  });

  it("waits for a document that is not there yet, and that is not sent back meanwhile", async () => {
    await office.drop("a.pdf", PDF);
    await office.drop("release.xml", message(release("a.pdf", "b.pdf")));
    await office.drop("release.xml.done", "");
    expect(await outcomes()).toEqual(["release.xml waiting"]);
    office.seconds += A_DAY - 1;
    expect(await outcomes()).toEqual(["release.xml waiting"]);
    await office.drop("b.pdf", PDF);
    expect(await outcomes()).toEqual(["release.xml taken"]);
  });
});

describe("a marker that was left behind", () => {
  it("vouches for no file that comes later", async () => {
    await office.drop("list.csv.done", "");
    await office.look();
    office.seconds += 10;
    await office.look();
    await office.drop("list.csv", list([row()]));
    expect(await outcomes()).toEqual([]);
    expect(await office.names("outbox")).toEqual(["list.csv"]);
  });

  it("stays while it is new: its file may be there though the listing missed it", async () => {
    await office.drop("list.csv.done", "");
    await office.look();
    office.seconds += 9;
    await office.look();
    expect(await office.names("outbox")).toEqual(["list.csv.done"]);
  });

  it("by a crash is removed when its file is gone on with", async () => {
    await office.drop("a.xml", message(request()));
    await office.drop("a.xml.done", "");
    const cut = office.takeNow((point) => {
      if (point === "moved") throw new PowerCut();
    });
    await expect(cut).rejects.toThrow(PowerCut);
    expect(await office.names("outbox")).toEqual(["a.xml.done"]);
    await office.restart();
    expect(await outcomes()).toEqual(["a.xml taken"]);
    expect(await office.names("outbox")).toEqual([]);
  });

  it("by a crash stays if another file has come under the name", async () => {
    await office.drop("a.xml", message(request()));
    await office.drop("a.xml.done", "");
    const cut = office.takeNow((point) => {
      if (point === "moved") throw new PowerCut();
    });
    await expect(cut).rejects.toThrow(PowerCut);
    await office.restart();
    await writeFile(join(office.dropFolder.outbox, "a.xml"), message(request("<To>2700106</To>")));
    expect(await outcomes()).toEqual(["a.xml taken", "a.xml taken"]);
    await rm(join(office.dropFolder.outbox, "a.xml.done"), { force: true });
    expect(await office.decided()).toHaveLength(2);
  });
});
