/** A real mail server on this machine, which takes what the daemon sends, or misbehaves as it is told. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** As it came. */
  readonly raw: string;
  /** By their names in lower case, in plain words. */
  readonly headers: ReadonlyMap<string, string>;
  readonly subject: string;
  readonly text: string;
  /** Came it over an encrypted connection, and who had logged in? */
  readonly isEncrypted: boolean;
  readonly user: string | undefined;
}

/** What the server does; a test may change it at any time. */
export interface Manners {
  /** Recipients that are refused, and with which answer: 550. */
  readonly refused: Map<string, number>;
  /** What becomes of a mail whose last byte has come. */
  afterData: "takes" | "takes and drops the line" | "refuses";
}

export interface TestMailServer extends AsyncDisposable {
  readonly port: number;
  readonly address: string;
  readonly mails: ReceivedMail[];
  readonly manners: Manners;
  /** How many connections there were. */
  connections(): number;
}

export interface MailServerOptions {
  readonly account?: { readonly username: string; readonly password: string };
  /** Without it the server offers no STARTTLS. */
  readonly certificate?: Certificate;
  /** Encrypted from the first byte on. */
  readonly secure?: boolean;
  readonly port?: number;
}

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** A certificate for this machine that nobody trusts who was not told to. */
export async function selfSigned(names = "IP:127.0.0.1,DNS:localhost"): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), "packetboat-certificate-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const kind = [
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    "-subj",
    "/CN=mail.example",
  ];
  const named = ["-addext", `subjectAltName=${names}`];
  await promisify(execFile)("openssl", ["req", ...kind, ...named, "-keyout", key, "-out", cert]);
  const made = { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
  await rm(folder, { recursive: true });
  return made;
}

export async function startMailServer(options: MailServerOptions = {}): Promise<TestMailServer> {
  const mails: ReceivedMail[] = [];
  const manners: Manners = { refused: new Map(), afterData: "takes" };
  let connections = 0;
  const server = new SMTPServer({
    ...accountOptions(options),
    ...(options.certificate ?? { hideSTARTTLS: true }),
    secure: options.secure ?? false,
    onConnect: (_, done) => {
      connections++;
      done();
    },
    onRcptTo: ({ address }, _, done) => {
      const code = manners.refused.get(address);
      done(code === undefined ? null : failing(code));
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        if (manners.afterData === "refuses") return done(failing(554));
        mails.push(received(Buffer.concat(chunks).toString("latin1"), session));
        if (manners.afterData === "takes") return done();
        for (const connection of server.connections as Iterable<{ close(): void }>) {
          connection.close();
        }
      });
    },
  });
  server.on("error", () => undefined);
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address() as AddressInfo;
  return {
    port,
    address: `${options.secure ? "smtps" : "smtp"}://127.0.0.1:${port}`,
    mails,
    manners,
    connections: () => connections,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function accountOptions({ account, secure, certificate }: MailServerOptions): SMTPServerOptions {
  if (!account) return { authOptional: true, disabledCommands: ["AUTH"] };
  return {
    allowInsecureAuth: !secure && !certificate,
    onAuth: ({ username, password }, _, done) => {
      const isRight = username === account.username && password === account.password;
      done(isRight ? null : new Error("no"), isRight ? { user: username } : undefined);
    },
  };
}

const failing = (responseCode: number): Error =>
  Object.assign(new Error("5.1.1 no mail for registrar, says this server"), { responseCode });

/** Takes connections and never says a word. */
export async function startSilentServer(): Promise<{ address: string } & AsyncDisposable> {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Session {
  readonly secure: boolean;
  readonly user?: unknown;
  readonly envelope: {
    readonly mailFrom: { readonly address: string } | false;
    readonly rcptTo: readonly { readonly address: string }[];
  };
}

function received(raw: string, { secure, user, envelope }: Session): ReceivedMail {
  const [head = "", ...rest] = raw.split("\r\n\r\n");
  const lines = head.replaceAll(/\r\n[ \t]+/g, " ").split("\r\n");
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), wordsIn(line.slice(colon + 1).trim())];
    }),
  );
  const body = rest.join("\r\n\r\n");
  const encoding = headers.get("content-transfer-encoding");
  return {
    from: envelope.mailFrom ? envelope.mailFrom.address : "",
    to: envelope.rcptTo.map(({ address }) => address),
    raw,
    headers,
    subject: headers.get("subject") ?? "",
    text: (encoding === "quoted-printable"
      ? quotedPrintable(body.replaceAll(/=\r\n/g, ""))
      : body
    ).replaceAll("\r\n", "\n"),
    isEncrypted: secure,
    user: typeof user === "string" ? user : undefined,
  };
}

/** Encoded words of RFC 2047. */
const wordsIn = (text: string): string =>
  text
    .replaceAll(/\?=\s+=\?/g, "?==?")
    .replaceAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, kind: string, word: string) =>
      kind.toLowerCase() === "b"
        ? Buffer.from(word, "base64").toString()
        : quotedPrintable(word.replaceAll("_", " ")),
    );

const quotedPrintable = (text: string): string =>
  Buffer.from(
    text.replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    ),
    "latin1",
  ).toString();
