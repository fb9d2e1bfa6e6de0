import type { Decision } from "../desk/decision.ts";
import { deskOf } from "../daemon.ts";
import { addressed, ourEntity } from "../desk/addressed.ts";
import { readDecisions } from "../desk/documents.ts";
import type { Beside } from "../desk/outbox.ts";
import { refuseRepeated } from "../desk/repeated.ts";
import { PacketboatError } from "../errors.ts";
import { assertZip } from "../directory/locate.ts";
import { parseState } from "../directory/states.ts";
import { parseAgencyId } from "../ids.ts";
import { studentName } from "../reports/student-lines.ts";
import { given } from "../transfer/given.ts";
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
  readonly state?: string;
  readonly name?: string;
  readonly city?: string;
  readonly zip?: string;
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
      .option("--state <st>", "two letters: the district to ask, with its name, city or ZIP")
      .option("--name <name>", "of the district in --state")
      .option("--city <city>", "of the district in --state")
      .option("--zip <zip>", "of the district in --state")
      .option("--comments <text>", "instead of those in the file")
      .addHelpText(
        "after",
        "\nA district that takes no part is asked on paper: a letter is written for you to print and send." +
          "\nWho asks: the person of --as, else the file's DecidedBy, else whoever this account belongs to.",
      ),
  async run({ options, context }) {
    await context.district();
    refuseSeveral(options);
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
    const partner = decided.partner ?? transfer.partnerId;
    return {
      result: decidedResult(decided),
      lines: [
        transfer.isOnPaper
          ? `${partner} takes no part in packetboat: a letter asks${whom}.`
          : `Asked ${partner}${whom}.`,
        "",
        ...decidedLines(decided, transfer.isOnPaper ? [] : ["packetboat exchange"]),
        ...(await refreshed(context)),
      ],
    };
  },
});

/** The district is named or described, or the entity finds it: one of the three. */
function refuseSeveral({ to, stateTransfer, state, name, city, zip }: Options): void {
  const ways = [to !== undefined, stateTransfer === true, state !== undefined];
  if (ways.filter((isTaken) => isTaken).length !== 1) {
    const sentence =
      "name the district with --to, describe it with --state and its name, city or ZIP, or say --state-transfer";
    throw new PacketboatError("USAGE", sentence);
  }
  const isDescribed = [name, city, zip].some((each) => each !== undefined);
  if (isDescribed === (state !== undefined)) return;
  const sentence =
    "a district is described by --state and at least one of --name, --city and --zip";
  throw new PacketboatError("USAGE", sentence);
}

/**
 * @returns whom the command line names; nobody if it describes a district
 * @throws PacketboatError ENTITY_NOT_JOINED, ENTITY_AMBIGUOUS, ID_INVALID, USAGE
 */
async function besideOf(context: Context, { to, state, ...options }: Options): Promise<Beside> {
  if (to !== undefined) return { to: parseAgencyId(to) };
  if (state === undefined) return { to: await ourEntity(await context.ledger()) };
  const { name, city, zip } = options;
  if (zip !== undefined) assertZip(zip);
  return { to: { state: parseState(state), ...given({ name, city, zip }) } };
}

async function requestIn(context: Context, options: Options) {
  const { student: file, comments } = options;
  const { limits } = await context.config();
  const mostBytes = limits.packetMegabytes * MEGABYTE;
  const beside = await besideOf(context, options);
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
