/** The boxes: ours is listed and added to, a partner's is added to and must not be listed (PROTOCOL 5). */
import pLimit from "p-limit";
import { siblingBox } from "../../config/address.ts";
import {
  type DropBox,
  type Harbor,
  OPERATIONS_IN_FLIGHT,
  type Probe,
} from "../../dropbox/contract.ts";
import { isRefusal } from "../../errors.ts";
import { newRandomPart } from "../../ids.ts";
import { TAKING_PART } from "../../entity/accounts.ts";
import { listCards } from "../../ledger/agencies.ts";
import type { Ledger } from "../../ledger/connect.ts";
import type { AgencyRow, CardRow } from "../../ledger/tables.ts";
import { ourProbe } from "../../ledger/settings.ts";
import { parseAttachmentName, parseSealedName } from "../../packet/names.ts";
import { counted, lasting } from "../showing/spans.ts";
import { SCRIPT } from "./entity.ts";
import { type Checking, type Finding, ok, refused, warning, wrong } from "./finding.ts";

/** Beyond these a packet's times may look wrong, and are wrong (PROTOCOL 4, "Times"). */
const SKEW_WARN_MS = 2 * 60_000;
const SKEW_WRONG_MS = 10 * 60_000;
const MODES = "Ask the server's administrator to give the box mode 3733 (chmod 3733).";

/** @param folder our own box, as the config has it */
export async function checkBoxes(
  checking: Checking,
  harbor: Harbor,
  folder: string,
): Promise<Finding[]> {
  const { config, ledger, now } = checking;
  const { agency, mode, role } = config;
  const isTest = mode === "test";
  const recorded = ledger === null || isRefusal(ledger) ? newRandomPart() : await ourProbe(ledger);
  const hint = role === "entity" ? SCRIPT : null;
  const trying: Trying = { name: `${agency.id}-probe-${recorded}`, now, harbor, hint };
  const ours = harbor.box(siblingBox(folder, agency.id, isTest));
  const partners = ledger === null || isRefusal(ledger) ? [] : await boxHolders(ledger);
  const turn = pLimit(OPERATIONS_IN_FLIGHT);
  const theirs = partners.map((partner) =>
    turn(() =>
      partnersBox(trying, partner, harbor.box(siblingBox(folder, partner.agency_id, isTest))),
    ),
  );
  return [...(await ownBox(trying, ours)), ...summed(await Promise.all(theirs))];
}

/**
 * Those whose cards were added by hand, and may be addressed. Of the many that a directory lists, each is
 * tried when something is first left for it.
 */
const boxHolders = async (ledger: Ledger): Promise<CardRow[]> =>
  (await listCards(ledger)).filter(({ status }) => TAKING_PART.includes(status));

interface Trying {
  readonly name: string;
  readonly now: () => Date;
  readonly harbor: Harbor;
  /** How boxes are mended here, if it is known. */
  readonly hint: string | null;
}

async function ownBox({ name, now, harbor, hint }: Trying, box: DropBox): Promise<Finding[]> {
  try {
    const waiting = await contents(box);
    const probe = await box.probe(name, now);
    const faults = [...modeFaults(probe), ...closedFaults(probe, harbor)];
    const about =
      faults.length === 0
        ? []
        : [warning("drop box", `${box.place}: ${faults.join("; ")}`, hint ?? MODES)];
    return [...waiting, ...about, renames(probe), syncs(probe), clock(probe)];
  } catch (error) {
    return refused("drop box", error).map((finding) => ({
      ...finding,
      hint: hint ?? finding.hint,
    }));
  }
}

const isSealed = (name: string): boolean => parseSealedName(name) !== null;
const isAttachment = (name: string): boolean => parseAttachmentName(name) !== null;

async function contents(box: DropBox): Promise<Finding[]> {
  let packets = 0;
  let strangers = 0;
  for await (const listing of box.list((name) => isSealed(name) || isAttachment(name))) {
    packets += listing.files.filter(({ name }) => isSealed(name)).length;
    strangers += listing.strangers.length;
  }
  const waiting = packets === 1 ? "1 packet waits" : `${packets} packets wait`;
  return [
    ok("drop box", `${box.place} can be read; ${waiting}`),
    ...(strangers === 0 ? [] : [strangersIn(box, strangers)]),
  ];
}

const strangersIn = ({ place }: DropBox, count: number): Finding =>
  warning(
    "drop box",
    `${place} holds ${count} that ${count === 1 ? "is no packet" : "are no packets"}`,
    "They do no harm, and are left alone; find out who leaves them there.",
  );

/** What 3733 prevents. What an administrator may solve otherwise, by groups or lists, is not judged. */
function modeFaults({ mode }: Probe): string[] {
  if (mode === null) return [];
  const isAddedTo = (mode & 0o002) !== 0;
  return [
    ...((mode & 0o004) === 0 ? [] : ["every account of the server may list it"]),
    ...(isAddedTo && (mode & 0o1000) === 0 ? ["every account may delete what lies in it"] : []),
    ...(isAddedTo && (mode & 0o2000) === 0 ? ["its owner cannot read what others leave"] : []),
  ];
}

/** As its owner we may add to it in any case, so only the mode tells. */
const closedFaults = ({ mode }: Probe, { hostKey }: Harbor): string[] =>
  hostKey === null || mode === null || (mode & 0o003) === 0o003
    ? []
    : ["others may not be able to leave anything in it"];

const renames = ({ overwrites }: Probe): Finding =>
  overwrites
    ? warning(
        "rename rule",
        "a rename replaces a file that has the name already",
        "Nothing is lost, for names end in digits that nobody can guess; ask for a server on which a plain rename is refused, as on OpenSSH.",
      )
    : ok("rename rule", "a rename onto a taken name is refused");

const syncs = ({ syncs: isOffered }: Probe): Finding =>
  ok(
    "fsync",
    isOffered
      ? "what we leave is on the server's disk before we call it sent"
      : "not offered by the server: a power cut there may lose what was just left; it is sent again when no receipt comes",
  );

function clock({ clockAheadMs, answerMs }: Probe): Finding {
  const took = `it answers in ${Math.max(1, Math.round(answerMs))} ms`;
  const off = Math.abs(clockAheadMs);
  if (off < 1000) return ok("server clock", `the same as ours; ${took}`);
  const sentence = `${lasting(off)} ${clockAheadMs > 0 ? "ahead of" : "behind"} ours; ${took}`;
  if (off <= SKEW_WARN_MS) return ok("server clock", sentence);
  const hint =
    "Compare both with a time server (timedatectl shows this machine's), and set the one that is wrong.";
  if (off <= SKEW_WRONG_MS) return warning("server clock", sentence, hint);
  return wrong("server clock", `${sentence}: packets are refused for their times`, hint);
}

/** @returns what is amiss; nothing if nothing is */
async function partnersBox(
  { name, now, harbor, hint }: Trying,
  { agency_id: id, name: partner }: AgencyRow,
  box: DropBox,
): Promise<Finding[]> {
  const subject = `box of ${id}`;
  try {
    const probe = await box.probe(name, now);
    // Folders of this machine may all be ours; on a server, every agency has its own account.
    const isOpen = probe.listable && harbor.hostKey !== null;
    const known = modeFaults(probe);
    const faults = isOpen && known.length === 0 ? ["we may list it, and should not"] : known;
    if (faults.length === 0) return [];
    return [warning(subject, `${partner}: ${faults.join("; ")}`, hint ?? MODES)];
  } catch (error) {
    return refused(subject, error).map((finding) => {
      // Whatever was refused to the probe: it is the box that is closed to us.
      const isClosed = finding.code === "BOX_DENIED";
      const why = isClosed ? `${box.place}: we may not add to it` : finding.sentence;
      const sentence = `nothing can be left for ${partner}: ${why}`;
      return { ...finding, sentence, hint: hint ?? finding.hint };
    });
  }
}

/** Those that are as they should be share one line. */
function summed(found: readonly (readonly Finding[])[]): Finding[] {
  const sound = found.filter((findings) => findings.length === 0).length;
  const boxes = `${counted(sound, "box").replace("boxs", "boxes")} of partners can be added to`;
  return [...(sound === 0 ? [] : [ok("partners' boxes", boxes)]), ...found.flat()];
}
