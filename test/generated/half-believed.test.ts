/**
 * What is believed of others, in real homes: spoiled requests that an entity passed on, directories and cards.
 * Each is taken whole, or what was known stays known, and the honest one afterwards is taken.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CARD, readCard } from "../../daemon/directory/card.ts";
import { keptDirectory } from "../../daemon/directory/directory.ts";
import { newMessageId, newTransferId, sha256 } from "../../daemon/ids.ts";
import type { PrivateKey } from "../../daemon/keys/key.ts";
import { signInline } from "../../daemon/keys/seal.ts";
import { readSigned } from "../../daemon/keys/signed.ts";
import { listAgencies } from "../../daemon/ledger/agencies.ts";
import { lastDirectory } from "../../daemon/ledger/directories.ts";
import { writeDocument } from "../../daemon/packet/document.ts";
import { writeMessage } from "../../daemon/packet/envelope.ts";
import { TRANSFER_REQUEST } from "../../daemon/packet/model.ts";
import { wireTime } from "../../daemon/transfer/dates.ts";
import { packetboat } from "../commands/terminal.ts";
import { forge, known, layOut, published, secretOf, spread, versionAt } from "../directories.ts";
import { leave, nameFrom, packetXml, ping, sealed, signedReferral, writerAt } from "../forge.ts";
import { newWorld, office, withLedger, type World } from "../homes.ts";
import {
  anyArmorFault,
  anyDamage,
  type ArmorFault,
  type Damage,
  damaged,
  misarmored,
} from "../keys/damage.ts";
import { daysAfter } from "../keys/people.ts";
import { anyBlemish, type Blemish, blemished } from "../packet/blemishes.ts";
import { anyChange, type Change, changed, exchange } from "../packet/changing.ts";
import { claimOn } from "../scene.ts";
import { type Snapshot, snapshot } from "../snapshots.ts";
import { newState, type State } from "../states.ts";
import { requestFrom } from "../transfer/cast.ts";
import { COUNT, empty, leaveSpoiled, meetWell, someSpoilings } from "./boxes.ts";
import { textOf, treeOf } from "./packets.ts";
import { holds } from "./runs.ts";
import { expectWhole } from "./whole.ts";

describe("spoiled requests that the entity has passed on", () => {
  let state: State;
  beforeAll(async () => {
    state = await newState();
    const { prairie } = state;
    await spread(state, prairie, prairie);
  });
  afterAll(() => state[Symbol.asyncDispose]());

  const letterTo = async () => {
    const [from, to] = [await writerAt(state.entity), await writerAt(state.prairie)];
    return { from, to, at: state.clock.now() };
  };

  async function passedOn(): Promise<Uint8Array> {
    const { valley, prairie, entity } = state;
    const letter = await letterTo();
    const { at } = letter;
    const [created, expires] = [wireTime(at), wireTime(daysAfter(at, 60))];
    const request = requestFrom({
      MessageId: newMessageId(),
      TransferId: newTransferId(),
      RequesterId: valley.id,
      To: entity.id,
      CreatedDateTime: created,
      ExpiresDateTime: expires,
      RequestingDistrict: { AgencyId: valley.id, OrganizationName: valley.name },
    });
    const document = Buffer.from(writeDocument(TRANSFER_REQUEST, request)).toString("utf8");
    const RequestText = await signInline(document, { signWith: await secretOf(valley), at });
    const referral = {
      MessageId: newMessageId(),
      TransferId: request.TransferId,
      RequestSha256: sha256(RequestText),
      EntityId: entity.id,
      RequesterId: valley.id,
      ReleaserId: prairie.id,
      DocumentProcessCode: "TEST",
      IssuedDateTime: created,
      ExpiresDateTime: expires,
    } as const;
    const forwarded = writeMessage("ForwardedRequest", {
      MessageId: newMessageId(),
      RequestText,
      ReferralText: await signedReferral(referral, letter),
      Verification: {
        MatchedBy: "NameBirthdateSex",
        VerifiedDateTime: created,
        RegistryDate: "2024-07-19",
        PreviousAgency: { AgencyId: prairie.id, OrganizationName: prairie.name },
        NameOfInstitution: "Example Prairie High School",
        EnrollmentEntryDate: "2021-08-30",
      },
    });
    return packetXml(letter, {}, [ping(at), forwarded, ping(at)]);
  }

  it("open transfers whole or not at all, and an honest one comes through", async () => {
    const { prairie, entity, valley } = state;
    const whole = fc.asyncProperty(someSpoilings, async (spoilings) => {
      const goods = await Promise.all(Array.from({ length: 2 * COUNT }, passedOn));
      await leaveSpoiled(state, { letter: await letterTo(), to: prairie }, goods, spoilings);
      await meetWell(state, prairie);
      await expectWhole(prairie);
      await empty(state, entity);
      await empty(state, valley);
    });
    await holds("homes with spoiled referrals", whole, { short: 2, dear: 400 });
    const before = await readdir(office(prairie, "requests"));
    const honest = await sealed(await passedOn(), await letterTo());
    const name = await leave(state, prairie, honest, nameFrom(entity, prairie));
    await meetWell(state, prairie);
    expect(await claimOn(prairie, name)).toMatchObject({ state: "RECORDED", code: null });
    expect(await readdir(office(prairie, "requests"))).toHaveLength(before.length + 1);
    await expectWhole(prairie);
  });
});

/** What is done to a signed text: to its armour on the way, or to what it says by its own signer. */
type TextSpoiling =
  | { readonly armour: ArmorFault }
  | { readonly bytes: Damage }
  | { readonly blemish: Blemish }
  | { readonly changes: readonly (readonly [number, Change])[] }
  | { readonly exchanged: readonly [number, number] };

const anyTextSpoiling: fc.Arbitrary<TextSpoiling> = fc.oneof(
  { arbitrary: fc.record({ armour: anyArmorFault }), weight: 1 },
  { arbitrary: fc.record({ bytes: anyDamage }), weight: 1 },
  { arbitrary: fc.record({ blemish: anyBlemish }), weight: 1 },
  {
    arbitrary: fc.record({
      changes: fc.array(fc.tuple(fc.nat(), anyChange), { minLength: 1, maxLength: 2 }),
    }),
    weight: 3,
  },
  { arbitrary: fc.record({ exchanged: fc.tuple(fc.nat(), fc.nat()) }), weight: 4 },
);

interface Signing {
  /** Of the document. */
  readonly namespace: string;
  readonly signWith: PrivateKey;
  readonly at: Date;
}

async function spoiledText(
  text: string,
  spoiling: TextSpoiling,
  { namespace, ...by }: Signing,
): Promise<string> {
  if ("armour" in spoiling) return misarmored(text, spoiling.armour, text);
  if ("bytes" in spoiling) {
    const file = Buffer.from(text);
    return damaged(file, spoiling.bytes, file).toString("latin1");
  }
  const content = (await readSigned(text, { maxBytes: 1_000_000 })).unverifiedContent();
  if ("blemish" in spoiling) {
    return signInline(blemished(Buffer.from(content).toString(), spoiling.blemish), by);
  }
  const root = treeOf(content);
  const made =
    "exchanged" in spoiling
      ? exchange(root, root, ...spoiling.exchanged)
      : spoiling.changes.reduce((each, one) => changed(each, ...one), root);
  return signInline(textOf(made, namespace), by);
}

describe("a spoiled directory", () => {
  let state: State;
  let atFirst: Snapshot;
  beforeAll(async () => {
    state = await newState();
    await spread(state, state.valley);
    await spread(state, state.valley);
    atFirst = await snapshot(state);
  });
  afterAll(async () => {
    await atFirst[Symbol.asyncDispose]();
    await state[Symbol.asyncDispose]();
  });

  const agencies = () => withLedger(state.valley, (ledger) => listAgencies(ledger));

  it("is taken whole, or the last good one serves until the next good one", async () => {
    const key = await secretOf(state.entity);
    const namespace = "urn:packetboat:directory:1";
    const whole = fc.asyncProperty(anyTextSpoiling, async (spoiling) => {
      await atFirst.restore();
      const { valley, entity } = state;
      const [before, version] = [await agencies(), await versionAt(valley, state)];
      await forge(state, () => undefined);
      const good = await readFile(published(state), "utf8");
      const signing = { namespace, signWith: key, at: state.clock.now() };
      await layOut(state, await spoiledText(good, spoiling, signing));
      await meetWell(state, valley);
      const after = await agencies();
      if ((await versionAt(valley, state)) === version) {
        expect(after).toEqual(before);
        await layOut(state, good);
        await forge(state, (directory) => void (directory.Version = "1000"));
        await meetWell(state, valley);
        expect(await versionAt(valley, state)).toBe(1000);
        return;
      }
      const taken = await withLedger(valley, (ledger) => lastDirectory(ledger, entity.id));
      const listed = taken ? ((await keptDirectory(taken)).Agency ?? []) : [];
      for (const { agency_id: id, source, status, ...row } of after) {
        if (source !== "directory") continue;
        const entry = listed.find(({ AgencyId }) => AgencyId === id);
        expect([id, status]).toEqual([id, entry?.AgencyStatus ?? "NotParticipating"]);
        if (!entry) continue;
        expect(row).toMatchObject({
          name: entry.OrganizationName,
          city: entry.AddressCity,
          state: entry.StateAbbreviation,
          zip: entry.AddressPostalCode,
          phone: entry.TelephoneNumber ?? null,
          box: entry.Box ?? null,
        });
      }
      for (const { AgencyId } of listed) {
        if (AgencyId !== valley.id)
          expect(after.map(({ agency_id: id }) => id)).toContain(AgencyId);
      }
    });
    await holds("homes with spoiled directories", whole, { short: 16, dear: 400 });
  });
});

describe("a spoiled card", () => {
  let world: World;
  beforeAll(async () => {
    world = await newWorld();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it("is taken whole, or the card that is known serves on", async () => {
    const { valley, prairie, clock, folder } = world;
    const file = await readFile(prairie.card, "utf8");
    const text = /<CardText>([^]*)<\/CardText>/.exec(file)?.[1] ?? "";
    const key = await secretOf(prairie);
    const fingerprint = key.publicKey.fingerprint;
    const signing = { namespace: CARD.namespace, signWith: key, at: clock.now() };
    const whole = fc.asyncProperty(anyTextSpoiling, async (spoiling) => {
      const before = await known(valley, prairie);
      const leaf = (await spoiledText(text, spoiling, signing)).replaceAll("<", "&lt;");
      const path = join(folder, "spoiled.xml");
      await writeFile(
        path,
        file.replace(text, () => leaf),
      );
      const argv = [
        "partner",
        "add",
        path,
        "--fingerprint",
        fingerprint,
        "--config",
        valley.configPath,
      ];
      const { exit } = await packetboat(argv, { now: clock.now() });
      expect([0, 2, 5, 6]).toContain(exit);
      const after = await known(valley, prairie);
      if (exit !== 0) {
        expect(after).toEqual(before);
        return;
      }
      const others = await withLedger(valley, (ledger) => listAgencies(ledger));
      for (const { signed_card: signed, name, city, fingerprint: named } of others) {
        const { card, key: own } = await readCard(Buffer.from(signed ?? ""), clock.now());
        expect([name, city]).toEqual([card.Agency.OrganizationName, card.Agency.AddressCity]);
        expect(named).toBe(own.fingerprint);
      }
    });
    await holds("homes with spoiled cards", whole, { short: 40, dear: 40 });
  });
});
