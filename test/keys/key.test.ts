import { inspect } from "node:util";
import * as openpgp from "openpgp";
import { beforeAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../daemon/errors.ts";
import { readPrivateKey, readPublicKey } from "../../daemon/keys/key.ts";
import { standingOf } from "../../daemon/keys/standing.ts";
import { type Agreement, withKeyOf } from "./bound.ts";
import { frame, split } from "./crafted.ts";
import { type Agency, agency, codeOf, daysAfter, minutesAfter, NOON } from "./people.ts";

type Unusual = Partial<Parameters<typeof openpgp.generateKey>[0]>;

/** A key pair that packetboat would not make. */
async function unusual(options: Unusual): Promise<{ publicKey: string; privateKey: string }> {
  const { publicKey, privateKey } = await openpgp.generateKey({
    type: "ecc",
    userIDs: { name: "Unusual" },
    date: NOON,
    ...options,
    format: "armored",
  });
  return { publicKey, privateKey };
}

const binary = async (armored: string): Promise<Uint8Array> =>
  (await openpgp.readKey({ armoredKey: armored })).write();

let aitkin: Agency;
beforeAll(async () => {
  aitkin = await agency("2700105", "Aitkin Public School District");
});

describe("a new key", () => {
  it("is Ed25519 and Curve25519, version 4, and says whose it is", () => {
    const [primary, subkey] = aitkin.key.parts;
    expect(aitkin.key.name).toBe("Aitkin Public School District (2700105)");
    expect(aitkin.key.fingerprint).toMatch(/^[0-9A-F]{40}$/);
    expect(primary).toMatchObject({ version: 4, curve: "ed25519Legacy", signs: true });
    expect(subkey).toMatchObject({ version: 4, curve: "curve25519Legacy", encrypts: true });
  });

  it("asks nobody for AEAD", async () => {
    const key = await openpgp.readKey({ armoredKey: aitkin.key.armored });
    const { selfCertification } = await key.getPrimaryUser(NOON);
    expect(selfCertification.features).toEqual([1]);
    expect(selfCertification.preferredAEADAlgorithms).toBeNull();
  });

  it("can be read from its armour and from its bytes", async () => {
    const fromBytes = await readPublicKey(await binary(aitkin.key.armored));
    expect(fromBytes).toEqual(await readPublicKey(aitkin.key.armored));
    expect(aitkin.key.armored).toMatch(/^-----BEGIN PGP PUBLIC KEY BLOCK-----\n[^\r]*-----$/);
  });

  it("shows no secret when it is printed", () => {
    const shown =
      inspect(aitkin.secret, { depth: 10, showHidden: true }) + JSON.stringify(aitkin.secret);
    expect(shown).toContain(aitkin.key.fingerprint);
    expect(shown).not.toMatch(/PRIVATE|privateParams|seed/);
  });

  it("lives as long as it is told", async () => {
    const { key } = await agency("2700105", "Short", { at: NOON, expires: daysAfter(NOON, 1) });
    expect(key.expires).toEqual(daysAfter(NOON, 1));
    expect(standingOf(key, minutesAfter(NOON, 24 * 60 - 1))).toBe("good");
    expect(standingOf(key, daysAfter(NOON, 1))).toBe("expired");
    expect(standingOf(key, minutesAfter(NOON, -9))).toBe("good");
    expect(standingOf(key, minutesAfter(NOON, -11))).toBe("early");
  });
});

describe("a public key is refused", () => {
  it.each<[string, string, Unusual]>([
    ["RSA of 2048 bits", "KEY_WEAK", { type: "rsa", rsaBits: 2048 }],
    ["a NIST curve", "KEY_WEAK", { type: "ecc", curve: "nistP256" }],
    ["the newer Curve25519, which gpg cannot read", "KEY_INVALID", { type: "curve25519" }],
    ["version 6", "KEY_INVALID", { type: "curve25519", config: { v6Keys: true } }],
    ["no part to encrypt for", "KEY_INVALID", { subkeys: [] }],
    [
      "only a weak part to encrypt for",
      "KEY_WEAK",
      { subkeys: [{ type: "ecc", curve: "nistP256" }] },
    ],
  ])("with %s", async (_, code, options) => {
    const { publicKey } = await unusual(options);
    expect(await codeOf(readPublicKey(publicKey))).toBe(code);
  });

  it("when it is a private one", async () => {
    expect(await codeOf(readPublicKey(aitkin.armoredSecret))).toBe("KEY_INVALID");
    const secret = await openpgp.readPrivateKey({ armoredKey: aitkin.armoredSecret });
    expect(await codeOf(readPublicKey(secret.write()))).toBe("KEY_INVALID");
  });

  it("with a private part among its public ones, in words that say so", async () => {
    const secret = await openpgp.readPrivateKey({ armoredKey: aitkin.armoredSecret });
    const publicParts = split(await binary(aitkin.key.armored));
    const [, , , secretSubkey = Buffer.of(), binding = Buffer.of()] = split(secret.write());
    const mixed = Buffer.concat([...publicParts, secretSubkey, binding]);
    const refused = await readPublicKey(mixed).catch((error: unknown) => error);
    expect(isRefusal(refused, "KEY_INVALID") && refused.message).toContain("private key");
  });

  it("when its self-signature was altered", async () => {
    const bytes = await binary(aitkin.key.armored);
    const [primary = Buffer.of(), user = Buffer.of(), ...rest] = split(bytes);
    user[5] = (user[5] ?? 0) ^ 1;
    expect(await codeOf(readPublicKey(Buffer.concat([primary, user, ...rest])))).toBe(
      "KEY_INVALID",
    );
  });

  it("when a part of another key was put under it", async () => {
    const other = await agency("2700106", "Other");
    const [, , , theirSubkey = Buffer.of(), theirBinding = Buffer.of()] = split(
      await binary(other.key.armored),
    );
    const ours = split(await binary(aitkin.key.armored)).slice(0, 3);
    const mixed = Buffer.concat([...ours, theirSubkey, theirBinding]);
    expect(await codeOf(readPublicKey(mixed))).toBe("KEY_INVALID");
  });

  it.each([
    ["nothing", ""],
    ["text", "ssh-ed25519 AAAAC3Nza"],
    ["a message", "-----BEGIN PGP MESSAGE-----\n\nyxRiAAAA\n-----END PGP MESSAGE-----"],
    ["half a key", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxjMEawSJ"],
  ])("when it is %s", async (_, text) => {
    expect(await codeOf(readPublicKey(text))).toBe("KEY_INVALID");
  });

  it.each<[string, (parts: Buffer[]) => Buffer[]]>([
    [
      "11 users",
      ([key, user, sig, ...subkeys]) => [key, ...eleven(user, sig), ...subkeys].filter(some),
    ],
    [
      "17 subkeys",
      ([key, user, sig, sub, bind]) => [key, user, sig, ...times(17, sub, bind)].filter(some),
    ],
    [
      "100 signatures",
      ([key, user, sig, ...rest]) => [key, user, ...times(100, sig), ...rest].filter(some),
    ],
    ["more than 64 KB", (parts) => [...parts, frame(13, Buffer.alloc(64 * 1024, "x"))]],
    ["a second key behind it", (parts) => [...parts, ...parts]],
    ["bytes behind it", (parts) => [...parts, Buffer.from("more")]],
    [
      "its end cut off",
      (parts) => [...parts.slice(0, -1), (parts.at(-1) ?? Buffer.of()).subarray(0, -1)],
    ],
  ])("with %s", async (_, change) => {
    const parts = split(await binary(aitkin.key.armored));
    expect(await codeOf(readPublicKey(Buffer.concat(parts)))).toBe("nothing was refused");
    expect(await codeOf(readPublicKey(Buffer.concat(change(parts))))).toBe("KEY_INVALID");
  });

  it("with a sentence that holds the value", async () => {
    const { publicKey } = await unusual({ type: "rsa", rsaBits: 2048 });
    const refused = await readPublicKey(publicKey).catch((error: unknown) => error);
    expect(isRefusal(refused, "KEY_WEAK") && refused.message).toMatch(
      /^key [0-9A-F]{16} is rsaEncryptSign 2048 bits$/,
    );
  });
});

describe("a public key is read", () => {
  it("with a weak part beside a good one, which is then passed over", async () => {
    const { publicKey } = await unusual({ subkeys: [{ type: "ecc", curve: "nistP256" }, {}] });
    const key = await readPublicKey(publicKey);
    expect(key.parts.map(({ curve }) => curve)).toEqual([
      "ed25519Legacy",
      "nistP256",
      "curve25519Legacy",
    ]);
  });

  it("when its owner revoked it, and is then revoked at all times", async () => {
    const { privateKey } = await unusual({ date: daysAfter(NOON, -9) });
    const revoked = await openpgp.revokeKey({
      key: await openpgp.readPrivateKey({ armoredKey: privateKey }),
      reasonForRevocation: { flag: openpgp.enums.reasonForRevocation.keyRetired },
      date: NOON,
    });
    const key = await readPublicKey(revoked.publicKey);
    expect(standingOf(key, daysAfter(NOON, 1))).toBe("revoked");
    expect(standingOf(key, daysAfter(NOON, -1))).toBe("revoked");
  });

  it("when it expired", async () => {
    const { key } = await agency("2700105", "Old", {
      at: daysAfter(NOON, -9),
      expires: daysAfter(NOON, -1),
    });
    expect(standingOf(await readPublicKey(key.armored), NOON)).toBe("expired");
  });

  it("when only its encryption subkey expires, and expires with it", async () => {
    const { publicKey } = await unusual({ subkeys: [{ keyExpirationTime: 3600 }] });
    expect((await readPublicKey(publicKey)).expires).toEqual(minutesAfter(NOON, 60));
  });
});

describe("a private key", () => {
  it("is refused while it is locked, and opened with its passphrase", async () => {
    const { privateKey } = await unusual({ passphrase: "correct horse" });
    expect(await codeOf(readPrivateKey(privateKey))).toBe("KEY_INVALID");
    expect(await codeOf(readPrivateKey(privateKey, { passphrase: "wrong" }))).toBe("KEY_INVALID");
    const opened = await readPrivateKey(privateKey, { passphrase: "correct horse" });
    expect(opened.publicKey.name).toBe("Unusual");
  });

  it("is refused when it is a public one", async () => {
    expect(await codeOf(readPrivateKey(aitkin.key.armored))).toBe("KEY_INVALID");
  });
});

const some = (part: Buffer | undefined): part is Buffer => part !== undefined;
const times = (count: number, ...parts: (Buffer | undefined)[]): Buffer[] =>
  Array.from({ length: count }, () => parts.filter(some)).flat();
const eleven = (...parts: (Buffer | undefined)[]): Buffer[] => times(11, ...parts);

describe("a subkey that signs", () => {
  it("does so if it agreed to it by a signature of its own, and only by that", async () => {
    const bagley = await agency("2700106", "Bagley", { at: daysAfter(NOON, -2) });
    const signing = async (agreement: Agreement): Promise<readonly string[]> => {
      const armored = await withKeyOf(aitkin, bagley, { at: NOON, agreement });
      const { parts } = await readPublicKey(armored);
      expect(parts.map(({ fingerprint }) => fingerprint)).toContain(bagley.key.fingerprint);
      return parts.filter(({ signs }) => signs).map(({ fingerprint }) => fingerprint);
    };
    const both = [aitkin.key.fingerprint, bagley.key.fingerprint];
    expect(await signing("its own")).toEqual(both);
    expect(await signing("none")).toEqual([aitkin.key.fingerprint]);
    // It may be got to sign a document that reads like an agreement.
    expect(await signing("its signature over a document")).toEqual([aitkin.key.fingerprint]);
  });
});
