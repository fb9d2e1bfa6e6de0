import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tellOfRelays } from "../../../daemon/alerts/relays-told.ts";
import type { DropBox } from "../../../daemon/dropbox/contract.ts";
import { allUnrelayed, discardUnrelayed } from "../../../daemon/desk/unrelayed.ts";
import { PacketboatError } from "../../../daemon/errors.ts";
import type { AgencyId } from "../../../daemon/ids.ts";
import { listAlerts } from "../../../daemon/ledger/alerts.ts";
import { updateAgency } from "../../../daemon/ledger/agencies.ts";
import {
  after,
  arrived,
  AT,
  boxAt,
  CORNERS,
  CREEK,
  directoryOf,
  documentName,
  leave,
  listed,
  newYard,
  OURSELVES,
  packetName,
  PEER,
  PRAIRIE,
  RIVER,
  rowsOf,
  states,
  textAt,
  US,
  waiting,
  type Yard,
} from "./yard.ts";

const alertsOf = async ({ ledger }: Yard, at = AT) => {
  await ledger.transaction().execute((db) => tellOfRelays(db, { at, timeZone: "America/Chicago" }));
  return (await listAlerts(ledger, { open: true })).map(({ code, subject, facts }) => ({
    code,
    subject,
    files: facts["files"],
  }));
};

/** Refuses whatever is delivered. */
const closed = (box: DropBox, code: "BOX_FULL" | "BOX_FAILED" | "BOX_TIMEOUT"): DropBox => ({
  ...box,
  deliver: () => Promise.reject(new PacketboatError(code, "the box takes nothing")),
});

describe("a file for a district of another state", () => {
  it("goes into its recipient's box under its own name, unopened, and leaves ours", async () => {
    await using yard = await newYard();
    const packet = await leave(yard, packetName(PRAIRIE, RIVER));
    const other = await leave(yard, packetName(CORNERS, CREEK));
    expect(await yard.relay()).toEqual({ moved: 2, refused: 0, waiting: 0, more: 0 });
    expect(await arrived(yard, RIVER)).toEqual([packet]);
    expect(await textAt(yard.arrivedAt(RIVER, packet))).toBe(`sealed ${packet}`);
    expect(await arrived(yard, CREEK)).toEqual([other]);
    expect(await waiting(yard)).toEqual([]);
    expect(await readdir(yard.staging)).toEqual([]);
    expect(Object.values(await states(yard))).toEqual(["MOVED", "MOVED"]);
  });

  it("goes after the attachments of its sender, though its name comes first", async () => {
    await using yard = await newYard();
    const packet = await leave(yard, packetName(PRAIRIE, RIVER));
    const document = await leave(yard, documentName(PRAIRIE, RIVER, 9));
    const order: string[] = [];
    const there = (agency: AgencyId): DropBox => {
      const box = boxAt(yard.arrivedAt(agency));
      return {
        ...box,
        deliver: (name, source) => {
          order.push(name);
          return box.deliver(name, source);
        },
      };
    };
    await yard.relay({ there });
    expect(order).toEqual([document, packet]);
  });

  it("waits for all attachments of its sender, if an exchange cannot take them all", async () => {
    await using yard = await newYard();
    for (let group = 1; group <= 5; group++) await leave(yard, documentName(PRAIRIE, RIVER, group));
    const packet = await leave(yard, packetName(PRAIRIE, RIVER));
    const limits = { ...yard.relaying().limits, files: 3 };
    expect(await yard.relay({ limits })).toMatchObject({ moved: 3, more: 3 });
    expect(await waiting(yard)).toContain(packet);
    expect(await yard.relay({ limits })).toMatchObject({ moved: 3, more: 0 });
    expect(await waiting(yard)).toEqual([]);
  });

  it("of our own entity goes to theirs", async () => {
    await using yard = await newYard();
    const packet = await leave(yard, packetName(US, PEER));
    await yard.relay();
    expect(await arrived(yard, PEER)).toEqual([packet]);
  });

  it("waits when there is no directory of that state, with all others", async () => {
    await using yard = await newYard();
    const packet = await leave(yard, packetName(PRAIRIE, RIVER));
    expect(await yard.relay({ directory: null })).toMatchObject({ moved: 0, more: 1 });
    expect(await waiting(yard)).toEqual([packet]);
    expect(await rowsOf(yard)).toEqual([]);
  });

  it("waits for a district that takes no part at present, with an alert that closes by itself", async () => {
    await using yard = await newYard();
    const packet = await leave(yard, packetName(PRAIRIE, RIVER));
    const directory = directoryOf([listed(RIVER, { AgencyStatus: "Inactive" }), listed(CREEK)]);
    expect(await yard.relay({ directory })).toMatchObject({ moved: 0, waiting: 1 });
    expect(await waiting(yard)).toEqual([packet]);
    expect(await alertsOf(yard)).toEqual([
      { code: "RELAY_WAITING", subject: `${RIVER} AGENCY_NOT_PARTICIPATING`, files: 1 },
    ]);
    expect(await yard.relay()).toMatchObject({ moved: 1, waiting: 0 });
    expect(await alertsOf(yard)).toEqual([]);
  });

  it("is kept in the quarantine when it has waited for longer than any packet holds", async () => {
    await using yard = await newYard();
    const packet = await leave(yard, packetName(PRAIRIE, RIVER));
    const directory = directoryOf([listed(RIVER, { AgencyStatus: "Closed" })]);
    await yard.relay({ directory });
    expect(await yard.relay({ directory, now: () => after(96) })).toMatchObject({ waiting: 1 });
    expect(await yard.relay({ directory, now: () => after(98) })).toMatchObject({ refused: 1 });
    expect(await states(yard)).toEqual({ [packet]: "REFUSED RELAY_OVERDUE" });
    expect(await kept(yard)).toEqual([[packet, "RELAY_OVERDUE", `sealed ${packet}`]]);
    expect(await alertsOf(yard)).toEqual([
      { code: "RELAY_REFUSED", subject: `${PRAIRIE} RELAY_OVERDUE`, files: 1 },
    ]);
  });

  it("stays while another file of its name lies in the recipient's box, and is not lost", async () => {
    await using yard = await newYard();
    const packet = await leave(yard, packetName(PRAIRIE, RIVER));
    await writeFile(yard.arrivedAt(RIVER, packet), "somebody else's");
    const other = await leave(yard, packetName(CORNERS, RIVER));
    expect(await yard.relay()).toMatchObject({ moved: 1, waiting: 1 });
    expect(await waiting(yard)).toEqual([packet]);
    expect(await arrived(yard, RIVER)).toContain(other);
    expect(await textAt(yard.arrivedAt(RIVER, packet))).toBe("somebody else's");
    await rm(yard.arrivedAt(RIVER, packet));
    expect(await yard.relay()).toMatchObject({ moved: 1, waiting: 0 });
    expect(await textAt(yard.arrivedAt(RIVER, packet))).toBe(`sealed ${packet}`);
  });

  it("that its sender takes away before it was moved on is no loss, and no alert", async () => {
    await using yard = await newYard();
    const packet = await leave(yard, packetName(PRAIRIE, RIVER));
    await yard.relay({ there: (id) => closed(boxAt(yard.arrivedAt(id)), "BOX_FULL") });
    await rm(yard.waitingAt(packet));
    expect(await yard.relay()).toEqual({ moved: 0, refused: 0, waiting: 0, more: 0 });
    expect(await states(yard)).toEqual({ [packet]: "GONE" });
    expect(await alertsOf(yard)).toEqual([]);
  });

  it("that is left again later, because no receipt came, is moved on again", async () => {
    await using yard = await newYard();
    const packet = await leave(yard, packetName(PRAIRIE, RIVER));
    await yard.relay();
    await rm(yard.arrivedAt(RIVER, packet));
    await leave(yard, packet, { at: after(1) });
    expect(await yard.relay()).toMatchObject({ moved: 1 });
    expect(await arrived(yard, RIVER)).toEqual([packet]);
  });
});

/** Of each thing in the quarantine: name, code, and the bytes that are kept; `null` if there are none. */
async function kept({ quarantine }: Yard): Promise<(string | null)[][]> {
  const folders = (await readdir(quarantine)).toSorted();
  return await Promise.all(
    folders.map(async (folder) => {
      const { file, code } = JSON.parse(await textAt(join(quarantine, folder, "reason.json"))) as {
        file: string;
        code: string;
      };
      const original = await textAt(join(quarantine, folder, "sealed.pgp")).catch(() => null);
      return [file, code, original];
    }),
  );
}

describe("a file that must not be moved on", () => {
  it.each([
    ["of a sender of another state", "1900031", RIVER, "RELAY_LOOP"],
    ["of a sender of a third state", "3900417", RIVER, "RELAY_LOOP"],
    ["of a district that is not ours", "2700999", RIVER, "RELAY_SENDER_UNKNOWN"],
    ["for a district of a third state", PRAIRIE, "3900417", "RELAY_MISADDRESSED"],
    ["for one of our own", PRAIRIE, CORNERS, "RELAY_MISADDRESSED"],
    ["of a district for their entity", PRAIRIE, PEER, "RELAY_MISADDRESSED"],
    ["of our entity for a district", US, RIVER, "RELAY_MISADDRESSED"],
    ["for an agency that nobody lists", PRAIRIE, "1900999", "RELAY_RECIPIENT_UNKNOWN"],
  ])("%s goes to the quarantine as it is, and is told of", async (_what, from, to, code) => {
    await using yard = await newYard();
    const packet = await leave(yard, packetName(from as AgencyId, to as AgencyId));
    const good = await leave(yard, packetName(CORNERS, RIVER));
    expect(await yard.relay()).toMatchObject({ moved: 1, refused: 1 });
    expect(await arrived(yard, RIVER)).toEqual([good]);
    expect(await waiting(yard)).toEqual([]);
    expect(await kept(yard)).toEqual([[packet, code, `sealed ${packet}`]]);
    expect((await alertsOf(yard)).map((alert) => alert.code)).toEqual(["RELAY_REFUSED"]);
  });

  it("was left by another account than its sender's: that account is named, and nobody else", async () => {
    await using yard = await newYard();
    const owners = new Map([
      [PRAIRIE, OURSELVES],
      [CORNERS, OURSELVES + 1],
    ]);
    const ownerOf = (id: AgencyId) => Promise.resolve(owners.get(id) ?? null);
    const honest = await leave(yard, packetName(PRAIRIE, RIVER));
    await leave(yard, packetName(CORNERS, RIVER));
    await leave(yard, packetName(CORNERS, RIVER));
    expect(await yard.relay({ ownerOf })).toMatchObject({ moved: 1, refused: 2 });
    expect(await arrived(yard, RIVER)).toEqual([honest]);
    expect(await alertsOf(yard)).toEqual([
      { code: "RELAY_REFUSED", subject: `account ${OURSELVES} RELAY_OWNER_DIFFERS`, files: 2 },
    ]);
    const [alert] = await listAlerts(yard.ledger, { open: true });
    expect(alert?.agency).toBeNull();
  });

  it("is of a district that was closed: one alert for all of them", async () => {
    await using yard = await newYard();
    await updateAgency(yard.ledger, PRAIRIE, { status: "Inactive" });
    for (const sequence of [1, 2, 3]) await leave(yard, packetName(PRAIRIE, RIVER, sequence));
    expect(await yard.relay()).toMatchObject({ moved: 0, refused: 3 });
    expect(await alertsOf(yard)).toEqual([
      { code: "RELAY_REFUSED", subject: `${PRAIRIE} RELAY_SENDER_UNKNOWN`, files: 3 },
    ]);
  });

  it("is larger than a packet may be, and goes to the quarantine", async () => {
    await using yard = await newYard();
    const big = await leave(yard, packetName(PRAIRIE, RIVER), { bytes: "x".repeat(9001) });
    const document = await leave(yard, documentName(PRAIRIE, RIVER), { bytes: "x".repeat(9001) });
    expect(await yard.relay()).toMatchObject({ moved: 1, refused: 1 });
    expect(await arrived(yard, RIVER)).toEqual([document]);
    expect(await states(yard)).toMatchObject({ [big]: "REFUSED BOX_FILE_TOO_BIG" });
    expect(await waiting(yard)).toEqual([]);
  });

  it("is larger than anything may be: it stays in the box, as the only copy, and holds nobody up", async () => {
    await using yard = await newYard();
    const big = await leave(yard, documentName(PRAIRIE, RIVER), { bytes: "x".repeat(90_001) });
    const packet = await leave(yard, packetName(PRAIRIE, RIVER));
    expect(await yard.relay()).toMatchObject({ moved: 1, refused: 1 });
    expect(await arrived(yard, RIVER)).toEqual([packet]);
    expect(await waiting(yard)).toEqual([big]);
    expect(await kept(yard)).toEqual([[big, "BOX_FILE_TOO_BIG", null]]);
    expect(await yard.relay()).toEqual({ moved: 0, refused: 0, waiting: 0, more: 0 });
    expect(await waiting(yard)).toEqual([big]);
  });

  it("comes again, the same bytes under the same name: it is kept once", async () => {
    await using yard = await newYard();
    const packet = await leave(yard, packetName(PRAIRIE, "1900999" as AgencyId));
    await yard.relay();
    await leave(yard, packet, { at: after(1) });
    expect(await yard.relay()).toMatchObject({ refused: 1 });
    expect(await kept(yard)).toHaveLength(1);
    await leave(yard, packet, { at: after(2), bytes: "other bytes" });
    await yard.relay();
    expect(new Set((await kept(yard)).map(([, , bytes]) => bytes))).toEqual(
      new Set(["other bytes", `sealed ${packet}`]),
    );
    expect(await waiting(yard)).toEqual([]);
  });
});

describe("a sender whose files are refused again and again", () => {
  const few = { files: 3, bytes: 1000 };
  const stranger = "1900999" as AgencyId;

  it.each([
    ["files", 10, few, 3],
    ["bytes", 10, { files: 1000, bytes: 250 }, 3],
  ])("has only so many %s of them kept", async (_what, files, perSender, most) => {
    await using yard = await newYard();
    const limits = { ...yard.relaying().limits, perSender };
    for (let sequence = 1; sequence <= files; sequence++) {
      const name = packetName(PRAIRIE, stranger, sequence);
      await leave(yard, name, { bytes: "x".repeat(80) });
    }
    const good = await leave(yard, packetName(PRAIRIE, RIVER));
    expect(await yard.relay({ limits })).toMatchObject({ moved: 1, refused: most });
    expect(await arrived(yard, RIVER)).toEqual([good]);
    expect(await kept(yard)).toHaveLength(most);
    expect(await waiting(yard)).toHaveLength(files - most);
    expect(await yard.relay({ limits })).toMatchObject({ refused: 0, waiting: files - most });
    const about = { code: "RELAY_REFUSED" };
    const told = (await alertsOf(yard)).filter(({ code }) => code === "RELAY_REFUSED");
    expect(told.toSorted((one, other) => (one.subject < other.subject ? -1 : 1))).toEqual([
      { ...about, subject: `${PRAIRIE} RELAY_RECIPIENT_UNKNOWN`, files: most },
      { ...about, subject: `account ${OURSELVES} RELAY_KEPT_FULL`, files: files - most },
    ]);
  });

  it("has the rest of them looked at when a person has discarded what is kept", async () => {
    await using yard = await newYard();
    const limits = { ...yard.relaying().limits, perSender: few };
    for (let sequence = 1; sequence <= 4; sequence++) {
      await leave(yard, packetName(PRAIRIE, stranger, sequence), { bytes: "x" });
    }
    await yard.relay({ limits });
    for (const unrelayed of await allUnrelayed(yard)) {
      await discardUnrelayed(yard, unrelayed, { who: "it", at: AT });
    }
    expect(await yard.relay({ limits })).toMatchObject({ refused: 1, waiting: 0 });
    expect(await waiting(yard)).toEqual([]);
    expect(await alertsOf(yard)).toMatchObject([{ files: 1 }]);
  });

  it("is told of once, whatever agencies it makes up, and none of these is blamed", async () => {
    await using yard = await newYard();
    for (let number = 0; number < 20; number++) {
      await leave(yard, packetName(String(2_700_500 + number) as AgencyId, RIVER));
    }
    const ownerOf = (id: AgencyId) => Promise.resolve(id === PRAIRIE ? OURSELVES : null);
    await yard.relay({ ownerOf });
    expect(await alertsOf(yard)).toEqual([
      { code: "RELAY_REFUSED", subject: `account ${OURSELVES} RELAY_SENDER_UNKNOWN`, files: 20 },
    ]);
    const [alert] = await listAlerts(yard.ledger, { open: true });
    expect(alert?.agency).toBeNull();
    expect(alert?.facts).toMatchObject({ proved: false });
  });
});

describe("names that are not ours", () => {
  it("are left alone and counted", async () => {
    await using yard = await newYard();
    await writeFile(yard.waitingAt("notes.txt"), "");
    await writeFile(yard.waitingAt(`.${packetName(PRAIRIE, RIVER)}.part`), "");
    await mkdir(yard.waitingAt("test"));
    await yard.relay();
    expect(await waiting(yard)).toHaveLength(3);
    expect(yard.said).toMatchObject([
      { sentence: "Files for another state listed", first: 0, strangers: 1 },
    ]);
  });
});

/** The box as our server shows it, on which every district has an account of its own. */
const owned = (box: DropBox, accountOf: (name: string) => number): DropBox => ({
  ...box,
  async *list(belongs) {
    for await (const { files, strangers, ...rest } of box.list(belongs)) {
      const left = files.map((file) => ({ ...file, owner: accountOf(file.name) }));
      yield {
        ...rest,
        files: left,
        strangers: strangers.map(({ size }) => ({ size, owner: 1099 })),
      };
    }
  },
});

describe("a flood of one sender", () => {
  const few = { files: 5, bytes: 1e8 };
  const accountOf = (name: string): number => (name.startsWith(PRAIRIE) ? 1105 : 1012);
  const ownerOf = (id: AgencyId) => Promise.resolve(accountOf(id));
  const floods = async ({ ledger }: Yard) =>
    (await listAlerts(ledger, { open: true, code: "SENDER_FLOODS" })).map(({ subject, facts }) => ({
      subject,
      ...facts,
    }));

  it("is told of, and the rest of it goes after everybody else's", async () => {
    await using yard = await newYard();
    for (let sequence = 1; sequence <= 20; sequence++) {
      await leave(yard, packetName(CORNERS, RIVER, sequence));
    }
    for (let sequence = 1; sequence <= 3; sequence++) {
      await leave(yard, packetName(PRAIRIE, CREEK, sequence));
    }
    const limits = { ...yard.relaying().limits, files: 8, perSender: few };
    const here = owned(boxAt(yard.waitingAt()), accountOf);
    await yard.relay({ limits, here, ownerOf });
    expect(await arrived(yard, CREEK)).toHaveLength(3);
    expect(await arrived(yard, RIVER)).toHaveLength(5);
    expect((await rowsOf(yard)).map(({ from_agency: from }) => from)).toEqual([
      ...Array<AgencyId>(3).fill(PRAIRIE),
      ...Array<AgencyId>(5).fill(CORNERS),
    ]);
    const flood = { subject: `${PEER} account 1012`, box: PEER, account: 1012, named: CORNERS };
    expect(await floods(yard)).toEqual([{ ...flood, files: 20, megabytes: 0, isNamedAlike: true }]);
    await yard.relay({ limits: { ...limits, files: 100 }, here, ownerOf });
    await yard.relay({ limits, here, ownerOf });
    expect(await floods(yard)).toEqual([]);
  });

  it("has one turn for each of the others', whatever ids it puts into its names", async () => {
    await using yard = await newYard();
    const forged = Array.from({ length: 20 }, (_, index) => String(2_700_500 + index) as AgencyId);
    for (const id of forged) await leave(yard, packetName(id, RIVER));
    for (let sequence = 1; sequence <= 3; sequence++) {
      await leave(yard, packetName(PRAIRIE, CREEK, sequence));
    }
    const here = owned(boxAt(yard.waitingAt()), accountOf);
    const limits = { ...yard.relaying().limits, files: 6 };
    expect(await yard.relay({ limits, here, ownerOf })).toMatchObject({ moved: 3, refused: 3 });
  });

  it("is one by files of names that nobody of us gives, too", async () => {
    await using yard = await newYard();
    for (let number = 1; number <= 6; number++)
      await writeFile(yard.waitingAt(`${number}.mov`), "");
    const limits = { ...yard.relaying().limits, perSender: few };
    await yard.relay({ limits, here: owned(boxAt(yard.waitingAt()), accountOf) });
    const flood = { subject: `${PEER} account 1099`, box: PEER, account: 1099 };
    expect(await floods(yard)).toEqual([{ ...flood, files: 6, megabytes: 0, isNamedAlike: false }]);
  });

  it("of files that wait for a closed district does not keep its others from going", async () => {
    await using yard = await newYard();
    for (let sequence = 1; sequence <= 10; sequence++) {
      await leave(yard, packetName(PRAIRIE, CREEK, sequence));
    }
    const limits = { ...yard.relaying().limits, files: 10 };
    const directory = directoryOf([listed(RIVER), listed(CREEK, { AgencyStatus: "Inactive" })]);
    await yard.relay({ limits, directory });
    const later = await leave(yard, packetName(PRAIRIE, RIVER));
    expect(await yard.relay({ limits, directory })).toMatchObject({ moved: 1, waiting: 10 });
    expect(await arrived(yard, RIVER)).toEqual([later]);
  });
});

describe("a box that fails on the other server", () => {
  it("holds up its own files, and no other's", async () => {
    await using yard = await newYard();
    for (const sequence of [1, 2]) {
      await leave(yard, packetName(PRAIRIE, CREEK, sequence));
      await leave(yard, packetName(PRAIRIE, RIVER, sequence));
    }
    const there = (agency: AgencyId): DropBox => {
      const box = boxAt(yard.arrivedAt(agency));
      return agency === CREEK ? closed(box, "BOX_FULL") : box;
    };
    expect(await yard.relay({ there })).toMatchObject({ moved: 2, waiting: 2 });
    expect(await alertsOf(yard)).toEqual([
      { code: "RELAY_WAITING", subject: `${CREEK} BOX_FULL`, files: 2 },
    ]);
    expect(await yard.relay()).toMatchObject({ moved: 2, waiting: 0 });
  });

  it.each(["BOX_TIMEOUT", "BOX_FAILED"] as const)(
    "with %s whenever it is touched comes last from then on",
    async (code) => {
      await using yard = await newYard();
      const poison = await leave(yard, packetName(CORNERS, CREEK));
      for (let sequence = 1; sequence <= 40; sequence++) {
        await leave(yard, packetName(PRAIRIE, RIVER, sequence));
      }
      const there = (agency: AgencyId): DropBox => {
        const box = boxAt(yard.arrivedAt(agency));
        return agency === CREEK ? closed(box, code) : box;
      };
      for (let times = 0; times < 2; times++) {
        await yard.relay({ there }).catch((error: unknown) => error);
      }
      expect(await waiting(yard)).toEqual([poison]);
      expect(await states(yard)).toMatchObject({ [poison]: `CLAIMED ${code}` });
      expect(await yard.relay()).toMatchObject({ moved: 1 });
    },
  );
});
