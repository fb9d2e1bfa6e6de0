/** Documents beside a release: bombs, and what is not what the release says. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { newMessageId, newRandomPart, sha256 } from "../../../daemon/ids.ts";
import { writeMessage } from "../../../daemon/packet/envelope.ts";
import type { Attachment } from "../../../daemon/packet/model.gen.ts";
import { attachmentName } from "../../../daemon/packet/names.ts";
import { packetXml, sealed } from "../../forge.ts";
import { corpus } from "../../keys/corpora.ts";
import { encrypted } from "../../keys/crafted.ts";
import { releaseOf } from "../../transfer/cast.ts";
import {
  type Codes,
  inPart,
  type Input,
  type Kind,
  type Laid,
  type Row,
  waiting,
} from "../kind.ts";
import { NAME, type Stage, time, underSeal } from "../stage.ts";

let group = 100;

/** A release that names one document, and the document. */
async function laid(
  stage: Stage,
  bytes: Uint8Array,
  changes: Partial<Attachment> = {},
): Promise<Laid> {
  const { from, to } = stage.letter;
  const name = attachmentName({
    from: from.id,
    to: to.id,
    group: group++,
    number: 1,
    random: newRandomPart(),
  });
  const said = {
    FileName: "note.txt",
    MediaType: "text/plain",
    Size: String(NAME.length),
    ContentSha256: sha256(NAME),
    SealedFileName: name,
    SealedSize: String(bytes.length),
    SealedSha256: sha256(bytes),
    ...changes,
  };
  const release = releaseOf({
    MessageId: newMessageId(),
    ...stage.asked,
    ReleasingDistrict: { AgencyId: from.id, OrganizationName: "Example Valley Schools" },
    ReleaseDateTime: time(0),
    Comments: NAME,
  });
  const text = Buffer.from(writeMessage("TransferRelease", release)).toString("utf8");
  // Its schema would not let us write what they write.
  const element = Object.entries(said).map(([leaf, value]) => `<${leaf}>${value}</${leaf}>`);
  const spoiled = text.replace(
    "<Comments>",
    () => `<Attachment>${element.join("")}</Attachment><Comments>`,
  );
  const file = await sealed(packetXml(stage.letter, {}, [Buffer.from(spoiled)]), stage.letter);
  return { file, beside: [{ name, bytes }] };
}

/** Releases that name fourteen thousand documents, of which none is there. */
function absent(stage: Stage, fileName: string): Promise<Uint8Array> {
  const { from, to } = stage.letter;
  const attachment = (at: number): Attachment => ({
    FileName: `${at}-${fileName}`,
    MediaType: "text/plain",
    Size: "1",
    ContentSha256: "a".repeat(64),
    SealedFileName: attachmentName({
      from: from.id,
      to: to.id,
      group,
      number: at + 1,
      random: newRandomPart(),
    }),
    SealedSize: "9",
    SealedSha256: "b".repeat(64),
  });
  const releases = Array.from({ length: RELEASES }, () => {
    group++;
    const release = releaseOf({
      MessageId: newMessageId(),
      ...stage.asked,
      ReleasingDistrict: { AgencyId: from.id, OrganizationName: "Example Valley Schools" },
      ReleaseDateTime: time(0),
    });
    const [first, ...others] = Array.from({ length: 100 }, (_, at) => attachment(at));
    if (!first) throw new Error("it names no document");
    return writeMessage("TransferRelease", { ...release, Attachment: [first, ...others] });
  });
  return sealed(packetXml(stage.letter, {}, releases), stage.letter);
}

const RELEASES = 140;

const beside = (
  row: Row,
  what: string,
  code: Codes,
  make: (stage: Stage) => Promise<Laid>,
): Input => inPart(row, what, [code], make);

/** A note under the partner's seal. */
const note = (stage: Stage): Promise<Uint8Array> => underSeal(stage, NAME);

const typed = (row: Row, what: string, changes: Partial<Record<keyof Attachment, string>>): Input =>
  beside(row, what, "MESSAGE_INVALID", async (stage) =>
    laid(stage, await note(stage), changes as Partial<Attachment>),
  );

const folder = corpus("openpgp");

/** Of packing, for whoever unpacks without looking. */
const BOMBS = folder === null ? [] : ["128mb.zip", "128mb.zlib", "4gb.bzip2", "quine.out"];

export const attachments: Kind = {
  name: "documents beside a release",
  inputs: [
    typed("B42", "a document that is a program", {
      FileName: "transcript.exe",
      MediaType: "application/x-msdownload",
    }),
    typed("B42", "a document with macros", {
      FileName: "transcript.docm",
      MediaType: "application/vnd.ms-word.document.macroEnabled.12",
    }),
    typed("B42", "a document that is an archive", {
      FileName: "transcript.zip",
      MediaType: "application/zip",
    }),
    typed("B42", "a document whose name leads elsewhere", { FileName: "../../transcript.pdf" }),
    typed("B42", "a document whose name begins with a hyphen", { FileName: "-rf.pdf" }),
    typed("B42", "a document whose sealed name leads elsewhere", {
      SealedFileName: "../../keys/openpgp.asc",
    }),
    beside("B42", "a document that is a program by its name", "ATTACHMENT_TYPE", async (stage) =>
      laid(stage, await note(stage), { FileName: "transcript.exe" }),
    ),
    beside(
      "B42",
      "a document of another content than is said",
      "ATTACHMENT_DIFFERS",
      async (stage) => laid(stage, await note(stage), { ContentSha256: "0".repeat(64) }),
    ),
    beside("B42", "a document of 200 MB, as is said", "ATTACHMENT_TOO_BIG", async (stage) =>
      laid(stage, await note(stage), { Size: "200000000" }),
    ),
    beside("B42", "a document that is not sealed", "ATTACHMENT_DIFFERS", (stage) =>
      laid(stage, Buffer.from(NAME)),
    ),
    beside(
      "B11",
      "a document of ten thousand parts that nobody knows",
      "ATTACHMENT_DIFFERS",
      async (stage) =>
        laid(stage, await encrypted(Buffer.alloc(20_000, "fc00", "hex"), stage.letter.to)),
    ),
    ...BOMBS.map((name) =>
      beside("B11", `${name} as a document`, "ATTACHMENT_DIFFERS", async (stage) => {
        const bytes = await encrypted(readFileSync(join(folder ?? "", name)), stage.letter.to);
        return laid(stage, bytes, { Size: String(50 * 2 ** 20) });
      }),
    ),
  ],
  heavy: [
    waiting("B42", "fourteen thousand documents that are not there", "ATTACHMENT_ABSENT", (stage) =>
      absent(stage, "note.txt"),
    ),
    inPart(
      "B42",
      "fourteen thousand documents of another kind that are not there",
      Array.from({ length: RELEASES }, () => "ATTACHMENT_TYPE" as const),
      (stage) => absent(stage, "note.pdf"),
    ),
    beside(
      "B11",
      "a document of ten million parts that nobody knows",
      "ATTACHMENT_DIFFERS",
      async (stage) =>
        laid(stage, await encrypted(Buffer.alloc(2e7, "fc00", "hex"), stage.letter.to)),
    ),
  ],
};
