/**
 * Drop boxes on an SFTP server. The only door to ssh2-sftp-client and to the client of ssh2.
 *
 * ssh2-sftp-client makes the connection; files are handled on the ssh2 object it gives back. Its own
 * methods turn a refused look ("failure") into "no such file", lose the status numbers, and hang when
 * the line drops with several under way.
 */
import { type Socket, connect as dial } from "node:net";
import pLimit from "p-limit";
import ssh2 from "ssh2";
import type { SFTPWrapper } from "ssh2";
import SftpClient from "ssh2-sftp-client";
import { type ErrorCode, type Facts, PacketboatError } from "../errors.ts";
import { type SftpAddress, placeOf } from "../config/address.ts";
import { type Guard, boxOn } from "./box.ts";
import { type Harbor, OPERATIONS_IN_FLIGHT } from "./contract.ts";
import type { BoxFiles } from "./files.ts";
import { corking, Line, watchUntaken } from "./line.ts";
import { ALGORITHMS, listen, type Weakness, weaknessOf } from "./offered.ts";
import { remoteFiles } from "./remote.ts";
import { hostKeyFingerprint, isHostKeyFingerprint } from "./sshkeys.ts";

export interface SftpLogin {
  /** our private key, in OpenSSH's format, without a passphrase */
  readonly privateKey: string | Buffer;
  /** the server's fingerprints, `SHA256:…`: one, or two while it changes its key */
  readonly hostKeys: readonly string[];
  readonly deadlines?: Deadlines;
}

export interface Deadlines {
  /** from dialling to the first file operation */
  readonly connectMs: number;
  /** silence of the server while we wait for an answer */
  readonly idleMs: number;
  /** one operation, from its turn to its end; of a listing, what was waited for the server */
  readonly totalMs: number;
  /** The same for one that carries nothing; what it carries is given time by `SLOWEST`. A minute, unless given. */
  readonly graceMs?: number;
}

const DEADLINES: Deadlines = { connectMs: 20_000, idleMs: 60_000, totalMs: 30 * 60_000 };
const GRACE_MS = 60_000;
/** A server that is slower than this on purpose, or for want of a line, is given up like a silent one. */
const SLOWEST = { bytesPerMs: 1, msPerEntry: 20 };
/** A line that carries nothing is asked now and then whether it is still there. */
const KEEPALIVE = { keepaliveInterval: 15_000, keepaliveCountMax: 3 };
const HANG_UP_MS = 1_000;

/**
 * Connect and log in. A new client for every harbor; none is ever used again.
 *
 * @throws PacketboatError BOX_UNREACHABLE, BOX_TIMEOUT, BOX_HOST_KEY_CHANGED (facts: `shown`,
 *   `pinned`), BOX_ALGORITHMS_WEAK, BOX_LOGIN_REFUSED, SSH_KEY_INVALID, CONFIG_INVALID if no host key is pinned
 */
export async function openSftp(address: SftpAddress, login: SftpLogin): Promise<Harbor> {
  const place = placeOf(address);
  assertLogin(place, login);
  const { connectMs, idleMs, totalMs, graceMs = GRACE_MS } = login.deadlines ?? DEADLINES;
  // Our own socket, because ssh2's waits to fill its packets (Nagle), and to be able to cut it.
  const socket = dial({ host: address.host, port: address.port, noDelay: true });
  const line = new Line(place, idleMs, () => hangUp(socket), corking(socket));
  listen(socket, (lists) => {
    const weakness = weaknessOf(lists);
    if (weakness) line.lose(weak(place, weakness));
  });
  watchUntaken(socket, () => line.lose(lost(place, "the server asks and does not listen")));
  let hostKey = "";
  const shows = (shown: string): void => void (hostKey = shown);
  const sftp = await line.within(connectMs, "connecting", () =>
    logIn(socket, line, place, address.user, { ...login, shows }),
  );
  const turn = pLimit(OPERATIONS_IN_FLIGHT);
  const within = (bytes: number): number => Math.min(totalMs, graceMs + bytes / SLOWEST.bytesPerMs);
  const guard: Guard = (operation, bytes = 0) =>
    turn(() => line.within(within(bytes), "one operation", operation));
  const remote = remoteFiles(sftp, line, place);
  const allowed = {
    graceMs: Math.min(totalMs, graceMs),
    earnedMs: ({ length }: readonly unknown[]) => length * SLOWEST.msPerEntry,
    totalMs,
  };
  const files: BoxFiles = {
    ...remote,
    entries: (folder) => line.eachWithin(allowed, "listing", remote.entries(folder)),
  };
  const close = async (): Promise<void> => {
    line.lose(lost(place, "we hung up"));
    if (socket.closed) return;
    // Not `events.once`: an error of a socket we leave is no failure to close it.
    await new Promise((resolve) => socket.once("close", resolve));
  };
  return {
    place,
    hostKey,
    box: (folder) => boxOn(files, folder, guard),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** On failure the line is lost and the socket on its way to be closed. */
async function logIn(
  socket: Socket,
  line: Line,
  place: string,
  user: string,
  login: SftpLogin & { readonly shows: (hostKey: string) => void },
): Promise<SFTPWrapper> {
  // Without callbacks of ours it would print to the console.
  const client = new SftpClient("packetboat", {});
  client.on("error", (error: unknown) => line.lose(lossOf(place, error)));
  for (const end of ["end", "close"]) {
    client.on(end, () => line.lose(lost(place, "the server closed the connection")));
  }
  const connecting = (): Promise<SFTPWrapper> =>
    client.connect({
      sock: socket,
      username: user,
      privateKey: login.privateKey,
      authHandler: ["publickey"],
      algorithms: {
        kex: [...ALGORITHMS.kex],
        serverHostKey: [...ALGORITHMS.serverHostKey],
        cipher: [...ALGORITHMS.cipher],
        hmac: [...ALGORITHMS.hmac],
        compress: [...ALGORITHMS.compress],
      },
      hostVerifier: (key: Buffer): boolean => {
        const shown = hostKeyFingerprint(key);
        login.shows(shown);
        if (login.hostKeys.includes(shown)) return true;
        line.lose(hostKeyChanged(place, shown, login.hostKeys));
        return false;
      },
      readyTimeout: 0,
      ...KEEPALIVE,
    });
  try {
    const sftp = await line.ask<SFTPWrapper>((answer) => {
      connecting().then((ready) => answer(null, ready), answer);
    }, true);
    sftp.on("error", (error: unknown) => line.lose(lossOf(place, error)));
    sftp.on("close", () => line.lose(lost(place, "the server ended the session")));
    return sftp;
  } catch (error) {
    const reason =
      error instanceof PacketboatError
        ? error
        : refusal("BOX_FAILED", place, "the server offers this account no SFTP", {}, error);
    line.lose(reason);
    throw reason;
  }
}

/** What was written still goes out if the other end takes it; in a second the socket is gone either way. */
function hangUp(socket: Socket): void {
  if (socket.connecting) return void socket.destroy();
  const impatience = setTimeout(() => socket.destroy(), HANG_UP_MS);
  socket.once("close", () => clearTimeout(impatience));
  socket.destroySoon();
}

function assertLogin(place: string, { privateKey, hostKeys }: SftpLogin): void {
  if (hostKeys.length < 1 || hostKeys.length > 2 || !hostKeys.every(isHostKeyFingerprint)) {
    const form = "name its host key, or two while it changes, as SHA256:…";
    throw refusal("CONFIG_INVALID", place, form, { hostKeys: [...hostKeys] });
  }
  if (publicPartOf(privateKey) === null) {
    throw refusal("SSH_KEY_INVALID", place, "our SSH key cannot be read");
  }
}

/** The fingerprint of the key that a server must know; `null` if this is no private key without a passphrase. */
export function publicPartOf(privateKey: string | Buffer): string | null {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error || !key.isPrivateKey()) return null;
  return hostKeyFingerprint(key.getPublicSSH());
}

/** Levels and codes as ssh2 and Node's sockets set them. */
function lossOf(place: string, error: unknown): PacketboatError {
  const level = property(error, "level");
  const code = property(error, "code");
  const facts = { ...(level ? { level } : {}), ...(code ? { code } : {}) };
  // 14: SSH_DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE, RFC 4253, 11.1.
  if (level === "client-authentication" || code === "14") {
    return refusal("BOX_LOGIN_REFUSED", place, "the server refuses our SSH key", facts, error);
  }
  if (level === "client-timeout") {
    return refusal("BOX_TIMEOUT", place, "the server no longer answers", facts, error);
  }
  const how = level === "client-socket" ? `no connection (${code})` : "the connection broke";
  return refusal("BOX_UNREACHABLE", place, how, facts, error);
}

function property(error: unknown, name: "level" | "code"): string {
  if (typeof error !== "object" || error === null) return "";
  const value: unknown = Reflect.get(error, name);
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

const lost = (place: string, how: string): PacketboatError =>
  refusal("BOX_UNREACHABLE", place, how);

const hostKeyChanged = (place: string, shown: string, pinned: readonly string[]): PacketboatError =>
  refusal(
    "BOX_HOST_KEY_CHANGED",
    place,
    `the server shows host key ${shown}, not ${pinned.join(" or ")}`,
    { shown, pinned },
  );

function weak(place: string, { what, offered, lacksStrict }: Weakness): PacketboatError {
  const names = offered.join(", ") || "nothing";
  const how = lacksStrict ? `${names} without strict key exchange` : names;
  const facts = { what, offered: names };
  return refusal("BOX_ALGORITHMS_WEAK", place, `for the ${what} the server offers ${how}`, facts);
}

const refusal = (
  code: ErrorCode,
  place: string,
  how: string,
  facts: Facts = {},
  cause?: unknown,
): PacketboatError => new PacketboatError(code, `${place}: ${how}`, { facts, cause });
