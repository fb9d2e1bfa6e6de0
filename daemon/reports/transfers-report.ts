/** `transfers.html`, `.csv` and `.json`: the list of transfers, newest request first. */
import { showReference } from "../ids.ts";
import type { TransferOverview } from "../ledger/overviews.ts";
import type { AnswerDue } from "../alerts/due.ts";
import { longDate } from "../alerts/when.ts";
import type { Line, Section } from "./blocks.ts";
import { csvOf } from "./csv.ts";
import { jsonOf, listed } from "./json.ts";
import { day, reference, said, stacked, time, toneOf } from "./lines.ts";
import { partiesOf } from "./parties.ts";
import { agencyLine, agencyName, frame, nameOf, type Reading } from "./reading.ts";
import { statusWords } from "./status-words.ts";
import { htmlOf } from "./template.ts";

export interface TransfersView extends Reading {
  readonly transfers: readonly TransferOverview[];
  /** By when those that wait for an answer are to have one, by requester's id and transfer id. */
  readonly due: ReadonlyMap<string, AnswerDue>;
  /** There may be older ones when the list is as long as this. */
  readonly limit: number;
}

/** The page. */
export function transfersHtml(view: TransfersView): string {
  const { transfers, limit } = view;
  const isWhole = transfers.length < limit;
  return htmlOf({
    ...frame(view, "Transfers", "transfers.html"),
    kicker: view.reader === "registrar" ? "For registrars" : "For IT",
    heading: ["Transfers"],
    lead: [
      isWhole ? `${transfers.length} in all` : `The newest ${limit}`,
      ", as of ",
      time(view.at, view.timeZone),
      isWhole ? "." : "; `packetboat transfers list` shows all.",
    ],
    sections: [list(view), legend(view)],
  });
}

function list(view: TransfersView): Section {
  const isNamed = view.reader === "registrar";
  return {
    title: "By request date, newest first",
    blocks: [
      {
        block: "table",
        caption: "Transfers",
        columns: [
          "Request date",
          ...(isNamed ? ["Student"] : []),
          "Status",
          "Requesting district",
          "Releasing district",
          "Reference",
        ],
        rows: view.transfers.map((transfer) => [
          [day(transfer.requestedAt, view.timeZone)],
          ...(isNamed ? [studentLine(view, transfer)] : []),
          statusLine(transfer, dueOf(view, transfer)),
          ...districtCells(view, transfer),
          [reference(transfer.reference)],
        ]),
        none: "There are no transfers yet.",
      },
    ],
  };
}

function studentLine(view: TransfersView, transfer: TransferOverview): Line {
  const name = nameOf(view, transfer);
  return name === null ? [{ small: "no longer kept" }] : said(name);
}

const dueOf = ({ due }: TransfersView, transfer: TransferOverview): AnswerDue | null =>
  due.get(`${transfer.requesterId}/${transfer.transferId}`) ?? null;

/** Who is late is said in words as well as in red: a page may be printed. */
function statusLine(transfer: TransferOverview, due: AnswerDue | null): Line {
  const { isOnPaper } = transfer;
  return stacked(standingLine(transfer, due), isOnPaper ? [{ small: "on paper" }] : []);
}

function standingLine({ state, side, holdUntil }: TransferOverview, due: AnswerDue | null): Line {
  const badge = { badge: toneOf(state), shown: statusWords(state, side).label } as const;
  if (due?.isOverdue) {
    const late = [
      { badge: "urgent", shown: "Overdue" },
      " ",
      { small: longDate(due.due) },
    ] as const;
    return stacked([badge], late);
  }
  if (due) return stacked([badge], [{ small: `answer by ${longDate(due.due)}` }]);
  return state === "OnHold" && holdUntil !== null
    ? stacked([badge], [{ small: `until ${longDate(holdUntil)}` }])
    : [badge];
}

function districtCells({ agency }: TransfersView, transfer: TransferOverview): Line[] {
  const { requesting, releasing } = partiesOf(transfer, agency);
  return [agencyLine(requesting), releasing === null ? ["—"] : agencyLine(releasing)];
}

const SIDE_WORDS: Readonly<Record<TransferOverview["side"], string>> = {
  requester: "When we ask",
  releaser: "When we are asked",
  entity: "Between two districts",
};

/** What the statuses in the list mean; each once for either side. */
function legend({ transfers, role }: TransfersView): Section {
  const present = new Map(
    transfers.map(({ state, side, isOnPaper }) => [
      `${state} ${side} ${isOnPaper}`,
      { state, side, isOnPaper },
    ]),
  );
  const rows = [...present.values()].map(({ state, side, isOnPaper }): Line[] => {
    const { label, meaning } = statusWords(state, side, isOnPaper);
    const shown = [{ badge: toneOf(state), shown: label }] as const;
    const sideShown = isOnPaper ? "When we ask on paper" : SIDE_WORDS[side];
    return role === "entity" ? [shown, [meaning]] : [shown, [sideShown], [meaning]];
  });
  return {
    title: "What the statuses mean",
    blocks: [
      {
        block: "table",
        caption: "Statuses in this list",
        columns: ["Status", ...(role === "entity" ? [] : ["Side"]), "Meaning"],
        rows,
        none: "None.",
      },
    ],
  };
}

const flat = (view: TransfersView, transfer: TransferOverview) => {
  const { state, side } = transfer;
  const { requesting, releasing } = partiesOf(transfer, view.agency);
  return {
    reference: showReference(transfer.reference),
    transferId: transfer.transferId,
    requesterId: transfer.requesterId,
    ...(view.reader === "registrar" ? { student: nameOf(view, transfer) } : {}),
    side,
    state,
    status: statusWords(state, side).label,
    onPaper: transfer.isOnPaper,
    requested: transfer.requestedAt.toISOString(),
    changed: transfer.changedAt.toISOString(),
    expires: transfer.expiresAt.toISOString(),
    holdUntil: transfer.holdUntil,
    due: dueOf(view, transfer)?.due ?? null,
    overdue: dueOf(view, transfer)?.isOverdue ?? false,
    revision: transfer.revision,
    requestingDistrict: agencyName(requesting),
    releasingDistrict: releasing && agencyName(releasing),
    partnerId: transfer.partner.id,
  };
};

export const transfersJson = (view: TransfersView): AsyncGenerator<string> =>
  jsonOf(view, "transfers", { transfers: listed(view.transfers, (each) => flat(view, each)) });

/** A spreadsheet of the same list. */
export function transfersCsv(view: TransfersView): Generator<string> {
  const rows = view.transfers.map((transfer) => {
    const { overdue, onPaper, ...row } = flat(view, transfer);
    return {
      student: null,
      ...row,
      overdue: overdue ? "overdue" : "",
      onPaper: onPaper ? "on paper" : "",
    };
  });
  return csvOf(
    [
      ["Request date", "requested"],
      ...(view.reader === "registrar" ? ([["Student", "student"]] as const) : []),
      ["Status", "status"],
      ["Requesting district", "requestingDistrict"],
      ["Releasing district", "releasingDistrict"],
      ["Reference", "reference"],
      ["Last change", "changed"],
      ["Expires", "expires"],
      ["On hold until", "holdUntil"],
      ["Answer by", "due"],
      ["Overdue", "overdue"],
      ["Side", "side"],
      ["Partner id", "partnerId"],
      ["Transfer id", "transferId"],
      ["On paper", "onPaper"],
    ],
    rows,
  );
}
