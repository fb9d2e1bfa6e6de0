/** What careless or hostile software puts into XML that was good. */
import fc from "fast-check";

/** Something put into a text at a place, or in the place of something. */
export interface Blemish {
  readonly what: string;
  readonly at: number;
  readonly inserts: string;
}

/** Between tags, inside them, in texts: wherever `at` falls. */
const INSERTED: Readonly<Record<string, readonly string[]>> = {
  space: [" ", "\n", "\t", "\r\n", "\r", "\u00A0", "\u0085", "\u2028", "\u200B", "\uFEFF"],
  control: ["\0", "\u0001", "\u001B[31m", "\u007F", "\u009F", "\uFFFE", "\uFFFF", "\uD800"],
  comment: ["<!-- -->", "<!---->", "<!-- -- -->", "<!--", "-->"],
  instruction: ["<?x?>", "<?xml version='1.0'?>", "<?xml-stylesheet href='x'?>", "?>"],
  cdata: ["<![CDATA[]]>", "<![CDATA[x]]>", "]]>", "<![CDATA[<MessageId>]]>"],
  entity: [
    "&amp;",
    "&lt;",
    "&#65;",
    "&#x41;",
    "&#0;",
    "&#27;",
    "&#13;",
    "&#xFEFF;",
    "&nbsp;",
    "&x;",
  ].concat([
    "&",
    "&#xD800;",
    "&#x110000;",
    "&#32;",
    "&#9;",
    "&#x1F600;",
    "&#xfffe;",
    "&#00000000065;",
  ]),
  doctype: ["<!DOCTYPE TransferPacket>", "<!DOCTYPE a [<!ENTITY b 'c'>]>", "<!ENTITY b 'c'>"],
  attribute: [
    ' id="1"',
    " xsi:nil='true'",
    ' xml:lang="en"',
    ' xmlns="urn:packetboat:transfer:1"',
  ].concat([' xmlns:p="urn:packetboat:transfer:1"', ' xmlns=""', " a=b", ' xml:space="preserve"']),
  markup: [
    "<",
    ">",
    "</",
    "/>",
    "<x>",
    "<x/>",
    "</Header>",
    "<Messages>",
    "</Messages>",
    "<p:x/>",
    "</x>",
  ].concat([
    "<__proto__/>",
    "<constructor>x</constructor>",
    "<Ping/>",
    "<Receipt></Receipt>",
    "<MessageId/>",
  ]),
  text: ["x", "0", "😀", "\u0301", "ſ", "%00", "\\u0000"],
};

/** One of them, at a boundary of markup more often than elsewhere. */
export const anyBlemish: fc.Arbitrary<Blemish> = fc
  .constantFrom(...Object.keys(INSERTED))
  .chain((what) =>
    fc.record({
      what: fc.constant(what),
      at: fc.nat(),
      inserts: fc.constantFrom(...(INSERTED[what] ?? [])),
    }),
  );

/** Even places are boundaries: before and behind tags, and behind a tag's name. Odd ones are any place. */
export function blemished(text: string, { at, inserts }: Blemish): string {
  const bounds = [...text.matchAll(/<|>|(?<=<\/?[A-Za-z]+)(?=[\s>])/g)].flatMap(
    ({ 0: { length }, index }) => [index, index + length],
  );
  const isBound = at % 2 === 0 && bounds.length > 0;
  const half = Math.floor(at / 2);
  const place = isBound ? (bounds[half % bounds.length] ?? 0) : half % (text.length + 1);
  return text.slice(0, place) + inserts + text.slice(place);
}
