/** Whatever the model can say survives XML, seal, open and XML again, to the byte. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type Card, readCard, writeCard } from "../../daemon/directory/card.ts";
import { type Directory, readDirectory, writeDirectory } from "../../daemon/directory/directory.ts";
import { provedReferral, provedRequest } from "../../daemon/directory/inner-texts.ts";
import { seal, signInline } from "../../daemon/keys/seal.ts";
import { unseal } from "../../daemon/keys/unseal.ts";
import { writeDocument } from "../../daemon/packet/document.ts";
import { readEnvelope } from "../../daemon/packet/envelope.ts";
import type { Referral, TransferRequest } from "../../daemon/packet/model.gen.ts";
import { REFERRAL, TRANSFER_REQUEST, TRANSFER_SCHEMA } from "../../daemon/packet/model.ts";
import { wireTime } from "../../daemon/transfer/dates.ts";
import { type Agency, agency, daysAfter, NOON, textOf } from "../keys/people.ts";
import { anyOf } from "../packet/arbitrary.ts";
import { anyPacket, xmlOf } from "./packets.ts";
import { holds } from "./runs.ts";
import { heard } from "../packet/heard.ts";

const MOST_BYTES = 8 * 1024 * 1024;

let aitkin: Agency;
let bagley: Agency;
beforeAll(async () => {
  [aitkin, bagley] = await Promise.all([agency("2700105", "Aitkin"), agency("2700106", "Bagley")]);
});

describe("any packet of the model", () => {
  it("survives XML, seal, open and XML again", async () => {
    const survives = fc.asyncProperty(anyPacket, async ({ header, messages }) => {
      const xml = xmlOf({ header, messages });
      const sealed = await seal(xml, { signWith: aitkin.secret, sealFor: bagley.key, at: NOON });
      const opened = await unseal(sealed, { ourKeys: [bagley.secret], maxBytes: MOST_BYTES });
      const { content, signer } = await opened.verify(aitkin.key, NOON);
      expect(signer).toBe(aitkin.key.fingerprint);

      const { header: read, ...envelope } = readEnvelope(content);
      const { MessagesDigest, ...head } = read;
      const said = envelope.messages.map(heard);
      expect([head, MessagesDigest]).toEqual([header, envelope.messagesDigest]);
      expect(said).toEqual(messages);
      expect(Buffer.from(xmlOf({ header: head, messages: said })).equals(xml)).toBe(true);
    });
    await holds("packets", survives, { short: 60, dear: 10 });
  });
});

describe("any signed document of the model", () => {
  const by = () => ({ signWith: aitkin.secret, at: NOON });
  const open = {
    CreatedDateTime: wireTime(NOON),
    ExpiresDateTime: wireTime(daysAfter(NOON, 60)),
  };

  it("is read as it was written: a request", async () => {
    const anyRequest = anyOf(
      TRANSFER_SCHEMA,
      "TransferRequest",
    ) as unknown as fc.Arbitrary<TransferRequest>;
    const survives = fc.asyncProperty(anyRequest, async (made) => {
      const request = { ...made, ...open };
      const text = await signInline(textOf(writeDocument(TRANSFER_REQUEST, request)), by());
      expect(await provedRequest(text, async () => [aitkin.key], NOON)).toEqual(request);
    });
    await holds("requests", survives, { short: 20, dear: 10 });
  });

  it("is read as it was written: a referral", async () => {
    const anyReferral = anyOf(TRANSFER_SCHEMA, "Referral") as unknown as fc.Arbitrary<Referral>;
    const survives = fc.asyncProperty(anyReferral, async (made) => {
      const referral = { ...made, IssuedDateTime: wireTime(NOON) };
      const text = await signInline(textOf(writeDocument(REFERRAL, referral)), by());
      expect(await provedReferral(text, async () => [aitkin.key], NOON)).toEqual(referral);
    });
    await holds("referrals", survives, { short: 20, dear: 10 });
  });

  it("is read as it was written: a card", async () => {
    const anyCard = anyOf("card.schema.json", "Card") as unknown as fc.Arbitrary<Card>;
    const survives = fc.asyncProperty(anyCard, async (made) => {
      const PublicKey = aitkin.key.armored.replaceAll("\r", "").trim();
      const card: Card = { ...made, PublicKey, Created: wireTime(NOON) };
      const read = await readCard(await writeCard(card, aitkin.secret, NOON), NOON);
      expect(read).toMatchObject({ card, agencyId: card.Agency.AgencyId, created: NOON });
      expect(read.fingerprint).toBe(aitkin.key.fingerprint);
    });
    await holds("cards", survives, { short: 20, dear: 20 });
  });

  it("is read as it was written: a directory", async () => {
    const anyDirectory = anyOf(
      "directory.schema.json",
      "Directory",
    ) as unknown as fc.Arbitrary<Directory>;
    const survives = fc.asyncProperty(anyDirectory, async (made) => {
      const directory: Directory = { ...made, IssuedDateTime: wireTime(NOON) };
      const { text, sha256 } = await writeDirectory(directory, aitkin.secret, NOON);
      const entity = { key: aitkin.key, successor: async () => null };
      const read = await readDirectory(Buffer.from(text), entity, NOON);
      expect(read.directory).toEqual(directory);
      expect(read.sha256).toBe(sha256);
    });
    await holds("directories", survives, { short: 20, dear: 10 });
  });
});
