/**
 * The embedded SFTP server of the demo and the tests: real SSH, real keys, real files, on this machine
 * only. Not for a network: a district's boxes stand on OpenSSH. The only door to the server of ssh2.
 */
import { once } from "node:events";
import * as fs from "node:fs/promises";
import { type Socket, createServer } from "node:net";
import { join } from "node:path";
import ssh2 from "ssh2";
import type { AuthContext, Connection } from "ssh2";
import { type Account, type Served, ServedTree } from "./served.ts";
import { answerRequests } from "./session.ts";
import { hostKeyFingerprint, newSshKey } from "./sshkeys.ts";

const HOST = "127.0.0.1";
/** Others may add and pass through, not list: PROTOCOL 5. */
const BOX_MODE = 0o3733;

export interface ServerAccount extends Account {
  /** lines of `.pub` files that may log in */
  readonly publicKeys: readonly string[];
}

/** A server on which boxes stand, whichever it is: ours of the demo, or OpenSSH in tests. */
export interface BoxServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** `SHA256:…` */
  readonly hostKey: string;
  /** Make the account, or change it, and its agency's boxes `/boxes/<id>` and `/boxes/<id>/test`. */
  admit(account: ServerAccount): Promise<void>;
  /** Cut every connection and stop. */
  close(): Promise<void>;
}

export interface EmbeddedServer extends BoxServer {
  /** Connections open now, and accepted since the start. */
  readonly connections: { readonly open: number; readonly accepted: number };
}

export interface ServerOptions {
  /** private key in OpenSSH's format; a new one without it */
  readonly hostKey?: string;
  /** any free one without it */
  readonly port?: number;
  /** What an account is answered from instead: a server with other habits, or a failing disk. */
  readonly between?: (files: Served, account: Account) => Served;
}

/**
 * Serve a folder on the loopback interface.
 *
 * @param root becomes `/` for the clients; made if it is not there
 */
export async function startServer(
  root: string,
  { hostKey = newSshKey("embedded").privateKey, port = 0, between }: ServerOptions = {},
): Promise<EmbeddedServer> {
  await fs.mkdir(root, { recursive: true });
  const accounts = new Map<string, ServerAccount>();
  const tree = new ServedTree(root);
  const ssh = new ssh2.Server({ hostKeys: [hostKey] }, (connection) => {
    welcome(connection, accounts, (account) => {
      const files = tree.seenBy(account);
      return between ? between(files, account) : files;
    });
  });
  const sockets = new Set<Socket>();
  let accepted = 0;
  // Our own listener: to cut connections, and because ssh2's waits to fill its packets (Nagle).
  const listener = createServer({ noDelay: true }, (socket) => {
    accepted++;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    ssh.injectSocket(socket);
  });
  listener.listen(port, HOST);
  await once(listener, "listening");
  const close = async (): Promise<void> => {
    if (!listener.listening) return;
    const closed = once(listener, "close");
    listener.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const address = listener.address();
  return {
    host: HOST,
    port: typeof address === "object" && address !== null ? address.port : port,
    hostKey: fingerprintOf(hostKey),
    get connections() {
      return { open: sockets.size, accepted };
    },
    admit: async (account) => {
      accounts.set(account.name, account);
      await makeBoxes(root, account.agencyId);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function makeBoxes(root: string, agencyId: string): Promise<void> {
  for (const box of [join(root, "boxes", agencyId), join(root, "boxes", agencyId, "test")]) {
    await fs.mkdir(box, { recursive: true });
    await fs.chmod(box, BOX_MODE);
  }
}

function welcome(
  connection: Connection,
  accounts: ReadonlyMap<string, ServerAccount>,
  filesFor: (account: Account) => Served,
): void {
  let loggedIn: ServerAccount | undefined;
  connection.on("authentication", (attempt) => {
    const account = accounts.get(attempt.username);
    if (account === undefined || !holdsKey(attempt, account)) {
      attempt.reject(["publickey"]);
      return;
    }
    loggedIn = account;
    attempt.accept();
  });
  connection.on("session", (acceptSession) => {
    acceptSession().on("sftp", (acceptSftp) => {
      if (loggedIn !== undefined) answerRequests(acceptSftp(), filesFor(loggedIn));
    });
  });
  // A client that hangs up in the middle is an error to ssh2; to a server it is everyday life.
  connection.on("error", () => undefined);
}

/** The first try comes without a signature and asks only: is this a key worth signing with? */
function holdsKey(attempt: AuthContext, account: ServerAccount): boolean {
  if (attempt.method !== "publickey") return false;
  const { key: offered, blob, signature, hashAlgo } = attempt;
  return account.publicKeys.some((line) => {
    const key = ssh2.utils.parseKey(line);
    if (key instanceof Error || !key.getPublicSSH().equals(offered.data)) return false;
    if (signature === undefined) return true;
    // Where it cannot check, ssh2 returns an Error: nothing but true will do.
    const verdict: unknown = blob && key.verify(blob, signature, hashAlgo);
    return verdict === true;
  });
}

function fingerprintOf(privateKey: string): string {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) throw key;
  return hostKeyFingerprint(key.getPublicSSH());
}
