/** What somebody may leave in an office's outbox, as lists and documents: each is given back with its faults. */
import { writeFile } from "node:fs/promises";
import { HEADER, row } from "../../desk/csv.ts";
import { office } from "../../homes.ts";
import type { Kind, Row, Trial } from "../kind.ts";

const MB = 1_000_000;
const HEAD = `${HEADER.join(",")}\r\n`;
const ROW = `${row().join(",")}\r\n`;
const requests = (inner: string): string =>
  `<Requests xmlns="urn:packetboat:outbox:1">${inner}</Requests>`;

const dropped = (number: Row, what: string, name: string, text: () => string): Trial => ({
  row: number,
  what: `${what}, in an outbox,`,
  outcome: { alert: "DOCUMENT_REFUSED DOCUMENT_INVALID", taken: 0 },
  lay: async ({ valley }) => {
    await writeFile(office(valley, "outbox", name), text());
    return { home: valley, words: ["exchange"] };
  },
});

const listed = (what: string, text: () => string): Trial =>
  dropped("B21", `a list of requests with ${what}`, "list.csv", text);

const written = (number: Row, what: string, text: () => string): Trial =>
  dropped(number, what, "requests.xml", text);

export const documents: Kind<Trial> = {
  name: "what an office drops",
  inputs: [
    listed("seven megabytes of line ends", () => HEAD + "\n".repeat(7 * MB)),
    written("B19", "a DOCTYPE", () => `<!DOCTYPE a [<!ENTITY x "y">]>${requests("")}`),
    written("B21", "an attribute of seven million line ends", () =>
      requests("").replace("xmlns", `xml:lang="${"\n".repeat(7 * MB)}" xmlns`),
    ),
  ],
  heavy: [
    listed("a line end in each field", () => HEAD + '"\n'.repeat(3 * MB)),
    listed("seven megabytes of quotation marks", () => HEAD + '"'.repeat(7 * MB)),
    listed("seven megabytes of commas", () => HEAD + `${",".repeat(90_000)}\n`.repeat(77)),
    listed("40,000 columns", () => HEAD + `${ROW.trimEnd()}${",x".repeat(40_000)}\n`.repeat(80)),
    listed("19,000 blank rows of 400", () => `${HEAD}${`${",".repeat(400)}\n`.repeat(19_000)}x`),
    listed("20,000 rows of junk", () => HEAD + "a,b,c\n".repeat(20_000)),
    listed("20,000 rows for nobody", () => HEAD + ROW.replace("2700105", "Example").repeat(20_000)),
    written("B21", "a comment of seven megabytes", () => `<!--${"- ".repeat(3.5 * MB)}-->`),
    written("B21", "a million comments", () => requests("<!---->".repeat(MB))),
    written("B21", "700,000 empty requests", () => requests("<Request/>".repeat(700_000))),
    written("B21", "a million unknown elements", () =>
      requests(`<Request>${"<Zz/>".repeat(1300)}</Request>`.repeat(1000)),
    ),
  ],
};
