import { describe, expect, it } from "vitest";
import { provedReferral } from "../../daemon/directory/inner-texts.ts";
import { type ErrorCode, PacketboatError } from "../../daemon/errors.ts";
import { newMessageId, newTransferId, parseAgencyId, sha256 } from "../../daemon/ids.ts";
import { newKeyPair, readPrivateKey } from "../../daemon/keys/key.ts";
import { signInline } from "../../daemon/keys/seal.ts";
import { writeDocument } from "../../daemon/packet/document.ts";
import { REFERRAL } from "../../daemon/packet/model.ts";

const AT = new Date("2026-11-23T18:00:00Z");

async function referralText(): Promise<string> {
  const agencyId = parseAgencyId("2700000");
  const made = await newKeyPair({ agencyId, name: "Example State", at: AT });
  const document = writeDocument(REFERRAL, {
    MessageId: newMessageId(),
    DocumentProcessCode: "TEST",
    EntityId: agencyId,
    RequestSha256: sha256("the request"),
    TransferId: newTransferId(),
    RequesterId: "2700417",
    ReleaserId: "2700105",
    IssuedDateTime: "2026-11-23T18:00:00Z",
    ExpiresDateTime: "2026-12-23T18:00:00Z",
  });
  const signWith = await readPrivateKey(made.privateKey);
  return await signInline(Buffer.from(document).toString("utf8"), { signWith, at: AT });
}

describe("a signed text whose key cannot be had now", () => {
  it.each<ErrorCode>(["BOX_UNREACHABLE", "KEY_FILE_DIFFERS", "KEY_NOT_FETCHED"])(
    "for %s is not refused for good",
    async (code) => {
      const keysOf = () => Promise.reject(new PacketboatError(code, "not now"));
      const proving = provedReferral(await referralText(), keysOf, AT);
      await expect(proving).rejects.toMatchObject({ code });
    },
  );

  it("that nobody here has waits until one is here", async () => {
    const proving = provedReferral(await referralText(), () => Promise.resolve([]), AT);
    await expect(proving).rejects.toMatchObject({ code: "INNER_KEY_MISSING", disposition: "wait" });
  });
});
