import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { showReference } from "../../daemon/ids.ts";
import { entityMoves } from "../../daemon/transfer/entity-moves.ts";
import { releaserMoves } from "../../daemon/transfer/releaser-moves.ts";
import { requesterMoves } from "../../daemon/transfer/requester-moves.ts";
import { stepEntity, stepReleaser, stepRequester } from "../../daemon/transfer/states.ts";
import type { Side, Transfer } from "../../daemon/transfer/effects.ts";
import schema from "../../schemas/transfer.schema.json" with { type: "json" };
import { transferAt } from "./cast.ts";

const page = readFileSync(new URL("../../daemon/TRANSFERS.md", import.meta.url), "utf8");

const NEVER: Record<Side, readonly string[]> = {
  requester: ["ReleasePending"],
  releaser: ["Requested", "Forwarded"],
  entity: ["Requested"],
};

/** All states of one side, and none: what an event may meet. */
const situations = (side: Side): (Transfer["state"] | "(none)")[] => {
  const states = schema.$defs.TransferState.enum as Transfer["state"][];
  return ["(none)", ...states.filter((state) => !NEVER[side].includes(state))];
};

/** The table on the page: for each event and state where it leads, `ignored`, or nothing. */
function tableOf(side: Side): Map<string, Map<string, string>> {
  const [, chapter = ""] = page.split(`\n## At the ${side}\n`);
  const [body = ""] = chapter.split("\n## ");
  const rows = body.split("\n").filter((line) => /^\| [A-Z(]/.test(line));
  return new Map(
    rows.slice(1).map((row) => {
      const [, event = "", moves = "", ignored = ""] = row.split("|").map((cell) => cell.trim());
      return [event, new Map([...movesIn(moves), ...namesIn(ignored).map(asIgnored)])];
    }),
  );
}

const asIgnored = (state: string): [string, string] => [state, "ignored"];

const namesIn = (text: string): string[] =>
  text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

function movesIn(cell: string): [string, string][] {
  const clauses = cell.split(";").filter((clause) => clause.trim() !== "");
  return clauses.flatMap((clause): [string, string][] => {
    const [from = "", to] = clause.split("→");
    if (to !== undefined) return namesIn(from).map((state) => [state, to.trim()]);
    const stays = clause.trim().replace(/ stays$/, "");
    return namesIn(stays).map((state) => [state, state]);
  });
}

function outcome(side: Side, event: string, situation: Transfer["state"] | "(none)"): string {
  const transfer = situation === "(none)" ? null : transferAt(side, situation);
  try {
    switch (side) {
      case "requester":
        return stepRequester(transfer, event as keyof typeof requesterMoves);
      case "releaser":
        return stepReleaser(transfer, event as keyof typeof releaserMoves);
      case "entity":
        return stepEntity(transfer, event as keyof typeof entityMoves);
    }
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe.each([
  { side: "requester" as const, moves: requesterMoves },
  { side: "releaser" as const, moves: releaserMoves },
  { side: "entity" as const, moves: entityMoves },
])("the $side", ({ side, moves }) => {
  const table = tableOf(side);

  it("knows the events that the page names, and no others", () => {
    expect(Object.keys(moves).toSorted()).toEqual([...table.keys()].toSorted());
  });

  it("names only states of its own side in its table, and the page too", () => {
    const known = new Set<string>(situations(side));
    const named = Object.values(moves).flatMap((cells) => Object.entries(cells).flat());
    const onPage = [...table.values()].flatMap((cells) => [...cells].flat());
    const unknown = [...named, ...onPage].filter((name) => !known.has(name));
    expect(new Set(unknown)).toEqual(new Set(["none", "ignored"]));
  });

  const pairs = [...table.keys()].flatMap((event) =>
    situations(side).map((situation) => {
      const refused = situation === "(none)" ? "TRANSFER_UNKNOWN" : "TRANSFER_STATE";
      return { event, situation, expected: table.get(event)?.get(situation) ?? refused };
    }),
  );

  it.each(pairs)(
    "answers $event at $situation with $expected",
    ({ event, situation, expected }) => {
      expect(outcome(side, event, situation)).toBe(expected);
    },
  );
});

it("tells what every status means", () => {
  const [, chapter = ""] = page.split("\n## What the statuses say\n");
  const [body = ""] = chapter.split("\n## ");
  const names = [...body.matchAll(/^\| ([A-Z][A-Za-z]+) \|/gm)].map(([, name]) => name);
  expect(names.slice(1)).toEqual(schema.$defs.TransferState.enum);
});

it("says which transfer, where it stands and what does not go, when it refuses", () => {
  const transfer = transferAt("releaser", "Imported");
  const shown = showReference(transfer.reference);
  expect(() => stepReleaser(transfer, "Release")).toThrow(
    expect.objectContaining({
      code: "TRANSFER_STATE",
      message: `transfer ${shown}: Release does not go with Imported`,
      facts: { reference: transfer.reference, state: "Imported", event: "Release" },
    }),
  );
});
