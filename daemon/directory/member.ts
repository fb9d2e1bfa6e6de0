/** What is known of an agency: as messages name it, and its people who may ask. */
import type { SftpAddress } from "../config/address.ts";
import { isHostKeyFingerprint } from "../dropbox/sshkeys.ts";
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import { readSigned } from "../keys/signed.ts";
import type { AgencyRow, CardRow } from "../ledger/tables.ts";
import { readDocument } from "../packet/document.ts";
import type { Agency } from "../packet/model.gen.ts";
import { given } from "../transfer/given.ts";
import { type Card, CARD, MOST_BYTES, SIGNED_CARD } from "./card.ts";

/** The agency as a message names it to people. */
export const agencyKnown = (row: AgencyRow): Agency => ({
  AgencyId: row.agency_id,
  ...given({ StateDistrictNumber: row.state_number ?? undefined }),
  OrganizationName: row.name,
  ...given({
    AddressCity: row.city ?? undefined,
    StateAbbreviation: row.state ?? undefined,
    AddressPostalCode: row.zip ?? undefined,
    TelephoneNumber: row.phone ?? undefined,
  }),
});

/**
 * The usernames of those who may request.
 *
 * @param signedCard of the ledger: it was proved when it was taken, and its key may have expired since
 */
export async function usernamesOn(signedCard: string): Promise<string[]> {
  const { Person: people = [] } = await keptCard(signedCard);
  return people.map(({ Username }) => Username);
}

async function keptCard(signedCard: string): Promise<Card> {
  const { CardText } = readDocument(Buffer.from(signedCard), SIGNED_CARD);
  const signed = await readSigned(CardText, { maxBytes: MOST_BYTES });
  return readDocument(signed.unverifiedContent(), CARD);
}

/** The server of another entity, as we log in to it. */
export interface PeersServer {
  /** @param folder absolute path, there */
  readonly address: (folder: string) => SftpAddress;
  /** `SHA256:…`: one, or two while it changes its key. */
  readonly hostKeys: readonly string[];
}

const SSH_PORT = 22;

/**
 * The server that an entity's card names.
 *
 * @param us the entity that logs in there, to an account of its own
 * @throws PacketboatError CARD_UNFIT if it names none that can be logged in to
 */
export function peersServerOn({ Server: server, Agency }: Card, us: AgencyId): PeersServer {
  const url = URL.parse(server?.Address ?? "");
  const host = url?.hostname.replace(/^\[(.*)\]$/, "$1") ?? "";
  const unfit = (why: string): PacketboatError =>
    new PacketboatError("CARD_UNFIT", `the card of ${Agency.AgencyId} ${why}`);
  if (url?.protocol !== "sftp:" || !/^[0-9A-Za-z.:_-]+$/.test(host)) {
    throw unfit("names no server that we could log in to (server.publicAddress there)");
  }
  const hostKeys = server?.HostKey ?? [];
  if (hostKeys.length < 1 || hostKeys.length > 2 || !hostKeys.every(isHostKeyFingerprint)) {
    throw unfit(
      "has to name its server's host key, or two while it changes (server.hostKeys there)",
    );
  }
  const port = Number(url.port || SSH_PORT);
  return {
    address: (folder) => ({ kind: "sftp", user: peerAccount(us), host, port, folder }),
    hostKeys,
  };
}

/** The same of a card that was taken before. */
export const peersServerOf = async (
  { signed_card: card }: CardRow,
  us: AgencyId,
): Promise<PeersServer> => peersServerOn(await keptCard(card), us);

/** The account of another state's entity on a server (PROTOCOL 5). */
export const peerAccount = (id: AgencyId): string => `entity${id}`;
