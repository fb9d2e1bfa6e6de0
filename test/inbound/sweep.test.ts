/** What nobody will ask for leaves our box, and whatever may still be asked for stays. */
import { link, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type DropBox,
  type Harbor,
  type Listing,
  partialNameFor,
  type WaitingFile,
} from "../../daemon/dropbox/contract.ts";
import { openFolders } from "../../daemon/dropbox/folder.ts";
import { PacketboatError } from "../../daemon/errors.ts";
import { type AgencyId, newRandomPart, parseAgencyId } from "../../daemon/ids.ts";
import { claim } from "../../daemon/inbound/collect.ts";
import { sweepBox } from "../../daemon/inbound/sweep.ts";
import { type Ledger, openLedger } from "../../daemon/ledger/connect.ts";
import { claimFile, noteAttachmentsIn, updateClaim } from "../../daemon/ledger/incoming.ts";
import type { PacketInRow } from "../../daemon/ledger/tables.ts";
import { AbandonedFiles } from "../../daemon/packet/abandoned.ts";
import { attachmentName, sealedName } from "../../daemon/packet/names.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const AT = new Date("2024-07-19T14:00:00Z");
const US = parseAgencyId("2700105");
const VALLEY = parseAgencyId("3900417");
const CORNERS = parseAgencyId("1900012");
const STRANGER = parseAgencyId("4800001");

let folder: string;
let ledger: Ledger;
let harbor: Harbor;
/** Whose files are, where the server says so. */
let owners: Map<string, number>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "packetboat-sweep-"));
  for (const name of ["box", "staging", "quarantine"]) await mkdir(join(folder, name));
  ledger = await openLedger(join(folder, "ledger.sqlite"));
  harbor = openFolders();
  owners = new Map();
});
afterEach(async () => {
  await harbor.close();
  await ledger.destroy();
  await rm(folder, { recursive: true });
});

const inBox = (name = ""): string => join(folder, "box", name);
const left = async (): Promise<string[]> => (await readdir(inBox())).toSorted();

let number = 0;
const packet = (from: AgencyId = VALLEY): string =>
  sealedName({ from, to: US, sequence: ++number, random: newRandomPart() });
const attachment = (from: AgencyId = VALLEY): string =>
  attachmentName({ from, to: US, group: ++number, number: 1, random: newRandomPart() });

async function lay(name: string, days: number, owner?: number): Promise<string> {
  const at = new Date(AT.getTime() - days * DAY_MS);
  await writeFile(inBox(name), "left");
  await utimes(inBox(name), at, at);
  if (owner !== undefined) owners.set(name, owner);
  return name;
}

const layUpload = async (name: string, days: number, owner?: number): Promise<string> => {
  if (owner !== undefined) owners.set(name, owner);
  return lay(partialNameFor(name), days);
};

/** By this the server's time is known. */
const newcomer = (): Promise<string> => lay(packet(CORNERS), 0);

function box(change: Partial<Listing> = {}): DropBox {
  const real = harbor.box(inBox());
  const told = ({ owner: _owner, ...file }: WaitingFile): WaitingFile => {
    const owner = owners.get(file.name);
    return owner === undefined ? file : { ...file, owner };
  };
  return {
    ...real,
    async *list(belongs) {
      for await (const { files, unfinished, uploads, strangers } of real.list(belongs)) {
        yield {
          files: files.map(told),
          unfinished: unfinished.map(told),
          uploads: uploads.map(told),
          strangers,
          ...change,
        };
      }
    },
  };
}

const look = async (at = AT, from = box()) => {
  const limits = { maxBytes: 1000, mostPackets: 10, perSender: { files: 1000, bytes: 1e9 } };
  const staging = join(folder, "staging");
  return (await claim({ ledger, box: from, staging, at, ...limits })).abandoned;
};

const sweep = async (abandoned: Awaited<ReturnType<typeof look>>, from = box()): Promise<number> =>
  sweepBox(abandoned, { ledger, box: from, quarantine: join(folder, "quarantine") });

/** A packet of which the ledger knows, and which does not lie in the box. */
async function known(
  changes: Partial<PacketInRow>,
  file: Partial<WaitingFile> = {},
): Promise<string> {
  const row = await claimFile(ledger, { name: packet(), size: 4, modifiedAt: AT, ...file }, AT);
  await updateClaim(ledger, row.claim_id, { removed_from_box: 1, ...changes });
  return row.claim_id;
}

describe("what was abandoned in a box", () => {
  it("goes, and all that is younger stays: uploads after 7 days, attachments after 97", async () => {
    await layUpload(packet(), 8);
    await layUpload(attachment(), 8);
    await lay(attachment(), 98);
    const stay = [
      await layUpload(packet(STRANGER), 6),
      await lay(attachment(), 96),
      await newcomer(),
    ];
    // Whoever uploads may ask for attachments.
    expect(await sweep(await look())).toBe(2);
    expect(await sweep(await look())).toBe(1);
    expect(await left()).toEqual(stay.toSorted());
    expect(await sweep(await look())).toBe(0);
  });

  it("is nothing that partners do not leave, nor a packet that we have not taken", async () => {
    for (const name of [".another.part", "another.att.pgp", `${packet()}.part`]) {
      await lay(name, 98);
    }
    await lay(`.${packet()}`, 98);
    await lay(packet(), 98);
    await mkdir(inBox(partialNameFor(packet())));
    await newcomer();
    const before = await left();
    expect(await sweep(await look())).toBe(0);
    expect(await left()).toEqual(before);
  });

  it.each([
    ["as our clock says alone, which is a year ahead", 0, 365],
    ["as the server's clock says alone, which is a year ahead", -365, 0],
    ["as our clock says, and a file that its sender dated far ahead of it", -730, 98],
  ])("is not what is old %s", async (_which, newest, ours) => {
    await layUpload(packet(STRANGER), 6);
    await lay(attachment(), 96);
    await lay(packet(CORNERS), newest);
    expect(await sweep(await look(new Date(AT.getTime() + ours * DAY_MS)))).toBe(0);
  });

  it("stays while nothing new comes", async () => {
    await layUpload(packet(STRANGER), 8);
    await lay(attachment(), 98);
    expect(await sweep(await look())).toBe(0);
  });

  it.each([0, Date.UTC(2000, 11, 31)])("is not what is dated %i", async (time) => {
    const days = (AT.getTime() - time) / DAY_MS;
    await layUpload(packet(STRANGER), days);
    await lay(attachment(), days);
    await newcomer();
    expect(await sweep(await look())).toBe(0);
  });

  it("is uploads alone in a listing that was cut", async () => {
    await layUpload(packet(STRANGER), 8);
    const stays = [await lay(attachment(), 98), await newcomer()];
    expect(await sweep(await look(AT, box({ isCut: true })))).toBe(1);
    expect(await left()).toEqual(stays.toSorted());
  });

  it("is uploads alone in a box of too many senders", () => {
    const file = (name: string, owner: number, days: number) => ({
      name,
      owner,
      modifiedAt: new Date(AT.getTime() - days * DAY_MS),
    });
    const found = (senders: number) => {
      const abandoned = new AbandonedFiles(AT);
      const none = { files: [], unfinished: [], uploads: [] };
      const files = Array.from({ length: senders }, (_, id) => file(packet(CORNERS), id, 0));
      abandoned.add({ ...none, files });
      abandoned.add({ ...none, files: [file(attachment(), 1e6, 98)] });
      return abandoned.found().attachments.length;
    };
    expect([found(40_000), found(60_000)]).toEqual([1, 0]);
  });

  it("goes fifty files of either kind at a time, so that neither keeps the other waiting", async () => {
    await newcomer();
    for (let count = 0; count < 51; count++) {
      await lay(attachment(), 98);
      await layUpload(packet(STRANGER), 8);
    }
    expect(await sweep(await look())).toBe(100);
    expect(await sweep(await look())).toBe(2);
  });

  it("stays if the server does not let it go, and the others go", async () => {
    const [upload, document] = [packet(STRANGER), await lay(attachment(), 98)];
    await layUpload(upload, 8);
    await layUpload(packet(STRANGER), 8);
    await lay(attachment(), 98);
    const stay = [partialNameFor(upload), document, await newcomer()];
    const real = box();
    const unless = async (isKept: boolean, remove: () => Promise<void>): Promise<void> => {
      if (isKept) throw new PacketboatError("BOX_DENIED", "we may not remove it");
      await remove();
    };
    const stubborn: DropBox = {
      ...real,
      remove: (name) => unless(name === document, () => real.remove(name)),
      removeLeftover: (name) => unless(name === upload, () => real.removeLeftover(name)),
    };
    expect(await sweep(await look(), stubborn)).toBe(2);
    expect(await left()).toEqual(stay.toSorted());
    expect(await sweep(await look())).toBe(2);
  });

  it("may be gone already", async () => {
    await layUpload(packet(STRANGER), 8);
    await lay(attachment(), 98);
    await newcomer();
    const abandoned = await look();
    expect(await sweep(abandoned)).toBe(2);
    expect(await sweep(abandoned)).toBe(2);
  });
});

describe("an old attachment stays while its sender has a packet", () => {
  let document: string;
  beforeEach(async () => {
    document = await lay(attachment(), 98, 1001);
    owners.set(await newcomer(), 1002);
  });
  const isSwept = async (): Promise<boolean> => {
    const abandoned = await look();
    await sweep(abandoned);
    return !(await left()).includes(document);
  };

  it.each([
    ["left by its account", STRANGER, 1001],
    ["named as its own", VALLEY, 1003],
  ])("in the box, %s", async (_how, from, owner) => {
    const asking = await lay(packet(from), 1, owner);
    expect(await isSwept()).toBe(false);
    await rm(inBox(asking));
    await ledger.deleteFrom("packets_in").execute();
    expect(await isSwept()).toBe(true);
  });

  it("whose rename is under way", async () => {
    const name = await lay(packet(), 1, 1003);
    await link(inBox(name), inBox("notes.txt"));
    expect(await isSwept()).toBe(false);
  });

  it("whose upload is under way", async () => {
    await layUpload(packet(), 1, 1003);
    expect(await isSwept()).toBe(false);
  });

  it("that was in the box until just now", async () => {
    await known({ state: "CLAIMED", removed_from_box: 0 });
    expect(await isSwept()).toBe(false);
    expect(await isSwept()).toBe(true);
  });

  it.each([
    ["named as its own", {}, {}],
    ["left by its account", {}, { name: packet(STRANGER), owner: 1001 }],
    ["proved to be its own", { from_agency: VALLEY }, { name: packet(STRANGER) }],
  ] as const)("in hand meanwhile, %s", async (_how, changes, file) => {
    const abandoned = await look();
    for (const state of ["CLAIMED", "FETCHED", "WAITING"] as const) {
      const id = await known({ state, ...changes }, file);
      expect([state, await sweep(abandoned)]).toEqual([state, 0]);
      await updateClaim(ledger, id, { state: "RECORDED" });
    }
    expect(await sweep(abandoned)).toBe(1);
  });

  it("in the quarantine that may be looked at again", async () => {
    const id = await known({ state: "QUARANTINED" });
    await mkdir(join(folder, "quarantine", id));
    expect(await isSwept()).toBe(false);
    await rm(join(folder, "quarantine", id), { recursive: true });
    expect(await isSwept()).toBe(true);
  });

  it("in the quarantine, and not if that was answered", async () => {
    const id = await known({ state: "QUARANTINED", receipted_at: AT.toISOString() });
    await mkdir(join(folder, "quarantine", id));
    expect(await isSwept()).toBe(true);
  });

  it("or while anybody's names it that is not done with", async () => {
    const claimId = await known({ state: "WAITING" }, { name: packet(STRANGER) });
    await noteAttachmentsIn(ledger, claimId, [document]);
    expect(await isSwept()).toBe(false);
    await updateClaim(ledger, claimId, { state: "RECORDED" });
    expect(await isSwept()).toBe(true);
  });
});
