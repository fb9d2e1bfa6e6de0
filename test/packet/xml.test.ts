import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInThisContext } from "node:vm";
import fc from "fast-check";
import { EVENTS, SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import { isRefusal } from "../../daemon/errors.ts";
import { strictText } from "../../daemon/packet/encoding.ts";
import { readEnvelope } from "../../daemon/packet/envelope.ts";
import { elementIn, Reader, walk } from "../../daemon/packet/xml.ts";
import { corpus } from "../keys/corpora.ts";
import { anyText } from "./arbitrary.ts";

const STRICT = { namespace: "urn:example:1", isForgiving: false };
const FORGIVING = { namespace: "urn:example:1", isForgiving: true };

function codeOf(work: () => unknown): string {
  try {
    work();
    return "accepted";
  } catch (error) {
    if (isRefusal(error)) return error.code;
    throw error;
  }
}

const strictly = (text: string): string => codeOf(() => walk(text, STRICT, {}));
const forgivingly = (text: string): string => codeOf(() => walk(text, FORGIVING, {}));
const root = (inner: string): string => `<R xmlns="urn:example:1">${inner}</R>`;

describe("a walk through a document", () => {
  it("meets every element in order, by its depth and its place in the text", () => {
    const text = root("<A>😀é</A>\n<B><C/></B >");
    const met: [string, number, string][] = [];
    const starts: number[] = [];
    walk(text, STRICT, {
      open: (_name, _depth, index) => starts.push(index),
      close: (name, depth, end) => met.push([name, depth, text.slice(starts.pop(), end)]),
    });
    expect(met).toEqual([
      ["A", 2, "<A>😀é</A>"],
      ["C", 3, "<C/>"],
      ["B", 2, "<B><C/></B >"],
      ["R", 1, text],
    ]);
  });

  it("calls a document malformed that is, whatever else is wrong with it", () => {
    expect(strictly('<R xmlns="urn:other" a="1"><!-- --><A></R>')).toBe("XML_MALFORMED");
    expect(strictly('<R xmlns="urn:other" a="1"><!-- --></R>')).toBe("XML_PROFILE");
  });

  it("tells line and column, and nothing of the content", () => {
    const text = root("\n<FirstName>Jenna</FirstName><Sex>Female</Six>");
    expect(() => walk(text, STRICT, {})).toThrow(
      expect.objectContaining({
        code: "XML_MALFORMED",
        message: "the document is not well-formed XML at line 2, column 45",
        facts: { line: 2, column: 45 },
      }),
    );
  });

  it("knows the five entities of XML, and no property of JavaScript's objects", () => {
    expect(strictly(root("<A>&amp;&lt;&gt;&quot;&apos;</A>"))).toBe("accepted");
    for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty", "nbsp"]) {
      expect([name, strictly(root(`<A>&${name};</A>`))]).toEqual([name, "XML_MALFORMED"]);
    }
  });

  it("refuses element names that are keys to JavaScript's objects, in every profile", () => {
    for (const name of ["__proto__", "constructor", "prototype"]) {
      expect([name, strictly(root(`<${name}/>`))]).toEqual([name, "XML_PROFILE"]);
      expect([name, forgivingly(root(`<${name}/>`))]).toEqual([name, "XML_PROFILE"]);
      expect([name, forgivingly(`<x:R xmlns:x="urn:example:1"><x:${name}/></x:R>`)]).toEqual([
        name,
        "XML_PROFILE",
      ]);
    }
    expect(({} as Record<string, unknown>).Sex).toBeUndefined();
  });

  it("forgives offices what cannot change the meaning", () => {
    const inner = [
      "<!-- by Example SIS --><?example print?>",
      '<x:A xmlns:x="urn:example:1" xsi:nil="false"><![CDATA[Smith & Sons]]></x:A>',
      '<B xml:lang="en">first&#xD;\nsecond</B>',
    ].join("");
    const text = `<?xml version="1.0" encoding="windows-1252"?>${root(inner).replace(
      "<R",
      '<R xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
    )}`;
    expect(strictly(text)).toBe("XML_ENCODING");
    expect(forgivingly(text)).toBe("accepted");
    expect(elementIn(text).children).toEqual([
      { name: "A", text: "Smith & Sons", children: [] },
      { name: "B", text: "first\r\nsecond", children: [] },
    ]);
  });

  it("forgives offices no attribute with a meaning, no foreign element and no DOCTYPE", () => {
    expect(forgivingly(root('<A id="1">x</A>'))).toBe("XML_PROFILE");
    expect(forgivingly(root('<A xmlns="urn:example:2:other">x</A>'))).toBe("XML_PROFILE");
    expect(forgivingly(root("<A>one<B/></A>"))).toBe("XML_PROFILE");
    expect(forgivingly(`<!DOCTYPE R>${root("")}`)).toBe("XML_DOCTYPE");
  });
});

/** Elements of twenty references each. */
const referring = (count: number): string => `<A>${"&lt;&#65;".repeat(10)}</A>`.repeat(count / 20);

describe("the limits of a document", () => {
  it.each([
    ["depth", "<A>".repeat(11) + "</A>".repeat(11), "<A>".repeat(12) + "</A>".repeat(12)],
    ["length of a name", `<${"A".repeat(64)}/>`, `<${"A".repeat(65)}/>`],
    ["length of a text", `<A>${"x".repeat(250_000)}</A>`, `<A>${"x".repeat(250_001)}</A>`],
    ["number of references", referring(100_000), referring(200_000)],
    ["digits of a reference", `<A>&#${"0".repeat(23)}65;</A>`, `<A>&#${"0".repeat(24)}65;</A>`],
  ])("hold for the %s", (_what, within, beyond) => {
    expect(strictly(root(within))).toBe("accepted");
    expect(strictly(root(beyond))).toBe("XML_LIMIT");
    expect(forgivingly(root(beyond))).toBe("XML_LIMIT");
  });

  it("let the longest reference be read as the character that it is", () => {
    const long = root(`<A>&#${"0".repeat(23)}65;&#x${"0".repeat(23)}41;</A>`);
    expect(strictly(long)).toBe("accepted");
    expect(elementIn(long).children[0]?.text).toBe("AA");
  });
});

describe("the elements of a document", () => {
  it("keep their texts as they were written", () => {
    const texts = [
      "007",
      "1e5",
      "0x1F",
      "true",
      " 1 ",
      "null",
      "\t\n",
      "NaN",
      "1.50",
      "&#65;&amp;#65;",
    ];
    const read = elementIn(root(texts.map((text) => `<A>${text}</A>`).join("\n")));
    expect(read.children.map(({ text }) => text)).toEqual([...texts.slice(0, -1), "A&#65;"]);
  });

  it("say the same whether a character is written plainly or by its number", () => {
    const anyWriting = fc.func(fc.constantFrom("plain", "decimal", "hexadecimal"));
    fc.assert(
      fc.property(anyText, anyWriting, (text, writing) => {
        const written = [...text].map((char, index) => {
          const code = char.codePointAt(0) ?? 0;
          const way = writing(index);
          if (way === "decimal" || "&<>".includes(char)) return `&#${code};`;
          return way === "hexadecimal" ? `&#x${code.toString(16)};` : char;
        });
        const document = root(`<A>${written.join("")}</A>`);
        expect(strictly(document)).toBe("accepted");
        expect(elementIn(document).children[0]?.text).toBe(text);
      }),
    );
  });
});

/** Documents of about a megabyte, each made to cost more than it should. */
const NASTY: Record<string, string> = {
  "numeric references": root(`<A>${"&#65;".repeat(40_000)}</A>`.repeat(5)),
  "a reference with a million zeros": root(`<A>&#${"0".repeat(1e6)}65;</A>`),
  "a name of a million letters": `<${"a".repeat(1e6)}/>`,
  "an entity of a million letters": root(`&${"a".repeat(1e6)};`),
  "a hundred thousand levels": "<a>".repeat(1e5) + "</a>".repeat(1e5),
  "a hundred thousand attributes": `<R ${Array.from({ length: 1e5 }, (_, i) => `a${i}=""`).join(" ")}/>`,
  "an attribute of a million letters": `<R a="${"x".repeat(1e6)}"/>`,
  "tiny siblings": root("<a/>".repeat(250_000)),
  "white space in a text": root(`<A>x${" ".repeat(1e6)}x</A>`),
  "white space between elements": root(`<A>x</A>${" \n".repeat(5e5)}`),
  "less-than signs": "<".repeat(1e6),
  ampersands: root("&".repeat(1e6)),
  brackets: root(`<A>${"]".repeat(1e6)}</A>`),
  "CDATA sections": root("<![CDATA[]]>".repeat(80_000)),
  comments: root("<!---->".repeat(140_000)),
  "a comment without end": `<R><!--${"-".repeat(1e6)}`,
  "processing instructions": root("<?x?>".repeat(200_000)),
  "a DOCTYPE of a million entities": `<!DOCTYPE a [${"<!ENTITY b 'c'>".repeat(60_000)}]><a/>`,
};

describe("the strict reader", () => {
  const UNHEARD = ["doctype", "end", "ready"];

  it("stays quick with all its handlers: V8 keeps it as an object, not as a dictionary", () => {
    setFlagsFromString("--allow-natives-syntax");
    const isQuick = runInThisContext("(object) => %HasFastProperties(object)") as (
      object: object,
    ) => boolean;
    const set = (reader: SaxesParser): SaxesParser => {
      for (const event of EVENTS) {
        if (!UNHEARD.includes(event)) reader.on(event, () => undefined);
      }
      return reader;
    };
    expect(isQuick(set(new Reader()))).toBe(true);
    // When this is quick too, ours is needed no more.
    expect(isQuick(set(new SaxesParser({ xmlns: true })))).toBe(false);
  });
});

describe("a hostile megabyte is refused within a second:", () => {
  it.each(Object.keys(NASTY))("%s", (name) => {
    const bytes = Buffer.from(NASTY[name] ?? "");
    const before = process.threadCpuUsage();
    expect(codeOf(() => readEnvelope(bytes))).toMatch(/^XML_/);
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(1000);
  });
});

const conformance = corpus("xml/w3c-xmlconf");

describe.skipIf(conformance === null)("the W3C's documents that are not well-formed", () => {
  it("are all refused", () => {
    const folder = conformance ?? "";
    const names = readdirSync(folder).filter((name) => name.endsWith(".xml"));
    const codes = names.map((name) => {
      const bytes = readFileSync(join(folder, name));
      return [name, codeOf(() => walk(strictText(bytes), { ...STRICT, namespace: "" }, {}))];
    });
    expect(codes).toHaveLength(121);
    expect(codes.filter(([, code]) => !/^XML_(?:MALFORMED|ENCODING)$/.test(code ?? ""))).toEqual(
      [],
    );
  });
});
