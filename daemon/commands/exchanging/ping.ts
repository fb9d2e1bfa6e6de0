/** A test packet: it says nothing, and its receipt shows that the way works in both directions. */
import { newMessageId, type AgencyId } from "../../ids.ts";
import type { Ledger } from "../../ledger/connect.ts";
import { addMessage } from "../../ledger/outgoing.ts";
import { clearBackoff } from "../../ledger/runs.ts";
import { lastPing, type Ping } from "../../ledger/standing.ts";
import { writeMessage } from "../../packet/envelope.ts";
import { wireTime } from "../../transfer/dates.ts";

/** `sent`: it lies in the partner's box; `waiting`: it could not be left there yet. */
export type PingStanding = "answered" | "refused" | "sent" | "waiting";

export function standingOf({ message, packet }: Ping): PingStanding {
  if (message.state === "CONFIRMED") return "answered";
  if (message.state === "REFUSED") return "refused";
  return packet?.state === "SENT" ? "sent" : "waiting";
}

/**
 * Have a test packet under way: a new one, unless the last one is still without its receipt. The partner
 * is tried at once, however often it failed before.
 */
export async function ping(ledger: Ledger, to: AgencyId, at: Date): Promise<void> {
  await clearBackoff(ledger, to);
  const last = await lastPing(ledger, to);
  if (last && ["sent", "waiting"].includes(standingOf(last))) return;
  const messageId = newMessageId();
  const bytes = writeMessage("Ping", { MessageId: messageId, PingDateTime: wireTime(at) });
  await ledger.transaction().execute(async (db) => {
    await addMessage(db, {
      messageId,
      to,
      bytes,
      at,
      kind: "Ping",
      transfer: null,
      notBefore: at,
      documents: [],
    });
  });
}
