/** Decisions that lie in drop folders: by whom they were made, and whether they may. */
import type { Config } from "../config.ts";
import { schoolMeant } from "../config/schools.ts";
import { decide, storedAbout } from "../desk/decide.ts";
import type { Order } from "../desk/decision.ts";
import type { Desk } from "../desk/enact.ts";
import { accountNamed, assertMay, userOf, whoActs } from "../people.ts";
import type { Building } from "./parts.ts";

/** A decision from a drop folder: by whom it was made, and whether they may. */
export async function carryOut(
  { config, desk }: Building,
  order: Order,
  accountOf: (uid: number) => Promise<string | null> = accountNamed,
): Promise<void> {
  const { decision, decidedBy, ownerUid, dropFolder, isHandwritten = false, at, within } = order;
  const isFromSystem = config.dropFolders[dropFolder]?.sourceSystem ?? false;
  const osUser = ownerUid === null ? null : await accountOf(ownerUid);
  const actor = whoActs(config, {
    ...(decidedBy === null ? {} : { username: decidedBy }),
    ...(osUser === null ? {} : { osUser }),
    isFromSourceSystem: isFromSystem && !isHandwritten,
  });
  const school = await schoolOfMatter(desk, config, decision);
  assertMay(actor, rightFor(decision.kind), proofFor(decision.kind, config), school);
  await decide(desk, { decision, user: userOf(actor), at, within });
}

/** The account with this number, asked for once. */
export function remembered(
  owners: Map<number, Promise<string | null>>,
  uid: number,
): Promise<string | null> {
  const known = owners.get(uid) ?? accountNamed(uid);
  owners.set(uid, known);
  return known;
}

/** The school of ours that a decision is about; `undefined` if it is none that we know. */
async function schoolOfMatter(
  { ledger }: Pick<Desk, "ledger">,
  config: Config,
  decision: Order["decision"],
): Promise<string | undefined> {
  if (decision.kind === "request") {
    return schoolMeant(config, decision.request.enrollment)?.name;
  }
  const { school } = await storedAbout(ledger, decision.about);
  return ownSchool(config, school);
}

/**
 * The school of ours that is meant by a name, as another district wrote it perhaps, before the config knew
 * it so.
 */
export const ownSchool = (config: Config, named: string | null): string | undefined =>
  named === null ? undefined : schoolMeant(config, { NameOfInstitution: named })?.name;

/**
 * To stop a release or to ask it back shows nothing to anybody, and must not wait for a proof of who does
 * it.
 */
export const proofFor = (
  kind: Order["decision"]["kind"],
  config: Config,
): Parameters<typeof assertMay>[2] =>
  kind === "withdraw" || kind === "recall" ? { releases: { allowDeclaredUser: true } } : config;

/** To ask for records is one right; to decide about ours is the other. */
export const rightFor = (kind: Order["decision"]["kind"]): "request" | "release" =>
  ["request", "resubmit", "cancel", "imported", "answered"].includes(kind) ? "request" : "release";
