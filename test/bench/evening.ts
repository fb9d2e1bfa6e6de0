/**
 * The evening before a night: two districts on a real sshd, records that were asked for, and nothing left to say.
 * What is measured begins when the records lie in the outbox, and ends when their receipts are there.
 */
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as passed } from "node:timers/promises";
import { dropFolderPaths, readConfig } from "../../daemon/config.ts";
import { startServer } from "../../daemon/dropbox/server.ts";
import { finishedFiles } from "../../daemon/desk/ready.ts";
import { dropList, referencesAt } from "../cohort/cohort.ts";
import { type Letter, writerAt } from "../forge.ts";
import { boxOf, type District, newWorld, office, withLedger, type World } from "../homes.ts";
import { hindrance, startOpenSsh, type OpenSsh } from "../openssh.ts";
import { configure, reachBy } from "../scene.ts";
import { snapshot, type Snapshot } from "../snapshots.ts";
import { type Ran, runAlone, runProfiled, type Wanted } from "./bench.ts";
import { settleDisk } from "./meter.ts";

/** Files in an outbox, by name. */
export type Files = ReadonlyMap<string, string | Uint8Array>;

export interface Night extends Ran {
  /** That carried records. */
  readonly packets: number;
  /** How long each exchange took, by its name. */
  readonly steps: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

/** What makes a night: what lies in the outbox, and how it is to leave. */
interface Leaving extends Pick<Wanted, "profiles"> {
  readonly messages: number;
  readonly files: Files;
  /** Of the records; receipts go as many in a packet as usual. */
  readonly messagesPerPacket?: number;
  /** By which both reach the server; its own, if not given. */
  readonly port?: number;
}

/** The config's own default. */
const MESSAGES_PER_PACKET = 100;

export class Evening implements AsyncDisposable {
  readonly world: World;
  readonly server: OpenSsh;
  /** Of each transfer, by the number of its student. */
  readonly references: ReadonlyMap<string, string>;
  readonly #before: readonly Snapshot[];

  private constructor(
    { world, server }: { world: World; server: OpenSsh },
    references: ReadonlyMap<string, string>,
    before: readonly Snapshot[],
  ) {
    this.world = world;
    this.server = server;
    this.references = references;
    this.#before = before;
  }

  /** @param students whose records one district asks of the other */
  static async before(students: number): Promise<Evening> {
    let server: OpenSsh | undefined;
    const world = await newWorld(
      new Date().toISOString(),
      async (root) => (server = await startOpenSsh(root)),
    );
    if (!server) throw new Error("no server was asked for");
    const { valley, prairie, clock } = world;
    await dropList(valley, students);
    for (const home of [valley, prairie, valley, prairie]) await runAlone(home, "exchange");
    const references = await referencesAt(valley);
    const before: Snapshot[] = [];
    for (const { folder } of [valley, prairie]) before.push(await snapshot({ folder, clock }));
    return new Evening({ world, server }, references, before);
  }

  /** Whoever has the releaser's keys, writing to the requester. */
  async letter(): Promise<Letter> {
    const { prairie, valley } = this.world;
    return { from: await writerAt(prairie), to: await writerAt(valley), at: new Date() };
  }

  /** From this outbox to records that are shown, with receipts back; everything as it was before the last night. */
  async spend({
    messages,
    files,
    messagesPerPacket = MESSAGES_PER_PACKET,
    port = this.server.port,
    ...how
  }: Leaving): Promise<Night> {
    const { valley, prairie } = this.world;
    await this.#restore();
    await configure(prairie, { at: ["limits", "messagesPerPacket"], value: messagesPerPacket });
    for (const home of [valley, prairie]) await reachBy(home, { port });
    await this.#drop(files);
    await settleDisk();
    const steps: Record<string, number> = {};
    const whole = { seconds: 0, cpuSeconds: 0, peakMegabytes: 0 };
    for (const [step, home] of [
      ["records leave", prairie],
      ["records are taken", valley],
      ["receipts are taken", prairie],
    ] as const) {
      const ran = await runProfiled(home, how, "exchange");
      steps[step] = ran.seconds;
      whole.seconds += ran.seconds;
      whole.cpuSeconds += ran.cpuSeconds;
      whole.peakMegabytes = Math.max(whole.peakMegabytes, ran.peakMegabytes);
    }
    return { ...whole, steps, ...(await this.#looked(messages)) };
  }

  async #restore(): Promise<void> {
    for (const each of this.#before) await each.restore();
    await emptyBoxes(this.world, [this.world.valley.id, this.world.prairie.id]);
  }

  /** The daemon has seen them in the evening, so that they have held still when the night comes. */
  async #drop(files: Files): Promise<void> {
    const { prairie } = this.world;
    for (const [name, content] of files) await writeFile(office(prairie, "outbox", name), content);
    const { dropFolders } = await readConfig(prairie.configPath);
    const [dropFolder] = Object.values(dropFolders);
    if (!dropFolder) throw new Error("no drop folder");
    const folder = dropFolderPaths(dropFolder).outbox;
    const { unchangedForSeconds } = dropFolder.ready;
    await withLedger(prairie, (ledger) =>
      finishedFiles({ ledger, folder, unchangedForSeconds, at: new Date() }),
    );
    await passed(unchangedForSeconds * 1000 + 100);
  }

  /** Has every record arrived, once, and does its sender know? */
  async #looked(messages: number): Promise<Pick<Night, "packets" | "faults">> {
    const { valley, prairie } = this.world;
    const shown = (await readdir(office(valley, "records"))).length;
    const left = (await readdir(office(prairie, "outbox"))).length;
    const sent = await releasesFrom(prairie);
    const confirmed = sent.filter(({ state }) => state === "CONFIRMED").length;
    const unless = (isWell: boolean, fault: string): string[] => (isWell ? [] : [fault]);
    return {
      packets: new Set(sent.map(({ packet_id: id }) => id)).size,
      faults: [
        ...unless(shown === messages, `${shown} records are shown, not ${messages}`),
        ...unless(confirmed === messages, `${confirmed} records are confirmed, not ${messages}`),
        ...unless(left === 0, `${left} files are left in the outbox`),
      ],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#before) await each[Symbol.asyncDispose]();
    await this.world[Symbol.asyncDispose]();
  }
}

const releasesFrom = (home: District) =>
  withLedger(home, (ledger) =>
    ledger
      .selectFrom("messages_out")
      .select(["state", "packet_id"])
      .where("kind", "=", "TransferRelease")
      .execute(),
  );

/** Two districts as they are today, on a real sshd where there can be one, else on the embedded server. */
export const newTown = (): Promise<World> =>
  newWorld(new Date().toISOString(), hindrance === null ? startOpenSsh : startServer);

/** On what it was measured. */
export const ON_SERVER = hindrance === null ? "a real sshd" : "the embedded server";

/** Nothing lies in the boxes of these agencies. */
export async function emptyBoxes(
  world: Pick<World, "folder">,
  ids: readonly string[],
): Promise<void> {
  for (const id of ids) {
    const box = boxOf(world, { id } as Pick<District, "id">);
    for (const name of await readdir(box)) await rm(join(box, name));
  }
}
