/**
 * How much of each sender's refused packets is kept. In the box they are within the quota of its account; at home
 * nothing would bound what a sender has us keep, who leaves rubbish again and again (TRUST B41).
 */
import { readdir } from "node:fs/promises";
import { diskRefusal } from "../disk.ts";
import type { Ledger } from "../ledger/connect.ts";
import { claimsNamed } from "../ledger/quarantine.ts";
import type { PacketInRow } from "../ledger/tables.ts";
import { count, senderOf, type ShareLimits, type Shares } from "../packet/shares.ts";

/** Of one exchange: what lies in the quarantine is looked at once. */
export class QuarantineRoom {
  readonly #ledger: Ledger;
  readonly #quarantine: string;
  readonly #most: ShareLimits;
  #kept: Promise<{ readonly shares: Shares; readonly ids: Set<string> }> | null = null;

  /** @param most of one sender */
  constructor(ledger: Ledger, quarantine: string, most: ShareLimits) {
    this.#ledger = ledger;
    this.#quarantine = quarantine;
    this.#most = most;
  }

  /**
   * May this one be kept as well? If so, it counts from now on.
   *
   * @throws PacketboatError DISK_…
   */
  async isLeftFor(claimed: PacketInRow): Promise<boolean> {
    this.#kept ??= this.#look();
    const { shares, ids } = await this.#kept;
    if (ids.has(claimed.claim_id)) return true;
    const left = leftBy(claimed);
    const sender = senderOf(left);
    const { files, bytes } = (sender !== null && shares.get(sender)) || { files: 0, bytes: 0 };
    if (files >= this.#most.files || bytes + left.size > this.#most.bytes) return false;
    ids.add(claimed.claim_id);
    count(shares, left);
    return true;
  }

  async #look() {
    const names = await readdir(this.#quarantine).catch((error: unknown) => {
      throw diskRefusal(error, this.#quarantine);
    });
    const shares: Shares = new Map();
    const ids = new Set<string>();
    for (const { claim } of await claimsNamed(this.#ledger, names)) {
      if (claim.sealed_sha256 === null) continue;
      ids.add(claim.claim_id);
      count(shares, leftBy(claim));
    }
    return { shares, ids };
  }
}

const leftBy = ({ file_name: name, size, owner }: PacketInRow) => ({
  name,
  size,
  ...(owner === null ? {} : { owner }),
});
