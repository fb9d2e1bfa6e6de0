import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type Config, parseConfig } from "../../daemon/config.ts";
import { type Card, cardOf, readCard, writeCard } from "../../daemon/directory/card.ts";
import { agencyOf, assertFingerprint } from "../../daemon/directory/pin.ts";
import type { PacketboatError } from "../../daemon/errors.ts";
import { newSshKey } from "../../daemon/dropbox/sshkeys.ts";
import { parseAgencyId, parseFingerprint } from "../../daemon/ids.ts";
import { newKeyPair, type PrivateKey, readPrivateKey } from "../../daemon/keys/key.ts";

const made = new Date("2026-11-23T18:00:00Z");
const later = (ms: number): Date => new Date(made.getTime() + ms);
const HOUR = 3_600_000;
const example = readFileSync("config/packetboat.example.yaml", "utf8");

let config: Config;
let ours: PrivateKey;
let theirs: PrivateKey;
let card: Card;

async function newKey(id: string, more: { at?: Date; expires?: Date } = {}): Promise<PrivateKey> {
  const agencyId = parseAgencyId(id);
  const pair = await newKeyPair({ agencyId, name: "Example Public Schools", at: made, ...more });
  return await readPrivateKey(pair.privateKey);
}

const cardFor = (key: PrivateKey): Card =>
  cardOf(
    config,
    { publicKey: key.publicKey, sshPublicKey: newSshKey("packetboat-2700105").publicKey },
    made,
  );

beforeAll(async () => {
  config = parseConfig(example, "packetboat.example.yaml");
  [ours, theirs] = await Promise.all([newKey("2700105"), newKey("4808940")]);
  card = cardFor(ours);
});

/** The file with its text changed. */
const changed = (bytes: Uint8Array, change: (text: string) => string): Uint8Array => {
  const text = Buffer.from(bytes).toString();
  expect(change(text)).not.toBe(text);
  return Buffer.from(change(text));
};

describe("a card", () => {
  it("comes back as it was written, with the fingerprint of its key", async () => {
    const read = await readCard(await writeCard(card, ours, made), made);
    expect(read).toMatchObject({
      card,
      agencyId: "2700105",
      fingerprint: ours.publicKey.fingerprint,
      created: made,
    });
  });

  it("names the agency, its keys, whom to call about records and who may request", () => {
    expect(card).toMatchObject({
      Role: "District",
      Created: "2026-11-23T18:00:00Z",
      Agency: {
        AgencyId: "2700105",
        StateDistrictNumber: "0275",
        OrganizationName: "Example Public Schools",
        TelephoneNumber: "555-555-0100",
      },
      Contact: [{ ContactRole: "Records", TelephoneNumber: "555-555-0101" }],
      Person: [{ Username: "north.registrar", PersonName: "Name as shown to other districts" }],
    });
    expect(card.PublicKey).toMatch(/^-----BEGIN PGP PUBLIC KEY BLOCK-----\n/);
    expect(card).not.toHaveProperty("Server");
  });

  it("of an entity names its server, without the account", async () => {
    const text = readFileSync("config/packetboat-entity.example.yaml", "utf8");
    const entity = parseConfig(text, "packetboat-entity.example.yaml");
    const keys = { publicKey: ours.publicKey, sshPublicKey: card.SshPublicKey ?? "" };
    const entityCard = cardOf(entity, keys, made);
    expect(entityCard).toMatchObject({
      Role: "Entity",
      Contact: [{ ContactRole: "IT", TelephoneNumber: "555-555-0101" }],
      Server: {
        Address: "sftp://sftp.state.example:22",
        HostKey: ["SHA256:kSY2dmTanzqHch01JP/OMXdWmsEdje6ZJRJ39zPcgd8"],
      },
    });
    const read = await readCard(await writeCard(entityCard, ours, made), made);
    expect(read.card).toEqual(entityCard);
  });

  it("says nothing where there is nothing to say, and is still a card", async () => {
    const bare = cardOf(
      { ...config, people: [] },
      { publicKey: ours.publicKey, sshPublicKey: card.SshPublicKey ?? "" },
      made,
    );
    expect(Object.keys(bare)).not.toContain("Contact");
    await expect(readCard(await writeCard(bare, ours, made), made)).resolves.toMatchObject({
      card: bare,
    });
  });

  it("has room for five hundred people", async () => {
    const Person = [...Array(500).keys()].map((number) => ({
      Username: `user.${number}`,
      PersonName: `Name of somebody who may request ${number}`,
    }));
    const big = { ...card, Person };
    const read = await readCard(await writeCard(big, ours, made), made);
    expect(read.card.Person).toHaveLength(500);
  });
});

describe("a card is refused", () => {
  const refusal = (bytes: Uint8Array | Promise<Uint8Array>, at = made) =>
    Promise.resolve(bytes)
      .then((file) => readCard(file, at))
      .then(
        () => "believed",
        (error: unknown) => (error as PacketboatError).code,
      );

  it("when another key signed it than the one it carries", async () => {
    expect(await refusal(writeCard(card, theirs, made))).toBe("CARD_INVALID");
  });

  it("when one character of the signed text is another", async () => {
    const file = await writeCard(card, ours, made);
    const other = changed(file, (text) =>
      text.replace(/(\n\n.{40})(.)/, (_, before: string, char: string) =>
        char === "A" ? `${before}B` : `${before}A`,
      ),
    );
    expect(await refusal(other)).toBe("CARD_INVALID");
  });

  it("when it is cut short, is no XML, or is another document", async () => {
    const file = await writeCard(card, ours, made);
    expect(await refusal(file.subarray(0, 900))).toBe("CARD_INVALID");
    expect(await refusal(Buffer.from("-----BEGIN PGP"))).toBe("CARD_INVALID");
    expect(await refusal(changed(file, (text) => text.replaceAll("SignedCard", "Card")))).toBe(
      "CARD_INVALID",
    );
    expect(await refusal(new Uint8Array(3_000_000))).toBe("CARD_INVALID");
  });

  it("when it says that it comes from the future, or was signed at another time", async () => {
    const ahead = { ...card, Created: "2026-11-23T20:00:00Z" };
    expect(await refusal(writeCard(ahead, ours, later(2 * HOUR)), made)).toBe("CARD_INVALID");
    expect(await refusal(writeCard(card, ours, later(2 * HOUR)), later(2 * HOUR))).toBe(
      "CARD_INVALID",
    );
  });

  it("when its key has expired since, which is said as such", async () => {
    const brief = await newKey("2700105", { expires: later(24 * HOUR) });
    const file = await writeCard(cardFor(brief), brief, made);
    expect(await refusal(file, later(HOUR))).toBe("believed");
    expect(await refusal(file, later(25 * HOUR))).toBe("KEY_EXPIRED");
  });
});

describe("an agency that is trusted by its card", () => {
  it("is known by what the card says, and by the file word for word", async () => {
    const signedCard = await writeCard(card, ours, made);
    const row = agencyOf(await readCard(signedCard, made), { signedCard, at: made, by: "it" });
    expect(row).toMatchObject({
      agency_id: "2700105",
      fingerprint: ours.publicKey.fingerprint,
      role: "district",
      phone: "555-555-0100",
      added_by: "it",
      stopped_code: null,
    });
    await expect(readCard(Buffer.from(row.signed_card), made)).resolves.toMatchObject({ card });
  });

  it("must have the fingerprint that was named", async () => {
    const read = await readCard(await writeCard(card, ours, made), made);
    assertFingerprint(read, parseFingerprint(ours.publicKey.fingerprint.toLowerCase()));
    expect(() => assertFingerprint(read, theirs.publicKey.fingerprint)).toThrow(
      expect.objectContaining({ code: "FINGERPRINT_DIFFERS" }) as Error,
    );
  });
});
