/** What `imported.txt` says, and what `status.txt` answers: plain words, for people in a text editor. */
import { type ErrorCode, isRefusal, type PacketboatError } from "../errors.ts";
import { type Reference, showReference } from "../ids.ts";
import { findAgency } from "../ledger/agencies.ts";
import type { Queries } from "../ledger/connect.ts";
import { storedAbout } from "./decide.ts";
import { lines } from "./plain-lines.ts";

export interface ImportWords {
  /** The district that released the records; `null` if the folder is of no transfer that is known. */
  readonly partner: string | null;
  /** `K7QM-3F2D` */
  readonly reference: string;
  /** The day in words. */
  readonly today: string;
}

/** @param today in words */
export const importWords =
  (db: Queries, today: string) =>
  async (reference: Reference): Promise<ImportWords> => {
    const shown = { reference: showReference(reference), today };
    try {
      const { transfer } = await storedAbout(db, { reference });
      const partner = (await findAgency(db, transfer.partnerId))?.name ?? null;
      return { ...shown, partner };
    } catch (error) {
      if (isRefusal(error)) return { ...shown, partner: null };
      throw error;
    }
  };

/** As it is written on a line of its own: `Imported by: jdoe`. */
const IMPORTED_BY = /^[\s\u{FEFF}]*imported by\s*[:=]\s*(\S.*?)\s*$/imu;
const MOST_CHARACTERS = 64;

/**
 * The username that the file names, if it names one. What else is written there says nothing to us.
 *
 * @param bytes in any encoding of Notepad's; a username has letters that all of them write alike
 */
export function importedBy(bytes: Uint8Array): string | null {
  const isWide = bytes[0] === 0xff && bytes[1] === 0xfe;
  const text = new TextDecoder(isWide ? "utf-16le" : "utf-8").decode(bytes);
  return IMPORTED_BY.exec(text)?.[1]?.slice(0, MOST_CHARACTERS) ?? null;
}

export const reportedStatus = (
  { partner, reference, today }: ImportWords,
  named: string | null,
): string =>
  lines(
    `${reference}: imported.`,
    "",
    `Reported back to ${partner ?? "the other district"} on ${today}: imported.`,
    ...(named === null ? [] : [`Reported by: ${named}`]),
    "It leaves with the next exchange. Nothing more is to be done here.",
  );

/** @param error why it was not taken */
export const refusedStatus = (
  error: PacketboatError,
  { reference, today, named }: ImportWords & { readonly named: string | null },
): string =>
  lines(
    `${reference}: nothing was reported, ${today}.`,
    "",
    ...whatIsWrong(error, named),
    "",
    "When that is mended, save imported.txt once more: then packetboat looks at it again.",
  );

type Wrong = (error: PacketboatError, named: string | null) => string[];

const WRONG: Partial<Record<ErrorCode, Wrong>> = {
  PERSON_UNKNOWN: (_error, named) =>
    named === null
      ? [
          "Packetboat cannot tell who says that the records are imported.",
          "Open imported.txt, write one line like this with your own user name, and save it:",
          "",
          "Imported by: your.name",
        ]
      : [
          `Nobody here has the user name ${JSON.stringify(named)}.`,
          "Correct the line in imported.txt, or ask your IT staff to add the name to the config.",
        ],
  PERSON_NOT_ALLOWED: ({ message }) => [
    `Not allowed: ${message}.`,
    "Ask somebody who may ask for records to report it, or ask your IT staff.",
  ],
  TRANSFER_UNKNOWN: () => [
    "The name of this folder begins with no reference that packetboat knows.",
    "Put imported.txt into the folder in which the records came, under its own name.",
  ],
  TRANSFER_STATE: ({ message, facts }) =>
    facts["state"] === "Recalled"
      ? [
          "These records were recalled. Do not import them; if they were imported, take them out.",
          "Read recall.txt in the folder whose name ends in -recalled.",
        ]
      : [`It cannot be reported now: ${message}.`],
};

const whatIsWrong = (error: PacketboatError, named: string | null): string[] =>
  WRONG[error.code]?.(error, named) ?? [
    `${error.message} [${error.code}]`,
    `What to do: ${error.hint}`,
  ];
