/** What people must know of senders that fill a box: one alert for each, as long as it lasts. */
import type { AgencyId } from "../ids.ts";
import { listAlerts, resolveAlerts } from "../ledger/alerts.ts";
import type { Ledger, Queries } from "../ledger/connect.ts";
import type { Sender, Share } from "../packet/shares.ts";
import { raisePostAlert } from "./raise.ts";

/** A box that we read: our own, or at an entity the one of this peer, in which files wait for its districts. */
export type FloodedBox = "own" | AgencyId;

const CODE = "SENDER_FLOODS";
const MEGABYTE = 1024 * 1024;

/**
 * The floods of one box are these, and no others: what was told of any other is over.
 *
 * @param floods more waits of each than `limits.perSender` allows
 */
export async function tellFloods(
  ledger: Ledger,
  box: FloodedBox,
  floods: readonly Share[],
  at: Date,
): Promise<void> {
  const subjects = new Set(floods.map(({ sender }) => subjectOf(box, sender)));
  await ledger.transaction().execute(async (db) => {
    for (const flood of floods) await tellFlood(db, box, flood, at);
    await close(db, (flooded, subject) => flooded === box && !subjects.has(subject), at);
  });
}

/** Only these boxes are read now: what was told of floods in any other is over. */
export const keepFloodsOf = (
  ledger: Ledger,
  boxes: readonly FloodedBox[],
  at: Date,
): Promise<void> =>
  ledger.transaction().execute((db) => close(db, (flooded) => !boxes.includes(flooded), at));

/** Tell of one flood, or renew what was told of it. */
async function tellFlood(
  db: Queries,
  box: FloodedBox,
  { sender, files, bytes }: Share,
  at: Date,
): Promise<void> {
  const { account, named, isNamedAlike } = sender;
  await raisePostAlert(db, {
    code: CODE,
    subject: subjectOf(box, sender),
    ...(named !== null && isNamedAlike ? { agencyId: named } : {}),
    facts: {
      box,
      files,
      megabytes: Math.round(bytes / MEGABYTE),
      isNamedAlike,
      ...(account === null ? {} : { account }),
      ...(named === null ? {} : { named }),
    },
    at,
  });
}

async function close(
  db: Queries,
  isOver: (box: FloodedBox, subject: string) => boolean,
  at: Date,
): Promise<void> {
  for (const { subject, facts } of await listAlerts(db, { open: true, code: CODE })) {
    if (!isOver(facts["box"] as FloodedBox, subject)) continue;
    await resolveAlerts(db, { code: CODE, subject, by: "packetboat", at });
  }
}

/** The account, or the agency where no account is known; one may flood several boxes. */
function subjectOf(box: FloodedBox, { account, named }: Sender): string {
  const sender = account === null ? (named ?? "unknown") : `account ${account}`;
  return box === "own" ? sender : `${box} ${sender}`;
}
