/** Whether a home is whole: of every message all effects are there with its answer, or none of them. */
import { access, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect } from "vitest";
import { stagedPath } from "../../daemon/desk/staged.ts";
import { verifyAudit } from "../../daemon/ledger/audit.ts";
import type { Ledger } from "../../daemon/ledger/connect.ts";
import { readContent } from "../../daemon/ledger/content.ts";
import type { MessageInRow, PacketInRow, PublicationRow } from "../../daemon/ledger/tables.ts";
import { readMessage } from "../../daemon/packet/envelope.ts";
import type { ReleaseStanding } from "../../daemon/transfer/effects.ts";
import { type District, withLedger } from "../homes.ts";
import { kept } from "../scene.ts";

/** What opens a transfer. */
const ASKING: readonly string[] = ["SignedRequest", "ForwardedRequest"];

/** @throws AssertionError with what is there by half */
export async function expectWhole(home: District): Promise<void> {
  await withLedger(home, async (ledger) => {
    await verifyAudit(ledger);
    const claims = await ledger.selectFrom("packets_in").selectAll().execute();
    const messages = await ledger.selectFrom("messages_in").selectAll().execute();
    const waiting = claims.filter(({ state }) => state === "WAITING");
    expect((await readdir(join(home.folder, "state", "staging"))).toSorted()).toEqual(
      waiting.map((claim) => basename(stagedPath("", claim))).toSorted(),
    );
    const byClaim = Map.groupBy(messages, ({ claim_id: id }) => id);
    for (const claim of claims) {
      expectSettled(claim);
      const own = byClaim.get(claim.claim_id) ?? [];
      if (claim.state === "QUARANTINED") await expectUntouched(home, ledger, claim, own);
      if (claim.state === "RECORDED") await expectAnswered(ledger, claim, own);
    }
    for (const message of messages) await expectEffects(ledger, message);
    await expectCauses(ledger, messages);
  });
}

/** It has its end, or waits, and nothing ended the program meanwhile. */
function expectSettled({ claim_id: id, state, deaths }: PacketInRow): void {
  expect([id, deaths]).toEqual([id, 0]);
  expect(["RECORDED", "QUARANTINED", "WAITING"]).toContain(state);
}

/** Of a packet that was refused there is the file as it came, and nothing else. */
async function expectUntouched(
  home: District,
  ledger: Ledger,
  { claim_id: id }: PacketInRow,
  messages: readonly MessageInRow[],
): Promise<void> {
  expect(messages).toEqual([]);
  const seen = await ledger
    .selectFrom("packets_seen")
    .selectAll()
    .where("claim_id", "=", id)
    .execute();
  expect(seen).toEqual([]);
  expect((await kept(home, id))?.original).toBeInstanceOf(Buffer);
}

/** The receipt says of each message what became of it, once. */
async function expectAnswered(
  ledger: Ledger,
  { claim_id: id }: PacketInRow,
  messages: readonly MessageInRow[],
): Promise<void> {
  const seen = await ledger
    .selectFrom("packets_seen")
    .selectAll()
    .where("claim_id", "=", id)
    .executeTakeFirstOrThrow();
  if (seen.receipt_content_id === null) return;
  const bytes = await readContent(ledger, seen.receipt_content_id);
  const { body } = readMessage({ kind: "Receipt", bytes });
  const answers = "MessageReceipt" in body ? (body.MessageReceipt ?? []) : [];
  const positions = answers.map(({ Position }) => Position);
  expect(new Set(positions).size).toBe(positions.length);
  for (const { position, sha256, state, code } of messages) {
    const answer = answers.find(({ Position }) => Position === String(position));
    if (!answer) continue;
    const said = state === "TAKEN" ? "Confirmation" : "Resubmit";
    expect(answer).toMatchObject({ MessageSha256: sha256, Acknowledgment: said });
    expect(answer.ErrorCode ?? null).toBe(code);
  }
}

/** What was taken has its effect; what was refused is told to IT. */
async function expectEffects(ledger: Ledger, message: MessageInRow): Promise<void> {
  const { kind, state, claim_id: claim, position, message_id: id, transfer_id: transfer } = message;
  if (state === "REFUSED") {
    const subject = `${claim}/${position}`;
    const alerts = ledger.selectFrom("alerts").selectAll().where("subject", "=", subject);
    const codes = (await alerts.execute()).map(({ code }) => code);
    expect([subject, codes]).toEqual([subject, ["MESSAGE_REFUSED"]]);
    return;
  }
  if (!ASKING.includes(kind) && kind !== "TransferRelease") return;
  const query = ledger
    .selectFrom("transfers")
    .selectAll()
    .where("transfer_id", "=", transfer ?? ("" as never));
  const found = await query.executeTakeFirstOrThrow();
  if (kind !== "TransferRelease") return;
  expect(found.releases).toContain(id);
  const shown = ledger.selectFrom("publications").selectAll().where("message_id", "=", id);
  for (const publication of await shown.execute()) await expectShown(publication);
}

async function expectShown({ state, final_path: path }: PublicationRow): Promise<void> {
  expect([path, state]).toEqual([path, "PUBLISHED"]);
  await access(path);
}

/** Nothing is there without the message that it follows from. */
async function expectCauses(ledger: Ledger, messages: readonly MessageInRow[]): Promise<void> {
  const taken = new Set<string>(
    messages.filter(({ state }) => state === "TAKEN").map(({ message_id: id }) => id),
  );
  const transfers = await ledger.selectFrom("transfers").selectAll().execute();
  const publications = await ledger.selectFrom("publications").selectAll().execute();
  for (const publication of publications) {
    await expectShown(publication);
    if (publication.message_id !== null) expect(taken).toContain(publication.message_id);
  }
  const asked = new Set(
    messages
      .filter(({ kind, state }) => ASKING.includes(kind) && state === "TAKEN")
      .map(({ transfer_id: id }) => id),
  );
  for (const { side, transfer_id: id, releases } of transfers) {
    if (side === "releaser") {
      expect(asked).toContain(id);
      expect(publications.map((each) => each.transfer_id)).toContain(id);
    }
    if (side !== "requester") continue;
    for (const { messageId, standing } of JSON.parse(releases) as ReleaseStanding[]) {
      if (standing === "received") expect(taken).toContain(messageId);
    }
  }
}
