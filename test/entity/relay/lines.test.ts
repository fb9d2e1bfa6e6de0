/** The relay over real lines: to a server that is far, whose line is cut again and again, and to OpenSSH. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSftp } from "../../../daemon/dropbox/sftp.ts";
import { lasting } from "../../../daemon/dropbox/lasting.ts";
import { type BoxServer, startServer } from "../../../daemon/dropbox/server.ts";
import { newSshKey } from "../../../daemon/dropbox/sshkeys.ts";
import type { Relayed } from "../../../daemon/entity/relay.ts";
import { isRefusal } from "../../../daemon/errors.ts";
import type { AgencyId } from "../../../daemon/ids.ts";
import { roughLine } from "../../dropbox/rough-line.ts";
import { noOpenSsh, startOpenSsh } from "../../openssh.ts";
import {
  CORNERS,
  CREEK,
  documentName,
  leave,
  newYard,
  packetName,
  PRAIRIE,
  RIVER,
  states,
  textAt,
  US,
  waiting,
  type Yard,
} from "./yard.ts";

/** The other state's server, on which our entity has an account like any district. */
async function serverAbroad(serve: (root: string) => Promise<BoxServer>) {
  const root = await mkdtemp(join(tmpdir(), "packetboat-abroad-"));
  const server = await serve(root);
  const key = newSshKey("relay");
  for (const agencyId of [US, RIVER, CREEK]) {
    const publicKeys = [agencyId === US ? key.publicKey : newSshKey(agencyId).publicKey];
    await server.admit({ name: `lea${agencyId}`, agencyId, publicKeys });
  }
  const line = await roughLine(server.port);
  const address = { kind: "sftp", user: `lea${US}`, host: "127.0.0.1", folder: "/" } as const;
  const login = {
    privateKey: key.privateKey,
    hostKeys: [server.hostKey],
    deadlines: { connectMs: 20_000, idleMs: 5000, totalMs: 60_000 },
  };
  return {
    line,
    /** What lies in a box there. */
    arrived: async (id: AgencyId) =>
      (await readdir(join(root, "boxes", id))).filter((name) => name.endsWith(".pgp")),
    textOf: (id: AgencyId, name: string) => textAt(join(root, "boxes", id, name)),
    /** One exchange, over a line of its own. */
    relay: async (yard: Yard): Promise<Relayed> => {
      const connect = () => openSftp({ ...address, port: line.port }, login);
      await using harbor = await lasting(connect);
      const there = (id: AgencyId) => harbor.box(`/boxes/${id}`);
      const limits = { ...yard.relaying().limits, files: 5000 };
      return await yard.relay({ there, mend: harbor.mend, limits });
    },
    [Symbol.asyncDispose]: async () => {
      await line[Symbol.asyncDispose]();
      await server.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** @returns names, by recipient */
async function loaded(yard: Yard, each: number): Promise<Map<AgencyId, string[]>> {
  const names = new Map<AgencyId, string[]>([RIVER, CREEK].map((id) => [id, []]));
  for (let number = 1; number <= each; number++) {
    for (const [from, to] of [
      [PRAIRIE, RIVER],
      [CORNERS, CREEK],
    ] as const) {
      const bytes = { bytes: `${number} `.repeat(400) };
      const isDocument = number % 5 === 0;
      const name = isDocument ? documentName(from, to, number) : packetName(from, to, number);
      names.get(to)?.push(await leave(yard, name, bytes));
    }
  }
  return names;
}

async function expectArrived(
  abroad: Awaited<ReturnType<typeof serverAbroad>>,
  yard: Yard,
  names: ReadonlyMap<AgencyId, readonly string[]>,
): Promise<void> {
  for (const [to, expected] of names) {
    expect((await abroad.arrived(to)).toSorted()).toEqual(expected.toSorted());
    for (const name of expected) expect(await abroad.textOf(to, name)).toMatch(/^(\d+ )\1{399}$/);
  }
  expect(await waiting(yard)).toEqual([]);
  expect(new Set(Object.values(await states(yard)))).toEqual(new Set(["MOVED"]));
}

describe("the relay", () => {
  it("over a line that is cut again and again loses nothing, and no file arrives broken", async () => {
    await using yard = await newYard();
    await using abroad = await serverAbroad(startServer);
    const names = await loaded(yard, 40);
    let next = 7;
    abroad.line.cutEvery(() => (next = (next * 37) % 30_000) + 12_000, 20);
    let ends = 0;
    while ((await waiting(yard)).length > 0 && ends++ < 30) {
      await abroad.relay(yard).catch((error: unknown) => {
        if (!isRefusal(error)) throw error;
      });
    }
    expect(abroad.line.done.harmed.cut).toBeGreaterThan(3);
    await expectArrived(abroad, yard, names);
  }, 60_000);

  it.skipIf(noOpenSsh)(
    "brings files into boxes on OpenSSH that nobody but their owners can list",
    async () => {
      await using yard = await newYard();
      await using abroad = await serverAbroad(startOpenSsh);
      const names = await loaded(yard, 20);
      expect(await abroad.relay(yard)).toEqual({ moved: 40, refused: 0, waiting: 0, more: 0 });
      await expectArrived(abroad, yard, names);
    },
    60_000,
  );
});
