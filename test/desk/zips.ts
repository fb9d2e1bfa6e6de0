/** ZIP archives for tests, of empty files: only their table of contents matters. */

/** An entry's head in the archive, or its line in the table of contents. */
function head(signature: string, bytes: number, nameAt: number, name: string): Buffer {
  const header = Buffer.alloc(bytes);
  header.write(signature, "latin1");
  header.writeUInt16LE(Buffer.byteLength(name), nameAt);
  return Buffer.concat([header, Buffer.from(name)]);
}

/** An archive in which these names stand. */
export function zipOf(...names: readonly string[]): Buffer {
  const files = Buffer.concat(names.map((name) => head("PK\x03\x04", 30, 26, name)));
  const table = Buffer.concat(names.map((name) => head("PK\x01\x02", 46, 28, name)));
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(names.length, 10);
  end.writeUInt32LE(table.length, 12);
  end.writeUInt32LE(files.length, 16);
  return Buffer.concat([files, table, end]);
}

/** What is in every document of a word processor. */
export const DOCX_PARTS = ["[Content_Types].xml", "_rels/.rels", "word/document.xml"] as const;
