/** A crowd in an office's ledger: requests that came in one exchange, each with its alert, its message and its student. */
import { sql } from "kysely";
import { addAgency } from "../../daemon/ledger/agencies.ts";
import { type Office, RUN } from "./office.ts";
import { RELEASING, releasingCard } from "./samples.ts";

export const PER_PACKET = 100;

/** The last of them is urgent, and its message was refused. */
export async function addCrowd(office: Office, size: number): Promise<void> {
  await addAgency(office.ledger, releasingCard);
  const one = await office.transfer({
    requesterId: RELEASING,
    side: "releaser",
    state: "RequestReceived",
    requestedAt: RUN.startedAt,
  });
  await office.ledger.transaction().execute(async (db) => {
    const during =
      "strftime('%Y-%m-%dT%H:%M:%fZ', '2024-07-30T07:00:14.000Z', (n / 1000) || ' seconds')";
    const many = `with recursive crowd (n) as (select 1 union all select n + 1 from crowd where n < ${size})`;
    const id = (kind: string): string => `printf('0190b2aa-0000-7000-${kind}-%012d', n)`;
    const subject = `'${RELEASING}/' || ${id("8000")}`;
    for (const text of [
      // The request of each is a copy of the first one.
      `insert into content ${many} select ${id("8001")}, kind, bytes, ${during} from crowd, content`,
      `insert into transfers (requester_id, transfer_id, reference, side, partner_id, state, revision,
        request_message_id, request_content_id, releases, requested_at, expires_at, version)
        ${many} select '${RELEASING}', ${id("8000")}, printf('%08d', n), side, partner_id, state, 0,
        ${id("8002")}, ${id("8001")}, releases, ${during}, expires_at, 1
        from crowd, transfers where transfer_id = '${one.transferId}'`,
      `insert into transfer_events (requester_id, transfer_id, at, event, state, who)
        select requester_id, transfer_id, requested_at, 'Original', state, 'packetboat' from transfers`,
      `insert into alerts (alert_id, code, subject, requester_id, transfer_id, agency_id, facts, raised_at,
        last_raised_at, times)
        ${many} select printf('%06d', n), 'REQUEST_TO_RELEASE', ${subject}, '${RELEASING}', ${id("8000")},
        '${RELEASING}', case n when ${size} then '{"expediteReason":"FosterCare"}' else '{}' end,
        ${during}, ${during}, 1 from crowd`,
      `insert into packets_in (claim_id, file_name, size, modified_at, state, claimed_at, deaths, from_agency,
        sequence, removed_from_box)
        ${many} select ${id("8003")}, n || '.xml.pgp', 1000, ${during}, 'RECORDED', '${RUN.startedAt.toISOString()}',
        0, '${RELEASING}', n, 1 from crowd where n <= ${size / PER_PACKET}`,
      `insert into messages_in (from_agency, message_id, claim_id, position, kind, sha256, state, requester_id,
        transfer_id, recorded_at)
        ${many} select '${RELEASING}', ${id("8002")},
        printf('0190b2aa-0000-7000-8003-%012d', (n - 1) / ${PER_PACKET} + 1), (n - 1) % ${PER_PACKET} + 1,
        'TransferRequest', 'none', iif(n = ${size}, 'REFUSED', 'TAKEN'), '${RELEASING}', ${id("8000")},
        ${during} from crowd`,
      `insert into disclosures (disclosure_id, requester_id, transfer_id, at, what, party_id, party_name, interest,
        purpose, sections, who, authentication)
        ${many} select ${id("8004")}, '${RELEASING}', ${id("8000")}, ${during}, 'request', '${RELEASING}', 'Cedar Flats',
        'The student has enrolled.', 'R01', '', 'cflats', 'SourceSystem' from crowd`,
    ]) {
      await sql.raw(text).execute(db);
    }
  });
}
