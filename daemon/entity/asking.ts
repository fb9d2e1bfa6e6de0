/** May this request be looked into? The district was proved by its signatures; the rest is judged here. */
import { PacketboatError } from "../errors.ts";
import type { AgencyId } from "../ids.ts";
import type { SignedRequest, TransferRequest } from "../packet/model.gen.ts";
import { checkDirect, isLate } from "../transfer/asked.ts";
import type { Facts } from "../transfer/facts.ts";
import { checkRequest } from "../transfer/rules.ts";
import { notTheirs } from "../transfer/speaker.ts";

/** A SignedRequest, and the request in it, proved to be the sender's. */
export interface Asked {
  readonly message: SignedRequest;
  readonly request: TransferRequest;
}

/** What the entity knows of a district. */
export interface Member {
  readonly id: AgencyId;
  readonly takesPart: boolean;
  /** Usernames of those who may request, from its card. */
  readonly people: readonly string[];
}

export interface EntityFacts extends Facts {
  /** Proved by the seal. */
  readonly from: AgencyId;
}

/**
 * @returns whether a newer version of the request came before: then nothing follows from this one
 * @throws PacketboatError DISTRICT_NOT_PARTICIPATING, USER_NOT_ON_CARD, and what `checkDirect` and the rules
 *   of a request refuse
 */
export function isOvertaken(asked: Asked, member: Member, facts: EntityFacts): boolean {
  const { request } = asked;
  if (!member.takesPart) {
    const sentence = `district ${member.id} does not take part, or not in ${facts.processCode}`;
    throw new PacketboatError("DISTRICT_NOT_PARTICIPATING", sentence);
  }
  checkDirect(asked, facts);
  checkUser(request, member);
  checkRequest(request, facts.at);
  const { transfer } = facts;
  if (transfer && transfer.side !== "entity") throw notTheirs(facts, "a transfer of our own");
  return isLate(request, transfer);
}

/** The district vouches for its people on its card; a name that only a request gives proves nothing. */
function checkUser({ RequestingUser: user }: TransferRequest, { id, people }: Member): void {
  if (people.includes(user.Username)) return;
  const sentence = `the person who asks is not among those who may request on the card of district ${id}`;
  throw new PacketboatError("USER_NOT_ON_CARD", sentence);
}
