/**
 * An SFTP server that is not on our side, and can become honest again: the embedded one's tree and answers, with one
 * bad habit at a time. What it may do is in `habits.ts`.
 */
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { type Socket, createServer } from "node:net";
import { join } from "node:path";
import ssh2 from "ssh2";
import type { AuthContext, Connection, ServerConfig, SFTPWrapper } from "ssh2";
import { type Account, type Served, ServedTree } from "../../daemon/dropbox/served.ts";
import type { BoxServer } from "../../daemon/dropbox/server.ts";
import { answerRequests } from "../../daemon/dropbox/session.ts";
import { hostKeyFingerprint, newSshKey } from "../../daemon/dropbox/sshkeys.ts";
import { changed } from "../dropbox/faults.ts";

const HOST = "127.0.0.1";
/** Largest piece of an SSH packet that every client takes. */
const PIECE = 32_000;

/** One request of the client. */
export interface Asked {
  /** `READDIR`, `OPEN`, … as ssh2 calls it. */
  readonly what: string;
  readonly id: number;
  /** What comes with it: a handle, a path, a position … */
  readonly given: readonly unknown[];
  /** Answer with these bytes, whatever they are. */
  readonly send: (...packets: readonly Buffer[]) => void;
  /** End the channel, or the connection. */
  readonly hangUp: () => void;
  /** Read nothing any more, and ask without an end. */
  readonly flood: () => void;
}

export interface Habit {
  /** What it shows and offers before anybody has logged in. */
  readonly ssh?: Partial<ServerConfig>;
  /** A host key made from the public part of its own. */
  readonly stolenKey?: (publicKeyOf: () => Buffer) => object;
  /** No SSH at all: it does with a caller what it likes. */
  readonly raw?: (socket: Socket) => void;
  readonly authenticates?: (attempt: AuthContext) => void;
  /** Somebody has logged in. */
  readonly welcomes?: (connection: Connection, socket: Socket) => void;
  /** What its files are like, and what becomes of what is done to them. */
  readonly files?: (files: Served, account: Account) => Partial<Served>;
  /** Answers a request itself. @returns false to answer as everybody does */
  readonly answers?: (asked: Asked) => boolean;
}

export interface HostileServer extends BoxServer {
  /** From the next connection on; without a habit it is honest. */
  behave(habit?: Habit): void;
  /** So many connections were taken. */
  readonly accepted: number;
}

/** Serve a folder on the loopback interface, honestly until it is told otherwise. Whoever calls is let in. */
export async function startHostile(root: string): Promise<HostileServer> {
  await mkdir(root, { recursive: true });
  const hostKey = newSshKey("hostile").privateKey;
  const accounts = new Map<string, Account>();
  const tree = new ServedTree(root);
  const sockets = new Set<Socket>();
  let habit: Habit = {};
  let accepted = 0;
  const listener = createServer({ noDelay: true }, (socket) => {
    accepted++;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
    const { raw, ssh = {}, stolenKey } = habit;
    const hostKeys = stolenKey
      ? [{ key: stolenKey(() => publicPartOf(hostKey)) as never }]
      : [hostKey];
    if (raw) raw(socket);
    else sshServer(habit, { hostKeys, ...ssh }, tree, accounts, socket);
  });
  listener.listen(0, HOST);
  await once(listener, "listening");
  const address = listener.address();
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (listener.listening) await listener[Symbol.asyncDispose]();
  };
  return {
    host: HOST,
    port: typeof address === "object" && address !== null ? address.port : 0,
    hostKey: hostKeyFingerprint(publicPartOf(hostKey)),
    get accepted() {
      return accepted;
    },
    behave: (next = {}) => {
      habit = next;
      // Lines of before are gone, as after a restart.
      for (const socket of sockets) socket.destroy();
    },
    admit: async (account) => {
      accounts.set(account.name, account);
      await mkdir(join(root, "boxes", account.agencyId, "test"), { recursive: true });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function sshServer(
  habit: Habit,
  config: ServerConfig,
  tree: ServedTree,
  accounts: ReadonlyMap<string, Account>,
  socket: Socket,
): void {
  const server = new ssh2.Server(config, (connection) => {
    let account: Account | undefined;
    connection.on("authentication", (attempt) => {
      account = accounts.get(attempt.username);
      if (habit.authenticates) habit.authenticates(attempt);
      else if (attempt.method === "publickey" && account) attempt.accept();
      else attempt.reject(["publickey"]);
    });
    connection.on("ready", () => habit.welcomes?.(connection, socket));
    connection.on("session", (acceptSession) => {
      acceptSession().on("sftp", (acceptSftp) => {
        if (!account) return;
        const files = tree.seenBy(account);
        const sftp = acceptSftp();
        if (habit.answers) intercept(sftp, habit.answers, socket);
        answerRequests(sftp, habit.files ? changed(files, habit.files(files, account)) : files);
      });
    });
    connection.on("error", () => undefined);
  });
  server.on("error", () => undefined);
  server.injectSocket(socket);
}

/** What ssh2 keeps to itself: messages that an honest server does not send. */
export const protocolOf = (
  of: SFTPWrapper | Connection,
): { channelData(id: number, bytes: Buffer): void; ping(): void } =>
  Reflect.get(of, "_protocol") as ReturnType<typeof protocolOf>;

/** Requests go to the habit first. */
function intercept(
  sftp: SFTPWrapper,
  answers: NonNullable<Habit["answers"]>,
  socket: Socket,
): void {
  const channel = sftp as unknown as {
    outgoing: { id: number };
    emit(what: string, ...given: unknown[]): boolean;
  };
  const protocol = protocolOf(sftp);
  const send = (...packets: readonly Buffer[]): void => {
    const bytes = Buffer.concat(packets);
    for (let at = 0; at < bytes.length && !socket.destroyed; at += PIECE) {
      protocol.channelData(channel.outgoing.id, bytes.subarray(at, at + PIECE));
    }
  };
  const emit = channel.emit.bind(channel);
  channel.emit = (what, ...given) => {
    const [id, ...rest] = given;
    const isRequest = typeof id === "number" && /^[A-Z]+$/.test(what);
    const hangUp = (): void => sftp.end();
    const flood = (): void => floodFrom(protocol, socket);
    if (isRequest && answers({ what, id, given: rest, send, hangUp, flood })) return true;
    return emit(what, ...given);
  };
}

function floodFrom(protocol: { ping(): void }, socket: Socket): void {
  socket.pause();
  const more = (): void => {
    for (let count = 0; count < 5000 && !socket.destroyed; count++) protocol.ping();
    if (socket.destroyed) return;
    if (socket.writableNeedDrain) socket.once("drain", more);
    else setImmediate(more);
  };
  more();
}

function publicPartOf(privateKey: string): Buffer {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) throw key;
  return key.getPublicSSH();
}

/** A packet of the SFTP protocol (draft-ietf-secsh-filexfer-02, 3), of whatever parts. */
export function sftpPacket(type: number, id: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from([type]), u32(id), ...parts]);
  return Buffer.concat([u32(body.length), body]);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

export const text = (value: Buffer | string): Buffer => {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([u32(bytes.length), bytes]);
};
