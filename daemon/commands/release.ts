import { homePaths } from "../config.ts";
import { type Decision, isHalfway } from "../desk/decision.ts";
import { stageHanded, unstageHanded } from "../desk/handed.ts";
import { NOT_AVAILABLE_REASONS } from "../desk/sections-named.ts";
import { type Released, waitingRelease } from "../desk/waiting-release.ts";
import { isRefusal } from "../errors.ts";
import { showReference } from "../ids.ts";
import { transferNamed } from "../ledger/transfers.ts";
import { SECTION_NAMES } from "../packet/model.ts";
import { SECTION_WORDS } from "../reports/code-words.ts";
import type { Transfer } from "../transfer/effects.ts";
import { aboutOf, type Acting, actingOn, carryOut } from "./deciding/act.ts";
import { type Decided, decidedLines, decidedOn, decidedResult } from "./deciding/decided.ts";
import { documentsOf, recordIn } from "./deciding/records.ts";
import { defineCommand } from "./frame/command.ts";
import { refreshed } from "./reporting/refresh.ts";
import { shownTime } from "./showing/times.ts";
import { commentsIn } from "./typed/comments.ts";
import { notAvailableIn } from "./typed/section.ts";

interface Typed {
  readonly args: [reference: string];
  readonly options: {
    readonly records?: string;
    readonly attach?: string[];
    readonly notAvailable?: string[];
    readonly comments?: string;
    readonly supplement?: boolean;
  };
}

type Releasing = Extract<Decision, { kind: "release" | "supplement" }>;

const MEGABYTE = 1024 * 1024;
const HELP = `
Documents are copied; your files stay where they are. A section is one of ${SECTION_NAMES.join(", ")};
a reason one of ${NOT_AVAILABLE_REASONS.join(", ")} (Other, if none is given).
What was asked for and is neither given nor called not available, is told to be missing.`;

export const command = defineCommand<Typed>({
  summary: "release the records of a student who was asked for",
  example:
    "release K7QM-3F2D --records record.xml --attach transcript.pdf:Transcript --not-available Discipline:NotKept",
  syntax: (syntax) =>
    syntax
      .argument("<reference>", "of the transfer, like K7QM-3F2D")
      .option("--records <file>", "an OutboxMessage with a Release; its documents lie beside it")
      .option("--attach <file...>", "a document, with its section behind a colon if it is one's")
      .option("--not-available <section...>", "there is none; the reason behind a colon")
      .option("--comments <text>", "for the other registrar, instead of those in the file")
      .option("--supplement", "this adds to records that were released before")
      .addHelpText("after", HELP),
  async run({ args: [reference], options, context }) {
    await context.district();
    const { attach = [], notAvailable = [], comments } = options;
    const missing = notAvailable.map(notAvailableIn);
    const stored = await transferNamed(await context.ledger(), reference);
    const about = aboutOf(stored);
    const record = await recordIn(context, options.records, about);
    const documents = documentsOf(context, attach, record.documents);
    const kind = options.supplement === true || record.isSupplement ? "supplement" : "release";
    const who = { username: record.decidedBy, school: stored.school };
    const acting = await actingOn(context, kind, who);
    const release = { ...record.release, notAvailable: missing, ...commentsIn(comments) };
    const transfer = await send(acting, documents, (staged) => ({
      kind,
      about,
      release: { ...release, documents: staged },
    }));
    const decided = await decidedOn(acting, transfer);
    const released = await waitingRelease(acting.ledger, transfer);
    return {
      result: { ...decidedResult(decided), ...resultOf(released) },
      lines: [
        ...linesOf(decided, released),
        "",
        ...decidedLines(decided, []),
        ...(await refreshed(context)),
      ],
    };
  },
});

/** The copies are ours as soon as the decision stands, and gone if it does not. */
async function send(
  acting: Acting,
  documents: Parameters<typeof stageHanded>[0],
  decision: (staged: Releasing["release"]["documents"]) => Releasing,
): Promise<Transfer> {
  const { limits } = acting.config;
  const { staging } = homePaths(acting.config);
  const mostBytes = limits.attachmentMegabytes * MEGABYTE;
  const staged = await stageHanded(documents, { staging, mostBytes, links: "followed" });
  const made = decision(staged);
  try {
    const transfer = await carryOut(acting, made);
    if (isHalfway(made, transfer)) await unstageHanded(staged);
    return transfer;
  } catch (error) {
    if (isRefusal(error)) await unstageHanded(staged);
    throw error;
  }
}

const resultOf = (released: Released | null) => ({
  leavesAt: released?.leavesAt.toISOString() ?? null,
  documents: released?.documents.length ?? 0,
  notSent: (released?.notSent ?? []).map(({ section, words }) => ({ section, words })),
});

function linesOf({ transfer, partner, timeZone }: Decided, released: Released | null): string[] {
  if (transfer.firstPerson !== null) {
    return [
      "Nothing was sent: this student is flagged, and another person must release as well, with the records and documents.",
      "The other district sees at most that yours is reviewing the request. Tell it nothing of the flag.",
    ];
  }
  if (!released) return ["Nothing waits to leave."];
  const { leavesAt, notSent } = released;
  const documents = released.documents.length;
  const beside = documents === 0 ? "" : ` with ${documents} document${documents === 1 ? "" : "s"}`;
  return [
    `Released to ${partner ?? transfer.partnerId}${beside}: it leaves with the first exchange after ${shownTime(leavesAt, timeZone)}.`,
    `Until it has left: packetboat withdraw ${showReference(transfer.reference)}`,
    ...notSent.map(({ section, words }) => `Not sent: ${SECTION_WORDS[section]}, ${words}`),
  ];
}
