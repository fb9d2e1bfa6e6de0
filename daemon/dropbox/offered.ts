/**
 * What a server offers before anything is secret, and whether that is enough. The SSH library keeps it to itself, so
 * it is read beside it from the same bytes: who is refused is told by name what the server's administrator can change.
 */
import type { Socket } from "node:net";

/**
 * What we agree to, the best first. No SHA-1, no CBC, nothing below 2,048 bits, and no compression: a server could
 * answer with little that becomes much.
 */
export const ALGORITHMS = {
  kex: [
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group15-sha512",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group17-sha512",
    "diffie-hellman-group18-sha512",
  ],
  serverHostKey: [
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
  ],
  cipher: [
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
    "chacha20-poly1305@openssh.com",
  ],
  hmac: [
    "hmac-sha2-256",
    "hmac-sha2-512",
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
  ],
  compress: ["none"],
} as const;

/** Safe against cut-off beginnings (Terrapin, CVE-2023-48795) only where both sides keep to the strict exchange. */
const NEEDS_STRICT = /^chacha20-|-etm@/;
/** These carry their own proof that nothing was changed. */
const NEEDS_NO_MAC = /^chacha20-|-gcm@/;
const STRICT = "kex-strict-s-v00@openssh.com";

/** Of what a server offers, what is not enough. */
export interface Weakness {
  /** `key exchange`, `cipher` … */
  readonly what: string;
  /** As it may be shown. */
  readonly offered: readonly string[];
  /** They would do with the strict exchange of keys, which it does not have. */
  readonly lacksStrict: boolean;
}

const MOST_SHOWN = 8;
/** No name of the protocol is longer (RFC 4250, 4.6.1), and whoever sends others shows nothing. */
const NAME = /^[\x21-\x2b\x2d-\x7e]{1,64}$/;

/** The lists of a server's KEXINIT in their order (RFC 4253, 7.1). */
type Lists = readonly (readonly string[])[];

/** @returns the first thing that is not enough, or `null` */
export function weaknessOf(lists: Lists): Weakness | null {
  const [kex = [], hostKey = [], toServer = [], toClient = [], macToServer = [], macToClient = []] =
    lists;
  const [zipToServer = [], zipToClient = []] = lists.slice(6);
  const isStrict = kex.includes(STRICT);
  const cipher = (offered: readonly string[]) => judge("cipher", ALGORITHMS.cipher, offered);
  const mac = (offered: readonly string[], ciphers: readonly string[]) =>
    NEEDS_NO_MAC.test(chosen(ALGORITHMS.cipher, ciphers) ?? "")
      ? null
      : judge("proof that nothing is changed (MAC)", ALGORITHMS.hmac, offered);
  const judge = (
    what: string,
    ours: readonly string[],
    offered: readonly string[],
  ): Weakness | null => {
    const name = chosen(ours, offered);
    const lacksStrict = name !== null && NEEDS_STRICT.test(name) && !isStrict;
    if (name !== null && !lacksStrict) return null;
    const shown = offered.filter((each) => NAME.test(each) && each !== STRICT);
    return { what, offered: shown.slice(0, MOST_SHOWN), lacksStrict };
  };
  return (
    judge("key exchange", ALGORITHMS.kex, kex) ??
    judge("host key", ALGORITHMS.serverHostKey, hostKey) ??
    cipher(toServer) ??
    cipher(toClient) ??
    mac(macToServer, toServer) ??
    mac(macToClient, toClient) ??
    judge("compression", ALGORITHMS.compress, zipToServer) ??
    judge("compression", ALGORITHMS.compress, zipToClient)
  );
}

/** The first of ours that the server has too, as the protocol says. */
const chosen = (ours: readonly string[], offered: readonly string[]): string | null =>
  ours.find((name) => offered.includes(name)) ?? null;

const KEXINIT = 20;
const COOKIE_BYTES = 16;
const LISTS = 8;
/** Before it a server may say what it likes; who says more is none of ours. */
const MOST_BYTES = 100_000;

/** Hear what a server offers first, once; nothing if it offers nothing that can be read. */
export function listen(socket: Socket, heard: (lists: Lists) => void): void {
  let bytes = Buffer.alloc(0);
  const hear = (more: Buffer): void => {
    bytes = Buffer.concat([bytes, more]);
    const lists = offerIn(bytes);
    if (lists === "more" && bytes.length < MOST_BYTES) return;
    socket.off("data", hear);
    if (typeof lists === "object") heard(lists);
  };
  socket.on("data", hear);
}

/** @returns `"more"` while it is not whole, `"none"` if it will never be */
function offerIn(bytes: Buffer): Lists | "more" | "none" {
  let at = afterGreeting(bytes);
  if (at === null) return "more";
  while (at + 6 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    const end: number = at + 4 + length;
    if (length < 2 || length > MOST_BYTES) return "none";
    if (end > bytes.length) return "more";
    if (bytes[at + 5] === KEXINIT) return listsIn(bytes.subarray(at + 6 + COOKIE_BYTES, end));
    at = end;
  }
  return "more";
}

/** Behind the line in which it says its version; lines before that are allowed (RFC 4253, 4.2). */
function afterGreeting(bytes: Buffer): number | null {
  for (let at = 0; ;) {
    const end = bytes.indexOf("\n", at);
    if (end === -1) return null;
    if (bytes.subarray(at, at + 4).equals(Buffer.from("SSH-"))) return end + 1;
    at = end + 1;
  }
}

function listsIn(bytes: Buffer): Lists | "none" {
  const lists: string[][] = [];
  for (let at = 0; lists.length < LISTS;) {
    if (at + 4 > bytes.length) return "none";
    const end: number = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) return "none";
    lists.push(bytes.toString("latin1", at + 4, end).split(","));
    at = end;
  }
  return lists;
}
