/**
 * A cohort for a box that holds less than the cohort, on a real sshd. The box stands on a small file system of
 * its own, for kernels without quotas: sshd has one answer for a disk that is full and a quota that is used up.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type District,
  drop,
  dropRequest,
  meet,
  newWorld,
  openAlerts,
  requestTo,
  withLedger,
  type World,
} from "./homes.ts";
import { linesOf } from "./kills.ts";
import { type OpenSsh, noOpenSsh, startOpenSsh } from "./openssh.ts";
import { alertsAt, configure, messagesFrom, neighbour } from "./scene.ts";

const COHORT = 24;
/** Five packets, and then ten; the box is full within the second turn. */
const TWO_TURNS = 15;
/** Room for some of them: a request has about six kilobytes, and takes two pages of memory. */
const ROOM = ["size=80k", "nr_inodes=100"];

describe.skipIf(noOpenSsh)(
  "a cohort for a box that is too small for it",
  { timeout: 120_000 },
  () => {
    let world: World;
    let server: OpenSsh;
    /** Comes before the other, by number. */
    let corners: District;
    beforeAll(async () => {
      world = await newWorld(
        "2024-07-19T14:00:00Z",
        async (root) => (server = await startOpenSsh(root)),
      );
      corners = await neighbour(world);
      await configure(world.valley, { at: ["limits", "messagesPerPacket"], value: 1 });
      await bound();
      const request = await requestTo(corners);
      for (let number = 1; number <= COHORT; number++) {
        await drop(world.valley, `request-${number}.xml`, request.replace("Marie", `M${number}`));
      }
      await dropRequest(world);
    }, 120_000);
    afterAll(() => world[Symbol.asyncDispose]());

    const box = (): string => `/srv/packetboat/boxes/${corners.id}/test`;
    const bound = async (): Promise<void> => {
      const account = `lea${corners.id}`;
      const owner = ["uid", "gid"].map(async (which) => {
        const id = await server.asRoot("id", [which === "uid" ? "-u" : "-g", account]);
        return `${which}=${id.trim()}`;
      });
      const options = [...ROOM, "mode=3733", ...(await Promise.all(owner))].join(",");
      await server.asRoot("mount", ["-t", "tmpfs", "-o", options, "tmpfs", box()]);
    };
    const lying = async (): Promise<string[]> =>
      (await server.asRoot("ls", ["-A", box()])).split("\n").filter(Boolean);
    /** What happened for that partner, since so many lines of the log. */
    const stepsFrom = async (line: number): Promise<string[]> =>
      ((await linesOf(world.valley)) as { message: string; to?: string }[])
        .slice(line)
        .filter(({ to }) => to === corners.id)
        .map(({ message }) => message);
    const requests = async (): Promise<string[]> =>
      (await messagesFrom(world.valley))
        .filter(({ to_agency: to, kind }) => to === corners.id && kind !== "Receipt")
        .map(({ state }) => state);

    it("stops at the first refusal, and serves the others", async () => {
      const { valley, prairie } = world;
      const { counts } = await meet(world, valley);
      const there = await lying();
      expect(there.length).toBeGreaterThan(2);
      expect(there.length).toBeLessThan(COHORT / 2);
      expect(there.filter((name) => name.startsWith("."))).toEqual([]);
      expect([counts.sent, counts.failed]).toEqual([there.length + 1, 1]);
      const [alert] = await alertsAt(valley);
      expect(alert).toMatchObject({ code: "PARTNER_UNREACHABLE", agency: { id: corners.id } });
      expect(alert?.facts).toMatchObject({ code: "BOX_FULL" });
      // No packets are made for a box that takes none, but those of the turn: what waits can still be withdrawn.
      expect(counts.packed).toBe(TWO_TURNS + 1);
      expect((await meet(world, prairie)).counts.taken).toBe(1);
    });

    it("rests, and nothing is made for it meanwhile", async () => {
      const { length: before } = await linesOf(world.valley);
      await meet(world, world.valley);
      expect(await stepsFrom(before)).toEqual([]);
    });

    it("goes on when there is room, and all of it arrives once", async () => {
      const { valley, clock } = world;
      for (let round = 0; round < 20; round++) {
        await meet(world, corners);
        clock.pass({ hours: 7 });
        await meet(world, valley);
        if ((await requests()).every((state) => state === "CONFIRMED")) break;
      }
      expect(await requests()).toEqual(Array(COHORT).fill("CONFIRMED"));
      const heard = await withLedger(corners, (ledger) =>
        ledger
          .selectFrom("messages_in")
          .select("state")
          .where("kind", "=", "SignedRequest")
          .execute(),
      );
      expect(heard.map(({ state }) => state)).toEqual(Array(COHORT).fill("TAKEN"));
      expect(await openAlerts(valley)).not.toContain("PARTNER_UNREACHABLE");
      await meet(world, corners);
      expect(await lying()).toEqual([]);
    });
  },
);
