import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { surveyFile, unsealFile } from "../../daemon/keys/attachment.ts";
import { readSigned } from "../../daemon/keys/signed.ts";
import { unseal } from "../../daemon/keys/unseal.ts";
import { corpus } from "./corpora.ts";
import { encrypted } from "./crafted.ts";
import { type Agency, agency, codeOf, NOON } from "./people.ts";

const MEGABYTE = 1024 * 1024;
const SECONDS = 10;

const folder = corpus("openpgp");

/** Name, what is said of it as a packet, and as an attachment. */
const BOMBS = [
  ["128mb.zip", "PACKET_TOO_BIG", "PACKET_TOO_BIG"],
  ["128mb.zlib", "PACKET_TOO_BIG", "PACKET_TOO_BIG"],
  // Packets are not unpacked from bzip2 at all; in attachments openpgp.js stops within its first block.
  ["4gb.bzip2", "PACKET_FORMAT", "PACKET_DAMAGED"],
  // Four bytes hang behind what unpacks to itself.
  ["quine.out", "PACKET_DAMAGED", "PACKET_DAMAGED"],
] as const;

/** Seconds and megabytes that it took beyond what was there before. */
async function costOf(
  doing: () => Promise<unknown>,
): Promise<{ seconds: number; megabytes: number }> {
  const memory = process.memoryUsage().rss;
  const started = performance.now();
  let highest = memory;
  const watch = setInterval(() => {
    highest = Math.max(highest, process.memoryUsage().rss);
  }, 5);
  await doing();
  clearInterval(watch);
  highest = Math.max(highest, process.memoryUsage().rss);
  return {
    seconds: (performance.now() - started) / 1000,
    megabytes: (highest - memory) / MEGABYTE,
  };
}

describe.skipIf(folder === null)("a bomb sealed for us by a partner", () => {
  let aitkin: Agency;
  let bagley: Agency;
  beforeAll(async () => {
    aitkin = await agency("2700105", "Aitkin");
    bagley = await agency("2700106", "Bagley");
  });

  const bomb = async (name: string): Promise<Buffer> => await readFile(join(folder ?? "", name));

  it.each(BOMBS)("is refused as a packet at once, in little memory: %s", async (name, code) => {
    const sealed = await encrypted(await bomb(name), bagley);
    const { seconds, megabytes } = await costOf(async () => {
      const opening = unseal(sealed, { ourKeys: [bagley.secret], maxBytes: 8 * MEGABYTE });
      expect(await codeOf(opening)).toBe(code);
    });
    expect(seconds).toBeLessThan(SECONDS);
    expect(megabytes).toBeLessThan(100);
  });

  it.each(BOMBS)("is refused as a signed document: %s", async (name, code) => {
    const reading = readSigned(await bomb(name), { maxBytes: MEGABYTE });
    expect(await codeOf(reading)).toBe(code);
  });

  it.each(BOMBS)("is refused as an attachment, and leaves nothing: %s", async (name, _, code) => {
    const home = await mkdtemp(join(tmpdir(), "bomb-"));
    await writeFile(join(home, "sealed"), await encrypted(await bomb(name), bagley));
    const [from, to] = [join(home, "sealed"), join(home, "opened")];
    const by = { ourKeys: [bagley.secret], signer: aitkin.key, at: NOON, maxBytes: 8 * MEGABYTE };
    const { seconds, megabytes } = await costOf(async () => {
      expect(await codeOf(unsealFile(await surveyFile(from), to, by))).toBe(code);
    });
    expect(seconds).toBeLessThan(SECONDS);
    expect(megabytes).toBeLessThan(200);
    expect(await readdir(home)).toEqual(["sealed"]);
    await rm(home, { recursive: true });
  });
});
