import { randomBytes } from "node:crypto";
import * as openpgp from "openpgp";
import { beforeAll, describe, expect, it } from "vitest";
import { readPrivateKey, readPublicKey } from "../../daemon/keys/key.ts";
import { seal, signInline } from "../../daemon/keys/seal.ts";
import { readSigned } from "../../daemon/keys/signed.ts";
import { unseal } from "../../daemon/keys/unseal.ts";
import { split } from "./crafted.ts";
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

const XML = "<TransferPacket>\n  <Name>Zoë “O’Neill”</Name>\r\n\0</TransferPacket>\n";

let aitkin: Agency;
let bagley: Agency;
beforeAll(async () => {
  aitkin = await agency("2700105", "Aitkin");
  bagley = await agency("2700106", "Bagley");
});

/** What another program sees when it opens the seal. */
async function insideOf(sealed: Uint8Array, reader: Agency) {
  const message = await openpgp.readMessage({ binaryMessage: sealed });
  const decryptionKeys = await openpgp.readPrivateKey({ armoredKey: reader.armoredSecret });
  const [sessionKey] = await openpgp.decryptSessionKeys({
    message: await openpgp.readMessage({ binaryMessage: sealed }),
    decryptionKeys,
  });
  const { signatures, filename } = await openpgp.decrypt({
    message,
    decryptionKeys,
    format: "binary",
  });
  const [signature] = await Promise.all(
    signatures.map(async (each) => (await each.signature).packets[0]),
  );
  return { cipher: sessionKey?.algorithm, signatures, signature, filename };
}

describe("sealing", () => {
  it("gives back the same bytes, and who signed them when", async () => {
    const sealed = await seal(bytesOf(XML), {
      signWith: aitkin.secret,
      sealFor: bagley.key,
      at: NOON,
    });
    const opened = await unseal(sealed, { ourKeys: [bagley.secret], maxBytes: 1000 });
    expect(opened.issuer).toEqual({
      keyId: aitkin.key.fingerprint.slice(-16),
      fingerprint: aitkin.key.fingerprint,
    });
    const verified = await opened.verify(aitkin.key, NOON);
    expect(textOf(verified.content)).toBe(XML);
    expect(verified).toMatchObject({ signer: aitkin.key.fingerprint, signedAt: NOON });
  });

  it.each([
    ["as long as one piece", 256 * 1024],
    ["longer by a byte", 256 * 1024 + 1],
    ["of eight megabytes", 8 * 1024 * 1024],
  ])("gives back the same bytes of a content %s", async (_, length) => {
    const content = randomBytes(length);
    const sealing = { signWith: aitkin.secret, sealFor: bagley.key, at: NOON };
    const sealed = await seal(content, sealing);
    const opened = await unseal(sealed, { ourKeys: [bagley.secret], maxBytes: length });
    expect(content.equals((await opened.verify(aitkin.key, NOON)).content)).toBe(true);
    const { cipher, signatures } = await insideOf(sealed, bagley);
    expect([cipher, signatures.length]).toEqual(["aes256", 1]);
  });

  it("keeps the content out of reach until the signature was proved", async () => {
    const sealed = await seal(bytesOf(XML), {
      signWith: aitkin.secret,
      sealFor: bagley.key,
      at: NOON,
    });
    const opened = await unseal(sealed, { ourKeys: [bagley.secret], maxBytes: 1000 });
    expect(Object.keys(opened).toSorted()).toEqual(["isBy", "issuer", "signedAt", "verify"]);
    expect(await codeOf(opened.verify(bagley.key, NOON))).toBe("PACKET_UNKNOWN_SIGNER");
  });

  it("uses AES-256, one signature with SHA-512, and names the recipient uncritically", async () => {
    const sealed = await seal(bytesOf(XML), {
      signWith: aitkin.secret,
      sealFor: bagley.key,
      at: NOON,
    });
    const { cipher, signatures, signature, filename } = await insideOf(sealed, bagley);
    expect(cipher).toBe("aes256");
    expect(signatures).toHaveLength(1);
    expect(signature?.hashAlgorithm).toBe(openpgp.enums.hash.sha512);
    expect(filename).toBeNull();
    const notation = signature?.rawNotations.find(({ name }) =>
      name.startsWith("intended-recipient@"),
    );
    expect(notation).toMatchObject({ critical: false, humanReadable: true });
    expect(textOf(notation?.value ?? new Uint8Array())).toBe(bagley.key.fingerprint);
  });

  it("stays with SEIPDv1 and AES-256, whatever the recipient's key prefers", async () => {
    const { publicKey, privateKey } = await openpgp.generateKey({
      type: "ecc",
      userIDs: { name: "Modern" },
      date: NOON,
      config: { aeadProtect: true, preferredSymmetricAlgorithm: openpgp.enums.symmetric.aes128 },
    });
    const key = await readPublicKey(publicKey);
    const sealed = await seal(bytesOf(XML), { signWith: aitkin.secret, sealFor: key, at: NOON });
    expect(split(sealed).map((part) => part[0])).toEqual([0xc1, 0xd2]);
    expect(await insideOf(sealed, { ...bagley, armoredSecret: privateKey })).toMatchObject({
      cipher: "aes256",
    });
  });

  it("does not compress: what is under the seal is the content as it is", async () => {
    const text = "a".repeat(15_000);
    const sealed = await seal(bytesOf(text), {
      signWith: aitkin.secret,
      sealFor: bagley.key,
      at: NOON,
    });
    const message = await openpgp.readMessage({ binaryMessage: sealed });
    const decryptionKeys = await openpgp.readPrivateKey({ armoredKey: bagley.armoredSecret });
    const { packets } = await message.decrypt([decryptionKeys]);
    const tags = packets.map(({ constructor }) => (constructor as typeof openpgp.BasePacket).tag);
    // Neither is compressedData. Sizes are not compared: a signature of a small number is a byte shorter.
    expect(tags).toEqual([openpgp.enums.packet.onePassSignature, openpgp.enums.packet.literalData]);
    expect(sealed.length).toBeGreaterThan(text.length);
  });

  it("never gives the same file twice", async () => {
    const both = await Promise.all(
      [1, 2].map(
        async () =>
          await seal(bytesOf(XML), { signWith: aitkin.secret, sealFor: bagley.key, at: NOON }),
      ),
    );
    expect(both[0]).not.toEqual(both[1]);
  });

  it.each([
    ["the recipient's", "sealFor"],
    ["our own", "signWith"],
  ])("is refused with %s key once it expired", async (_, whose) => {
    const old = await agency("2700107", "Old", { expires: daysAfter(NOON, 1) });
    const sealing = {
      signWith: whose === "signWith" ? old.secret : aitkin.secret,
      sealFor: whose === "sealFor" ? old.key : bagley.key,
    };
    await seal(bytesOf(XML), { ...sealing, at: minutesAfter(NOON, 1439) });
    expect(await codeOf(seal(bytesOf(XML), { ...sealing, at: daysAfter(NOON, 1) }))).toBe(
      "KEY_EXPIRED",
    );
  });

  it("is done for a key made nine minutes from now, as clocks differ, and waits for a later one", async () => {
    const ahead = await agency("2700107", "Ahead", { at: minutesAfter(NOON, 9) });
    const sealed = await seal(bytesOf(XML), {
      signWith: aitkin.secret,
      sealFor: ahead.key,
      at: NOON,
    });
    const opened = await unseal(sealed, { ourKeys: [ahead.secret], maxBytes: 1000 });
    expect(opened.signedAt).toEqual(NOON);
    const tomorrow = await agency("2700107", "Tomorrow", { at: daysAfter(NOON, 1) });
    const early = seal(bytesOf(XML), { signWith: aitkin.secret, sealFor: tomorrow.key, at: NOON });
    expect(await codeOf(early)).toBe("KEY_EXPIRED");
  });

  it("is done for a key that was prolonged by a clock ahead of ours", async () => {
    const { privateKey } = await openpgp.reformatKey({
      privateKey: await openpgp.readPrivateKey({ armoredKey: bagley.armoredSecret }),
      userIDs: { name: "Bagley" },
      date: minutesAfter(NOON, 60),
    });
    const prolonged = await readPrivateKey(privateKey);
    const sealFor = prolonged.publicKey;
    const sealed = await seal(bytesOf(XML), { signWith: aitkin.secret, sealFor, at: NOON });
    const opened = await unseal(sealed, { ourKeys: [bagley.secret], maxBytes: 1000 });
    expect(textOf((await opened.verify(aitkin.key, NOON)).content)).toBe(XML);

    // What it signed before stays good.
    const before = await seal(bytesOf(XML), {
      signWith: bagley.secret,
      sealFor: aitkin.key,
      at: NOON,
    });
    const read = await unseal(before, { ourKeys: [aitkin.secret], maxBytes: 1000 });
    expect((await read.verify(sealFor, NOON)).signer).toBe(bagley.key.fingerprint);
  });

  it("dates a signature by the key when our clock was set back a little, and refuses a lot", async () => {
    const made = await agency("2700107", "Set back", { at: minutesAfter(NOON, 9) });
    const signed = await signInline(XML, { signWith: made.secret, at: NOON });
    const { signedAt } = await readSigned(signed, { maxBytes: 1000 });
    expect(signedAt).toEqual(minutesAfter(NOON, 9));
    const early = signInline(XML, { signWith: made.secret, at: minutesAfter(NOON, -2) });
    expect(await codeOf(early)).toBe("KEY_EXPIRED");
  });

  it("takes the newest subkey that has not expired", async () => {
    const { publicKey, privateKey } = await openpgp.generateKey({
      type: "ecc",
      userIDs: { name: "Rotating" },
      date: daysAfter(NOON, -9),
      subkeys: [{ keyExpirationTime: 24 * 3600 }, {}],
    });
    const sealFor = await readPublicKey(publicKey);
    const ours = await readPrivateKey(privateKey);
    const recipientAt = async (at: Date): Promise<string> =>
      Buffer.from(split(await seal(bytesOf(XML), { signWith: ours, sealFor, at }))[0] ?? "")
        .subarray(3, 11)
        .toString("hex")
        .toUpperCase();
    expect(await recipientAt(NOON)).toBe(sealFor.parts[2]?.keyId);
    expect(await recipientAt(daysAfter(NOON, -8.5))).toBe(sealFor.parts[1]?.keyId);
  });

  it("is refused for a revoked key, and so is signing with one", async () => {
    const revoked = { ...bagley.key, revoked: true };
    expect(
      await codeOf(seal(bytesOf(XML), { signWith: aitkin.secret, sealFor: revoked, at: NOON })),
    ).toBe("KEY_REVOKED");
    const signWith = { publicKey: { ...aitkin.key, revoked: true } };
    expect(await codeOf(signInline(XML, { signWith, at: NOON }))).toBe("KEY_REVOKED");
  });
});
