/**
 * Names of files in a drop box, made and recognised side by side (PROTOCOL 3 and 5). A name is a hint:
 * it settles nothing and blames nobody, for whoever may write into a box may choose it.
 */
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";

export interface SealedName {
  readonly from: AgencyId;
  readonly to: AgencyId;
  readonly sequence: number;
  /** 16 hexadecimal digits; a taken name means new ones. */
  readonly random: string;
}

export interface AttachmentName {
  readonly from: AgencyId;
  readonly to: AgencyId;
  /** Common to the attachments of one message. */
  readonly group: number;
  /** Of the attachment among them, from 1 to 999. */
  readonly number: number;
  readonly random: string;
}

const SEALED = /^([0-9]{7})_([0-9]{7})_([0-9]{1,10})_([0-9a-f]{16})\.xml\.pgp$/;
const ATTACHMENT = /^([0-9]{7})_([0-9]{7})_([0-9]{1,10})_([0-9]{1,3})_([0-9a-f]{16})\.att\.pgp$/;

/** Zeros before the number let a plain listing stand in the order of sequence. */
export const sealedName = ({ from, to, sequence, random }: SealedName): string =>
  checked(`${from}_${to}_${String(sequence).padStart(9, "0")}_${random}.xml.pgp`, SEALED);

export function parseSealedName(name: string): SealedName | null {
  const [, from, to, sequence, random = ""] = SEALED.exec(name) ?? [];
  if (from === undefined) return null;
  return { from: from as AgencyId, to: to as AgencyId, sequence: Number(sequence), random };
}

export const attachmentName = ({ from, to, group, number, random }: AttachmentName): string =>
  checked(`${from}_${to}_${group}_${number}_${random}.att.pgp`, ATTACHMENT);

export function parseAttachmentName(name: string): AttachmentName | null {
  const [, from, to, group, number, random = ""] = ATTACHMENT.exec(name) ?? [];
  if (from === undefined) return null;
  return {
    from: from as AgencyId,
    to: to as AgencyId,
    group: Number(group),
    number: Number(number),
    random,
  };
}

/** Nothing is ever written under a name that no reader would recognise. */
function checked(name: string, form: RegExp): string {
  if (form.test(name)) return name;
  throw new PacketboatError("WRITING_INVALID", `${name} would not be recognised in a drop box`);
}
