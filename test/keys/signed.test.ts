import { deflateSync } from "node:zlib";
import * as openpgp from "openpgp";
import { beforeAll, describe, expect, it } from "vitest";
import { readPublicKey } from "../../daemon/keys/key.ts";
import { seal, signInline } from "../../daemon/keys/seal.ts";
import { readSigned } from "../../daemon/keys/signed.ts";
import { frame, insideOf, literal, handSigned, signedFrames } from "./crafted.ts";
import { type Agency, agency, bytesOf, codeOf, NOON, textOf } from "./people.ts";

const REQUEST = '<TransferRequest xmlns="urn:packetboat:transfer:1">Zoë\n</TransferRequest>\n';

let aitkin: Agency;
let bagley: Agency;
let signed: string;
beforeAll(async () => {
  aitkin = await agency("2700105", "Aitkin");
  bagley = await agency("2700106", "Bagley");
  signed = await signInline(REQUEST, { signWith: aitkin.secret, at: NOON });
});

async function read(input: string | Uint8Array, maxBytes = 10_000): Promise<string> {
  const unverified = await readSigned(input, { maxBytes });
  return textOf((await unverified.verify(aitkin.key, NOON)).content);
}

describe("a signed document", () => {
  it("is read back to the byte, with its signer and time", async () => {
    const unverified = await readSigned(signed, { maxBytes: 10_000 });
    expect(unverified.issuer.fingerprint).toBe(aitkin.key.fingerprint);
    const verified = await unverified.verify(aitkin.key, NOON);
    expect(textOf(verified.content)).toBe(REQUEST);
    expect(verified).toMatchObject({ signer: aitkin.key.fingerprint, signedAt: NOON });
  });

  it("fits into an XML leaf: no white space around it, no carriage return, no markup", () => {
    expect(signed).toMatch(
      /^-----BEGIN PGP MESSAGE-----\n\n[A-Za-z0-9+/=\n]+\n-----END PGP MESSAGE-----$/,
    );
  });

  it("is read with other line ends, as bytes, and compressed", async () => {
    const frames = Buffer.concat(await signedFrames(aitkin, REQUEST));
    const packed = frame(8, Buffer.concat([Buffer.of(2), deflateSync(frames)]));
    for (const form of [signed.replaceAll("\n", "\r\n"), bytesOf(signed), frames, packed]) {
      expect(await read(form)).toBe(REQUEST);
    }
  });

  it("that carries its own key gives up its text unproved, to be proved with that key", async () => {
    const card = await signInline(aitkin.key.armored, { signWith: aitkin.secret, at: NOON });
    const unverified = await readSigned(card, { maxBytes: 10_000 });
    const key = await readPublicKey(unverified.unverifiedContent());
    expect(textOf((await unverified.verify(key, NOON)).content)).toBe(aitkin.key.armored);
  });
});

describe("a signed document is refused", () => {
  it("with a key that did not sign it", async () => {
    const unverified = await readSigned(signed, { maxBytes: 10_000 });
    expect(await codeOf(unverified.verify(bagley.key, NOON))).toBe("PACKET_UNKNOWN_SIGNER");
  });

  it("wherever it is cut or changed", async () => {
    for (let at = 0; at < signed.length; at += 23) {
      expect([at, await codeOf(read(signed.slice(0, at)))]).toEqual([at, "PACKET_DAMAGED"]);
    }
    const frames = Buffer.concat(await signedFrames(aitkin, REQUEST));
    const codes = new Set<string>();
    for (let at = 0; at < frames.length; at += 3) {
      const altered = Buffer.from(frames);
      altered[at] = (altered[at] ?? 0) ^ 1;
      codes.add(await codeOf(read(altered)));
    }
    expect([...codes]).toContain("PACKET_DAMAGED");
  });

  it("with a second document behind it", async () => {
    const frames = Buffer.concat(await signedFrames(aitkin, REQUEST));
    expect(await codeOf(read(Buffer.concat([frames, frames])))).toBe("PACKET_DAMAGED");
    expect(await codeOf(read(signed + signed))).toBe("PACKET_DAMAGED");
  });

  it("without a signature, or with two", async () => {
    const [header, content, signature] = await signedFrames(aitkin, REQUEST);
    const [header2, , signature2] = await signedFrames(bagley, REQUEST);
    expect(await codeOf(read(literal(REQUEST)))).toBe("PACKET_NOT_SIGNED");
    const two = Buffer.concat([header2, header, content, signature, signature2]);
    expect(await codeOf(read(two))).toBe("PACKET_SIGNATURES");
  });

  it("when it is sealed, or signed in clear text", async () => {
    const sealed = await seal(bytesOf(REQUEST), {
      signWith: aitkin.secret,
      sealFor: bagley.key,
      at: NOON,
    });
    expect(await codeOf(read(sealed))).toBe("PACKET_FORMAT");
    const clear = await openpgp.sign({
      message: await openpgp.createCleartextMessage({ text: REQUEST }),
      signingKeys: await openpgp.readPrivateKey({ armoredKey: aitkin.armoredSecret }),
      date: NOON,
    });
    expect(await codeOf(read(clear))).toBe("PACKET_FORMAT");
  });

  it("when its signature was made for a sealed file, and taken out of that by its reader", async () => {
    const sealed = await seal(bytesOf(REQUEST), {
      signWith: aitkin.secret,
      sealFor: bagley.key,
      at: NOON,
    });
    const unsealed = await insideOf(bagley, sealed);
    const armored = openpgp.armor(openpgp.enums.armor.message, unsealed);
    expect(await codeOf(read(unsealed))).toBe("PACKET_FORMAT");
    expect(await codeOf(read(armored))).toBe("PACKET_FORMAT");
    const newer = await handSigned(aitkin, REQUEST, { recipient: bagley.key.fingerprint });
    expect(await codeOf(read(Buffer.concat(newer)))).toBe("PACKET_FORMAT");
  });

  it("when it holds more than it may, also compressed", async () => {
    expect(await read(signed, bytesOf(REQUEST).length)).toBe(REQUEST);
    expect(await codeOf(read(signed, bytesOf(REQUEST).length - 1))).toBe("PACKET_TOO_BIG");
    const bomb = deflateSync(Buffer.concat(await signedFrames(aitkin, "a".repeat(3_000_000))));
    const packed = frame(8, Buffer.concat([Buffer.of(2), bomb]));
    expect(await codeOf(read(packed, 1_000_000))).toBe("PACKET_TOO_BIG");
    expect(await codeOf(read("-----BEGIN PGP MESSAGE-----".padEnd(40_000), 1000))).toBe(
      "PACKET_TOO_BIG",
    );
  });

  it("when it is no OpenPGP at all", async () => {
    expect(await codeOf(read(REQUEST))).toBe("PACKET_DAMAGED");
    expect(await codeOf(read(""))).toBe("PACKET_DAMAGED");
  });
});
