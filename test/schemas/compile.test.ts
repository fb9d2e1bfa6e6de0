import { createRequire } from "node:module";
import { compileFunction } from "node:vm";
import type { ValidateFunction } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkerFor, WHOLE } from "../../daemon/schema.ts";
import { type Broken, faultsOf } from "../../daemon/schema/words.ts";
import { compiledAhead } from "../../schemas/compile.ts";
import { anyOf } from "../packet/arbitrary.ts";

type Checks = Record<string, ValidateFunction>;

/** As Node loads a CommonJS module. */
function loaded(code: string): Checks {
  const checks: Checks = {};
  const run = compileFunction(code, ["exports", "require"]) as (...given: unknown[]) => void;
  run(checks, createRequire(import.meta.url));
  return checks;
}

const ahead = [...compiledAhead()].flatMap(([file, code]) =>
  Object.entries(loaded(code)).map(([name, check]) => ({ file, name, check })),
);

describe("the checks that the published package has ready", () => {
  it.each(ahead)("find what is found in a checkout: $file $name", ({ file, name, check }) => {
    const definition = name === WHOLE ? undefined : name;
    const inCheckout = checkerFor(file, definition);
    const right = definition === undefined ? fc.object() : anyOf(file, definition);
    // Right, wrong, or right but for what was put into it.
    const values = fc.oneof(
      right,
      fc.anything(),
      fc.tuple(right, fc.object()).map(([one, other]) => ({ ...(one as object), ...other })),
    );
    fc.assert(
      fc.property(values, (value) => {
        const faults = check(value) ? [] : faultsOf((check.errors ?? []) as Broken[], "element");
        expect(faults).toEqual(inCheckout(value));
      }),
      { numRuns: 60 },
    );
  });
});
