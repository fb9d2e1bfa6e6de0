/**
 * What every operation on a drop box promises when the line fails, whatever the server: it ends in time and
 * says how it failed, nothing half is left on either side, and done again over a new line it ends well.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DropBox, Harbor } from "../../daemon/dropbox/contract.ts";
import { openSftp } from "../../daemon/dropbox/sftp.ts";
import { type ErrorCode, isRefusal } from "../../daemon/errors.ts";
import { OURS, SENDER, everything, packetName } from "./contract.ts";
import { type RoughLine, type Trouble, type Way, roughLine } from "./rough-line.ts";
import type { ServerYard } from "./yards.ts";

const PATIENT = { connectMs: 20_000, idleMs: 20_000, totalMs: 20_000 };
const HASTY = { connectMs: 20_000, idleMs: 400, totalMs: 20_000 };
/** What a busy machine may take beyond a deadline. */
const SLACK_MS = 5_000;
const MOST_TRIES = 10;
const SIZE = 200_000;

/** One file, in the box it is about, and the harbor of ours from which something is done to it. */
interface Scene {
  readonly name: string;
  readonly bytes: Buffer;
  /** As it lies in the box. */
  readonly final: string;
  readonly partial: string;
  readonly copy: string;
  readonly desk: string;
}

interface Operation {
  readonly what: string;
  /** Whose box it is about. */
  readonly owner: string;
  /** Name of what lies there before: the file, what an upload left, or nothing. */
  readonly before: "final" | "partial" | null;
  readonly run: (box: DropBox, scene: Scene) => Promise<unknown>;
  /** What is true when it was done. */
  readonly done: (scene: Scene, end: unknown) => Promise<void>;
}

const sizeOf = async (path: string): Promise<number | null> =>
  (await fs.stat(path).catch(() => null))?.size ?? null;

const OPERATIONS: readonly Operation[] = [
  {
    what: "listing a box",
    owner: OURS,
    before: "final",
    run: async (box) => (await everything(box)).files.map(({ name }) => name),
    done: async ({ name }, end) => expect(end).toContain(name),
  },
  {
    what: "fetching a file",
    owner: OURS,
    before: "final",
    run: (box, { name, copy }) => box.fetch(name, copy, { size: SIZE, maxBytes: SIZE }),
    done: async ({ copy, bytes }) => expect(bytes.equals(await fs.readFile(copy))).toBe(true),
  },
  {
    what: "looking at a file",
    owner: OURS,
    before: "final",
    run: (box, { name }) => box.look(name),
    done: async ({ name }, end) => expect(end).toMatchObject({ name, size: SIZE }),
  },
  {
    what: "reading a file",
    owner: OURS,
    before: "final",
    run: (box, { name }) => box.read(name, { maxBytes: SIZE }),
    done: async ({ bytes }, end) => expect(end).toEqual(bytes),
  },
  {
    what: "delivering a file",
    owner: SENDER,
    before: null,
    run: (box, { name, bytes }) => box.deliver(name, bytes),
    done: async ({ final, partial, bytes }, end) => {
      expect(["delivered", "already there"]).toContain(end);
      expect(bytes.equals(await fs.readFile(final))).toBe(true);
      expect(await sizeOf(partial)).toBeNull();
    },
  },
  {
    what: "removing a file",
    owner: OURS,
    before: "final",
    run: (box, { name }) => box.remove(name),
    done: async ({ final }) => expect(await sizeOf(final)).toBeNull(),
  },
  {
    what: "removing what an upload left",
    owner: OURS,
    before: "partial",
    run: (box, { name }) => box.removeLeftover(name),
    done: async ({ partial }) => expect(await sizeOf(partial)).toBeNull(),
  },
];

type Passed = Readonly<Record<Way, number>>;
type Spoiling = readonly [how: string, code: ErrorCode, trouble: (all: Passed) => Trouble];

/** @param all the bytes that pass each way when nothing fails */
const HARMS: readonly Spoiling[] = [
  ["is cut before", "BOX_UNREACHABLE", () => ({ harm: "cut", way: "toServer" })],
  ["is cut before the first answer", "BOX_UNREACHABLE", () => ({ harm: "cut", way: "toClient" })],
  [
    "is cut in the middle of what we send",
    "BOX_UNREACHABLE",
    ({ toServer }) => ({ harm: "cut", way: "toServer", afterBytes: Math.floor(toServer / 2) }),
  ],
  [
    "is cut in the middle of what we get",
    "BOX_UNREACHABLE",
    ({ toClient }) => ({ harm: "cut", way: "toClient", afterBytes: Math.floor(toClient / 2) }),
  ],
  ["is silent from the start", "BOX_TIMEOUT", () => ({ harm: "silence" })],
  [
    "goes silent in the middle",
    "BOX_TIMEOUT",
    ({ toServer, toClient }) => ({
      harm: "silence",
      afterBytes: Math.floor((toServer + toClient) / 2),
    }),
  ],
  ["swallows every answer", "BOX_TIMEOUT", () => ({ harm: "swallow", way: "toClient" })],
  [
    "swallows what we send from the middle on",
    "BOX_TIMEOUT",
    ({ toServer }) => ({ harm: "swallow", way: "toServer", afterBytes: Math.floor(toServer / 2) }),
  ],
  [
    "is ended for the server alone",
    "BOX_TIMEOUT",
    ({ toServer }) => ({ harm: "halfOpen", way: "toServer", afterBytes: Math.floor(toServer / 2) }),
  ],
];

/** @param start a server for the whole suite; its boxes fill up, each test has its own names */
export function bearsBrokenLines(
  kind: string,
  start: () => Promise<ServerYard>,
  { skipped = false }: { readonly skipped?: boolean } = {},
): void {
  describe.skipIf(skipped)(`a line that fails, to ${kind}`, () => {
    let yard: ServerYard;
    let root: string;
    /** A line that nothing spoils. */
    let direct: Harbor;
    beforeAll(async () => {
      yard = await start();
      direct = await yard.harborOf(SENDER);
      root = await fs.mkdtemp(join(tmpdir(), "packetboat-lines-"));
    });
    afterAll(async () => {
      await direct.close();
      await yard[Symbol.asyncDispose]();
      await fs.rm(root, { recursive: true, force: true });
    });

    const lineTo = (): Promise<RoughLine> => {
      const { host, port } = yard.addressOf(OURS);
      return roughLine(port, host);
    };

    const over = (line: RoughLine, deadlines = PATIENT): Promise<Harbor> =>
      openSftp(
        { ...yard.addressOf(OURS), host: "127.0.0.1", port: line.port },
        yard.loginOf(OURS, deadlines),
      );

    async function sceneFor({ owner, before }: Pick<Operation, "owner" | "before">) {
      const name = packetName();
      const bytes = randomBytes(SIZE);
      const desk = await fs.mkdtemp(join(root, "desk-"));
      const box = yard.onDisk(owner);
      const paths = { final: join(box, name), partial: join(box, `.${name}.part`) };
      if (before !== null) await direct.box(yard.boxOf(owner)).deliver(name, bytes);
      if (before === "partial") await fs.rename(paths.final, paths.partial);
      return { name, bytes, desk, copy: join(desk, "copy"), ...paths } satisfies Scene;
    }

    async function nothingHalf({ desk, final }: Scene): Promise<void> {
      expect(await fs.readdir(desk)).toEqual([]);
      expect([null, SIZE]).toContain(await sizeOf(final));
    }

    /** Does what must fail. @returns the code, and how long it took */
    async function failing(work: Promise<unknown>): Promise<{ code: string; tookMs: number }> {
      const began = performance.now();
      const code = await work.then(
        () => "it did not fail",
        (error: unknown) => {
          if (isRefusal(error)) return error.code;
          throw error;
        },
      );
      return { code, tookMs: performance.now() - began };
    }

    describe.each(OPERATIONS)("$what", (operation) => {
      const { owner, run, done } = operation;
      let all: Passed;
      beforeAll(async () => {
        await using line = await lineTo();
        await using harbor = await over(line);
        const scene = await sceneFor(operation);
        const before = { ...line.done.passed };
        await done(scene, await run(harbor.box(yard.boxOf(owner)), scene));
        const { toServer, toClient } = line.done.passed;
        all = { toServer: toServer - before.toServer, toClient: toClient - before.toClient };
      });

      it.concurrent.each(HARMS)("over a line that %s", async (_how, expected, troubleFor) => {
        const trouble = troubleFor(all);
        for (let tries = 1; ; tries++) {
          const scene = await sceneFor(operation);
          await using line = await lineTo();
          await using harbor = await over(line, HASTY);
          line.spoil(trouble);
          const { code, tookMs } = await failing(run(harbor.box(yard.boxOf(owner)), scene));
          // On a busy machine patience may end before the trouble comes.
          const isEarly = code === "BOX_TIMEOUT" && line.done.harmed[trouble.harm] === 0;
          if (isEarly && tries < MOST_TRIES) continue;
          expect([code, line.done.harmed[trouble.harm]]).toEqual([expected, 1]);
          expect(tookMs).toBeLessThan(HASTY.idleMs + SLACK_MS);
          await nothingHalf(scene);
          await againWell(line, scene);
          return;
        }
      });

      it.concurrent("over a line slower than our patience", async () => {
        const scene = await sceneFor(operation);
        await using line = await lineTo();
        await using harbor = await over(line, HASTY);
        line.slow({ way: "toClient", latencyMs: 2 * HASTY.idleMs });
        const { code, tookMs } = await failing(run(harbor.box(yard.boxOf(owner)), scene));
        expect(code).toBe("BOX_TIMEOUT");
        expect(tookMs).toBeLessThan(HASTY.idleMs + SLACK_MS);
        await nothingHalf(scene);
        line.mend();
        await againWell(line, scene);
      });

      it.concurrent("over a line as slow as the other end of the country", async () => {
        const scene = await sceneFor(operation);
        await using line = await lineTo();
        line.slow({ latencyMs: 40 });
        await using harbor = await over(line);
        await done(scene, await run(harbor.box(yard.boxOf(owner)), scene));
      });

      async function againWell(line: RoughLine, scene: Scene): Promise<void> {
        await using harbor = await over(line);
        await done(scene, await run(harbor.box(yard.boxOf(owner)), scene));
      }
    });

    describe("connecting", () => {
      let all: Passed;
      beforeAll(async () => {
        await using line = await lineTo();
        await (await over(line)).close();
        all = { ...line.done.passed };
      });

      it.concurrent.each(HARMS)("over a line that %s", async (_how, expected, troubleFor) => {
        await using line = await lineTo();
        line.spoil(troubleFor(all));
        const connectMs = expected === "BOX_TIMEOUT" ? HASTY.idleMs : PATIENT.connectMs;
        const { code, tookMs } = await failing(over(line, { ...PATIENT, connectMs }));
        expect(code).toBe(expected);
        expect(tookMs).toBeLessThan(HASTY.idleMs + SLACK_MS);
        line.mend();
        await (await over(line)).close();
      });

      it.concurrent.each([
        ["hangs up", ""],
        ["hangs up and says why", "Exceeded MaxStartups\r\n"],
      ])("to a server that has enough callers and %s", async (_how, words) => {
        await using line = await lineTo();
        line.refuse(words);
        expect((await failing(over(line))).code).toBe("BOX_UNREACHABLE");
        expect(line.done.refused).toBe(1);
        line.mend();
        await (await over(line)).close();
      });
    });

    describe("an answer that is swallowed", () => {
      it("of a rename is settled by looking: the file is there, once", async () => {
        const scene = await sceneFor({ owner: SENDER, before: null });
        await using line = await lineTo();
        await using harbor = await over(line, { ...HASTY, idleMs: 1_500 });
        const deliver = (to: Harbor) => to.box(yard.boxOf(SENDER)).deliver(scene.name, scene.bytes);
        line.spoil({ harm: "swallow", way: "toClient", when: () => existsSync(scene.final) });
        expect((await failing(deliver(harbor))).code).toBe("BOX_TIMEOUT");
        expect(await sizeOf(scene.final)).toBe(SIZE);

        await using again = await over(line);
        const sent = line.done.passed.toServer;
        expect(await deliver(again)).toBe("already there");
        expect(line.done.passed.toServer - sent).toBeLessThan(SIZE / 10);
        expect(await sizeOf(scene.final)).toBe(SIZE);
        expect(await sizeOf(scene.partial)).toBeNull();
      });

      it("of a delete is settled by looking: the file is gone", async () => {
        const scene = await sceneFor({ owner: OURS, before: "final" });
        await using line = await lineTo();
        await using harbor = await over(line, { ...HASTY, idleMs: 1_500 });
        const remove = (from: Harbor) => from.box(yard.boxOf(OURS)).remove(scene.name);
        line.spoil({ harm: "swallow", way: "toClient", when: () => !existsSync(scene.final) });
        expect((await failing(remove(harbor))).code).toBe("BOX_TIMEOUT");
        expect(await sizeOf(scene.final)).toBeNull();
        await using again = await over(line);
        await remove(again);
        expect(await sizeOf(scene.final)).toBeNull();
      });
    });

    it("never shows a part under a final name, wherever an upload is cut", async () => {
      await using line = await lineTo();
      const sizes = new Map<string, Set<number>>();
      let isOver = false;
      const polling = (async () => {
        const box = yard.onDisk(SENDER);
        while (!isOver) {
          for (const [name, seen] of sizes) {
            const size = await sizeOf(join(box, name));
            if (size !== null) seen.add(size);
          }
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      })();
      const cuts = 24;
      for (let cut = 0; cut < cuts; cut++) {
        const scene = await sceneFor({ owner: SENDER, before: null });
        sizes.set(scene.name, new Set());
        sizes.set(`.${scene.name}.part`, new Set());
        await using harbor = await over(line);
        // From the first request to beyond the last byte, where the rename is.
        const afterBytes = Math.floor((cut / (cuts - 1)) * (SIZE + 6_000));
        line.spoil({ harm: "cut", way: "toServer", afterBytes });
        const box = harbor.box(yard.boxOf(SENDER));
        await box.deliver(scene.name, scene.bytes).catch((error: unknown) => {
          if (!isRefusal(error, "BOX_UNREACHABLE")) throw error;
        });
        line.mend();
        await using again = await over(line);
        await again.box(yard.boxOf(SENDER)).deliver(scene.name, scene.bytes);
        await expect.poll(() => sizes.get(scene.name)?.size).toBe(1);
        expect(await sizeOf(scene.partial)).toBeNull();
        sizes.get(scene.name)?.forEach((size) => expect(size).toBe(SIZE));
      }
      isOver = true;
      await polling;
      expect(line.done.harmed.cut).toBeGreaterThan(cuts / 2);
      // The reader was quick enough to see parts, under the name that says so.
      const parts = [...sizes].filter(([name]) => name.startsWith("."));
      expect(parts.some(([, seen]) => [...seen].some((size) => size < SIZE))).toBe(true);
    });

    it("lets no operation take longer than its time, though the server goes on answering", async () => {
      const scene = await sceneFor({ owner: OURS, before: "final" });
      const short = { ...PATIENT, totalMs: 400 };
      const slowly: [string, (box: DropBox) => Promise<unknown>][] = [
        ["list", (box) => everything(box)],
        ["fetch", (box) => box.fetch(scene.name, scene.copy, { size: SIZE, maxBytes: SIZE })],
        ["deliver", (box) => box.deliver(packetName(), scene.bytes)],
      ];
      for (const [what, work] of slowly) {
        await using line = await lineTo();
        await using harbor = await over(line, short);
        line.slow({ latencyMs: 150, bytesPerSecond: 50_000 });
        const { code, tookMs } = await failing(work(harbor.box(yard.boxOf(OURS))));
        expect([what, code]).toEqual([what, "BOX_TIMEOUT"]);
        expect(tookMs).toBeLessThan(short.totalMs + SLACK_MS);
      }
      expect(await fs.readdir(scene.desk)).toEqual([]);
    });
  });
}
