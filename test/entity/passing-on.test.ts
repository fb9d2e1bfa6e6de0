/** What of a peer's directory lies here: no more keys than it names, and not without a bound. */
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { EntityConfig } from "../../daemon/config.ts";
import type { Directory } from "../../daemon/directory/directory.ts";
import type { DropBox } from "../../daemon/dropbox/contract.ts";
import { fetchKeyFiles } from "../../daemon/entity/passing-on.ts";
import { sha256 } from "../../daemon/ids.ts";
import { refused } from "../dropbox/contract.ts";
import { directoryOf, listed, PEER, RIVER } from "./relay/yard.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "packetboat-peers-"));
  await mkdir(join(folder, "test"));
});
afterEach(() => rm(folder, { recursive: true }));

const config = (): EntityConfig => ({ directory: { folder }, mode: "test" }) as EntityConfig;

/** It names so many keys from this number on, each in a file of such bytes. */
function naming(first: number, count: number, bytes: Buffer): Directory {
  const KeySha256 = sha256(bytes);
  const Key = Array.from({ length: count }, (_, index) => ({
    Fingerprint: (first + index).toString(16).padStart(40, "0").toUpperCase(),
    KeySha256,
    ValidFrom: "2024-01-01T00:00:00Z",
    KeyStanding: "Current" as const,
  }));
  return directoryOf([listed(RIVER, { Key })]);
}

/** Gives every file that is asked for; counts them. */
function giving(bytes: Buffer): { box: DropBox; asked: string[] } {
  const asked: string[] = [];
  const read = async (name: string): Promise<Buffer> => {
    asked.push(name);
    return bytes;
  };
  return { box: { read } as unknown as DropBox, asked };
}

const fetch = (directory: Directory, shown: Directory | null, box: DropBox) =>
  fetchKeyFiles(config(), { peer: PEER, directory, shown, box });

const here = async (): Promise<number> =>
  (await readdir(join(folder, "test", "peers", PEER))).length;

const key = Buffer.from("a key");

describe("the keys of a peer's directory", () => {
  it("are those that it names and those that are shown now, whatever it named in between", async () => {
    const { box } = giving(key);
    const shown = naming(0, 3, key);
    await fetch(shown, null, box);
    await fetch(naming(100, 5, key), shown, box);
    expect(await here()).toBe(8);
    await fetch(naming(200, 4, key), shown, box);
    expect(await here()).toBe(7);
  });

  it("are not fetched where they are more than a state has", async () => {
    const { box, asked } = giving(key);
    await expect(fetch(naming(0, 10_001, key), null, box)).rejects.toSatisfy(
      refused("DIRECTORY_INVALID"),
    );
    expect(asked).toEqual([]);
  });

  it("are fetched no further where they are larger than keys are", async () => {
    const big = Buffer.alloc(100_000, "key");
    const { box } = giving(big);
    await expect(fetch(naming(0, 1_200, big), null, box)).rejects.toSatisfy(
      refused("DIRECTORY_INVALID"),
    );
    // The 1,049th is too much, and 31 more are on their way by then.
    expect(await here()).toBeLessThanOrEqual(1_080);
  });
});
