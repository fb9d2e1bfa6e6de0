/**
 * Files that somebody on the way has spoiled, who has none of the keys: whatever was done to the bytes, the
 * frames or the armour, the reader refuses them, or reads what their signer signed. Nothing in between.
 */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { readCard, writeCard } from "../../daemon/directory/card.ts";
import { readDirectory, writeDirectory } from "../../daemon/directory/directory.ts";
import { provedReferral, provedRequest } from "../../daemon/directory/inner-texts.ts";
import { proveSuccession, writeSuccession } from "../../daemon/directory/succession.ts";
import { parseAgencyId, parseFingerprint } from "../../daemon/ids.ts";
import { signInline } from "../../daemon/keys/seal.ts";
import { unseal } from "../../daemon/keys/unseal.ts";
import { writeDocument } from "../../daemon/packet/document.ts";
import { TRANSFER_REQUEST } from "../../daemon/packet/model.ts";
import { wireTime } from "../../daemon/transfer/dates.ts";
import { packetXml, sealed, signedReferral, type Writer } from "../forge.ts";
import { encrypted, signedFrames } from "../keys/crafted.ts";
import {
  anyArmorFault,
  anyDamage,
  anyMisframing,
  damaged,
  misarmored,
  misframed,
} from "../keys/damage.ts";
import { agency, daysAfter, NOON, textOf } from "../keys/people.ts";
import { anyBlemish, blemished } from "../packet/blemishes.ts";
import { requestFrom } from "../transfer/cast.ts";
import { judge, noVerdicts, type Verdicts } from "./refused-or-equivalent.ts";
import { holds } from "./runs.ts";

const MOST = 1_000_000;
const few = <T>(each: fc.Arbitrary<T>) => fc.array(each, { minLength: 1, maxLength: 2 });

let aitkin: Writer;
let bagley: Writer;
beforeAll(async () => {
  const made = async (id: string, name: string) => ({
    ...(await agency(id, name)),
    id: parseAgencyId(id),
  });
  [aitkin, bagley] = await Promise.all([made("2700105", "Aitkin"), made("2700106", "Bagley")]);
});

/** Both happened, or the test says nothing. */
const saw = ({ refused, equivalent }: Verdicts): void =>
  expect(Math.min(refused, equivalent)).toBeGreaterThan(0);

describe("a sealed packet that was spoiled is refused, or is what was sealed", () => {
  const letter = () => ({ from: aitkin, to: bagley, at: NOON });
  let xmls: [string, string];
  let files: [Buffer, Buffer];
  beforeAll(async () => {
    xmls = [textOf(packetXml(letter())), textOf(packetXml(letter()))];
    files = [
      Buffer.from(await sealed(xmls[0], letter())),
      Buffer.from(await sealed(xmls[1], letter())),
    ];
  });
  const open = async (file: Uint8Array): Promise<string> => {
    const opened = await unseal(file, { ourKeys: [bagley.secret], maxBytes: MOST });
    return textOf((await opened.verify(aitkin.key, NOON)).content);
  };

  it("by its bytes", async () => {
    const verdicts = noVerdicts();
    const spoiled = fc.asyncProperty(few(anyDamage), async (damages) => {
      const file = damages.reduce((each, damage) => damaged(each, damage, files[1]), files[0]);
      await judge(() => open(file), xmls, verdicts);
    });
    await holds("bytes of sealed packets", spoiled, { short: 250, dear: 2 });
    expect(verdicts.refused).toBeGreaterThan(0);
  });

  it("by its frames", async () => {
    const verdicts = noVerdicts();
    const spoiled = fc.asyncProperty(few(anyMisframing), async (faults) => {
      const file = faults.reduce((each, fault) => misframed(each, fault, files[1]), files[0]);
      await judge(() => open(file), xmls, verdicts);
    });
    await holds("frames of sealed packets", spoiled, { short: 250, dear: 4 });
    saw(verdicts);
  });

  it("by what is under the seal: anybody can seal again what another signed", async () => {
    const verdicts = noVerdicts();
    const inside = await Promise.all(
      xmls.map(async (xml) =>
        Buffer.concat(await signedFrames(aitkin, xml, { recipient: bagley })),
      ),
    );
    const [first, second] = inside as [Buffer, Buffer];
    const stranger = Buffer.concat(await signedFrames(bagley, xmls[1]));
    const spoiled = fc.asyncProperty(
      few(anyMisframing),
      fc.option(anyDamage),
      fc.boolean(),
      async (faults, damage, isStrange) => {
        const other = isStrange ? stranger : second;
        const framed = faults.reduce((each, fault) => misframed(each, fault, other), first);
        const content = damage ? damaged(framed, damage, other) : framed;
        await judge(async () => open(await encrypted(content, bagley)), xmls, verdicts);
      },
    );
    await holds("frames under the seal", spoiled, { short: 250, dear: 4 });
    saw(verdicts);
  });
});

/** A signed text, another by the same agency, and how it is read. */
interface Signed<Said> {
  readonly texts: readonly [string, string];
  readonly read: (text: string) => Promise<Said>;
}

/** Whatever was done to the armour, and to the bytes in it. */
async function holdsForSigned<Said>(what: string, { texts, read }: Signed<Said>): Promise<void> {
  const verdicts = noVerdicts();
  const [text, other] = texts;
  const good = await Promise.all(texts.map(read));
  const armour = fc.asyncProperty(few(anyArmorFault), async (faults) => {
    const spoiled = faults.reduce((each, fault) => misarmored(each, fault, other), text);
    await judge(() => read(spoiled), good, verdicts);
  });
  await holds(`armour of ${what}`, armour, { short: 150, dear: 4 });
  saw(verdicts);

  const [bytes, otherBytes] = [bytesIn(text), bytesIn(other)];
  const content = fc.asyncProperty(few(fc.oneof(anyDamage, anyMisframing)), async (faults) => {
    const spoiled = faults.reduce<Buffer>(
      (each, fault) =>
        "one" in fault ? misframed(each, fault, otherBytes) : damaged(each, fault, otherBytes),
      bytes,
    );
    await judge(() => read(armored(spoiled)), good, verdicts);
  });
  await holds(`bytes of ${what}`, content, { short: 150, dear: 4 });

  const characters = fc.asyncProperty(few(anyDamage), async (damages) => {
    const spoiled = damages.reduce<Buffer>(
      (each, damage) => damaged(each, damage, Buffer.from(other)),
      Buffer.from(text),
    );
    await judge(() => read(spoiled.toString("latin1")), good, verdicts);
  });
  await holds(`characters of ${what}`, characters, { short: 150, dear: 4 });
}

const bytesIn = (text: string): Buffer =>
  Buffer.from(text.split("\n\n")[1]?.replace(/\n=[^]*$/, "") ?? "", "base64");

const armored = (bytes: Buffer): string =>
  `-----BEGIN PGP MESSAGE-----\n\n${bytes.toString("base64").replaceAll(/.{64}/g, "$&\n").trim()}\n-----END PGP MESSAGE-----`;

describe("a signed text that was spoiled is refused, or is what was signed", () => {
  const by = () => ({ from: aitkin, at: NOON });
  const keys = async () => [aitkin.key];
  const open = { CreatedDateTime: wireTime(NOON), ExpiresDateTime: wireTime(daysAfter(NOON, 60)) };

  it("a request", async () => {
    const request = async (Comments: string): Promise<string> => {
      const document = textOf(writeDocument(TRANSFER_REQUEST, requestFrom({ ...open, Comments })));
      return await signInline(document, { signWith: aitkin.secret, at: NOON });
    };
    await holdsForSigned("requests", {
      texts: [await request("One"), await request("Two")],
      read: (text) => provedRequest(text, keys, NOON),
    });
  });

  it("a referral", async () => {
    const referral = (sha256: string): Promise<string> => {
      const { MessageId, TransferId } = requestFrom();
      const issued = {
        IssuedDateTime: open.CreatedDateTime,
        ExpiresDateTime: open.ExpiresDateTime,
      };
      const parties = { EntityId: aitkin.id, RequesterId: bagley.id, ReleaserId: "2700107" };
      const document = {
        MessageId,
        TransferId,
        DocumentProcessCode: "TEST",
        RequestSha256: sha256,
      } as const;
      return signedReferral({ ...document, ...parties, ...issued }, by());
    };
    await holdsForSigned("referrals", {
      texts: [await referral("a".repeat(64)), await referral("b".repeat(64))],
      read: (text) => provedReferral(text, keys, NOON),
    });
  });

  it("a directory", async () => {
    const directory = async (Version: string): Promise<string> => {
      const { fingerprint: Fingerprint } = aitkin.key;
      const standing = {
        KeySha256: "c".repeat(64),
        ValidFrom: wireTime(NOON),
        KeyStanding: "Current",
      } as const;
      const issued = {
        IssuedDateTime: wireTime(NOON),
        ExpiresDateTime: wireTime(daysAfter(NOON, 30)),
      };
      const said = {
        Version,
        EntityId: aitkin.id,
        DocumentProcessCode: "TEST",
        ...issued,
      } as const;
      const made = await writeDirectory(
        { ...said, Key: [{ Fingerprint, ...standing }] },
        aitkin.secret,
        NOON,
      );
      return made.text;
    };
    const entity = { key: aitkin.key, successor: async () => null };
    await holdsForSigned("directories", {
      texts: [await directory("1"), await directory("2")],
      read: async (text) => {
        const { directory: said, sha256 } = await readDirectory(
          Buffer.from(text, "latin1"),
          entity,
          NOON,
        );
        return { said, sha256 };
      },
    });
  });

  it("a key's word for the next one", async () => {
    const [agencyId, next] = [aitkin.id, parseFingerprint("A".repeat(40))];
    const word = (at: Date): Promise<string> =>
      writeSuccession(aitkin.secret, { agencyId, next, at });
    await holdsForSigned("successions", {
      texts: [await word(NOON), await word(daysAfter(NOON, -0.5))],
      read: (text) => proveSuccession(text, { agencyId, former: aitkin.key, next }, NOON),
    });
  });
});

describe("a card that was spoiled is refused, or is what its agency signed", () => {
  let cards: [string, string];
  beforeAll(async () => {
    const card = async (OrganizationName: string): Promise<string> => {
      const place = { AddressCity: "Aitkin", StateAbbreviation: "MN", AddressPostalCode: "56431" };
      const said = {
        Role: "District",
        Created: wireTime(NOON),
        Agency: { AgencyId: aitkin.id, OrganizationName, ...place },
        PublicKey: aitkin.key.armored,
      } as const;
      const word = { agencyId: aitkin.id, next: aitkin.key.fingerprint, at: NOON };
      const succession = await writeSuccession(bagley.secret, word);
      return textOf(await writeCard(said, aitkin.secret, NOON, succession));
    };
    cards = [await card("Aitkin"), await card("Aitkin Schools")];
  });
  /** Its succession is proved by nobody yet, and by itself. */
  const read = async (card: string | Buffer) => {
    const { succession: _, key: __, ...said } = await readCard(Buffer.from(card), NOON);
    return said;
  };

  it.each([
    ["by its XML", anyBlemish, blemished],
    ["by its bytes", anyDamage, undefined],
  ] as const)("%s", async (what, fault, spoil) => {
    const verdicts = noVerdicts();
    const good = await Promise.all(cards.map(read));
    const spoiled = fc.asyncProperty(few<never>(fault as fc.Arbitrary<never>), async (faults) => {
      const [card, other] = cards.map((each) => Buffer.from(each)) as [Buffer, Buffer];
      const made = faults.reduce(
        (each, one) =>
          spoil ? Buffer.from(spoil(each.toString(), one)) : damaged(each, one, other),
        card,
      );
      await judge(() => read(made), good, verdicts);
    });
    await holds(`cards, ${what}`, spoiled, { short: 200, dear: 4 });
    saw(verdicts);
  });

  it("by the armour of its text", async () => {
    const verdicts = noVerdicts();
    const good = await Promise.all(cards.map(read));
    const [text, other] = cards.map(
      (card) => /<CardText>([^]*)<\/CardText>/.exec(card)?.[1] ?? "",
    ) as [string, string];
    const spoiled = fc.asyncProperty(few(anyArmorFault), async (faults) => {
      const made = faults.reduce((each, fault) => misarmored(each, fault, other), text);
      const leaf = made.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
      await judge(() => read(cards[0].replace(text, () => leaf)), good, verdicts);
    });
    await holds("cards, by the armour of their text", spoiled, { short: 200, dear: 4 });
    saw(verdicts);
  });
});
