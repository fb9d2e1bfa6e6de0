/** Does the mail server take us, and is there somebody to mail? */
import type { Config, Mail } from "../../config.ts";
import { parseMailServer } from "../../config/mail.ts";
import { newLocalId } from "../../ids.ts";
import type { MailSession } from "../../mail.ts";
import { mailSession } from "../../notices/post.ts";
import { registrarsFor } from "../../notices/recipients.ts";
import { type Checking, type Finding, ok, refused, warning } from "./finding.ts";

const PATIENCE_MS = 30_000;

/** @returns nothing if the config has no mail */
export async function checkMail({ config, now, mailTo }: Checking): Promise<Finding[]> {
  const { mail } = config;
  if (!mail) {
    if (mailTo === undefined) return [];
    return [warning("mail", "no mail was sent: the config has no section mail", HOW)];
  }
  try {
    await using session = await mailSession(config, mail, AbortSignal.timeout(PATIENCE_MS));
    const findings = [...serverFindings(mail, session), ...peopleFindings(config)];
    if (mailTo === undefined) return findings;
    await session.send(testLetter(config, mail, mailTo, now()));
    return [...findings, ok("mail", `a test mail went to ${mailTo}`)];
  } catch (error) {
    return [...refused("mail", error), ...peopleFindings(config)];
  }
}

const HOW = "Write one as config/packetboat.example.yaml shows it.";

function serverFindings(
  { server, newRequest, digestAt }: Mail,
  { isEncrypted, isLoggedIn }: MailSession,
): Finding[] {
  const how = [
    isEncrypted ? "encrypted" : "not encrypted",
    ...(isLoggedIn ? ["and takes our password"] : ["without a password"]),
  ].join(" ");
  const when = `new requests: ${newRequest}; the digest at ${digestAt} on school days`;
  const sentence = `${server} answers, ${how}; ${when}`;
  if (isEncrypted || parseMailServer(server)?.isLocal === true) return [ok("mail", sentence)];
  const hint = "Mail names no student; but let the server offer STARTTLS, or use smtps://.";
  return [warning("mail", sentence, hint)];
}

/** Mail to nobody is no mail. */
function peopleFindings(config: Config): Finding[] {
  const { schools, mail, role } = config;
  if (role === "entity") return [];
  const names = schools.length === 0 ? [null] : schools.map(({ name }) => name);
  const without = names.filter(
    (school) => registrarsFor(config, { side: "releaser", school }).length === 0,
  );
  const hint = "Give somebody who may release there an email: under people.";
  return [
    ...without.map((school) =>
      warning("mail", `nobody is told of requests${school === null ? "" : ` for ${school}`}`, hint),
    ),
    ...(mail?.it.length === 0
      ? [warning("mail", "nobody is told what IT must know", "Name somebody in mail.it.")]
      : []),
  ];
}

const testLetter = ({ agency }: Config, { from }: Mail, to: string, at: Date) => ({
  id: newLocalId(),
  from: { name: `Packetboat, ${agency.name}`, address: from },
  to,
  subject: "Packetboat: a test mail",
  text: "Somebody ran packetboat check --mail-to, and this arrived: mail works.\n",
  at,
});
