/**
 * Casework: what registrars write into their case folders becomes decisions, each exactly once, and every
 * folder is told in its own `status.txt` what became of it (PROTOCOL 9).
 *
 * For each case: what waits to leave is stopped if its form was changed; a decision that held still is
 * planned, its documents are copied, and it is decided like one that was typed, with the digest of the form
 * in the transaction of its effects. Then the folder follows its transfer: the form is opened for the next
 * decision, the folder moves, and the status is written. All of that is worked out anew each time from the
 * ledger and the disk, so that whatever is cut off is finished at the next call.
 */
import { join } from "node:path";
import { moveDurably } from "../disk.ts";
import { type ErrorCode, type PacketboatError, unlessRefused } from "../errors.ts";
import { changeCase, changeCases, findCase, type KnownCase } from "../ledger/cases.ts";
import { together } from "../ledger/together.ts";
import { findTransfer } from "../ledger/transfers.ts";
import { sideBySide } from "../side-by-side.ts";
import { lookAtCases, type SeenCase, standingOf } from "./case/look.ts";
import { findCases, makePlaces } from "./case/places.ts";
import { faultsText, notStoppedText, openText, strayFaults, type Telling } from "./case/status.ts";
import { DECISION_FILE } from "./case/decision-form.ts";
import type { Casework, WorkedCase } from "./case/work.ts";
import { stopRelease, takeDecision } from "./case/deciding.ts";
import { type Followed, follow, partnerOf, place, tell } from "./case/following.ts";
import { answerStrangers } from "./case/strangers.ts";

export type { CaseAlert, Casework, WorkedCase } from "./case/work.ts";

/**
 * @returns what was done in each case, as soon as it is known; one that fails never stops the others
 * @throws PacketboatError DISK_… if the drop folder as a whole cannot be used
 */
export async function* workCases(work: Casework): AsyncGenerator<WorkedCase, void> {
  await makePlaces(work.places);
  const { there, strangers } = await findCases(work.ledger, work.dropFolder, work.places);
  await answerStrangers(work, strangers);
  for await (const cases of lookAtCases({ ...work, folders: work.places }, there)) {
    yield* workOn(work, cases, true);
    if (work.stop?.aborted) return;
  }
}

/** After an exchange: folders follow what it did. No decision is taken. */
export async function* followCases(work: Casework): AsyncGenerator<WorkedCase, void> {
  const { there } = await findCases(work.ledger, work.dropFolder, work.places);
  for await (const cases of lookAtCases({ ...work, folders: work.places }, there)) {
    yield* workOn(work, cases, false);
    if (work.stop?.aborted) return;
  }
}

/** So many folders are moved and written in together; more are not decided before these are told. */
const AT_ONCE = 16;

async function* workOn(
  work: Casework,
  cases: readonly SeenCase[],
  mayDecide: boolean,
): AsyncGenerator<WorkedCase, void> {
  const { dropFolder } = work;
  for (let from = 0; from < cases.length; from += AT_ONCE) {
    for (const { known, result } of await workOnGroup(
      work,
      cases.slice(from, from + AT_ONCE),
      mayDecide,
    )) {
      const about = { caseId: known.row.case_id, dropFolder, transferId: known.key.transferId };
      if (result instanceof Error) {
        if (HINDERED.includes(result.code)) await tellHindered(work, known);
        yield { ...about, outcome: "delayed", error: result };
      } else if (result !== null) yield { ...about, ...result };
    }
    if (work.stop?.aborted) return;
  }
}

interface Worked {
  readonly known: KnownCase;
  /** What became of it, or why that is left for another time. */
  readonly result: Became | PacketboatError;
}

/** Each is decided by itself; then their folders follow together. One that fails never stops the others. */
async function workOnGroup(
  work: Casework,
  cases: readonly SeenCase[],
  mayDecide: boolean,
): Promise<Worked[]> {
  const tried: TriedCase[] = [];
  for (const first of cases) {
    if (work.stop?.aborted) break;
    tried.push({ first, tried: await unlessRefused(() => decided(work, first, mayDecide)) });
  }
  // What is cut off there is worked out anew, so that nothing of it need be durable by itself.
  return together(work.ledger, () => followAll(work, tried));
}

interface TriedCase {
  readonly first: SeenCase;
  readonly tried: Tried | PacketboatError;
}

async function followAll(work: Casework, tried: readonly TriedCase[]): Promise<Worked[]> {
  const placed = await place(
    work,
    tried.flatMap((each) => (each.tried instanceof Error ? [] : [each.tried.seen])),
  );
  const following = async ({ first: { known }, tried: each }: TriedCase): Promise<Ended> => {
    if (each instanceof Error) return { known, became: null, followed: each };
    const { seen, isToldOf } = each;
    const now = placed.get(seen) ?? seen;
    if (now instanceof Error) return { known, became: null, followed: now };
    const became = each.became ?? (now === seen ? null : { outcome: "moved" });
    const followed = isToldOf ? null : await unlessRefused(() => follow(work, now));
    return { known, became, followed };
  };
  const ended = await sideBySide(tried, following, AT_ONCE);
  const toHear = ended.flatMap(({ followed }) =>
    followed === null || followed instanceof Error ? [] : [followed],
  );
  const unheard = await unlessRefused(() => hear(work, toHear));
  return ended.map(({ known, became, followed }) => {
    if (followed instanceof Error) return { known, result: followed };
    return { known, result: followed && unheard ? unheard : became };
  });
}

interface Ended {
  readonly known: KnownCase;
  readonly became: Became;
  /** What is to be heard of it, or why it is left for another time. */
  readonly followed: Followed | PacketboatError | null;
}

/** What was followed is durable: the ledger may say so. */
async function hear({ ledger, alert }: Casework, followed: readonly Followed[]): Promise<void> {
  await changeCases(
    ledger,
    followed.map(({ changes }) => changes),
  );
  for (const { changes, transfer } of followed) {
    await alert({ caseId: changes.caseId, transfer, faults: 0 });
  }
}

/** Why nothing can be read or answered in a folder until somebody mends it. */
const HINDERED: readonly ErrorCode[] = ["DISK_FAILED", "DISK_FULL", "FILE_UNREADABLE"];

/** Its status cannot say it. The next look that succeeds closes the alert. */
async function tellHindered({ ledger, alert }: Casework, { row, key }: KnownCase): Promise<void> {
  const stored = await findTransfer(ledger, key);
  if (!stored) return;
  await changeCase(ledger, row.case_id, { told_version: null });
  await alert({ caseId: row.case_id, transfer: stored.transfer, faults: 1 });
}

type Became = Pick<WorkedCase, "outcome" | "faults" | "until"> | null;

interface Tried {
  readonly seen: SeenCase;
  readonly became: Became;
  /** Its status says all that there is to say now. */
  readonly isToldOf: boolean;
}

/** Stop what is to be stopped, and take what is to be taken. */
async function decided(work: Casework, first: SeenCase, mayDecide: boolean): Promise<Tried> {
  if (first.at.standing === "unseen") throw first.at.error;
  const named = mayDecide ? await wellNamed(work, first) : first;
  const { seen, became, isToldOf } = await stopped(work, named, mayDecide);
  if (isToldOf) return { seen, became, isToldOf };
  const { at } = seen;
  const text: Text = (telling, all) => faultsText(telling, all, work.unchangedForSeconds);
  if (at.standing === "stray") {
    const faults = mayDecide ? await refused(work, seen, strayFaults(at.names), text) : null;
    return { seen, became: faults, isToldOf: true };
  }
  if (at.standing === "still" && mayDecide) {
    const faults = await takeDecision(work, seen, at);
    if (faults.length === 0) {
      return { seen: await lookAgain(work, seen), became: { outcome: "decided" }, isToldOf };
    }
    return { seen, became: became ?? (await refused(work, seen, faults, text)), isToldOf: true };
  }
  // That something was stopped is news; otherwise what was told stands until somebody is done with it.
  if (became) return { seen, became, isToldOf };
  if (at.standing !== "moving") return { seen, became, isToldOf: at.standing === "still" };
  if (at.tree.open.length > 0) await tellOpen(work, seen, at.tree.open);
  return { seen, became: { outcome: "waiting", until: at.lookAgainAt }, isToldOf: true };
}

/** A form that got another name gets its own back, and is looked at under that. */
async function wellNamed(work: Casework, seen: SeenCase): Promise<SeenCase> {
  const { at, folder } = seen;
  if (at.standing !== "misnamed") return seen;
  await moveDurably(join(folder, at.name), join(folder, DECISION_FILE));
  return lookAgain(work, seen);
}

/** A release that waits does not leave when its form was changed. */
async function stopped(work: Casework, seen: SeenCase, mayDecide: boolean): Promise<Tried> {
  const { at } = seen;
  if (at.standing !== "changed") return { seen, became: null, isToldOf: false };
  if (!mayDecide) return { seen, became: null, isToldOf: true };
  const faults = await stopRelease(work, seen, at.form);
  if (faults.length > 0) {
    return { seen, became: await refused(work, seen, faults, notStoppedText), isToldOf: true };
  }
  const now = await lookAgain(work, seen);
  const until = now.at.standing === "moving" ? { until: now.at.lookAgainAt } : {};
  return { seen: now, became: { outcome: "withdrawn", ...until }, isToldOf: false };
}

async function lookAgain(
  work: Casework,
  { known, folder, isSuperseded, isOnShare }: SeenCase,
): Promise<SeenCase> {
  const now = (await findCase(work.ledger, known.row.case_id)) ?? known;
  const look = { ...work, folders: work.places };
  return { known: now, folder, isSuperseded, isOnShare, at: await standingOf(look, now, folder) };
}

type Text = (telling: Pick<Telling, "transfer" | "partner">, faults: readonly string[]) => string;

/** Nothing was taken: the folder says why, and an alert that it does. */
async function refused(
  work: Casework,
  { known, folder }: SeenCase,
  faults: readonly string[],
  text: Text,
): Promise<Became> {
  const stored = await findTransfer(work.ledger, known.key);
  if (!stored) return null;
  const { transfer } = stored;
  const telling = { transfer, partner: await partnerOf(work.ledger, transfer) };
  // First, for the folder may not be ours to write in.
  await work.alert({ caseId: known.row.case_id, transfer, faults: faults.length });
  const isNews = await tell(work, known.row, folder, text(telling, faults));
  return isNews ? { outcome: "refused", faults: faults.length } : null;
}

async function tellOpen(
  work: Casework,
  { known, folder }: SeenCase,
  open: readonly string[],
): Promise<void> {
  const stored = await findTransfer(work.ledger, known.key);
  if (!stored) return;
  const { transfer } = stored;
  const telling = { transfer, partner: await partnerOf(work.ledger, transfer) };
  await tell(work, known.row, folder, openText(telling, open));
}
