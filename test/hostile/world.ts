/** A world whose server can turn hostile: what waits in it, and what must have come of that in the end. */
import { readdir, readFile } from "node:fs/promises";
import { homePaths } from "../../daemon/config.ts";
import type { Harbor } from "../../daemon/dropbox/contract.ts";
import { type Deadlines, openSftp } from "../../daemon/dropbox/sftp.ts";
import type { ExchangeResult } from "../../daemon/exchange.ts";
import { meetWith } from "../harbors.ts";
import {
  type District,
  drop,
  dropRequest,
  meet,
  newWorld,
  office,
  requestTo,
  type World,
} from "../homes.ts";
import { messagesFrom } from "../scene.ts";
import { type HostileServer, startHostile } from "./server.ts";

/** Short, so that a server that is given up is given up soon. */
const HASTY: Deadlines = { connectMs: 1_500, idleMs: 400, totalMs: 4_000, graceMs: 1_000 };

export interface HostileWorld extends World {
  readonly server: HostileServer;
}

/** A request lies in the box of prairie, and another waits in its outbox. */
export async function newHostileWorld(): Promise<HostileWorld> {
  const world = (await newWorld(undefined, startHostile)) as HostileWorld;
  await dropRequest(world);
  await meet(world, world.valley);
  await drop(world.prairie, "request.xml", await requestTo(world.valley));
  return world;
}

export const reach =
  (
    { server }: Pick<HostileWorld, "server">,
    { id, folder }: Pick<District, "id" | "folder">,
    deadlines = HASTY,
  ) =>
  async (): Promise<Harbor> => {
    const { host, port, hostKey } = server;
    return openSftp(
      { kind: "sftp", user: `lea${id}`, host, port, folder: `/boxes/${id}` },
      {
        privateKey: await readFile(homePaths({ home: folder }).sshKey),
        hostKeys: [hostKey],
        deadlines,
      },
    );
  };

/** One exchange of prairie that waits for nothing long. */
export const meetHostile = (world: HostileWorld): Promise<ExchangeResult> =>
  meetWith(world, world.prairie, () => ({ connect: reach(world, world.prairie) }));

/**
 * The server is honest again, and days pass.
 *
 * @returns what each side has then: the other's request once, and messages that were all confirmed or wait for no more
 */
export async function healed(world: HostileWorld) {
  const { server, valley, prairie, clock } = world;
  server.behave();
  clock.pass({ hours: 2 });
  for (const who of [prairie, valley, prairie, valley]) await meet(world, who);
  const requestsAt = async (home: District): Promise<number> =>
    (await readdir(office(home, "requests"))).length;
  const isSettled = ({ state }: { state: string }): boolean =>
    state === "CONFIRMED" || state === "PACKED";
  return {
    requests: [await requestsAt(valley), await requestsAt(prairie)],
    unsettled: (await messagesFrom(prairie)).filter((message) => !isSettled(message)).length,
  };
}

/** All names below a folder but for what lies in these. */
export async function namesOutside(folder: string, ...homes: readonly string[]): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => !homes.some((home) => name === home || name.startsWith(`${home}/`)))
    .toSorted();
}
