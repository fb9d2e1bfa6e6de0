import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { stageHanded, unstageHanded } from "../../daemon/desk/handed.ts";
import { isRefusal } from "../../daemon/errors.ts";
import { visibleIn } from "./registrar.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "packetboat-handed-"));
  await mkdir(join(folder, "staging"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("a document that vanishes while it is taken is refused in words, whenever that is", async () => {
  const path = join(folder, "transcript.pdf");
  const into = { staging: join(folder, "staging"), mostBytes: 1000, links: "refused" } as const;
  const handed = [{ path, fileName: "transcript.pdf", place: "documents/transcript.pdf" }];
  const codes = new Set<string>();
  for (let turns = 0; turns < 300; turns++) {
    await writeFile(path, "%PDF-1.4\n");
    const passes = turns % 30;
    const vanishing = (async () => {
      for (let passed = 0; passed < passes; passed++) await turn();
      // Once in a while it stays.
      if (passes > 0) await rm(path, { force: true });
    })();
    try {
      await unstageHanded(await stageHanded(handed, into));
      codes.add("taken");
    } catch (error) {
      if (!isRefusal(error)) throw error;
      codes.add(error.code);
    }
    await vanishing;
    expect(await visibleIn(into.staging)).toEqual([]);
  }
  expect([...codes].toSorted()).toEqual(["FILE_NOT_FOUND", "taken"]);
});
