/**
 * Did a packet's signer leave it, or somebody else who has its key? On a server each agency's box belongs to its
 * account, and a file to the account that left it (PROTOCOL 4, step 5, and 5).
 */
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import type { Partner } from "./partners.ts";

/** Of the server's administrator, who may lay anything anywhere in anybody's name. */
const ROOT = 0;

/** The accounts of one server, each asked for once. */
export class Accounts {
  readonly #us: AgencyId;
  readonly #ownerOfBox: (id: AgencyId) => Promise<number | null>;
  readonly #owners = new Map<AgencyId, Promise<number | null>>();

  /** @param ownerOfBox numeric id of the account that an agency's box belongs to; `null` if that is not known */
  constructor(us: AgencyId, ownerOfBox: (id: AgencyId) => Promise<number | null>) {
    this.#us = us;
    this.#ownerOfBox = ownerOfBox;
  }

  /**
   * Nothing is known of the accounts where all boxes belong to one, as on a share, or of an agency that has no box
   * of its own here: what it sends is brought by its entity.
   *
   * @param owner numeric id of the account that left the file; `null` if that is not known
   * @throws PacketboatError PACKET_OWNER_DIFFERS; BOX_… if the line failed
   */
  async assertLeftBy(signer: Pick<Partner, "id" | "box">, owner: number | null): Promise<void> {
    const { id, box } = signer;
    if (owner === null || owner === ROOT || box !== id) return;
    const account = await this.#of(id);
    if (account === null || account === ROOT || account === owner) return;
    if (account === (await this.#of(this.#us))) return;
    throw new PacketboatError(
      "PACKET_OWNER_DIFFERS",
      `account ${owner} left it, and the account of agency ${id}, which signed it, is ${account}`,
      { facts: { account: owner } },
    );
  }

  #of(id: AgencyId): Promise<number | null> {
    const known = this.#owners.get(id);
    if (known) return known;
    const asking = this.#ownerOfBox(id);
    this.#owners.set(id, asking);
    asking.catch(() => this.#owners.delete(id));
    return asking;
  }
}
