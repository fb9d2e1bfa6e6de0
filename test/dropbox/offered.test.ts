/** What a server offers before anything is secret: refused by name where it is not enough. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import ssh2 from "ssh2";
import type { ServerConfig } from "ssh2";
import { describe, expect, it } from "vitest";
import { ALGORITHMS, weaknessOf } from "../../daemon/dropbox/offered.ts";
import { openSftp } from "../../daemon/dropbox/sftp.ts";
import { hostKeyFingerprint, newSshKey } from "../../daemon/dropbox/sshkeys.ts";
import { PacketboatError } from "../../daemon/errors.ts";
import { text, u32 } from "../hostile/server.ts";

const STRICT = "kex-strict-s-v00@openssh.com";
const GOOD = {
  kex: ["curve25519-sha256", STRICT],
  hostKey: ["ssh-ed25519"],
  cipher: ["aes128-gcm@openssh.com"],
  mac: ["hmac-sha2-256"],
  compression: ["none"],
};
type Offer = Readonly<Record<keyof typeof GOOD, readonly string[]>>;

const listsOf = ({ kex, hostKey, cipher, mac, compression }: Offer) =>
  [kex, hostKey, cipher, cipher, mac, mac, compression, compression] as const;

const ctr = { cipher: ["aes128-ctr"] };
const chacha = { cipher: ["chacha20-poly1305@openssh.com"] };
const etm = { ...ctr, mac: ["hmac-sha2-256-etm@openssh.com"] };
const notStrict = { kex: ["curve25519-sha256"] };

const WEAK: readonly [string, Partial<Offer>, string][] = [
  [
    "a key exchange of SHA-1",
    { kex: ["diffie-hellman-group1-sha1", "diffie-hellman-group14-sha1"] },
    "for the key exchange the server offers diffie-hellman-group1-sha1, diffie-hellman-group14-sha1",
  ],
  [
    "a host key of RSA with SHA-1",
    { hostKey: ["ssh-rsa", "ssh-dss"] },
    "for the host key the server offers ssh-rsa, ssh-dss",
  ],
  [
    "ciphers of the last century",
    { cipher: ["3des-cbc", "arcfour", "aes256-cbc"] },
    "for the cipher the server offers 3des-cbc, arcfour, aes256-cbc",
  ],
  [
    "MD5 and SHA-1 against changes",
    { ...ctr, mac: ["hmac-md5", "hmac-sha1"] },
    "for the proof that nothing is changed (MAC) the server offers hmac-md5, hmac-sha1",
  ],
  [
    "compression alone",
    { compression: ["zlib", "zlib@openssh.com"] },
    "for the compression the server offers zlib, zlib@openssh.com",
  ],
  [
    "ChaCha20 without strict exchange (Terrapin)",
    { ...chacha, ...notStrict },
    "for the cipher the server offers chacha20-poly1305@openssh.com without strict key exchange",
  ],
  [
    "encrypt-then-MAC without strict exchange (Terrapin)",
    { ...etm, ...notStrict },
    "for the proof that nothing is changed (MAC) the server offers hmac-sha2-256-etm@openssh.com without strict key exchange",
  ],
  [
    "names that a terminal obeys",
    { kex: ["\u001b[2J", "x".repeat(100), "plain"] },
    "for the key exchange the server offers plain",
  ],
  ["nothing at all", { cipher: [""] }, "for the cipher the server offers nothing"],
];

/** The first message of a server, behind its version (RFC 4253, 7.1). */
function greetingOf(lists: readonly (readonly string[])[]): Buffer {
  const names = [...lists, [], []].map((each) => text(each.join(",")));
  const payload = Buffer.concat([Buffer.from([20]), Buffer.alloc(16), ...names, Buffer.alloc(5)]);
  const padding = 16 - ((payload.length + 5) % 8);
  const packet = [u32(payload.length + padding + 1), Buffer.from([padding]), payload];
  return Buffer.concat([
    Buffer.from("Welcome.\r\nSSH-2.0-test\r\n"),
    ...packet,
    Buffer.alloc(padding),
  ]);
}

const login = { privateKey: newSshKey("ours").privateKey, hostKeys: [`SHA256:${"A".repeat(43)}`] };
const deadlines = { connectMs: 10_000, idleMs: 10_000, totalMs: 10_000 };

async function failureAt(port: number, hostKeys = login.hostKeys): Promise<PacketboatError> {
  const address = { kind: "sftp", user: "us", host: "127.0.0.1", port, folder: "/" } as const;
  const error: unknown = await openSftp(address, { ...login, hostKeys, deadlines }).then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof PacketboatError)) throw error;
  return error;
}

const portOf = (address: string | AddressInfo | null): number =>
  typeof address === "object" && address !== null ? address.port : 0;

/** @returns what is told of a server that sends these bytes first, so many at once */
async function told(greeting: Buffer, pieces: number): Promise<PacketboatError> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    for (let at = 0; at < greeting.length; at += pieces) {
      socket.write(greeting.subarray(at, at + pieces));
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await failureAt(portOf(server.address()));
  } finally {
    server.close();
  }
}

describe("a server that offers only weak algorithms", () => {
  it.each(WEAK)(
    "%s is refused before we log in, by their names",
    async (_what, offer, sentence) => {
      const error = await told(greetingOf(listsOf({ ...GOOD, ...offer })), 100);
      expect(error.code).toBe("BOX_ALGORITHMS_WEAK");
      expect(error.message.split("127.0.0.1")[1]?.replace(/^:\d+: /, "")).toBe(sentence);
      expect(error.hint).toContain("OpenSSH");
    },
  );

  it("is told of as well when its words come one byte at a time", async () => {
    const [, offer] = WEAK[0] ?? [];
    const error = await told(greetingOf(listsOf({ ...GOOD, ...offer })), 1);
    expect(error.code).toBe("BOX_ALGORITHMS_WEAK");
  });
});

describe("a server that offers what is enough", () => {
  it.each<[string, Partial<Offer>]>([
    ["beside what is weak", { kex: ["diffie-hellman-group1-sha1", ...GOOD.kex] }],
    ["with RSA and SHA-2", { hostKey: ["ssh-rsa", "rsa-sha2-512"] }],
    ["without strict exchange, where it needs none", { ...notStrict, ...ctr }],
    ["and ChaCha20 only with strict exchange", chacha],
    ["and encrypt-then-MAC only with strict exchange", etm],
    ["and no MAC that is any good, where the cipher needs none", { mac: ["hmac-md5"] }],
  ])("%s is not refused", (_what, offer) => {
    expect(weaknessOf(listsOf({ ...GOOD, ...offer }))).toBeNull();
  });

  it.each([
    ["ciphers", "cipher", ALGORITHMS.cipher],
    ["MACs", "hmac", ALGORITHMS.hmac],
    // The server of ssh2 has no groups of its own choice.
    ["key exchanges", "kex", ALGORITHMS.kex.filter((name) => !/group(?:-|1[5-8])/.test(name))],
  ] as const)("is agreed with on each of our %s", async (_what, kind, names) => {
    const hostKey = newSshKey("host");
    for (const name of names) {
      const algorithms = { ...(kind === "hmac" ? { cipher: ["aes128-ctr"] } : {}), [kind]: [name] };
      const config = { hostKeys: [hostKey.privateKey], algorithms } as unknown as ServerConfig;
      const server = new ssh2.Server(config, (connection) => {
        connection.on("authentication", (attempt) => attempt.reject(["publickey"]));
        connection.on("error", () => undefined);
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const error = await failureAt(portOf(server.address()), [
        hostKeyFingerprint(hostKey.publicKey),
      ]);
      server.close();
      // That far it came: it does not know our key.
      expect([name, error.code]).toEqual([name, "BOX_LOGIN_REFUSED"]);
    }
  });
});

describe("bytes that are no offer", () => {
  it.each([
    ["nothing but lines", Buffer.from("A line.\r\n".repeat(20_000))],
    ["a packet of no length", Buffer.concat([Buffer.from("SSH-2.0-x\r\n"), u32(0), u32(0)])],
    [
      "a packet of four billion bytes",
      Buffer.concat([Buffer.from("SSH-2.0-x\r\n"), u32(0xffff_ffff), Buffer.alloc(100)]),
    ],
    [
      "lists that end nowhere",
      Buffer.concat([
        Buffer.from("SSH-2.0-x\r\n"),
        u32(28),
        Buffer.from([4, 20]),
        Buffer.alloc(16),
        u32(0xffff_ffff),
        Buffer.alloc(6),
      ]),
    ],
  ])("%s end in a lost line", async (_what, bytes) => {
    expect((await told(bytes, 10_000)).code).toBe("BOX_UNREACHABLE");
  });
});
