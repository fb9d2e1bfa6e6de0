import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterEach, beforeEach, expect, it } from "vitest";
import { PacketboatError } from "../daemon/errors.ts";
import { openLog } from "../daemon/log.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "packetboat-log-"));
  file = join(folder, "packetboat.log");
});
afterEach(() => rm(folder, { recursive: true }));

async function lines(): Promise<Record<string, unknown>[]> {
  const text = await readFile(file, "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

it("writes one JSON line with a time, a constant sentence and the facts beside it", async () => {
  const log = openLog({ file });
  log.info("Packet delivered", { bytes: 812, tookMs: 3 });
  await log.close();
  expect(await lines()).toEqual([
    {
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      level: "info",
      message: "Packet delivered",
      bytes: 812,
      tookMs: 3,
    },
  ]);
});

it("says the fields of a child with each of its lines, and not with its parent's", async () => {
  const log = openLog({ file });
  const packet = log.child({ partner: "4808940" }).child({ packetId: "p" });
  packet.warn("Packet waits", { packetId: "q" });
  log.info("Exchange ended");
  await log.close();
  expect(await lines()).toMatchObject([{ partner: "4808940", packetId: "q" }, { level: "info" }]);
  expect((await lines())[1]).not.toHaveProperty("partner");
});

it("has every line on the disk when it is closed", async () => {
  const log = openLog({ file });
  for (let number = 0; number < 5000; number++) log.info("Line", { number });
  await log.close();
  expect((await lines()).map(({ number }) => number)).toEqual([...Array(5000).keys()]);
});

it("keeps its file from others, and moves it aside when it is full", async () => {
  const log = openLog({ file, maxBytes: 1000 });
  for (let number = 0; number < 100; number++) log.info("Line", { number });
  await log.close();
  const files = await readdir(folder);
  expect(files.toSorted()).toEqual([
    "packetboat.log",
    "packetboat.log.1",
    "packetboat.log.2",
    "packetboat.log.3",
    "packetboat.log.4",
  ]);
  expect((await lines()).at(-1)).toMatchObject({ number: 99 });
  for (const name of files) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
});

it("lets two processes write into one file, and moves it aside only once", async () => {
  const one = openLog({ file, maxBytes: 2000 });
  const other = openLog({ file, maxBytes: 2000 });
  for (let number = 0; number < 15; number++) {
    one.info("Line", { number: number * 2 });
    other.info("Line", { number: number * 2 + 1 });
  }
  await Promise.all([one.close(), other.close()]);
  const older = (await readFile(`${file}.1`, "utf8")).trimEnd().split("\n");
  const numbers = [
    ...older.map((line) => (JSON.parse(line) as { number: number }).number),
    ...(await lines()).map(({ number }) => number as number),
  ];
  expect(numbers.toSorted((a, b) => a - b)).toEqual([...Array(30).keys()]);
});

it("stops nobody's work when the disk takes no lines", async () => {
  const log = openLog({ file: join(folder, "no such folder", "packetboat.log") });
  log.info("Unheard");
  await log.close();
  expect(await readdir(folder)).toEqual([]);
});

it("writes errors with code, facts and the chain of causes", async () => {
  const log = openLog({ file });
  const deepest = Object.assign(new Error("reset"), { code: "ECONNRESET" });
  const error = new PacketboatError("BOX_UNREACHABLE", "the server did not answer", {
    facts: { host: "sftp.state.example" },
    cause: new TypeError("inner", { cause: deepest }),
  });
  log.error("Exchange failed", { error });
  await log.close();
  expect((await lines())[0]).toMatchObject({
    error: {
      code: "BOX_UNREACHABLE",
      message: "the server did not answer",
      facts: { host: "sftp.state.example" },
      cause: {
        name: "TypeError",
        stack: expect.stringContaining("log.test.ts") as string,
        cause: { code: "ECONNRESET" },
      },
    },
  });
});

it("leaves what it is given as it was, and survives circles and odd values", async () => {
  const log = openLog({ file });
  const circle: Record<string, unknown> = { list: new Set([1n]), when: new Date(0), none: null };
  circle.self = circle;
  const fields = Object.freeze({ circle, time: "mine", bytes: new Uint8Array(3) });
  log.info("Odd", fields);
  circle.list = "changed later";
  await log.close();
  expect((await lines())[0]).toMatchObject({
    circle: { list: ["1"], when: "1970-01-01T00:00:00.000Z", none: null },
    time_: "mine",
    bytes: "3 bytes",
  });
  expect(circle.self).toBe(circle);
});

it("steers no terminal that shows it", async () => {
  const log = openLog({ file });
  log.info("Name", { name: "\u001b[2J\u009b31m\u202egnp.exe\r\n" });
  await log.close();
  const text = await readFile(file, "utf8");
  expect(text).toMatch(/^[ -~]+\n$/);
  expect(JSON.parse(text)).toMatchObject({ name: "\u001b[2J\u009b31m\u202egnp.exe\r\n" });
});

it("shows its lines on a stream too, from the level that was asked for", async () => {
  let shown = "";
  const stream = new Writable({
    write(chunk, _, done) {
      shown += String(chunk);
      done();
    },
  });
  const log = openLog({ stream, level: "warn" });
  log.info("Small");
  log.warn("Large");
  await log.close();
  expect(shown).toMatch(/^\{[^\n]*"message":"Large"\}\n$/);
});

it("says nothing and closes at once when it has nowhere to write", async () => {
  const log = openLog({});
  log.error("Unheard");
  await log.close();
  expect(await readdir(folder)).toEqual([]);
});
