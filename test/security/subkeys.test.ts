/** What a district cannot do to others by binding their keys to its own as subkeys. */
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readCard } from "../../daemon/directory/card.ts";
import { Partners } from "../../daemon/directory/partners.ts";
import { agencyOf, keyOf } from "../../daemon/directory/pin.ts";
import { readPublicKey } from "../../daemon/keys/key.ts";
import { addAgency } from "../../daemon/ledger/agencies.ts";
import { keysOfAgency } from "../../daemon/ledger/agency-keys.ts";
import { cardWith, distrust } from "../cards.ts";
import { errorOf, resultOf } from "../commands/terminal.ts";
import { at as saidBy, listBound, secretOf, spread } from "../directories.ts";
import { leave, nameFrom, packetXml, sealed, writerAt } from "../forge.ts";
import { type District, meet, newWorld, REGISTRAR, withLedger, type World } from "../homes.ts";
import { withKeyOf } from "../keys/bound.ts";
import { type Agency, agency } from "../keys/people.ts";
import { claimOn, neighbour } from "../scene.ts";
import { newState, type State } from "../states.ts";

/** A good packet. @returns what became of it */
async function post(world: World | State, from: District, to: District): Promise<unknown> {
  const letter = { from: await writerAt(from), to: await writerAt(to), at: world.clock.now() };
  const name = await leave(world, to, await sealed(packetXml(letter), letter), nameFrom(from, to));
  await meet(world, to);
  const claim = await claimOn(to, name);
  return { state: claim?.state, code: claim?.code ?? null };
}

const RECORDED = { state: "RECORDED", code: null };

/** The card of one, with the other's key bound to its own; nobody has agreed to that. */
async function cardBinding(from: District, other: District, now: Date): Promise<string> {
  const key = await withKeyOf(await writerAt(from), await writerAt(other), { at: now });
  return cardWith(from, key, { signWith: await secretOf(from), at: now });
}

describe("a card with another's key as a subkey", () => {
  let world: World;
  let corners: District;
  beforeEach(async () => {
    world = await newWorld();
    corners = await neighbour(world);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it.each(["known before", "known later"])(
    "is refused in words that name that key and its owner; the owner, %s, is read as ever",
    async (which) => {
      const { valley, prairie, clock } = world;
      const [evil, honest] = which === "known later" ? [valley, corners] : [corners, valley];
      const card = await cardBinding(evil, honest, clock.now());
      const { fingerprint } = (await secretOf(evil)).publicKey;
      const typed = ["partner", "add", card, "--fingerprint", fingerprint, "--as", REGISTRAR];
      const around = { now: clock.now() };
      const refused = await errorOf([...typed, "--config", prairie.configPath], around);
      expect(refused.code).toBe("CARD_CONFLICT");
      const theirs = (await secretOf(honest)).publicKey.fingerprint;
      expect(refused.message).toContain(`already belongs to agency ${honest.id}: ${theirs}`);
      expect(await post(world, honest, prairie)).toEqual(RECORDED);
    },
  );

  it("that a former version took, keeps nobody from being read", async () => {
    const { valley, prairie, clock } = world;
    const card = await cardBinding(valley, corners, clock.now());
    const signedCard = await readFile(card);
    const read = await readCard(signedCard, clock.now());
    const row = agencyOf(read, { signedCard, at: clock.now(), by: REGISTRAR });
    const both = await Promise.all([valley, corners].map(secretOf));
    const signers = both.map(({ publicKey }) => publicKey.fingerprint.slice(-16)).join(" ");
    await withLedger(prairie, (ledger) => addAgency(ledger, row, { ...keyOf(read), signers }));
    expect(await post(world, corners, prairie)).toEqual(RECORDED);
    expect(await post(world, valley, prairie)).toEqual(RECORDED);
  });

  it("does not shut out the owner whose card comes later", async () => {
    const { valley, prairie, clock } = world;
    const typed = ["--as", REGISTRAR, "--config", prairie.configPath];
    const around = { now: clock.now() };
    await distrust(prairie, corners, clock.now());
    const add = async (card: string, home: District) => {
      const { fingerprint } = (await secretOf(home)).publicKey;
      return resultOf(["partner", "add", card, "--fingerprint", fingerprint, ...typed], around);
    };
    await add(await cardBinding(valley, corners, clock.now()), valley);
    expect(await add(corners.card, corners)).toMatchObject({ change: "added" });
    expect(await post(world, corners, prairie)).toEqual(RECORDED);
  });
});

describe("a key in the ledger that cannot be read", () => {
  let world: World;
  let corners: District;
  beforeEach(async () => {
    world = await newWorld();
    corners = await neighbour(world);
  });
  afterEach(() => world[Symbol.asyncDispose]());

  /** In the ledger of prairie. */
  const rewrite = (of: District, changes: { public_key: string; signers?: string }) =>
    withLedger(world.prairie, (ledger) =>
      ledger.updateTable("agency_keys").set(changes).where("agency_id", "=", of.id).execute(),
    );
  const keyIdOf = async (of: District): Promise<string> =>
    (await secretOf(of)).publicKey.fingerprint.slice(-16);

  it("keeps nobody else from being read, though it is noted as one that signs as theirs", async () => {
    const { valley, prairie } = world;
    await rewrite(corners, { public_key: "no key", signers: await keyIdOf(valley) });
    expect(await post(world, valley, prairie)).toEqual(RECORDED);
  });

  it("is why its owner's packet is refused, in words of its own", async () => {
    const { valley, prairie } = world;
    await rewrite(valley, { public_key: "no key" });
    expect(await post(world, valley, prairie)).toEqual({
      state: "QUARANTINED",
      code: "KEY_INVALID",
    });
  });

  it("is why nobody is called the signer, where another's fits and did not sign", async () => {
    const { valley, prairie, clock } = world;
    await rewrite(corners, { public_key: "no key", signers: await keyIdOf(valley) });
    await withLedger(prairie, async (ledger) => {
      const issuer = { keyId: await keyIdOf(valley), fingerprint: null };
      const signerIf = (isTheirs: boolean) =>
        new Partners(ledger, { isTest: true, now: clock.now }).signerOf({
          issuer,
          signedAt: clock.now(),
          isBy: () => Promise.resolve(isTheirs),
        });
      expect((await signerIf(true))?.id).toBe(valley.id);
      await expect(signerIf(false)).rejects.toMatchObject({ code: "KEY_INVALID" });
    });
  });
});

describe("a card with the agency's own former key as a subkey", () => {
  it("is taken, and so is what that key signed before and since", async () => {
    await using world = await newWorld();
    const { valley, prairie, clock } = world;
    const former = await writerAt(valley);
    const at = clock.now();
    const next = await agency(valley.id, valley.name, { at });
    clock.pass({ hours: 1 });
    const to = await writerAt(prairie);
    /** Sealed with the key that both share. */
    const posted = async ({ key }: Pick<Agency, "key">) => {
      const letter = { from: former, to, at: clock.now() };
      const xml = packetXml(letter, {
        From: { AgencyId: valley.id, Fingerprint: key.fingerprint },
      });
      return leave(world, prairie, await sealed(xml, letter));
    };
    const before = await posted(former);
    clock.pass({ hours: 1 });
    const key = await withKeyOf(next, former, { at, agreement: "its own" });
    const card = await cardWith(valley, key, { signWith: next.secret, at });
    const typed = ["partner", "add", card, "--fingerprint", next.key.fingerprint];
    const around = { now: clock.now() };
    const named = ["--as", REGISTRAR, "--config", prairie.configPath];
    expect(await resultOf([...typed, ...named], around)).toMatchObject({ change: "replaced" });
    clock.pass({ hours: 1 });
    const since = await posted(next);
    await meet(world, prairie);
    for (const name of [before, since]) {
      expect(await claimOn(prairie, name)).toMatchObject(RECORDED);
    }
  });
});

describe("a directory with another's key as a subkey of a member's", () => {
  let state: State;
  beforeEach(async () => {
    state = await newState();
  });
  afterEach(() => state[Symbol.asyncDispose]());

  it("is not made by an honest entity: it refuses the card", async () => {
    const { entity, valley, corners, clock } = state;
    const card = await cardBinding(corners, valley, clock.now());
    const refused = await errorOf(
      ...saidBy(state, entity, "example.approver", "directory", "add", card),
    );
    expect(refused.code).toBe("CARD_CONFLICT");
    expect(refused.message).toContain(valley.id);
  });

  const listBinding = (): Promise<void> => listBound(state, state.corners, state.valley);

  it("has the member's packets wait until that is mended, and the owner's taken", async () => {
    const { prairie, valley, corners } = state;
    await spread(state);
    await listBinding();
    expect(await post(state, valley, prairie)).toEqual(RECORDED);
    expect(await post(state, corners, prairie)).toMatchObject({ code: "KEY_FILE_DIFFERS" });
    expect(await post(state, valley, prairie)).toEqual(RECORDED);
  });

  it("keeps nobody from being read, though the member's key was needed first", async () => {
    const { prairie, valley, corners } = state;
    await spread(state);
    await listBinding();
    for (const each of [corners, valley])
      expect(await post(state, each, prairie)).toEqual(RECORDED);
  });

  it("is not followed where the member's key was known without it", async () => {
    const { prairie, valley, corners } = state;
    await spread(state, prairie);
    for (const each of [valley, corners])
      expect(await post(state, each, prairie)).toEqual(RECORDED);
    await listBinding();
    for (const each of [corners, valley])
      expect(await post(state, each, prairie)).toEqual(RECORDED);
    const { fingerprint } = (await secretOf(corners)).publicKey;
    const [kept] = await withLedger(prairie, (ledger) => keysOfAgency(ledger, corners.id));
    expect(kept?.signers).toBe(fingerprint.slice(-16));
    expect((await readPublicKey(kept?.public_key ?? "")).parts).toHaveLength(2);
  });
});
