/** What is wrong with something in the quarantine, and who does what about it. */
import type { InQuarantine } from "../../desk/quarantine.ts";
import { RECALLED_WORDS, refusalWords, type RefusalWords } from "../../desk/refusal-words.ts";
import { namedSender, senderWords } from "./quarantine.ts";

/** Words, and the code that they are for; none for records that were recalled. */
export interface Cause extends RefusalWords {
  readonly code: string | null;
}

/** Of messages that were refused, each code once. */
export function causesOf(found: InQuarantine): readonly [Cause, ...Cause[]] {
  if (found.kind === "recalled") return [{ code: null, ...RECALLED_WORDS }];
  if (found.kind === "unrelayed") return [causeOf(found.unrelayed.code)];
  const { code, messages } = found.kept;
  const others = new Set(messages.map((message) => message.code));
  others.delete(code);
  return [causeOf(code), ...[...others].map(causeOf)];
}

const causeOf = (code: string): Cause => ({ code, ...refusalWords(code) });

/** `You: …` and `The sender (Example Valley Schools): …`, for each cause. */
export const causeLines = (found: InQuarantine): string[] =>
  causesOf(found).flatMap(({ code, wrong, ours, theirs }) => [
    code === null ? wrong : `${wrong} [${code}]`,
    `You: ${ours}`,
    `The sender (${otherSide(found)}): ${theirs}`,
    "",
  ]);

/** Whoever is to do something about it there; of a name in a file nothing is proved. */
function otherSide(found: InQuarantine): string {
  if (found.kind === "recalled") return senderWords(found.setAside);
  if (found.kind === "refused") return senderWords(found.kept);
  return "not proved";
}

/** To whom a text about it goes. */
export function addressee(found: InQuarantine): string {
  if (found.kind === "recalled") return named(found.setAside.from);
  if (found.kind === "unrelayed") return ifTheirs(found.unrelayed.row.from_agency);
  const { kept } = found;
  if (kept.from !== null) return named(kept.from);
  const id = namedSender(kept);
  return id === null ? "the district that sent it" : ifTheirs(id);
}

const named = ({ id, name }: { readonly id: string; readonly name: string | null }): string =>
  `${name ?? "agency"} (${id})`;

const ifTheirs = (id: string): string => `agency ${id}, if the file is yours`;
