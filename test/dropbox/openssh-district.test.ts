/** The administrator's script, `config/openssh/packetboat-district`, and the server that tests make with it. */
import { execFileSync, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import { connect as dial } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import ssh2 from "ssh2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSftp } from "../../daemon/dropbox/sftp.ts";
import { type SshKey, newSshKey } from "../../daemon/dropbox/sshkeys.ts";
import { DISTRICT_SCRIPT, type OpenSsh, noOpenSsh, startOpenSsh } from "../openssh.ts";
import { packetName, refused } from "./contract.ts";
import { until } from "../until.ts";

const DISTRICT = "1234567";
const OTHER = "7654321";
const KEPT = newSshKey("registrar@district.example");

describe.skipIf(noOpenSsh)("packetboat-district", () => {
  let root: string;
  let server: OpenSsh;
  beforeAll(async () => {
    root = await fs.mkdtemp(join(tmpdir(), "packetboat-district-"));
    server = await startOpenSsh(root);
  });
  afterAll(async () => {
    await server.close();
    await fs.rm(root, { recursive: true, force: true });
  });

  const district = (args: readonly string[], input = ""): Promise<string> =>
    server.asRoot(DISTRICT_SCRIPT, args, input);
  const add = (id: string, keys: string): Promise<string> => district(["add", id, "-"], keys);
  /** What it says when it refuses. */
  const refusal = async (args: readonly string[], input = ""): Promise<string> => {
    const error: unknown = await district(args, input).catch((reason: unknown) => reason);
    return error instanceof Error ? String(Reflect.get(error, "stderr")).trim() : "not refused";
  };
  const keyFile = (id: string): Promise<string> =>
    server.asRoot("cat", [`/etc/ssh/packetboat/lea${id}.pub`]);
  const keyFolder = (): Promise<string> => server.asRoot("ls", ["-A", "/etc/ssh/packetboat"]);
  const modeOf = async (...path: string[]): Promise<number> =>
    (await fs.stat(server.boxOnDisk(DISTRICT, ...path))).mode & 0o7777;
  const openBox = async (id: string, { privateKey }: SshKey) => {
    const folder = `/boxes/${id}`;
    const { host, port } = server;
    const address = { kind: "sftp", user: `lea${id}`, host, port, folder } as const;
    return await openSftp(address, { privateKey, hostKeys: [server.hostKey] });
  };
  const canLogIn = async (id: string, key: SshKey): Promise<void> => {
    await (await openBox(id, key)).close();
  };

  it("says what it did", async () => {
    expect(await add(DISTRICT, KEPT.publicKey)).toBe(
      `lea${DISTRICT} may log in; its box is /boxes/${DISTRICT}\n`,
    );
    await canLogIn(DISTRICT, KEPT);
  });

  it("keeps keys without their comments, which may name people", async () => {
    await add(DISTRICT, `# ours\r\n\r\n${KEPT.publicKey.trim()}\r\n`);
    const [type, blob] = KEPT.publicKey.split(" ");
    expect(await keyFile(DISTRICT)).toBe(`restrict ${type} ${blob} lea${DISTRICT}\n`);
  });

  it("is safe to repeat: it mends what is wrong and touches no file", async () => {
    await add(DISTRICT, KEPT.publicKey);
    await using harbor = await openBox(DISTRICT, KEPT);
    const name = packetName();
    await harbor.box(`/boxes/${DISTRICT}`).deliver(name, Buffer.from("sealed"));
    await fs.chmod(server.boxOnDisk(DISTRICT), 0o700);
    await fs.rmdir(server.boxOnDisk(DISTRICT, "test"));
    await server.asRoot("chown", [
      "root:root",
      "/srv/packetboat",
      `/srv/packetboat/boxes/${DISTRICT}`,
    ]);
    await server.asRoot("chmod", ["0755", "/srv/packetboat", "/srv/packetboat/boxes"]);
    await add(DISTRICT, KEPT.publicKey);
    expect([await modeOf(), await modeOf("test")]).toEqual([0o3733, 0o3733]);
    const asked = ["/srv/packetboat", "/srv/packetboat/boxes", `/srv/packetboat/boxes/${DISTRICT}`];
    expect(await server.asRoot("stat", ["--format=%U %G %a", ...asked])).toBe(
      `root packetboat-boxes 750\nroot root 711\nlea${DISTRICT} lea${DISTRICT} 3733\n`,
    );
    expect(await fs.readFile(server.boxOnDisk(DISTRICT, name), "utf8")).toBe("sealed");
    await harbor.box(`/boxes/${DISTRICT}`).remove(name);
  });

  it("takes two keys while one replaces the other, and then the new one alone", async () => {
    const next = newSshKey("next");
    await add(DISTRICT, KEPT.publicKey + next.publicKey);
    await canLogIn(DISTRICT, KEPT);
    await canLogIn(DISTRICT, next);
    await add(DISTRICT, next.publicKey);
    await expect(canLogIn(DISTRICT, KEPT)).rejects.toSatisfy(refused("BOX_LOGIN_REFUSED"));
    await add(DISTRICT, KEPT.publicKey);
  });

  it("takes a strong RSA key", async () => {
    expect(await add(DISTRICT, rsaLine(3072))).toContain("may log in");
    await add(DISTRICT, KEPT.publicKey);
  });

  it.each<[string, string[], string, RegExp]>([
    ["nothing", [], "", /usage: packetboat-district add <AgencyId>/],
    ["an unknown word", ["make", OTHER], "", /usage:/],
    ["no key file", ["add", OTHER], "", /usage:/],
    ["six digits", ["add", "634320", "-"], "", /'634320' is no AgencyId: it has seven digits/],
    ["a path for an id", ["add", "../../x", "-"], "", /'..\/..\/x' is no AgencyId/],
    ["a file that is not there", ["add", OTHER, "/nowhere.pub"], "", /no file '\/nowhere.pub'/],
    ["an empty file", ["add", OTHER, "-"], "\n# nothing\n", /there is no public key in the file/],
    ["a private key", ["add", OTHER, "-"], KEPT.privateKey, /a private key, or no SSH key/],
    ["a weak RSA key", ["add", OTHER, "-"], rsaLine(2048), /ssh-rsa key has 2048 bits, and needs/],
    ["a damaged key", ["add", OTHER, "-"], KEPT.publicKey.slice(0, 40), /key '[^']+' is damaged/],
    ["options before a key", ["add", OTHER, "-"], `command="x" ${KEPT.publicKey}`, /no public SSH/],
    ["a card", ["add", OTHER, "-"], "<Enrolment>\n", /begins with 'Enrolment', not with ssh-/],
    ["a good key and a bad line", ["add", OTHER, "-"], `${newKey()}x\n`, /begins with 'x'/],
    ["to remove a stranger", ["remove", OTHER], "", /there is no district 7654321/],
    ["to remove two", ["remove", OTHER, DISTRICT], "", /usage:/],
  ])("refuses %s, and makes nothing", async (_what, args, input, sentence) => {
    const said = await refusal(args, input);
    expect(said).toMatch(/^packetboat-district: .+$/);
    expect(said).toMatch(sentence);
    await expect(server.asRoot("id", [`lea${OTHER}`])).rejects.toThrow();
    expect(await fs.readdir(join(root, "boxes"))).toEqual([DISTRICT]);
    expect(await keyFolder()).toBe(`lea${DISTRICT}.pub\n`);
  });

  it("refuses one key for two districts", async () => {
    const said = await refusal(["add", OTHER, "-"], KEPT.publicKey);
    expect(said).toMatch(`lea${DISTRICT}.pub already: two districts with one key`);
    expect(await keyFolder()).toBe(`lea${DISTRICT}.pub\n`);
  });

  it("leaves alone an account that somebody else made", async () => {
    await server.asRoot("useradd", ["--no-create-home", `lea${OTHER}`]);
    const said = await refusal(["add", OTHER, "-"], newKey());
    expect(said).toMatch("was not made by this script");
    expect(await refusal(["remove", OTHER])).toMatch("there is no district");
    expect(await keyFolder()).toBe(`lea${DISTRICT}.pub\n`);
    await server.asRoot("userdel", [`lea${OTHER}`]);
  });

  it("follows no link in a box, and says what is in the way", async () => {
    const secret = join(root, "secret");
    await fs.writeFile(secret, "root's", { mode: 0o600 });
    const test = server.boxOnDisk(DISTRICT, "test");
    for (const block of [() => fs.symlink("/srv/packetboat", test), () => fs.writeFile(test, "")]) {
      await fs.rm(test, { recursive: true });
      await block();
      const said = await refusal(["add", DISTRICT, "-"], KEPT.publicKey);
      expect(said).toMatch(`boxes/${DISTRICT}/test cannot be made: look what stands there`);
    }
    expect((await fs.stat(root)).mode & 0o777).toBe(0o750);
    await fs.rm(test);
    await fs.rm(secret);
    await add(DISTRICT, KEPT.publicKey);
  });

  it("needs root", async () => {
    const args = ["--reuid", "nobody", "--clear-groups", DISTRICT_SCRIPT, "add", DISTRICT, "-"];
    await expect(server.asRoot("setpriv", args)).rejects.toMatchObject({
      stderr: "packetboat-district: needs root: run it with sudo\n",
    });
  });

  it("locks a district out at once, closes its box, and keeps what is in it", async () => {
    const key = newSshKey("leaving");
    await add(OTHER, key.publicKey);
    const harbor = await openBox(OTHER, key);
    const name = packetName();
    await harbor.box(`/boxes/${OTHER}`).deliver(name, Buffer.from("sealed"));
    expect(await district(["remove", OTHER])).toContain(`lea${OTHER} is locked out`);
    await expect(harbor.box(`/boxes/${OTHER}`).remove(name)).rejects.toSatisfy(
      refused("BOX_UNREACHABLE"),
    );
    await harbor.close();
    await expect(canLogIn(OTHER, key)).rejects.toSatisfy(refused("BOX_LOGIN_REFUSED"));
    await using partner = await openBox(DISTRICT, KEPT);
    const late = partner.box(`/boxes/${OTHER}`).deliver(packetName(), Buffer.from("x"));
    await expect(late).rejects.toSatisfy(refused("BOX_DENIED"));
    expect(await fs.readFile(server.boxOnDisk(OTHER, name), "utf8")).toBe("sealed");

    // The account itself is closed, whatever keys are found for it.
    await server.asRoot("tee", [`/etc/ssh/packetboat/lea${OTHER}.pub`], key.publicKey);
    await expect(canLogIn(OTHER, key)).rejects.toThrow();
    await district(["remove", OTHER]);
    await add(OTHER, key.publicKey);
    await using again = await openBox(OTHER, key);
    await again.box(`/boxes/${OTHER}`).remove(name);
  });
});

describe.skipIf(noOpenSsh)("the server of the tests", () => {
  it("leaves no account on this machine, no process and no mount", async () => {
    const before = await thisMachine();
    const root = await fs.mkdtemp(join(tmpdir(), "packetboat-district-"));
    const server = await startOpenSsh(root);
    await server.admit({ name: `lea${OTHER}`, agencyId: OTHER, publicKeys: [newKey()] });
    expect(await thisMachine()).toEqual(before);
    await server.close();
    await fs.rm(root, { recursive: true });
    expect(await thisMachine()).toEqual(before);
    expect(isServed(server.port)).toBe(false);
  });

  it("ends with the process that started it, killed or not", async () => {
    const root = await fs.mkdtemp(join(tmpdir(), "packetboat-district-"));
    const module = fileURLToPath(new URL("../openssh.ts", import.meta.url));
    const script = `
      const { startOpenSsh } = await import(${JSON.stringify(module)});
      const { port } = await startOpenSsh(${JSON.stringify(root)});
      console.log(port);
    `;
    const env = { ...process.env, TMPDIR: root };
    const child = spawn(process.execPath, ["--input-type=module", "--eval", script], { env });
    const said: unknown[] = await once(createInterface(child.stdout), "line");
    const port = Number(said[0]);
    expect(isServed(port)).toBe(true);
    const connection = dial({ host: "127.0.0.1", port });
    await once(connection, "data");
    const over = once(connection, "close");
    connection.on("error", () => undefined);
    child.kill("SIGKILL");
    await over;
    await until("nothing is served", () => !isServed(port));
    await fs.rm(root, { recursive: true });
  });
});

/** What a server in a namespace must not change. */
async function thisMachine(): Promise<unknown> {
  return {
    accounts: await fs.readFile("/etc/passwd", "utf8"),
    groups: await fs.readFile("/etc/group", "utf8"),
    mounts: await fs.readFile("/proc/self/mounts", "utf8"),
    configured: await fs.readdir("/etc/ssh"),
    served: await fs.readdir("/srv"),
    atRoot: await fs.readdir("/"),
  };
}

/** Does anybody listen on this port? */
function isServed(port: number): boolean {
  const table = execFileSync("cat", ["/proc/net/tcp"], { encoding: "utf8" });
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table.split("\n").some((line) => line.includes(`${local} 00000000:0000 0A`));
}

function newKey(): string {
  return newSshKey("another").publicKey;
}

function rsaLine(modulusLength: number): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength });
  const key = ssh2.utils.parseKey(privateKey.export({ type: "pkcs1", format: "pem" }));
  if (key instanceof Error) throw key;
  return `ssh-rsa ${key.getPublicSSH().toString("base64")} somebody\n`;
}
