/** The entity as it stands by itself: a home, a box, and districts whose packets it takes. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { exchangeAt } from "../daemon/commands/demo/world.ts";
import { readConfig } from "../daemon/config.ts";
import { newState } from "./states.ts";

it("makes an entity's home, which exchanges", async () => {
  await using state = await newState();
  const { entity, clock } = state;
  const config = await readConfig(entity.configPath);
  expect(config.role).toBe("entity");
  expect(existsSync(join(entity.folder, "office"))).toBe(false);
  const { exit, failure } = await exchangeAt(entity, clock);
  expect([failure, exit]).toEqual([null, 0]);
});
