import { describe, expect, it } from "vitest";
import { FrameReader, framesOf } from "../../daemon/keys/frames.ts";

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const tagsOf = (bytes: Uint8Array) => framesOf(bytes).frames.map(({ tag }) => tag);

/** A new-format frame in two parts (4 + 3 bytes), an old-format one, and an empty one. */
const THREE = hex("d2 e2 01020304 03 050607   88 02 0401   cb 00");

describe("frames", () => {
  it("are read in the old and the new format, in parts, and empty", () => {
    const { frames, end } = framesOf(THREE);
    expect(end).toBe("whole");
    expect(frames.map(({ tag, head }) => [tag, Buffer.from(head).toString("hex")])).toEqual([
      [18, "01020304050607"],
      [2, "0401"],
      [11, ""],
    ]);
  });

  it.each([1, 2, 3, 5, 8])("are the same when the bytes come in pieces of %i", (size) => {
    const reader = new FrameReader(16);
    for (let at = 0; at < THREE.length; at += size) reader.push(THREE.subarray(at, at + size));
    expect(reader.end()).toEqual(framesOf(THREE));
  });

  it("are cut at every byte that is missing, but for the ends of frames", () => {
    const whole = [...THREE.keys()].filter((at) => framesOf(THREE.subarray(0, at)).end === "whole");
    expect(whole).toEqual([0, 10, 14]);
  });

  it.each([
    ["one octet", "d2 03 010203"],
    ["two octets", `d2 c008 ${"00".repeat(200)}`],
    ["five octets", "d2 ff00000002 0102"],
    ["two octets, old", "89 0002 0102"],
    ["four octets, old", "8a 00000002 0102"],
    ["none: to the end of the file, old", "cb0100 8b 0102"],
  ])("have a length of %s", (_, bytes) => {
    expect(framesOf(hex(bytes)).end).toBe("whole");
  });

  it("end where something begins that is no frame", () => {
    expect(framesOf(hex("cb 00 3c3f786d6c"))).toMatchObject({ end: "junk", frames: [{ tag: 11 }] });
  });

  it("are not counted for ever", () => {
    const many = new Uint8Array(2_000_000).fill(0xcb);
    for (let at = 1; at < many.length; at += 2) many[at] = 0;
    expect(framesOf(many)).toMatchObject({ end: "many", frames: { length: 16 } });
  });

  it("are not put together of crumbs for ever, but of pieces as tools make them", () => {
    const crumbs = Buffer.concat([Buffer.of(0xd2), Buffer.alloc(2_000_000, "e0ab", "hex")]);
    expect(framesOf(crumbs).end).toBe("many");
    const piece = Buffer.concat([Buffer.of(0xe9), Buffer.alloc(512)]);
    const pieces = Buffer.concat([
      Buffer.of(0xd2),
      ...Array.from({ length: 2000 }, () => piece),
      Buffer.of(0),
    ]);
    expect(framesOf(pieces).end).toBe("whole");
  });

  it("give their bodies to whoever listens", () => {
    const heard: [number, string][] = [];
    const hear = (tag: number, body: Uint8Array): void =>
      void heard.push([tag, Buffer.from(body).toString("hex")]);
    new FrameReader(16, hear).push(THREE);
    expect(heard).toEqual([
      [18, "01020304"],
      [18, "050607"],
      [2, "0401"],
    ]);
  });

  it("keep no more of a body than its head", () => {
    const [only] = framesOf(hex(`d2 ff00000100 ${"ab".repeat(256)}`)).frames;
    expect(only?.head).toHaveLength(16);
  });

  it("of nothing are none", () => {
    expect(tagsOf(new Uint8Array())).toEqual([]);
  });
});
