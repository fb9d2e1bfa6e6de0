import { deflateRawSync, deflateSync } from "node:zlib";
import * as openpgp from "openpgp";
import { beforeAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../daemon/errors.ts";
import { readPublicKey } from "../../daemon/keys/key.ts";
import { seal } from "../../daemon/keys/seal.ts";
import { unseal } from "../../daemon/keys/unseal.ts";
import {
  compressed,
  encrypted,
  frame,
  handSigned,
  insideOf,
  literal,
  signedFrames,
  split,
} from "./crafted.ts";
import {
  type Agency,
  agency,
  bytesOf,
  codeOf,
  daysAfter,
  minutesAfter,
  NOON,
  textOf,
} from "./people.ts";

const XML = "<TransferPacket>a student's record</TransferPacket>";

let aitkin: Agency;
let bagley: Agency;
let cass: Agency;
/** From Aitkin, for Bagley. */
let sealed: Uint8Array;
beforeAll(async () => {
  aitkin = await agency("2700105", "Aitkin");
  bagley = await agency("2700106", "Bagley");
  cass = await agency("2700107", "Cass Lake");
  sealed = await seal(bytesOf(XML), { signWith: aitkin.secret, sealFor: bagley.key, at: NOON });
});

/** Bagley opens a file that Aitkin is to have signed. */
async function open(
  file: Uint8Array,
  more: { signer?: Agency; maxBytes?: number; at?: Date } = {},
): Promise<string> {
  const opened = await unseal(file, {
    ourKeys: [bagley.secret],
    maxBytes: more.maxBytes ?? 10_000,
  });
  return textOf((await opened.verify((more.signer ?? aitkin).key, more.at ?? NOON)).content);
}

const toBagley = async (...inside: Uint8Array[]): Promise<Buffer> =>
  await encrypted(Buffer.concat(inside), bagley);

const armored = (bytes: Uint8Array): Uint8Array =>
  bytesOf(openpgp.armor(openpgp.enums.armor.message, bytes).replaceAll("\r", ""));

describe("a packet opens", () => {
  it("armoured as well as binary", async () => {
    expect(await open(sealed)).toBe(XML);
    expect(await open(armored(sealed))).toBe(XML);
  });

  it("sealed frame by frame by another program", async () => {
    expect(await open(await toBagley(...(await signedFrames(aitkin, XML))))).toBe(XML);
  });

  it("with its signature in front, as old programs write it", async () => {
    const [, content, signature] = await signedFrames(aitkin, XML);
    expect(await open(await toBagley(signature, content))).toBe(XML);
  });

  it("compressed with zip or zlib", async () => {
    const inside = Buffer.concat(await signedFrames(aitkin, XML));
    expect(await open(await toBagley(compressed(1, deflateRawSync(inside))))).toBe(XML);
    expect(await open(await toBagley(compressed(2, deflateSync(inside))))).toBe(XML);
  });

  it("without a key id on it, if it is for us", async () => {
    const inside = Buffer.concat(await signedFrames(aitkin, XML));
    expect(await open(await encrypted(inside, bagley, { keyId: "hidden" }))).toBe(XML);
    expect(await codeOf(open(await encrypted(inside, cass, { keyId: "hidden" })))).toBe(
      "PACKET_NOT_FOR_US",
    );
  });

  it("with a retired key of ours", async () => {
    const opened = await unseal(sealed, {
      ourKeys: [cass.secret, bagley.secret],
      maxBytes: 10_000,
    });
    expect(textOf((await opened.verify(aitkin.key, NOON)).content)).toBe(XML);
  });

  it("of exactly as many bytes as are allowed", async () => {
    expect(await open(sealed, { maxBytes: XML.length })).toBe(XML);
    expect(await codeOf(open(sealed, { maxBytes: XML.length - 1 }))).toBe("PACKET_TOO_BIG");
  });
});

describe("a file that nobody sealed for us is refused", () => {
  it.each([
    ["without a byte", "", "PACKET_EMPTY"],
    ["with spaces only", " \r\n\t\n", "PACKET_EMPTY"],
    ["of XML", '<?xml version="1.0"?><TransferPacket/>', "PACKET_NOT_SEALED"],
    ["of XML with a byte order mark", "\ufeff<TransferPacket/>", "PACKET_NOT_SEALED"],
    ["of CSV", "Last,First\nAbrams,Jenna\n", "PACKET_NOT_SEALED"],
    [
      "signed in clear text",
      "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nhello",
      "PACKET_NOT_SEALED",
    ],
    [
      "with a key",
      "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxjME\n-----END PGP PUBLIC KEY BLOCK-----",
      "PACKET_FORMAT",
    ],
    ["whose armour has begun", "-----BEGIN PGP MESS", "PACKET_CUT_SHORT"],
    [
      "with text behind its armour",
      "-----BEGIN PGP MESSAGE-----\n\nxjME\n-----END PGP MESSAGE-----\nhi",
      "PACKET_DAMAGED",
    ],
  ])("%s", async (_, text, code) => {
    expect(await codeOf(open(bytesOf(text)))).toBe(code);
  });

  it("in UTF-16", async () => {
    const utf16 = Buffer.from("\ufeff<TransferPacket/>", "utf16le");
    expect(await codeOf(open(utf16))).toBe("PACKET_NOT_SEALED");
    expect(await codeOf(open(utf16.swap16()))).toBe("PACKET_NOT_SEALED");
  });

  it("of bytes without sense", async () => {
    expect(await codeOf(open(Buffer.from("504b030414000600080000002100", "hex")))).toBe(
      "PACKET_DAMAGED",
    );
  });

  it("that is signed but not encrypted", async () => {
    const inside = Buffer.concat(await signedFrames(aitkin, XML));
    expect(await codeOf(open(inside))).toBe("PACKET_NOT_SEALED");
    expect(await codeOf(open(compressed(2, deflateSync(inside))))).toBe("PACKET_NOT_SEALED");
    expect(await codeOf(open(literal(XML)))).toBe("PACKET_NOT_SEALED");
  });

  it("for another agency, naming the key", async () => {
    const theirs = await seal(bytesOf(XML), {
      signWith: aitkin.secret,
      sealFor: cass.key,
      at: NOON,
    });
    const refused = await open(theirs).catch((error: unknown) => error);
    expect(isRefusal(refused, "PACKET_NOT_FOR_US") && refused.message).toBe(
      `it is sealed for key ${cass.key.parts[1]?.keyId}, which is not ours`,
    );
  });
});

describe("a format that RFC 4880 does not have, or that guards too little, is refused", () => {
  it("with a password", async () => {
    const locked: unknown = await openpgp.encrypt({
      message: await openpgp.createMessage({ text: XML }),
      passwords: "secret",
      format: "binary",
    });
    expect(await codeOf(open(locked as Uint8Array))).toBe("PACKET_FORMAT");
  });

  it("with a password beside our key", async () => {
    const passwordKey = frame(3, Buffer.from("040907", "hex"));
    expect(await codeOf(open(Buffer.concat([passwordKey, sealed])))).toBe("PACKET_FORMAT");
  });

  it("for two recipients", async () => {
    const both: unknown = await openpgp.encrypt({
      message: await openpgp.createMessage({ text: XML }),
      encryptionKeys: await Promise.all(
        [bagley, cass].map(async ({ key }) => await openpgp.readKey({ armoredKey: key.armored })),
      ),
      date: NOON,
      format: "binary",
    });
    expect(await codeOf(open(both as Uint8Array))).toBe("PACKET_FORMAT");
  });

  it.each([
    ["AEAD by GnuPG (OCB, packet 20)", 20, "01090210", "PACKET_FORMAT"],
    ["AEAD by RFC 9580 (SEIPDv2)", 18, "02090210", "PACKET_FORMAT"],
    ["no integrity check", 9, "a1b2c3d4", "PACKET_WEAK"],
    ["a packet nobody knows", 45, "01", "PACKET_FORMAT"],
  ])("with %s", async (_, tag, body, code) => {
    const [sessionKey = Buffer.of()] = split(sealed);
    const file = Buffer.concat([sessionKey, frame(tag, Buffer.from(body.repeat(20), "hex"))]);
    expect(await codeOf(open(file))).toBe(code);
  });

  it("with a session key of version 6", async () => {
    const [sessionKey = Buffer.of(), data = Buffer.of()] = split(sealed);
    const body = Buffer.from(sessionKey.subarray(2));
    body[0] = 6;
    expect(await codeOf(open(Buffer.concat([frame(1, body), data])))).toBe("PACKET_FORMAT");
  });

  it("with 3DES", async () => {
    const inside = Buffer.concat(await signedFrames(aitkin, XML));
    expect(await codeOf(open(await encrypted(inside, bagley, { cipher: "tripledes" })))).toBe(
      "PACKET_WEAK",
    );
  });

  it("with a signature by SHA-1", async () => {
    const config = {
      preferredHashAlgorithm: openpgp.enums.hash.sha1,
      rejectMessageHashAlgorithms: new Set<openpgp.enums.hash>(),
      nonDeterministicSignaturesViaNotation: false,
    };
    const rsa = await openpgp.generateKey({
      type: "rsa",
      rsaBits: 3072,
      userIDs: { name: "Old" },
      date: NOON,
      format: "object",
      config,
    });
    const made: unknown = await openpgp.sign({
      message: await openpgp.createMessage({ binary: Buffer.from(XML) }),
      signingKeys: rsa.privateKey,
      date: NOON,
      format: "binary",
      config,
    });
    const key = await readPublicKey(rsa.publicKey.armor());
    const file = await toBagley(made as Uint8Array);
    expect(await codeOf(open(file, { signer: { ...aitkin, key } }))).toBe("PACKET_WEAK");
  });

  it("with bzip2", async () => {
    expect(await codeOf(open(await toBagley(compressed(3, Buffer.from("BZh9")))))).toBe(
      "PACKET_FORMAT",
    );
  });
});

describe("a packet that did not arrive as it was sent is refused", () => {
  it("wherever it is cut, and waits", async () => {
    for (let at = 1; at < sealed.length; at += 7) {
      expect([at, await codeOf(open(sealed.subarray(0, at)))]).toEqual([at, "PACKET_CUT_SHORT"]);
    }
    const text = armored(sealed);
    for (let at = 40; at < text.length - 1; at += 31) {
      expect([at, await codeOf(open(text.subarray(0, at)))]).toEqual([at, "PACKET_CUT_SHORT"]);
    }
  });

  it("whichever byte was changed", async () => {
    const codes = new Set<string>();
    for (let at = 0; at < sealed.length; at += 5) {
      const altered = Uint8Array.from(sealed);
      altered[at] = (altered[at] ?? 0) ^ 0x20;
      codes.add(await codeOf(open(altered)));
    }
    expect([...codes]).not.toContain("nothing was refused");
    expect([...codes]).toContain("PACKET_DAMAGED");
  });

  it("with a broken integrity check around a good signature", async () => {
    const inside = Buffer.concat(await signedFrames(aitkin, XML));
    expect(await codeOf(open(await encrypted(inside, bagley, { breakCheck: true })))).toBe(
      "PACKET_DAMAGED",
    );
  });

  it.each([
    ["a line break", () => bytesOf("\n")],
    ["another packet", () => sealed],
    ["a frame that has begun", () => Buffer.of(0xd2, 0xff)],
    ["a signature", () => frame(2, Buffer.alloc(20))],
  ])("with %s behind it", async (_, more) => {
    const code = await codeOf(open(Buffer.concat([sealed, more()])));
    expect(["PACKET_DAMAGED", "PACKET_FORMAT"]).toContain(code);
  });

  it("with other content under the same signature", async () => {
    const [header, , signature] = await signedFrames(aitkin, XML);
    expect(await codeOf(open(await toBagley(header, literal("<Other/>"), signature)))).toBe(
      "PACKET_DAMAGED",
    );
  });

  it("with broken compression, or something behind it", async () => {
    const packed = deflateSync(Buffer.concat(await signedFrames(aitkin, XML)));
    expect(await codeOf(open(await toBagley(compressed(2, packed.subarray(0, -9)))))).toBe(
      "PACKET_DAMAGED",
    );
    const two = await toBagley(compressed(2, packed), compressed(2, packed));
    expect(await codeOf(open(two))).toBe("PACKET_FORMAT");
  });
});

describe("a packet without exactly one signature is refused", () => {
  it("with none", async () => {
    expect(await codeOf(open(await toBagley(literal(XML))))).toBe("PACKET_NOT_SIGNED");
  });

  it("with two", async () => {
    const [header, content, signature] = await signedFrames(aitkin, XML);
    const [header2, , signature2] = await signedFrames(cass, XML);
    const both = [header2, header, content, signature, signature2];
    expect(await codeOf(open(await toBagley(...both)))).toBe("PACKET_SIGNATURES");
    expect(await codeOf(open(await toBagley(signature2, header, content, signature)))).toBe(
      "PACKET_SIGNATURES",
    );
    expect(await codeOf(open(await toBagley(signature, signature2, content)))).toBe(
      "PACKET_SIGNATURES",
    );
  });

  it("with one that has no end, or no beginning", async () => {
    const [header, content, signature] = await signedFrames(aitkin, XML);
    expect(await codeOf(open(await toBagley(header, content)))).toBe("PACKET_DAMAGED");
    expect(await codeOf(open(await toBagley(content, signature)))).toBe("PACKET_DAMAGED");
  });

  it("with one of a version nobody knows", async () => {
    const [header, content] = await signedFrames(aitkin, XML);
    const unknown = frame(2, Buffer.from("03050069000000", "hex"));
    expect(await codeOf(open(await toBagley(header, content, unknown)))).toBe("PACKET_SIGNATURES");
  });

  it("with a signature over two contents, or over a compressed or sealed one", async () => {
    const [header, content, signature] = await signedFrames(aitkin, XML);
    expect(await codeOf(open(await toBagley(header, content, content, signature)))).toBe(
      "PACKET_DAMAGED",
    );
    const packed = compressed(2, deflateSync(content));
    expect(await codeOf(open(await toBagley(header, packed, signature)))).toBe("PACKET_FORMAT");
    expect(await codeOf(open(await toBagley(sealed)))).toBe("PACKET_DAMAGED");
  });

  it.each([
    ["parts that nobody knows", Buffer.of(0xfc, 0)],
    ["markers", frame(10, bytesOf("PGP"))],
    ["paddings", Buffer.of(0xd5, 0)],
  ])("at once, with a million %s, sealed or packed", async (_, part) => {
    const many = Buffer.alloc(1_000_000 * part.length, part);
    for (const inside of [many, compressed(2, deflateSync(many))]) {
      const file = await toBagley(inside);
      const before = process.threadCpuUsage();
      expect(await codeOf(open(file, { maxBytes: 10_000_000 }))).toBe("PACKET_FORMAT");
      const { user, system } = process.threadCpuUsage(before);
      expect((user + system) / 1000).toBeLessThan(1000);
    }
  });

  it("packed twice", async () => {
    const inside = Buffer.concat(await signedFrames(aitkin, XML));
    const twice = compressed(2, deflateSync(compressed(2, deflateSync(inside))));
    expect(await codeOf(open(await toBagley(twice)))).toBe("PACKET_FORMAT");
  });

  it("with a signature over text of any line ends", async () => {
    const made: unknown = await openpgp.sign({
      message: await openpgp.createMessage({ text: XML }),
      signingKeys: await openpgp.readPrivateKey({ armoredKey: aitkin.armoredSecret }),
      date: NOON,
      format: "binary",
    });
    expect(await codeOf(open(await toBagley(made as Uint8Array)))).toBe("PACKET_SIGNATURES");
  });
});

describe("a signature is refused", () => {
  it("by another agency's key, which is named", async () => {
    const refused = await open(sealed, { signer: cass }).catch((error: unknown) => error);
    expect(isRefusal(refused, "PACKET_UNKNOWN_SIGNER") && refused.facts).toEqual({
      keyId: aitkin.key.fingerprint.slice(-16),
    });
  });

  it("that names one key and was made by another", async () => {
    const [header, content, signature] = await signedFrames(cass, XML);
    const renamed = (part: Buffer): Buffer => {
      const [from, to] = [cass, aitkin].map(({ key }) => Buffer.from(key.fingerprint, "hex"));
      const copy = Buffer.from(part);
      for (const length of [20, 8]) {
        const at = copy.indexOf(from?.subarray(-length) ?? "");
        if (at >= 0) to?.subarray(-length).copy(copy, at);
      }
      return copy;
    };
    const forged = await toBagley(renamed(header), content, renamed(signature));
    const opened = await unseal(forged, { ourKeys: [bagley.secret], maxBytes: 10_000 });
    expect(opened.issuer.keyId).toBe(aitkin.key.fingerprint.slice(-16));
    expect(await codeOf(open(forged))).toBe("PACKET_DAMAGED");
  });

  it("older than its key", async () => {
    const late = await agency("2700108", "Late", { at: NOON });
    const before = { ...late.key, created: minutesAfter(NOON, 1) };
    const file = await seal(bytesOf(XML), { signWith: late.secret, sealFor: bagley.key, at: NOON });
    expect(await open(file, { signer: late })).toBe(XML);
    expect(await codeOf(open(file, { signer: { ...late, key: before } }))).toBe(
      "PACKET_SIGNED_AT_WRONG_TIME",
    );
  });

  it("made after its key expired, or with a revoked one, but not if the key expired since", async () => {
    const old = await agency("2700108", "Old", { expires: daysAfter(NOON, 1) });
    const file = await seal(bytesOf(XML), { signWith: old.secret, sealFor: bagley.key, at: NOON });
    expect(await open(file, { signer: old, at: daysAfter(NOON, 3) })).toBe(XML);
    const shorter = { ...old.key, expires: NOON };
    expect(await codeOf(open(file, { signer: { ...old, key: shorter } }))).toBe("KEY_EXPIRED");
    const revoked = { ...old.key, revoked: true };
    expect(await codeOf(open(file, { signer: { ...old, key: revoked } }))).toBe("KEY_REVOKED");
  });

  it("never for being dated in the future: the caller knows what the packet says", async () => {
    const file = await seal(bytesOf(XML), {
      signWith: aitkin.secret,
      sealFor: bagley.key,
      at: daysAfter(NOON, 2),
    });
    const opened = await unseal(file, { ourKeys: [bagley.secret], maxBytes: 10_000 });
    expect((await opened.verify(aitkin.key, NOON)).signedAt).toEqual(daysAfter(NOON, 2));
  });
});

describe("a packet that its recipient seals again for a third district", () => {
  it("with the signature kept is refused, for the signature names its recipient", async () => {
    const [header, content, signature] = await signedFrames(aitkin, XML, { recipient: cass });
    const forwarded = await toBagley(header, content, signature);
    const refused = await open(forwarded).catch((error: unknown) => error);
    expect(isRefusal(refused, "PACKET_NOT_FOR_US") && refused.facts).toMatchObject({
      intendedFor: [cass.key.fingerprint],
    });
  });

  it("by our own seal is refused in the same way", async () => {
    const forCass = await seal(bytesOf(XML), {
      signWith: aitkin.secret,
      sealFor: cass.key,
      at: NOON,
    });
    expect(await codeOf(open(await toBagley(await insideOf(cass, forCass))))).toBe(
      "PACKET_NOT_FOR_US",
    );
  });

  it("is refused, too, when the recipient is named as newer tools do it", async () => {
    const forUs = await handSigned(aitkin, XML, { recipient: bagley.key.fingerprint });
    expect(await open(await toBagley(...forUs))).toBe(XML);
    const forCass = await handSigned(aitkin, XML, { recipient: cass.key.fingerprint });
    expect(await codeOf(open(await toBagley(...forCass)))).toBe("PACKET_NOT_FOR_US");
  });

  it("with a signature of its own carries that one, and not the first sender's", async () => {
    const again = await seal(bytesOf(XML), {
      signWith: cass.secret,
      sealFor: bagley.key,
      at: NOON,
    });
    expect(await codeOf(open(again))).toBe("PACKET_UNKNOWN_SIGNER");
    const opened = await unseal(again, { ourKeys: [bagley.secret], maxBytes: 10_000 });
    expect(opened.issuer.fingerprint).toBe(cass.key.fingerprint);
  });
});
