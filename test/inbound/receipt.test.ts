/** Our own receipt: what a reason becomes in it, and what is said when it cannot be written. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isRefusal } from "../../daemon/errors.ts";
import { newMessageId, newPacketId, sha256 } from "../../daemon/ids.ts";
import { giveReceipt } from "../../daemon/inbound/receipt.ts";
import { readContent } from "../../daemon/ledger/content.ts";
import { claimFile, findSeen, type Outcome } from "../../daemon/ledger/incoming.ts";
import { digestOf, readMessage } from "../../daemon/packet/envelope.ts";
import { headerOf, type Letter, nameFrom, writerAt } from "../forge.ts";
import { newWorld, withLedger, type World } from "../homes.ts";

const AT = new Date("2024-07-19T14:00:00Z");

let world: World;
let letter: Letter;
beforeAll(async () => {
  world = await newWorld();
  const [from, to] = await Promise.all([writerAt(world.valley), writerAt(world.prairie)]);
  letter = { from, to, at: AT };
});
afterAll(() => world[Symbol.asyncDispose]());

/** What a packet of one message is answered that is refused with this. */
const answeredWith = (refusal: Partial<Outcome>): Promise<string | undefined> =>
  withLedger(world.prairie, async (ledger) => {
    const file = { name: nameFrom(letter.from, world.prairie), size: 1, modifiedAt: AT };
    const { claim_id: claimId } = await claimFile(ledger, file, AT);
    const header = { ...headerOf(letter), MessagesDigest: digestOf([]) };
    const packet = {
      from: letter.from.id,
      header,
      packetId: newPacketId(),
      messagesDigest: header.MessagesDigest,
      messages: [],
    };
    const outcome: Outcome = {
      position: 1,
      kind: "Ping",
      messageId: newMessageId(),
      sha256: sha256(""),
      state: "REFUSED",
      code: "MESSAGE_INVALID",
      reason: "a reason",
      ...refusal,
    };
    await giveReceipt(packet, [outcome], { ledger, claimId, sealedSha256: sha256(""), at: AT });
    const seen = await findSeen(ledger, packet.from, packet.packetId);
    const bytes = await readContent(ledger, seen?.receipt_content_id ?? "");
    const { body } = readMessage({ kind: "Receipt", bytes });
    return "MessageReceipt" in body ? body.MessageReceipt?.[0]?.ErrorText : undefined;
  });

describe("the reason in a receipt", () => {
  it.each([
    ["ends before a blank that is its last character", `${"x".repeat(499)} y`, "x".repeat(499)],
    ["is cut between characters", `${"x".repeat(499)}𠮷y`, `${"x".repeat(499)}𠮷`],
    ["has no half of a character", "half \ud842 of one", "half \ufffd of one"],
    ["is one paragraph without control characters", " a\r\n\tb\u0085c\0d ", "a b c d"],
  ])("%s", async (_what, reason, said) => {
    expect(await answeredWith({ reason })).toBe(said);
  });
});

it("a receipt that cannot be written is a bug of ours, and no refusal of the packet", async () => {
  const failure = answeredWith({ code: "no code" });
  await expect(failure).rejects.toThrow("our own receipt cannot be written");
  await expect(failure.catch((error: unknown) => isRefusal(error))).resolves.toBe(false);
});
