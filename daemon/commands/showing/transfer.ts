/** Transfers as the registrar's own terminal shows them: with the student's name. */
import type { AnswerDue } from "../../alerts/due.ts";
import type { Config } from "../../config.ts";
import { OFFICE } from "../../config/schools.ts";
import { type AgencyId, showReference } from "../../ids.ts";
import type { NamedAgency as OverviewAgency, TransferOverview } from "../../ledger/overviews.ts";
import type { TransferRequest } from "../../packet/model.gen.ts";
import { partiesOf } from "../../reports/parties.ts";
import { statusWords } from "../../reports/status-words.ts";
import { studentName } from "../../reports/student-lines.ts";

export interface NamedAgency {
  readonly agencyId: AgencyId;
  /** `null` if its card is not here any more. */
  readonly name: string | null;
}

/** `Example Prairie Schools`, or its id; `not known` where the entity looks for it still, or found none. */
export const agencyWords = (agency: NamedAgency | null): string =>
  agency === null ? "not known" : (agency.name ?? agency.agencyId);

const namedOf = ({ id, name }: OverviewAgency): NamedAgency => ({ agencyId: id, name });

/** Before the entity has named a district, that it is the entity's turn. */
export const releaserWords = ({
  releasingDistrict,
}: {
  readonly releasingDistrict: NamedAgency | null;
}): string => (releasingDistrict ? agencyWords(releasingDistrict) : "none named yet");

export interface Around {
  /** `null` if it is no longer kept, and at an entity, whose lists name nobody. */
  readonly request: TransferRequest | null;
  /** By when it is to be answered; `null` unless it waits for that. */
  readonly due: AnswerDue | null;
  /** Of the config. */
  readonly dropFolders: Config["dropFolders"];
}

/** What lay in a drop folder that the config has no more is the office's now; an entity has none. */
function knownFolder(dropFolders: Config["dropFolders"], name: string | null): string | null {
  const place = name !== null && Object.hasOwn(dropFolders, name) ? name : OFFICE;
  return Object.hasOwn(dropFolders, place) ? place : null;
}

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
  const { side, state, entity, isOnPaper: onPaper } = overview;
  const { requesting, releasing } = partiesOf(overview, { id: us.agencyId, name: us.name });
  return {
    reference: showReference(overview.reference),
    transferId: overview.transferId,
    requesterId: overview.requesterId,
    student: request && studentName(request.Student),
    side,
    state,
    status: statusWords(state, side).label,
    onPaper,
    holdUntil: overview.holdUntil,
    due: due?.due ?? null,
    overdue: due?.isOverdue ?? false,
    requestedAt: overview.requestedAt.toISOString(),
    changedAt: overview.changedAt.toISOString(),
    expiresAt: overview.expiresAt.toISOString(),
    revision: overview.revision,
    school: overview.school,
    dropFolder,
    requestingDistrict: namedOf(requesting),
    releasingDistrict: releasing && namedOf(releasing),
    entity: entity && namedOf(entity),
  };
}
