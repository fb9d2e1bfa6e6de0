import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DropBox, Harbor, Listing, WaitingFile } from "../../daemon/dropbox/contract.ts";
import { openFolders } from "../../daemon/dropbox/folder.ts";
import { newRandomPart, parseAgencyId } from "../../daemon/ids.ts";
import { claim, fetch, noteFetched } from "../../daemon/inbound/collect.ts";
import { listAlerts } from "../../daemon/ledger/alerts.ts";
import { type Ledger, openLedger } from "../../daemon/ledger/connect.ts";
import { updateClaim } from "../../daemon/ledger/incoming.ts";
import type { PacketInRow } from "../../daemon/ledger/tables.ts";
import { attachmentName, parseSealedName, sealedName } from "../../daemon/packet/names.ts";

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
  box: owned(harbor.box(join(folder, "box"))),
  staging: join(folder, "staging"),
  at: AT,
  maxBytes: 1000,
  mostPackets,
  perSender: { files: 1000, bytes: 1e9 },
});

/** Whose a file is, as the server says it; by its name, or by its size for a stranger's. */
let ownerOf: (name: string, size: number) => number | undefined;
beforeEach(() => {
  ownerOf = () => undefined;
});

const owned = (box: DropBox): DropBox => ({
  ...box,
  async *list(belongs) {
    const from = ({ owner: _owner, ...file }: WaitingFile, owner: number | undefined) =>
      owner === undefined ? file : { ...file, owner };
    for await (const { files, strangers, ...rest } of box.list(belongs)) {
      yield {
        ...rest,
        files: files.map((file) => from(file, ownerOf(file.name, file.size))),
        strangers: strangers.map(({ size }) => ({ size, owner: ownerOf("", size) ?? 0 })),
      };
    }
  },
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

describe("a listing that was cut, or names a file twice", () => {
  const changed = (change: (listing: Listing) => Listing[]): ReturnType<typeof collecting> => {
    const { box, ...rest } = collecting(10);
    async function* list(belongs: (name: string) => boolean): AsyncGenerator<Listing> {
      for await (const listing of box.list(belongs)) yield* change(listing);
    }
    return { ...rest, box: { ...box, list } };
  };

  it("does not tell that what it does not show is gone", async () => {
    await leave(VALLEY, 1, 2);
    await claim(collecting(10));
    const none = { files: [], strangers: [], unfinished: [], uploads: [] };
    const cut = await claim(changed(() => [{ ...none, isCut: true }]));
    expect(cut.vanished).toEqual([]);
    const whole = await claim(changed(() => [none]));
    expect(whole.vanished).toHaveLength(2);
  });

  it("makes one claim of one file", async () => {
    await leave(VALLEY, 1);
    const { waiting } = await claim(changed((listing) => [listing, listing]));
    expect(waiting.map(called)).toEqual(["valley 1"]);
  });
});

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
    for (const row of [first, second]) {
      if (row) await noteFetched(ledger, await fetch(collecting(2), row));
    }
    await rm(join(folder, "box", first?.file_name ?? ""));
    expect(await claimed(1)).toEqual({ claims: ["valley 1", "valley 2"], more: 0 });
  });

  it("came when their bytes did, also where their place was taken long ago", async () => {
    await leave(VALLEY, 1);
    const [name = ""] = await readdir(join(folder, "box"));
    const path = join(folder, "box", name);
    await utimes(path, AT, AT);
    const cameAt = async (hours: number): Promise<number> => {
      const at = new Date(AT.getTime() + hours * 3_600_000);
      const [row] = (await claim({ ...collecting(1), at })).waiting;
      if (!row) throw new Error("it is not claimed");
      const came = await fetch({ ...collecting(1), at }, { ...row, state: "CLAIMED" });
      await noteFetched(ledger, came);
      const { claimed: after } = came;
      expect((await ledger.selectFrom("packets_in").selectAll().execute())[0]).toEqual(after);
      return (Date.parse(after.claimed_at) - AT.getTime()) / 3_600_000;
    };
    await claim(collecting(1));
    // The server had a bad night, and then it waits for something.
    expect(await cameAt(20)).toBe(0);
    expect(await cameAt(100)).toBe(0);
    await writeFile(path, "packet 2");
    await utimes(path, AT, AT);
    expect(await cameAt(200)).toBe(200);
    expect(await cameAt(300)).toBe(200);
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

/** Agencies whose ids a flood gives in its names. */
const many = (count: number): (typeof US)[] =>
  Array.from({ length: count }, (_, index) => parseAgencyId(String(4_000_000 + index)));

const floods = async () =>
  (await listAlerts(ledger, { open: true })).map(({ code, subject, facts }) => ({
    code,
    subject,
    ...facts,
  }));

describe("a sender that floods the box", () => {
  const limited = (mostPackets: number, perSender = { files: 50, bytes: 1e6 }) => ({
    ...collecting(mostPackets),
    perSender,
  });
  const accountOf = (name: string): number => (/^(?:39|19)/.test(name) ? 1001 : 1002);

  it("has one turn for each of the others', whatever ids it puts into its names", async () => {
    ownerOf = accountOf;
    for (const id of many(20)) await leave(id, 1, 2);
    await leave(VALLEY, 8, 9);
    const order = (await claim(collecting(100))).waiting.map(({ file_name: name }) => name);
    expect(order.slice(0, 4).map(accountOf)).toEqual([1001, 1002, 1001, 1002]);
    // Among its own, what is named alike has one turn as well.
    const firstOnes = order.filter((name) => accountOf(name) === 1002).slice(0, 20);
    expect(new Set(firstOnes.map((name) => name.slice(0, 7))).size).toBe(20);
  });

  it("waits behind all the others, and has a small part beside them", async () => {
    ownerOf = accountOf;
    for (const id of many(30)) await leave(id, 1, 2, 3, 4);
    await leave(VALLEY, 1, 2, 3, 4, 5);
    await leave(FLOOD, 1);
    const { waiting, more } = await claim(limited(100));
    expect(waiting.map(({ file_name }) => accountOf(file_name))).toEqual([
      ...Array<number>(6).fill(1001),
      ...Array<number>(2).fill(1002),
    ]);
    expect(more).toBe(118);
  });

  it("takes nothing from the others, though its files were listed before theirs", async () => {
    ownerOf = accountOf;
    for (const id of many(60)) await leave(id, 1, 2, 3, 4);
    await leave(VALLEY, ...Array.from({ length: 40 }, (_, index) => index));
    const { waiting } = await claim(limited(40));
    const accounts = waiting.map(({ file_name }) => accountOf(file_name));
    expect(accounts).toEqual([...Array<number>(39).fill(1001), 1002]);
  });

  it("has the whole exchange when nobody else waits", async () => {
    await leave(FLOOD, ...Array.from({ length: 60 }, (_, index) => index));
    expect((await claim(limited(40))).waiting).toHaveLength(40);
  });

  it("is told of once, by what is known of it, until less is waiting", async () => {
    await leave(VALLEY, 1);
    await leave(FLOOD, ...Array.from({ length: 51 }, (_, index) => index));
    const told = { code: "SENDER_FLOODS", box: "own", files: 51, isNamedAlike: true };
    for (let times = 0; times < 2; times++) {
      await claim(limited(9));
      expect(await floods()).toEqual([{ ...told, subject: FLOOD, named: FLOOD, megabytes: 0 }]);
    }
    ownerOf = accountOf;
    await claim(limited(9));
    const bothNames = { account: 1001, files: 52, isNamedAlike: false };
    expect(await floods()).toMatchObject([{ ...told, subject: "account 1001", ...bothNames }]);
    await claim(limited(9, { files: 52, bytes: 1e6 }));
    expect(await floods()).toEqual([]);
  });

  it("is one by its bytes too, those of documents and of files that are nobody's packets", async () => {
    ownerOf = () => 1001;
    const document = { from: FLOOD, to: US, group: 1, number: 1, random: newRandomPart() };
    await writeFile(join(folder, "box", attachmentName(document)), Buffer.alloc(600_000));
    await writeFile(join(folder, "box", "holiday.mov"), Buffer.alloc(600_000));
    await claim(limited(9, { files: 50, bytes: 1_200_000 }));
    expect(await floods()).toEqual([]);
    await claim(limited(9));
    expect(await floods()).toMatchObject([{ subject: "account 1001", files: 2, megabytes: 1 }]);
  });
});
