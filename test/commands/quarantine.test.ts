import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { homePaths } from "../../daemon/config.ts";
import { RECALLED_WORDS, refusalWords } from "../../daemon/desk/refusal-words.ts";
import { newMessageId } from "../../daemon/ids.ts";
import { verifyAudit } from "../../daemon/ledger/audit.ts";
import { writeMessage } from "../../daemon/packet/envelope.ts";
import { wireTime } from "../../daemon/transfer/dates.ts";
import { leave, packetXml, ping, sealed, stranger, type Writer, writerAt } from "../forge.ts";
import { boxOf, newWorld, openAlerts, withLedger, type World } from "../homes.ts";
import { claimOn, configure, digest, inBox, kept } from "../scene.ts";
import { askedBy, type Desk, deskOf, PERSONAL, RECORD } from "./desk.ts";
import { packetboat } from "./terminal.ts";

let world: World;
let prairie: Desk;
let home: World["prairie"];
let them: Writer;
let us: Writer;
beforeEach(async () => {
  world = await newWorld();
  home = world.prairie;
  prairie = deskOf(world, home);
  [them, us] = [await writerAt(world.valley), await writerAt(home)];
});
afterEach(async () => world[Symbol.asyncDispose]());

interface Kept {
  readonly id: string;
  readonly shortId: string;
  readonly code: string;
  readonly standing: string;
}

const letter = (from = them) => ({ from, to: us, at: world.clock.now() });
const list = (): Promise<Kept[]> => prairie.result<Kept[]>("quarantine", "list");

/** Leave a file, and let the exchange refuse it. */
async function refused(bytes: Uint8Array | string): Promise<Kept & { file: string }> {
  const file = await leave(world, home, bytes);
  await prairie.run("exchange");
  const [found] = await list();
  if (!found) throw new Error("nothing was refused");
  return { ...found, file };
}

/** A packet of a partner whose card is not here. */
async function unknown() {
  const { fingerprint } = them.key;
  await prairie.result("partner", "remove", them.id, "--fingerprint", fingerprint);
  const bytes = await sealed(packetXml(letter()), letter());
  return { ...(await refused(bytes)), bytes };
}

const addThem = (): Promise<unknown> =>
  prairie.result("partner", "add", world.valley.card, "--fingerprint", them.key.fingerprint);

describe("quarantine retry", () => {
  it("has the next exchange take a packet whose sender was not known", async () => {
    const { id, shortId, code } = await unknown();
    expect(code).toBe("PACKET_UNKNOWN_SIGNER");
    await addThem();
    const { stdout } = await prairie.run("quarantine", "retry", shortId);
    expect(stdout).toBe(`The next exchange looks at ${id} again.\nNext: packetboat exchange\n`);
    expect(await openAlerts(home)).toEqual([]);
    expect((await list())[0]?.standing).toBe("again");
    expect(await prairie.result("exchange")).toMatchObject({ counts: { taken: 1, refused: 0 } });
    expect(await list()).toEqual([]);
    expect(await readdir(homePaths({ home: home.folder }).quarantine)).toEqual([]);
    expect(await readdir(homePaths({ home: home.folder }).staging)).toEqual([]);
  });

  it("keeps the original as it came when it is refused again", async () => {
    const { id, bytes } = await unknown();
    await prairie.result("quarantine", "retry", id);
    expect((await prairie.run("exchange")).exit).toBe(10);
    expect((await kept(home, id))?.original).toEqual(Buffer.from(bytes));
    expect(await openAlerts(home)).toEqual(["PACKET_REFUSED"]);
    expect(await list()).toMatchObject([{ id, standing: "kept" }]);
  });

  it("may be done twice, and mends what a crash left in between", async () => {
    const { id, bytes } = await unknown();
    await addThem();
    await prairie.result("quarantine", "retry", id);
    const staged = join(homePaths({ home: home.folder }).staging, `${id}.xml.pgp`);
    await rm(staged);
    await prairie.result("quarantine", "retry", id);
    expect(digest(await readFile(staged))).toBe(digest(bytes));
    expect(await prairie.result("exchange")).toMatchObject({ counts: { taken: 1 } });
  });

  it("looks again and again at what has to wait, though the box has it no more", async () => {
    const { id } = await unknown();
    await addThem();
    await withLedger(home, (ledger) =>
      ledger.updateTable("agencies").set({ stopped_code: "KEY_REVOKED" }).execute(),
    );
    await prairie.result("quarantine", "retry", id);
    for (const _ of ["first", "second"]) {
      expect(await prairie.result("exchange")).toMatchObject({ counts: { waiting: 1 } });
    }
    await withLedger(home, (ledger) =>
      ledger.updateTable("agencies").set({ stopped_code: null }).execute(),
    );
    expect(await prairie.result("exchange")).toMatchObject({ counts: { taken: 1, waiting: 0 } });
  });

  it("is refused where a receipt told the sender", async () => {
    const { id } = await refused(await sealed("no XML", letter()));
    expect(await list()).toMatchObject([{ id, standing: "answered" }]);
    expect((await prairie.error("quarantine", "retry", id)).code).toBe("QUARANTINE_ANSWERED");
  });

  it("is refused for one bad message, whose neighbours were taken", async () => {
    const at = world.clock.now();
    const bad = Buffer.from(ping(at))
      .toString("utf8")
      .replace("Z</PingDateTime>", "</PingDateTime>");
    const xml = packetXml(letter(), {}, [ping(at), Buffer.from(bad)]);
    const { id } = await refused(await sealed(xml, letter()));
    expect(await list()).toMatchObject([
      {
        id,
        standing: "answered",
        messages: [{ position: 2, kind: "Ping", code: "MESSAGE_INVALID" }],
      },
    ]);
    expect((await prairie.error("quarantine", "retry", id)).code).toBe("QUARANTINE_ANSWERED");
  });

  it("fetches what was too big once the limit is raised, for it stayed in the box", async () => {
    await configure(home, { at: ["limits", "packetMegabytes"], value: 1 });
    const { id, file, code } = await refused(Buffer.alloc(2 * 1024 * 1024));
    expect(code).toBe("BOX_FILE_TOO_BIG");
    await prairie.run("exchange");
    expect(await inBox(world, home)).toEqual([file]);
    await configure(home, { at: ["limits", "packetMegabytes"], value: 8 });
    await prairie.result("quarantine", "retry", id);
    await prairie.run("exchange");
    expect(await list()).toMatchObject([{ id, code: "PACKET_DAMAGED" }]);
    expect(await inBox(world, home)).toEqual([]);
  });
});

describe("quarantine discard", () => {
  it("deletes the original, closes the alert, and is in the audit", async () => {
    const { id } = await refused("<TransferPacket/>");
    await prairie.result("quarantine", "discard", id);
    expect(await readdir(homePaths({ home: home.folder }).quarantine)).toEqual([]);
    expect(await openAlerts(home)).toEqual([]);
    await withLedger(home, async (ledger) => {
      const last = await ledger
        .selectFrom("audit")
        .selectAll()
        .orderBy("number", "desc")
        .executeTakeFirst();
      expect(last).toMatchObject({ event: "quarantine discarded", subject: id });
      await verifyAudit(ledger);
    });
    expect((await prairie.error("quarantine", "show", id)).code).toBe("QUARANTINE_UNKNOWN");
  });

  it("asks whoever sits at the terminal", async () => {
    const { id } = await refused("<TransferPacket/>");
    const argv = ["quarantine", "discard", id, "--config", home.configPath];
    const declined = await packetboat(argv, { typing: "no" });
    expect([declined.exit, (await list()).length]).toEqual([2, 1]);
    expect((await packetboat(argv, { typing: "yes" })).exit).toBe(0);
    expect(await list()).toEqual([]);
  });

  it("clears what was too big out of the box", async () => {
    await configure(home, { at: ["limits", "packetMegabytes"], value: 1 });
    const { id } = await refused(Buffer.alloc(2 * 1024 * 1024));
    await prairie.result("quarantine", "discard", id);
    await prairie.result("exchange");
    expect([await inBox(world, home), await list()]).toEqual([[], []]);
  });

  it("is refused while the next exchange is to look at it again", async () => {
    const { id } = await unknown();
    await prairie.result("quarantine", "retry", id);
    expect((await prairie.error("quarantine", "discard", id)).code).toBe("QUARANTINE_UNKNOWN");
  });
});

describe("quarantine", () => {
  it("shows what is kept, by any unique end or beginning of its id", async () => {
    const { id, shortId, file } = await refused("<TransferPacket/>");
    for (const typed of [id, shortId, id.slice(0, 18), id.slice(-6).toUpperCase()]) {
      expect(await prairie.result("quarantine", "show", typed)).toMatchObject({
        id,
        file,
        code: "PACKET_NOT_SEALED",
        from: null,
        namedSender: world.valley.id,
      });
    }
    const { stdout } = await prairie.run("quarantine", "show", shortId);
    expect(stdout).toMatch(/^Name says: +agency 3900417, which proves nothing$/m);
    for (const typed of [id.slice(0, 5), "no such id", ""]) {
      expect((await prairie.error("quarantine", "show", typed)).code).toBe("QUARANTINE_UNKNOWN");
    }
  });

  it("asks for more of the id when several are meant", async () => {
    await leave(world, home, "<One/>");
    const { id } = await refused("<Other/>");
    const both = await list();
    expect(both).toHaveLength(2);
    const error = await prairie.error("quarantine", "show", id.slice(0, 8));
    for (const each of both) expect(error.message).toContain(each.id);
  });

  it("explains, for both sides, and has a mail that names no student", async () => {
    const name = "Jenna Abrams, born 2009-02-12";
    const xml = packetXml(letter()).toString().replace("</Ping>", `${name}</Ping>`);
    const { shortId, file } = await refused(await sealed(xml, letter()));
    const told = await prairie.result("quarantine", "explain", shortId);
    expect(told).toMatchObject({ standing: "answered", from: { agencyId: world.valley.id } });
    expect(told["mail"]).toContain(file);
    expect(told["mail"]).toMatch(/^Subject: packetboat: a packet was refused \([A-Z_]+\)\n/);
    expect(told["mail"]).toMatch(/To the IT staff of Example Valley Schools \(3900417\):/);
    const { stdout } = await prairie.run("quarantine", "explain", shortId);
    expect(stdout).toMatch(/\nCall: 555-555-0140 \(from its card\)\n/);
    await withLedger(world.prairie, (ledger) =>
      ledger.updateTable("agencies").set({ source: "directory" }).execute(),
    );
    const listed = await prairie.run("quarantine", "explain", shortId);
    expect(listed.stdout).toMatch(/\nCall: 555-555-0140 \(from the directory\)\n/);
    expect(JSON.stringify(told) + stdout).not.toMatch(PERSONAL);
  });

  it("explains each code with which messages were refused, and says nothing of their neighbours", async () => {
    const at = world.clock.now();
    const manifest = writeMessage("Manifest", {
      MessageId: newMessageId(),
      ManifestDateTime: wireTime(at),
      Stream: "7c9e6679-7425-40de-944b-e07fc1f90ae7",
      LastSequence: "1",
      AuditHead: "0".repeat(64),
    });
    const bad = Buffer.from(ping(at)).toString("utf8").replace("Z</Ping", "</Ping");
    const xml = packetXml(letter(), {}, [manifest, Buffer.from(bad), ping(at), manifest]);
    const { shortId } = await refused(await sealed(xml, letter()));
    const [kind, invalid] = [refusalWords("MESSAGE_KIND"), refusalWords("MESSAGE_INVALID")];
    expect(await prairie.result("quarantine", "explain", shortId)).toMatchObject({
      causes: [
        { code: "MESSAGE_KIND", ...kind },
        { code: "MESSAGE_INVALID", ...invalid },
      ],
    });
    const { stdout } = await prairie.run("quarantine", "explain", shortId);
    expect(stdout).toMatch(/^Message 1 \(Manifest\): .* \[MESSAGE_KIND\]$/m);
    expect(stdout).toContain(`\nThe sender (Example Valley Schools): ${invalid.theirs}\n`);
    expect(stdout).toContain("whatever else was in it was taken");
    expect(stdout).toContain(`  What is wrong (MESSAGE_INVALID): ${invalid.wrong}\n`);
    const shown = await prairie.run("quarantine", "show", shortId);
    expect(shown.stdout).toContain(`\nYou: ${kind.ours}\n`);
    expect(shown.stdout).toContain(`\nNext: packetboat quarantine explain ${shortId} (`);
  });

  it("explains what was never fetched", async () => {
    await configure(home, { at: ["limits", "packetMegabytes"], value: 1 });
    const { shortId, file } = await refused(Buffer.alloc(2 * 1024 * 1024));
    const { stdout } = await prairie.run("quarantine", "explain", shortId);
    expect(stdout).toContain("raise limits.packetMegabytes in the config");
    expect(stdout).toMatch(new RegExp(`^ {2}File: +${file}$`, "m"));
    expect(stdout).not.toContain("SHA-256");
  });

  it("explains records that were recalled, and does not try them again", async () => {
    const reference = await askedBy(world);
    const valley = deskOf(world, world.valley);
    await prairie.result("release", reference, "--records", RECORD);
    await prairie.result("exchange");
    await valley.result("exchange");
    await prairie.result("exchange");
    await prairie.result("recall", reference, "--reason", "WrongStudent");
    await prairie.result("exchange");
    await valley.result("exchange");
    const [{ id, shortId } = { id: "", shortId: "" }] = await valley.result<Kept[]>(
      "quarantine",
      "list",
    );
    const told = await valley.result("quarantine", "explain", shortId);
    expect(told).toMatchObject({ kind: "recalled", id, ...RECALLED_WORDS });
    expect(told["mail"]).toMatch(/^Subject: packetboat: the recall of [0-9A-Z]{4}-[0-9A-Z]{4}\n/);
    const { stdout } = await valley.run("quarantine", "show", shortId);
    expect(stdout).toContain(`\nYou: ${RECALLED_WORDS.ours}\n`);
    expect(JSON.stringify(told["mail"])).not.toMatch(PERSONAL);
    expect((await valley.error("quarantine", "retry", id)).code).toBe("QUARANTINE_UNKNOWN");
  });

  it("blames nobody for a name in a file", async () => {
    const nobody = await stranger("1111111", world.clock.now());
    const { shortId } = await refused(await sealed(packetXml(letter(nobody)), letter(nobody)));
    const { stdout } = await prairie.run("quarantine", "explain", shortId);
    expect(stdout).toContain("The sender (not proved): ");
    expect(stdout).toContain("To the IT staff of agency 3900417, if the file is yours:");
    expect(stdout).not.toContain("Call: 555");
  });

  it.each([
    ["a packet", () => Promise.resolve("<TransferPacket/>"), "PACKET_NOT_SEALED"],
    [
      "a packet of which one message was refused",
      () => {
        const at = world.clock.now();
        const bad = Buffer.from(ping(at)).toString("utf8").replace("Z</Ping", "</Ping");
        return sealed(packetXml(letter(), {}, [Buffer.from(bad), ping(at)]), letter());
      },
      "",
    ],
  ])("shows %s when our disk has spoiled its reason", async (_, bytes, code) => {
    const { id, shortId } = await refused(await bytes());
    const reason = join(homePaths({ home: home.folder }).quarantine, id, "reason.json");
    await writeFile(reason, (await readFile(reason, "utf8")).slice(0, 40));
    expect(await list()).toMatchObject([{ id, code }]);
    for (const action of ["show", "explain"]) {
      expect(await prairie.run("quarantine", action, shortId)).toMatchObject({ exit: 0 });
    }
    expect(await prairie.run("status")).toMatchObject({ stderr: "" });
  });

  it("shows a packet whose reason cannot be read", async () => {
    const { id } = await refused("<TransferPacket/>");
    const reason = join(homePaths({ home: home.folder }).quarantine, id, "reason.json");
    await rm(reason);
    await mkdir(reason);
    expect(await list()).toMatchObject([{ id, code: "PACKET_NOT_SEALED" }]);
  });

  it.each([
    ["null", "null"],
    ["a list", "[]"],
    ["a text", '"PACKET_DAMAGED"'],
    ["nothing in it", "{}"],
    ["a time that is a number", '{ "at": 1792137600000, "code": "PACKET_DAMAGED" }'],
    ["a time that is none", '{ "at": "yesterday" }'],
    ["a code that is no text", '{ "at": "2026-10-05T10:00:00.000Z", "code": 7 }'],
    ["a reason that is a list", '{ "at": "2026-10-05T10:00:00.000Z", "reason": [] }'],
    ["messages that are none", '{ "at": "2026-10-05T10:00:00.000Z", "refused": { "0": {} } }'],
    ["a message of null", '{ "at": "2026-10-05T10:00:00.000Z", "refused": [null] }'],
    [
      "a message without its place",
      '{ "at": "2026-10-05T10:00:00.000Z", "refused": [{ "kind": "Ping", "code": "X", "reason": "y" }] }',
    ],
  ])("shows a packet when its reason has become %s", async (_, text) => {
    const { id, shortId } = await refused("<TransferPacket/>");
    const reason = join(homePaths({ home: home.folder }).quarantine, id, "reason.json");
    await writeFile(reason, text);
    const { mtime } = await stat(reason);
    expect(await list()).toMatchObject([
      { id, code: "PACKET_NOT_SEALED", messages: [], refusedAt: mtime.toISOString() },
    ]);
    for (const action of ["show", "explain"]) {
      expect(await prairie.run("quarantine", action, shortId)).toMatchObject({ exit: 0 });
    }
    expect(await prairie.run("status")).toMatchObject({ stderr: "" });
    expect((await prairie.run("quarantine", "retry", shortId)).exit).toBe(0);
  });

  it("passes over what is not ours in its folder", async () => {
    const { quarantine } = homePaths({ home: home.folder });
    await writeFile(join(quarantine, "notes.txt"), "somebody's");
    expect(await list()).toEqual([]);
    expect((await prairie.run("quarantine", "list")).stdout).toBe(
      "Nothing is in the quarantine.\n",
    );
  });

  it("knows the claim by its file", async () => {
    const { id, file } = await refused("<TransferPacket/>");
    expect((await claimOn(home, file))?.claim_id).toBe(id);
    expect(await readdir(boxOf(world, home))).not.toContain(file);
  });
});
