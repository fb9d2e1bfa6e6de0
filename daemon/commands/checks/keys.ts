/** Our keys, and the card that tells partners about them. */
import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { type Config, homePaths } from "../../config.ts";
import { type Card, cardOf, readCard } from "../../directory/card.ts";
import { showFingerprint } from "../../ids.ts";
import { standingOf } from "../../keys/standing.ts";
import { type HomeKeys, readHomeKeys } from "../home/keys.ts";
import { type Finding, ok, refused, warning, wrong } from "./finding.ts";

const DAY_MS = 86_400_000;
/** Partners need time to take a new card. */
const WARN_DAYS = 60;

export async function checkKeys(config: Config, at: Date): Promise<Finding[]> {
  try {
    const keys = await readHomeKeys(config);
    return [standing(keys, at), await checkCard(config, keys, at)];
  } catch (error) {
    return refused("keys", error);
  }
}

function standing({ openpgp: { publicKey } }: HomeKeys, at: Date): Finding {
  const { expires, fingerprint } = publicKey;
  const now = standingOf(publicKey, at);
  if (now !== "good") {
    return wrong(
      "keys",
      `the OpenPGP key is ${now}`,
      "Partners refuse what it signs: make a new one.",
    );
  }
  const days = expires && Math.floor((expires.getTime() - at.getTime()) / DAY_MS);
  if (days !== null && days < WARN_DAYS) {
    return warning("keys", `the OpenPGP key expires in ${days} days`, "Make a new one in time.");
  }
  const until = expires ? `until ${expires.toISOString().slice(0, 10)}` : "without an end";
  return ok("keys", `${showFingerprint(fingerprint)}, good ${until}`);
}

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
