/** What is good by itself and false here: replays, conflicts, receipts and releases that nobody is owed. */
import { newMessageId, newPacketId, newStreamId, newTransferId } from "../../../daemon/ids.ts";
import { writeMessage } from "../../../daemon/packet/envelope.ts";
import type { Receipt, Referral } from "../../../daemon/packet/model.gen.ts";
import { wireTime } from "../../../daemon/transfer/dates.ts";
import {
  packetXml,
  ping,
  receiptFor as honestReceipt,
  sealed,
  signedReferral,
  signedRequest,
  type Letter,
} from "../../forge.ts";
import { recallOf, releaseOf, responseOf } from "../../transfer/cast.ts";
import { answered, type Codes, inPart, type Input, type Kind, type Row, taken } from "../kind.ts";
import {
  carrying,
  daysFromNow,
  NAME,
  requestOf,
  type SentPacket,
  type Stage,
  time,
} from "../stage.ts";

const pingOf = ({ letter }: Stage, messageId?: string): Uint8Array => ping(letter.at, messageId);

/** Ids that are none: each message is refused by its place, and its neighbours are taken and answered. */
const nameless = (what: string, id: string): Input =>
  inPart(
    "B32",
    `a message whose id is ${what}, between two good ones`,
    ["MESSAGE_INVALID"],
    (stage) =>
      carrying(stage, [
        pingOf(stage),
        `<Ping><MessageId>${id}</MessageId><PingDateTime>${time(0)}</PingDateTime></Ping>`,
        pingOf(stage),
      ]),
  );

export const replays: Kind = {
  name: "replays, conflicts, numbers",
  inputs: [
    {
      row: "B31",
      what: "a packet that came before, byte for byte,",
      fate: { becomes: "taken before" },
      make: async (stage) => {
        const file = await carrying(stage, [pingOf(stage)]);
        return { before: [file], file };
      },
    },
    answered(
      "B31",
      "an old packet that comes again when its time is over",
      "PACKET_EXPIRED",
      (stage) => {
        const old = { CreatedDateTime: time(-38), ExpiresDateTime: time(-2) };
        const then = { ...stage.letter, at: daysFromNow(-38) };
        return sealed(packetXml(stage.letter, old), then);
      },
    ),
    taken("B31", "a packet long before those that it should follow", (stage) =>
      carrying(stage, [pingOf(stage)], { Sequence: "9000", Stream: newStreamId() }),
    ),
    taken(
      "B31",
      "a packet under the number of another",
      async (stage) => {
        const number = { Sequence: "7", Stream: newStreamId() };
        return {
          before: [await carrying(stage, [pingOf(stage)], number)],
          file: await carrying(stage, [pingOf(stage)], number),
        };
      },
      { alert: "SEQUENCE_REPEATED" },
    ),
    answered(
      "B32",
      "another packet under the id of one that was taken",
      "PACKET_CONFLICT",
      async (stage) => {
        const PacketId = newPacketId();
        return {
          before: [await carrying(stage, [pingOf(stage)], { PacketId })],
          file: await carrying(stage, [pingOf(stage)], { PacketId }),
        };
      },
    ),
    inPart(
      "B32",
      "another message under the id of one that was taken",
      ["MESSAGE_CONFLICT"],
      async (stage) => {
        const id = newMessageId();
        return {
          before: [await carrying(stage, [pingOf(stage, id)])],
          file: await carrying(stage, [ping(daysFromNow(-1), id)]),
        };
      },
    ),
    inPart("B32", "a packet with two messages of one id", ["MESSAGE_CONFLICT"], (stage) => {
      const id = newMessageId();
      return carrying(stage, [pingOf(stage, id), ping(daysFromNow(-1), id)]);
    }),
    inPart(
      "B32",
      "a message that was refused, mended under its id",
      ["MESSAGE_CONFLICT"],
      async (stage) => {
        const id = newMessageId();
        const wrong = `<Ping><MessageId>${id}</MessageId><A>${NAME}</A></Ping>`;
        return {
          before: [await carrying(stage, [wrong])],
          file: await carrying(stage, [pingOf(stage, id)]),
        };
      },
    ),
    nameless("of another version", "0190c9a0-0000-4000-8000-000000000000"),
    nameless("of another variant", "0190c9a0-0000-7000-c000-000000000000"),
    nameless("all hyphens", "-".repeat(36)),
    nameless("in capitals", "0190C9A0-0000-7000-8000-00000000000A"),
    nameless("too short", "0190c9a0-0000-7000-8000-00000000000"),
  ],
};

/** As an honest reader would give it, but for these. */
const receiptFor = (
  { packetId, digest, messages }: SentPacket,
  changes: Partial<Receipt> = {},
): Uint8Array =>
  writeMessage(
    "Receipt",
    honestReceipt(
      { packet_id: packetId, messages_digest: digest, sealed_sha256: null },
      daysFromNow(0),
      {
        MessageReceipt: messages.map(({ sha256: each }, at) => ({
          Position: String(at + 1),
          MessageSha256: each,
          Acknowledgment: "Resubmit",
          ErrorCode: "RULE_BROKEN",
        })),
        ...changes,
      },
    ),
  );

/** An answer is never answered, and a false one not believed. */
const falseReceipt = (
  row: Row,
  what: string,
  make: (stage: Stage) => Uint8Array,
  by: (stage: Stage) => Partial<Letter> = () => ({}),
): Input => ({
  row,
  what,
  fate: { becomes: "refused in part", codes: ["RECEIPT_INVALID"], isAnswered: false },
  make: (stage) => {
    const letter = { ...stage.letter, ...by(stage) };
    return sealed(packetXml(letter, {}, [make(stage)]), letter);
  },
});

export const receipts: Kind = {
  name: "receipts that nobody is owed",
  inputs: [
    falseReceipt("B33", "a receipt for a packet that was never sent", ({ sent }) =>
      receiptFor(sent.request, { PacketId: newPacketId() }),
    ),
    falseReceipt("B33", "a receipt for other messages than were sent", ({ sent }) =>
      receiptFor(sent.request, { MessagesDigest: "1".repeat(64) }),
    ),
    falseReceipt("B33", "a receipt for another message in the same place", ({ sent }) =>
      receiptFor(sent.request, {
        MessageReceipt: [
          { Position: "1", MessageSha256: "2".repeat(64), Acknowledgment: "Resubmit" },
        ],
      }),
    ),
    falseReceipt("B33", "a receipt that leaves out the message", ({ sent }) =>
      receiptFor(sent.request, {
        MessageReceipt: [
          { Position: "9", MessageSha256: "2".repeat(64), Acknowledgment: "Confirmation" },
        ],
      }),
    ),
    falseReceipt(
      "B33",
      "a receipt from another partner than the packet was sent to",
      ({ sent }) => receiptFor(sent.request),
      ({ third }) => ({ from: third }),
    ),
    {
      row: "B34",
      what: "a receipt for a receipt",
      fate: { becomes: "taken", isAnswered: false },
      make: (stage) => carrying(stage, [receiptFor(stage.sent.receipt)]),
    },
    {
      row: "B34",
      what: "a receipt in an envelope that is wrong",
      fate: { becomes: "refused", code: "PACKET_EXPIRED", isAnswered: false },
      make: (stage) =>
        carrying(stage, [receiptFor(stage.sent.receipt)], { ExpiresDateTime: time(-1) }),
    },
  ],
};

const valley = { OrganizationName: "Example Valley Schools" };

/** A release about what was asked, but for these. */
const releasing = (stage: Stage, changes: Parameters<typeof releaseOf>[0] = {}): Uint8Array => {
  const { from } = stage.letter;
  return writeMessage(
    "TransferRelease",
    releaseOf({
      MessageId: newMessageId(),
      ...stage.asked,
      ReleasingDistrict: { ...valley, AgencyId: from.id },
      ReleaseDateTime: time(0),
      Comments: NAME,
      ...changes,
    }),
  );
};

const untrue = (
  row: Row,
  what: string,
  code: Codes,
  make: (stage: Stage) => Uint8Array | Promise<Uint8Array>,
  by: (stage: Stage) => Partial<Letter> = () => ({}),
): Input =>
  inPart(row, what, [code], async (stage) => {
    const letter = { ...stage.letter, ...by(stage) };
    return sealed(packetXml(letter, {}, [await make(stage)]), letter);
  });

/** As an entity would sign it. */
const referralBy = (stage: Stage, releaser: string): Promise<string> => {
  const { from, to, at } = stage.letter;
  const referral: Referral = {
    MessageId: newMessageId(),
    TransferId: newTransferId(),
    RequesterId: from.id,
    RequestSha256: "0".repeat(64),
    EntityId: from.id,
    ReleaserId: releaser,
    DocumentProcessCode: "TEST",
    IssuedDateTime: wireTime(at),
    ExpiresDateTime: time(1),
  };
  return signedReferral(referral, { from: { ...from, id: to.id }, at });
};

/** In one packet (PROTOCOL 3). */
const MOST_MESSAGES = 1000;

export const falsehoods: Kind = {
  name: "messages that nobody may send",
  inputs: [
    untrue("B35", "a release that nobody asked for", "TRANSFER_UNKNOWN", (stage) =>
      releasing(stage, { TransferId: newTransferId() }),
    ),
    untrue(
      "B35",
      "a release of another district's transfer",
      ["TRANSFER_NOT_THEIRS", "TRANSFER_UNKNOWN"],
      (stage) => releasing(stage, { RequesterId: stage.third.id }),
    ),
    untrue(
      "B35",
      "a release by a partner who was not asked",
      "TRANSFER_NOT_THEIRS",
      (stage) => releasing(stage, { ReleasingDistrict: { ...valley, AgencyId: stage.third.id } }),
      ({ third }) => ({ from: third }),
    ),
    untrue(
      "B35",
      "a release in the name of another district",
      ["RULE_BROKEN", "TRANSFER_NOT_THEIRS"],
      (stage) => releasing(stage, { ReleasingDistrict: { ...valley, AgencyId: stage.third.id } }),
    ),
    untrue("B35", "an answer to a request that was never made", "TRANSFER_UNKNOWN", ({ asked }) =>
      writeMessage(
        "TransferResponse",
        responseOf({
          ...asked,
          MessageId: newMessageId(),
          ResponseDateTime: time(0),
          TransferId: newTransferId(),
          Comments: NAME,
        }),
      ),
    ),
    untrue(
      "B36",
      "a request that another partner signed",
      ["INNER_TEXT_INVALID", "INNER_KEY_MISSING"],
      (stage) => signedRequest(requestOf(stage), { ...stage.letter, from: stage.third }),
    ),
    untrue(
      "B36",
      "another partner's request, passed on by one who is no entity",
      ["INNER_TEXT_INVALID", "TRANSFER_NOT_THEIRS"],
      (stage) => {
        const { third, letter } = stage;
        const theirs = requestOf(stage, {
          RequesterId: third.id,
          RequestingDistrict: { AgencyId: third.id, OrganizationName: "Example Corners" },
        });
        return signedRequest(theirs, { ...letter, from: third });
      },
    ),
    untrue(
      "B36",
      "a request that is addressed to another district",
      "PACKET_MISADDRESSED",
      (stage) => signedRequest(requestOf(stage, { To: stage.third.id }), stage.letter),
    ),
    untrue("B36", "the word of an entity that is none", "TRANSFER_NOT_THEIRS", async (stage) =>
      writeMessage("SignedReferral", {
        MessageId: newMessageId(),
        ReferralText: await referralBy(stage, stage.letter.to.id),
      }),
    ),
  ],
  heavy: [
    inPart(
      "B36",
      "as many requests as a packet holds, all of them signed by another partner,",
      Array.from({ length: MOST_MESSAGES }, () => "INNER_TEXT_INVALID" as const),
      async (stage) => {
        const { letter, third } = stage;
        const one = await signedRequest(requestOf(stage), { ...letter, from: third });
        const id = /<MessageId>[^<]*/;
        const messages = Array.from({ length: MOST_MESSAGES }, () =>
          Buffer.from(Buffer.from(one).toString().replace(id, `<MessageId>${newMessageId()}`)),
        );
        return sealed(packetXml(letter, {}, messages), letter);
      },
    ),
  ],
};

/** As many as one recall can name: the first fills the list of what a transfer may have. */
const IDS_EACH = 100;
const RECALLS = 100;

/** Last, for what they speak of is full afterwards. */
export const endless: Kind = {
  name: "messages of one transfer without end",
  inputs: [],
  heavy: [
    inPart(
      "B35",
      "a hundred recalls of a hundred records each, none of which was ever sent,",
      Array.from({ length: RECALLS - 1 }, () => "TRANSFER_STATE" as const),
      (stage) => {
        const recalls = Array.from({ length: RECALLS }, () => {
          const { RespondsTo: _, ...about } = stage.asked;
          const ids = Array.from({ length: IDS_EACH }, newMessageId);
          const own = { MessageId: newMessageId(), RecallDateTime: time(0) };
          return writeMessage("Recall", recallOf(ids, { ...about, ...own }));
        });
        return sealed(packetXml(stage.letter, {}, recalls), stage.letter);
      },
    ),
  ],
};
