/** What holds of every signed request, whoever it is addressed to: the district that is asked, or an entity. */
import { PacketboatError } from "../errors.ts";
import type { SignedRequest, TransferRequest } from "../packet/model.gen.ts";
import type { Transfer } from "./effects.ts";
import type { Facts, ReceivedFacts } from "./facts.ts";
import { checkShown, notTheirs } from "./speaker.ts";

/**
 * A request that came from its requester.
 *
 * @throws PacketboatError TRANSFER_NOT_THEIRS, PACKET_MISADDRESSED, INNER_TEXT_INVALID, RULE_BROKEN
 */
export function checkDirect(
  { message, request }: { readonly message: SignedRequest; readonly request: TransferRequest },
  facts: Pick<ReceivedFacts, "from" | "us" | "processCode">,
): void {
  const { RequesterId: requester } = request;
  if (requester !== facts.from) throw notTheirs(facts, `a request of agency ${requester}`);
  checkShown(request.RequestingDistrict, "RequestingDistrict", facts);
  checkAddressee(request, facts.us.AgencyId);
  if (message.MessageId !== request.MessageId) {
    throw new PacketboatError("INNER_TEXT_INVALID", "the request inside has another MessageId");
  }
  checkProcessCode(request, facts);
}

/** @throws PacketboatError PACKET_MISADDRESSED */
export function checkAddressee({ To: addressee }: TransferRequest, meant: string): void {
  if (addressee === meant) return;
  throw new PacketboatError("PACKET_MISADDRESSED", `the request is addressed to ${addressee}`);
}

/** @throws PacketboatError RULE_BROKEN */
export function checkProcessCode(
  { DocumentProcessCode: code }: TransferRequest,
  { processCode }: Pick<Facts, "processCode">,
): void {
  if (code === processCode) return;
  throw new PacketboatError("RULE_BROKEN", `DocumentProcessCode is ${code}, not ${processCode}`);
}

/**
 * Has a newer version of the request come before?
 *
 * @throws PacketboatError RULE_BROKEN if another one has come under the same number
 */
export function isLate({ Revision }: TransferRequest, transfer: Transfer | null): boolean {
  const revision = Number(Revision);
  if (!transfer || revision > transfer.revision) return false;
  if (revision < transfer.revision) return true;
  const sentence = `there is another request of Revision ${revision}; the next one is higher`;
  throw new PacketboatError("RULE_BROKEN", sentence, { facts: { revision } });
}
