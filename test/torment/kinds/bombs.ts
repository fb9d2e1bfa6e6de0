/** What is small and becomes large, and what is large: packing, contents, frames, armour, files. */
import { constants, createDeflateRaw, deflateRawSync, deflateSync } from "node:zlib";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { bomb, sealed, type Letter } from "../../forge.ts";
import {
  compressed,
  encrypted,
  frame,
  literal,
  onePassHeader,
  signedFrames,
  split,
} from "../../keys/crafted.ts";
import { type Input, type Kind, type Laid, refused, waiting } from "../kind.ts";
import { NAME, type Stage, underSeal } from "../stage.ts";

const MEGABYTE = 2 ** 20;
/** As the config has it where it is silent: of a packet, and of the sealed file around it. */
const MOST_BYTES = 8 * MEGABYTE;
const MOST_SEALED_BYTES = MOST_BYTES + MOST_BYTES / 8;

const unfetched = (what: string, make: () => Laid): Input => ({
  row: "B16",
  what,
  fate: { becomes: "refused unfetched", code: "BOX_FILE_TOO_BIG" },
  make,
});

const sealedFor = ({ letter }: Stage, inside: Uint8Array): Promise<Buffer> =>
  encrypted(inside, letter.to);

/** A frame within a frame, so many times. */
function nested(times: number, innermost: Uint8Array): Uint8Array {
  let packed: Uint8Array = innermost;
  for (let depth = 0; depth < times; depth++) packed = compressed(2, deflateSync(packed));
  return packed;
}

/** What many megabytes of zeros are when they are packed, without having them. */
async function packedZeros(megabytes: number): Promise<Buffer> {
  const header = Buffer.from([0xc0 | 11, 0xff, 0, 0, 0, 0]);
  header.writeUInt32BE(megabytes * MEGABYTE + 6, 2);
  const piece = Buffer.alloc(MEGABYTE);
  const pieces = function* () {
    yield Buffer.concat([header, Buffer.from("b\0\0\0\0\0", "latin1")]);
    for (let count = 0; count < megabytes; count++) yield piece;
  };
  const packer = createDeflateRaw({ level: constants.Z_BEST_SPEED });
  return compressed(1, await buffer(Readable.from(pieces()).pipe(packer)));
}

/** Signed as it should be, and packed: only the reader who unpacks it learns how much it is. */
async function signedBomb({ letter }: Stage, megabytes: number): Promise<Buffer> {
  const content = `<A>${" ".repeat(megabytes * MEGABYTE)}</A>`;
  const inside = Buffer.concat(await signedFrames(letter.from, content, { date: letter.at }));
  return encrypted(compressed(1, deflateRawSync(inside)), letter.to);
}

const many = (count: number, part: Uint8Array): Buffer => Buffer.alloc(count * part.length, part);

/** So many frames that announce a signature, a content, and nothing that they announce. */
const announcements = (count: number, { from }: Letter): Buffer =>
  Buffer.concat([many(count, onePassHeader(from)), literal(NAME)]);

const MARKER = frame(10, Buffer.from("PGP"));
/** The least that a part can be: a tag and no length. */
const nothing = (tag: number): Buffer => Buffer.of(0xc0 | tag, 0);

/** A part whose body comes in pieces of one byte. */
function crumbled(tag: number, body: Uint8Array): Buffer {
  const pieces = Buffer.alloc(2 * body.length, 0xe0);
  for (const [at, byte] of body.entries()) pieces[2 * at + 1] = byte;
  return Buffer.concat([Buffer.of(0xc0 | tag), pieces, Buffer.of(0)]);
}

/** Anybody may make these who has our public key. */
const anybodys: readonly Input[] = [
  refused("B11", "a packet that unpacks to 40 MB", "PACKET_TOO_BIG", ({ letter }) =>
    bomb(40, letter),
  ),
  refused("B11", "a packet that is signed and unpacks to 20 MB", "PACKET_TOO_BIG", (stage) =>
    signedBomb(stage, 20),
  ),
  refused("B11", "a packet that is packed twice", "PACKET_FORMAT", async (stage) =>
    sealedFor(stage, nested(2, literal(NAME))),
  ),
  refused("B11", "a packet that is packed five hundred times", "PACKET_FORMAT", async (stage) =>
    sealedFor(stage, nested(500, literal(NAME))),
  ),
  refused("B11", "ten packed parts side by side", "PACKET_FORMAT", async (stage) =>
    sealedFor(stage, many(10, nested(1, literal(NAME)))),
  ),
  refused("B11", "ten thousand signatures announced", "PACKET_FORMAT", (stage) =>
    sealedFor(stage, announcements(10_000, stage.letter)),
  ),
  refused("B11", "ten thousand markers in a seal", "PACKET_FORMAT", (stage) =>
    sealedFor(stage, Buffer.concat([many(10_000, MARKER), literal(NAME)])),
  ),
  refused("B11", "ten thousand parts that nobody knows in a seal", "PACKET_FORMAT", (stage) =>
    sealedFor(stage, Buffer.concat([many(10_000, nothing(60)), literal(NAME)])),
  ),
  refused("B11", "ten thousand such parts, packed in a seal", "PACKET_FORMAT", (stage) =>
    sealedFor(stage, compressed(2, deflateSync(many(10_000, nothing(60))))),
  ),
  refused("B11", "a content in ten thousand pieces of one byte", "PACKET_FORMAT", (stage) =>
    sealedFor(stage, crumbled(11, Buffer.alloc(10_000, "b"))),
  ),
  refused(
    "B11",
    "a seal in ten thousand pieces of one byte",
    "PACKET_DAMAGED",
    async ({ letter }) => {
      const made = await sealed(" ".repeat(10_000), letter);
      const [sessionKey = Buffer.of(), data = Buffer.of()] = split(made);
      return Buffer.concat([sessionKey, crumbled(18, data.subarray(6))]);
    },
  ),
  refused("B11", "a hundred thousand markers before a seal", "PACKET_DAMAGED", async ({ letter }) =>
    Buffer.concat([many(100_000, MARKER), await sealed(NAME, letter)]),
  ),
  waiting("B11", "a part that calls itself 4 GB long", "PACKET_CUT_SHORT", () =>
    Buffer.concat([Buffer.from("d2fffffffff001", "hex"), Buffer.alloc(64)]),
  ),
];

const large: readonly Input[] = [
  refused("B11", "a content of one byte more than is taken", "PACKET_TOO_BIG", (stage) =>
    underSeal(stage, " ".repeat(MOST_BYTES + 1)),
  ),
  refused("B11", "eight megabytes without a signature", "PACKET_NOT_SIGNED", (stage) =>
    sealedFor(stage, literal(" ".repeat(MOST_BYTES))),
  ),
  refused("B11", "four million parts that nobody knows in a seal", "PACKET_FORMAT", (stage) =>
    sealedFor(stage, many(4_000_000, nothing(60))),
  ),
  refused("B11", "four million markers in a seal", "PACKET_FORMAT", (stage) =>
    sealedFor(stage, many(4_000_000, nothing(10))),
  ),
  refused("B11", "four million parts, packed to a few kilobytes", "PACKET_FORMAT", (stage) =>
    sealedFor(stage, compressed(2, deflateSync(many(4_000_000, nothing(60))))),
  ),
  refused("B11", "half a million signatures announced", "PACKET_FORMAT", (stage) =>
    sealedFor(stage, announcements(400_000, stage.letter)),
  ),
  refused("B11", "a packet that is packed two thousand times", "PACKET_FORMAT", async (stage) =>
    sealedFor(stage, nested(2000, literal(NAME))),
  ),
  refused("B11", "a packet that unpacks to a gigabyte", "PACKET_TOO_BIG", async (stage) =>
    sealedFor(stage, await packedZeros(1024)),
  ),
  waiting(
    "B11",
    "eight megabytes of armour without an end",
    "PACKET_CUT_SHORT",
    () => `-----BEGIN PGP MESSAGE-----\n\n${"QUFB".repeat(2 ** 21)}`,
  ),
  waiting(
    "B11",
    "eight megabytes of lines above an armour",
    "PACKET_CUT_SHORT",
    () => `-----BEGIN PGP MESSAGE-----\n${"Comment: x\n".repeat(750_000)}`,
  ),
  refused(
    "B11",
    "eight megabytes of armour around nothing",
    "PACKET_DAMAGED",
    () => `-----BEGIN PGP MESSAGE-----\n\n${"AAAA".repeat(2 ** 21)}\n-----END PGP MESSAGE-----\n`,
  ),
  refused("B11", "eight megabytes of hyphens", "PACKET_NOT_SEALED", () => "-".repeat(MOST_BYTES)),
];

const files: readonly Input[] = [
  unfetched("a file of one byte more than is fetched", () => ({
    file: { sparseBytes: MOST_SEALED_BYTES + 1 },
  })),
  unfetched("a file of 64 GB", () => ({ file: { sparseBytes: 64 * 1024 * MEGABYTE } })),
  unfetched("a file of 8 TB", () => ({ file: { sparseBytes: 8 * 1024 * 1024 * MEGABYTE } })),
];

export const bombs: Kind = {
  name: "bombs and files that are too large",
  inputs: [...anybodys, ...files],
  heavy: [
    ...large,
    refused("B16", "the largest file that is fetched, of zeros", "PACKET_DAMAGED", () => ({
      file: { sparseBytes: MOST_SEALED_BYTES },
    })),
  ],
};
