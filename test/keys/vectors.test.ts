import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { readPrivateKey, readPublicKey } from "../../daemon/keys/key.ts";
import { POLICY, type Policy } from "../../daemon/keys/policy.ts";
import { unseal } from "../../daemon/keys/unseal.ts";
import { corpus } from "./corpora.ts";
import { codeOf, textOf } from "./people.ts";

// Where Node knows the Brainpool curves and secp256k1, openpgp.js asks for a package that it does not
// bring (eckey-utils); told before it is loaded that Node does not, it computes them by itself.
await vi.hoisted(async () => {
  const { default: crypto } = await import("node:crypto");
  crypto.getCurves = () => [];
});

interface Vector {
  readonly name: string;
  readonly password: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly message: string;
  readonly encryptedSignedMessage: string;
}

const folder = corpus("openpgp");
const vectors =
  folder === null
    ? []
    : (JSON.parse(readFileSync(join(folder, "test_vectors.json"), "utf8")) as Vector[]);

/** What the vectors were made with in their time, and packetboat takes from nobody. */
const OF_THE_VECTORS: Policy = {
  ...POLICY,
  algorithms: [
    ...POLICY.algorithms,
    "dsa",
    "elgamal",
    "ecdsa",
    "ed25519",
    "x25519",
    "ed448",
    "x448",
  ],
  curves: [
    ...POLICY.curves,
    "nistP256",
    "nistP384",
    "nistP521",
    "secp256k1",
    "brainpoolP256r1",
    "brainpoolP384r1",
    "brainpoolP512r1",
  ],
  minRsaBits: 1024,
  textSignatures: true,
  missingKeyFlags: true,
};

describe.skipIf(folder === null)("the vectors of another implementation", () => {
  it("are twelve", () => {
    expect(vectors).toHaveLength(12);
  });

  it.each(vectors)("open to their text and signer: $name", async (vector) => {
    const policy = OF_THE_VECTORS;
    const secret = await readPrivateKey(vector.privateKey, {
      policy,
      ...(vector.password !== "" && { passphrase: vector.password }),
    });
    const signer = await readPublicKey(vector.publicKey, { policy });
    const file = Buffer.from(vector.encryptedSignedMessage, "utf8");
    const opened = await unseal(file, { ourKeys: [secret], maxBytes: 1000 });
    expect(signer.parts.map(({ keyId }) => keyId)).toContain(opened.issuer.keyId);
    const verified = await opened.verify(signer, new Date());
    expect(textOf(verified.content)).toBe(vector.message);
    expect(verified.signer).toBe(secret.publicKey.fingerprint);
  });

  it("have keys of which packetboat takes the two with Ed25519 and Curve25519 only", async () => {
    const codes = await Promise.all(
      vectors.map(async ({ name, publicKey }) => [name, await codeOf(readPublicKey(publicKey))]),
    );
    expect(Object.fromEntries(codes)).toEqual({
      rsa: "KEY_WEAK",
      curve25519: "nothing was refused",
      curve448rfc9580: "KEY_INVALID",
      dsa: "KEY_WEAK",
      p256: "KEY_WEAK",
      p384: "KEY_WEAK",
      p521: "KEY_WEAK",
      secp256k1: "KEY_WEAK",
      ed25519: "nothing was refused",
      brainpoolp256r1: "KEY_WEAK",
      brainpoolp384r1: "KEY_WEAK",
      brainpoolp512r1: "KEY_WEAK",
    });
  });
});
