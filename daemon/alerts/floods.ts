/** What people must know of senders that fill a box: one alert for each, as long as it lasts. */
import { listAlerts, resolveAlerts } from "../ledger/alerts.ts";
import type { Ledger, Queries } from "../ledger/connect.ts";
import type { Sender } from "../packet/shares.ts";
import type { FloodedBox } from "./post-alerts.ts";
import { raisePostAlert } from "./raise.ts";

/** More of one sender's files wait in a box than `limits.perSender` allows. */
export interface Flood {
  readonly sender: Sender;
  readonly files: number;
  readonly megabytes: number;
  /** Our own, or the box of the entity in which files wait for the districts of other states. */
  readonly box: FloodedBox;
  readonly at: Date;
}

const CODE = "SENDER_FLOODS";

/** Tell of one flood, or renew what was told of it. */
export async function tellFlood(
  db: Queries,
  { sender, files, megabytes, box, at }: Flood,
): Promise<void> {
  const { account, named, isNamedAlike } = sender;
  await raisePostAlert(db, {
    code: CODE,
    subject: subjectOf(box, sender),
    ...(named !== null && isNamedAlike ? { agencyId: named } : {}),
    facts: {
      box,
      files,
      megabytes,
      isNamedAlike,
      ...(account === null ? {} : { account }),
      ...(named === null ? {} : { named }),
    },
    at,
  });
}

/** The floods of one box are these, and no others: what was told of any other is over. */
export async function tellFloods(
  ledger: Ledger,
  box: FloodedBox,
  floods: readonly Pick<Flood, "sender" | "files" | "megabytes">[],
  at: Date,
): Promise<void> {
  await ledger.transaction().execute(async (db) => {
    const open = await listAlerts(db, { open: true, code: CODE });
    const over = new Set(
      open.filter(({ facts }) => facts["box"] === box).map(({ subject }) => subject),
    );
    for (const flood of floods) {
      await tellFlood(db, { ...flood, box, at });
      over.delete(subjectOf(box, flood.sender));
    }
    for (const subject of over) {
      await resolveAlerts(db, { code: CODE, subject, by: "packetboat", at });
    }
  });
}

/** The account, or the agency where no account is known; one may flood both boxes. */
function subjectOf(box: FloodedBox, { account, named }: Sender): string {
  const sender = account === null ? (named ?? "unknown") : `account ${account}`;
  return box === "own" ? sender : `${box} ${sender}`;
}
