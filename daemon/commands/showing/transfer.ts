/** Transfers as the registrar's own terminal shows them: with the student's name. */
import type { AnswerDue } from "../../alerts/due.ts";
import type { Config } from "../../config.ts";
import { OFFICE } from "../../config/schools.ts";
import { showReference } from "../../ids.ts";
import { type Districts, districtsOf, type TransferOverview } from "../../ledger/overviews.ts";
import type { TransferRequest } from "../../packet/model.gen.ts";
import { statusWords } from "../../reports/status-words.ts";
import { studentName } from "../../reports/student-lines.ts";

export interface NamedAgency {
  readonly agencyId: string;
  /** `null` if its card is not here any more. */
  readonly name: string | null;
}

/** `Example Prairie Schools`, or its id. */
export const agencyWords = ({ agencyId, name }: NamedAgency): string => name ?? agencyId;

/** Before the entity has named a district, that it is the entity's turn. */
export const releaserWords = ({
  releasingDistrict,
}: {
  readonly releasingDistrict: NamedAgency | null;
}): string => (releasingDistrict ? agencyWords(releasingDistrict) : "none named yet");

const named = ({ id, name }: Districts["requesting"]): NamedAgency => ({
  agencyId: id,
  name,
});

export interface Around {
  /** `null` if it is no longer kept; then the student has no name any more. */
  readonly request: TransferRequest | null;
  /** By when it is to be answered; `null` unless it waits for that. */
  readonly due: AnswerDue | null;
  /** Of the config. */
  readonly dropFolders: Config["dropFolders"];
}

/** What lay in a drop folder that the config has no more is the office's now. */
const knownFolder = (dropFolders: Config["dropFolders"], name: string | null): string =>
  name !== null && Object.hasOwn(dropFolders, name) ? name : OFFICE;

/**
 * For `--json`, and the columns of the list.
 *
 * @param us ourselves
 */
export function transferResult(
  overview: TransferOverview,
  us: NamedAgency,
  { request, due, dropFolders }: Around,
) {
  const dropFolder = knownFolder(dropFolders, overview.dropFolder);
  const { side, state, entity } = overview;
  const { requesting, releasing } = districtsOf(overview, { id: us.agencyId, name: us.name });
  return {
    reference: showReference(overview.reference),
    transferId: overview.transferId,
    requesterId: overview.requesterId,
    student: request && studentName(request.Student),
    side,
    state,
    status: statusWords(state, side).label,
    holdUntil: overview.holdUntil,
    due: due?.due ?? null,
    overdue: due?.isOverdue ?? false,
    requestedAt: overview.requestedAt.toISOString(),
    changedAt: overview.changedAt.toISOString(),
    expiresAt: overview.expiresAt.toISOString(),
    revision: overview.revision,
    school: overview.school,
    dropFolder,
    requestingDistrict: named(requesting),
    releasingDistrict: releasing && named(releasing),
    entity: entity && named(entity),
  };
}
