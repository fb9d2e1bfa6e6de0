/** The embedded server under a stranger: OpenSSH's own `sftp`. */
import { execFile, execFileSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inside } from "../../daemon/dropbox/served.ts";
import { type EmbeddedServer, startServer } from "../../daemon/dropbox/server.ts";
import { newSshKey } from "../../daemon/dropbox/sshkeys.ts";
import { OURS, SENDER } from "./contract.ts";

const hasSftp = ((): boolean => {
  try {
    execFileSync("sh", ["-c", "command -v sftp"]);
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!hasSftp)("the embedded server, under the sftp program of OpenSSH", () => {
  let home: string;
  let server: EmbeddedServer;

  beforeEach(async () => {
    home = await fs.mkdtemp(join(tmpdir(), "packetboat-sftp-"));
    const hostKey = newSshKey("server");
    server = await startServer(join(home, "root"), { hostKey: hostKey.privateKey });
    for (const agencyId of [OURS, SENDER]) {
      const { privateKey, publicKey } = newSshKey(agencyId);
      await fs.writeFile(join(home, agencyId), privateKey, { mode: 0o600 });
      await server.admit({ name: agencyId, agencyId, publicKeys: [publicKey] });
    }
    const known = `[127.0.0.1]:${server.port} ${hostKey.publicKey}`;
    await fs.writeFile(join(home, "known_hosts"), known);
    await fs.writeFile(join(home, "letter"), "a letter");
  });

  afterEach(async () => {
    await server.close();
    await fs.rm(home, { recursive: true, force: true });
  });

  /** Run a batch of commands; a `-` before a command lets the batch go on after its failure. */
  async function sftp(user: string, ...commands: string[]): Promise<string> {
    const batch = join(home, "batch");
    await fs.writeFile(batch, commands.join("\n"));
    const options = ["UserKnownHostsFile=known_hosts", "StrictHostKeyChecking=yes"];
    options.push(`IdentityFile=${user}`, "IdentitiesOnly=yes", "BatchMode=yes");
    const flags = options.flatMap((option) => ["-o", option]);
    const { stdout, stderr } = await promisify(execFile)(
      "sftp",
      ["-F", "none", ...flags, "-b", "batch", "-P", String(server.port), `${user}@127.0.0.1`],
      { cwd: home, timeout: 20_000 },
    );
    return stdout + stderr;
  }

  it("takes, lists, renames, gives back and removes files in one's own box", async () => {
    const said = await sftp(
      OURS,
      `cd /boxes/${OURS}`,
      "put letter first",
      "rename first second",
      "ls -l",
      "get second copy",
      "mkdir drawer",
      "rmdir drawer",
      "put -p letter third",
      "rm second",
    );
    expect(said).toMatch(/-rw-r----- .* 8 .* second/);
    expect(await fs.readFile(join(home, "copy"), "utf8")).toBe("a letter");
    expect((await fs.readdir(join(home, "root", "boxes", OURS))).toSorted()).toEqual([
      "test",
      "third",
    ]);
  });

  it("gives files its own modes, whatever the umask of whoever started it", async () => {
    const before = process.umask(0o077);
    try {
      await sftp(SENDER, `put letter /boxes/${OURS}/letter`);
      expect(await sftp(OURS, `ls -l /boxes/${OURS}/letter`)).toMatch(/-rw-r----- .* 8 /);
      await sftp(OURS, `get /boxes/${OURS}/letter copy`);
      expect(await fs.readFile(join(home, "copy"), "utf8")).toBe("a letter");
    } finally {
      process.umask(before);
    }
  });

  it("does not overwrite by renaming", async () => {
    const box = join(home, "root", "boxes", OURS);
    await fs.writeFile(join(box, "taken"), "untouched");
    await sftp(OURS, `cd /boxes/${OURS}`, "put letter first", "-rename first taken");
    expect(await fs.readFile(join(box, "taken"), "utf8")).toBe("untouched");
    expect(await fs.readFile(join(box, "first"), "utf8")).toBe("a letter");
  });

  it("lets another agency add to a box, and nothing else", async () => {
    const box = join(home, "root", "boxes", OURS);
    await fs.writeFile(join(box, "ours"), "ours alone");
    const said = await sftp(
      SENDER,
      `put letter /boxes/${OURS}/.letter.part`,
      `rename /boxes/${OURS}/.letter.part /boxes/${OURS}/letter`,
      `-ls /boxes/${OURS}`,
      `-ls /boxes`,
      `-get /boxes/${OURS}/ours stolen`,
      `-rm /boxes/${OURS}/ours`,
      `-rename /boxes/${OURS}/ours /boxes/${SENDER}/ours`,
      `-put letter /boxes/${OURS}/ours`,
      `-mkdir /boxes/${OURS}/drawer`,
      `-put letter /outside`,
      `-symlink /etc/passwd /boxes/${OURS}/link`,
    );
    expect((await fs.readdir(box)).toSorted()).toEqual(["letter", "ours", "test"]);
    expect(await fs.readFile(join(box, "ours"), "utf8")).toBe("ours alone");
    expect(await fs.readdir(home)).not.toContain("stolen");
    expect(await fs.readdir(join(home, "root"))).toEqual(["boxes"]);
    expect(said).toMatch(/ermission denied/);
  });

  it("gives no account a file that was laid there behind its back, under the number of one that it made", async () => {
    const letter = join(home, "root", "boxes", OURS, "letter");
    await sftp(SENDER, `put letter /boxes/${OURS}/letter`);
    const { ino, uid } = await fs.stat(letter);
    await fs.rm(letter);
    // Most file systems give the number again at once; on one that does not, this holds anyway.
    await fs.writeFile(letter, "another", { mode: 0o640 });
    for (let tries = 0; tries < 20 && (await fs.stat(letter)).ino !== ino; tries++) {
      await fs.rename(letter, `${letter}.${tries}`);
      await fs.writeFile(letter, "another", { mode: 0o640 });
    }
    const said = await sftp(OURS, `ls -ln /boxes/${OURS}/letter`);
    expect(said).toMatch(new RegExp(`-rw-r----- +[1?] +${uid} `));
  });

  it("gives nothing from outside its root", async () => {
    await fs.writeFile(join(home, "secret"), "not served");
    await fs.writeFile(join(home, "root", "public"), "served");
    await sftp(
      OURS,
      "-get /../secret stolen",
      "-get ../../../../../../secret stolen",
      "get /public",
    );
    expect(await fs.readdir(home)).not.toContain("stolen");
    expect(await fs.readFile(join(home, "public"), "utf8")).toBe("served");
  });
});

describe("a path that a client asks for", () => {
  it.each([
    ["/boxes/0634320", "/srv/root/boxes/0634320"],
    ["boxes/0634320", "/srv/root/boxes/0634320"],
    ["/../../etc/passwd", "/srv/root/etc/passwd"],
    ["../../..", "/srv/root"],
    ["/boxes/../../../etc", "/srv/root/etc"],
    ["..\\..\\etc", "/srv/root/..\\..\\etc"],
  ])("stays inside the root: %j", (asked, real) => {
    expect(inside("/srv/root", asked).replace(/\/$/, "")).toBe(real);
  });

  it("is refused with a NUL in it", () => {
    expect(() => inside("/srv/root", "a\0b")).toThrow();
  });
});
