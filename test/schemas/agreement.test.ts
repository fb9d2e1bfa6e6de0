/**
 * JSON Schema and XSD say the same, whatever the document: ajv and libxml2 must give the same verdict
 * on random ones, good and changed in one place. What only the wire profile can see (order,
 * repetition, white space, forbidden characters) is left out here.
 */
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { WireSchema } from "../../schemas/generate-xsd.ts";
import { openXsd, packetXsd } from "../xsd.ts";
import { changed, definition, elementsOf, type Node, said, textsFor, wire } from "./documents.ts";

// A packet's messages have no name in JSON: they are judged one by one, as a reader does.
const names = Object.keys(wire.$defs).filter((name) => !/^(?:TransferPacket|Messages)$/.test(name));
const leaves = names.filter((name) => definition(name).type !== "object");
const containers = names.filter((name) => definition(name).type === "object");

const ajv = new Ajv2020({ strict: true });
addFormats.default(ajv);
ajv.addSchema(wire);
const probes = names.map((name) => `<xs:element name="probe.${name}" type="${name}"/>`).join("");
const oracle = openXsd(packetXsd().replace("</xs:schema>", `${probes}</xs:schema>`));
afterAll(() => oracle[Symbol.dispose]());

const acceptedByAjv = ({ name, content }: Node): boolean =>
  ajv.getSchema(`${wire.$id}#/$defs/${name}`)?.(valueOf(content, definition(name))) === true;

const acceptedByXsd = ({ name, content }: Node): boolean =>
  oracle.validate(
    `<probe.${name} xmlns="urn:packetboat:transfer:1">${xmlOf(content)}</probe.${name}>`,
  ).valid;

/** The object that a reader makes of an element; what the schema lists becomes an array. */
function valueOf(content: Node["content"], schema: WireSchema): unknown {
  if (typeof content === "string") return content;
  const value: Record<string, unknown> = {};
  for (const child of content) {
    const own = said(schema.properties?.[child.name] ?? {});
    const isList = own.type === "array";
    const made = valueOf(child.content, isList ? said(own.items ?? {}) : own);
    const before = value[child.name];
    value[child.name] = isList ? (Array.isArray(before) ? before.concat([made]) : [made]) : made;
  }
  return value;
}

const xmlOf = (content: Node["content"]): string =>
  typeof content === "string"
    ? content.replaceAll(/[&<>]/g, (char) => `&#${char.codePointAt(0)};`)
    : content.map((child) => `<${child.name}>${xmlOf(child.content)}</${child.name}>`).join("");

const texts = new Map(leaves.map((name) => [name, textsFor(definition(name))]));
/** A few good texts for each kind of leaf, made once. */
const goodTexts = new Map(
  [...texts].map(([name, any]) => {
    const good = any.filter((content) => acceptedByAjv({ name, content }));
    return [definition(name), fc.constantFrom(...fc.sample(good, { numRuns: 5, seed: 1 }))];
  }),
);

describe("the JSON Schema and the XSD", () => {
  it("agree on every kind of text", () => {
    const verdicts = { accepted: 0, refused: 0 };
    for (const [name, contents] of texts) {
      const agree = fc.property(contents, (content) => {
        const accepted = acceptedByAjv({ name, content });
        verdicts[accepted ? "accepted" : "refused"]++;
        expect({ name, accepted: acceptedByXsd({ name, content }) }).toEqual({ name, accepted });
      });
      fc.assert(agree, { numRuns: 50, seed: 1 });
    }
    expect(Math.min(verdicts.accepted, verdicts.refused)).toBeGreaterThan(500);
  });

  it.each(containers)("agree on %s", (name) => {
    const good = elementsOf(name, definition(name), goodTexts);
    const accepted = fc.property(good, (node) => {
      expect([acceptedByAjv(node), acceptedByXsd(node)]).toEqual([true, true]);
    });
    fc.assert(accepted, { numRuns: 15, seed: 1 });
    const agree = fc.property(changed(good), (node) => {
      expect(acceptedByXsd(node)).toBe(acceptedByAjv(node));
    });
    fc.assert(agree, { numRuns: 60, seed: 1 });
  });
});
