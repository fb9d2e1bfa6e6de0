/** The mail server of the config, and who we are to it. */
import { readFile } from "node:fs/promises";
import { PacketboatError } from "../errors.ts";
import { diskRefusal } from "../disk.ts";
import { assertSecret } from "./credentials.ts";
import type { Config } from "./settled.ts";

export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** `smtps:` encrypts from the first byte on; `smtp:` as soon as the server offers it. */
  readonly isEncryptedAtOnce: boolean;
  /** This machine itself: nobody stands in between. */
  readonly isLocal: boolean;
}

export interface MailCredentials {
  readonly username: string;
  readonly password: string;
}

/** Submission (RFC 6409), and submission over TLS (RFC 8314). */
const PORTS = { "smtp:": 587, "smtps:": 465 } as const;

const LOCAL = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|::1)$/;

/**
 * @param address `smtp://host:port` or `smtps://host:port`, in the form that the schema asks for
 * @returns `null` if it names no host
 */
export function parseMailServer(address: string): MailServer | null {
  if (!URL.canParse(address)) return null;
  const { protocol, hostname, port, search, hash } = new URL(address);
  if (protocol !== "smtp:" && protocol !== "smtps:") return null;
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  if (host === "" || search !== "" || hash !== "") return null;
  return {
    host,
    port: port === "" ? PORTS[protocol] : Number(port),
    isEncryptedAtOnce: protocol === "smtps:",
    isLocal: LOCAL.test(host.toLowerCase()),
  };
}

/**
 * Username and password from the first line of the credential file.
 *
 * @returns `null` if nobody logs in
 * @throws PacketboatError FILE_NOT_FOUND, FILE_UNREADABLE, CONFIG_UNSAFE; MAIL_LOGIN_REFUSED if that is not in it
 */
export async function readMailCredentials(config: Config): Promise<MailCredentials | null> {
  const path = config.mail?.credentialFile;
  if (path === undefined) return null;
  await assertSecret(config, path);
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw diskRefusal(error, path);
  });
  const [line = ""] = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const colon = line.indexOf(":");
  if (colon > 0) return { username: line.slice(0, colon), password: line.slice(colon + 1) };
  const sentence = "the first line of mail.credentialFile is not username:password";
  throw new PacketboatError("MAIL_LOGIN_REFUSED", sentence);
}
