import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { newWorld, REGISTRAR, type World } from "../homes.ts";
import { RECORD, REQUEST } from "./desk.ts";

let world: World;
beforeAll(async () => {
  world = await newWorld(new Date().toISOString());
});
afterAll(async () => world[Symbol.asyncDispose]());

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** As a shell would start it; the server of the world answers meanwhile. */
function run(home: World["valley"], ...argv: string[]): Promise<Ended> {
  const child = spawn(
    process.execPath,
    [join(process.cwd(), "daemon/main.ts"), ...argv, "--as", REGISTRAR],
    { cwd: home.folder, env: { PATH: process.env["PATH"] }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
}

it("brings a record across by commands alone, each a process of its own", async () => {
  const { valley, prairie } = world;
  const asked = await run(valley, "request", "--student", REQUEST, "--to", prairie.id);
  expect([asked.status, asked.stderr]).toEqual([0, ""]);
  const [reference = ""] = /....-.{4}$/m.exec(asked.stdout) ?? [];
  expect((await run(valley, "exchange", "--quiet")).stdout).toBe("");
  expect((await run(prairie, "exchange")).stdout).toContain("Request to release");
  expect(await run(prairie, "release", reference, "--records", RECORD)).toMatchObject({
    status: 0,
    stderr: "",
  });
  expect((await run(prairie, "exchange")).stdout).toMatch(/^Sent: 1 packet\./);
  expect((await run(valley, "exchange")).stdout).toContain("Records released to you");
  const idle = await run(valley, "exchange", "--exit-code", "--json");
  expect([idle.status, idle.stderr]).toEqual([3, ""]);
  expect(JSON.parse(idle.stdout)).toMatchObject({ command: "exchange", exitCode: 3 });
  expect(await run(valley, "imported", reference)).toMatchObject({ status: 0 });
  const twice = await run(valley, "withdraw", reference);
  expect([twice.status, twice.stdout]).toEqual([6, ""]);
  expect(twice.stderr).toMatch(
    /^packetboat: error: .* \[TRANSFER_STATE\]\npacketboat: hint: .*\n$/,
  );
});
