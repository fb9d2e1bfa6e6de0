import { copyFile, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Fingerprint, parseAgencyId } from "../../daemon/ids.ts";
import { addAgency, knownCard, updateAgency } from "../../daemon/ledger/agencies.ts";
import { newWorld, REGISTRAR, withLedger, type World } from "../homes.ts";
import { configure } from "../scene.ts";
import { type Decided, type Desk, deskOf, PERSONAL, REQUEST } from "./desk.ts";

let world: World;
let valley: Desk;
beforeAll(async () => {
  world = await newWorld();
  valley = deskOf(world, world.valley);
});
afterAll(() => world[Symbol.asyncDispose]());

const ask = (file = REQUEST, ...more: string[]): string[] => [
  "request",
  "--student",
  file,
  "--to",
  "2700105",
  ...more,
];

/** The fixture with something changed, beside nothing of anybody else. */
async function changed(name: string, from: string | RegExp, to: string): Promise<string> {
  const path = join(world.folder, name);
  await writeFile(path, (await readFile(REQUEST, "utf8")).replace(from, to));
  return path;
}

const count = (): Promise<number> =>
  withLedger(
    world.valley,
    async (ledger) => (await ledger.selectFrom("transfers").select("state").execute()).length,
  );

describe("request", () => {
  it("asks, tells the reference and what to do next, and asks the same only once", async () => {
    const { exit, stdout, stderr } = await valley.run(...ask());
    expect([exit, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /^Asked Example Prairie Schools for the records of Abrams, Jenna Marie\.\n/,
    );
    expect(stdout).toMatch(/\nReference: [0-9A-Z]{4}-[0-9A-Z]{4}\n/);
    expect(stdout).toMatch(/\nNext: packetboat exchange\n$/);
    const again = await valley.error(...ask());
    expect(again).toMatchObject({
      code: "DOCUMENT_KNOWN",
      facts: { reference: expect.stringMatching(/^.{4}-.{4}$/) as string },
    });
    expect(await count()).toBe(1);
  });

  it("asks again when the request before it was canceled", async () => {
    const [{ reference }] = await valley.result<[Decided]>("transfers", "list");
    await valley.result("cancel", reference);
    const { state, alerts } = await valley.result<Decided>(...ask());
    expect([state, alerts]).toEqual(["Requested", []]);
    expect(await count()).toBe(2);
  });

  it("stands in the reports at once", async () => {
    const [{ reference }] = await valley.result<[Decided]>("transfers", "list");
    const page = join(world.valley.folder, "reports/registrar/transfers.html");
    expect(await readFile(page, "utf8")).toContain(reference);
  });

  it("takes comments from the command line before those of the file", async () => {
    const file = await changed("other.xml", "Abrams", "Ødegård");
    const { reference } = await valley.result<Decided>(
      ...ask(file, "--comments", " Please hurry. "),
    );
    const { stdout } = await valley.run("transfers", "show", reference);
    expect(stdout).toContain("Ødegård, Jenna Marie");
    expect(stdout).toMatch(/^Comments: +Please hurry\.$/m);
  });

  it("reads what a link leads to", async () => {
    const [file, link] = [
      await changed("third.xml", "Abrams", "Third"),
      join(world.folder, "link"),
    ];
    await symlink(file, link);
    expect(await valley.result(...ask(link))).toMatchObject({ state: "Requested" });
  });

  it.each<[string, () => Promise<string[]>, string]>([
    ["a missing file", () => Promise.resolve(ask("jenna-abrams.xml")), "FILE_NOT_FOUND"],
    ["a folder", () => Promise.resolve(ask(world.folder)), "FILE_UNREADABLE"],
    [
      "a document that decides otherwise",
      async () =>
        ask(
          await changed(
            "o1.xml",
            /<Request>[^]*<\/Request>/,
            "<Hold><Reference>K7QM-3F2D</Reference><ReasonCode>Other</ReasonCode></Hold>",
          ),
        ),
      "DOCUMENT_INVALID",
    ],
    [
      "many requests",
      async () =>
        ask(
          await changed(
            "o2.xml",
            /<OutboxMessage([^]*)<Request>([^]*)<\/Request>\n<\/OutboxMessage>/,
            "<Requests$1<Request>$2</Request><Request>$2</Request></Requests>",
          ),
        ),
      "DOCUMENT_INVALID",
    ],
    [
      "another district in the file",
      async () => ask(await changed("o3.xml", "<Request>", "<Request><To>1111111</To>")),
      "DOCUMENT_INVALID",
    ],
    [
      "a birthdate of 1800",
      async () => ask(await changed("o4.xml", "2009-02-12", "1800-02-12")),
      "DOCUMENT_INVALID",
    ],
    [
      "a Social Security number in the comments",
      async () => ask(await changed("o5.xml", "Abrams", "Fifth"), "--comments", "078-05-1120"),
      "RULE_BROKEN",
    ],
    [
      "a district that nobody has added",
      () => Promise.resolve(["request", "--student", REQUEST, "--to", "1111111"]),
      "PARTNER_UNKNOWN",
    ],
    [
      "ourselves",
      () => Promise.resolve(["request", "--student", REQUEST, "--to", "3900417"]),
      "PARTNER_UNKNOWN",
    ],
    ["no district", () => Promise.resolve(["request", "--student", REQUEST]), "USAGE"],
    ["both ways", () => Promise.resolve(ask(REQUEST, "--state-transfer")), "USAGE"],
    [
      "a state transfer",
      () => Promise.resolve(["request", "--student", REQUEST, "--state-transfer"]),
      "ENTITY_NOT_JOINED",
    ],
  ])("refuses %s, opens nothing, and names nobody", async (_, argv, code) => {
    const before = await count();
    const refused = await valley.error(...(await argv()));
    expect(refused.code).toBe(code);
    expect(JSON.stringify(refused)).not.toMatch(PERSONAL);
    expect(await count()).toBe(before);
  });

  it("guesses no entity where two cards of such were added", async () => {
    await withLedger(world.valley, async (ledger) => {
      const card = await knownCard(ledger, world.prairie.id);
      for (const [nth, id] of ["3900000", "3900001"].entries()) {
        const fingerprint = String(nth).padStart(40, "0") as Fingerprint;
        const agency_id = parseAgencyId(id);
        await addAgency(ledger, { ...card, agency_id, fingerprint, role: "entity" });
      }
    });
    const { code, message } = await valley.error(
      "request",
      "--student",
      REQUEST,
      "--state-transfer",
    );
    expect([code, message]).toEqual([
      "ENTITY_AMBIGUOUS",
      expect.stringContaining("3900000, 3900001"),
    ]);
  });

  it("asks a district that is there for tests only in mode test", async () => {
    await withLedger(world.valley, (ledger) =>
      updateAgency(ledger, world.prairie.id, { status: "TestOnly" }),
    );
    const file = await changed("trial.xml", "Abrams", "Trial");
    const before = await count();
    await configure(world.valley, { at: ["mode"], value: "production" });
    const { code, message } = await valley.error(...ask(file));
    expect([code, message]).toEqual(["RULE_BROKEN", expect.stringContaining("TestOnly")]);
    expect(await count()).toBe(before);
    await configure(world.valley, { at: ["mode"], value: "test" });
    expect(await valley.result<Decided>(...ask(file))).toMatchObject({ state: "Requested" });
    await withLedger(world.valley, (ledger) =>
      updateAgency(ledger, world.prairie.id, { status: "Participating" }),
    );
  });

  it("refuses whoever may not ask, or was not named", async () => {
    const { configPath } = world.valley;
    const text = await readFile(configPath, "utf8");
    const people = `  - { username: only.releases, name: R, may: [release] }
  - { username: other.school, name: S, may: [request], schools: [Other School] }
schools:
  - { id: "390041700123", name: Example Valley High School }
  - { id: "390041700124", name: Other School }
`;
    await writeFile(configPath, text + people);
    const file = await changed("sixth.xml", "Abrams", "Sixth");
    for (const [as, code] of [
      ["nobody.here", "PERSON_UNKNOWN"],
      ["only.releases", "PERSON_NOT_ALLOWED"],
      ["other.school", "PERSON_NOT_ALLOWED"],
      [null, "PERSON_UNKNOWN"],
    ] as const) {
      expect((await deskOf(world, world.valley, as).error(...ask(file))).code).toBe(code);
    }
    const named = await changed(
      "named.xml",
      "<Request>",
      `<DecidedBy>${REGISTRAR}</DecidedBy><Request>`,
    );
    await copyFile(named, file);
    const unnamed = deskOf(world, world.valley, null);
    expect((await unnamed.error(...ask(named))).code).toBe("DOCUMENT_KNOWN");
    await writeFile(configPath, text);
  });

  it("stands although the reports cannot be written, and says so", async () => {
    await configure(world.valley);
    await rm(join(world.valley.folder, "reports/it"), { recursive: true });
    const file = await changed("seventh.xml", "Abrams", "Seventh");
    const { exit, stdout } = await valley.run(...ask(file));
    expect(exit).toBe(0);
    expect(stdout).toMatch(/The reports are not up to date: .* \[FOLDER_MISSING\]\n$/);
  });
});
