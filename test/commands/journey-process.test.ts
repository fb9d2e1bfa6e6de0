import { afterAll, beforeAll, expect, it } from "vitest";
import { type District, newWorld, REGISTRAR, type World } from "../homes.ts";
import { beside, type Ended } from "./beside.ts";
import { RECORD, REQUEST } from "./desk.ts";

let world: World;
beforeAll(async () => {
  world = await newWorld(new Date().toISOString());
});
afterAll(async () => world[Symbol.asyncDispose]());

const run = (home: District, ...argv: string[]): Promise<Ended> =>
  beside(home, ...argv, "--as", REGISTRAR);

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
