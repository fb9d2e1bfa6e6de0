import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { framesOf } from "../../daemon/keys/frames.ts";
import { sealedData, SealedDataReader } from "../../daemon/keys/sealed-data.ts";
import { literal } from "./crafted.ts";
import { codeOf } from "./people.ts";

const KEY = randomBytes(32);
const PART = 2 ** 20;
/** Version, prefix and check. */
const AROUND = 1 + 18 + 22;

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function wholeOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const copies: Uint8Array[] = [];
  for await (const piece of pieces) copies.push(Uint8Array.from(piece));
  return Buffer.concat(copies);
}

/** A content of so many bytes, and the frame of it sealed. */
async function sealed(bytes: number) {
  const content = literal("x".repeat(bytes - literal("").length));
  return { content, file: await wholeOf(sealedData(inPieces(content, 65_536), KEY)) };
}

/** Opened again from pieces of a size. */
async function opened(file: Uint8Array, bodyBytes: number, size = 70_000): Promise<Buffer> {
  const reader = new SealedDataReader({ data: KEY, algorithm: "aes256" }, bodyBytes);
  const content = await wholeOf(reader.contentOf(inPieces(file, size)));
  expect(reader.isWhole).toBe(true);
  return content;
}

describe("sealed data", () => {
  it.each([
    ["little", 100],
    ["one byte less than a part", PART - AROUND - 1],
    ["a part", PART - AROUND],
    ["a part and a byte of the check", PART - AROUND + 21],
    ["a part and the check", PART - AROUND + 22],
    ["two parts and a byte", 2 * PART - AROUND + 1],
  ])("of %s comes back to the byte, whatever pieces it comes in", async (_, bytes) => {
    const { content, file } = await sealed(bytes);
    expect(framesOf(file)).toMatchObject({ frames: [{ tag: 18 }], end: "whole" });
    for (const size of [70_000, PART, bytes + 10, 2 * PART + 100]) {
      expect((await opened(file, bytes + AROUND, size)).equals(content)).toBe(true);
    }
  });

  it("comes back from pieces of a byte", async () => {
    const { content, file } = await sealed(100);
    expect((await opened(file, 100 + AROUND, 1)).equals(content)).toBe(true);
  });

  it("is refused when any of its bytes is another", async () => {
    const { file } = await sealed(60);
    for (let place = 7; place < file.length; place++) {
      const changed = Buffer.from(file);
      changed[place] = (changed[place] ?? 0) ^ 0x10;
      expect([place, await codeOf(opened(changed, 60 + AROUND))]).toEqual([
        place,
        "PACKET_DAMAGED",
      ]);
    }
  });

  it("is refused when it is shorter or longer than it was seen to be", async () => {
    const { file } = await sealed(60);
    for (const bytes of [0, 5, 60, 60 + AROUND - 1, 60 + AROUND + 1, 1000]) {
      expect(await codeOf(opened(file, bytes))).toBe("PACKET_DAMAGED");
    }
  });
});
