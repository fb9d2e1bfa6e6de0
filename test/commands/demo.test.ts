import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { textIn } from "../reports/markup.ts";
import { everythingIn } from "../scene.ts";
import { temporaryFolder } from "./home.ts";
import { errorOf, packetboat, resultOf } from "./terminal.ts";

interface Shown {
  readonly folder: string;
  readonly released: string;
  readonly rejected: string;
  readonly unknown: string;
  readonly abroad: string;
  readonly pages: readonly string[];
}

describe("demo", () => {
  it("tells of two states and three students step by step, and leaves the pages that it names", async () => {
    await using folder = await temporaryFolder();
    const { exit, stdout, stderr } = await packetboat(["demo"], { cwd: folder.path });
    expect([exit, stderr]).toEqual([0, ""]);
    for (const step of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {
      expect(stdout).toContain(`\n\n${step}. `);
    }
    for (const [student, status] of [
      ["Abrams, Jenna Marie", "Imported"],
      ["Sample, Ida Quill", "Rejected"],
      ["Specimen, Otis Lee", "No record"],
      ["Specimen, Otis Lee", "Delivered"],
    ]) {
      expect(stdout).toContain(`and sees ${student} as: ${status}`);
    }
    expect(stdout).toMatch(/and sees [0-9A-Z]{4}-[0-9A-Z]{4} as: Forwarded\n/);
    expect(stdout).toContain("3900417  Sample Harbor Schools, Sample Harbor: Participating\n");
    expect(stdout).toContain("Example State Department exchanges: moved on 1 file\n");
    const pages = stdout.match(/\/\S+\.html/g) ?? [];
    expect(pages).toHaveLength(17);
    for (const page of pages) expect(await readFile(page, "utf8")).toMatch(/^<!doctype html>/i);
  }, 60_000);

  it("shows how long both enrollments overlap, and what the state knows: references; and leaves an earlier demo alone", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "packetboat-demo"));
    const shown = (await resultOf(["demo"], { cwd: folder.path })) as Shown;
    expect(shown.folder).toBe(join(folder.path, "packetboat-demo-2"));
    const page = (...path: string[]): Promise<string> =>
      readFile(join(shown.folder, ...path), "utf8");
    const request = await page("prairie/office/done", shown.released, "request.html");
    expect(request).toContain("July 31, 2024");
    expect(request).toContain("7 days");
    expect(await page("corners/reports/registrar/alerts.html")).toContain("Sample, Ida Quill");
    const state = await page("state/reports/it/transfers.html");
    for (const each of [shown.released, shown.rejected, shown.unknown]) {
      expect(state).toContain(each);
    }
    expect(state).not.toMatch(/Abrams|Sample|Specimen/);
    const districts = textIn(await page("state/reports/it/districts.html"));
    expect(districts).toContain("3 came, 2 were forwarded");
    expect(districts).toContain("27 00990 1");
    const record = textIn(await page("valley/office/records", shown.abroad, "record.html"));
    expect(record).toContain("Sample Harbor High School");
    for (const entity of ["state", "neighbour"]) {
      expect(await everythingIn(join(shown.folder, entity))).not.toContain("Algebra");
    }
  }, 60_000);

  it("leaves a folder alone with something in it", async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, "packetboat-demo"));
    await writeFile(join(folder.path, "packetboat-demo", "note.txt"), "mine");
    const refused = await errorOf(["demo", "packetboat-demo"], { cwd: folder.path });
    expect(refused.code).toBe("HOME_EXISTS");
  }, 60_000);
});
