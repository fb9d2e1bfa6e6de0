import { describe, expect, it } from "vitest";
import { holds } from "../../daemon/desk/media.ts";
import type { MediaType } from "../../daemon/packet/model.gen.ts";

const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const STARTS: Readonly<Record<string, Buffer>> = {
  pdf: Buffer.from("%PDF-1.7\n"),
  "pdf after a line": Buffer.from("\n%PDF-1.4\n"),
  tiff: Buffer.from("II*\0\x08\0\0\0", "latin1"),
  "tiff of the other order": Buffer.from("MM\0*\0\0\0\x08", "latin1"),
  jpeg: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0x00]),
  png: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00]),
  zip: Buffer.from("PK\x03\x04\x14\0", "latin1"),
  text: Buffer.from("name,grade\n"),
  "text in UTF-16": Buffer.from("\u{feff}name", "utf16le"),
  program: Buffer.from("MZ\x90\0\x03\0", "latin1"),
  nothing: Buffer.alloc(0),
};

describe("the first bytes of a document", () => {
  it.each<[MediaType, string[]]>([
    ["application/pdf", ["pdf", "pdf after a line"]],
    ["image/tiff", ["tiff", "tiff of the other order"]],
    ["image/jpeg", ["jpeg"]],
    ["image/png", ["png"]],
    [DOCX, ["zip"]],
    ["text/plain", ["pdf", "pdf after a line", "text", "text in UTF-16"]],
    ["text/csv", ["pdf", "pdf after a line", "text", "text in UTF-16"]],
    ["application/xml", ["pdf", "pdf after a line", "text", "text in UTF-16"]],
  ])("show whether it is %s", (mediaType, names) => {
    const found = Object.keys(STARTS).filter((name) => holds(STARTS[name] as Buffer, mediaType));
    expect(found).toEqual(names);
  });
});
