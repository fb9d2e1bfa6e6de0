import { describe, expect, it } from "vitest";
import { newRandomPart, parseAgencyId } from "../../daemon/ids.ts";
import {
  attachmentName,
  parseAttachmentName,
  parseSealedName,
  sealedName,
} from "../../daemon/packet/names.ts";
import { checkerFor } from "../../daemon/schema.ts";

const from = parseAgencyId("0100005");
const to = parseAgencyId("3900417");
const sealed = { from, to, sequence: 17, random: "9f2c41d07be6a835" };
const attached = { from, to, group: 17, number: 2, random: "9f2c41d07be6a835" };

describe("the name of a file in a drop box", () => {
  it("is recognised as it was made", () => {
    expect(sealedName(sealed)).toBe("0100005_3900417_000000017_9f2c41d07be6a835.xml.pgp");
    expect(parseSealedName(sealedName(sealed))).toEqual(sealed);
    expect(attachmentName(attached)).toBe("0100005_3900417_17_2_9f2c41d07be6a835.att.pgp");
    expect(parseAttachmentName(attachmentName(attached))).toEqual(attached);
    const random = newRandomPart();
    expect(parseSealedName(sealedName({ ...sealed, random }))?.random).toBe(random);
  });

  it("of an attachment is one that a packet may carry", () => {
    const check = checkerFor("transfer.schema.json", "SealedFileName");
    expect(check(attachmentName({ ...attached, group: 9_999_999_999, number: 999 }))).toEqual([]);
  });

  it("sorts by sequence in a plain listing", () => {
    const names = [2, 10, 999_999_999, 1].map((sequence) => sealedName({ ...sealed, sequence }));
    expect(names.toSorted().map((name) => parseSealedName(name)?.sequence)).toEqual([
      1, 2, 10, 999_999_999,
    ]);
  });

  it.each([
    "",
    "../0100005_3900417_000000017_9f2c41d07be6a835.xml.pgp",
    "0100005_3900417_000000017_9f2c41d07be6a835.xml.pgp\n",
    "0100005_3900417_000000017_9F2C41D07BE6A835.xml.pgp",
    "0100005_3900417_000000017_9f2c41d07be6a835 (1).xml.pgp",
    "100005_3900417_000000017_9f2c41d07be6a835.xml.pgp",
    "0100005_3900417_17_9f2c41d07be6a835.xml.pgp.part",
    "٠100005_3900417_17_9f2c41d07be6a835.xml.pgp",
    "..part",
    ".notes.txt.part",
  ])("is not recognised in %j", (name) => {
    expect([parseSealedName(name), parseAttachmentName(name)]).toEqual([null, null]);
  });

  it("is never made in a form that would not be recognised", () => {
    expect(() => sealedName({ ...sealed, sequence: -1 })).toThrow(
      expect.objectContaining({ code: "WRITING_INVALID" }),
    );
    expect(() => sealedName({ ...sealed, sequence: -1 })).toThrow(/would not be recognised/);
    expect(() => sealedName({ ...sealed, random: "../../etc" })).toThrow(/would not be recognised/);
    expect(() => attachmentName({ ...attached, number: 1000 })).toThrow(/would not be recognised/);
  });
});
