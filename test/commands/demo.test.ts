import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "./home.ts";
import { errorOf, packetboat, resultOf } from "./terminal.ts";

describe("demo", () => {
  it("tells the journey step by step, and leaves the pages that it names", async () => {
    await using folder = await temporaryFolder();
    const { exit, stdout, stderr } = await packetboat(["demo"], { cwd: folder.path });
    expect([exit, stderr]).toEqual([0, ""]);
    for (const step of [1, 2, 3, 4, 5, 6]) expect(stdout).toContain(`\n${step}. Example `);
    expect(stdout).toMatch(/sees the transfer as: Imported\n\nLook at it in a browser:/);
    const pages = stdout.match(/\/\S+\.html/g) ?? [];
    expect(pages).toHaveLength(5);
    for (const page of pages) expect(await readFile(page, "utf8")).toMatch(/^<!doctype html>/i);
  });

  it("leaves an earlier demo alone, and a folder with something in it", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "packetboat-demo"));
    const result = (await resultOf(["demo"], { cwd: folder.path })) as { folder: string };
    expect(result.folder).toBe(join(folder.path, "packetboat-demo-2"));
    await writeFile(join(folder.path, "packetboat-demo", "note.txt"), "mine");
    const refused = await errorOf(["demo", "packetboat-demo"], { cwd: folder.path });
    expect(refused.code).toBe("HOME_EXISTS");
  });
});
