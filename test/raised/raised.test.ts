import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { tellFloods } from "../../daemon/alerts/floods.ts";
import { raisePostAlert } from "../../daemon/alerts/raise.ts";
import { PacketboatError } from "../../daemon/errors.ts";
import { parseAgencyId } from "../../daemon/ids.ts";
import { AT, openWorld, PARTNER } from "../alerts/world.ts";
import { EveryCode, faultsOf } from "./every-code.ts";
import { addRaised, type Raised, raised, ROOT } from "./raised.ts";

describe("what the program raises while a test runs", () => {
  it("is noted of a refusal that it throws, and not of one that a test makes", async () => {
    expect(() => parseAgencyId("12")).toThrow(PacketboatError);
    const made = new PacketboatError("DISK_FULL", "no room", { cause: "ENOSPC" });
    await Promise.resolve();
    expect([...raised]).toContain("error ID_INVALID");
    expect([...raised]).not.toContain("error DISK_FULL");
    expect(made).toMatchObject({ code: "DISK_FULL", message: "no room", cause: "ENOSPC" });
  });

  it("is noted of an alert that it raises, and not of one that a test raises", async () => {
    await using world = await openWorld();
    const { ledger } = world;
    const sender = { account: null, named: PARTNER, isNamedAlike: true };
    await tellFloods(ledger, "own", [{ sender, files: 9, bytes: 9 }], AT);
    const facts = { code: "PACKET_EMPTY", reason: "the file has no bytes" };
    await raisePostAlert(ledger, { code: "PACKET_REFUSED", subject: "a claim", facts, at: AT });
    expect([...raised]).toContain("alert SENDER_FLOODS");
    expect([...raised].join()).not.toMatch(/PACKET_REFUSED|PACKET_EMPTY/);
  });
});

describe("a run of the suite", () => {
  const whole = globSync("test/**/*.test.ts", { cwd: ROOT }).map((file) => join(ROOT, file));
  const run = (files: readonly string[], { named = false, raising = ["error USAGE"] } = {}) => {
    const suite = new EveryCode();
    suite.onInit({ config: named ? { testNamePattern: /host key/ } : {} });
    addRaised(suite.folder, new Set(raising as Raised[]));
    suite.onTestRunEnd(
      files.map((moduleId) => ({ moduleId })),
      [],
      "passed",
    );
    expect(existsSync(suite.folder)).toBe(false);
    return suite.faults;
  };

  beforeEach(() => void vi.spyOn(process.stdout, "write").mockReturnValue(true));
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = undefined;
  });

  it("fails if a code was never raised, or came into the quarantine without words", () => {
    const [never, wordless] = run(whole, { raising: ["error USAGE", "kept DISK_FULL"] });
    expect(never).toMatch(/^no test makes the program raise: .*error HOME_BUSY, .*alert KEY_HELD/);
    expect(never).toContain("kept PACKET_EMPTY");
    expect(never).not.toContain("error USAGE");
    expect(wordless).toBe("raised, and without words: kept DISK_FULL");
    expect(process.exitCode).toBe(1);
  });

  it("says nothing of a part of the suite, or of some tests by name", () => {
    expect(run(whole.slice(1))).toEqual([]);
    expect(run(whole, { named: true })).toEqual([]);
    expect(process.exitCode).toBe(undefined);
  });

  it("is at fault no more once all of it was raised", () => {
    const [never = ""] = faultsOf(new Set());
    const all = never.slice(never.indexOf(": ") + 2).split(", ") as Raised[];
    expect(all.length).toBeGreaterThan(250);
    expect(faultsOf(new Set(all))).toEqual([]);
  });
});
