/**
 * Gather: the attachments that a packet's releases name. Each is fetched, compared with what the
 * release says of it, opened and compared again, before the release itself is looked at (PROTOCOL 3).
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { exists } from "../disk.ts";
import type { Documents } from "../desk/cases.ts";
import { holds } from "../desk/media.ts";
import type { DropBox } from "../dropbox/contract.ts";
import { isRefusal, PacketboatError } from "../errors.ts";
import { newLocalId, type AgencyId } from "../ids.ts";
import { type SurveyedFile, surveyFile, unsealFile } from "../keys/attachment.ts";
import type { PrivateKey, PublicKey } from "../keys/key.ts";
import type { Ledger } from "../ledger/connect.ts";
import { addAttachmentIn, attachmentsIn, noteAttachmentsIn } from "../ledger/incoming.ts";
import type { AttachmentInRow } from "../ledger/tables.ts";
import type { CheckedMessage } from "../packet/checked.ts";
import { mediaTypeOf } from "../packet/model.ts";
import type { Attachment, TransferRelease } from "../packet/model.gen.ts";
import { parseAttachmentName } from "../packet/names.ts";

export interface Gathering {
  readonly ledger: Ledger;
  readonly box: DropBox;
  readonly staging: string;
  readonly ourKeys: readonly PrivateKey[];
  readonly signer: { readonly id: AgencyId; readonly key: PublicKey };
  readonly claimId: string;
  readonly maxBytes: number;
  readonly at: Date;
  /** Hears of each attachment that has come, opened and proved. */
  readonly fetched?: (attachment: FetchedAttachment) => void;
}

export interface FetchedAttachment {
  readonly sealedName: string;
  readonly bytes: number;
}

/**
 * The documents of every release in a packet, by its position, or why that release is refused.
 *
 * @param gathering.isLastTime an attachment that is absent now will not be waited for any more
 * @throws PacketboatError ATTACHMENT_ABSENT (wait), BOX_…, DISK_…: the whole packet is looked at again
 */
export async function gatherAll(
  messages: readonly CheckedMessage[],
  gathering: Gathering & { readonly isLastTime: boolean },
): Promise<Map<CheckedMessage["position"], Documents | PacketboatError>> {
  const gathered = new Map<CheckedMessage["position"], Documents | PacketboatError>();
  const releases = releasesIn(messages);
  if (releases.length === 0) return gathered;
  const here = await documentsHere(gathering);
  for (const { position, release } of releases) {
    try {
      gathered.set(position, await gather(release, here, gathering));
    } catch (error) {
      if (!isRefusal(error) || !isFinal(error, gathering.isLastTime)) throw error;
      gathered.set(position, error);
    }
  }
  return gathered;
}

/** Our line, our box or our disk may fail: that is no fault of the release, and it is tried again. */
const isFinal = ({ disposition }: PacketboatError, isLastTime: boolean): boolean =>
  disposition === "refuse" || (disposition === "wait" && isLastTime);

/**
 * Every attachment that a packet names leaves the box with it, also one that is never taken. Only what
 * its sender may have put there: a name is a hint, and harms nobody else's file.
 */
export async function noteNamed(
  messages: readonly CheckedMessage[],
  { ledger, claimId, signer }: Pick<Gathering, "ledger" | "claimId" | "signer">,
): Promise<void> {
  const names = messages
    .flatMap(({ namedFiles }) => namedFiles)
    .filter((name) => parseAttachmentName(name)?.from === signer.id);
  if (names.length > 0) await noteAttachmentsIn(ledger, claimId, names);
}

/** Those that name attachments. */
function releasesIn(
  messages: readonly CheckedMessage[],
): { position: number; release: TransferRelease }[] {
  return messages.flatMap(({ position, verdict }) => {
    if (verdict instanceof PacketboatError || verdict.kind !== "TransferRelease") return [];
    return verdict.body.Attachment ? [{ position, release: verdict.body }] : [];
  });
}

/** Documents that were fetched and proved before, by their sealed names, and what was said of each then. */
type Here = Map<string, Pick<AttachmentInRow, "staged_path" | "said">>;

/** Read once for a packet, however many it names. */
async function documentsHere({ ledger, claimId }: Gathering): Promise<Here> {
  const rows = await attachmentsIn(ledger, claimId);
  return new Map(rows.map((row) => [row.sealed_name, row]));
}

/**
 * @param here to which is added what is fetched
 * @throws PacketboatError ATTACHMENT_ABSENT (wait), BOX_…; ATTACHMENT_DIFFERS, ATTACHMENT_TYPE,
 *   ATTACHMENT_TOO_BIG: the release is refused
 */
async function gather(
  release: TransferRelease,
  here: Here,
  gathering: Gathering,
): Promise<Documents> {
  const documents = new Map<string, string>();
  for (const attachment of release.Attachment ?? []) {
    if (documents.has(attachment.FileName)) {
      throw differs(attachment, "another attachment of this release has the same file name");
    }
    const said = saidOf(attachment);
    const before = here.get(attachment.SealedFileName);
    // What was said of it then is what is said of it now.
    const known = before?.said === said ? before.staged_path : null;
    const path = known && (await exists(known)) ? known : await fetched(attachment, gathering);
    here.set(attachment.SealedFileName, { staged_path: path, said });
    documents.set(attachment.FileName, path);
  }
  return documents;
}

const saidOf = ({ Size, ContentSha256, SealedSize, SealedSha256 }: Attachment): string =>
  [Size, ContentSha256, SealedSize, SealedSha256].join(" ");

async function fetched(attachment: Attachment, gathering: Gathering): Promise<string> {
  const { ledger, staging, claimId, maxBytes } = gathering;
  const size = Number(attachment.Size);
  if (mediaTypeOf(attachment.FileName) !== attachment.MediaType) {
    throw otherKind(attachment, "the ending of its name");
  }
  // A seal adds little to what it holds.
  if (size > maxBytes || Number(attachment.SealedSize) > maxBytes + maxBytes / 8) {
    throw new PacketboatError(
      "ATTACHMENT_TOO_BIG",
      `attachment ${attachment.SealedFileName} has ${size} bytes, sealed ${attachment.SealedSize}: more than ${maxBytes}`,
    );
  }
  const sealed = join(staging, `${newLocalId()}.att.pgp`);
  const opened = join(staging, `${newLocalId()}.document`);
  try {
    await openSealed(
      attachment,
      await fetchedSealed(attachment, sealed, gathering),
      opened,
      gathering,
    );
  } finally {
    await rm(sealed, { force: true });
  }
  const sealedName = attachment.SealedFileName;
  const said = saidOf(attachment);
  await addAttachmentIn(ledger, { claimId, sealedName, stagedPath: opened, said });
  gathering.fetched?.({ sealedName, bytes: size });
  return opened;
}

/** Another file of that name counts as absent: the right one may still come. */
async function fetchedSealed(
  attachment: Attachment,
  to: string,
  { box }: Gathering,
): Promise<SurveyedFile> {
  const { SealedFileName: name, SealedSha256 } = attachment;
  const size = Number(attachment.SealedSize);
  try {
    await box.fetch(name, to, { size, maxBytes: size });
  } catch (cause) {
    const isAbsent = ["BOX_FILE_GONE", "BOX_FILE_CHANGED", "BOX_FILE_TOO_BIG"] as const;
    if (!isAbsent.some((code) => isRefusal(cause, code))) throw cause;
    throw absent(name, cause);
  }
  const sealed = await surveyFile(to);
  if (sealed.sealedSha256 !== SealedSha256) throw absent(name);
  return sealed;
}

async function openSealed(
  attachment: Attachment,
  sealed: SurveyedFile,
  to: string,
  { ourKeys, signer, at }: Gathering,
): Promise<void> {
  const size = Number(attachment.Size);
  try {
    const { bytes, sha256 } = await unsealFile(sealed, to, {
      ourKeys,
      signer: signer.key,
      at,
      maxBytes: size,
    });
    if (bytes !== size || sha256 !== attachment.ContentSha256) {
      throw differs(attachment, "its content is not what the release says");
    }
    if (!(await holds(to, attachment.MediaType))) throw otherKind(attachment, "its content");
  } catch (error) {
    await rm(to, { force: true });
    if (!isRefusal(error) || error.disposition === "retry") throw error;
    if (error.code === "ATTACHMENT_DIFFERS" || error.code === "ATTACHMENT_TYPE") throw error;
    throw differs(attachment, error.message, error);
  }
}

const absent = (name: string, cause?: unknown): PacketboatError =>
  new PacketboatError("ATTACHMENT_ABSENT", `attachment ${name} is not in the box`, { cause });

/** Its name may say whose it is, and is not repeated. */
const otherKind = ({ SealedFileName, MediaType }: Attachment, what: string): PacketboatError =>
  new PacketboatError(
    "ATTACHMENT_TYPE",
    `attachment ${SealedFileName}: ${what} is not of ${MediaType}`,
  );

const differs = ({ SealedFileName }: Attachment, why: string, cause?: unknown): PacketboatError =>
  new PacketboatError("ATTACHMENT_DIFFERS", `attachment ${SealedFileName}: ${why}`, { cause });
