/**
 * Two districts and the post between them, with the real handlers: effects are carried out in memory, and
 * the test decides which letter or receipt arrives next.
 */
import { isRefusal } from "../../daemon/errors.ts";
import type { AgencyId, MessageId } from "../../daemon/ids.ts";
import type { TransferRequest } from "../../daemon/packet/model.gen.ts";
import type { AlertCode } from "../../daemon/transfer/alert-codes.ts";
import type {
  Effect,
  Outgoing,
  Publish,
  RecordDisclosure,
  Transfer,
} from "../../daemon/transfer/effects.ts";
import type { DecisionFacts, ReceivedFacts } from "../../daemon/transfer/facts.ts";
import * as post from "../../daemon/transfer/post.ts";
import { districtHandlers } from "../../daemon/transfer/receive.ts";
import { ANSWERING, ASKING, attachmentOf, factsOf, NOW } from "./cast.ts";

interface Waiting {
  readonly outgoing: Outgoing;
  readonly to: AgencyId;
  readonly notBefore?: Date;
}

export type Letter =
  | { readonly from: Home; readonly to: Home; readonly outgoing: Outgoing }
  | {
      readonly from: Home;
      readonly to: Home;
      readonly about: Outgoing;
      readonly refusedWith?: string;
    };

/** One side: its row, what it says, what it shows, and what it wants people to know. */
export class Home {
  readonly id: AgencyId;
  readonly name: "requester" | "releaser";
  transfer: Transfer | null = null;
  /** Every state the transfer has stood at. */
  readonly journey: string[] = [];
  readonly published: Publish[] = [];
  readonly disclosures: RecordDisclosure[] = [];
  readonly alerts = new Set<AlertCode>();
  readonly said: Outgoing[] = [];
  waiting: Waiting[] = [];
  private readonly requests = new Map<string, TransferRequest>();

  constructor(name: "requester" | "releaser") {
    this.name = name;
    this.id = name === "requester" ? ASKING : ANSWERING;
  }

  get state(): string {
    return this.transfer?.state ?? "none";
  }

  /** MessageIds of the records that were shown here. */
  get shown(): string[] {
    return this.published.flatMap((each) =>
      each.what === "record" ? [each.release.MessageId] : [],
    );
  }

  facts(at: Date): ReceivedFacts & DecisionFacts {
    const request = this.transfer && this.requests.get(this.transfer.requestMessageId);
    return factsOf(this.name, this.transfer, { request: request ?? null, at });
  }

  learn(request: TransferRequest): void {
    this.requests.set(request.MessageId, request);
  }

  carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) this.one(effect);
  }

  private one(effect: Effect): void {
    switch (effect.effect) {
      case "OpenTransfer":
        if (this.transfer) throw new Error("a transfer was opened twice");
        this.transfer = effect.transfer;
        this.journey.push(effect.transfer.state);
        this.learn(effect.request);
        break;
      case "SetState":
        if (!this.transfer) throw new Error("there is no transfer to change");
        this.transfer = { ...this.transfer, ...effect.changes, state: effect.state };
        this.journey.push(effect.state);
        break;
      case "Send": {
        this.said.push(effect);
        if (effect.kind === "TransferRequest") this.learn(effect.message);
        const { to, notBefore } = effect;
        this.waiting.push({ outgoing: effect, to, ...(notBefore ? { notBefore } : {}) });
        break;
      }
      case "Unsend":
        this.unsend(effect.messageId);
        break;
      case "Publish":
        this.published.push(effect);
        break;
      case "RaiseAlert":
        this.alerts.add(effect.code);
        break;
      case "ResolveAlert":
        this.alerts.delete(effect.code);
        break;
      case "RecordDisclosure":
        this.disclosures.push(effect);
        break;
    }
  }

  private unsend(messageId: MessageId): void {
    const before = this.waiting.length;
    this.waiting = this.waiting.filter(({ outgoing }) => outgoing.message.MessageId !== messageId);
    if (this.waiting.length === before) throw new Error("what has left was taken back");
  }
}

export class TwoHomes {
  readonly requester = new Home("requester");
  readonly releaser = new Home("releaser");
  /** On the wire, in the order in which it left; the test may take any of it. */
  readonly wire: Letter[] = [];
  /** Releases that were kept from leaving at the last look. */
  readonly keptBack: string[] = [];
  at = NOW;

  /** A person decides. Throws as the decision does. */
  decide(home: Home, decision: (facts: DecisionFacts) => Effect[]): void {
    home.carryOut(decision(home.facts(this.at)));
  }

  /** Fix the first message that may leave, in a packet of its own. */
  pack(home: Home): boolean {
    const index = home.waiting.findIndex(({ notBefore }) => !notBefore || notBefore <= this.at);
    const [due] = index < 0 ? [] : home.waiting.splice(index, 1);
    if (!due) return false;
    try {
      home.carryOut(post.sent(due.outgoing, home.facts(this.at)));
    } catch (error) {
      if (!isRefusal(error, "TRANSFER_STATE")) throw error;
      this.keptBack.push(due.outgoing.message.MessageId);
      return true;
    }
    this.wire.push({ from: home, to: this.other(home), outgoing: due.outgoing });
    return true;
  }

  /** Let one letter or receipt arrive: the first, unless another is named. */
  arrive(index = 0): void {
    const [letter] = this.wire.splice(index, 1);
    if (!letter) throw new Error("nothing is on the wire");
    if ("outgoing" in letter) this.take(letter);
    else {
      const { to, about, refusedWith } = letter;
      const facts = to.facts(this.at);
      to.carryOut(
        refusedWith === undefined
          ? post.confirmed(about, facts)
          : post.refused(about, refusedWith, facts),
      );
    }
  }

  private take({ from, to, outgoing }: Extract<Letter, { outgoing: Outgoing }>): void {
    const receipt = { from: to, to: from, about: outgoing };
    try {
      to.carryOut(hear(outgoing, to, this.at));
      this.wire.push(receipt);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.wire.push({ ...receipt, refusedWith: error.code });
    }
  }

  /** Everything that may leave leaves, and everything arrives in order, until nothing moves. */
  settle(): void {
    while (this.pack(this.requester) || this.pack(this.releaser) || this.wire.length > 0) {
      if (this.wire.length > 0) this.arrive();
    }
  }

  hoursPass(hours: number): void {
    this.at = new Date(this.at.getTime() + hours * 3_600_000);
    for (const home of [this.requester, this.releaser]) {
      if (home.transfer) home.carryOut(post.expired(home.facts(this.at)));
      if (home.transfer) home.carryOut(post.holdOver(home.facts(this.at)));
    }
  }

  other(home: Home): Home {
    return home === this.requester ? this.releaser : this.requester;
  }

  get states(): [requester: string, releaser: string] {
    return [this.requester.state, this.releaser.state];
  }
}

/** As opening and checking hand a message to its handler. */
function hear(outgoing: Outgoing, to: Home, at: Date): Effect[] {
  const facts = to.facts(at);
  if (outgoing.kind === "TransferRequest") {
    const { message: request } = outgoing;
    const message = { MessageId: request.MessageId, RequestText: "signed" };
    const effects = districtHandlers.SignedRequest({ message, request }, facts);
    to.learn(request);
    return effects;
  }
  if (outgoing.kind === "TransferRelease") {
    const attachments = outgoing.documents.map(attachmentOf);
    const enclosed = attachments.length > 0 ? { Attachment: attachments } : {};
    return districtHandlers.TransferRelease({ ...outgoing.message, ...enclosed }, facts);
  }
  if (outgoing.kind === "Recall") return districtHandlers.Recall(outgoing.message, facts);
  if (outgoing.kind !== "TransferResponse") throw new Error(`no district says ${outgoing.kind}`);
  return districtHandlers.TransferResponse(outgoing.message, facts);
}
