/** What lies in a ZIP archive, by its table of contents alone: nothing is ever unpacked. */
import type { FileHandle } from "node:fs/promises";
import { openRegular } from "./carry.ts";

/** The table's end, and the longest comment that may follow it. */
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const END = Buffer.from("PK\x05\x06", "latin1");
/** Of one entry in the table, before its name. */
const ENTRY_BYTES = 46;
const ENTRY = Buffer.from("PK\x01\x02", "latin1");
/** A larger table is no document's. */
const MOST_TABLE_BYTES = 1024 * 1024;

/**
 * @returns the names in it; `null` if it has no whole table of contents
 * @throws PacketboatError as `openRegular`
 */
export async function namesInZip(path: string): Promise<string[] | null> {
  await using file = await openRegular(path);
  const { tail, tailFrom } = await tailOf(file);
  const end = tail.lastIndexOf(END);
  if (end < 0 || end + END_BYTES > tail.length) return null;
  const [entries, bytes, from] = [
    tail.readUInt16LE(end + 10),
    tail.readUInt32LE(end + 12),
    tail.readUInt32LE(end + 16),
  ];
  // One that does not end where its end begins is two files in one.
  const isOneFile = end + END_BYTES + tail.readUInt16LE(end + 20) === tail.length;
  if (!isOneFile || bytes > MOST_TABLE_BYTES || from + bytes !== tailFrom + end) return null;
  return namesIn(await read(file, from, bytes), entries);
}

/**
 * Does a file of another kind end as an archive does? Programs that unpack look for a table from the end, whatever
 * stands before.
 *
 * @throws PacketboatError as `openRegular`
 */
export async function endsAsZip(path: string): Promise<boolean> {
  await using file = await openRegular(path);
  const { tail } = await tailOf(file);
  for (let end = tail.indexOf(END); end >= 0; end = tail.indexOf(END, end + 1)) {
    if (end + END_BYTES > tail.length) return false;
    if (end + END_BYTES + tail.readUInt16LE(end + 20) === tail.length) return true;
  }
  return false;
}

/** Where the end of an archive's table may stand. */
async function tailOf(file: FileHandle): Promise<{ tail: Buffer; tailFrom: number }> {
  const { size } = await file.stat();
  const tailFrom = Math.max(0, size - END_BYTES - LONGEST_COMMENT);
  return { tail: await read(file, tailFrom, size - tailFrom), tailFrom };
}

async function read(file: FileHandle, from: number, bytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, from);
  return buffer.subarray(0, bytesRead);
}

function namesIn(table: Buffer, entries: number): string[] | null {
  const names: string[] = [];
  let at = 0;
  while (at < table.length) {
    const isEntry = table.subarray(at, at + ENTRY.length).equals(ENTRY);
    if (!isEntry || at + ENTRY_BYTES > table.length) return null;
    const [name, extra, comment] = [28, 30, 32].map((offset) => table.readUInt16LE(at + offset));
    const begin = at + ENTRY_BYTES;
    names.push(table.toString("utf8", begin, begin + (name ?? 0)));
    at = begin + (name ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return at === table.length && names.length === entries ? names : null;
}
