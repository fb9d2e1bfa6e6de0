import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Harbor } from "../../daemon/dropbox/contract.ts";
import { openFolders } from "../../daemon/dropbox/folder.ts";
import { newRandomPart, parseAgencyId } from "../../daemon/ids.ts";
import { claim, fetch } from "../../daemon/inbound/collect.ts";
import { type Ledger, openLedger } from "../../daemon/ledger/connect.ts";
import { updateClaim } from "../../daemon/ledger/incoming.ts";
import type { PacketInRow } from "../../daemon/ledger/tables.ts";
import { parseSealedName, sealedName } from "../../daemon/packet/names.ts";

const AT = new Date("2024-07-19T14:00:00Z");
const US = parseAgencyId("2700105");
const VALLEY = parseAgencyId("3900417");
const FLOOD = parseAgencyId("1900012");

let folder: string;
let ledger: Ledger;
let harbor: Harbor;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "packetboat-collect-"));
  await mkdir(join(folder, "box"));
  await mkdir(join(folder, "staging"));
  ledger = await openLedger(join(folder, "ledger.sqlite"));
  harbor = openFolders();
});
afterEach(async () => {
  await harbor.close();
  await ledger.destroy();
  await rm(folder, { recursive: true });
});

const collecting = (mostPackets: number) => ({
  ledger,
  box: harbor.box(join(folder, "box")),
  staging: join(folder, "staging"),
  at: AT,
  maxBytes: 1000,
  mostPackets,
});

async function leave(from: typeof US, ...numbers: number[]): Promise<void> {
  for (const sequence of numbers) {
    const name = sealedName({ from, to: US, sequence, random: newRandomPart() });
    await writeFile(join(folder, "box", name), `packet ${sequence}`);
  }
}

/** `valley 3`, from the name in the box. */
const called = ({ file_name }: Pick<PacketInRow, "file_name">): string => {
  const { from, sequence } = parseSealedName(file_name) ?? {};
  return `${from === VALLEY ? "valley" : "flood"} ${sequence}`;
};

async function claimed(mostPackets: number): Promise<{ claims: string[]; more: number }> {
  const { waiting, more } = await claim(collecting(mostPackets));
  return { claims: waiting.map(called), more };
}

/** As when each has been recorded, and has left the box. */
async function done(mostPackets: number): Promise<void> {
  for (const row of (await claim(collecting(mostPackets))).waiting) {
    await rm(join(folder, "box", row.file_name));
    await updateClaim(ledger, row.claim_id, { state: "RECORDED", removed_from_box: 1 });
  }
}

describe("the packets in a box", () => {
  it("are claimed by number, the senders in turn, so that a flood keeps nobody waiting", async () => {
    await leave(FLOOD, 7, 1, 10, 9, 8);
    await leave(VALLEY, 12, 11);
    expect(await claimed(100)).toEqual({
      claims: ["flood 1", "valley 11", "flood 7", "valley 12", "flood 8", "flood 9", "flood 10"],
      more: 0,
    });
  });

  it("of a box with too many are claimed in slices, the oldest of each sender first", async () => {
    await leave(FLOOD, ...Array.from({ length: 300 }, (_, index) => 300 - index));
    await leave(VALLEY, 2, 1);
    expect(await claimed(4)).toEqual({
      claims: ["flood 1", "valley 1", "flood 2", "valley 2"],
      more: 298,
    });
    await done(4);
    expect(await claimed(4)).toEqual({
      claims: ["flood 3", "flood 4", "flood 5", "flood 6"],
      more: 294,
    });
    const rows = await ledger.selectFrom("packets_in").select("claim_id").execute();
    expect(rows).toHaveLength(8);
  });

  it("keep their claim while they lie there, though others come before them", async () => {
    await leave(VALLEY, 5, 6);
    await claimed(2);
    await leave(VALLEY, 1, 2);
    expect(await claimed(2)).toEqual({ claims: ["valley 1", "valley 2"], more: 2 });
    const states = await ledger.selectFrom("packets_in").select("state").execute();
    expect(states.map(({ state }) => state)).toEqual(Array(4).fill("CLAIMED"));
  });

  it("are finished from what was fetched, in the box or not", async () => {
    await leave(VALLEY, 1, 2);
    const [first, second] = (await claim(collecting(2))).waiting;
    for (const row of [first, second]) if (row) await fetch(collecting(2), row);
    await rm(join(folder, "box", first?.file_name ?? ""));
    expect(await claimed(1)).toEqual({ claims: ["valley 1", "valley 2"], more: 0 });
  });

  it("that have gone are closed, and claimed anew when they are back", async () => {
    await leave(VALLEY, 1);
    await claimed(9);
    const [name = ""] = await readdir(join(folder, "box"));
    await rm(join(folder, "box", name));
    expect(await claimed(9)).toEqual({ claims: [], more: 0 });
    const [gone] = await ledger.selectFrom("packets_in").selectAll().execute();
    expect(gone).toMatchObject({ state: "GONE", code: "BOX_FILE_GONE" });
    await writeFile(join(folder, "box", name), "packet 1");
    const modified = new Date(gone?.modified_at ?? "");
    await utimes(join(folder, "box", name), modified, modified);
    expect((await claimed(9)).claims).toEqual(["valley 1"]);
    const rows = await ledger.selectFrom("packets_in").select(["state", "code"]).execute();
    expect(rows).toEqual([{ state: "CLAIMED", code: null }]);
  });
});
