import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sealFile, surveyFile, unsealFile } from "../../daemon/keys/attachment.ts";
import { seal } from "../../daemon/keys/seal.ts";
import { unseal } from "../../daemon/keys/unseal.ts";
import { encrypted, frame, literal, signedFrames } from "./crafted.ts";
import { type Agency, agency, bytesOf, codeOf, daysAfter, NOON } from "./people.ts";

const LARGE = Buffer.concat([Buffer.from("%PDF-1.7\r\n"), randomBytes(3_000_000)]);
const PDF = LARGE.subarray(0, 300_010);
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

let aitkin: Agency;
let bagley: Agency;
let cass: Agency;
let folder: string;
beforeAll(async () => {
  aitkin = await agency("2700105", "Aitkin");
  bagley = await agency("2700106", "Bagley");
  cass = await agency("2700107", "Cass Lake");
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "attachment-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const at = (name: string): string => join(folder, name);

/** Seal a PDF from Aitkin for Bagley. */
async function sealPdf(content: Uint8Array = PDF) {
  await writeFile(at("record.pdf"), content);
  const paths = { from: at("record.pdf"), to: at("sealed.pgp") };
  return await sealFile(paths, { signWith: aitkin.secret, sealFor: bagley.key, at: NOON });
}

/** Bagley opens `sealed.pgp`, or what stands for it. */
async function open(more: { sealed?: Uint8Array; signer?: Agency; maxBytes?: number } = {}) {
  if (more.sealed) await writeFile(at("sealed.pgp"), more.sealed);
  const { signer = aitkin, maxBytes = 1_000_000 } = more;
  return await unsealFile(await surveyFile(at("sealed.pgp")), at("opened.pdf"), {
    ourKeys: [bagley.secret],
    signer: signer.key,
    at: NOON,
    maxBytes,
  });
}

const toBagley = async (...inside: Uint8Array[]) => await encrypted(Buffer.concat(inside), bagley);

describe("an attachment", () => {
  it.each([0, 1, 511, 512, 65_536, 300_000, 1_048_576, 2_500_000])(
    "of %i bytes comes back to the byte",
    async (size) => {
      await sealPdf(LARGE.subarray(0, size));
      await open({ maxBytes: size });
      expect((await readFile(at("opened.pdf"))).equals(LARGE.subarray(0, size))).toBe(true);
    },
  );

  it("is told by size and digest, of its content and of the sealed file, on both sides alike", async () => {
    const sent = await sealPdf();
    const file = await readFile(at("sealed.pgp"));
    expect(sent).toEqual({
      bytes: PDF.length,
      sha256: sha256(PDF),
      sealedBytes: file.length,
      sealedSha256: sha256(file),
    });
    expect(await open()).toEqual({ ...sent, signedAt: NOON });
  });

  it("lies in files for us alone", async () => {
    await sealPdf();
    await open();
    for (const name of ["sealed.pgp", "opened.pdf"]) {
      expect((await stat(at(name))).mode & 0o777).toBe(0o600);
    }
  });

  it("is sealed as a packet is: what seals packets opens it, and the other way round", async () => {
    await sealPdf();
    const opened = await unseal(await readFile(at("sealed.pgp")), {
      ourKeys: [bagley.secret],
      maxBytes: 1_000_000,
    });
    expect(Buffer.from((await opened.verify(aitkin.key, NOON)).content).equals(PDF)).toBe(true);
    const sealed = await seal(PDF, { signWith: aitkin.secret, sealFor: bagley.key, at: NOON });
    expect(await open({ sealed })).toMatchObject({ sha256: sha256(PDF) });
  });

  it("is read compressed, too, and of exactly as many bytes as are allowed", async () => {
    const inside = Buffer.concat(await signedFrames(aitkin, "a".repeat(1_000_000)));
    const sealed = await toBagley(frame(8, Buffer.concat([Buffer.of(2), deflateSync(inside)])));
    expect(await open({ sealed, maxBytes: 1_000_000 })).toMatchObject({ bytes: 1_000_000 });
  });
});

describe("after a crash", () => {
  it("an attachment is sealed and opened over what lay half-written", async () => {
    await writeFile(at("sealed.pgp.part"), "half");
    await writeFile(at("opened.pdf.part"), "half");
    await sealPdf();
    await open();
    expect(await readdir(folder)).toEqual(["opened.pdf", "record.pdf", "sealed.pgp"]);
    expect((await readFile(at("opened.pdf"))).equals(PDF)).toBe(true);
  });
});

describe("an attachment leaves nothing behind when it", () => {
  let whole: Buffer;
  beforeEach(async () => {
    await sealPdf();
    whole = await readFile(at("sealed.pgp"));
  });

  const signed = async (content = "x") => await signedFrames(aitkin, content);

  it.each<[string, string, () => Promise<Uint8Array> | Uint8Array]>([
    ["is empty", "PACKET_EMPTY", () => bytesOf("")],
    ["is not sealed", "PACKET_NOT_SEALED", () => PDF],
    ["is cut short in its data", "PACKET_CUT_SHORT", () => whole.subarray(0, 200_000)],
    ["is cut short at its end", "PACKET_CUT_SHORT", () => whole.subarray(0, -1)],
    ["has something behind it", "PACKET_DAMAGED", () => Buffer.concat([whole, whole])],
    ["is armoured", "PACKET_FORMAT", () => bytesOf("-----BEGIN PGP MESSAGE-----\n\nxjME\n")],
    [
      "is for somebody else",
      "PACKET_NOT_FOR_US",
      async () => await encrypted(Buffer.concat(await signed()), cass),
    ],
    [
      "was sealed for somebody else and passed on",
      "PACKET_NOT_FOR_US",
      async () => await toBagley(...(await signedFrames(aitkin, "x", { recipient: cass }))),
    ],
    ["is not signed", "PACKET_NOT_SIGNED", async () => await toBagley(literal("x"))],
    [
      "is signed twice",
      "PACKET_SIGNATURES",
      async () => {
        const [header, content, signature] = await signed();
        return await toBagley(header, header, content, signature, signature);
      },
    ],
    [
      "is signed by another",
      "PACKET_UNKNOWN_SIGNER",
      async () => await toBagley(...(await signedFrames(cass, "x"))),
    ],
    [
      "has other content under the signature",
      "PACKET_DAMAGED",
      async () => {
        const [header, , signature] = await signed();
        return await toBagley(header, literal("y"), signature);
      },
    ],
    [
      "fails its integrity check",
      "PACKET_DAMAGED",
      async () => await encrypted(Buffer.concat(await signed()), bagley, { breakCheck: true }),
    ],
    [
      "uses 3DES",
      "PACKET_WEAK",
      async () => await encrypted(Buffer.concat(await signed()), bagley, { cipher: "tripledes" }),
    ],
    [
      "is put together of parts that nobody knows",
      "PACKET_FORMAT",
      async () => await toBagley(Buffer.alloc(1_000_000, "fc00", "hex")),
    ],
    [
      "is too big",
      "PACKET_TOO_BIG",
      async () => await toBagley(...(await signed("a".repeat(1_000_001)))),
    ],
  ])("%s", async (_, code, make) => {
    expect(await codeOf(open({ sealed: await make() }))).toBe(code);
    expect(await readdir(folder)).toEqual(["record.pdf", "sealed.pgp"]);
  });

  it("is changed anywhere, and no file stays open", async () => {
    const openFiles = async () => (await readdir("/proc/self/fd")).length;
    const before = await openFiles();
    for (const place of [20, 150, 1000, 150_000, whole.length - 150, whole.length - 10]) {
      const sealed = Buffer.from(whole);
      sealed[place] = (sealed[place] ?? 0) ^ 1;
      expect([place, await codeOf(open({ sealed }))]).toEqual([place, "PACKET_DAMAGED"]);
    }
    await expect.poll(openFiles).toBeLessThanOrEqual(before);
    expect(await readdir(folder)).toEqual(["record.pdf", "sealed.pgp"]);
  });

  it("is a bomb, which stops at the limit", async () => {
    const bomb = deflateSync(Buffer.concat(await signed("a".repeat(50_000_000))));
    const sealed = await toBagley(frame(8, Buffer.concat([Buffer.of(2), bomb])));
    expect(await codeOf(open({ sealed }))).toBe("PACKET_TOO_BIG");
    expect(await readdir(folder)).toEqual(["record.pdf", "sealed.pgp"]);
  });

  it("is sealed with a key that has expired", async () => {
    const old = await agency("2700108", "Old", { expires: daysAfter(NOON, -0.5) });
    const sealing = { signWith: aitkin.secret, sealFor: old.key, at: NOON };
    expect(await codeOf(sealFile({ from: at("record.pdf"), to: at("new.pgp") }, sealing))).toBe(
      "KEY_EXPIRED",
    );
    expect(await readdir(folder)).toEqual(["record.pdf", "sealed.pgp"]);
  });

  it("is not there, or its place is taken", async () => {
    const sealing = { signWith: aitkin.secret, sealFor: bagley.key, at: NOON };
    const missing = sealFile({ from: at("missing.pdf"), to: at("new.pgp") }, sealing);
    expect(await codeOf(missing)).toBe("FILE_NOT_FOUND");
    const taken = sealFile({ from: at("record.pdf"), to: at("sealed.pgp") }, sealing);
    expect(await codeOf(taken)).toBe("FILE_EXISTS");
    expect((await readFile(at("sealed.pgp"))).equals(whole)).toBe(true);
    expect(await readdir(folder)).toEqual(["record.pdf", "sealed.pgp"]);
  });
});
