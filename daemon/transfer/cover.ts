/** A release as the post knows it: whose record it is, and which sections are there, but not what is in them. */
import type {
  AttachedDocuments,
  NotAvailable,
  SectionName,
  StudentRecord,
  ToFollow,
  TransferRelease,
} from "../packet/model.gen.ts";

/** A section of a record, but for what is in it. */
export interface SectionCover {
  readonly Present?: object;
  readonly Attached?: AttachedDocuments;
  readonly NotAvailable?: NotAvailable;
  readonly ToFollow?: ToFollow;
}

/** A release but for what is in the sections of its record: whose it is, and what of it is there. */
export type ReleaseCover = Omit<TransferRelease, "StudentRecord"> & {
  readonly StudentRecord: Omit<StudentRecord, SectionName> & {
    readonly [Name in SectionName]?: SectionCover;
  };
};
