/**
 * From what a registrar wrote and put into a case folder to a decision that the rules are asked about,
 * or to every fault of it. Only the beginnings of documents are read here; nothing is copied yet.
 */
import { join } from "node:path";
import { isRefusal } from "../../errors.ts";
import type { Sha256 } from "../../ids.ts";
import type { SectionName, StudentRecord } from "../../packet/model.gen.ts";
import { mediaTypeOf, TRANSFER_SCHEMA } from "../../packet/model.ts";
import { checkerFor } from "../../schema.ts";
import type { Transfer } from "../../transfer/effects.ts";
import { given } from "../../transfer/given.ts";
import { idsAt } from "../../transfer/releases.ts";
import { hashOf, openRegular, readRegular, startOf } from "../carry.ts";
import { type CaseFile, type CaseTree, named } from "./scan.ts";
import type { WrittenDecision } from "./decision-file.ts";
import type { WrittenKind } from "./decision-form.ts";
import type { About, Decision } from "../decision.ts";
import type { HandedDocument } from "../handed.ts";
import { holds, START_BYTES } from "../media.ts";
import { isGiven, looksLikeRecord, readRecord, type RecordFile } from "../record-file.ts";
import { sectionNamed, sectionOfDocument } from "../sections-named.ts";

export interface Planning {
  /** Whole path of the case folder, without a link in it. */
  readonly folder: string;
  readonly tree: CaseTree;
  readonly written: WrittenDecision;
  readonly transfer: Transfer;
  /** Digests of what left with releases before. */
  readonly sent: ReadonlySet<Sha256>;
  /** Of the record. */
  readonly documentBytes: number;
  /** Of one document. */
  readonly attachmentBytes: number;
}

export interface Plan {
  /** Its documents are still to be copied. */
  readonly decision: Decision;
  readonly handed: readonly HandedDocument[];
  /** Digest of the record file, if it goes with the release. */
  readonly recordDigest: Sha256 | null;
}

const MEGABYTE = 1024 * 1024;
const GONE = ["Released", "Delivered", "Imported"];

/** @returns the plan, or every fault in whole sentences */
export async function planCase(planning: Planning): Promise<Plan | { faults: readonly string[] }> {
  const { written, transfer } = planning;
  const why = whyNot(written.kind, transfer);
  if (why !== null) return { faults: [why] };
  const about: About = { transferId: transfer.transferId };
  if (written.kind === "release" || written.kind === "supplement") {
    return planRelease(planning, written.kind, about);
  }
  return { decision: decisionOf(written, about), handed: [], recordDigest: null };
}

function decisionOf(written: WrittenDecision, about: About): Decision {
  const { kind, reason, until, comments } = written;
  if (kind === "withdraw") return { kind, about };
  if (kind === "recall") {
    if (reason === undefined) throw new Error("a recall without a reason was let through");
    return { kind, about, recall: { reason, ...given({ comments }) } };
  }
  const status = kind === "hold" ? "Hold" : "Rejected";
  return { kind: "answer", about, answer: { status, ...given({ reason, until, comments }) } };
}

/** What stands against a decision at this time, in words; the rules have the last word all the same. */
export function whyNot(kind: WrittenKind, transfer: Transfer): string | null {
  const { state } = transfer;
  const hasLeft = GONE.includes(state);
  const isWaiting = idsAt(transfer, "waiting").length > 0;
  if (kind === "withdraw") {
    if (isWaiting || transfer.firstPerson !== null) return null;
    return hasLeft
      ? "The records have left, so that nothing can be withdrawn. If they were a mistake, write recall with a Reason, and call the other district."
      : "No release waits, so that there is nothing to withdraw.";
  }
  if (kind === "recall") {
    if (hasLeft || (state === "Canceled" && idsAt(transfer, "sent").length > 0)) return null;
    return isWaiting
      ? "The records have not left yet: write withdraw instead of recall."
      : "No records have left, so that there is nothing to recall.";
  }
  if (kind === "supplement") {
    if (hasLeft) return null;
    return isWaiting
      ? "The release has not left yet. To send more with it, write withdraw, and then release anew."
      : "Nothing was released yet that could be supplemented: write release instead of supplement.";
  }
  if (hasLeft && kind === "release") {
    return "The records have left already. To send more, write supplement; if they were a mistake, write recall with a Reason.";
  }
  if (hasLeft) {
    return `The records have left already, too late to ${kind}. If they were a mistake, write recall with a Reason.`;
  }
  if (isWaiting) return "A release waits already: write withdraw first, if it must not leave.";
  if (state === "Canceled") return "The other district no longer asks for these records.";
  if (state === "Expired") return "The time of this request is over. The district must ask again.";
  const isRejected = ["Rejected", "NoRecord", "MultipleMatch"].includes(state);
  return isRejected && kind !== "release"
    ? "This request was answered already: the records will not be sent. Only a release can follow that."
    : null;
}

type Releasing = "release" | "supplement";

async function planRelease(
  planning: Planning,
  kind: Releasing,
  about: About,
): Promise<Plan | { faults: readonly string[] }> {
  const { tree, written } = planning;
  const faults = [...tree.faults];
  const { record, recordFile, recordDigest } = await recordIn(planning, kind, about, faults);
  const documents = await documentsIn(planning, kind, recordFile);
  for (const file of documents) faults.push(...(await documentFaults(planning, file)));
  const handed = documents.map((file) => handedFrom(planning, file, record));
  faults.push(...absentFaults(record, handed), ...doubledFaults(handed));
  faults.push(...sectionFaults(written, record, handed));
  const isEmpty = handed.length === 0 && record === null;
  const saysNothing = written.notAvailable.length + written.toFollow.length === 0;
  if (isEmpty && saysNothing && faults.length === 0) faults.push(nothingToSend(kind, tree));
  if (faults.length > 0) return { faults };
  const { comments = record?.release.comments, notAvailable } = written;
  const release = {
    record: { ...record?.release.record, ...toFollow(written) },
    documents: [],
    notAvailable,
    ...given({ comments }),
  };
  return { decision: { kind, about, release }, handed, recordDigest };
}

const toFollow = ({ toFollow: sections }: WrittenDecision): Partial<StudentRecord> =>
  Object.fromEntries(
    sections.map(({ section, expected }) => [section, { ToFollow: { ExpectedDate: expected } }]),
  );

const nothingToSend = (kind: Releasing, { documents, record }: CaseTree): string =>
  kind === "supplement" && documents.length + (record ? 1 : 0) > 0
    ? "There is nothing new to send: all that lies here was sent before. Put what is to be added into the folder documents."
    : "There is nothing to send. Put the documents into the folder documents, or write under Not available which sections you do not have.";

interface FoundRecord {
  readonly record: RecordFile | null;
  readonly recordFile: CaseFile | null;
  readonly recordDigest: Sha256 | null;
}

const NO_RECORD: FoundRecord = { record: null, recordFile: null, recordDigest: null };

/** `record.xml` beside the form, or among the documents if it is one of ours. */
async function recordIn(
  { folder, tree, documentBytes, sent }: Planning,
  kind: Releasing,
  about: About,
  faults: string[],
): Promise<FoundRecord> {
  const inside = tree.documents.find(({ path }) => path.toLowerCase() === "documents/record.xml");
  const file = tree.record ?? inside;
  if (!file) return NO_RECORD;
  const path = join(folder, file.path);
  if (!looksLikeRecord(await startOf(path, START_BYTES * 2)) && file !== tree.record) {
    return NO_RECORD;
  }
  try {
    const read = await readRegular(path, documentBytes);
    if (read === null) faults.push(`${named(file.path)} is still being written. Wait a little.`);
    if (read === null) return NO_RECORD;
    const isOld = kind === "supplement" && sent.has(read.digest);
    if (isOld) return { ...NO_RECORD, recordFile: file };
    const record = readRecord(read.bytes, documentBytes, about);
    return { record, recordFile: file, recordDigest: read.digest };
  } catch (error) {
    if (!isRefusal(error) || error.disposition !== "refuse") throw error;
    faults.push(...faultsOf(error).map((fault) => `${named(file.path)}: ${fault}`));
    return { ...NO_RECORD, recordFile: file };
  }
}

/** The documents to be sent; a supplement has those that did not leave before. */
async function documentsIn(
  { folder, tree, sent }: Planning,
  kind: Releasing,
  recordFile: CaseFile | null,
): Promise<CaseFile[]> {
  const documents = tree.documents.filter((file) => file !== recordFile);
  if (kind === "release" || sent.size === 0) return documents;
  const digests = await Promise.all(
    documents.map(({ path }) =>
      hashOf(join(folder, path)).catch((error: unknown) => {
        if (isRefusal(error)) return null;
        throw error;
      }),
    ),
  );
  return documents.filter((_, index) => {
    const digest = digests[index] ?? null;
    return digest === null || !sent.has(digest);
  });
}

async function documentFaults(planning: Planning, file: CaseFile): Promise<string[]> {
  const { folder, attachmentBytes } = planning;
  const name = named(file.path);
  const type = mediaTypeOf(file.name);
  if (file.size === 0) return [`${name} is empty. Take it out, or put it there again.`];
  if (type === null) {
    return [
      `${name} is no kind of file that is sent. Send PDF, TIFF, JPEG, PNG, Word (.docx), text, CSV or XML, or take it out.`,
    ];
  }
  if (sentName(file.name) === null) {
    return [`${name} has a name that cannot be sent. Rename it: letters, digits and spaces.`];
  }
  if (file.size > attachmentBytes) {
    const [has, most] = [file.size, attachmentBytes].map((size) => Math.ceil(size / MEGABYTE));
    return [
      `${name} is too big: it has ${has} MB, and at most ${most} MB are sent. Split it, or scan it with less detail.`,
    ];
  }
  try {
    await using _ = await openRegular(join(folder, file.path));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return [`${name} cannot be read. Close it in every program; if that does not help, ask IT.`];
  }
  if (await holds(join(folder, file.path), type)) return [];
  const ending = file.name.split(".").at(-1)?.toUpperCase() ?? "";
  return [`${name} is no ${ending} inside, whatever its name says. Take it out, or save it anew.`];
}

const nameFaults = checkerFor(TRANSFER_SCHEMA, "FileName");

/**
 * Under which name a document travels: letters without their marks, and nothing but plain signs.
 *
 * @returns `null` for a name that would lead out of a folder, or of which nothing is left
 */
export function sentName(name: string): string | null {
  if (/[\p{C}\\/:]|\.\./u.test(name)) return null;
  const dot = name.lastIndexOf(".");
  const stem = name
    .slice(0, dot)
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^0-9A-Za-z _.()-]/g, "_")
    .replace(/^[^0-9A-Za-z]+/, "")
    .slice(0, 100);
  const plain = `${stem}${name.slice(dot)}`;
  return nameFaults(plain).length === 0 ? plain : null;
}

function handedFrom(
  { folder }: Planning,
  file: CaseFile,
  record: RecordFile | null,
): HandedDocument {
  const fileName = sentName(file.name) ?? file.name;
  const told = record?.documents.find((each) => isSameName(each.fileName, fileName))?.section;
  const byFolder = file.folders.map(sectionNamed).find((section) => section !== null);
  const section = told ?? byFolder ?? sectionOfDocument(file.name) ?? undefined;
  return {
    path: join(folder, file.path),
    fileName,
    place: named(file.path),
    ...given({ section }),
  };
}

const isSameName = (one: string, other: string): boolean =>
  one.toLowerCase() === other.toLowerCase();

const absentFaults = (record: RecordFile | null, handed: readonly HandedDocument[]): string[] =>
  (record?.documents ?? [])
    .filter(({ fileName }) => !handed.some((each) => isSameName(each.fileName, fileName)))
    .map(({ fileName }) => `record.xml names ${fileName}, which is not in the folder documents.`);

const doubledFaults = (handed: readonly HandedDocument[]): string[] =>
  handed
    .filter(({ fileName }, index) =>
      handed.slice(0, index).some((each) => isSameName(each.fileName, fileName)),
    )
    .map(({ place }) => `${place} has the same name as another document. Rename one of them.`);

/** A section that is there is neither missing nor to follow. */
function sectionFaults(
  { notAvailable, toFollow: later }: WrittenDecision,
  record: RecordFile | null,
  handed: readonly HandedDocument[],
): string[] {
  const where = (name: SectionName): string | null =>
    handed.find(({ section }) => section === name)?.place ??
    (isGiven(record?.release.record, name) ? "record.xml" : null);
  const faults = (line: string, names: readonly SectionName[]): string[] =>
    names.flatMap((name) => {
      const place = where(name);
      return place === null
        ? []
        : [`${name} stands under ${line}, but ${place} has it. Take one of the two away.`];
    });
  return [
    ...faults(
      "Not available",
      notAvailable.map(({ section }) => section),
    ),
    ...faults(
      "To follow",
      later.map(({ section }) => section),
    ),
  ];
}

/** The faults that a refusal lists, or else its sentence. */
export function faultsOf(error: {
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}): readonly string[] {
  const { faults } = error.facts;
  return Array.isArray(faults) ? (faults as readonly string[]) : [`${error.message}.`];
}
