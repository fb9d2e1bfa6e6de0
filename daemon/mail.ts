/**
 * The door to mail: one session with the mail server, in which letters are handed over one after the
 * other. The only door to nodemailer, which is loaded when there is a letter: most exchanges send none.
 *
 * A letter is plain text without attachments. Its Message-ID is made from our own id, and its date is
 * that of its writing: sent again because an answer was lost, it is the same letter, which mail programs
 * show once.
 */
import { once } from "node:events";
import { getCACertificates } from "node:tls";
import type SMTPConnection from "nodemailer/lib/smtp-connection";
import type { MailCredentials, MailServer } from "./config/mail.ts";
import { type ErrorCode, PacketboatError } from "./errors.ts";

export interface Letter {
  /** Ours, unique. */
  readonly id: string;
  /** How the sender is called, and from where it comes. */
  readonly from: { readonly name: string; readonly address: string };
  /** One address. */
  readonly to: string;
  /** One line. */
  readonly subject: string;
  readonly text: string;
  /** When it was written. */
  readonly at: Date;
}

export interface MailSession extends AsyncDisposable {
  readonly isEncrypted: boolean;
  readonly isLoggedIn: boolean;
  /**
   * Hand over one letter.
   *
   * @throws PacketboatError MAIL_REFUSED, MAIL_DELAYED: of this letter, others may go on;
   *   MAIL_SENDER_REFUSED, MAIL_UNREACHABLE: of the session
   */
  send(letter: Letter): Promise<void>;
}

/** Milliseconds; mail has a deadline for all of it beside these. */
const CONNECT_MS = 10_000;
const GREETING_MS = 10_000;
const SILENT_MS = 20_000;
const GOODBYE_MS = 2_000;

/**
 * Connect, encrypt and log in.
 *
 * @param credentials `null` if nobody logs in
 * @param stop fires when it has lasted too long: the connection is cut
 * @throws PacketboatError MAIL_UNREACHABLE, MAIL_CERTIFICATE, MAIL_LOGIN_REFUSED, MAIL_SENDER_REFUSED;
 *   MAIL_NOT_ENCRYPTED if a password would travel in the clear to another machine
 */
export async function openMail(
  server: MailServer,
  credentials: MailCredentials | null,
  stop: AbortSignal,
): Promise<MailSession> {
  const { default: Connection } = await import("nodemailer/lib/smtp-connection");
  const connection = new Connection(optionsFor(server));
  const line = new Line(connection, stop);
  try {
    await line.asked((done) => connection.connect(done));
    if (credentials) {
      assertEncrypted(server, connection.secure);
      await line.asked((done) =>
        connection.login({ user: credentials.username, pass: credentials.password }, done),
      );
    }
  } catch (error) {
    connection.close();
    throw refusalOf(error, server);
  }
  return {
    isEncrypted: connection.secure,
    isLoggedIn: credentials !== null,
    send: (letter) => hand(letter, { connection, line, server }),
    [Symbol.asyncDispose]: () => goodbye(connection, line),
  };
}

/** Nobody stands between us and ourselves; any other machine shows a certificate that this one trusts. */
const optionsFor = ({ host, port, isEncryptedAtOnce, isLocal }: MailServer) => ({
  host,
  port,
  secure: isEncryptedAtOnce,
  connectionTimeout: CONNECT_MS,
  greetingTimeout: GREETING_MS,
  socketTimeout: SILENT_MS,
  socketCloseTimeout: 0,
  tls: {
    minVersion: "TLSv1.2" as const,
    rejectUnauthorized: !isLocal,
    // Those that Node brings or was told of, and those that the administrator gave this machine.
    ca: [...new Set([...getCACertificates("default"), ...getCACertificates("system")])],
  },
});

function assertEncrypted({ host, isLocal }: MailServer, isEncrypted: boolean): void {
  if (isEncrypted || isLocal) return;
  const sentence = `${host} offers no encryption, and the password stays here`;
  throw new PacketboatError("MAIL_NOT_ENCRYPTED", sentence);
}

interface Handing {
  readonly connection: SMTPConnection;
  readonly line: Line;
  readonly server: MailServer;
}

async function hand(letter: Letter, { connection, line, server }: Handing): Promise<void> {
  const envelope = { from: letter.from.address, to: [letter.to] };
  const message = await written(letter);
  try {
    await line.asked((done) => connection.send(envelope, message, done));
  } catch (error) {
    const refusal = refusalOf(error, server);
    // What was said of this letter is forgotten, or the next one would be refused for it.
    if (isOfLetter(refusal)) {
      await line
        .asked((done) => connection.reset(done))
        .catch((cause: unknown) => {
          if (refusal.code === "MAIL_DELAYED") throw refusalOf(cause, server);
        });
    }
    throw refusal;
  }
}

/** Did the server say it of one letter alone? Then others may go on. */
export const isOfLetter = ({ code }: PacketboatError): boolean =>
  code === "MAIL_REFUSED" || code === "MAIL_DELAYED";

/** As it travels: UTF-8 in seven bits, with headers that stop other programs from answering it. */
async function written({ id, from, to, subject, text, at }: Letter): Promise<Buffer> {
  const { default: Composer } = await import("nodemailer/lib/mail-composer");
  const domain = from.address.slice(from.address.indexOf("@") + 1);
  const message = new Composer({
    from,
    to: { name: "", address: to },
    subject: subject.replaceAll(/\s+/g, " "),
    text,
    textEncoding: "quoted-printable",
    messageId: `<${id}@${domain}>`,
    date: at,
    headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return message.compile().build();
}

/** A connection whose end, by itself or by us, ends whatever was asked of it. */
class Line {
  readonly #broken = Promise.withResolvers<never>();

  constructor(connection: SMTPConnection, stop: AbortSignal) {
    this.#broken.promise.catch(() => undefined);
    const { reject } = this.#broken;
    const cut = (): void => {
      reject(new CutOff());
      connection.close();
    };
    connection.on("error", reject);
    connection.on("end", () => {
      stop.removeEventListener("abort", cut);
      reject(new CutOff());
    });
    stop.addEventListener("abort", cut);
    if (stop.aborted) cut();
  }

  /** @param ask is given a callback, and perhaps never calls it */
  async asked(ask: (done: (error?: Error | null) => void) => void): Promise<void> {
    const answer = Promise.withResolvers<void>();
    ask((error) => (error ? answer.reject(error) : answer.resolve()));
    await Promise.race([answer.promise, this.#broken.promise]);
  }
}

class CutOff extends Error {}

async function goodbye(connection: SMTPConnection, line: Line): Promise<void> {
  if (connection.destroyed) return;
  const patience = AbortSignal.timeout(GOODBYE_MS);
  const ended = once(connection, "end", { signal: patience }).catch(() => undefined);
  await line.asked((done) => done()).catch(() => undefined);
  connection.quit();
  await ended;
  connection.close();
}

/** Nodemailer's errors, as far as they are more than sentences. */
interface Failure {
  readonly code?: string;
  /** The system's, beside nodemailer's own. */
  readonly originalCode?: string;
  /** What the server answered: 550. */
  readonly responseCode?: number;
  /** To what it answered so: `RCPT TO`. */
  readonly command?: string;
  readonly response?: string;
}

/** A certificate that is not trusted, by OpenSSL's names; or made for another name. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)|ERR_TLS_/;

/**
 * What a failure means, from its codes alone: the server's sentence may name people, and is not repeated.
 */
function refusalOf(error: unknown, server: MailServer): PacketboatError {
  if (error instanceof PacketboatError) return error;
  const failure = (error instanceof Error ? error : {}) as Failure;
  const [code, what] = meaningOf(failure);
  const where = `${server.host}:${server.port}`;
  return new PacketboatError(code, `the mail server ${where} ${what}`, {
    facts: failure.responseCode ? { answer: failure.responseCode } : {},
    cause: error,
  });
}

function meaningOf(failure: Failure): readonly [ErrorCode, string] {
  const { code, originalCode, responseCode = 0, command = "" } = failure;
  const answer = `(${[responseCode || "", statusIn(failure)].join(" ").trim()})`;
  if (code === "EENVELOPE" && responseCode === 0)
    return ["MAIL_REFUSED", "cannot be given such an address"];
  if (responseCode === 530) return ["MAIL_SENDER_REFUSED", `wants somebody to log in ${answer}`];
  if (code === "EAUTH" && (responseCode === 0 || responseCode >= 500)) {
    return ["MAIL_LOGIN_REFUSED", `does not take the username and password ${answer}`];
  }
  const isOfLetterAlone = command === "RCPT TO" || command === "DATA";
  if (responseCode >= 500) {
    return isOfLetterAlone
      ? ["MAIL_REFUSED", `refuses this mail ${answer}`]
      : ["MAIL_SENDER_REFUSED", `takes no mail from us ${answer}`];
  }
  if (responseCode >= 400 && isOfLetterAlone && responseCode !== 421) {
    return ["MAIL_DELAYED", `asks to send this mail later ${answer}`];
  }
  if (responseCode >= 400) return ["MAIL_UNREACHABLE", `takes nothing at present ${answer}`];
  const reason = originalCode ?? code ?? "";
  if (CERTIFICATE.test(reason)) return ["MAIL_CERTIFICATE", `is not trusted (${reason})`];
  if (code === undefined) return ["MAIL_UNREACHABLE", "did not answer in time"];
  return ["MAIL_UNREACHABLE", `cannot be used (${reason})`];
}

/** The enhanced status code of RFC 3463: `5.1.1`. */
const statusIn = ({ response = "" }: Failure): string =>
  /^[245][0-9]{2}[ -]([245]\.[0-9]{1,3}\.[0-9]{1,3})\b/.exec(response)?.[1] ?? "";
