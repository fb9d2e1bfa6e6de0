import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sealFile, surveyFile, unsealFile } from "../../daemon/keys/attachment.ts";
import { type PrivateKey, readPrivateKey } from "../../daemon/keys/key.ts";
import { seal, signInline } from "../../daemon/keys/seal.ts";
import { readSigned } from "../../daemon/keys/signed.ts";
import { unseal } from "../../daemon/keys/unseal.ts";
import { Gpg, gpgVersion } from "./gpg.ts";
import { type Agency, agency, bytesOf, codeOf, daysAfter, textOf } from "./people.ts";

const version = gpgVersion();
if (version === null) process.stderr.write("SKIPPED: gpg is not installed, so nothing is proved\n");

const XML = `<TransferPacket>\n${"  <Name>Zoë “O’Neill”</Name>\n".repeat(50)}</TransferPacket>\n`;

/** A district that works with gpg, and what packetboat would do with its key. */
interface Stranger {
  readonly fingerprint: string;
  readonly secret: PrivateKey;
}

describe.skipIf(version === null)("gpg", () => {
  const now = new Date();
  let gpg: Gpg;
  let us: Agency;
  const strangers = new Map<string, Stranger>();

  beforeAll(async () => {
    gpg = await Gpg.start();
    us = await agency("2700105", "Aitkin", { at: daysAfter(now, -1) });
    await gpg.import(us.key.armored);
    const theirs = await agency("2700106", "Bagley", { at: daysAfter(now, -1) });
    await gpg.import(theirs.armoredSecret);
    strangers.set("default", { fingerprint: theirs.key.fingerprint, secret: theirs.secret });
    const rsa = await gpg.generate("Cass Lake", ["rsa3072", "rsa3072"]);
    strangers.set("RSA-3072", {
      fingerprint: rsa,
      secret: await readPrivateKey(await gpg.exported(rsa, "--export-secret-keys")),
    });
    const subkey = await gpg.generate("Deer River", ["ed25519", "cv25519"]);
    await gpg.addSubkey(subkey, "ed25519", "sign");
    strangers.set("subkey-signing", {
      fingerprint: subkey,
      secret: await readPrivateKey(await gpg.exported(subkey, "--export-secret-keys")),
    });
  }, 60_000);
  afterAll(async () => {
    await gpg.stop();
  });

  const stranger = (kind: string): Stranger => {
    const found = strangers.get(kind);
    if (!found) throw new Error(`no stranger with a key of kind ${kind}`);
    return found;
  };

  /** The id of the part that signs. */
  const signerIn = ({ publicKey }: PrivateKey): string =>
    publicKey.parts.findLast(({ signs }) => signs)?.keyId ?? "none";

  /** gpg signs with a stranger's key and seals for us. */
  const gpgSeals = async (kind: string, ...flags: string[]): Promise<Buffer> => {
    const who = ["--local-user", stranger(kind).fingerprint, "--recipient", us.key.fingerprint];
    return (await gpg.run([...who, ...flags, "--sign", "--encrypt"], XML)).bytes;
  };

  const weOpen = async (file: Uint8Array, kind: string): Promise<string> => {
    const opened = await unseal(file, { ourKeys: [us.secret], maxBytes: 100_000 });
    return textOf((await opened.verify(stranger(kind).secret.publicKey, new Date())).content);
  };

  describe.each(["default", "RSA-3072", "subkey-signing"])("with a %s key", (kind) => {
    it.each([
      ["binary", []],
      ["armoured", ["--armor"]],
      ["uncompressed", ["--compress-algo", "none"]],
      ["compressed with zip", ["--compress-algo", "zip"]],
      ["as RFC 4880 has it", ["--rfc4880"]],
      ["without a key id", ["--throw-keyids"]],
    ])("seals what opens here, %s", async (_, flags) => {
      expect(await weOpen(await gpgSeals(kind, ...flags), kind)).toBe(XML);
    });

    it.each([
      ["a small packet", XML],
      ["one that is sealed in pieces", XML.repeat(1000)],
    ])("opens what is sealed here, with a good signature: %s", async (_, content) => {
      const { fingerprint, secret } = stranger(kind);
      const sealed = await seal(bytesOf(content), {
        signWith: us.secret,
        sealFor: secret.publicKey,
        at: now,
      });
      const { bytes, status } = await gpg.run(["--decrypt"], sealed);
      expect(textOf(bytes)).toBe(content);
      expect(status).toContain("DECRYPTION_OKAY");
      expect(status).toContain(`GOODSIG ${us.key.fingerprint.slice(-16)} Aitkin (2700105)`);
      expect(status).toContain(`NOTATION_DATA ${fingerprint}`);
      expect(status.match(/VALIDSIG/g)).toHaveLength(1);
    });

    it("opens what was sealed here with such a key, signature good", async () => {
      const { secret } = stranger(kind);
      const sealed = await seal(bytesOf(XML), {
        signWith: secret,
        sealFor: secret.publicKey,
        at: new Date(),
      });
      const { bytes, status } = await gpg.run(["--decrypt"], sealed);
      expect(textOf(bytes)).toBe(XML);
      expect(status).toContain(`GOODSIG ${signerIn(secret)}`);
      const opened = await unseal(sealed, { ourKeys: [secret], maxBytes: 100_000 });
      expect(textOf((await opened.verify(secret.publicKey, new Date())).content)).toBe(XML);
    });

    it("verifies a document that was signed here, and signs one that is read here", async () => {
      const { fingerprint, secret } = stranger(kind);
      const ours = await signInline(XML, { signWith: secret, at: new Date() });
      const { bytes, status } = await gpg.run(["--decrypt"], ours);
      expect(textOf(bytes)).toBe(XML);
      expect(status).toContain(`GOODSIG ${signerIn(secret)}`);
      const theirs = await gpg.run(["--armor", "--local-user", fingerprint, "--sign"], XML);
      const unverified = await readSigned(theirs.bytes, { maxBytes: 100_000 });
      expect(textOf((await unverified.verify(secret.publicKey, new Date())).content)).toBe(XML);
    });

    it("exchanges attachments both ways", async () => {
      const folder = await mkdtemp(join(tmpdir(), "attachment-"));
      const at = (name: string): string => join(folder, name);
      const { secret } = stranger(kind);
      await writeFile(at("theirs"), await gpgSeals(kind));
      const by = { signer: secret.publicKey, at: new Date(), maxBytes: 100_000 };
      await unsealFile(await surveyFile(at("theirs")), at("opened"), {
        ourKeys: [us.secret],
        ...by,
      });
      const sealing = { signWith: us.secret, sealFor: secret.publicKey, at: now };
      await sealFile({ from: at("opened"), to: at("ours") }, sealing);
      const { bytes, status } = await gpg.run(["--decrypt"], await readFile(at("ours")));
      expect(textOf(bytes)).toBe(XML);
      expect(status).toContain(`GOODSIG ${us.key.fingerprint.slice(-16)}`);
      const back = { ourKeys: [secret], signer: us.key, at: now, maxBytes: 100_000 };
      await unsealFile(await surveyFile(at("ours")), at("again"), back);
      expect(await readFile(at("again"), "utf8")).toBe(XML);
      await rm(folder, { recursive: true });
    });
  });

  it.each([
    ["PACKET_WEAK", "3DES", ["--cipher-algo", "3DES", "--allow-weak-digest-algos"]],
    ["PACKET_WEAK", "SHA-1", ["--digest-algo", "SHA1"]],
    ["PACKET_FORMAT", "bzip2", ["--compress-algo", "bzip2"]],
    ["PACKET_SIGNATURES", "a signature over text", ["--textmode"]],
    ["PACKET_FORMAT", "a password beside our key", ["--symmetric", "--passphrase", "x"]],
  ])("is answered %s when told to use %s", async (code, _, flags) => {
    expect(await codeOf(weOpen(await gpgSeals("RSA-3072", ...flags), "RSA-3072"))).toBe(code);
  });

  it("may let a signature expire, and it does", async () => {
    const sealed = await gpgSeals("default", "--default-sig-expire", "1d");
    const opened = await unseal(sealed, { ourKeys: [us.secret], maxBytes: 100_000 });
    const signer = stranger("default").secret.publicKey;
    expect(textOf((await opened.verify(signer, new Date())).content)).toBe(XML);
    const later = opened.verify(signer, daysAfter(now, 2));
    expect(await codeOf(later)).toBe("PACKET_SIGNED_AT_WRONG_TIME");
  });

  it("is answered by name for two signers, two recipients, none, and clear text", async () => {
    const [one, two] = ["default", "RSA-3072"].map((kind) => stranger(kind).fingerprint);
    const forUs = ["--recipient", us.key.fingerprint];
    const codeFor = async (...args: string[]): Promise<string> =>
      await codeOf(weOpen((await gpg.run(args, XML)).bytes, "default"));
    const signedBy = (key = ""): string[] => ["--local-user", key];
    expect(await codeFor(...signedBy(one), ...signedBy(two), ...forUs, "-se")).toBe(
      "PACKET_SIGNATURES",
    );
    expect(await codeFor(...signedBy(one), ...forUs, "-r", two ?? "", "-se")).toBe("PACKET_FORMAT");
    expect(await codeFor(...forUs, "--encrypt")).toBe("PACKET_NOT_SIGNED");
    expect(await codeFor("--recipient", one ?? "", "--encrypt")).toBe("PACKET_NOT_FOR_US");
    expect(await codeFor(...signedBy(one), "--sign")).toBe("PACKET_NOT_SEALED");
    expect(await codeFor(...signedBy(one), "--clear-sign")).toBe("PACKET_NOT_SEALED");
  });
});
