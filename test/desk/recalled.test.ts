import { chmod, cp, mkdir, readdir, readFile, rename, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { setAside } from "../../daemon/desk/recalled.ts";
import { exchange } from "../../daemon/exchange.ts";
import type { MessageId } from "../../daemon/ids.ts";
import { recalledPublications, recallPublications } from "../../daemon/ledger/publications.ts";
import { deskOf, PERSONAL } from "../commands/desk.ts";
import { meet, newWorld, office, openAlerts, states, withLedger, type World } from "../homes.ts";
import { withParts } from "../scene.ts";
import { delivered, recalled, recordsAt, supplemented } from "./delivered.ts";

let world: World;
beforeEach(async () => {
  world = await newWorld();
});
afterEach(async () => world[Symbol.asyncDispose]());

const quarantine = (...path: string[]): string => join(world.valley.folder, "quarantine", ...path);
const kept = async (): Promise<string[]> => (await readdir(quarantine())).toSorted();
const notice = (folder: string): Promise<string> =>
  readFile(office(world.valley, "records", folder, "recall.txt"), "utf8");

/** The power fails at the first such point of the next look into what was recalled. */
async function cutAt(point: "moved" | "settled"): Promise<void> {
  await withLedger(world.valley, async (ledger) => {
    for (const row of await recalledPublications(ledger)) {
      const passed = (each: string): void => {
        if (each === point) throw new Error("the power fails");
      };
      await expect(setAside({ ledger, quarantine: quarantine(), passed }, row)).rejects.toThrow(
        "the power fails",
      );
    }
  });
}

/** The recall is recorded, and the program ends before anything is moved. */
async function recallRecorded(): Promise<void> {
  await withLedger(world.valley, (ledger) =>
    ledger.transaction().execute(async (db) => {
      const row = await db.selectFrom("publications").selectAll().executeTakeFirstOrThrow();
      const key = { requesterId: row.requester_id, transferId: row.transfer_id };
      const releases = [row.message_id as MessageId];
      await recallPublications(db, key, {
        by: "0190a5f2-7c1e-7000-8000-000000000009" as MessageId,
        releases,
      });
    }),
  );
}

/** A partner that recalls one of its releases; ours recalls all of them. */
async function recalledOnly(release: string, reference: string): Promise<void> {
  const { prairie } = world;
  await deskOf(world, prairie).run("recall", reference, "--reason", "WrongDocument");
  await withLedger(prairie, async (ledger) => {
    const row = await ledger
      .selectFrom("messages_out")
      .innerJoin("content", "content.content_id", "messages_out.content_id")
      .select(["content.content_id", "content.bytes"])
      .where("messages_out.kind", "=", "Recall")
      .executeTakeFirstOrThrow();
    const text = Buffer.from(row.bytes).toString();
    const less = text.replaceAll(
      /<RecalledMessageId>([^<]*)<\/RecalledMessageId>\s*/g,
      (each, id) => (id === release ? each : ""),
    );
    expect(less).not.toBe(text);
    await ledger
      .updateTable("content")
      .set({ bytes: Buffer.from(less) })
      .where("content_id", "=", row.content_id)
      .execute();
  });
  await meet(world, prairie);
}

describe("records that are recalled", () => {
  it("leave people's reach with every file, and both sides hear that they did", async () => {
    const reference = await delivered(world);
    const files = await readdir(office(world.valley, "records", reference));
    await recalled(world, reference);
    expect(await openAlerts(world.prairie)).toContain("RECALL_NOT_CONFIRMED");
    await meet(world, world.valley);

    expect(await recordsAt(world)).toEqual([`${reference}-recalled`]);
    const [folder = "", ...more] = await kept();
    expect(more).toEqual([]);
    expect(folder).toMatch(new RegExp(`^recalled-${reference}-[0-9a-f]{8}$`));
    expect(await readdir(quarantine(folder))).toEqual(files);
    expect((await stat(quarantine(folder))).mode & 0o7777).toBe(0o700);
    const text = await notice(`${reference}-recalled`);
    expect(text).toContain(`${reference}: taken away from here. Nobody can open it any more.\r\n`);
    expect(text).toContain("Reason: it is about another student\r\n");
    expect(text).toContain("call Example Prairie Schools: 555-555-0170 (from its card)");
    expect(
      (await stat(office(world.valley, "records", `${reference}-recalled`, "recall.txt"))).mode &
        0o777,
    ).toBe(0o660);

    expect(await openAlerts(world.valley)).toEqual(["RECORDS_RECALLED"]);
    await meet(world, world.prairie);
    expect(await openAlerts(world.prairie)).toEqual([]);
    expect(await states(world)).toEqual(["Recalled", "Recalled"]);
  });

  it("are urgent when they had been imported, and the releaser hears that they had", async () => {
    const reference = await delivered(world);
    await deskOf(world, world.valley).run("imported", reference);
    await recalled(world, reference);
    await meet(world, world.valley);
    expect(await recordsAt(world)).toEqual([`${reference}-recalled`]);
    const alerts = await deskOf(world, world.valley).result<
      { code: string; severity: string; todo: string }[]
    >("alerts", "list");
    expect(alerts).toMatchObject([{ code: "RECORDS_RECALLED", severity: "urgent" }]);
    expect(alerts[0]?.todo).toContain("Take them out of your student information system.");
    expect(alerts[0]?.todo).toContain(`records/${reference}-recalled`);
    await meet(world, world.prairie);
    expect(await openAlerts(world.prairie)).toContain("RECALLED_RECORDS_IMPORTED");
  });

  it("are found under another name, with copies that were made beside them", async () => {
    const reference = await delivered(world);
    const records = office(world.valley, "records");
    await cp(join(records, reference), join(records, "copy for the counselor"), {
      recursive: true,
    });
    await rename(join(records, reference), join(records, "North High"));
    await recalled(world, reference);
    await meet(world, world.valley);
    expect(await recordsAt(world)).toEqual([`${reference}-recalled`]);
    expect(await kept()).toHaveLength(2);
  });

  it("are never what a link in their place leads to", async () => {
    const reference = await delivered(world);
    const place = office(world.valley, "records", reference);
    const elsewhere = join(world.folder, "elsewhere");
    await rename(place, elsewhere);
    await symlink(elsewhere, place);
    const { mode } = await stat(elsewhere);
    await recalled(world, reference);
    await meet(world, world.valley);
    expect(await kept()).toEqual([]);
    expect((await stat(elsewhere)).mode).toBe(mode);
    expect(await notice(`${reference}-recalled`)).toContain("not in its place");
  });

  it("are searched for by people if they are no longer there", async () => {
    const reference = await delivered(world);
    await rename(office(world.valley, "records", reference), join(world.folder, "taken"));
    await recalled(world, reference);
    await meet(world, world.valley);
    expect(await kept()).toEqual([]);
    expect(await notice(`${reference}-recalled`)).toContain(
      `${reference}: it was not in its place. Find it and every copy, and set it aside unread.`,
    );
  });

  it("are taken away with their supplements, of which each has a folder", async () => {
    const reference = await delivered(world);
    await supplemented(world, reference);
    expect(await recordsAt(world)).toEqual([reference, `${reference}-2`]);
    await recalled(world, reference);
    await meet(world, world.valley);
    expect(await recordsAt(world)).toEqual([`${reference}-recalled`]);
    expect(await kept()).toHaveLength(2);
  });

  it("leave the others where they are when only a part is recalled", async () => {
    const reference = await delivered(world);
    await supplemented(world, reference);
    const [, second = ""] = await withLedger(world.valley, async (ledger) => {
      const rows = await ledger
        .selectFrom("publications")
        .select("message_id")
        .orderBy("publication_id")
        .execute();
      return rows.map(({ message_id }) => message_id ?? "");
    });
    await recalledOnly(second, reference);
    await meet(world, world.valley);
    expect(await recordsAt(world)).toEqual([reference, `${reference}-recalled`]);
    expect(await notice(`${reference}-recalled`)).toContain(
      `${reference}-2: taken away from here.`,
    );
    expect(await notice(`${reference}-recalled`)).toContain(
      `${reference}: not recalled, and left where it is.`,
    );
    expect(await states(world)).toEqual(["Delivered", "Recalled"]);
  });

  it.each(["moved", "settled"] as const)(
    "are moved once if the power fails when they are %s",
    async (point) => {
      const reference = await delivered(world);
      await recallRecorded();
      await cutAt(point);
      await meet(world, world.valley);
      expect(await recordsAt(world)).toEqual([]);
      expect(await kept()).toHaveLength(1);
      expect(reference).not.toBe("");
      const rows = await withLedger(world.valley, (ledger) =>
        ledger.selectFrom("publications").select("state").execute(),
      );
      expect(rows).toEqual([{ state: "QUARANTINED" }]);
    },
  );

  it("are moved without a server if the program ended between the recall and the move", async () => {
    await delivered(world);
    await recallRecorded();
    await withParts(world.valley, world, (parts) => exchange(parts, { scope: "take" }));
    expect(await recordsAt(world)).toEqual([]);
    expect(await kept()).toHaveLength(1);
  });

  it("that an older packetboat showed are known by what lies in the folder", async () => {
    const reference = await delivered(world);
    await withLedger(world.valley, (ledger) =>
      ledger.updateTable("publications").set({ what: null, message_id: null }).execute(),
    );
    await recalled(world, reference);
    await meet(world, world.valley);
    expect(await recordsAt(world)).toEqual([`${reference}-recalled`]);
    expect(await kept()).toHaveLength(1);
  });

  it("are confirmed only when they lie in the quarantine", async () => {
    const reference = await delivered(world);
    await recalled(world, reference);
    const elsewhere = join(world.folder, "open to others");
    await mkdir(elsewhere);
    await chmod(elsewhere, 0o755);
    await withParts(world.valley, world, (parts) =>
      exchange({
        ...parts,
        inbound: (harbor) => ({ ...parts.inbound(harbor), quarantine: elsewhere }),
      }),
    );
    expect(await recordsAt(world)).toEqual([reference, `${reference}-recalled`]);
    expect(await notice(`${reference}-recalled`)).toContain(
      "could not be moved away yet. Do not open it",
    );
    await meet(world, world.prairie);
    expect(await openAlerts(world.prairie)).toContain("RECALL_NOT_CONFIRMED");

    await meet(world, world.valley);
    expect(await recordsAt(world)).toEqual([`${reference}-recalled`]);
    await meet(world, world.prairie);
    expect(await openAlerts(world.prairie)).toEqual([]);
  });
});

describe("the quarantine", () => {
  it("lists recalled records beside refused packets, shows them, and deletes them for good", async () => {
    const reference = await delivered(world);
    await recalled(world, reference);
    await meet(world, world.valley);
    const valley = deskOf(world, world.valley);
    const [listed] = await valley.result<{ shortId: string; paths: string[] }[]>(
      "quarantine",
      "list",
    );
    const id = listed?.shortId ?? "";
    expect(listed).toMatchObject({ kind: "recalled", reference, folder: reference });
    expect((await valley.run("quarantine", "list")).stdout).toMatch(
      new RegExp(`^${id} .*Example Prairie Schools  records ${reference}  recalled`, "m"),
    );
    const shown = await valley.result("quarantine", "show", id);
    expect(shown).toEqual(listed);
    expect(JSON.stringify(shown)).not.toMatch(PERSONAL);
    expect((await valley.error("quarantine", "retry", id)).message).toContain(
      "are recalled records: nothing is tried again with them",
    );

    await valley.result("quarantine", "discard", id, "--yes");
    expect(await kept()).toEqual([]);
    expect(await valley.result("quarantine", "list")).toEqual([]);
    expect((await valley.error("quarantine", "discard", id)).code).toBe("QUARANTINE_UNKNOWN");
  });
});
