/** What is released: the record from a file, and documents named beside it or in it. */
import { basename, dirname, join } from "node:path";
import type { Config } from "../../config.ts";
import type { About } from "../../desk/decision.ts";
import type { HandedDocument } from "../../desk/handed.ts";
import { readRecord, type RecordFile } from "../../desk/record-file.ts";
import { given } from "../../transfer/given.ts";
import type { Context } from "../frame/context.ts";
import { readNamed } from "../typed/file.ts";
import { documentIn } from "../typed/section.ts";

const MEGABYTE = 1024 * 1024;

/** What a record file says, its documents with their whole paths; nothing without one. */
export interface NamedRecord extends Omit<RecordFile, "documents"> {
  readonly documents: readonly HandedDocument[];
}

const NOTHING: NamedRecord = { release: {}, isSupplement: false, decidedBy: null, documents: [] };

/**
 * @param file an OutboxMessage with a Release, whose documents lie beside it, or a StudentRecord alone
 * @throws PacketboatError FILE_NOT_FOUND, FILE_UNREADABLE; DOCUMENT_INVALID with every fault
 */
export async function recordIn(
  context: Context,
  file: string | undefined,
  about: About,
): Promise<NamedRecord> {
  if (file === undefined) return NOTHING;
  const path = context.path(file);
  const mostBytes = mostDocumentBytes(await context.config());
  const bytes = await readNamed(path, "--records", mostBytes);
  const record = readRecord(bytes, mostBytes, about);
  return {
    ...record,
    documents: record.documents.map(({ fileName, section }, index) => ({
      path: join(dirname(path), fileName),
      fileName,
      place: `Release/Document[${index + 1}]`,
      ...given({ section }),
    })),
  };
}

/**
 * The documents of `--attach` and those that the record file names. One that both name is the one that
 * was typed.
 *
 * @param typed as `--attach` has them: paths, with a section behind a colon or without
 * @throws PacketboatError USAGE
 */
export function documentsOf(
  context: Context,
  typed: readonly string[],
  named: readonly HandedDocument[],
): HandedDocument[] {
  const attached = typed.map((text, index): HandedDocument => {
    const { path, section } = documentIn(text);
    const fileName = basename(path);
    const known = named.find((document) => document.fileName === fileName);
    return {
      path: context.path(path),
      fileName,
      place: `--attach ${index + 1}`,
      ...given({ section: section ?? known?.section }),
    };
  });
  const isTyped = (name: string): boolean => attached.some(({ fileName }) => fileName === name);
  return [...named.filter(({ fileName }) => !isTyped(fileName)), ...attached];
}

const mostDocumentBytes = ({ limits }: Config): number => limits.packetMegabytes * MEGABYTE;
