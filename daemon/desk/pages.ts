/** The pages in case folders and record folders, with what this home knows of the other agency. */
import { basename } from "node:path";
import type { Config } from "../config.ts";
import { plainDate } from "../alerts/when.ts";
import { PacketboatError } from "../errors.ts";
import { showReference, type AgencyId } from "../ids.ts";
import { findAgency, knownOrListed } from "../ledger/agencies.ts";
import { listedOf } from "../ledger/listed-districts.ts";
import type { Ledger } from "../ledger/connect.ts";
import { earlierRecords } from "../ledger/publications.ts";
import type { AgencyRow } from "../ledger/tables.ts";
import { keptReferral } from "../directory/referrals.ts";
import type { Attachment } from "../packet/model.gen.ts";
import type { Transfer } from "../transfer/effects.ts";
import { heardOverlap } from "../transfer/known-overlap.ts";
import type { Overlap } from "../transfer/overlap.ts";
import { type Addressee, letterPage } from "../reports/letter-page.ts";
import { recordPage } from "../reports/record-page.ts";
import { requestPage } from "../reports/request-page.ts";
import { calendarOf } from "../config/calendar.ts";
import { answerDue } from "../transfer/deadlines.ts";
import { savedName, type CasePages } from "./cases.ts";
import { lines } from "./plain-lines.ts";
import { recallNotice } from "./recall-notice.ts";

export interface Paging {
  readonly config: Config;
  readonly ledger: Ledger;
  readonly now: () => Date;
}

export function agencyPages({ config, ledger, now }: Paging): CasePages {
  const { timeZone, name: agencyName } = config.agency;
  const common = async (partnerId: AgencyId) => ({
    card: await cardOf(ledger, partnerId),
    receivedAt: now(),
    agencyName,
    timeZone,
  });
  return {
    request: async (
      { request, isFlagged, verification },
      { reference, partnerId, entityId, requestedAt },
    ) =>
      requestPage({
        ...(await common(partnerId)),
        reference,
        request,
        isFlagged,
        verified:
          verification && entityId
            ? { verification, entityName: (await cardOf(ledger, entityId)).name }
            : null,
        answerBy: answerDue(
          plainDate(requestedAt, timeZone),
          calendarOf(config),
          request.ExpediteReason,
        ),
      }),
    record: async (release, request, transfer) =>
      recordPage({
        ...(await common(transfer.partnerId)),
        reference: transfer.reference,
        before: (await earlierRecords(ledger, transfer)).map(({ path, told }) => ({
          folder: basename(path),
          told,
        })),
        release,
        request,
        registryOverlap: await registryOverlap(ledger, transfer),
        attachments: (release.Attachment ?? []).map(shownAttachment),
      }),
    letter: async (request, { reference, partnerId, requestedAt }) =>
      letterPage({
        reference,
        request,
        to: await addresseeOf(ledger, partnerId),
        ourStreet: config.agency.street ?? null,
        writtenAt: now(),
        answerBy: answerDue(
          plainDate(requestedAt, timeZone),
          calendarOf(config),
          request.ExpediteReason,
        ),
        timeZone,
      }),
    closed: (state, { reference }) =>
      lines(
        `Request ${showReference(reference)}: ${CLOSED_WORDS[state]}`,
        "Nothing is to be done any more. This folder may be deleted.",
      ),
    recalled: async (recall, { reference, partnerId }) =>
      recallNotice(recall, reference, await cardOf(ledger, partnerId)),
  };
}

/** Where a district gets its post. The list of districts knows the street, and what belongs to it. */
async function addresseeOf(ledger: Ledger, id: AgencyId): Promise<Addressee> {
  const { name, city, state, zip } = await knownOrListed(ledger, id);
  const [listed] = await listedOf(ledger, [id]);
  if (!listed?.street) return { name, street: null, city, state, zip };
  return { name, street: listed.street, city: listed.city, state: listed.state, zip: listed.zip };
}

/** As the entity told it with its referral; `null` if it told nothing, or there was none. */
async function registryOverlap(ledger: Ledger, transfer: Transfer): Promise<Overlap | null> {
  if (transfer.entityId === null) return null;
  const referral = await keptReferral(ledger, transfer);
  return referral?.Releaser ? heardOverlap(referral.Overlap) : null;
}

const CLOSED_WORDS = {
  Canceled: "the district that asked no longer does.",
  Expired: "its time is over, and nobody answered it.",
} as const;

const shownAttachment = ({ FileName: fileName, Size }: Attachment, index: number) => ({
  fileName,
  size: Number(Size),
  savedAs: savedName(index, fileName),
});

async function cardOf(ledger: Ledger, id: AgencyId): Promise<AgencyRow> {
  const card = await findAgency(ledger, id);
  if (card) return card;
  throw new PacketboatError("PARTNER_UNKNOWN", `no card of agency ${id} is here`);
}
