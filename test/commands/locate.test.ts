/** The District Locator as a registrar's office types it, and the list of districts behind it. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseAgencyId } from "../../daemon/ids.ts";
import { updateAgency } from "../../daemon/ledger/agencies.ts";
import { at } from "../directories.ts";
import { exported, EXPORT_HEADER, listOf } from "../directory/lists.ts";
import { newWorld, withLedger, type World } from "../homes.ts";
import { configure } from "../scene.ts";
import { errorOf, packetboat, resultOf } from "./terminal.ts";

let world: World;
beforeEach(async () => {
  world = await newWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

/** What somebody types at the requesting district. */
const typed = (...argv: string[]) => at(world as never, world.valley, "example.registrar", ...argv);
const locate = (...argv: string[]) => typed("locate", ...argv);

async function imported(...rows: readonly string[]) {
  const path = join(world.folder, "districts.csv");
  await writeFile(path, listOf(EXPORT_HEADER, ...rows));
  return typed("directory", "import", path);
}

const many = (count: number): string[] =>
  Array.from({ length: count }, (_, nth) =>
    exported({ id: String(2_710_000 + nth), name: `Example District ${nth}` }),
  );

describe("directory import", () => {
  it("tells what it took, and which columns it passed over, once", async () => {
    const { exit, stdout } = await packetboat(...(await imported(exported(), ...many(2))));
    expect(exit).toBe(0);
    expect(stdout).toMatch(
      /^Read 3 rows: 3 added, 0 changed, 0 as before; 0 left out with faults\./,
    );
    expect(stdout.match(/Columns passed over: County Name\*, Students\*, Type\./g)).toHaveLength(1);
    expect(stdout).toContain("The list has 3 districts of 1 state or territory.");
  });

  it("ends with 10 if it left rows out, shows 20 faults, and all with --json", async () => {
    const faulty = many(25).map((row) => row.replace(",55001,", ",5501,"));
    const typing = await imported(exported(), ...faulty);
    const { exit, stdout } = await packetboat(...typing);
    expect(exit).toBe(10);
    expect(stdout.match(/^ {2}line [0-9]+: ZIP: must be a ZIP code/gm)).toHaveLength(20);
    expect(stdout).toContain("… and 5 more: see them with --json");
    expect(await resultOf(...typing)).toMatchObject({
      same: 1,
      leftOut: 25,
      faults: expect.objectContaining({ length: 25 }) as unknown,
      list: { districts: 1, states: 1 },
    });
  });

  it("refuses what is not there, and what is no list of districts", async () => {
    const missing = typed("directory", "import", join(world.folder, "none.csv"));
    expect(await errorOf(...missing)).toMatchObject({ code: "FILE_NOT_FOUND" });
    const path = join(world.folder, "other.csv");
    await writeFile(path, "name,age\nExample,7\n");
    expect(await errorOf(...typed("directory", "import", path))).toMatchObject({
      code: "DISTRICTS_INVALID",
      message: expect.stringContaining("a column is missing: nces district id or leaid") as string,
    });
  });
});

describe("locate", () => {
  it("says who can be asked: who takes part, and nobody else", async () => {
    const gone = exported({ id: "2700417", name: "Example Gone Schools", status: "Closed" });
    const coming = exported({ id: "2700418", name: "Example New Schools", status: "Future" });
    const asleep = exported({ id: "2700419", name: "Example Still Schools", status: "Inactive" });
    const beside = exported({ id: "2700420", name: "Example Beside Schools" });
    await packetboat(...(await imported(exported(), gone, coming, asleep, beside)));
    const found = (await resultOf(...locate("--state", "mn"))) as Record<string, unknown>[];
    expect(found.map(({ status, knownBy, canBeAsked }) => [status, knownBy, canBeAsked])).toEqual([
      ["NotParticipating", "list", false],
      ["Closed", "list", false],
      ["Future", "list", false],
      ["Participating", "card", true],
      ["Inactive", "list", false],
    ]);
    const { stdout } = await packetboat(...locate("--state", "MN"));
    expect(stdout).toMatch(/1 district takes part and can be asked \(.*\): 2700105\n$/);
  });

  it("asks nobody in production who is there for tests, and shows who has the records of the closed", async () => {
    await configure(world.valley, { at: ["mode"], value: "production" });
    await withLedger(world.valley, (ledger) =>
      updateAgency(ledger, world.prairie.id, { status: "TestOnly" }),
    );
    const only = await resultOf(...locate("--state=MN"));
    expect(only).toMatchObject([{ status: "TestOnly", canBeAsked: false }]);
    const closed = { status: "Closed", successor_id: parseAgencyId("2700417") } as const;
    await withLedger(world.valley, (ledger) => updateAgency(ledger, world.prairie.id, closed));
    const { stdout } = await packetboat(...locate("--state=MN"));
    expect(stdout).toContain("Closed (now 2700417)");
    expect(stdout).toContain("None of these takes part.");
  });

  it("shows twenty, or as many as are wanted, and says how many more there are", async () => {
    await packetboat(...(await imported(...many(30))));
    const lines = async (...more: string[]) => {
      const { stdout } = await packetboat(
        ...locate("--state=MN", "--name=example district", ...more),
      );
      return stdout;
    };
    expect((await lines()).match(/^27100/gm)).toHaveLength(20);
    expect(await lines()).toContain("… and 11 more: say more of the district, or --limit 31");
    expect((await lines("--limit=3")).match(/^27100/gm)).toHaveLength(3);
    expect(await lines("--limit=31")).not.toContain("more:");
    expect(await resultOf(...locate("--state=MN", "--name=example district"))).toHaveLength(31);
    expect(await resultOf(...locate("--state=MN", "--limit=3"))).toHaveLength(3);
    expect(await errorOf(...locate("--state=MN", "--limit=none"))).toMatchObject({ code: "USAGE" });
  });

  it("refuses a state that there is not, and a ZIP that is none, with its value", async () => {
    for (const state of ["XX", "Minnesota", "M", ""]) {
      expect(await errorOf(...locate("--state", state))).toMatchObject({
        code: "USAGE",
        message: expect.stringMatching(
          /^".*" is no state: .* AS .*DC.* GU .* MP .* PR .* VI /,
        ) as string,
      });
    }
    expect(await errorOf(...locate("--state=MN", "--zip=5501"))).toMatchObject({
      code: "USAGE",
      message: expect.stringMatching(/^"5501" is no ZIP code/) as string,
    });
    expect(await resultOf(...locate("--state=gu"))).toEqual([]);
  });

  it("says what to leave out when it finds nothing, and that there is no list yet", async () => {
    const none = async (...argv: string[]) => (await packetboat(...locate(...argv))).stdout;
    expect(await none("--state=MN", "--name=zzz")).toMatch(
      /fits: leave out some words of the name/,
    );
    expect(await none("--state=MN", "--city=zzz", "--zip=99999")).toMatch(
      /leave out the city and the ZIP, and say some words of its name/,
    );
    expect(await none("--state=OH")).toContain("packetboat directory import FILE");
    expect(await none("--state=MN", "--name=zzz")).not.toContain("directory import");
    await packetboat(...(await imported(exported())));
    expect(await none("--state=OH")).toBe("No district of OH is known.\n");
  });

  it("does not show us to ourselves", async () => {
    await packetboat(
      ...(await imported(exported({ id: world.valley.id, name: "Example Valley" }))),
    );
    expect(await resultOf(...locate("--state=MN", "--name=valley"))).toEqual([]);
  });
});
