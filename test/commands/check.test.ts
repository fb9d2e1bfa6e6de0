import { appendFile, chmod, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, afterEach, describe, expect, it } from "vitest";
import type { Finding } from "../../daemon/commands/checks/finding.ts";
import { type Home, newHome, temporaryFolder } from "./home.ts";
import { packetboat, resultOf } from "./terminal.ts";

interface Checked {
  readonly errors: number;
  readonly warnings: number;
  readonly findings: readonly Finding[];
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let made: Home;
beforeEach(async () => {
  folder = await temporaryFolder();
  made = await newHome(folder.path, "2700105");
  await appendFile(
    made.config,
    'people: [{ username: a.b, name: "A B", may: [request, release] }]\n',
  );
  await resultOf(["keys", "card", "--config", made.config]);
});
afterEach(() => folder[Symbol.asyncDispose]());

const checked = async (now = new Date()): Promise<Checked> =>
  (await resultOf(["check", "--config", made.config], { now })) as Checked;

/** What is not right, by subject. The server's clock is this machine's, and agrees with no other time. */
const troubles = ({ findings }: Checked): string[] =>
  findings
    .filter(({ level, subject }) => level !== "ok" && subject !== "server clock")
    .map(({ level, subject }) => `${level} ${subject}`);

describe("check", () => {
  it("finds nothing wrong with a new home that has people", async () => {
    const { exit, stdout, stderr } = await packetboat(["check", "--config", made.config]);
    expect(stdout).toMatch(/\nNothing is wrong\.\n$/);
    expect([exit, stderr]).toEqual([0, ""]);
    const result = await checked();
    expect(result).toMatchObject({ errors: 0, warnings: 0 });
    expect(result.findings.map(({ subject }) => subject)).toEqual([
      "config",
      "home",
      "log",
      "disk",
      "keys",
      "card",
      "ledger",
      "clock",
      "agency.timeZone",
      "exchanges.nightly",
      "server.address",
      "drop box",
      "rename rule",
      "fsync",
      "server clock",
      "entity",
      "dropFolders.office",
      "reports.registrar",
      "reports.it",
      "people",
      "flags",
      "partners",
      "network",
    ]);
  });

  it("tells every fault of the config with its line, and ends with 2", async () => {
    await writeFile(
      made.config,
      (await readFile(made.config, "utf8")).replace("agency:", "agncy:"),
    );
    const { exit, stdout } = await packetboat(["check", "--config", made.config]);
    expect(exit).toBe(2);
    expect(stdout).toMatch(/^error +config: packetboat\.yaml:\d+: agency is required$/m);
    expect(stdout).toMatch(/packetboat\.yaml:11: agncy: unknown setting, did you mean agency\?/);
  });

  it("warns in time that a key expires, and says when it has", async () => {
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);
    expect(troubles(await checked(inDays(3 * 365 - 30)))).toEqual(["warning keys"]);
    expect(troubles(await checked(inDays(3 * 366)))).toEqual(["error keys", "error card"]);
  });

  it.each<[string, () => Promise<unknown>, string[]]>([
    ["a missing key", () => rm(join(made.home, "keys/openpgp.asc")), ["error keys"]],
    ["a missing card", () => rm(made.card), ["warning card"]],
    ["a damaged card", () => writeFile(made.card, "<SignedCard/>"), ["error card"]],
    [
      "a card that is older than the config",
      async () =>
        writeFile(
          made.config,
          (await readFile(made.config, "utf8")).replace('city: "Example City"', "city: Elsewhere"),
        ),
      ["warning card"],
    ],
    [
      "a missing folder of a drop folder",
      () => rm(join(made.home, "office/outbox"), { recursive: true }),
      ["error dropFolders.office"],
    ],
    [
      "a drop folder that anybody may read",
      () => chmod(join(made.home, "office"), 0o2777),
      ["warning dropFolders.office"],
    ],
    [
      "a folder of the state that others may read",
      () => chmod(join(made.home, "state/staging"), 0o755),
      ["error config"],
    ],
    [
      "a state folder that is gone",
      () => rm(join(made.home, "state"), { recursive: true }),
      ["error home"],
    ],
    [
      "a key that others may read",
      () => chmod(join(made.home, "keys/openpgp.asc"), 0o640),
      ["error config"],
    ],
    [
      "a ledger that is none",
      () =>
        writeFile(join(made.home, "state/ledger.sqlite"), "no database at all".repeat(100), {
          mode: 0o600,
        }),
      ["error ledger"],
    ],
    [
      "a group that does not exist",
      async () =>
        writeFile(
          made.config,
          (await readFile(made.config, "utf8")).replace(
            "    # group: registrars",
            "    group: no-such-group",
          ),
        ),
      ["error dropFolders.office"],
    ],
  ])("finds %s", async (_, change, found) => {
    await change();
    const result = await checked();
    expect(troubles(result)).toEqual(found);
    for (const { level, hint } of result.findings) {
      if (level !== "ok") expect(hint).toMatch(/^[A-Z].*\.$/);
    }
  });
});
