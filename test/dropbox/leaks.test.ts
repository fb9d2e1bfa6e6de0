/**
 * Weeks of failing sessions leave nothing behind. `PACKETBOAT_TEST_SESSIONS=10000` makes more of them.
 */
import { readdirSync } from "node:fs";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openSftp } from "../../daemon/dropbox/sftp.ts";
import { newSshKey } from "../../daemon/dropbox/sshkeys.ts";
import { isRefusal } from "../../daemon/errors.ts";
import { OURS, SENDER, everything, packetName } from "./contract.ts";
import { type RoughLine, roughLine } from "./rough-line.ts";
import { type EmbeddedYard, embeddedYard } from "./yards.ts";
import { until } from "../until.ts";

const SESSIONS = Number(process.env["PACKETBOAT_TEST_SESSIONS"] ?? 300);
const IMPATIENT = { connectMs: 100, idleMs: 40, totalMs: 20_000 };

let yard: EmbeddedYard;
let line: RoughLine;
beforeAll(async () => {
  yard = await embeddedYard();
  line = await roughLine(yard.server.port);
});
afterAll(async () => {
  await line[Symbol.asyncDispose]();
  await yard[Symbol.asyncDispose]();
});

const bytes = Buffer.alloc(50_000);

async function deliver(): Promise<void> {
  const address = { ...yard.addressOf(OURS), port: line.port };
  await using harbor = await openSftp(address, yard.loginOf(OURS, IMPATIENT));
  await harbor.box(yard.boxOf(SENDER)).deliver(packetName(), bytes);
}

async function list(): Promise<void> {
  const address = { ...yard.addressOf(OURS), port: line.port };
  await using harbor = await openSftp(address, yard.loginOf(OURS, IMPATIENT));
  await everything(harbor.box(yard.boxOf(OURS)));
}

/** Every way in which a session may fail that we know of, one after the other. */
const FAILING: readonly (() => Promise<unknown>)[] = [
  () => {
    line.spoil({ harm: "cut", way: "toClient", afterBytes: 500 });
    return deliver();
  },
  () => {
    line.spoil({ harm: "cut", way: "toServer", afterBytes: 20_000 });
    return deliver();
  },
  () => {
    line.spoil({ harm: "silence", way: "toClient", afterBytes: 20 });
    return list();
  },
  () => {
    line.spoil({ harm: "swallow", way: "toClient", afterBytes: 1_500 });
    return list();
  },
  () => {
    line.spoil({ harm: "halfOpen", way: "toServer", afterBytes: 30_000 });
    return deliver();
  },
  () => {
    line.refuse("Exceeded MaxStartups\r\n");
    return list();
  },
  () =>
    openSftp(yard.addressOf(OURS), {
      ...yard.loginOf(OURS),
      hostKeys: [`SHA256:${"A".repeat(43)}`],
    }),
  () =>
    openSftp(yard.addressOf(OURS), {
      ...yard.loginOf(OURS),
      privateKey: newSshKey("another").privateKey,
    }),
];

/** What is open in this process, which is both ends and the line between. */
function inUse(): Record<string, number> {
  const kinds = process.getActiveResourcesInfo();
  const count = (kind: string): number => kinds.filter((name) => name === kind).length;
  return {
    files: readdirSync("/proc/self/fd").length,
    sockets: count("TCPSocketWrap"),
    timers: count("Timeout"),
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
  };
}

async function failSessions(count: number): Promise<void> {
  for (let session = 0; session < count; session++) {
    const failing = FAILING[session % FAILING.length] ?? deliver;
    const end = await failing().then(
      () => "it did not fail",
      (error: unknown) => (isRefusal(error) ? "refused" : error),
    );
    expect([session % FAILING.length, end]).toEqual([session % FAILING.length, "refused"]);
    line.mend();
    // What is still on its way from here must not meet the next one's trouble.
    await vi.waitUntil(() => line.open === 0, { interval: 1, timeout: 10_000 });
  }
}

it(
  `${SESSIONS} failing sessions leave no socket, file, timer or listener`,
  { timeout: 3_600_000 },
  async () => {
    const warned = vi.fn<(warning: Error) => void>();
    process.on("warning", warned);
    await failSessions(2 * FAILING.length);
    await until("no session is open", () => yard.server.connections.open === 0);
    // What the tools of the test itself open and close in the meantime is waited for.
    let before = inUse();
    await until("nothing moves", () => {
      const now = inUse();
      const isQuiet = JSON.stringify(now) === JSON.stringify(before);
      before = now;
      return isQuiet;
    });
    const heapBefore = process.memoryUsage().heapUsed;
    await failSessions(SESSIONS);
    await until("no session is open", () => yard.server.connections.open === 0);
    await until("no more is in use than before", () => {
      const now = inUse();
      return Object.keys(now).every((kind) => (now[kind] ?? 0) <= (before[kind] ?? 0));
    });
    process.off("warning", warned);
    expect(warned.mock.calls).toEqual([]);
    if (SESSIONS > 1_000) {
      const grown = (process.memoryUsage().heapUsed - heapBefore) / 2 ** 20;
      const figures = { before, after: inUse(), harmed: line.done.harmed, heapGrownMiB: grown };
      process.stderr.write(`${JSON.stringify(figures)}\n`);
    }
  },
);
