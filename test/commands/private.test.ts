/** What is private is refused by every command that would use it, each path for itself. */
import {
  chmod,
  chown,
  mkdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Home, newHome, temporaryFolder } from "./home.ts";
import { errorOf, packetboat } from "./terminal.ts";

let folder: AsyncDisposable & { path: string };
let made: Home;

beforeAll(async () => {
  folder = await temporaryFolder();
  made = await newHome(folder.path, "2700105");
  // The first exchange makes the ledger and the log.
  expect((await packetboat(["exchange", "--config", made.config])).exit).toBe(0);
  await writeFile(join(made.home, "flags.csv"), "StudentId\n", { mode: 0o600 });
  await writeFile(join(made.home, "mail.password"), "packetboat:secret\n", { mode: 0o600 });
  await appendMail();
});
afterAll(() => folder[Symbol.asyncDispose]());

async function appendMail(): Promise<void> {
  const text = await readFile(made.config, "utf8");
  const mail = `\nmail:\n  server: "smtp://127.0.0.1:1"\n  from: packetboat@district.example\n  it: [it@district.example]\n  credentialFile: mail.password\n`;
  await writeFile(made.config, text + mail);
}

const FOLDERS = ["keys", "state", "state/intake", "state/staging", "state/sealed", "quarantine"];
const FILES = [
  "keys/openpgp.asc",
  "keys/ssh_ed25519",
  "state/ledger.sqlite",
  "state/packetboat.log",
  "mail.password",
];

/** `exchange`, `run` and any other command refuse, and `check` tells it, by its last name. */
async function expectUnsafe(path: string, what: RegExp): Promise<void> {
  const name = path.slice(path.lastIndexOf("/") + 1);
  for (const command of ["exchange", "run", "check"]) {
    const ran = await packetboat([command, "--config", made.config]);
    const told = ran.stdout + ran.stderr;
    expect([command, ran.exit]).toEqual([command, 2]);
    expect(told).toMatch(new RegExp(`${name.replaceAll(".", "\\.")} ${what.source}`));
  }
  const error = await errorOf(["exchange", "--config", made.config]);
  expect(error.code).toBe("CONFIG_UNSAFE");
}

describe("a private file or folder", () => {
  it.each([
    ...FOLDERS.map((path) => [path, 0o750, 0o701] as const),
    ...FILES.map((path) => [path, 0o640, 0o602] as const),
  ])("that others may read or change is refused: %s", async (path, readable, changeable) => {
    const { mode: own } = await stat(join(made.home, path));
    for (const mode of [readable, changeable]) {
      await chmod(join(made.home, path), mode);
      await expectUnsafe(path, new RegExp(`has mode 0${mode.toString(8)}: others may use it`));
    }
    await chmod(join(made.home, path), own & 0o777);
  });

  it.each([...FOLDERS, ...FILES])("that is a link to another is refused: %s", async (path) => {
    const elsewhere = join(folder.path, "elsewhere");
    await rename(join(made.home, path), elsewhere);
    await symlink(elsewhere, join(made.home, path));
    await expectUnsafe(path, /is a link, not the thing itself/);
    await rm(join(made.home, path));
    await rename(elsewhere, join(made.home, path));
  });

  it.skipIf(process.getuid?.() !== 0).each([...FOLDERS, ...FILES])(
    "that somebody else owns is refused: %s",
    async (path) => {
      await chown(join(made.home, path), 12_345, 12_345);
      await expectUnsafe(path, /belongs to user 12345, not to 0/);
      await chown(join(made.home, path), 0, 0);
    },
  );
});

describe("the list of flagged students", () => {
  it.each([0o604, 0o602, 0o666])("is refused when anybody may use it: %o", async (mode) => {
    await chmod(join(made.home, "flags.csv"), mode);
    await expectUnsafe(
      "flags.csv",
      new RegExp(`has mode 0${mode.toString(8)}: anybody may use it`),
    );
    await chmod(join(made.home, "flags.csv"), 0o600);
  });

  it("may belong to an office's group, and lie in a folder that keeps others out", async () => {
    const office = join(folder.path, "office-list");
    await mkdir(office);
    await chmod(office, 0o2770);
    await writeFile(join(office, "flags.csv"), "StudentId\n");
    await chmod(join(office, "flags.csv"), 0o664);
    await chmod(join(made.home, "flags.csv"), 0o660);
    expect(await packetboat(["exchange", "--config", made.config])).toMatchObject({
      exit: 0,
      stderr: "",
    });
    const text = await readFile(made.config, "utf8");
    await writeFile(
      made.config,
      text.replace(/^( *)# ?flagsFile:.*$/m, `$1flagsFile: ${office}/flags.csv`),
    );
    expect(await readFile(made.config, "utf8")).toContain(`flagsFile: ${office}`);
    expect(await packetboat(["status", "--config", made.config])).toMatchObject({ stderr: "" });
    await chmod(office, 0o2771);
    await expectUnsafe("flags.csv", /has mode 0664: anybody may use it/);
  });
});
