import type { Decision } from "../desk/decision.ts";
import { deskOf } from "../daemon.ts";
import { addressed, ourEntity } from "../desk/addressed.ts";
import { readDecisions } from "../desk/documents.ts";
import { refuseRepeated } from "../desk/repeated.ts";
import { PacketboatError } from "../errors.ts";
import { parseAgencyId } from "../ids.ts";
import { studentName } from "../reports/student-lines.ts";
import { actingOn, carryOut } from "./deciding/act.ts";
import { decidedLines, decidedOn, decidedResult } from "./deciding/decided.ts";
import { defineCommand } from "./frame/command.ts";
import type { Context } from "./frame/context.ts";
import { refreshed } from "./reporting/refresh.ts";
import { commentsIn } from "./typed/comments.ts";
import { readNamed } from "./typed/file.ts";

interface Options {
  readonly student: string;
  readonly to?: string;
  readonly stateTransfer?: boolean;
  readonly comments?: string;
}

const MEGABYTE = 1024 * 1024;

export const command = defineCommand<{ options: Options }>({
  summary: "ask another district for a student's records",
  example: "request --student abrams-jenna.xml --to 2700105",
  syntax: (syntax) =>
    syntax
      .requiredOption("--student <file>", "an OutboxMessage with one Request, as for the outbox")
      .option("--to <agency>", "seven digits: the district to ask, found with locate")
      .option("--state-transfer", "let the common entity find the district")
      .option("--comments <text>", "instead of those in the file")
      .addHelpText(
        "after",
        "\nWho asks: the person of --as, else the file's DecidedBy, else whoever this account belongs to.",
      ),
  async run({ options, context }) {
    await context.district();
    refuseBoth(options);
    const { decision, decidedBy } = await requestIn(context, options);
    const { student, enrollment } = wantedIn(decision);
    const school = enrollment?.NameOfInstitution ?? null;
    const acting = await actingOn(context, decision.kind, { username: decidedBy, school });
    if (decision.kind === "request") {
      await refuseRepeated(acting.ledger, await addressed(deskOf(acting), decision.request));
    }
    const transfer = await carryOut(acting, decision);
    const decided = await decidedOn(acting, transfer);
    const whom = student ? ` for the records of ${studentName(student)}` : "";
    return {
      result: decidedResult(decided),
      lines: [
        `Asked ${decided.partner ?? transfer.partnerId}${whom}.`,
        "",
        ...decidedLines(decided, ["packetboat exchange"]),
        ...(await refreshed(context)),
      ],
    };
  },
});

/** The district is named, or the entity finds it: one of the two. */
function refuseBoth({ to, stateTransfer }: Options): void {
  if ((to === undefined) !== (stateTransfer !== true)) return;
  throw new PacketboatError("USAGE", "name the district with --to, or say --state-transfer");
}

async function requestIn(context: Context, { student: file, to, comments }: Options) {
  const { limits } = await context.config();
  const mostBytes = limits.packetMegabytes * MEGABYTE;
  const beside =
    to === undefined ? { to: await ourEntity(await context.ledger()) } : { to: parseAgencyId(to) };
  const bytes = await readNamed(context.path(file), "--student", mostBytes);
  const [reading, another] = readDecisions(bytes, mostBytes, beside);
  if (!reading || another) throw refused("holds several requests: drop it into the outbox");
  const { says, decidedBy } = reading;
  if ("refusal" in says) throw says.refusal;
  return { decision: withComments(says.decision, comments), decidedBy };
}

function withComments(decision: Decision, text: string | undefined): Asking {
  const comments = commentsIn(text);
  if (decision.kind === "request") {
    return { ...decision, request: { ...decision.request, ...comments } };
  }
  if (decision.kind === "resubmit") {
    return { ...decision, changes: { ...decision.changes, ...comments } };
  }
  throw refused("holds no Request");
}

type Asking = Extract<Decision, { kind: "request" | "resubmit" }>;

const wantedIn = (decision: Asking) =>
  decision.kind === "request" ? decision.request : decision.changes;

const refused = (what: string): PacketboatError =>
  new PacketboatError("DOCUMENT_INVALID", `the file of --student ${what}`);
