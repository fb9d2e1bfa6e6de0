/** Folders that are finished and hidden, shown: in groups, each once, and never in the place of another. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { showFolder } from "../../daemon/desk/cases.ts";
import { showPromised } from "../../daemon/desk/showing.ts";
import { isRefusal } from "../../daemon/errors.ts";
import { newLocalId } from "../../daemon/ids.ts";
import { readyPublications } from "../../daemon/ledger/publications.ts";
import { dropRequest, meet, newWorld, office, withLedger } from "../homes.ts";
import { delivered } from "./delivered.ts";
import { watchSyncs } from "./syncs.ts";

describe("showing a folder", () => {
  let folder: string;
  const at = (...names: string[]): string => join(folder, ...names);
  const show = () => showFolder({ hiddenPath: at(".hidden"), finalPath: at("K7QM-3F2D") });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "packetboat-showing-"));
    await mkdir(at(".hidden"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("shows it once, and never again after somebody took it", async () => {
    expect(await show()).toBe(at("K7QM-3F2D"));
    await rm(at("K7QM-3F2D"), { recursive: true });
    expect(await show()).toBe(at("K7QM-3F2D"));
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(["folder", "file"])("stands beside another %s of its name", async (other) => {
    await (other === "file" ? writeFile(at("K7QM-3F2D"), "") : mkdir(at("K7QM-3F2D")));
    expect(await show()).toBe(at("K7QM-3F2D-2"));
    expect((await readdir(folder)).toSorted()).toEqual(["K7QM-3F2D", "K7QM-3F2D-2"]);
  });

  it("says when the place is gone, hidden folder and all", async () => {
    await rm(folder, { recursive: true });
    await expect(show()).rejects.toSatisfy((error) => isRefusal(error, "FOLDER_MISSING"));
  });
});

it("promises a folder of which no power cut can take a file or a name", async () => {
  await using world = await newWorld();
  const { prairie, valley } = world;
  await dropRequest(world);
  await meet(world, valley);
  using syncs = watchSyncs();
  await meet(world, prairie);
  const { trace } = syncs;
  const shown = trace.findIndex((each) => /^rename [A-Z0-9]{4}-[A-Z0-9]{4}$/.test(each));
  const before = trace.slice(0, shown);
  const hidden = before.findLastIndex((each) => /^sync .*\.hidden$/.test(each));
  const files = ["request.html", "request.xml", "decision.txt", ".packetboat", "documents"];
  for (const name of files) {
    const synced = before.indexOf(`sync ${name}`);
    expect([name, synced >= 0 && synced < hidden]).toEqual([name, true]);
  }
  expect(before.lastIndexOf("sync requests")).toBeGreaterThan(-1);
});

it("shows a group: what was shown before a crash is marked, and one that cannot be shown stops none", async () => {
  await using world = await newWorld();
  const { valley } = world;
  const shown = office(valley, "records", await delivered(world));
  await withLedger(valley, async (ledger) => {
    const like = await ledger.selectFrom("publications").selectAll().executeTakeFirstOrThrow();
    await ledger.updateTable("publications").set({ state: "READY" }).execute();
    const promise = async (name: string, ...above: string[]): Promise<void> => {
      const hidden_path = join(...above, `.${name}.hidden`);
      const final_path = join(...above, name);
      const row = { ...like, publication_id: newLocalId(), hidden_path, final_path };
      await ledger
        .insertInto("publications")
        .values({ ...row, state: "READY" })
        .execute();
    };
    await promise("lost", valley.folder, "no-drop-folder", "records");
    await promise("another", office(valley, "records"));
    await mkdir(office(valley, "records", ".another.hidden"));
    using syncs = watchSyncs();
    const showing = await showPromised(
      syncs.watching(ledger, "publications"),
      await readyPublications(ledger),
    );
    expect(syncs.trace).toEqual([
      "rename another",
      "sync records",
      "write publications",
      "write publications",
    ]);
    expect(showing.map(({ failure }) => failure?.code ?? null)).toEqual([
      null,
      "FOLDER_MISSING",
      null,
    ]);
    const left = await readyPublications(ledger);
    expect(left.map(({ publication_id }) => publication_id)).toEqual([
      showing[1]?.row.publication_id,
    ]);
    const there = await readdir(office(valley, "records"));
    expect(there.toSorted()).toEqual([basename(shown), "another"].toSorted());
  });
});
