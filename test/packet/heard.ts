import { isRefusal } from "../../daemon/errors.ts";
import type { PacketMessage } from "../../daemon/packet/envelope.ts";
import type { Message } from "../../daemon/packet/model.ts";

/** What a message in a packet says. @throws PacketboatError why it alone is refused */
export function heard({ verdict }: PacketMessage): Message {
  if (isRefusal(verdict)) throw verdict;
  return verdict;
}
