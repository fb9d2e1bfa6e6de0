import { describe, expect, it } from "vitest";
import {
  isMessageKind,
  isReceipted,
  mediaTypeOf,
  MESSAGE_KINDS,
  SECTION_NAMES,
  TRANSFER_SCHEMA,
} from "../../daemon/packet/model.ts";
import { definitionAt } from "../../daemon/schema.ts";

const definition = (name: string) => definitionAt(TRANSFER_SCHEMA, `#/$defs/${name}`).schema;

describe("what travels", () => {
  it("is of the kinds that the schema lists, in its order", () => {
    const { items } = definition("Messages") as { items?: { oneOf?: { $ref: string }[] } };
    expect(items?.oneOf?.map(({ $ref }) => $ref.split("/").at(-1))).toEqual(MESSAGE_KINDS);
    expect(isMessageKind("Ping")).toBe(true);
    expect(isMessageKind("toString")).toBe(false);
  });

  it("is answered by a receipt, but for what is an answer itself", () => {
    expect(MESSAGE_KINDS.filter((kind) => !isReceipted(kind))).toEqual([
      "TransferStatus",
      "Receipt",
      "Manifest",
    ]);
    expect(isReceipted("Greeting")).toBe(true);
  });

  it("has the sections of the schema, in the order of a record", () => {
    expect(definition("SectionName").enum).toEqual(SECTION_NAMES);
    const inRecord = Object.keys(definition("StudentRecord").properties ?? {});
    expect(inRecord.filter((name) => definition("SectionName").enum?.includes(name))).toEqual(
      SECTION_NAMES,
    );
  });

  it("knows an attachment's kind by the ending of its name", () => {
    expect(mediaTypeOf("Transcript 2024.PDF")).toBe("application/pdf");
    expect(mediaTypeOf("page.tiff")).toBe("image/tiff");
    for (const name of ["setup.exe", "macros.docm", "pdf", "a.pdf.zip", "a.constructor", ""]) {
      expect([name, mediaTypeOf(name)]).toEqual([name, null]);
    }
    const endings = ["pdf", "tif", "jpg", "png", "docx", "txt", "csv", "xml"];
    expect(endings.map((ending) => mediaTypeOf(`a.${ending}`))).toEqual(
      definition("MediaType").enum,
    );
  });
});
