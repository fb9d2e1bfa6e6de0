import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isRefusal } from "../../daemon/errors.ts";
import { parseAgencyId } from "../../daemon/ids.ts";
import { loadOurKeys } from "../../daemon/keys/keyring.ts";
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
