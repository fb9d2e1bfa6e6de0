import { describe, expect, it } from "vitest";
import { type Source, typesOf } from "../../schemas/generate-types.ts";
import { type WireSchema, xsdOf } from "../../schemas/generate-xsd.ts";
import { openXsd } from "../xsd.ts";

const leaf: WireSchema = { type: "string", pattern: "^[0-9]{7}$", maxLength: 7 };
const object = (properties: Record<string, WireSchema>, required: string[]): WireSchema => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});

describe("the XSD", () => {
  it("is made with a packet for its root, and loads in libxml2", () => {
    const xsd = xsdOf({
      $defs: {
        AgencyId: leaf,
        Header: object({ From: { $ref: "#/$defs/AgencyId", description: "<who> & why" } }, [
          "From",
        ]),
        Ping: object({ To: leaf }, ["To"]),
        Messages: { type: "array", items: { oneOf: [{ $ref: "#/$defs/Ping" }] }, minItems: 1 },
      },
    });
    using oracle = openXsd(xsd);
    const packet = (from: string): string =>
      `<TransferPacket xmlns="urn:packetboat:transfer:1"><Header><From>${from}</From></Header>` +
      "<Messages><Ping><To>0634320</To></Ping></Messages></TransferPacket>";
    expect(oracle.validate(packet("0634320")).messages).toEqual([]);
    expect(oracle.validate(packet("634320")).valid).toBe(false);
  });

  const date = { type: "string", format: "date", pattern: "^[0-9-]{10}$" };
  it.each<[string, WireSchema, string]>([
    ["an unknown keyword", { ...leaf, default: "x" } as WireSchema, "the keyword default"],
    ["a format without a pattern", { type: "string", format: "date" }, "needs a pattern"],
    ["a format of another kind", { ...date, format: "email" }, "the format email"],
    ["open properties", { type: "object", properties: { A: leaf } }, "additionalProperties"],
    ["a container that may be empty", object({ A: leaf }, []), "no child is required"],
    ["a required child that is not there", object({ A: leaf }, ["A", "B"]), "B is required"],
    ["a number", { type: "integer" }, "a leaf must be a string"],
    [
      "a reference to nothing",
      object({ A: { $ref: "#/$defs/B" } }, ["A"]),
      "#/$defs/B names nothing",
    ],
    [
      "a reference with a rule beside it",
      object({ A: { $ref: "#/$defs/Own", maxLength: 3 } }, ["A"]),
      "the keyword maxLength",
    ],
    [
      "a list that may be empty",
      object({ A: { type: "array", items: leaf } }, ["A"]),
      "minItems must be 1",
    ],
    [
      "a list of none, or two",
      object({ A: { type: "array", items: leaf, minItems: 2 }, B: leaf }, ["B"]),
      "none, or at least two",
    ],
  ])("is not made from %s", (_, schema, fault) => {
    expect(() => xsdOf({ $defs: { Probe: schema, Own: leaf } })).toThrow(fault);
  });
});

describe("the types", () => {
  const wire: Source = {
    file: "transfer.schema.json",
    types: "daemon/packet/model.gen.ts",
    root: "TransferPacket",
    schema: {
      $id: "urn:packetboat:transfer:1",
      $defs: { Sex: { type: "string", enum: ["F", "M"] } },
    },
  };
  const outbox = (sex: string): Source => ({
    file: "outbox.schema.json",
    types: "daemon/desk/outbox.gen.ts",
    root: "OutboxDocument",
    schema: {
      title: "A Title That Is No Name",
      type: "object",
      properties: { Sex: { $ref: sex, description: "As registered." } },
      additionalProperties: false,
    },
  });

  it.each(["transfer.schema.json#/$defs/Sex", "urn:packetboat:transfer:1#/$defs/Sex"])(
    "of another schema are imported, by %s",
    async (ref) => {
      const source = outbox(ref);
      const text = await typesOf(source, [wire, source]);
      expect(text).toContain('import type { Sex } from "../packet/model.gen.ts";');
      expect(text).toMatch(
        /export interface OutboxDocument \{\s*\/\*\*\s*\* As registered\.\s*\*\/\s*Sex\?: Sex/,
      );
      expect(text).not.toContain("export type Sex");
    },
  );

  it("are not made where a reference names nothing", async () => {
    const source = outbox("transfer.schema.json#/$defs/Gender");
    await expect(typesOf(source, [wire, source])).rejects.toThrow("names nothing");
  });
});
