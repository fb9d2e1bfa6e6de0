/**
 * What travels: the kinds of message and of document, beside the types made from the schema
 * (`model.gen.ts`). Values of leaves are texts throughout.
 */
import type {
  MediaType,
  MessageByKind,
  MessageKind,
  Referral,
  SectionName,
  TransferRequest,
} from "./model.gen.ts";

export type { MessageByKind, MessageKind } from "./model.gen.ts";

/** Version of the format, in the namespace and in every header. */
export const SCHEMA_VERSION = "1";
export const TRANSFER_NAMESPACE = "urn:packetboat:transfer:1";
export const TRANSFER_SCHEMA = "transfer.schema.json";

/** Of a packet, unless the config says otherwise (PROTOCOL 3). */
export const DEFAULT_PACKET_BYTES = 8 * 1024 * 1024;

/** Between a packet's creation and its expiry, at the most (PROTOCOL 3). */
export const LONGEST_LIFE_DAYS = 90;

/** One thing said about a transfer, with the name of its element. */
export type Message = {
  readonly [Kind in MessageKind]: { readonly kind: Kind; readonly body: MessageByKind[Kind] };
}[MessageKind];

/** Which kinds a reader answers with a receipt: an answer is never answered (PROTOCOL 6). */
const RECEIPTED: Readonly<Record<MessageKind, boolean>> = {
  SignedRequest: true,
  SignedReferral: true,
  ForwardedRequest: true,
  TransferResponse: true,
  TransferRelease: true,
  Recall: true,
  TransferStatus: false,
  Receipt: false,
  Manifest: false,
  Ping: true,
};

export const MESSAGE_KINDS = Object.keys(RECEIPTED) as readonly MessageKind[];

export const isMessageKind = (name: string): name is MessageKind => Object.hasOwn(RECEIPTED, name);

/** A packet gets a receipt if one of its messages does; so does a message of an unknown kind. */
export const isReceipted = (kind: string): boolean => !isMessageKind(kind) || RECEIPTED[kind];

/** A document that stands by itself; the root element separates its uses (PROTOCOL 2). */
export interface DocumentKind<Root extends string, Content> {
  readonly root: Root;
  readonly namespace: string;
  /** Its file in `schemas/`, where the definition has the root's name. */
  readonly schemaFile: string;
  /** Only the type counts: what the document says. */
  readonly content?: Content;
}

/** Signed by the requester, and never altered on its way. */
export const TRANSFER_REQUEST: DocumentKind<"TransferRequest", TransferRequest> = {
  root: "TransferRequest",
  namespace: TRANSFER_NAMESPACE,
  schemaFile: TRANSFER_SCHEMA,
};

/** Signed by the entity: whom it names as releaser. */
export const REFERRAL: DocumentKind<"Referral", Referral> = {
  root: "Referral",
  namespace: TRANSFER_NAMESPACE,
  schemaFile: TRANSFER_SCHEMA,
};

/** The sections of a record in the order of its schema. */
export const SECTION_NAMES = [
  "Enrollment",
  "Transcript",
  "Attendance",
  "Assessment",
  "Immunization",
  "HealthCondition",
  "Program",
  "Discipline",
] as const satisfies readonly SectionName[];

/** What a document's name says about its kind; nothing else may be attached. */
const MEDIA_TYPES: Readonly<Record<string, MediaType>> = {
  pdf: "application/pdf",
  tif: "image/tiff",
  tiff: "image/tiff",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  txt: "text/plain",
  csv: "text/csv",
  xml: "application/xml",
};

/** @returns the media type that the name's ending stands for, or `null` if it may not be attached */
export function mediaTypeOf(fileName: string): MediaType | null {
  const ending = /\.([0-9A-Za-z]{2,5})$/.exec(fileName)?.[1]?.toLowerCase() ?? "";
  return MEDIA_TYPES[ending] ?? null;
}
