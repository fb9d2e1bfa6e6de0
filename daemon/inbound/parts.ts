/** The parts that the daemon builds for the way in, and what each step takes of them. */
import type { Accounts } from "../directory/accounts.ts";
import type { Partners, Partner, Signed } from "../directory/partners.ts";
import type { Desk } from "../desk/enact.ts";
import type { Hear } from "../desk/hearing.ts";
import type { QuarantineRoom } from "../desk/quarantine-room.ts";
import { stagedPath } from "../desk/staged.ts";
import type { DropBox } from "../dropbox/contract.ts";
import type { Sha256 } from "../ids.ts";
import type { OurKeys } from "../keys/keyring.ts";
import type { PacketInRow } from "../ledger/tables.ts";
import type { Log } from "../log.ts";
import type { MessageKind } from "../packet/model.gen.ts";
import type { ShareLimits } from "../packet/shares.ts";
import type { Step } from "../steps.ts";

export interface Inbound {
  readonly desk: Desk;
  readonly box: DropBox;
  /** Connect anew, if the line was lost. */
  readonly mend: () => Promise<void>;
  readonly ourKeys: OurKeys;
  readonly partners: Partners;
  /** Of the server on which the box is. */
  readonly accounts: Accounts;
  /** The rules of a district, or of an entity. */
  readonly hear: Hear;
  /** Kinds of messages that are refused here, and of which nothing is kept: an entity holds no record. */
  readonly untaken: readonly MessageKind[];
  readonly staging: string;
  readonly quarantine: string;
  readonly room: QuarantineRoom;
  readonly limits: {
    readonly packetBytes: number;
    readonly attachmentBytes: number;
    /** In one exchange. */
    readonly packets: number;
    /** What one sender may have waiting. */
    readonly perSender: ShareLimits;
  };
  readonly now: () => Date;
  readonly log: Log<Step>;
}

// What each step takes of them.

export const collecting = ({ desk, box, staging, limits, now }: Inbound) => ({
  ledger: desk.ledger,
  box,
  staging,
  at: now(),
  maxBytes: limits.packetBytes + limits.packetBytes / 8,
  mostPackets: limits.packets,
  perSender: limits.perSender,
});

export const opening = (
  { ourKeys, partners, limits, now }: Inbound,
  { file_name: fileName }: PacketInRow,
) => ({
  ourKeys: ourKeys.all,
  signerOf: (signed: Signed) => partners.signerOf(signed, fileName),
  maxBytes: limits.packetBytes,
  at: now(),
});

export const checking = ({ desk, ourKeys, partners, untaken, limits, now }: Inbound) => ({
  us: desk.us.AgencyId,
  ourFingerprints: ourKeys.all.map(({ publicKey }) => publicKey.fingerprint),
  processCode: desk.processCode,
  maxBytes: limits.packetBytes,
  keysOf: partners.keysOf.bind(partners),
  untaken,
  at: now(),
});

export const gathering = (
  { desk, box, staging, ourKeys, limits, now }: Inbound,
  claimed: PacketInRow,
  signer: Partner,
) => ({
  ledger: desk.ledger,
  box,
  staging,
  at: now(),
  ourKeys: ourKeys.all,
  signer,
  claimId: claimed.claim_id,
  maxBytes: limits.attachmentBytes,
});

export const receiptingOf = (
  { desk, now }: Inbound,
  claimed: PacketInRow,
  sealedSha256: Sha256,
) => ({
  ledger: desk.ledger,
  claimId: claimed.claim_id,
  sealedSha256,
  at: now(),
});

export const quarantining = (
  { desk, quarantine: folder, room, staging, now }: Inbound,
  claimed: PacketInRow,
) => ({
  ledger: desk.ledger,
  quarantine: folder,
  room,
  staged: stagedPath(staging, claimed),
  at: now(),
});

export const sweeping = ({ desk, box, quarantine }: Inbound) => ({
  ledger: desk.ledger,
  box,
  quarantine,
});

export const clearing = ({ desk, box, staging, now }: Inbound) => ({
  ledger: desk.ledger,
  box,
  staging,
  at: now(),
});
