/** Texts under a good seal of the partner that are no packets: encodings, entities, limits, shapes. */
import { deflateRawSync } from "node:zlib";
import { encrypted, compressed, signedFrames } from "../../keys/crafted.ts";
import { answered, type Codes, inPart, type Input, type Kind, refused, type Row } from "../kind.ts";
import { carrying, message, NAME, spoiled, type Stage, textOf, underSeal } from "../stage.ts";
import { ping } from "../../forge.ts";

const ROOT = "<TransferPacket";
/** Where a value stands that is read as text. */
const VALUE = /(?<=<PingDateTime>)/;

/** An honest packet, with this instead of that. */
const edit = (
  row: Row,
  what: string,
  code: Codes,
  from: string | RegExp,
  to: string | ((stage: Stage) => string),
): Input =>
  answered(row, what, code, (stage) =>
    spoiled(stage, from, typeof to === "string" ? to : to(stage)),
  );

/** Some bytes under a good seal. */
const content = (
  row: Row,
  what: string,
  code: Codes,
  make: (text: string, stage: Stage) => string | Uint8Array,
): Input => answered(row, what, code, (stage) => underSeal(stage, make(textOf(stage), stage)));

/** A message in an envelope that is right. */
const said = (
  row: Row,
  what: string,
  code: Codes,
  make: (stage: Stage) => string | Uint8Array,
): Input => inPart(row, what, [code], (stage) => carrying(stage, [make(stage)]));

const LAUGHS = Array.from(
  { length: 9 },
  (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`,
).join("");

export const doctypes: Kind = {
  name: "DOCTYPE and entities",
  inputs: [
    edit("B19", "a packet with a DOCTYPE", "XML_DOCTYPE", ROOT, `<!DOCTYPE ${NAME}>\n${ROOT}`),
    edit(
      "B19",
      "a packet with an entity of its own",
      "XML_DOCTYPE",
      ROOT,
      `<!DOCTYPE p [<!ENTITY a "${NAME}">]>${ROOT}`,
    ),
    edit(
      "B19",
      "a packet with a file of ours as its entity",
      "XML_DOCTYPE",
      ROOT,
      `<!DOCTYPE p [<!ENTITY a SYSTEM "file:///etc/passwd">]>${ROOT}`,
    ),
    edit(
      "B19",
      "a packet with an address as its entity",
      "XML_DOCTYPE",
      ROOT,
      ({ bait }) => `<!DOCTYPE p [<!ENTITY % a SYSTEM "${bait.url}">%a;]>${ROOT}`,
    ),
    edit(
      "B19",
      "a packet with a DTD at an address",
      "XML_DOCTYPE",
      ROOT,
      ({ bait }) => `<!DOCTYPE p SYSTEM "${bait.url}.dtd">${ROOT}`,
    ),
    edit(
      "B19",
      "a packet with a DOCTYPE behind a comment",
      "XML_DOCTYPE",
      ROOT,
      `<!-- --><!DOCTYPE p>${ROOT}`,
    ),
    edit(
      "B19",
      "a packet with a DOCTYPE in small letters",
      "XML_MALFORMED",
      ROOT,
      `<!doctype p>${ROOT}`,
    ),
    edit("B19", "a packet with an entity of HTML", "XML_MALFORMED", VALUE, "&nbsp;"),
    edit(
      "B19",
      "a packet with an entity called constructor",
      "XML_MALFORMED",
      VALUE,
      "&constructor;",
    ),
    edit(
      "B20",
      "a packet of a billion laughs",
      "XML_DOCTYPE",
      ROOT,
      `<!DOCTYPE p [<!ENTITY l0 "${NAME}">${LAUGHS}]>${ROOT}`,
    ),
    edit(
      "B20",
      "a packet whose one entity grows by the square",
      "XML_DOCTYPE",
      ROOT,
      `<!DOCTYPE p [<!ENTITY a "${"x".repeat(50_000)}">]>${ROOT}`,
    ),
    content("B20", "a reference of a million zeros", "XML_LIMIT", (text) =>
      text.replace(VALUE, `&#${"0".repeat(1e6)}65;`),
    ),
    content("B20", "a name of an entity of a million letters", "XML_MALFORMED", (text) =>
      text.replace(VALUE, `&${"a".repeat(1e6)};`),
    ),
    content("B20", "a million ampersands", "XML_LIMIT", (text) =>
      text.replace(VALUE, "&".repeat(1e6)),
    ),
    said("B20", "a message with a hundred thousand references", "MESSAGE_INVALID", () =>
      message("Ping", `<A>${"&#65;".repeat(100_000)}</A>`),
    ),
  ],
  heavy: [
    content("B20", "a text of a million references", "XML_LIMIT", (text) =>
      text.replace(VALUE, "&#65;".repeat(1e6)),
    ),
    content("B20", "a million references, in many elements", "XML_LIMIT", (text) =>
      text.replace("<Ping>", `<Ping>${`<A>${"&#65;".repeat(40_000)}</A>`.repeat(25)}`),
    ),
    said("B20", "a message with as many references as are let through", "MESSAGE_INVALID", () =>
      message("Ping", `<A>${"&#65;".repeat(40_000)}</A>`.repeat(3)),
    ),
    content("B20", "a DOCTYPE of a quarter million entities", "XML_DOCTYPE", (text) =>
      text.replace(ROOT, `<!DOCTYPE p [${'<!ENTITY b "c">'.repeat(250_000)}]>${ROOT}`),
    ),
  ],
};

const attributes = (count: number): string =>
  Array.from({ length: count }, (_, at) => ` a${at}="${NAME}"`).join("");

const ATTACHED = `<Attachment><FileName>${"x".repeat(40)}</FileName></Attachment>`.repeat(12_000);
const manyAttached = (): string[] =>
  Array.from({ length: 8 }, () => message("TransferRelease", ATTACHED));

/** Siblings that are as small as can be, in messages of a known kind. */
export const limits: Kind = {
  name: "too deep, too long, too many",
  inputs: [
    content(
      "B21",
      "a packet of a hundred thousand levels",
      "XML_LIMIT",
      () => `${"<a>".repeat(1e5)}${"</a>".repeat(1e5)}`,
    ),
    content("B21", "a message of a hundred thousand levels", "XML_LIMIT", (text) =>
      text.replace("<Ping>", `<Ping>${"<A>".repeat(1e5)}${"</A>".repeat(1e5)}`),
    ),
    content("B21", "an element with a hundred thousand attributes", "XML_LIMIT", (text) =>
      text.replace(ROOT, `${ROOT}${attributes(1e5)}`),
    ),
    content("B21", "an attribute of seven megabytes", "XML_LIMIT", (text) =>
      text.replace("<Ping>", `<Ping a="${"x".repeat(7e6)}">`),
    ),
    refused("B21", "an attribute of 20 megabytes, packed", "PACKET_TOO_BIG", async (stage) => {
      const { letter } = stage;
      const text = textOf(stage).replace("<Ping>", `<Ping a="${"x".repeat(2e7)}">`);
      const inside = Buffer.concat(await signedFrames(letter.from, text, { date: letter.at }));
      return encrypted(compressed(1, deflateRawSync(inside)), letter.to);
    }),
    content("B21", "a million siblings", "XML_LIMIT", (text) =>
      text.replace("<Ping>", `<Ping>${"<a/>".repeat(1e6)}`),
    ),
    content("B21", "a name of a million letters", "XML_LIMIT", (text) =>
      text.replace("<Ping>", `<${"P".repeat(1e6)}>`),
    ),
    content("B21", "a text of a million letters", "XML_LIMIT", (text) =>
      text.replace(VALUE, "x".repeat(1e6)),
    ),
    content(
      "B21",
      "a packet of a thousand and one messages",
      "SCHEMA_INVALID",
      (text, { letter }) =>
        text.replace(
          "</Messages>",
          `${Buffer.from(ping(letter.at)).toString().repeat(1000)}</Messages>`,
        ),
    ),
    said("B21", "a message of thousands of elements that it must not have", "MESSAGE_INVALID", () =>
      message("Ping", `<${NAME}>x</${NAME}>`.repeat(10_000)),
    ),
    said("B21", "a release with twelve thousand attachments", "MESSAGE_INVALID", () =>
      message("TransferRelease", ATTACHED),
    ),
    inPart(
      "B21",
      "a packet of a hundred wrong messages",
      Array.from({ length: 100 }, () => "MESSAGE_INVALID" as const),
      (stage) =>
        carrying(
          stage,
          Array.from({ length: 100 }, () => message("Ping", `<A>${NAME}</A>`.repeat(100))),
        ),
    ),
  ],
  heavy: [
    content("B21", "seven megabytes of white space", "XML_LIMIT", (text) =>
      text.replace("<Ping>", `<Ping>${" \n".repeat(3.5e6)}`),
    ),
    content("B21", "seven megabytes of less-than signs", "XML_MALFORMED", (text) =>
      text.replace("<Ping>", "<".repeat(7e6)),
    ),
    content("B21", "seven megabytes of brackets", "XML_LIMIT", (text) =>
      text.replace(VALUE, "]".repeat(7e6)),
    ),
    content("B21", "seven megabytes of comments", "XML_LIMIT", (text) =>
      text.replace("<Ping>", `<Ping>${"<!---->".repeat(1e6)}`),
    ),
    content("B21", "a comment of seven megabytes without end", "XML_LIMIT", (text) =>
      text.replace("<Ping>", `<!--${"-".repeat(7e6)}`),
    ),
    content("B21", "seven megabytes of CDATA sections", "XML_LIMIT", (text) =>
      text.replace(VALUE, "<![CDATA[]]>".repeat(580_000)),
    ),
    content("B21", "seven megabytes of processing instructions", "XML_LIMIT", (text) =>
      text.replace("<Ping>", `<Ping>${"<?x?>".repeat(1.4e6)}`),
    ),
    content("B21", "a comment of seven megabytes", "XML_LIMIT", (text) =>
      text.replace("<Ping>", `<!--${"- ".repeat(3.5e6)}--><Ping>`),
    ),
    content("B21", "a processing instruction of seven megabytes", "XML_LIMIT", (text) =>
      text.replace("<Ping>", `<?a ${"b ".repeat(3.5e6)}?><Ping>`),
    ),
    content("B21", "a CDATA section of seven megabytes", "XML_LIMIT", (text) =>
      text.replace(VALUE, `<![CDATA[${"] ".repeat(3.5e6)}]]>`),
    ),
    content("B21", "an attribute of seven million line ends", "XML_LIMIT", (text) =>
      text.replace("<Ping>", `<Ping a="${"\n".repeat(7e6)}">`),
    ),
    content("B21", "five attributes of as many tabs as one may have", "XML_LIMIT", (text) =>
      text.replace("<Ping>", `<Ping>${`<A a="${"\t".repeat(1.4e6)}"/>`.repeat(5)}`),
    ),
    content("B21", "half a million siblings of fourteen letters", "XML_LIMIT", (text) =>
      text.replace("<Ping>", `<Ping>${"<ABCD>x</ABCD>".repeat(500_000)}`),
    ),
    said("B21", "a message of a hundred thousand elements", "XML_LIMIT", () =>
      message("Ping", "<ABCDEFGHIJKLMNOPQ>x</ABCDEFGHIJKLMNOPQ>".repeat(100_000)),
    ),
    inPart(
      "B21",
      "eight releases with twelve thousand attachments each",
      Array.from({ length: 8 }, () => "MESSAGE_INVALID" as const),
      (stage) => carrying(stage, manyAttached()),
    ),
    answered("B21", "the same, with another digest than theirs", "PACKET_DIGEST_DIFFERS", (stage) =>
      underSeal(
        stage,
        textOf(stage, {}, manyAttached()).replace(/(?<=<MessagesDigest>).{8}/, "00000000"),
      ),
    ),
    inPart(
      "B21",
      "as many elements as are let through, in eight messages",
      Array.from({ length: 8 }, () => "MESSAGE_INVALID" as const),
      (stage) =>
        carrying(
          stage,
          Array.from({ length: 8 }, () =>
            message("Ping", "<ABCDEFGHIJKLMNO>x</ABCDEFGHIJKLMNO>".repeat(24_990)),
          ),
        ),
    ),
    inPart(
      "B21",
      "a packet of a thousand wrong messages",
      Array.from({ length: 1000 }, () => "MESSAGE_INVALID" as const),
      (stage) =>
        carrying(
          stage,
          Array.from({ length: 1000 }, () => message("Ping", `<A>${NAME}</A>`.repeat(30))),
        ),
    ),
  ],
};

export const shapes: Kind = {
  name: "not well-formed, or not to the profile",
  inputs: [
    edit("B22", "a packet with an unclosed element", "XML_MALFORMED", "</Ping>", NAME),
    edit("B22", "a packet with mismatched tags", "XML_MALFORMED", "</Ping>", "</Pong>"),
    content(
      "B22",
      "a packet with two roots",
      "XML_MALFORMED",
      (text) => `${text}${text.slice(39)}`,
    ),
    content(
      "B22",
      "a packet with a text behind its root",
      "XML_MALFORMED",
      (text) => `${text}${NAME}`,
    ),
    content(
      "B22",
      "a packet with a text before its root",
      "XML_MALFORMED",
      (text) => `${NAME}${text}`,
    ),
    content(
      "B22",
      "a packet with white space before its declaration",
      "XML_MALFORMED",
      (text) => `\n${text}`,
    ),
    content("B22", "a word", "XML_MALFORMED", () => NAME),
    content(
      "B22",
      "a list of students under a good seal",
      "XML_MALFORMED",
      () => `Last,First\n${NAME},Jenna\n`,
    ),
    content("B22", "an object of JSON", "XML_MALFORMED", () =>
      JSON.stringify({ LastOrSurname: NAME }),
    ),
    edit("B22", "a packet with a bare ampersand", "XML_MALFORMED", VALUE, `${NAME} & Sons`),
    edit("B22", "a packet with the end of a CDATA section", "XML_MALFORMED", VALUE, "]]>"),
    edit(
      "B23",
      "a packet with a repeated attribute",
      "XML_MALFORMED",
      ROOT,
      `${ROOT} a="${NAME}" a=""`,
    ),
    edit("B23", "a packet with an attribute", "XML_PROFILE", "<Ping>", `<Ping student="${NAME}">`),
    edit(
      "B23",
      "a packet with two headers",
      "SCHEMA_INVALID",
      "<Messages>",
      "<Header></Header><Messages>",
    ),
    edit(
      "B23",
      "a packet with a doubled header value",
      "SCHEMA_INVALID",
      "<Rendition>",
      "<Rendition>1</Rendition><Rendition>",
    ),
    edit(
      "B23",
      "a packet with its id as an attribute",
      "XML_PROFILE",
      "<Header>",
      `<Header PacketId="${NAME}">`,
    ),
    said("B23", "a message with a doubled element", "MESSAGE_INVALID", ({ letter }) => {
      const text = Buffer.from(ping(letter.at)).toString();
      return text.replace(/<PingDateTime>.*<\/PingDateTime>/, "$&$&");
    }),
    ...["__proto__", "constructor", "prototype"].map((name) =>
      edit(
        "B24",
        `a packet with an element called ${name}`,
        "XML_PROFILE",
        "<Ping>",
        `<Ping><${name}>${NAME}</${name}>`,
      ),
    ),
    ...["toString", "hasOwnProperty", "valueOf"].map((name) =>
      said("B24", `a message with an element called ${name}`, "MESSAGE_INVALID", () =>
        message("Ping", `<${name}>${NAME}</${name}>`),
      ),
    ),
    said("B24", "a message of the kind toString", "MESSAGE_INVALID", () =>
      message("toString", `<A>${NAME}</A>`),
    ),
    edit("B27", "a packet with a comment", "XML_PROFILE", "<Ping>", `<!-- ${NAME} --><Ping>`),
    edit(
      "B27",
      "a packet with a comment inside a value",
      "XML_PROFILE",
      /(?<=<SchemaVersion>)/,
      "<!-- -->",
    ),
    edit("B27", "a packet with a CDATA section", "XML_PROFILE", VALUE, `<![CDATA[${NAME}]]>`),
    edit(
      "B27",
      "a packet with a processing instruction",
      "XML_PROFILE",
      "<Ping>",
      `<?${NAME} now?><Ping>`,
    ),
    edit(
      "B27",
      "a packet with a style sheet at an address",
      "XML_PROFILE",
      ROOT,
      ({ bait }) => `<?xml-stylesheet href="${bait.url}"?>${ROOT}`,
    ),
    edit(
      "B27",
      "a packet with a text between its messages",
      "XML_PROFILE",
      "</Messages>",
      `${NAME}</Messages>`,
    ),
  ],
};

export const schemas: Kind = {
  name: "other namespaces, versions, elements",
  inputs: [
    edit("B25", "a packet of another namespace", "XML_PROFILE", /urn:[a-z:]*1/, `urn:${NAME}`),
    edit("B25", "a packet without a namespace", "XML_PROFILE", / xmlns="[^"]*"/, ""),
    content("B25", "a packet with a prefix throughout", "XML_PROFILE", (text) =>
      text.replace("xmlns=", "xmlns:x=").replaceAll(/<(\/?)([A-Z])/g, "<$1x:$2"),
    ),
    edit(
      "B25",
      "a packet with a prefix on one element",
      "XML_PROFILE",
      "<Ping>",
      '<x:Ping xmlns:x="urn:x"/><Ping>',
    ),
    edit(
      "B25",
      "a packet with a prefix that nobody declared",
      "XML_MALFORMED",
      "<Ping>",
      "<x:Ping/><Ping>",
    ),
    edit(
      "B25",
      "a packet whose root is in small letters",
      "SCHEMA_INVALID",
      /(?<=<\/?)TransferPacket/g,
      "transferpacket",
    ),
    edit("B25", "a packet with an id called ID", "SCHEMA_INVALID", /(?<=<\/?Packet)Id/g, "ID"),
    said("B25", "a message with an id called ID", "MESSAGE_INVALID", ({ letter }) =>
      Buffer.from(ping(letter.at)).toString().replaceAll("MessageId", "MessageID"),
    ),
    content(
      "B25",
      "a request instead of a packet",
      "SCHEMA_INVALID",
      () =>
        `<TransferRequest xmlns="urn:packetboat:transfer:1"><Student>${NAME}</Student></TransferRequest>`,
    ),
    edit(
      "B28",
      "a packet with an unknown header element",
      "SCHEMA_INVALID",
      "</Header>",
      `<A>${NAME}</A></Header>`,
    ),
    edit(
      "B28",
      "a packet of another version of the schema",
      "PACKET_VERSION",
      /(?<=<SchemaVersion>)1/,
      NAME,
    ),
    edit(
      "B28",
      "a packet of another version of the namespace",
      "PACKET_VERSION",
      /(?<=urn:[a-z:]*:)1/,
      "2",
    ),
    edit(
      "B28",
      "a packet with a schema at an address",
      "XML_PROFILE",
      ROOT,
      ({ bait }) =>
        `${ROOT} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x ${bait.url}"`,
    ),
    edit(
      "B28",
      "a packet with an included document",
      "XML_PROFILE",
      "<Ping>",
      ({ bait }) =>
        `<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="${bait.url}"/><Ping>`,
    ),
    said("B28", "a message with an unknown element", "MESSAGE_INVALID", () =>
      message("Ping", `<Student>${NAME}</Student>`),
    ),
    said("B28", "a message of an unknown kind", "MESSAGE_INVALID", () => message(NAME, "")),
    said("B28", "a message without an id", "MESSAGE_INVALID", () => `<Ping><A>${NAME}</A></Ping>`),
  ],
};

/** UTF-8 is what it says; anything else is refused before it is read. */
export const encodings: Kind = {
  name: "other encodings, control characters",
  inputs: [
    content("B26", "a packet in UTF-16", "XML_ENCODING", (text) =>
      Buffer.from(`\ufeff${text}`, "utf16le"),
    ),
    content("B26", "a packet in UTF-16 without its mark", "XML_ENCODING", (text) =>
      Buffer.from(text, "utf16le"),
    ),
    content("B26", "a packet in UTF-16 of the other order", "XML_ENCODING", (text) =>
      Buffer.from(`\ufeff${text}`, "utf16le").swap16(),
    ),
    content("B26", "a packet in UTF-32", "XML_ENCODING", (text) => {
      const wide = Buffer.alloc(4 * text.length);
      for (const [at, char] of [...text].entries())
        wide.writeUInt32LE(char.codePointAt(0) ?? 0, 4 * at);
      return wide;
    }),
    content("B26", "a packet in ISO-8859-1", "XML_ENCODING", (text) =>
      Buffer.from(text.replace(VALUE, "Zo\u00eb"), "latin1"),
    ),
    edit("B26", "a packet that says it is in ISO-8859-1", "XML_ENCODING", "UTF-8", "ISO-8859-1"),
    edit("B26", "a packet that says it is in UTF-7", "XML_ENCODING", "UTF-8", "UTF-7"),
    content("B26", "a packet in UTF-7", "XML_MALFORMED", (text) => text.replaceAll("<", "+ADw-")),
    content("B26", "a packet in EBCDIC", "XML_ENCODING", () =>
      Buffer.from("4c6fa7949340a58599a2899695", "hex"),
    ),
    ...Object.entries({
      "an overlong less-than sign": "c0bc",
      "an overlong slash": "e080af",
      "a lone surrogate": "eda080",
      "a pair of surrogates in UTF-8": "eda080edb080",
      "a character beyond Unicode": "f4908080",
      "a cut character": "c3",
      "a byte that never stands in UTF-8": "ff",
    }).map(([what, hex]) =>
      content("B26", `a packet with ${what}`, "XML_ENCODING", (text) => {
        const [before = "", after = ""] = text.split(VALUE);
        return Buffer.concat([Buffer.from(before), Buffer.from(hex, "hex"), Buffer.from(after)]);
      }),
    ),
    edit("B26", "a packet with a zero byte", "XML_ENCODING", VALUE, "\0"),
    edit("B26", "a packet with a zero byte by reference", "XML_MALFORMED", VALUE, "&#0;"),
    edit("B26", "a packet with a bell", "XML_MALFORMED", VALUE, "\u0007"),
    edit("B26", "a packet with an escape by reference", "XML_MALFORMED", VALUE, "&#27;[31m"),
    edit("B26", "a packet with a delete character", "XML_PROFILE", VALUE, "\u007f"),
    edit(
      "B26",
      "a packet with a control character of the second kind",
      "XML_PROFILE",
      VALUE,
      "\u0085",
    ),
    edit("B26", "a packet with a noncharacter", ["XML_MALFORMED", "XML_PROFILE"], VALUE, "\uffff"),
    content("B26", "a packet with a byte order mark", "XML_ENCODING", (text) => `\ufeff${text}`),
    edit("B26", "a packet with a byte order mark in its middle", "XML_ENCODING", VALUE, "\ufeff"),
    edit("B26", "a packet with a byte order mark by reference", "XML_PROFILE", VALUE, "&#xFEFF;"),
    content("B26", "a packet with line ends of Windows", "XML_PROFILE", (text) =>
      text.replaceAll("\n", "\r\n"),
    ),
  ],
};
