/** Our keys, the card that tells partners about them, and the partners' own. */
import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { type Config, homePaths } from "../../config.ts";
import { type Card, cardOf, readCard } from "../../directory/card.ts";
import { type Partner, Partners } from "../../directory/partners.ts";
import { isRefusal } from "../../errors.ts";
import { showFingerprint } from "../../ids.ts";
import type { PublicKey } from "../../keys/key.ts";
import { standingOf } from "../../keys/standing.ts";
import { type HomeKeys, readHomeKeys } from "../home/keys.ts";
import { counted } from "../showing/spans.ts";
import { type Checking, type Finding, ok, refused, warning, wrong } from "./finding.ts";

const DAY_MS = 86_400_000;
/** Partners need time to take a new card. */
const WARN_DAYS = 60;
const ADD = "Ask them for a new card, and add it with `packetboat partner add CARD`.";

export async function checkKeys({ config, now }: Checking): Promise<Finding[]> {
  const at = now();
  try {
    const keys = await readHomeKeys(config);
    return [standing(keys, at), await checkCard(config, keys, at)];
  } catch (error) {
    return refused("keys", error);
  }
}

function standing({ openpgp: { publicKey } }: HomeKeys, at: Date): Finding {
  const hint =
    "Make a new one with `packetboat keys rotate`, and send the new card to every partner.";
  const now = standingOf(publicKey, at);
  if (now === "early") {
    const sentence = `the OpenPGP key holds only from ${publicKey.created.toISOString()} on`;
    return wrong("keys", sentence, "Set this machine's clock: it is behind.");
  }
  if (now !== "good") {
    return wrong("keys", `the OpenPGP key is ${now}: partners refuse what it signs`, hint);
  }
  const days = daysLeft(publicKey, at);
  if (days < WARN_DAYS) {
    return warning("keys", `the OpenPGP key expires in ${counted(days, "day")}`, hint);
  }
  return ok("keys", `${showFingerprint(publicKey.fingerprint)}, good ${untilEnd(publicKey)}`);
}

const daysLeft = ({ expires }: PublicKey, at: Date): number =>
  expires ? Math.floor((expires.getTime() - at.getTime()) / DAY_MS) : Infinity;

const untilEnd = ({ expires }: PublicKey): string =>
  expires ? `until ${expires.toISOString().slice(0, 10)}` : "without an end";

/** Partners call the number and know the people that the card names. */
async function checkCard(config: Config, keys: HomeKeys, at: Date): Promise<Finding> {
  const hint = "Write it again with `packetboat keys card`, and send it to your partners.";
  const file = await readFile(homePaths(config).card).catch(() => null);
  if (!file) return warning("card", "enrolment.xml is not there", hint);
  const read = await readCard(file, at).catch(() => null);
  if (read?.fingerprint !== keys.openpgp.publicKey.fingerprint) {
    return wrong("card", "enrolment.xml does not hold, or belongs to another key", hint);
  }
  const present = cardOf(
    config,
    { publicKey: keys.openpgp.publicKey, sshPublicKey: keys.sshPublicKey },
    read.created,
  );
  if (isDeepStrictEqual(said(read.card), said(present))) {
    return ok("card", "enrolment.xml says what the config says");
  }
  return warning("card", "enrolment.xml is older than the config, and says otherwise", hint);
}

/** The armour of one key may be written in several ways. */
const said = (card: Card): Card => ({ ...card, PublicKey: "" });

/** Those with whom nothing is amiss share one line. */
export async function checkPartners({ config, ledger, now }: Checking): Promise<Finding[]> {
  // An entity's districts are told of by themselves.
  const none = config.role === "entity" ? [] : [ok("partners", NONE)];
  if (ledger === null) return none;
  if (isRefusal(ledger)) return [];
  try {
    const partners = await new Partners(ledger, { isTest: config.mode === "test", now }).all();
    const amiss = partners.flatMap((partner) => aboutPartner(partner, now()));
    const sound = partners.length - new Set(amiss.map(({ subject }) => subject)).size;
    if (partners.length === 0) return none;
    return sound === 0 ? amiss : [ok("partners", soundOnes(sound)), ...amiss];
  } catch (error) {
    return refused("partners", error);
  }
}

const NONE = "none yet; a card is added with packetboat partner add CARD";

const soundOnes = (count: number): string =>
  `${counted(count, "partner")} whose ${count === 1 ? "key holds" : "keys hold"} for ${WARN_DAYS} days and more`;

function aboutPartner({ id, name, key, stoppedCode }: Partner, at: Date): Finding[] {
  const subject = `partner ${id}`;
  const findings: Finding[] = [];
  if (stoppedCode !== null) {
    const sentence = `nothing goes to or comes from ${name} until a person acts: ${stoppedCode}`;
    findings.push(warning(subject, sentence, "See why with `packetboat alerts list`."));
  }
  const now = standingOf(key, at);
  if (now === "early") {
    const hint = "Compare this machine's clock with theirs.";
    findings.push(warning(subject, `the key of ${name} is dated in the future`, hint));
  } else if (now !== "good") {
    const sentence = `the key of ${name} is ${now}: nothing is sealed for it`;
    findings.push(warning(subject, sentence, ADD));
  } else if (daysLeft(key, at) < WARN_DAYS) {
    const days = counted(daysLeft(key, at), "day");
    findings.push(warning(subject, `the key of ${name} expires in ${days}`, ADD));
  }
  return findings;
}
