/** What strangers have collected, thrown in under a seal; nothing where the corpora are not. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sealed } from "../../forge.ts";
import { corpus } from "../../keys/corpora.ts";
import { encrypted, signedFrames } from "../../keys/crafted.ts";
import { answered, type Codes, type Input, type Kind, refused } from "../kind.ts";
import { carrying, type Stage } from "../stage.ts";

const openpgp = corpus("openpgp");
const conformance = corpus("xml/w3c-xmlconf");

const bytesOf = (folder: string | null, name: string): Buffer =>
  readFileSync(join(folder ?? "", name));

/** What becomes of each: under our seal alone, and signed and sealed by the partner. */
const BOMBS: Readonly<Record<string, { readonly alone: Codes; readonly signed: Codes }>> = {
  "128mb.zip": { alone: "PACKET_TOO_BIG", signed: "XML_ENCODING" },
  "128mb.zlib": { alone: "PACKET_TOO_BIG", signed: "XML_ENCODING" },
  // Packets are not unpacked from bzip2 at all.
  "4gb.bzip2": { alone: "PACKET_FORMAT", signed: "XML_ENCODING" },
  // Four bytes hang behind what unpacks to itself.
  "quine.out": { alone: "PACKET_DAMAGED", signed: "XML_ENCODING" },
};

const bombs = Object.entries(BOMBS).flatMap(([name, { alone, signed }]): Input[] => [
  refused("B11", `${name} under a seal for us`, alone, ({ letter }) =>
    encrypted(bytesOf(openpgp, name), letter.to),
  ),
  refused(
    "B11",
    `${name} with the partner's signature around it`,
    ["PACKET_DAMAGED", "PACKET_FORMAT"],
    async ({ letter }) => {
      const [header, , signature] = await signedFrames(letter.from, name, { date: letter.at });
      return encrypted(Buffer.concat([header, bytesOf(openpgp, name), signature]), letter.to);
    },
  ),
  answered("B11", `${name} as what the partner signed and sealed`, signed, ({ letter }) =>
    sealed(bytesOf(openpgp, name), letter),
  ),
]);

/** All of them are documents that are not well-formed; so says their list, `CASES.tsv`. */
export const malformed: readonly string[] =
  conformance === null ? [] : readdirSync(conformance).filter((name) => name.endsWith(".xml"));

export const malformedBytes = (name: string): Buffer => bytesOf(conformance, name);

/** Some are not even UTF-8, and two are white space. */
const MALFORMED: Codes = ["XML_MALFORMED", "XML_ENCODING", "PACKET_EMPTY"];

const documents = malformed.map((name) =>
  answered("B22", `${name} of the W3C under a good seal`, MALFORMED, ({ letter }) =>
    sealed(malformedBytes(name), letter),
  ),
);

/**
 * In the place of a message, in an envelope that is right: its digest holds for any bytes. What is wrong at
 * the end of a document may be well-formed there, and is no message all the same.
 */
const inside = malformed.map((name) =>
  answered(
    "B22",
    `${name} of the W3C as a message`,
    ["XML_MALFORMED", "XML_ENCODING", "XML_PROFILE", "SCHEMA_INVALID"],
    (stage: Stage) => carrying(stage, [malformedBytes(name)]),
  ),
);

export const strangersBombs: Kind = {
  name: "bombs of rnp and rpgp",
  inputs: openpgp === null ? [] : bombs,
};

const FEW = 10;

export const strangersXml: Kind = {
  name: "the W3C's malformed documents",
  inputs: documents.slice(0, FEW),
  heavy: [...documents.slice(FEW), ...inside],
};
