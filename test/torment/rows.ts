/** Where each row of the list of bad inputs is tried: by inputs here, or by tests elsewhere. */
import type { Row } from "./kind.ts";

const MOST_ROWS = 42;

export const ROWS: readonly Row[] = Array.from({ length: MOST_ROWS }, (_, at): Row => `B${at + 1}`);

/** What cannot be thrown into a box, or is also tried in another way; files below `test/`. */
export const ELSEWHERE: Readonly<Partial<Record<Row, readonly string[]>>> = {
  B4: ["hostile/partner.test.ts", "left-by.test.ts"],
  B5: ["keys/unseal.test.ts"],
  B8: ["keys/unseal.test.ts", "state-keys.test.ts"],
  B9: ["keys/key.test.ts"],
  B10: ["keys/unseal.test.ts", "waiting.test.ts"],
  B11: ["keys/bombs.test.ts"],
  B14: ["key-bombs.test.ts", "keys/key.test.ts", "directories.test.ts"],
  B16: ["dropbox/contract.ts", "hostile/exchange.test.ts", "waiting.test.ts"],
  B17: ["dropbox/contract.ts", "dropbox/openssh.test.ts", "hostile/folders.test.ts"],
  B18: ["dropbox/contract.ts", "hostile/partner.test.ts", "packet/names.test.ts"],
  B20: ["packet/xml.test.ts"],
  B31: ["receipts.test.ts"],
  B33: ["receipts.test.ts"],
  B34: ["receipts.test.ts"],
  B35: ["messages.test.ts", "state-refusals.test.ts"],
  B36: ["state-patience.test.ts", "state-refusals.test.ts"],
  B37: ["countries.test.ts", "directories.test.ts"],
  B38: ["directories.test.ts", "outages.test.ts"],
  B39: ["generated/reports.test.ts", "reports/naughty.test.ts", "reports/pages.test.ts"],
  B40: ["config.test.ts"],
  B41: ["crowd/flood.test.ts", "hostile/partner.test.ts", "quarantine-room.test.ts"],
  B42: ["attachments.test.ts", "desk/media.test.ts"],
};

const numberOf = (row: Row): number => Number(row.slice(1));

/** The rows of some inputs, in their order: `B1, B15`. */
export const rowsOf = (inputs: readonly { readonly row: Row }[]): string =>
  [...new Set(inputs.map(({ row }) => row))]
    .toSorted((one, other) => numberOf(one) - numberOf(other))
    .join(", ");
