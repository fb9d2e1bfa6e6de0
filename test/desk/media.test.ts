import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { holds } from "../../daemon/desk/media.ts";
import type { MediaType } from "../../daemon/packet/model.gen.ts";
import { DOCX_PARTS, zipOf } from "./zips.ts";

const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const docx = zipOf(...DOCX_PARTS);
const CONTENTS: Readonly<Record<string, Buffer>> = {
  pdf: Buffer.from("%PDF-1.7\n"),
  "pdf after a line": Buffer.from("\n%PDF-1.4\n"),
  "pdf after a byte order mark": Buffer.from("\u{feff}%PDF-1.4\n"),
  "program and pdf": Buffer.from("MZ\x90\0\n%PDF-1.4\n", "latin1"),
  "page and pdf": Buffer.from("<script>alert(1)</script>%PDF-1.4\n"),
  tiff: Buffer.from("II*\0\x08\0\0\0", "latin1"),
  "tiff of the other order": Buffer.from("MM\0*\0\0\0\x08", "latin1"),
  jpeg: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0x00]),
  png: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00]),
  docx,
  "docx with a comment": withComment(docx, "made by a student system"),
  "docx with pictures": zipOf(...DOCX_PARTS, "word/media/image1.png", "word/document2.xml"),
  "archive of anything": zipOf("setup.exe", "[Content_Types].xml"),
  workbook: zipOf("[Content_Types].xml", "xl/workbook.xml"),
  "docx with macros": zipOf(...DOCX_PARTS, "word/vbaProject.bin"),
  "docx with controls": zipOf(...DOCX_PARTS, "word/activeX/activeX1.xml"),
  "docx with a program": zipOf(...DOCX_PARTS, "word/embeddings/payload.EXE"),
  "pdf before an archive": Buffer.concat([Buffer.from("%PDF-1.7\n"), zipOf("setup.exe")]),
  "picture before an archive": Buffer.concat([
    Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0x00]),
    withComment(zipOf("setup.exe"), "PK\x05\x06, and more"),
  ]),
  "text before an archive": Buffer.concat([Buffer.alloc(2000, "name,"), zipOf("setup.exe")]),
  "docx that leads out": zipOf(...DOCX_PARTS, "word/../../../.profile"),
  "docx that leads out by backslash": zipOf(...DOCX_PARTS, "word\\..\\start.bat"),
  "docx after a program": Buffer.concat([Buffer.from("PK\x03\x04MZ\0", "latin1"), docx]),
  "docx before a program": Buffer.concat([docx, Buffer.from("MZ\0")]),
  "docx cut short": docx.subarray(0, -30),
  "start of an archive": Buffer.from("PK\x03\x04\x14\0", "latin1"),
  "docx whose table is broken": broken(docx),
  text: Buffer.from("name,grade\n"),
  "text in UTF-16": Buffer.from("\u{feff}name", "utf16le"),
  program: Buffer.from("MZ\x90\0\x03\0", "latin1"),
  nothing: Buffer.alloc(0),
};

function withComment(zip: Buffer, comment: string): Buffer {
  const changed = Buffer.concat([zip, Buffer.from(comment)]);
  changed.writeUInt16LE(comment.length, zip.length - 2);
  return changed;
}

/** The name of the first entry is said to be longer than the table. */
function broken(zip: Buffer): Buffer {
  const changed = Buffer.from(zip);
  changed.writeUInt16LE(0xffff, changed.indexOf("PK\x01\x02", 0, "latin1") + 28);
  return changed;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "packetboat-test-"));
  for (const [name, bytes] of Object.entries(CONTENTS)) await writeFile(join(folder, name), bytes);
});
afterAll(() => rm(folder, { recursive: true }));

const PDFS = ["pdf", "pdf after a line", "pdf after a byte order mark"];
const TEXTS = [...PDFS, "page and pdf", "text", "text in UTF-16"];

describe("the content of a document", () => {
  it.each<[MediaType, string[]]>([
    ["application/pdf", PDFS],
    ["image/tiff", ["tiff", "tiff of the other order"]],
    ["image/jpeg", ["jpeg"]],
    ["image/png", ["png"]],
    [DOCX, ["docx", "docx with a comment", "docx with pictures"]],
    ["text/plain", TEXTS],
    ["text/csv", TEXTS],
    ["application/xml", TEXTS],
  ])("shows whether it is %s", async (mediaType, names) => {
    const found: string[] = [];
    for (const name of Object.keys(CONTENTS)) {
      if (await holds(join(folder, name), mediaType)) found.push(name);
    }
    expect(found).toEqual(names);
  });
});
