/** The unit for systemd, as it is installed: `systemd-analyze` reads this very file. */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { credentialOf } from "../daemon/config/paths.ts";

const unit = fileURLToPath(new URL("../config/packetboat.service", import.meta.url));
const hasAnalyze = analyze("--version").status === 0;
const skipped = hasAnalyze ? "" : " (skipped: there is no systemd-analyze)";
/** Tenths; systemd calls up to 4.9 "OK". */
const MOST_EXPOSED = 20;

let root: string;
beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), "packetboat-unit-"));
});
afterEach(() => fs.rm(root, { recursive: true }));

const text = () => fs.readFile(unit, "utf8");

describe.skipIf(!hasAnalyze)(`packetboat.service${skipped}`, () => {
  it("holds nothing that systemd does not understand", async () => {
    await install(await text());
    expect(verify()).toEqual({ status: 0, said: "" });
  });

  it("would be told of otherwise", async () => {
    await install((await text()).replace("TasksMax=", "TaskMax="));
    expect(verify().said).toContain("Unknown key");
    await install((await text()).replace("/usr/bin/env node", "/usr/bin/evn node"));
    expect(verify().said).toContain("is not executable");
  });

  it("leaves the service little that could be misused", () => {
    const judged = (most: number) =>
      analyze("security", "--offline=true", `--threshold=${most}`, "--no-pager", unit);
    const { status, stdout } = judged(MOST_EXPOSED);
    expect([status, stdout]).toEqual([0, expect.stringContaining("Overall exposure level")]);
    expect(judged(1).status).not.toBe(0);
  });
});

it("starts what the package installs, with the setting that a checkout has", async () => {
  const { bin, scripts } = JSON.parse(await fs.readFile("package.json", "utf8")) as {
    bin: { packetboat: string };
    scripts: { packetboat: string };
  };
  const [start = ""] = /^ExecStart=.*$/m.exec(await text()) ?? [];
  const settings = scripts.packetboat.split(" ").filter((word) => word.startsWith("--"));
  expect(settings).toEqual(["--max-semi-space-size=8"]);
  const program = `/usr/local/lib/node_modules/packetboat/${bin.packetboat}`;
  expect(start).toContain(`node ${settings.join(" ")} ${program} run `);
});

it("gives the keys the names by which they are looked for", async () => {
  const [, id] = /^LoadCredential=(\w+):\/etc\/packetboat\/keys$/m.exec(await text()) ?? [];
  expect(credentialOf("retired/2025.asc")).toBe(`${id}_retired_2025.asc`);
});

/** A root of its own, with what the unit starts and waits for. */
async function install(content: string): Promise<void> {
  const put = async (path: string, bytes: string, mode = 0o644): Promise<void> => {
    await fs.mkdir(dirname(join(root, path)), { recursive: true });
    await fs.writeFile(join(root, path), bytes, { mode });
  };
  for (const program of ["usr/bin/env", "bin/kill"]) {
    await put(program, "#!/bin/sh\n", 0o755);
  }
  for (const target of ["sysinit", "basic", "network-online", "multi-user", "shutdown"]) {
    await put(`etc/systemd/system/${target}.target`, "[Unit]\n");
  }
  await put("etc/systemd/system/packetboat.service", content);
}

function verify(): { status: number | null; said: string } {
  const { status, stdout, stderr } = analyze("verify", `--root=${root}`, "packetboat.service");
  return { status, said: stdout + stderr };
}

function analyze(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
  return { status, stdout: stdout ?? "", stderr: stderr ?? "" };
}
