import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isRefusal } from "../../daemon/errors.ts";
import { parseAgencyId } from "../../daemon/ids.ts";
import {
  type AgencyKey,
  assertAgencyKeyGood,
  findSigner,
  loadOurKeys,
  sealingKeyOf,
} from "../../daemon/keys/keyring.ts";
import { type Agency, agency, codeOf, daysAfter, NOON } from "./people.ts";

const AITKIN = parseAgencyId("2700105");

let present: Agency;
let older: Agency;
beforeAll(async () => {
  present = await agency(AITKIN, "Aitkin");
  older = await agency(AITKIN, "Aitkin", { at: daysAfter(NOON, -400) });
});

describe("our own keys", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "keys-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const put = async (name: string, text: string, mode = 0o600): Promise<void> => {
    await writeFile(join(folder, name), text);
    await chmod(join(folder, name), mode);
  };

  it("are the present one and the retired ones", async () => {
    await put("openpgp.asc", present.armoredSecret);
    await mkdir(join(folder, "retired"), { mode: 0o700 });
    await put("retired/2025.asc", older.armoredSecret);
    await put("retired/README", "not a key");
    const ours = await loadOurKeys(folder);
    expect(ours.present.publicKey.fingerprint).toBe(present.key.fingerprint);
    expect(ours.all.map(({ publicKey }) => publicKey.fingerprint)).toEqual([
      present.key.fingerprint,
      older.key.fingerprint,
    ]);
  });

  it("are missing when the folder is empty, or not there", async () => {
    expect(await codeOf(loadOurKeys(folder))).toBe("KEY_MISSING");
    expect(await codeOf(loadOurKeys(join(folder, "nowhere")))).toBe("KEY_MISSING");
  });

  it.each([0o640, 0o604, 0o660])("are refused with mode %o", async (mode) => {
    await put("openpgp.asc", present.armoredSecret, mode);
    expect(await codeOf(loadOurKeys(folder))).toBe("CONFIG_UNSAFE");
  });

  it("are refused in a folder that others may use, or with a retired one that they may", async () => {
    await put("openpgp.asc", present.armoredSecret);
    await mkdir(join(folder, "retired"), { mode: 0o700 });
    await put("retired/2025.asc", older.armoredSecret, 0o644);
    expect(await codeOf(loadOurKeys(folder))).toBe("CONFIG_UNSAFE");
    await chmod(join(folder, "retired/2025.asc"), 0o600);
    await chmod(folder, 0o755);
    expect(await codeOf(loadOurKeys(folder))).toBe("CONFIG_UNSAFE");
  });

  it("are refused by name when a file holds no private key", async () => {
    await put("openpgp.asc", present.key.armored);
    const refused = await loadOurKeys(folder).catch((error: unknown) => error);
    expect(isRefusal(refused, "KEY_INVALID") && refused.message).toContain("keys/openpgp.asc: ");
  });
});

describe("an agency's keys", () => {
  const plain = { validFrom: null, validUntil: null, retired: false, revoked: false };
  const ofAitkin = (changes: Partial<AgencyKey> = {}, whose = present): AgencyKey => ({
    ...plain,
    key: whose.key,
    ...changes,
  });

  const sealingTo = (keys: AgencyKey[], at = NOON): string => {
    const { fingerprint } = sealingKeyOf(AITKIN, keys, at);
    return fingerprint === present.key.fingerprint ? "the present one" : "the older one";
  };
  const refusalOf = async (doing: () => unknown): Promise<string> =>
    await codeOf((async () => await Promise.resolve(doing()))());

  it("are sealed for with the newest that is good", () => {
    const keys = [ofAitkin({}, older), ofAitkin()];
    expect(sealingTo(keys)).toBe("the present one");
    expect(sealingTo(keys.toReversed())).toBe("the present one");
  });

  it.each<[string, Partial<AgencyKey>]>([
    ["is retired", { retired: true }],
    ["was revoked by the directory", { revoked: true }],
    ["takes effect tomorrow", { validFrom: daysAfter(NOON, 1) }],
    ["was replaced at noon", { validUntil: NOON }],
  ])("are not sealed for with one that %s", (_, changes) => {
    expect(sealingTo([ofAitkin(changes), ofAitkin({}, older)])).toBe("the older one");
  });

  it("say why none is good: wait for a new one, or stop", async () => {
    const sealing = (keys: AgencyKey[]) => refusalOf(() => sealingKeyOf(AITKIN, keys, NOON));
    expect(await sealing([])).toBe("PARTNER_UNKNOWN");
    expect(await sealing([ofAitkin({ revoked: true })])).toBe("KEY_REVOKED");
    expect(await sealing([ofAitkin({ retired: true })])).toBe("KEY_EXPIRED");
    expect(await sealing([ofAitkin({ validUntil: NOON })])).toBe("KEY_EXPIRED");
    expect(
      await sealing([ofAitkin({ revoked: true }, older), ofAitkin({ validUntil: NOON })]),
    ).toBe("KEY_EXPIRED");
  });

  it("count at the time that is asked for: one that expired since is accepted", async () => {
    const { key } = await agency(AITKIN, "Short", { at: daysAfter(NOON, -2), expires: NOON });
    const short = { ...plain, key };
    expect(() => assertAgencyKeyGood(short, daysAfter(NOON, -1))).not.toThrow();
    expect(await refusalOf(() => assertAgencyKeyGood(short, NOON))).toBe("KEY_EXPIRED");
    const retired = ofAitkin({ retired: true, validUntil: NOON });
    expect(() => assertAgencyKeyGood(retired, daysAfter(NOON, -0.5))).not.toThrow();
    expect(await refusalOf(() => assertAgencyKeyGood(retired, NOON))).toBe("KEY_EXPIRED");
    const revoked = ofAitkin({ revoked: true });
    expect(await refusalOf(() => assertAgencyKeyGood(revoked, daysAfter(NOON, -0.5)))).toBe(
      "KEY_REVOKED",
    );
  });

  it("are found by what a signature names", () => {
    const keys = [ofAitkin({}, older), ofAitkin()];
    const keyId = present.key.fingerprint.slice(-16);
    expect(findSigner({ keyId, fingerprint: null }, keys)).toBe(keys[1]);
    expect(findSigner({ keyId, fingerprint: present.key.fingerprint }, keys)).toBe(keys[1]);
    expect(findSigner({ keyId, fingerprint: older.key.fingerprint }, keys)).toBeNull();
    const encryptsOnly = present.key.parts[1];
    expect(findSigner({ keyId: encryptsOnly?.keyId ?? "", fingerprint: null }, keys)).toBeNull();
  });
});
