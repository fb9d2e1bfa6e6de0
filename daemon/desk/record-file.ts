/** The data part of a release in a file: an OutboxMessage with a Release, or a student's record alone. */
import { PacketboatError } from "../errors.ts";
import { readOfficeElement } from "../packet/document.ts";
import type { SectionName, StudentRecord } from "../packet/model.gen.ts";
import { TRANSFER_NAMESPACE, TRANSFER_SCHEMA } from "../packet/model.ts";
import { objectOf } from "../packet/shape.ts";
import { refuseFaults } from "../schema.ts";
import type { About, Decision } from "./decision.ts";
import { OUTBOX_NAMESPACE, readDecisions } from "./documents.ts";
import type { ExpectedDocument } from "./outbox.ts";

type Releasing = Extract<Decision, { kind: "release" | "supplement" }>;

export interface RecordFile {
  readonly release: Omit<Releasing["release"], "documents">;
  readonly isSupplement: boolean;
  readonly decidedBy: string | null;
  /** The documents that it names. */
  readonly documents: readonly ExpectedDocument[];
}

/** A guess, good enough to tell it from the XML of another standard, which is sent as a document. */
export function looksLikeRecord(start: Uint8Array): boolean {
  const text = Buffer.from(start).toString("latin1").replaceAll("\0", "");
  return text.includes(OUTBOX_NAMESPACE) || text.includes(TRANSFER_NAMESPACE);
}

/**
 * @param about the transfer that is meant; a file that names another is refused
 * @throws PacketboatError DOCUMENT_INVALID with every fault in `facts.faults`
 */
export function readRecord(bytes: Uint8Array, mostBytes: number, about: About): RecordFile {
  const alone = recordAlone(bytes, mostBytes);
  if (alone) {
    return { release: { record: alone }, isSupplement: false, decidedBy: null, documents: [] };
  }
  const [reading, another] = readDecisions(bytes, mostBytes, { about });
  if (!reading || another) throw noRelease();
  const { says, decidedBy } = reading;
  if ("refusal" in says) throw says.refusal;
  const { decision } = says;
  if (decision.kind !== "release" && decision.kind !== "supplement") throw noRelease();
  const { documents: _, ...release } = decision.release;
  return {
    release,
    isSupplement: decision.kind === "supplement",
    decidedBy,
    documents: says.documents,
  };
}

/** A StudentRecord as its root; `null` if the root is another. */
function recordAlone(bytes: Uint8Array, mostBytes: number): StudentRecord | null {
  const start = Buffer.from(bytes.subarray(0, 2000)).toString("latin1").replaceAll("\0", "");
  if (!/<(?:[\w.-]+:)?StudentRecord[\s/>]/.test(start) || /OutboxMessage[\s>]/.test(start)) {
    return null;
  }
  const namespace = start.includes(OUTBOX_NAMESPACE) ? OUTBOX_NAMESPACE : TRANSFER_NAMESPACE;
  const root = readOfficeElement(bytes, { namespace, mostBytes });
  if (root.name !== "StudentRecord") return null;
  const { value, faults } = objectOf(root, TRANSFER_SCHEMA, "StudentRecord", true);
  refuseFaults(faults, "DOCUMENT_INVALID", { document: "the document", root: "StudentRecord" });
  return value as unknown as StudentRecord;
}

/** Sections that a record gives whole or as documents. */
export const isGiven = (record: Partial<StudentRecord> | undefined, name: SectionName): boolean =>
  record?.[name]?.Present !== undefined || record?.[name]?.Attached !== undefined;

const noRelease = (): PacketboatError =>
  new PacketboatError("DOCUMENT_INVALID", "the file holds no Release", {
    facts: { faults: ["document: the file holds no Release, and no StudentRecord alone"] },
  });
