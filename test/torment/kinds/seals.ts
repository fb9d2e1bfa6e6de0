/** What lies in the box instead of a packet, and seals that hold something else than one signed packet. */
import { deflateSync } from "node:zlib";
import * as openpgp from "openpgp";
import { packetXml, passedOn, sealed, signedTwice, unsigned } from "../../forge.ts";
import { compressed, encrypted, frame, literal, signedFrames, split } from "../../keys/crafted.ts";
import { answered, type Input, type Kind, type Made, refused, waiting } from "../kind.ts";
import { carrying, NAME, type Stage, textOf, underSeal } from "../stage.ts";

const xmlOf = ({ letter }: Stage): Uint8Array => packetXml(letter);
const honest = (stage: Stage): Promise<Uint8Array> => sealed(xmlOf(stage), stage.letter);

const frames = (stage: Stage): Promise<[Buffer, Buffer, Buffer]> =>
  signedFrames(stage.letter.from, textOf(stage), { date: stage.letter.at });

/** Frames under a seal for the reader, with nothing looked at. */
const under = ({ letter }: Stage, ...inside: readonly Uint8Array[]): Promise<Buffer> =>
  encrypted(Buffer.concat(inside), letter.to);

/** One byte of this frame, counted from its start, is another. */
const altered =
  (frameNumber: number, at: number) =>
  async (stage: Stage): Promise<Made> => {
    const parts = split(await honest(stage));
    const part = parts[frameNumber] ?? Buffer.of();
    const index = at < 0 ? part.length + at : at;
    part[index] = (part[index] ?? 0) ^ 1;
    return Buffer.concat(parts);
  };

const LIST = `LastOrSurname,FirstName,Birthdate\n${NAME},Jenna,2009-02-12\n`;

export const plain: Kind = {
  name: "not sealed, or empty",
  inputs: [
    refused("B1", "readable XML", "PACKET_NOT_SEALED", xmlOf),
    refused("B1", "readable XML in UTF-16", "PACKET_NOT_SEALED", (stage) =>
      Buffer.from(`\ufeff${textOf(stage)}`, "utf16le"),
    ),
    refused("B1", "a list of students", "PACKET_NOT_SEALED", () => LIST),
    refused("B1", "a PDF", "PACKET_NOT_SEALED", () => `%PDF-1.7\n${NAME}`),
    refused("B1", "an archive", "PACKET_DAMAGED", () =>
      Buffer.concat([Buffer.from("504b030414000600080000002100", "hex"), Buffer.from(LIST)]),
    ),
    refused("B1", "a packet that is signed, but not sealed", "PACKET_NOT_SEALED", async (stage) =>
      Buffer.concat(await frames(stage)),
    ),
    refused("B1", "a packet that is packed, but not sealed", "PACKET_NOT_SEALED", (stage) =>
      compressed(2, deflateSync(literal(textOf(stage)))),
    ),
    refused("B1", "a packet that is signed as clear text", "PACKET_NOT_SEALED", async (stage) => {
      const made: unknown = await openpgp.sign({
        message: await openpgp.createCleartextMessage({ text: textOf(stage) }),
        signingKeys: await openpgp.readPrivateKey({ armoredKey: stage.letter.from.armoredSecret }),
      });
      return String(made);
    }),
    refused("B1", "a key", "PACKET_FORMAT", ({ letter }) => letter.from.key.armored),
    refused("B15", "a file without a byte", "PACKET_EMPTY", () => ""),
    refused("B15", "a file of spaces and line ends", "PACKET_EMPTY", () => " \r\n\t".repeat(50)),
    refused("B15", "a megabyte of spaces", "PACKET_EMPTY", () => " ".repeat(2 ** 20)),
    answered("B15", "a seal around nothing", "PACKET_EMPTY", (stage) => underSeal(stage, "")),
    answered("B15", "a seal around white space", "PACKET_EMPTY", (stage) =>
      underSeal(stage, " \n".repeat(50)),
    ),
  ],
};

/** Whoever has our public key can make these. */
const signers: readonly Input[] = [
  refused("B2", "a packet without a signature", "PACKET_NOT_SIGNED", (stage) =>
    unsigned(xmlOf(stage), stage.letter),
  ),
  refused("B2", "a packed packet without a signature", "PACKET_NOT_SIGNED", (stage) =>
    under(stage, compressed(2, deflateSync(literal(textOf(stage))))),
  ),
  refused("B3", "a packet signed by a stranger", "PACKET_UNKNOWN_SIGNER", (stage) =>
    sealed(xmlOf(stage), { ...stage.letter, from: stage.nobody }),
  ),
  refused("B3", "a packet of a stranger's own", "PACKET_UNKNOWN_SIGNER", ({ letter, nobody }) => {
    const theirs = { ...letter, from: nobody };
    return sealed(packetXml(theirs), theirs);
  }),
  refused(
    "B3",
    "a packet signed by a stranger who calls his key the partner's",
    "PACKET_DAMAGED",
    async (stage) => {
      const { letter, nobody } = stage;
      const made = await signedFrames(nobody, textOf(stage), { date: letter.at });
      return under(stage, ...made.map((part) => renamed(part, nobody, letter.from)));
    },
  ),
  answered(
    "B3",
    "a packet in the partner's name signed by another partner",
    "PACKET_HEADER_DIFFERS",
    (stage) => sealed(xmlOf(stage), { ...stage.letter, from: stage.third }),
  ),
  refused("B4", "a packet sealed for another district", "PACKET_NOT_FOR_US", (stage) =>
    sealed(xmlOf(stage), { ...stage.letter, to: stage.third }),
  ),
  refused(
    "B4",
    "a packet of ours to the partner, thrown back",
    "PACKET_NOT_FOR_US",
    ({ letter }) => {
      const back = { ...letter, from: letter.to, to: letter.from };
      return sealed(packetXml(back), back);
    },
  ),
  answered("B4", "a packet that seems to be of ours", "PACKET_HEADER_DIFFERS", ({ letter }) =>
    sealed(packetXml({ ...letter, from: letter.to }), letter),
  ),
  refused("B4", "a packet that we signed and never sent", "PACKET_UNKNOWN_SIGNER", ({ letter }) => {
    const ours = { ...letter, from: letter.to };
    return sealed(packetXml(ours), ours);
  }),
  waiting("B4", "a packet of the other mode", "PACKET_PROCESS_CODE", (stage) =>
    carrying(stage, [`<Ping>${NAME}</Ping>`], { DocumentProcessCode: "PRODUCTION" }),
  ),
  refused(
    "B5",
    "a packet for another district, sealed again for us by its reader",
    "PACKET_NOT_FOR_US",
    (stage) => passedOn(xmlOf(stage), stage.letter, stage.third),
  ),
  answered(
    "B5",
    "a packet for another district, signed and sealed again by its reader",
    "PACKET_HEADER_DIFFERS",
    ({ letter, third }) => sealed(packetXml({ ...letter, to: third }), { ...letter, from: third }),
  ),
];

/** A frame in which one key is called by the name of another. */
function renamed(part: Buffer, from: Stage["nobody"], to: Stage["nobody"]): Buffer {
  const copy = Buffer.from(part);
  const [found, put] = [from, to].map(({ key }) => Buffer.from(key.fingerprint, "hex"));
  for (const length of [20, 8]) {
    const at = copy.indexOf(found?.subarray(-length) ?? "");
    if (at >= 0) put?.subarray(-length).copy(copy, at);
  }
  return copy;
}

const signatures: readonly Input[] = [
  refused("B7", "a packet with two signatures", "PACKET_SIGNATURES", (stage) =>
    signedTwice(xmlOf(stage), stage.letter, stage.nobody),
  ),
  refused("B7", "a packet with the same signature twice", "PACKET_SIGNATURES", async (stage) => {
    const [header, content, signature] = await frames(stage);
    return under(stage, header, header, content, signature, signature);
  }),
  refused("B7", "a packet with a signature on either side", "PACKET_SIGNATURES", async (stage) => {
    const [header, content, signature] = await frames(stage);
    return under(stage, signature, header, content, signature);
  }),
  refused("B7", "a signature without an end", "PACKET_DAMAGED", async (stage) => {
    const [header, content] = await frames(stage);
    return under(stage, header, content);
  }),
  refused("B7", "a signature without a beginning", "PACKET_DAMAGED", async (stage) => {
    const [, content, signature] = await frames(stage);
    return under(stage, content, signature);
  }),
  refused("B7", "a signature around a signed packet", "PACKET_FORMAT", async (stage) => {
    const inner = compressed(2, deflateSync(Buffer.concat(await frames(stage))));
    const [header, , signature] = await frames(stage);
    return under(stage, header, inner, signature);
  }),
  refused("B7", "a signature over other content", "PACKET_DAMAGED", async (stage) => {
    const [header, , signature] = await frames(stage);
    return under(stage, header, literal(textOf(stage)), signature);
  }),
  refused("B7", "a signature over two contents", "PACKET_DAMAGED", async (stage) => {
    const [header, content, signature] = await frames(stage);
    return under(stage, header, content, content, signature);
  }),
  refused("B7", "a signature alone", "PACKET_DAMAGED", async (stage) => {
    const [, , signature] = await frames(stage);
    return under(stage, signature);
  }),
  refused("B7", "a signature over a text of any line ends", "PACKET_SIGNATURES", async (stage) => {
    const made: unknown = await openpgp.sign({
      message: await openpgp.createMessage({ text: textOf(stage), date: stage.letter.at }),
      signingKeys: await openpgp.readPrivateKey({ armoredKey: stage.letter.from.armoredSecret }),
      date: stage.letter.at,
      format: "binary",
    });
    return under(stage, made as Uint8Array);
  }),
  refused("B7", "a seal inside a seal", "PACKET_DAMAGED", async (stage) =>
    under(stage, await honest(stage)),
  ),
  answered("B7", "a seal inside a signed content", "XML_ENCODING", async (stage) =>
    underSeal(stage, await honest(stage)),
  ),
];

export const seals: Kind = { name: "seals and signatures", inputs: [...signers, ...signatures] };

/** Part by part, so that every kind of harm is met. */
export const damage: Kind = {
  name: "damaged on the way",
  inputs: [
    refused("B10", "a packet whose first byte is another", "PACKET_FORMAT", altered(0, 0)),
    refused("B10", "a packet whose reader's id is another", "PACKET_NOT_FOR_US", altered(0, 5)),
    refused("B10", "a packet whose session key is another", "PACKET_DAMAGED", altered(0, -3)),
    refused("B10", "a packet whose version is another", "PACKET_FORMAT", altered(1, 3)),
    refused("B10", "a packet of which one byte is another", "PACKET_DAMAGED", altered(1, -300)),
    refused("B10", "a packet whose last byte is another", "PACKET_DAMAGED", altered(1, -1)),
    refused("B10", "a packet with a broken integrity check", "PACKET_DAMAGED", async (stage) =>
      encrypted(Buffer.concat(await frames(stage)), stage.letter.to, { breakCheck: true }),
    ),
    refused("B10", "two packets in one file", "PACKET_DAMAGED", async (stage) =>
      Buffer.concat([await honest(stage), await honest(stage)]),
    ),
    refused("B10", "a packet with a line end behind it", "PACKET_DAMAGED", async (stage) =>
      Buffer.concat([await honest(stage), Buffer.from("\r\n")]),
    ),
    refused("B10", "a packet with a signature behind it", "PACKET_FORMAT", async (stage) =>
      Buffer.concat([await honest(stage), frame(2, Buffer.alloc(20))]),
    ),
    refused("B10", "an armoured packet with a text behind it", "PACKET_DAMAGED", async (stage) => {
      const armor = openpgp.armor(openpgp.enums.armor.message, await honest(stage));
      return `${armor}\n${NAME}`;
    }),
    refused("B10", "a packet whose packing is cut short", "PACKET_DAMAGED", async (stage) => {
      const packed = deflateSync(Buffer.concat(await frames(stage)));
      return under(stage, compressed(2, packed.subarray(0, -9)));
    }),
    answered("B10", "a packet that ends in the middle of its text", "XML_MALFORMED", (stage) =>
      underSeal(stage, textOf(stage).slice(0, -40)),
    ),
    ...[1, 50, 300, -1].map((at) =>
      waiting(
        "B10",
        at < 0 ? "a packet without its last byte" : `a packet of which ${at} bytes have come`,
        "PACKET_CUT_SHORT",
        async (stage) => (await honest(stage)).subarray(0, at),
      ),
    ),
    waiting("B10", "an armoured packet of which half has come", "PACKET_CUT_SHORT", async (stage) =>
      openpgp.armor(openpgp.enums.armor.message, await honest(stage)).slice(0, 400),
    ),
  ],
};
