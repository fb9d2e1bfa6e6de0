/** What leaves for several partners: a cohort for one of them keeps the others' receipts waiting no longer than a turn. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ExchangeResult } from "../daemon/exchange.ts";
import {
  type District,
  drop,
  dropRequest,
  meet,
  newWorld,
  requestTo,
  withLedger,
  type World,
} from "./homes.ts";
import { linesOf } from "./kills.ts";
import { configure, neighbour } from "./scene.ts";

const COHORT = 30;
const PER_PACKET = 2;
const PACKETS_IN_A_TURN = 5;

let world: World;
/** Comes before the other partner, by number. */
let corners: District;
let result: ExchangeResult;
beforeAll(async () => {
  world = await newWorld();
  const { valley, prairie } = world;
  corners = await neighbour(world);
  await drop(corners, "request.xml", await requestTo(prairie));
  await dropRequest(world);
  for (const home of [corners, valley]) await meet(world, home);
  await configure(prairie, { at: ["limits", "messagesPerPacket"], value: PER_PACKET });
  const request = await requestTo(corners);
  for (let number = 1; number <= COHORT; number++) {
    await drop(prairie, `request-${number}.xml`, request.replace("Marie", `M${number}`));
  }
  result = await meet(world, prairie);
});
afterAll(() => world[Symbol.asyncDispose]());

describe("a cohort for one partner", () => {
  it("lets the others have their turn after a few packets, and all of it leaves all the same", async () => {
    const { valley, prairie } = world;
    const lines = (await linesOf(prairie)) as { message: string; to?: string }[];
    const order = lines.filter(({ message }) => message === "Packet delivered");
    const forCorners = Math.ceil((COHORT + 2) / PER_PACKET);
    expect(order.findIndex(({ to }) => to === valley.id)).toBe(PACKETS_IN_A_TURN);
    expect(order.filter(({ to }) => to === corners.id)).toHaveLength(forCorners);
    expect([result.exit, result.counts.sent]).toEqual([0, order.length]);
  });

  it("lets a receipt for that partner go first", async () => {
    const rows = await withLedger(world.prairie, (ledger) =>
      ledger
        .selectFrom("messages_out")
        .innerJoin("packets_out", "packets_out.packet_id", "messages_out.packet_id")
        .select(["kind", "sequence", "position", "messages_out.message_id"])
        .where("messages_out.to_agency", "=", corners.id)
        .orderBy("sequence")
        .orderBy("position")
        .execute(),
    );
    expect(rows).toHaveLength(COHORT + 2);
    expect(rows[0]?.kind).toBe("Receipt");
    // What is asked keeps its order.
    const ids = rows.filter(({ kind }) => kind === "SignedRequest").map((row) => row.message_id);
    expect(ids).toEqual(ids.toSorted());
  });
});
