import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { MailServer } from "../daemon/config/mail.ts";
import { parseMailServer } from "../daemon/config/mail.ts";
import { type Letter, openMail } from "../daemon/mail.ts";
import {
  type Certificate,
  selfSigned,
  startMailServer,
  startSilentServer,
  type TestMailServer,
} from "./mail-server.ts";

const ACCOUNT = { username: "packetboat", password: "a:secret with colons" };
const NEVER = new AbortController().signal;

const letter = (more: Partial<Letter> = {}): Letter => ({
  id: "0190a5f2-7c1e-7000-8000-000000000001",
  from: { name: "Packetboat, Exämple Schools", address: "packetboat@district.example" },
  to: "registrar@district.example",
  subject: "Packetboat: Request to release K7QM-3F2D",
  text: `Dürfen wir?\n.\n${"long ".repeat(60)}\n`,
  at: new Date("2024-08-12T15:00:00Z"),
  ...more,
});

let certificate: Certificate;
beforeAll(async () => {
  certificate = await selfSigned();
});

/** As the config would name it; `remote` as if it were another machine. */
function serverAt(
  { address }: Pick<TestMailServer, "address">,
  { remote = false } = {},
): MailServer {
  const server = parseMailServer(address);
  if (!server) throw new Error(address);
  return { ...server, isLocal: !remote };
}

describe("a letter", () => {
  it("is plain text that nothing answers, in a session that is encrypted and logged in", async () => {
    await using server = await startMailServer({ certificate, account: ACCOUNT });
    await using session = await openMail(serverAt(server), ACCOUNT, NEVER);
    await session.send(letter());
    expect([session.isEncrypted, session.isLoggedIn]).toEqual([true, true]);
    const [mail] = server.mails;
    expect(mail).toMatchObject({
      from: "packetboat@district.example",
      to: ["registrar@district.example"],
      isEncrypted: true,
      user: "packetboat",
      subject: "Packetboat: Request to release K7QM-3F2D",
    });
    expect(Object.fromEntries(mail?.headers ?? [])).toEqual({
      from: "Packetboat, Exämple Schools <packetboat@district.example>",
      to: "registrar@district.example",
      subject: "Packetboat: Request to release K7QM-3F2D",
      "message-id": "<0190a5f2-7c1e-7000-8000-000000000001@district.example>",
      date: "Mon, 12 Aug 2024 15:00:00 +0000",
      "auto-submitted": "auto-generated",
      "x-auto-response-suppress": "All",
      "mime-version": "1.0",
      "content-type": "text/plain; charset=utf-8",
      "content-transfer-encoding": "quoted-printable",
    });
    expect(mail?.text).toContain("Dürfen wir?");
    expect(mail?.raw).toMatch(/^[\r\n\x20-\x7e]*$/);
    expect(mail?.raw.split("\r\n").every((line) => line.length <= 78)).toBe(true);
  });

  it("cannot be given another header by what stands in it", async () => {
    await using server = await startMailServer();
    await using session = await openMail(serverAt(server), null, NEVER);
    await session.send(
      letter({
        subject: "A\r\nBcc: everybody@district.example\r\n\r\nB",
        from: { name: "X\r\nReply-To: a@b.example", address: "packetboat@district.example" },
      }),
    );
    const [mail] = server.mails;
    expect([...(mail?.headers.keys() ?? [])]).not.toContain("bcc");
    expect([...(mail?.headers.keys() ?? [])]).not.toContain("reply-to");
    expect(mail?.subject).toBe("A Bcc: everybody@district.example B");
    expect(mail?.to).toEqual(["registrar@district.example"]);
  });

  it("is the same letter when it is sent again", async () => {
    await using server = await startMailServer();
    for (let times = 0; times < 2; times++) {
      await using session = await openMail(serverAt(server), null, NEVER);
      await session.send(letter());
    }
    const [one, other] = server.mails;
    expect(one?.raw).toBe(other?.raw);
  });

  it("that is refused for its address leaves the session to the others", async () => {
    await using server = await startMailServer();
    server.manners.refused.set("gone@district.example", 550);
    server.manners.refused.set("busy@district.example", 452);
    await using session = await openMail(serverAt(server), null, NEVER);
    const refusal = session.send(letter({ to: "gone@district.example" }));
    await expect(refusal).rejects.toMatchObject({
      code: "MAIL_REFUSED",
      message: `the mail server 127.0.0.1:${server.port} refuses this mail (550 5.1.1)`,
    });
    const delay = session.send(letter({ to: "busy@district.example" }));
    await expect(delay).rejects.toMatchObject({ code: "MAIL_DELAYED" });
    await session.send(letter());
    expect(server.mails).toHaveLength(1);
    expect(server.connections()).toBe(1);
  });

  it("to what is no address is refused, and not by a bug", async () => {
    await using server = await startMailServer();
    await using session = await openMail(serverAt(server), null, NEVER);
    const refusal = session.send(letter({ to: "a>b@district.example" }));
    await expect(refusal).rejects.toMatchObject({ code: "MAIL_REFUSED" });
    await session.send(letter());
    expect(server.mails).toHaveLength(1);
  });

  it("whose content is refused is refused, and the next one goes", async () => {
    await using server = await startMailServer();
    await using session = await openMail(serverAt(server), null, NEVER);
    server.manners.afterData = "refuses";
    await expect(session.send(letter())).rejects.toMatchObject({ code: "MAIL_REFUSED" });
    server.manners.afterData = "takes";
    await session.send(letter());
    expect(server.mails).toHaveLength(1);
  });

  it("of which no answer came has not been sent, as far as we know", async () => {
    await using server = await startMailServer();
    server.manners.afterData = "takes and drops the line";
    await using session = await openMail(serverAt(server), null, NEVER);
    await expect(session.send(letter())).rejects.toMatchObject({ code: "MAIL_UNREACHABLE" });
    await expect(session.send(letter())).rejects.toMatchObject({ code: "MAIL_UNREACHABLE" });
    expect(server.mails).toHaveLength(1);
  });
});

describe("another machine", () => {
  const trusted = getCACertificates("default");
  afterEach(() => setDefaultCACertificates(trusted));

  it("is not trusted with a certificate that nobody vouches for, and gets no letter", async () => {
    for (const secure of [false, true]) {
      await using server = await startMailServer({ certificate, secure, account: ACCOUNT });
      const session = openMail(serverAt(server, { remote: true }), ACCOUNT, NEVER);
      await expect(session).rejects.toMatchObject({ code: "MAIL_CERTIFICATE" });
    }
  });

  it("is trusted once this machine trusts who signed its certificate", async () => {
    setDefaultCACertificates([...trusted, certificate.cert]);
    for (const secure of [false, true]) {
      await using server = await startMailServer({ certificate, secure, account: ACCOUNT });
      await using session = await openMail(serverAt(server, { remote: true }), ACCOUNT, NEVER);
      await session.send(letter());
      expect(server.mails).toMatchObject([{ isEncrypted: true, user: "packetboat" }]);
    }
  });

  it("is not trusted with a certificate for another name", async () => {
    const other = await selfSigned("DNS:mail.other.example");
    setDefaultCACertificates([...trusted, other.cert]);
    await using server = await startMailServer({ certificate: other });
    const session = openMail(serverAt(server, { remote: true }), null, NEVER);
    await expect(session).rejects.toMatchObject({ code: "MAIL_CERTIFICATE" });
  });

  it("is shown no password in the clear, and this machine is", async () => {
    await using server = await startMailServer({ account: ACCOUNT });
    const remote = openMail(serverAt(server, { remote: true }), ACCOUNT, NEVER);
    await expect(remote).rejects.toMatchObject({ code: "MAIL_NOT_ENCRYPTED" });
    await using session = await openMail(serverAt(server), ACCOUNT, NEVER);
    expect([session.isEncrypted, session.isLoggedIn]).toEqual([false, true]);
  });
});

describe("a mail server that cannot be used", () => {
  it("refuses the password", async () => {
    await using server = await startMailServer({ certificate, account: ACCOUNT });
    const wrong = { ...ACCOUNT, password: "another" };
    await expect(openMail(serverAt(server), wrong, NEVER)).rejects.toMatchObject({
      code: "MAIL_LOGIN_REFUSED",
    });
  });

  it("wants somebody to log in, which is no fault of the letter", async () => {
    await using server = await startMailServer({ certificate, account: ACCOUNT });
    await using session = await openMail(serverAt(server), null, NEVER);
    await expect(session.send(letter())).rejects.toMatchObject({ code: "MAIL_SENDER_REFUSED" });
  });

  it("is away", async () => {
    await using server = await startMailServer();
    const { address } = server;
    await server[Symbol.asyncDispose]();
    await expect(openMail(serverAt({ address }), null, NEVER)).rejects.toMatchObject({
      code: "MAIL_UNREACHABLE",
      message: expect.stringContaining("ECONNREFUSED") as string,
    });
  });

  it("never says a word, and is waited for no longer than we are told", async () => {
    await using server = await startSilentServer();
    const begun = performance.now();
    const session = openMail(serverAt(server), null, AbortSignal.timeout(300));
    await expect(session).rejects.toMatchObject({ code: "MAIL_UNREACHABLE" });
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});

describe("the address of a mail server", () => {
  it.each([
    ["smtp://mail.district.example", 587, false, false],
    ["smtp://mail.district.example:25", 25, false, false],
    ["smtps://mail.district.example", 465, true, false],
    ["smtp://localhost:25", 25, false, true],
    ["smtp://[::1]:25", 25, false, true],
    ["smtp://127.0.0.1", 587, false, true],
    ["smtp://127.example", 587, false, false],
  ])("%s", (address, port, isEncryptedAtOnce, isLocal) => {
    expect(parseMailServer(address)).toMatchObject({ port, isEncryptedAtOnce, isLocal });
  });

  it.each(["smtp://", "smtp://:25", "smtp://mail:99999", "http://mail", "smtp://mail?x"])(
    "%s names none",
    (address) => {
      expect(parseMailServer(address)).toBeNull();
    },
  );
});
