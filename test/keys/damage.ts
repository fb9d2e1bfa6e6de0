/** Files that were good, spoiled by chance: bytes, the frames of OpenPGP, and ASCII armour. */
import { deflateRawSync, deflateSync } from "node:zlib";
import fc from "fast-check";
import { frame, literal, split } from "./crafted.ts";

/** One thing done to bytes. Places before the beginning are counted from the end, as in `slice`. */
export interface Damage {
  readonly how: keyof typeof DAMAGES;
  readonly at: number;
  readonly count: number;
  readonly byte: number;
}

const DAMAGES = {
  flip: (file, { at, byte }) => {
    const copy = Buffer.from(file);
    copy[at] = (copy[at] ?? 0) ^ (1 << (byte % 8));
    return copy;
  },
  set: (file, { at, byte }) => {
    const copy = Buffer.from(file);
    copy[at] = byte;
    return copy;
  },
  delete: (file, { at, count }) => pieces(file.subarray(0, at), file.subarray(at + count)),
  insert: (file, { at, count, byte }) =>
    pieces(file.subarray(0, at), Buffer.alloc(count, byte), file.subarray(at)),
  repeat: (file, { at, count }) => pieces(file.subarray(0, at + count), file.subarray(at)),
  cut: (file, { at }) => file.subarray(0, at),
  behead: (file, { at }) => file.subarray(at),
  exchange: (file, { at, count }, other) =>
    pieces(file.subarray(0, at), other.subarray(at, at + count), file.subarray(at + count)),
  graft: (file, { at }, other) => pieces(file.subarray(0, at), other.subarray(at)),
  append: (file, _, other) => pieces(file, other),
  append_itself: (file) => pieces(file, file),
} satisfies Record<string, (file: Buffer, damage: Damage, other: Buffer) => Buffer>;

const pieces = (...all: readonly Uint8Array[]): Buffer => Buffer.concat(all);

/** Near the beginning and the end, where lengths and kinds stand, as often as anywhere. */
export const anyDamage: fc.Arbitrary<Damage> = fc.record({
  how: fc.constantFrom(...(Object.keys(DAMAGES) as (keyof typeof DAMAGES)[])),
  at: fc.oneof(fc.nat(120), fc.integer({ min: -120, max: -1 }), fc.nat()),
  count: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 300 })),
  byte: fc.nat(255),
});

/** @param other a good file of the same kind, from which pieces may come */
export function damaged(file: Uint8Array, damage: Damage, other: Uint8Array): Buffer {
  const { length } = file;
  if (length === 0) return Buffer.from(other);
  const at = ((damage.at % length) + length) % length;
  return DAMAGES[damage.how](Buffer.from(file), { ...damage, at }, Buffer.from(other));
}

/** One thing done to a file by its frames, as one would who knows the format. */
export interface Misframing {
  readonly how: keyof typeof MISFRAMINGS;
  readonly one: number;
  readonly two: number;
}

type Frames = readonly Buffer[];

const MISFRAMINGS = {
  drop: (frames, { one }) => frames.filter((_, index) => index !== one),
  double: (frames, { one }) =>
    frames.flatMap((each, index) => (index === one ? [each, each] : [each])),
  swap: (frames, { one, two }) => {
    const copy = [...frames];
    [copy[one], copy[two]] = [copy[two] as Buffer, copy[one] as Buffer];
    return copy;
  },
  exchange: (frames, { one }, other) => frames.with(one, other[one % other.length] as Buffer),
  adopt: (frames, { one, two }, other) =>
    frames.toSpliced(one, 0, other[two % other.length] as Buffer),
  append: (frames, _, other) => [...frames, ...other],
  stranger: (frames, { one, two }) =>
    frames.toSpliced(one, 0, STRANGERS[two % STRANGERS.length] as Buffer),
  relabel: (frames, { one, two }) =>
    frames.with(one, frame(two % 64, bodyOf(frames[one] as Buffer))),
  reframe: (frames, { one, two }) => frames.with(one, reframed(frames[one] as Buffer, two)),
  rename: (frames, { two }) => frames.map((each) => renamed(each, two)),
  pack: (frames, { two }) => [packed(frames, two)],
  pack_twice: (frames, { two }) => [packed([packed(frames, two)], two)],
} satisfies Record<string, (frames: Frames, misframing: Misframing, other: Frames) => Frames>;

export const anyMisframing: fc.Arbitrary<Misframing> = fc.record({
  how: fc.constantFrom(...(Object.keys(MISFRAMINGS) as (keyof typeof MISFRAMINGS)[])),
  one: fc.nat(3),
  two: fc.nat(120),
});

/** @param file whose frames are written as openpgp.js writes them; another stays as it is */
export function misframed(file: Uint8Array, misframing: Misframing, other: Uint8Array): Buffer {
  const frames = framesIn(file);
  if (frames.length === 0) return Buffer.from(file);
  const { how } = misframing;
  const one = misframing.one % frames.length;
  const two = how === "swap" ? misframing.two % frames.length : misframing.two;
  return pieces(...MISFRAMINGS[how](frames, { how, one, two }, framesIn(other)));
}

/** None, if the file was spoiled before so that it cannot be taken apart. */
function framesIn(file: Uint8Array): Frames {
  try {
    const frames = split(file);
    const isPlain = ([tag = 0, length = 0xe0]: Buffer): boolean =>
      tag >= 0xc0 && (length < 0xe0 || length === 0xff);
    return frames.every(isPlain) ? frames : [];
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

/** Frames that some tool writes somewhere, and none of ours. */
const STRANGERS: Frames = [
  frame(10, Buffer.from("PGP")),
  frame(21, Buffer.alloc(40)),
  frame(60, Buffer.from("private")),
  frame(40, Buffer.from("unknown, not critical")),
  frame(30, Buffer.from("unknown, critical")),
  frame(11, Buffer.from("b\0\0\0\0\0another content", "latin1")),
  frame(13, Buffer.from("Somebody <somebody@example.invalid>")),
  frame(12, Buffer.of(0, 0)),
  frame(2, Buffer.alloc(30, 4)),
  frame(3, Buffer.from("0409030201020304050607080960", "hex")),
  frame(20, Buffer.alloc(40, 1)),
  frame(9, Buffer.alloc(40)),
  literal(""),
];

/** A frame as `crafted.ts` and openpgp.js write it, without its header. */
function bodyOf(whole: Buffer): Buffer {
  const first = whole[1] ?? 0;
  return whole.subarray(first < 192 ? 2 : first < 224 ? 3 : 6);
}

/** The same frame with another kind of length: old, new, in parts, or up to the end of the file. */
function reframed(whole: Buffer, way: number): Buffer {
  const tag = (whole[0] ?? 0) & 0x3f;
  const body = bodyOf(whole);
  const long = Buffer.alloc(4);
  long.writeUInt32BE(body.length);
  const first = Math.min(512, 2 ** Math.floor(Math.log2(Math.max(1, body.length))));
  const rest = frame(tag, body.subarray(first)).subarray(1);
  const forms = [
    () => frame(tag, body),
    () => pieces(Buffer.of(0x80 | (tag << 2) | 2), long, body),
    () => pieces(Buffer.of(0x80 | (tag << 2) | 3), body),
    () => pieces(Buffer.of(0xc0 | tag, 0xe0 | Math.log2(first)), body.subarray(0, first), rest),
  ];
  return forms[way % forms.length]?.() ?? whole;
}

/** A literal's kind, file name and date are not signed: they say something else. */
function renamed(whole: Buffer, way: number): Buffer {
  if (((whole[0] ?? 0) & 0x3f) !== 11) return whole;
  const body = bodyOf(whole);
  const content = body.subarray(6 + (body[1] ?? 0));
  const kinds = ["b", "t", "u", "m", "l", "1", "\0"];
  const names = ["", "_CONSOLE", "../../etc/passwd", "\u001B[31m"];
  const name = Buffer.from(names[way % names.length] ?? "");
  const start = pieces(
    Buffer.from(kinds[way % kinds.length] ?? "b", "latin1"),
    Buffer.of(name.length),
    name,
  );
  return frame(11, pieces(start, Buffer.of(1, 2, 3, 4), content));
}

/** Compressed with the algorithm of this number, as far as Node knows it. */
function packed(frames: Frames, way: number): Buffer {
  const content = pieces(...frames);
  const algorithm = way % 5;
  const body =
    algorithm === 1 ? deflateRawSync(content) : algorithm === 2 ? deflateSync(content) : content;
  return frame(8, pieces(Buffer.of(algorithm), body));
}

/** One thing done to an armoured text: what it says in base64 may stay as it was. */
export interface ArmorFault {
  readonly how: keyof typeof ARMOR_FAULTS;
  readonly line: number;
  readonly word: number;
}

const FIRST = "-----BEGIN PGP MESSAGE-----";
const LAST = "-----END PGP MESSAGE-----";
const WORDS = [
  "Comment: x",
  "Hash: SHA512",
  "Version: x",
  "",
  " ",
  "\t",
  "\u00A0",
  "- dash",
  "=AAAA",
  "Dear registrar,",
].concat([
  "<x>",
  FIRST,
  LAST,
  "-----",
  "-----BEGIN PGP SIGNED MESSAGE-----",
  "-----BEGIN PGP SIGNATURE-----",
  "AAAA",
  "\u2028",
  "\0",
]);
const NAMES = [
  "SIGNED MESSAGE",
  "SIGNATURE",
  "PUBLIC KEY BLOCK",
  "MESSAGE, PART 1/1",
  "message",
  "FILE",
];
const wordOf = ({ word }: ArmorFault): string => WORDS[word % WORDS.length] ?? "";
const nameOf = ({ word }: ArmorFault): string => NAMES[word % NAMES.length] ?? "";

/** By the lines of the text. */
const ARMOR_FAULTS = {
  before: (text, fault) => `${wordOf(fault)}\n${text}`,
  behind: (text, fault) => `${text}\n${wordOf(fault)}`,
  before_at_once: (text, fault) => wordOf(fault) + text,
  behind_at_once: (text, fault) => text + wordOf(fault),
  header: (text, fault) => text.replace("\n\n", `\n${wordOf(fault)}\n\n`),
  line: (text, fault) =>
    lines(text, (all) => all.toSpliced(fault.line % all.length, 0, wordOf(fault))),
  drop_line: (text, fault) => lines(text, (all) => all.toSpliced(fault.line % all.length, 1)),
  double_line: (text, fault) =>
    lines(text, (all) =>
      all.toSpliced(fault.line % all.length, 0, all[fault.line % all.length] ?? ""),
    ),
  swap_lines: (text, { line }) =>
    lines(text, (all) => all.with(line % all.length, all[(line + 1) % all.length] ?? "")),
  end_of_line: (text, fault) =>
    lines(text, (all) =>
      all.with(fault.line % all.length, (all[fault.line % all.length] ?? "") + wordOf(fault)),
    ),
  dash_escaped: (text) => text.replaceAll(/^-/gm, "- -"),
  carriage_returns: (text) => text.replaceAll("\n", "\r\n"),
  old_carriage_returns: (text) => text.replaceAll("\n", "\r"),
  spaces_at_ends: (text) => text.replaceAll("\n", " \t\n"),
  indented: (text) => text.replaceAll("\n", "\n  "),
  joined: (text) => text.replaceAll(/(?<=[A-Za-z0-9+/])\n(?=[A-Za-z0-9+/])/g, ""),
  wrapped: (text) => text.replaceAll(/(?<=\n[A-Za-z0-9+/]{20})(?=[A-Za-z0-9+/]{20})/g, "\n"),
  no_checksum: (text) => text.replace(/\n=[A-Za-z0-9+/]{4}\n/, "\n"),
  other_checksum: (text) => text.replace(/(?<=\n=)[A-Za-z0-9+/]{4}\n/, "AAAA\n"),
  checksum_in_the_middle: (text) => text.replace("\n\n", "\n\n=AAAA\n"),
  called: (text, fault) => text.replaceAll("PGP MESSAGE", `PGP ${nameOf(fault)}`),
  begins_called: (text, fault) => text.replace("BEGIN PGP MESSAGE", `BEGIN PGP ${nameOf(fault)}`),
  ends_called: (text, fault) => text.replace("END PGP MESSAGE", `END PGP ${nameOf(fault)}`),
  url_safe: (text) => text.replaceAll("+", "-").replaceAll("/", "_"),
  last_bits: (text) =>
    text.replace(/.(?==+\n)/, (char) => String.fromCharCode(char.charCodeAt(0) + 1)),
  clear_text: (text) =>
    `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nanother content\n${text.replaceAll("PGP MESSAGE", "PGP SIGNATURE")}`,
  two: (text, _, other) => `${text}\n${other}`,
  two_reversed: (text, _, other) => `${other}\n\n${text}`,
  nested: (text, _, other) => text.replace("\n\n", `\n\n${other}\n`),
  body_of_other: (text, _, other) =>
    text.slice(0, text.indexOf("\n\n")) + other.slice(other.indexOf("\n\n")),
  half_of_other: (text, { line }, other) => text.slice(0, 50 + line) + other.slice(50 + line),
} satisfies Record<string, (text: string, fault: ArmorFault, other: string) => string>;

const lines = (text: string, change: (all: string[]) => string[]): string =>
  change(text.split("\n")).join("\n");

export const anyArmorFault: fc.Arbitrary<ArmorFault> = fc.record({
  how: fc.constantFrom(...(Object.keys(ARMOR_FAULTS) as (keyof typeof ARMOR_FAULTS)[])),
  line: fc.nat(60),
  word: fc.nat(WORDS.length - 1),
});

export const misarmored = (text: string, fault: ArmorFault, other: string): string =>
  ARMOR_FAULTS[fault.how](text, fault, other);
