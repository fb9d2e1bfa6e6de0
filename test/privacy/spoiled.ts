/** Messages, headers and documents in which a student stands in every place, also where a code or an id belongs. */
import { newMessageId } from "../../daemon/ids.ts";
import { signInline } from "../../daemon/keys/seal.ts";
import { writeDocument } from "../../daemon/packet/document.ts";
import { writeMessage } from "../../daemon/packet/envelope.ts";
import { TRANSFER_REQUEST, type MessageKind } from "../../daemon/packet/model.ts";
import { wireTime } from "../../daemon/transfer/dates.ts";
import type { Letter } from "../forge.ts";
import { fixture } from "../homes.ts";
import { recallOf, releaseOf, requestFrom, responseOf } from "../transfer/cast.ts";

/** Leaves with their place in a text: the element, and where its value begins and ends. */
interface Leaf {
  readonly element: string;
  readonly start: number;
  readonly end: number;
}

const leavesIn = (xml: string): Leaf[] =>
  [...xml.matchAll(/<(\w+)>([^<]+)<\/\1>/g)].flatMap(({ 1: element = "", 2: value = "", index }) =>
    value.trim() === ""
      ? []
      : [
          {
            element,
            start: index + element.length + 2,
            end: index + element.length + 2 + value.length,
          },
        ],
  );

/** What a careless export puts in a field of another, in the forms that fields have. */
const STRAYS = [
  "Abrams, Jenna Marie",
  "ABRAMS_JENNA_MARIE",
  "abrams-jenna.transcript.pdf",
  "dana.abrams@mail.example",
  "0004820091173",
  "2009-02-12",
] as const;

/** One element of each name is called by a student. */
const renamed = (xml: string, but: readonly string[]): string[] =>
  [...new Set([...xml.matchAll(/<(\w+)>/g)].map(([, name = ""]) => name))]
    .filter((name) => !but.includes(name))
    .map((name) => xml.replace(`<${name}>`, "<Abrams>").replace(`</${name}>`, "</Abrams>"));

/**
 * The same text over and over, each with another value or element that is a student's.
 *
 * @param isEach every form in every place; otherwise one in each element, in turn
 * @param but elements that stay as they are
 */
export function spoiled(
  xml: string,
  { isEach = false, but = [] }: { isEach?: boolean; but?: readonly string[] } = {},
): string[] {
  const all = leavesIn(xml).filter(({ element }) => !but.includes(element));
  const leaves = isEach ? all : [...new Map(all.map((leaf) => [leaf.element, leaf])).values()];
  const values = leaves.flatMap(({ start, end }, index) => {
    const strays = isEach ? STRAYS : [STRAYS[index % STRAYS.length] ?? STRAYS[0], STRAYS[0]];
    return strays.map((stray) => xml.slice(0, start) + stray + xml.slice(end));
  });
  return [...values, ...renamed(xml, but)];
}

/** A message of each kind, spoiled in each place, each with an id of its own. */
export async function spoiledMessages(letter: Letter): Promise<Uint8Array[]> {
  const record =
    /<StudentRecord>[^]*<\/StudentRecord>/.exec(await fixture("abrams-jenna.record.xml"))?.[0] ??
    "";
  const textOf = <Kind extends MessageKind>(
    ...[kind, body]: Parameters<typeof writeMessage<Kind>>
  ): string => Buffer.from(writeMessage(kind, body)).toString("utf8");
  const ids = {
    MessageId: newMessageId(),
    TransferId: requestFrom().TransferId,
    RequesterId: letter.from.id,
  };
  const plain = [
    textOf("TransferRelease", releaseOf({ ...ids, Comments: "All of it." })).replace(
      /<StudentRecord>[^]*<\/StudentRecord>/,
      record,
    ),
    textOf(
      "TransferResponse",
      responseOf({ ...ids, ResponseStatus: "Hold", ReasonCode: "Other", Comments: "Later." }),
    ),
    textOf("Recall", recallOf([newMessageId()], { ...ids, Comments: "Wrong." })),
    textOf("TransferStatus", {
      ...ids,
      TransferState: "OnHold",
      StatusDateTime: wireTime(letter.at),
    }),
    textOf("Ping", { MessageId: newMessageId(), PingDateTime: wireTime(letter.at) }),
  ].flatMap((xml) => [
    ...spoiled(xml, { but: ["MessageId"] }).map(withOwnId),
    ...spoiled(xml).slice(0, 1),
  ]);
  const asked = Buffer.from(
    writeDocument(
      TRANSFER_REQUEST,
      requestFrom({
        ...ids,
        To: letter.to.id,
        RequestingDistrict: {
          AgencyId: letter.from.id,
          OrganizationName: "Example Valley Schools",
        },
        CreatedDateTime: wireTime(letter.at),
        Comments: "Soon.",
      }),
    ),
  ).toString("utf8");
  const signed = await Promise.all(
    spoiled(asked, { but: ["NameOfInstitution"] }).map(async (document) => {
      const MessageId = /<MessageId>([0-9a-f-]{36})</.exec(document)?.[1] ?? newMessageId();
      const RequestText = await signInline(document, {
        signWith: letter.from.secret,
        at: letter.at,
      });
      return withOwnId(textOf("SignedRequest", { MessageId, RequestText }));
    }),
  );
  return [...plain, ...signed].map((xml) => Buffer.from(xml));
}

const withOwnId = (xml: string): string =>
  xml.replace(/<MessageId>[0-9a-f-]{36}</, `<MessageId>${newMessageId()}<`);
