/** Folders that are finished and hidden, shown: in groups, each once, and never in the place of another. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { showFolder } from "../../daemon/desk/cases.ts";
import { isRefusal } from "../../daemon/errors.ts";

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
