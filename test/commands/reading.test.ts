import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Reference } from "../../daemon/ids.ts";
import { newWorld, openAlerts, withLedger, type World } from "../homes.ts";
import { askedBy, type Desk, deskOf, RECORD, REQUEST } from "./desk.ts";

let world: World;
let valley: Desk;
let prairie: Desk;
let reference: string;
beforeAll(async () => {
  world = await newWorld();
  valley = deskOf(world, world.valley);
  prairie = deskOf(world, world.prairie);
  reference = await askedBy(world);
  world.clock.pass({ days: 2 });
  await prairie.result("release", reference, "--records", RECORD);
  await prairie.result("exchange");
  await valley.result("exchange");
});
afterAll(async () => world[Symbol.asyncDispose]());

interface Listed {
  readonly reference: string;
  readonly student: string | null;
  readonly status: string;
}

describe("transfers list", () => {
  it("shows request date, name, status, both districts and reference", async () => {
    const { exit, stdout } = await valley.run("transfers", "list");
    expect(exit).toBe(0);
    expect(stdout).toMatch(
      /^Requested +Student +Status +Answer by +Requesting district +Releasing district +Reference\n2024-07-19 +Abrams, Jenna Marie +Delivered +Example Valley Schools +Example Prairie Schools +....-....\n$/,
    );
  });

  it.each<[string[], number]>([
    [["--status", "Delivered"], 1],
    [["--status", "on hold"], 0],
    [["--school", "example valley high school"], 1],
    [["--school", "Prairie"], 0],
    [["--since", "2024-07-19"], 1],
    [["--since", "2024-07-20"], 0],
  ])("filters by %j", async (filter, count) => {
    expect(await valley.result<Listed[]>("transfers", "list", ...filter)).toHaveLength(count);
  });

  it.each([
    ["--status", "Lost"],
    ["--since", "yesterday"],
    ["--since", "2024-02-30"],
  ])("refuses %s %s", async (option, value) => {
    expect((await valley.error("transfers", "list", option, value)).code).toBe("USAGE");
  });

  it("has no name any more when the request is no longer kept", async () => {
    const other = await newWorld();
    try {
      await askedBy(other);
      await withLedger(other.prairie, (ledger) => ledger.deleteFrom("content").execute());
      const desk = deskOf(other, other.prairie);
      expect(await desk.result("transfers", "list")).toMatchObject([{ student: null }]);
      expect((await desk.run("transfers", "show", reference)).exit).toBe(6);
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });
});

describe("transfers show", () => {
  it("tells who asks for whom, how it stands, where the folder is, and what may be done", async () => {
    const told = await valley.result("transfers", "show", reference);
    expect(told).toMatchObject({
      student: "Abrams, Jenna Marie",
      state: "Delivered",
      phone: "555-555-0170",
      folders: [join(world.valley.folder, "office/records", reference)],
      possible: [`packetboat imported ${reference}`],
      alerts: [{ code: "RECORDS_RELEASED" }],
    });
    const { stdout } = await valley.run("transfers", "show", reference);
    expect(stdout).toMatch(/^Birthdate: +February 12, 2009$/m);
    expect(stdout).toMatch(/^Status: +Delivered\. The records are here/m);
    expect(stdout).toContain(`\nWhat may be done now:\n  packetboat imported ${reference}\n`);
  });

  it("offers the releaser a recall, and nothing that the rules refuse", async () => {
    const { possible } = await prairie.result<{ possible: string[] }>(
      "transfers",
      "show",
      reference,
    );
    expect(possible).toEqual([
      `packetboat release ${reference} --supplement --attach FILE`,
      `packetboat recall ${reference} --reason CODE`,
    ]);
  });

  it("refuses a transfer that is not here", async () => {
    expect((await valley.error("transfers", "show", "ZZZZ-ZZZZ")).code).toBe("TRANSFER_UNKNOWN");
    expect((await valley.error("transfers", "history", "jenna")).code).toBe("ID_INVALID");
  });

  it("asks for the whole id where two transfers have one reference", async () => {
    await using other = await newWorld();
    await askedBy(other);
    const brother = join(other.folder, "brother.xml");
    await writeFile(
      brother,
      (await readFile(REQUEST, "utf8")).replace("Jenna</First", "Other</First"),
    );
    const desk = deskOf(other, other.valley);
    await desk.result("request", "--student", brother, "--to", other.prairie.id);
    const rows = await withLedger(other.valley, async (ledger) => {
      await ledger
        .updateTable("transfers")
        .set({ reference: "K7QM3F2D" as Reference })
        .execute();
      return ledger.selectFrom("transfers").select("transfer_id").execute();
    });
    expect(rows).toHaveLength(2);
    const { code, message } = await desk.error("transfers", "show", "K7QM-3F2D");
    expect(code).toBe("TRANSFER_AMBIGUOUS");
    for (const { transfer_id: id } of rows) {
      expect(message).toContain(id);
      expect(await desk.result("transfers", "show", id)).toMatchObject({ reference: "K7QM-3F2D" });
    }
  });
});

describe("transfers history", () => {
  it("tells what happened, in its order, and by whom", async () => {
    const { stdout } = await prairie.run("transfers", "history", reference);
    expect(stdout.split("\n").slice(2)).toEqual([
      "When              What          Status            Who                     Known by",
      "2024-07-19 09:00  Request came  Request received  Example Valley Schools",
      "2024-07-21 09:00  Release       Release pending   example.registrar       not proved: the name was only declared",
      "2024-07-21 09:00  Release sent  Released          packetboat",
      "",
    ]);
    expect(await prairie.result("transfers", "history", reference)).toMatchObject({
      events: [{ event: "Original" }, { event: "Release" }, { event: "ReleaseSent" }],
    });
  });
});

describe("alerts", () => {
  it("are listed with what to do and whom to call, and resolved by their id", async () => {
    const { stdout } = await valley.run("alerts", "list");
    expect(stdout).toMatch(
      /^[0-9A-Z]{6} {2}To do {2}Records released to you {2}....-.... {2}2024-07-21 09:00\n/,
    );
    expect(stdout).toMatch(/\n {2}To do: Read record\.html/);
    expect(stdout).toMatch(/\n {2}Call: Example Prairie Schools: 555-555-0170 \(from its card\)\n/);
    expect(stdout).not.toMatch(/abrams/i);
    const [alert] = await valley.result<[{ id: string }]>("alerts", "list");
    const typed = alert.id.toLowerCase();
    expect(await valley.result("alerts", "resolve", typed)).toEqual({
      id: alert.id,
      change: "resolved",
      by: "example.registrar",
    });
    expect(await openAlerts(world.valley)).toEqual([]);
    const page = await readFile(join(world.valley.folder, "reports/registrar/alerts.html"), "utf8");
    expect(page).toContain("Nothing is open");
    expect((await valley.run("alerts", "list")).stdout).toBe("Nobody has to do anything now.\n");
    expect(await valley.result("alerts", "resolve", alert.id)).toMatchObject({
      change: "already resolved",
    });
    expect(await valley.result("alerts", "list", "--all")).toMatchObject([
      { id: alert.id, resolvedBy: "example.registrar" },
    ]);
  });

  it.each([
    ["000000", "ALERT_UNKNOWN"],
    ["jenna", "ID_INVALID"],
  ])("refuse %s", async (id, code) => {
    expect((await valley.error("alerts", "resolve", id)).code).toBe(code);
  });
});

describe("report", () => {
  it("writes both trees where it is told, and IT's names nobody", async () => {
    const out = join(world.folder, "out");
    const { files } = await prairie.result<{ files: string[] }>("report", "--out", out);
    expect(files).toContain(join(out, "registrar", "disclosures.csv"));
    expect((await readdir(out)).toSorted()).toEqual(["it", "registrar"]);
    expect(await readFile(join(out, "registrar/transfers.html"), "utf8")).toContain("Abrams");
    for (const name of await readdir(join(out, "it"))) {
      expect(await readFile(join(out, "it", name), "utf8")).not.toMatch(/abrams|jenna/i);
    }
  });

  it("writes every exchange from a day on", async () => {
    const exchanges = async (...since: string[]) => {
      const { files } = await prairie.result<{ files: string[] }>("report", ...since);
      return files.filter((path) => /registrar\/exchange-.*\.html$/.test(path)).length;
    };
    expect(await exchanges()).toBe(1);
    expect(await exchanges("--since", "2024-07-19")).toBe(2);
    expect(await exchanges("--since", "2024-07-20")).toBe(1);
    expect(await exchanges("--since", "2024-07-22")).toBe(0);
  });
});

describe("disclosures", () => {
  it("are listed with party, purpose, sections and by whom", async () => {
    const { stdout } = await prairie.run("disclosures");
    expect(stdout).toMatch(/^When +What +Student +Reference +Party +Purpose +Sections +By\n/);
    expect(stdout).toMatch(
      /\n2024-07-21 +Release in part +Abrams, Jenna Marie .*example\.registrar\n/,
    );
    const later = await prairie.result("disclosures", "--since", "2024-07-20");
    expect(later).toMatchObject([{ what: "partialRelease", party: { agencyId: "3900417" } }]);
    expect((await prairie.run("disclosures", "--since", "2025-01-01")).stdout).toBe(
      "Nothing was asked for or disclosed.\n",
    );
  });
});

describe("status", () => {
  it("shows on one screen how the home stands", async () => {
    const { exit, stdout } = await prairie.run("status");
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^Agency: +Example Prairie Schools \(2700105\), district, mode test\n/);
    expect(stdout).toMatch(/^Last exchange: 2024-07-21 09:00, done; 0 collected, 2 sent$/m);
    expect(stdout).toMatch(/^We are asked: +1 released$/m);
    expect(stdout).toMatch(
      /^Waiting out: +for Example Valley Schools: 2 packets without a receipt/m,
    );
    expect(stdout.split("\n").length).toBeLessThan(24);
    expect(stdout).not.toMatch(/abrams/i);
    expect(await prairie.result("status")).toMatchObject({
      waitingOut: [{ agencyId: "3900417", messages: 0, packets: 0, unanswered: 2 }],
      partners: { count: 1, stopped: [] },
      key: { standing: "good" },
      quarantine: 0,
    });
  });

  it("names partners that are stopped", async () => {
    await withLedger(world.prairie, (ledger) =>
      ledger.updateTable("agencies").set({ stopped_code: "KEY_REVOKED" }).execute(),
    );
    const { stdout } = await prairie.run("status");
    expect(stdout).toMatch(/^Partners: +1, stopped: 3900417$/m);
    await withLedger(world.prairie, (ledger) =>
      ledger.updateTable("agencies").set({ stopped_code: null }).execute(),
    );
  });
});

describe("audit verify", () => {
  it("counts the entries, and finds one that was changed", async () => {
    const { entries, head } = await valley.result<{ entries: number; head: string }>(
      "audit",
      "verify",
    );
    expect(entries).toBeGreaterThan(2);
    expect(head).toMatch(/^[0-9a-f]{64}$/);
    await withLedger(world.valley, (ledger) =>
      ledger.updateTable("audit").set({ event: "nothing" }).where("number", "=", 2).execute(),
    );
    const { exit, stderr } = await valley.run("audit", "verify");
    expect(exit).toBe(5);
    expect(stderr).toMatch(/entry 2 of the audit does not hold \[AUDIT_BROKEN\]/);
  });
});
