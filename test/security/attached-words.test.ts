/**
 * A district signs whatever its registrar attaches. So a document that somebody has brought along must not turn into a
 * word of the district's own: the reader of the release has the signature over it, and may put it elsewhere.
 */
import * as openpgp from "openpgp";
import { beforeAll, describe, expect, it } from "vitest";
import { provedReferral, provedRequest } from "../../daemon/directory/inner-texts.ts";
import { proveSuccession, writeSuccession } from "../../daemon/directory/succession.ts";
import { parseAgencyId } from "../../daemon/ids.ts";
import { seal } from "../../daemon/keys/seal.ts";
import { readSigned } from "../../daemon/keys/signed.ts";
import { writeDocument } from "../../daemon/packet/document.ts";
import { REFERRAL, TRANSFER_REQUEST } from "../../daemon/packet/model.ts";
import { wireTime } from "../../daemon/transfer/dates.ts";
import { insideOf } from "../keys/crafted.ts";
import { type Agency, agency, codeOf, minutesAfter, NOON } from "../keys/people.ts";
import { requestFrom } from "../transfer/cast.ts";

let honest: Agency;
let reader: Agency;
beforeAll(async () => {
  honest = await agency("2700105", "Honest");
  reader = await agency("2700106", "Reader");
});

/** The document is attached and sealed, and its reader makes a text of what was under the seal. */
async function takenOut(document: Uint8Array): Promise<string> {
  const sealed = await seal(document, { signWith: honest.secret, sealFor: reader.key, at: NOON });
  const inside = await insideOf(reader, sealed);
  return openpgp.armor(openpgp.enums.armor.message, inside).replaceAll("\r", "").trim();
}

describe("a document that a district attached", () => {
  it("does not name the key that follows its own", async () => {
    const agencyId = parseAgencyId("2700105");
    const next = reader.key.fingerprint;
    const about = { agencyId, former: honest.key, next };
    const own = await writeSuccession(honest.secret, { agencyId, next, at: NOON });
    expect(await proveSuccession(own, about, NOON)).toEqual(NOON);
    const signed = await readSigned(own, { maxBytes: 10_000 });
    const taken = await takenOut(signed.unverifiedContent());
    expect(await codeOf(proveSuccession(taken, about, NOON))).toBe("KEY_HELD");
  });

  it("is no request of it, and no referral", async () => {
    const keys = async () => [honest.key];
    const created = wireTime(NOON);
    const expires = wireTime(minutesAfter(NOON, 60));
    const request = requestFrom({ CreatedDateTime: created, ExpiresDateTime: expires });
    const asking = await takenOut(writeDocument(TRANSFER_REQUEST, request));
    expect(await codeOf(provedRequest(asking, keys, NOON))).toBe("INNER_TEXT_INVALID");
    const referral = {
      MessageId: request.MessageId,
      TransferId: request.TransferId,
      RequestSha256: "0".repeat(64),
      EntityId: "2700000",
      RequesterId: "2700106",
      ReleaserId: "2700105",
      DocumentProcessCode: "TEST",
      IssuedDateTime: created,
      ExpiresDateTime: expires,
    } as const;
    const naming = await takenOut(writeDocument(REFERRAL, referral));
    expect(await codeOf(provedReferral(naming, keys, NOON))).toBe("INNER_TEXT_INVALID");
  });
});
