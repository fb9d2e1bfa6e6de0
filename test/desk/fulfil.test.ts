import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Office } from "./office.ts";
import { message, request, requests } from "./outbox.ts";

const called = (sourceReference: string): string =>
  `<SourceReference>${sourceReference}</SourceReference><To>2700105</To>`;

let office: Office;

beforeEach(async () => {
  office = await Office.open();
});

afterEach(() => office.close());

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

  it("is new under another SourceReference, and refused with another content under the same", async () => {
    const named = (reference: string, comments: string) =>
      requests(request(called(reference), `<Comments>${comments}</Comments>`));
    await office.drop("1.xml", named("1", "one"));
    await office.drop("2.xml", named("2", "one"));
    await office.drop("3.xml", named("1", "two"));
    expect(await office.take()).toMatchObject([
      { outcome: "taken" },
      { outcome: "taken" },
      { outcome: "refused", results: [{ code: "DOCUMENT_CHANGED" }] },
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
    await office.drop(
      "day.xml",
      requests(
        request("").replace("<Sex>", "<Gender>").replace("</Sex>", "</Gender>"),
        request("<To>1</To>"),
      ),
    );
    expect(await office.take()).toMatchObject([{ outcome: "refused" }]);
    expect(await office.names("refused")).toEqual(["day.xml", "day.xml.faults.txt"]);
  });
});
