/** A name costs its sender nothing: what a packet names, and is not there, costs us next to nothing as well. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DropBox, Harbor } from "../../daemon/dropbox/contract.ts";
import { openFolders } from "../../daemon/dropbox/folder.ts";
import { newRandomPart, parseAgencyId } from "../../daemon/ids.ts";
import { clear, toClear } from "../../daemon/inbound/clear.ts";
import { noteNamed } from "../../daemon/inbound/gather.ts";
import { type Ledger, openLedger } from "../../daemon/ledger/connect.ts";
import {
  addAttachmentIn,
  attachmentsIn,
  claimFile,
  updateClaim,
} from "../../daemon/ledger/incoming.ts";
import { attachmentName, sealedName } from "../../daemon/packet/names.ts";

const AT = new Date("2024-07-19T14:00:00Z");
const US = parseAgencyId("2700105");
const VALLEY = parseAgencyId("3900417");

let folder: string;
let ledger: Ledger;
let harbor: Harbor;
/** How often the box was listed. */
let looks: number;
beforeEach(async () => {
  looks = 0;
  folder = await mkdtemp(join(tmpdir(), "packetboat-clear-"));
  await mkdir(join(folder, "box"));
  ledger = await openLedger(join(folder, "ledger.sqlite"));
  harbor = openFolders();
});
afterEach(async () => {
  await harbor.close();
  await ledger.destroy();
  await rm(folder, { recursive: true });
});

const named = (count: number): [string, ...string[]] => {
  const name = (at: number): string =>
    attachmentName({ from: VALLEY, to: US, group: at, number: 1, random: newRandomPart() });
  return [name(1), ...Array.from({ length: count - 1 }, (_, at) => name(at + 2))];
};

/** A packet in the box that names these documents. @returns how many statements it took to note them */
async function packetNaming(names: readonly string[]) {
  const file = sealedName({ from: VALLEY, to: US, sequence: 1, random: newRandomPart() });
  const lying = { name: file, size: 1, modifiedAt: AT };
  await writeFile(join(folder, "box", file), "x");
  const { claim_id: claimId } = await claimFile(ledger, lying, AT);
  let statements = 0;
  const counting = ledger.withPlugin({
    transformQuery: ({ node }) => {
      statements++;
      return node;
    },
    transformResult: async ({ result }) => result,
  });
  const messages = [{ namedFiles: names }] as unknown as Parameters<typeof noteNamed>[0];
  const signer = { id: VALLEY } as unknown as Parameters<typeof noteNamed>[1]["signer"];
  await noteNamed(messages, { ledger: counting, claimId, signer });
  return { claimId, statements };
}

/** Clear all that is done with. @returns how many deletes the server was asked for */
async function cleared(): Promise<number> {
  let removes = 0;
  const box: DropBox = harbor.box(join(folder, "box"));
  const counting: DropBox = {
    ...box,
    list: (belongs) => {
      looks++;
      return box.list(belongs);
    },
    remove: (name) => {
      removes++;
      return box.remove(name);
    },
  };
  for (const some of await toClear(ledger)) {
    await clear(some, { ledger, box: counting, staging: folder, at: AT });
  }
  return removes;
}

const inBox = (): Promise<string[]> => readdir(join(folder, "box"));

describe("a packet that names thousands of documents", () => {
  it("has them noted in one commit, and once", async () => {
    const names = named(2000);
    const { claimId, statements } = await packetNaming([...names, names[0]]);
    expect(statements).toBe(1);
    expect(await attachmentsIn(ledger, claimId)).toHaveLength(2000);
  });

  it("has no more deleted at the server than lie there", async () => {
    const names = named(2000);
    const { claimId } = await packetNaming(names);
    for (const name of names.slice(-3)) await writeFile(join(folder, "box", name), "x");
    const other = named(1)[0];
    await writeFile(join(folder, "box", other), "x");
    await updateClaim(ledger, claimId, { state: "RECORDED" });
    expect(await cleared()).toBe(4);
    expect(looks).toBe(1);
    expect(await inBox()).toEqual([other]);
    expect(await attachmentsIn(ledger, claimId)).toEqual([]);
    expect(await cleared()).toBe(0);
  });

  it("does not have the box looked through for what was fetched from it", async () => {
    const names = named(100);
    const { claimId } = await packetNaming(names);
    for (const name of names) {
      await writeFile(join(folder, "box", name), "x");
      const stagedPath = join(folder, `${name}.document`);
      await addAttachmentIn(ledger, { claimId, sealedName: name, stagedPath, said: "" });
    }
    await updateClaim(ledger, claimId, { state: "RECORDED" });
    expect(await cleared()).toBe(101);
    expect(looks).toBe(0);
    expect(await inBox()).toEqual([]);
  });

  it("keeps them in the box and in mind while it is in the quarantine", async () => {
    const names = named(100);
    const { claimId } = await packetNaming(names);
    await writeFile(join(folder, "box", names[0]), "x");
    await updateClaim(ledger, claimId, { state: "QUARANTINED" });
    await cleared();
    expect(await inBox()).toEqual([names[0]]);
    expect(await attachmentsIn(ledger, claimId)).toHaveLength(100);
  });
});
