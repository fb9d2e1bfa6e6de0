import { showReference } from "../ids.ts";
import { listAgencies } from "../ledger/agencies.ts";
import { historyOf, transferNamed } from "../ledger/transfers.ts";
import { OWN_AUTHENTICATION_WORDS } from "../reports/code-words.ts";
import { wordFor } from "../alerts/reason-words.ts";
import { statusWords } from "../reports/status-words.ts";
import { defineCommand } from "./frame/command.ts";
import { table } from "./frame/shown.ts";
import { shownTime } from "./showing/times.ts";

export const command = defineCommand<{ args: [reference: string] }>({
  summary: "what happened to a transfer, and by whom",
  example: "transfers history K7QM-3F2D",
  syntax: (syntax) => syntax.argument("<reference>", "like K7QM-3F2D, or the whole TransferId"),
  async run({ args: [typed], context }) {
    const { agency } = await context.config();
    const ledger = await context.ledger();
    const { transfer } = await transferNamed(ledger, typed);
    const { reference, transferId, requesterId, side } = transfer;
    const events = await historyOf(ledger, transfer);
    const names = new Map(
      (await listAgencies(ledger)).map(({ agency_id, name }) => [String(agency_id), name]),
    );
    const told = events.map(({ at, event, state, who, authentication }) => ({
      at,
      event,
      state,
      status: statusWords(state, side).label,
      who,
      authentication,
    }));
    const rows = told.map(({ at, event, status, who, authentication }) => [
      shownTime(new Date(at), agency.timeZone),
      wordsOf(event),
      status,
      names.get(who) ?? who,
      authentication === null ? "" : wordFor(OWN_AUTHENTICATION_WORDS, authentication),
    ]);
    return {
      result: { reference: showReference(reference), transferId, requesterId, events: told },
      lines: [
        `Transfer ${showReference(reference)}`,
        "",
        ...table(["When", "What", "Status", "Who", "Known by"], rows, "Nothing is known of it."),
      ],
    };
  },
});

/** What is named after a message says little by itself. */
const EVENTS: Readonly<Record<string, string>> = {
  Original: "Request came",
  Resubmission: "Request came again",
  Cancellation: "Request was canceled",
  // At an entity.
  Forward: "Request forwarded",
  NoMatch: "Found nobody",
  ManyMatch: "Found several",
  Withdrawn: "Request was canceled",
  Status: "What the releaser says",
};

/** `ReleaseConfirmed` as people read it: `Release confirmed`. */
const wordsOf = (event: string): string =>
  EVENTS[event] ?? event.replaceAll(/(?<=[a-z])[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`);
