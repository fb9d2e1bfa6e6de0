/**
 * Where hostile inputs are thrown: a home that reads its box, a partner that it trusts, and those who
 * would like to be trusted. By the real clock, for the exchange that is measured is a process of its own.
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { once } from "node:events";
import { newMessageId, newTransferId } from "../../daemon/ids.ts";
import type { Header, MessageKind, TransferRequest } from "../../daemon/packet/model.gen.ts";
import { wireTime } from "../../daemon/transfer/dates.ts";
import { hearOfRevocation, rekey, trust } from "../cards.ts";
import {
  type Letter,
  packetXml,
  receiptsIn,
  sealed,
  signedRequest,
  stranger,
  type Writer,
  writerAt,
} from "../forge.ts";
import {
  boxOf,
  type District,
  drop,
  meet,
  newWorld,
  requestTo,
  withLedger,
  type World,
} from "../homes.ts";
import { inBox, neighbour } from "../scene.ts";
import { requestFrom } from "../transfer/cast.ts";

/** Of a student; it stands wherever a sentence might repeat what a packet says. */
export const NAME = "Quimby";

const DAY_MS = 86_400_000;
/** So long all have known each other. */
const DAYS_BEFORE = 40;

export interface Stage extends AsyncDisposable {
  readonly world: World;
  /** Reads its box. */
  readonly reader: District;
  /** From the partner that it trusts: hostile, or careless, or in somebody else's hands. */
  readonly letter: Letter;
  /** Trusted as well, and of another district. */
  readonly third: Writer;
  /** Trusted until its key expired. */
  readonly expired: Writer;
  /** Trusted until its key was revoked. */
  readonly revoked: Writer;
  /** Whose key nobody has added. */
  readonly nobody: Writer;
  /** What the reader asked of the partner. */
  readonly asked: Pick<TransferRequest, "TransferId" | "RequesterId"> & {
    readonly RespondsTo: string;
  };
  /** Packets that the reader sent to the partner: one with a request, one with a receipt. */
  readonly sent: { readonly request: SentPacket; readonly receipt: SentPacket };
  /** An address that nobody has a reason to call, and who did. */
  readonly bait: { readonly url: string; readonly visits: () => number };
}

export interface SentPacket {
  readonly packetId: string;
  readonly digest: string;
  readonly messages: readonly { readonly sha256: string }[];
}

/** The two homes and all who write to the one. */
export async function newStage(): Promise<Stage> {
  const began = daysFromNow(-DAYS_BEFORE);
  const world = await newWorld(began.toISOString());
  const { valley, prairie: reader, clock } = world;
  const bait = await newBait();
  const third = await neighbour(world, "1900012");
  const old = await neighbour(world, "1900013");
  await rekey(old, { at: began, expires: daysFromNow(-5), keepsOld: false });
  await trust(reader, old, began);
  const lost = await neighbour(world, "1900014");
  await hearOfRevocation(reader, lost);

  clock.set(new Date());
  await drop(reader, "request.xml", await requestTo(valley));
  for (const home of [reader, valley, reader]) await meet(world, home);
  await emptyBoxes(world);
  const [from, to] = [await writerAt(valley), await writerAt(reader)];
  return {
    world,
    reader,
    letter: { from, to, at: new Date() },
    third: await writerAt(third),
    expired: await writerAt(old),
    revoked: await writerAt(lost),
    nobody: await stranger("4808940", began),
    asked: await askedBy(reader),
    sent: {
      request: await sentBy(reader, "SignedRequest"),
      receipt: await sentBy(reader, "Receipt"),
    },
    bait,
    [Symbol.asyncDispose]: async () => {
      await bait[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

/** Somebody who listens, and is called by whoever fetches what a document names. */
async function newBait() {
  let visits = 0;
  const server = createServer((socket) => {
    visits++;
    socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}/${NAME}`,
    visits: () => visits,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

const askedBy = (home: District): Promise<Stage["asked"]> =>
  withLedger(home, async (ledger) => {
    const row = await ledger.selectFrom("transfers").selectAll().executeTakeFirstOrThrow();
    const { transfer_id: TransferId, request_message_id: RespondsTo } = row;
    return { TransferId, RespondsTo, RequesterId: home.id };
  });

const sentBy = (home: District, kind: MessageKind): Promise<SentPacket> =>
  withLedger(home, async (ledger) => {
    const { packet_id } = await ledger
      .selectFrom("messages_out")
      .select("packet_id")
      .where("kind", "=", kind)
      .executeTakeFirstOrThrow();
    const packet = await ledger
      .selectFrom("packets_out")
      .selectAll()
      .where("packet_id", "=", packet_id)
      .executeTakeFirstOrThrow();
    const messages = await ledger
      .selectFrom("messages_out")
      .selectAll()
      .where("packet_id", "=", packet_id)
      .orderBy("position")
      .execute();
    return {
      packetId: packet.packet_id,
      digest: packet.messages_digest,
      messages: messages.map(({ sha256 }) => ({ sha256: sha256 ?? "" })),
    };
  });

/** Each box on the server. */
export const boxIds = ({ folder }: Pick<World, "folder">): Promise<string[]> =>
  readdir(join(folder, "server", "boxes"));

export async function emptyBoxes(world: World): Promise<void> {
  for (const id of await boxIds(world)) {
    const box = boxOf(world, { id: id as District["id"] });
    // Some names are no text.
    for (const name of await readdir(box, "buffer")) {
      await rm(Buffer.concat([Buffer.from(`${box}/`), name]), { recursive: true });
    }
  }
}

/** All that the reader has answered, to whomever. */
export async function receiptsGiven({ world, letter, third, expired, revoked }: Stage) {
  const { valley } = world;
  const receivers = [letter.from, third, expired, revoked];
  const all = receivers.map(async (to) => {
    const names = await inBox(world, { ...valley, id: to.id });
    const packets = names.filter((name) => name.endsWith(".xml.pgp"));
    const files = packets.map((name) => readFile(boxOf(world, to, name)));
    return receiptsIn(await Promise.all(files), { from: letter.to, to, at: new Date() });
  });
  return (await Promise.all(all)).flat();
}

export const daysFromNow = (days: number): Date => new Date(Date.now() + days * DAY_MS);
/** As it stands in a packet. */
export const time = (days: number): string => wireTime(daysFromNow(days));

type Changes = Partial<Omit<Header, "MessagesDigest">>;

/** The text of an honest packet, but for what is changed in its header, and its messages. */
export const textOf = (
  { letter }: Pick<Stage, "letter">,
  changes?: Changes,
  messages?: readonly (Uint8Array | string)[],
): string =>
  Buffer.from(
    packetXml(
      letter,
      changes,
      messages?.map((each) => Buffer.from(each)),
    ),
  ).toString("utf8");

/** An honest packet's text, spoiled in one place; sealed by the partner. */
export const spoiled = (stage: Stage, from: string | RegExp, to: string): Promise<Uint8Array> => {
  const text = textOf(stage);
  const changed = text.replace(from, () => to);
  if (changed === text) throw new Error(`nothing was spoiled: ${String(from)}`);
  return sealed(changed, stage.letter);
};

/** Any text or bytes under the partner's seal. */
export const underSeal = ({ letter }: Stage, content: Uint8Array | string): Promise<Uint8Array> =>
  sealed(content, letter);

/** A packet of these messages under the partner's seal, in an envelope that is right. */
export const carrying = (
  stage: Stage,
  messages: readonly (Uint8Array | string)[],
  changes?: Changes,
): Promise<Uint8Array> => sealed(textOf(stage, changes, messages), stage.letter);

/** A message of any content, with an id of its own. */
export const message = (kind: string, inner: string): string =>
  `<${kind}><MessageId>${newMessageId()}</MessageId>${inner}</${kind}>`;

/** The partner's request to the reader for a student of this name. */
export function requestOf(
  { letter: { from, to } }: Stage,
  {
    Student,
    ...changes
  }: Partial<Omit<TransferRequest, "Student">> & {
    readonly Student?: Partial<TransferRequest["Student"]>;
  } = {},
): TransferRequest {
  return requestFrom({
    MessageId: newMessageId(),
    TransferId: newTransferId(),
    RequesterId: from.id,
    To: to.id,
    RequestingDistrict: { AgencyId: from.id, OrganizationName: "Example Valley Schools" },
    CreatedDateTime: time(0),
    ExpiresDateTime: time(30),
    Student: { ...requestFrom().Student, LastOrSurname: NAME, ...Student },
    ...changes,
  });
}

/** A packet that asks for a student. */
export const asking = async (
  stage: Stage,
  changes?: Parameters<typeof requestOf>[1],
): Promise<Uint8Array> =>
  carrying(stage, [await signedRequest(requestOf(stage, changes), stage.letter)]);
