import { execFileSync } from "node:child_process";
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2 from "ssh2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  hostKeyFingerprint,
  isHostKeyFingerprint,
  newSshKey,
  sshKeyOf,
} from "../../daemon/dropbox/sshkeys.ts";

let folder: string;

beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), "packetboat-ssh-"));
});

afterEach(() => fs.rm(folder, { recursive: true, force: true }));

/** What OpenSSH makes of a key. */
async function sshKeygen(privateKey: string, ...asked: string[]): Promise<string> {
  const path = join(folder, "key");
  await fs.writeFile(path, privateKey, { mode: 0o600 });
  return execFileSync("ssh-keygen", [...asked, "-f", path], { encoding: "utf8" }).trim();
}

describe("an SSH key", () => {
  it("is one that OpenSSH reads, with its comment", async () => {
    const { privateKey, publicKey } = newSshKey("packetboat 0634320");
    expect(await sshKeygen(privateKey, "-y")).toBe(publicKey.trim());
    expect(publicKey).toMatch(/^ssh-ed25519 [A-Za-z0-9+/=]+ packetboat 0634320\n$/);
  });

  it("has the fingerprint that OpenSSH prints", async () => {
    const { privateKey, publicKey } = newSshKey("packetboat");
    const [, printed] = (await sshKeygen(privateKey, "-l")).split(" ");
    expect(hostKeyFingerprint(publicKey)).toBe(printed);
    expect(isHostKeyFingerprint(String(printed))).toBe(true);
  });

  it("is new every time", () => {
    expect(newSshKey("a").publicKey).not.toBe(newSshKey("a").publicKey);
  });

  it("works when its first public or secret byte is zero, where ssh2's own keys do not", async () => {
    for (const part of ["x", "d"] as const) {
      let jwk = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
      while (Buffer.from(jwk[part] ?? "", "base64url")[0] !== 0) {
        jwk = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
      }
      const bytes = (text: string | undefined) => Buffer.from(text ?? "", "base64url");
      const { privateKey, publicKey } = sshKeyOf(bytes(jwk.d), bytes(jwk.x), "zero");
      expect(await sshKeygen(privateKey, "-y")).toBe(publicKey.trim());
      const [secret, open] = [ssh2.utils.parseKey(privateKey), ssh2.utils.parseKey(publicKey)];
      if (secret instanceof Error || open instanceof Error) throw new Error("ssh2 cannot read it");
      expect(open.verify("text", secret.sign("text"))).toBe(true);
      expect(
        createPublicKey(createPrivateKey(secret.getPrivatePEM())).export({ format: "jwk" }).x,
      ).toBe(jwk.x);
    }
  });
});

describe("a host key fingerprint", () => {
  it.each([
    "",
    "SHA256:",
    `SHA256:${"A".repeat(42)}`,
    `MD5:${"A".repeat(43)}`,
    `SHA256:${"A".repeat(43)}=`,
  ])("is not %j", (text) => {
    expect(isHostKeyFingerprint(text)).toBe(false);
  });
});
