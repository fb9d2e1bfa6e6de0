/** The examples in fixtures/outbox/, dropped into real homes, one after the other as they would be. */
import { copyFile, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { districtOf, readConfig } from "../daemon/config.ts";
import { type District, meet, newWorld, office, states, withLedger, type World } from "./homes.ts";
import { takeList } from "./listed.ts";
import { configure } from "./scene.ts";

const EXAMPLES = fileURLToPath(new URL("../fixtures/outbox/", import.meta.url));
const DOCUMENT = "abrams-jenna.transcript.pdf";

let world: World;
let valley: District;
let prairie: District;
const dropped = new Set<string>(["README.md", DOCUMENT]);

beforeAll(async () => {
  world = await newWorld();
  ({ valley, prairie } = world);
  const readme = await readFile(join(EXAMPLES, "README.md"), "utf8");
  const yaml = /```yaml\n([^]*?)```/.exec(readme)?.[1] ?? "";
  const { path, ready } = districtOf(await readConfig(valley.configPath)).office;
  const csv = parse(yaml) as object;
  await configure(valley, { at: ["dropFolders", "office"], value: { path, ready, csv } });
  await configure(prairie, { at: ["releases", "holdBackMinutes"], value: 60 });
});
afterAll(async () => world[Symbol.asyncDispose]());

interface Answer {
  readonly outcome: string;
  readonly results: { readonly reference?: string; readonly status?: string; code?: string }[];
}

/** Drop an example, about this transfer, and exchange. @returns the answer */
async function drop(home: District, name: string, reference = "", as = name): Promise<Answer> {
  dropped.add(name);
  const text = await readFile(join(EXAMPLES, name), "utf8");
  const hidden = office(home, "outbox", `.${as}`);
  await writeFile(hidden, text.replace("K7QM-3F2D", reference));
  await rename(hidden, office(home, "outbox", as));
  await meet(world, home);
  const answer = office(home, "sent", `${as}.result.json`);
  return JSON.parse(await readFile(answer, "utf8")) as Answer;
}

/** Both districts, until each has heard the other. */
async function meetAll(): Promise<void> {
  for (const home of [valley, prairie, valley]) await meet(world, home);
}

/** A new request for each journey. @returns its reference */
async function asked(name: "requests.csv" | "requests.xml", as: string): Promise<string> {
  const answer = await drop(valley, name, "", as);
  expect(answer).toMatchObject({ outcome: "taken", results: [{ status: "Requested" }] });
  await meetAll();
  return answer.results[0]?.reference ?? "";
}

describe("the examples", () => {
  let reference: string;

  it("ask with a list of an SIS, which is known when it comes again", async () => {
    reference = await asked("requests.csv", "requests.csv");
    expect(await states(world)).toEqual(["RequestReceived", "RequestReceived"]);
    expect(await drop(valley, "requests.csv", "", "tonight.csv")).toMatchObject({
      outcome: "known",
      results: [{ reference }],
    });
  });

  it("hold", async () => {
    const answer = await drop(prairie, "hold.xml", reference);
    expect(answer).toMatchObject({ outcome: "taken", results: [{ reference, status: "OnHold" }] });
  });

  it("release with a document, and withdraw", async () => {
    await copyFile(join(EXAMPLES, DOCUMENT), office(prairie, "outbox", DOCUMENT));
    expect(await drop(prairie, "release.xml", reference)).toMatchObject({
      outcome: "taken",
      results: [{ status: "ReleasePending" }],
    });
    expect(await readdir(office(prairie, "outbox"))).toEqual([]);
    expect(await drop(prairie, "withdraw.xml", reference)).toMatchObject({ outcome: "taken" });
    expect(await states(world)).toEqual(["RequestReceived", "RequestReceived"]);
  });

  it("do not release again what was withdrawn, until a person means it", async () => {
    await copyFile(join(EXAMPLES, DOCUMENT), office(prairie, "outbox", DOCUMENT));
    await expect(drop(prairie, "release.xml", reference, "again.xml")).rejects.toThrow("ENOENT");
    const faults = await readFile(office(prairie, "refused", "again.xml.faults.txt"), "utf8");
    expect(faults).toContain("DOCUMENT_CHANGED");
    expect(faults).toContain("has been undone since (the transfer is RequestReceived)");
    const text = await readFile(office(prairie, "refused", "again.xml"), "utf8");
    await writeFile(office(prairie, "outbox", "anew.xml"), text.replace("-0301", "-0302"));
    await meet(world, prairie);
    expect(await states(world)).toEqual(["RequestReceived", "ReleasePending"]);
    expect(await readdir(office(prairie, "outbox"))).toEqual([]);
  });

  it("say that the records are imported", async () => {
    world.clock.pass({ hours: 2 });
    await meet(world, prairie);
    await meetAll();
    expect(await states(world)).toEqual(["Delivered", "Delivered"]);
    expect(await drop(valley, "imported.xml", reference)).toMatchObject({
      outcome: "taken",
      results: [{ status: "Imported" }],
    });
  });

  it("come again when all is done, and change nothing: not even a document is left lying", async () => {
    await meetAll();
    await copyFile(join(EXAMPLES, DOCUMENT), office(prairie, "outbox", DOCUMENT));
    const text = await readFile(office(prairie, "sent", "anew.xml"), "utf8");
    await writeFile(office(prairie, "outbox", "nightly.xml"), text);
    await meet(world, prairie);
    expect(
      JSON.parse(await readFile(office(prairie, "sent", "nightly.xml.result.json"), "utf8")),
    ).toMatchObject({ outcome: "known" });
    expect(await readdir(office(prairie, "outbox"))).toEqual([]);
    await writeFile(office(prairie, "outbox", DOCUMENT), "%PDF-1.4\nanother\n%%EOF\n");
    await writeFile(office(prairie, "outbox", "nightly.xml"), text);
    await meet(world, prairie);
    expect(await readFile(office(prairie, "refused", "nightly.xml.faults.txt"), "utf8")).toContain(
      "another document than the one that was sent",
    );
    expect(await readdir(office(prairie, "outbox"))).toEqual([DOCUMENT]);
    expect(await states(world)).toEqual(["Imported", "Imported"]);
  });

  it("recall", async () => {
    expect(await drop(prairie, "recall.xml", reference)).toMatchObject({ outcome: "taken" });
  });

  it("ask in XML, and cancel", async () => {
    const second = await asked("requests.xml", "requests.xml");
    expect(await drop(valley, "cancel.xml", second)).toMatchObject({
      outcome: "taken",
      results: [{ reference: second, status: "Canceled" }],
    });
  });

  it("reject", async () => {
    const text = await readFile(join(EXAMPLES, "requests.xml"), "utf8");
    await writeFile(office(valley, "outbox", "third.xml"), text.replace("-0118", "-0119"));
    await meetAll();
    const { results } = JSON.parse(
      await readFile(office(valley, "sent", "third.xml.result.json"), "utf8"),
    ) as Answer;
    const answer = await drop(prairie, "reject.xml", results[0]?.reference);
    expect(answer).toMatchObject({ outcome: "taken", results: [{ status: "Rejected" }] });
  });

  it("describe a district, which is asked on paper if it takes no part, and note its answer", async () => {
    await takeList(valley);
    const answer = await drop(valley, "request-described.xml");
    expect(answer).toMatchObject({ outcome: "taken", results: [{ status: "Requested" }] });
    const letter = answer.results[0]?.reference ?? "";
    expect(await readdir(office(valley, "letters"))).toEqual([letter]);
    expect(await drop(valley, "answered.xml", letter)).toMatchObject({
      outcome: "taken",
      results: [{ reference: letter, status: "Released" }],
    });
  });

  it("are all tried", async () => {
    expect([...dropped].toSorted()).toEqual((await readdir(EXAMPLES)).toSorted());
    await withLedger(valley, async (ledger) => {
      expect(await ledger.selectFrom("transfers").selectAll().execute()).toHaveLength(4);
    });
  });
});
