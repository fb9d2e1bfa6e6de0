/** What `directory accounts` prints, read, and run as root on a real server. */
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readCard } from "../../daemon/directory/card.ts";
import { agencyOf } from "../../daemon/directory/pin.ts";
import { addAgency } from "../../daemon/ledger/agencies.ts";
import type { CardRow } from "../../daemon/ledger/tables.ts";
import { openSftp } from "../../daemon/dropbox/sftp.ts";
import { newSshKey, type SshKey } from "../../daemon/dropbox/sshkeys.ts";
import { accountsOf, accountsScript, type AccountHolder } from "../../daemon/entity/accounts.ts";
import { parseAgencyId } from "../../daemon/ids.ts";
import { openLedger } from "../../daemon/ledger/connect.ts";
import { noOpenSsh, type OpenSsh, startOpenSsh } from "../openssh.ts";
import { type Home, initArgs, temporaryFolder } from "./home.ts";
import { errorOf, packetboat, resultOf } from "./terminal.ts";

const [VALLEY, PRAIRIE, CORNERS] = ["2700417", "2700105", "2700012"] as const;
const PEER = "3900000";
const FILES = {
  tool: "root=/srv/packetboat # x",
  sshdConfig: "ChrootDirectory /srv/packetboat",
  steps: "",
};
const PLACE = {
  root: "/srv/packetboat",
  entityId: parseAgencyId("2700000"),
  service: "packetboat",
  quota: { files: 20_000, megabytes: 2000 },
};

const holder = (id: string, changes: Partial<AccountHolder> = {}): AccountHolder => ({
  id: parseAgencyId(id),
  role: "district",
  name: `District ${id}`,
  status: "Participating",
  sshPublicKey: newSshKey("somebody@district.example").publicKey,
  isKeyRevoked: false,
  ...changes,
});

describe("the accounts", () => {
  it("are for those that take part, and have a key of their own", () => {
    const shared = newSshKey("shared").publicKey;
    const accounts = accountsOf([
      holder("2700001"),
      holder("2700002", { status: "TestOnly" }),
      holder("2700003", { status: "Inactive" }),
      holder("2700004", { status: "Closed" }),
      holder("2700005", { sshPublicKey: null }),
      holder("2700006", { sshPublicKey: shared }),
      holder("2700007", { sshPublicKey: shared }),
      holder("2700008", { isKeyRevoked: true }),
    ]);
    expect(accounts.map(({ lockedOut }) => lockedOut)).toEqual([
      null,
      null,
      "status",
      "status",
      "no key",
      "key of another",
      "key of another",
      "revoked",
    ]);
    expect(accounts.map(({ key }) => key === null)).toEqual(
      accounts.map((one) => one.lockedOut !== null),
    );
  });

  it("take the bytes of a key, and nothing else of a card", () => {
    const { publicKey } = newSshKey("$(touch /tmp/x)");
    const [type, blob] = publicKey.split(" ");
    const [account] = accountsOf([holder("2700001", { sshPublicKey: publicKey })]);
    expect(account?.key).toBe(`${type} ${blob}`);
    const bad = [
      `command="x" ${publicKey}`,
      `ssh-rsa ${blob}`,
      `ssh-ed25519 ${"A".repeat(68)}`,
      `ssh-ed25519 ${blob}'`,
      `ssh-ed25519\n${blob}`,
    ];
    for (const sshPublicKey of bad) {
      expect(accountsOf([holder("2700001", { sshPublicKey })])[0]?.lockedOut).toBe("no key");
    }
  });

  it("are listed under names that cannot leave their comment", () => {
    const name = "Exam\nple $(reboot) 'É\u202e`x`";
    const script = accountsScript(accountsOf([holder("2700001", { name })]), PLACE, FILES);
    expect(script).toContain("  # Exam?ple ?(reboot) 'É??x?\n  account 2700001 'ssh-ed25519 ");
  });

  it.each(["root", "", "a b", "-x", "$(x)", "x;y"])(
    "are not for a service called %j",
    (service) => {
      expect(() => accountsScript([], { ...PLACE, service }, FILES)).toThrow("--service-user");
    },
  );
});

describe("the script", () => {
  it("names what the config lets a sender have waiting, and limits those alone that may log in", () => {
    const accounts = accountsOf([holder("2700001"), holder("2700002", { status: "Inactive" })]);
    const quota = { files: 300, megabytes: 40 };
    const script = accountsScript(accounts, { ...PLACE, quota }, FILES);
    expect(script).toContain("quota_files=300\nquota_megabytes=40\n");
    expect(script).toContain("\n  quotas 2700001\n");
    expect(accountsScript([], PLACE, FILES)).toContain("\n  quotas\n");
  });
});

describe("directory accounts", () => {
  it("refuses folders that districts would not find, and a home of a district", async () => {
    await using folder = await temporaryFolder();
    const made = (await resultOf(
      initArgs(join(folder.path, "e"), "2700000", "--role=entity", ...SERVER),
    )) as Home;
    const text = await fs.readFile(made.config, "utf8");
    const accounts = [
      "directory",
      "accounts",
      "--service-user=packetboat",
      "--config",
      made.config,
    ];
    for (const [from, to, sentence] of [
      [
        "/srv/packetboat/boxes",
        "/srv/packetboat/drop",
        "server.boxes cannot be /srv/packetboat/drop",
      ],
      ["/srv/packetboat/boxes", "/srv/pa$x/boxes", "the path must be of plain letters"],
      ["/srv/packetboat/directory", "/srv/dir", "which is /srv/packetboat/directory"],
    ] as const) {
      await fs.writeFile(made.config, text.replace(from, to));
      const error = await errorOf(accounts);
      expect([error.code, error.message]).toEqual([
        "CONFIG_INVALID",
        expect.stringContaining(sentence),
      ]);
    }
    const district = (await resultOf(initArgs(join(folder.path, "d"), PRAIRIE))) as Home;
    expect(await errorOf(["directory", "accounts", "--config", district.config])).toMatchObject({
      code: "ROLE_DIFFERS",
    });
  });
});

const SERVER = [
  "--public-address=sftp://sftp.state.example",
  `--host-key=SHA256:${"k".repeat(43)}`,
];

describe.skipIf(noOpenSsh)("the script of directory accounts", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: OpenSsh;
  let entity: Home;
  const districts = new Map<string, Home>();
  const root = (): string => join(folder.path, "server");

  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await startOpenSsh(root());
    await server.asRoot("useradd", [
      "--system",
      "--user-group",
      "--shell",
      "/usr/sbin/nologin",
      "packetboat",
    ]);
    await server.asRoot("rm", ["/etc/ssh/sshd_config.d/10-packetboat.conf"]);
    entity = (await resultOf(
      initArgs(join(folder.path, "2700000"), "2700000", "--role=entity", ...SERVER),
    )) as Home;
    for (const id of [VALLEY, PRAIRIE, CORNERS]) {
      const home = (await resultOf(initArgs(join(folder.path, id), id))) as Home;
      districts.set(id, home);
      await addCard(home);
    }
  });
  afterAll(async () => {
    await server.close();
    await folder[Symbol.asyncDispose]();
  });

  const addCard = async (home: Home): Promise<void> => {
    const ledger = await openLedger(join(entity.home, "state/ledger.sqlite"));
    const signedCard = await fs.readFile(home.card);
    const at = new Date();
    await addAgency(ledger, agencyOf(await readCard(signedCard, at), { signedCard, at, by: "a" }));
    await ledger.destroy();
  };
  const change = async (id: string, changes: Partial<CardRow>): Promise<void> => {
    const ledger = await openLedger(join(entity.home, "state/ledger.sqlite"));
    await ledger
      .updateTable("agencies")
      .set(changes)
      .where("agency_id", "=", parseAgencyId(id))
      .execute();
    await ledger.destroy();
  };
  const printed = async (service = "packetboat"): Promise<string> => {
    const argv = ["directory", "accounts", `--service-user=${service}`, "--config", entity.config];
    return (await packetboat(argv)).stdout;
  };
  /** What it says of a machine without quotas has a test of its own. */
  const run = async (script: string): Promise<string> =>
    (await server.asRoot("sh", ["-s"], script)).replaceAll(/^# .*\n/gm, "");
  const refusal = async (script: string): Promise<string> => {
    const error: unknown = await run(script).catch((reason: unknown) => reason);
    return error instanceof Error ? String(Reflect.get(error, "stderr")).trim() : "not refused";
  };
  const reread = (): Promise<string> => server.asRoot("pkill", ["-HUP", "-o", "-x", "sshd"]);
  const stat = async (...paths: string[]): Promise<string[]> => {
    const whole = paths.map((path) => join("/srv/packetboat", path));
    return (await server.asRoot("stat", ["--format=%U %G %a", ...whole])).trim().split("\n");
  };
  const login = async (id: string, key?: SshKey, user = `lea${id}`) => {
    const privateKey =
      key?.privateKey ??
      (await fs.readFile(join(districts.get(id)?.home ?? "", "keys/ssh_ed25519"), "utf8"));
    const { host, port, hostKey } = server;
    const address = { kind: "sftp", user, host, port, folder: `/boxes/${id}` } as const;
    return openSftp(address, { privateKey: Buffer.from(privateKey), hostKeys: [hostKey] });
  };
  const mayLogIn = async (id: string, user?: string): Promise<boolean> =>
    login(id, undefined, user).then(
      (harbor) => harbor.close().then(() => true),
      () => false,
    );

  it("makes everything, so that a district logs in; the second time it changes nothing", async () => {
    const script = await printed();
    const said = await run(script);
    await reread();
    expect(said).toContain("/etc/ssh/sshd_config.d/10-packetboat.conf was written\n");
    expect(said).toContain(
      "packetboat owns the box /boxes/2700000 and the directory; start it again",
    );
    expect(said).toContain(`lea${VALLEY} may log in; its box is /boxes/${VALLEY}\n`);
    expect(said).toMatch(/\nNow let sshd read its config again\.\nDone\.\n$/);
    expect(await run(script)).toBe("Nothing to change: all stands as it is listed.\n");
    expect(await printed()).toBe(script);
    expect(
      await stat("", "boxes", "boxes/2700000", "boxes/2700000/test", "directory", "directory/test"),
    ).toEqual([
      "root packetboat-boxes 750",
      "root root 711",
      "packetboat packetboat 3733",
      "packetboat packetboat 3733",
      "packetboat packetboat 755",
      "packetboat packetboat 755",
    ]);
    expect(await stat(`boxes/${VALLEY}`, `boxes/${VALLEY}/test`)).toEqual([
      `lea${VALLEY} lea${VALLEY} 3733`,
      `lea${VALLEY} lea${VALLEY} 3733`,
    ]);
    expect(await server.asRoot("id", ["-nG", "packetboat"])).toBe("packetboat packetboat-boxes\n");
    for (const id of [VALLEY, PRAIRIE, CORNERS]) expect(await mayLogIn(id)).toBe(true);
  });

  it("mends what was changed by hand, and says what", async () => {
    const box = `/srv/packetboat/boxes/${PRAIRIE}`;
    await server.asRoot("chmod", ["0755", box, "/srv/packetboat/directory/test"]);
    await server.asRoot("chmod", ["0777", "/srv/packetboat/directory/test"]);
    const said = await run(await printed());
    expect(said).toBe(
      "packetboat owns the box /boxes/2700000 and the directory; start it again, so that it is of the group packetboat-boxes\n" +
        `lea${PRAIRIE} may log in; its box is /boxes/${PRAIRIE}\nDone.\n`,
    );
    expect(await stat(`boxes/${PRAIRIE}`, "directory/test")).toEqual([
      `lea${PRAIRIE} lea${PRAIRIE} 3733`,
      "packetboat packetboat 755",
    ]);
  });

  it("follows no link that the service has left in its own folder", async () => {
    const test = "/srv/packetboat/directory/test";
    await server.asRoot("rmdir", [test]);
    await server.asRoot("ln", ["-s", "/etc/ssh", test]);
    expect(await refusal(await printed())).toContain("directory/test cannot be made");
    expect(await server.asRoot("stat", ["--format=%U", "/etc/ssh"])).toBe("root\n");
    await server.asRoot("rm", [test]);
    await run(await printed());
    expect(await stat("directory/test")).toEqual(["packetboat packetboat 755"]);
  });

  it("locks out who was suspended, and who is gone; and lets them in again", async () => {
    await change(VALLEY, { status: "Inactive" });
    const suspended = await printed();
    expect(suspended).toContain(
      `# Locked out: ${VALLEY}, District ${VALLEY}: it is listed as Inactive\n`,
    );
    expect(await run(suspended)).toContain(`lea${VALLEY} is locked out`);
    expect(await mayLogIn(VALLEY)).toBe(false);
    expect(await run(suspended)).toMatch(/^Nothing to change/);
    const remaining = suspended
      .replace(/^ {2}# District 2700012\n.*\n/m, "")
      .replace(` ${CORNERS}`, "");
    expect(await run(remaining)).toContain(`lea${CORNERS} is locked out`);
    expect(await mayLogIn(CORNERS)).toBe(false);
    await change(VALLEY, { status: "Participating" });
    await run(await printed());
    expect([await mayLogIn(VALLEY), await mayLogIn(CORNERS), await mayLogIn(PRAIRIE)]).toEqual([
      true,
      true,
      true,
    ]);
  });

  it("lets another state's entity add to boxes, and gives its own to our service, until it is a peer no more", async () => {
    const account = `entity${PEER}`;
    const peer = (await resultOf(
      initArgs(join(folder.path, PEER), PEER, "--role=entity", ...SERVER),
    )) as Home;
    districts.set(PEER, peer);
    await addCard(peer);
    const script = await printed();
    expect(await run(script)).toContain(
      `${account} may log in; what is for its districts is left in /boxes/${PEER}\nDone.\n`,
    );
    expect(await run(script)).toMatch(/^Nothing to change/);
    expect(await stat(`boxes/${PEER}`, `boxes/${PEER}/test`)).toEqual([
      "packetboat packetboat 3733",
      "packetboat packetboat 3733",
    ]);
    {
      await using theirs = await login(PEER, undefined, account);
      await theirs.box(`/boxes/${VALLEY}/test`).deliver("from-abroad", Buffer.from("sealed"));
      const listing = theirs.box(`/boxes/${PEER}/test`).list(() => true);
      await expect(listing[Symbol.asyncIterator]().next()).rejects.toMatchObject({
        code: "BOX_DENIED",
      });
      await using ours = await login(VALLEY);
      const fetched = await ours.box(`/boxes/${VALLEY}/test`).read("from-abroad", { maxBytes: 99 });
      expect(fetched.toString()).toBe("sealed");
      await ours.box(`/boxes/${PEER}/test`).deliver("for-abroad", Buffer.from("sealed too"));
    }
    const left = `/srv/packetboat/boxes/${PEER}/test/for-abroad`;
    const asService = ["--reuid=packetboat", "--regid=packetboat", "--init-groups"];
    expect(await server.asRoot("setpriv", [...asService, "cat", left])).toBe("sealed too");
    await server.asRoot("setpriv", [...asService, "rm", left]);

    await change(PEER, { status: "Inactive" });
    const without = await printed();
    expect(without).toContain(
      `# Locked out: ${PEER}, District ${PEER}: it is listed as Inactive\n`,
    );
    expect(await run(without)).toContain(`${account} is locked out; what was left`);
    expect([await mayLogIn(PEER, account), await mayLogIn(VALLEY)]).toEqual([false, true]);
    expect(await stat(`boxes/${PEER}`)).toEqual(["packetboat packetboat 700"]);
    expect(await run(without)).toMatch(/^Nothing to change/);
    await change(PEER, { status: "Participating" });
    await run(await printed());
    expect(await mayLogIn(PEER, account)).toBe(true);
    expect(await stat(`boxes/${PEER}`)).toEqual(["packetboat packetboat 3733"]);
  });

  it("goes on with the others when one account cannot be made, and fails in the end", async () => {
    await server.asRoot("rm", ["-r", `/srv/packetboat/boxes/${VALLEY}/test`]);
    await server.asRoot("touch", [`/srv/packetboat/boxes/${VALLEY}/test`]);
    await server.asRoot("chmod", ["00700", `/srv/packetboat/boxes/${PRAIRIE}`]);
    const script = await printed();
    const said = await refusal(script);
    expect(said).toContain(`boxes/${VALLEY}/test cannot be made: look what stands there`);
    expect(said).toContain("accounts: some accounts are not as they should be: see above");
    expect(await stat(`boxes/${PRAIRIE}`)).toEqual([`lea${PRAIRIE} lea${PRAIRIE} 3733`]);
    await server.asRoot("rm", [`/srv/packetboat/boxes/${VALLEY}/test`]);
    expect(await run(script)).toMatch(/Done\.\n$/);
  });

  it("refuses an account of a person, or none, for the service", async () => {
    await server.asRoot("useradd", ["--shell", "/bin/sh", "alex"]);
    expect(await refusal(await printed("alex"))).toContain("alex is a person's account");
    expect(await refusal(await printed("nowhere"))).toContain("there is no account 'nowhere'");
    await server.asRoot("userdel", ["alex"]);
  });

  it("does nothing when it was cut off on its way, or is not run by root", async () => {
    const script = await printed();
    await server.asRoot("chmod", ["00700", `/srv/packetboat/boxes/${PRAIRIE}`]);
    for (const length of [500, 1500, script.length - 6]) {
      await run(script.slice(0, length)).catch(() => "");
    }
    expect(await stat(`boxes/${PRAIRIE}`)).toEqual([`lea${PRAIRIE} lea${PRAIRIE} 700`]);
    const others = ["--reuid", "nobody", "--clear-groups", "sh", "-s"];
    await expect(server.asRoot("setpriv", others, script)).rejects.toMatchObject({
      stderr: "accounts: needs root: run it with sudo\n",
    });
    await run(script);
  });

  it("says why sshd would not keep to it", async () => {
    const script = await printed();
    const config = "/etc/ssh/sshd_config";
    const kept = await server.asRoot("cat", [config]);
    for (const [text, sentence] of [
      [`AllowGroups wheel\n${kept}`, "add packetboat-boxes there"],
      ["UsePAM yes\n", "sshd does not read /etc/ssh/sshd_config.d/10-packetboat.conf"],
      [`Nonsense yes\n${kept}`, "sshd finds the fault above in its config"],
    ] as const) {
      await server.asRoot("tee", [config], text);
      expect(await refusal(script)).toContain(sentence);
    }
    await server.asRoot("tee", [config], kept);
    expect(await run(script)).toMatch(/^Nothing to change/);
  });

  it("says once that a machine keeps to no quotas, and how to turn them on", async () => {
    const script = await printed();
    const said = await server.asRoot("sh", ["-s"], script);
    expect(said).toMatch(/^# No quotas here: nothing keeps a district from filling the disk/);
    expect(said.match(/No quotas here/g)).toHaveLength(1);
    for (const word of ["apt-get install quota", "usrquota", "quotaon -u"]) {
      expect(said).toContain(word);
    }
    expect(said).toMatch(/\nNothing to change: all stands as it is listed\.\n$/);
  });

  describe("on a machine with quotas (its tools are stand-ins: the kernel of a test may have none)", () => {
    /** What `setquota` was called with, and what `repquota` tells of it. */
    const limits = (): string => join(folder.path, "limits.csv");
    /** @param state what the kernel does: `on`, `off`, `on (accounting)` */
    const withTools = async (state = "on"): Promise<string> => {
      const tools = join(folder.path, "tools");
      await fs.mkdir(tools, { recursive: true });
      const tool = (name: string, lines: string): Promise<void> =>
        fs.writeFile(join(tools, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 });
      await tool("quotaon", `echo "user quota on $2 (/dev/vda1) is ${state}"`);
      await tool("repquota", `cat ${limits()} 2>/dev/null || :`);
      await tool(
        "setquota",
        `[ "$2" != lea${CORNERS} ] || [ ! -e ${tools}/fails ] || exit 1
        [ -d "$7" ] || exit 1
        echo "$2,ok,ok,8,$3,$4,,2,$5,$6," >>${limits()}`,
      );
      return (await printed()).replace("PATH=", `PATH=${tools}:`);
    };
    const told = (id: string): string => `lea${id} may have 20000 files and 2000 MB waiting\n`;
    beforeEach(() => fs.rm(limits(), { force: true }));

    it("limits what each district may have waiting; the second time it changes nothing", async () => {
      const script = await withTools();
      const all = [CORNERS, PRAIRIE, VALLEY].map(told).join("");
      expect(await server.asRoot("sh", ["-s"], script)).toBe(`${all}Done.\n`);
      expect((await fs.readFile(limits(), "utf8")).split("\n")[0]).toBe(
        `lea${CORNERS},ok,ok,8,0,2048000,,2,0,20000,`,
      );
      expect(await server.asRoot("sh", ["-s"], script)).toMatch(/^Nothing to change/);
    });

    it("follows the config", async () => {
      await server.asRoot("sh", ["-s"], await withTools());
      const script = (await withTools()).replace("quota_files=20000", "quota_files=500");
      const said = await server.asRoot("sh", ["-s"], script);
      expect(said).toContain(`lea${PRAIRIE} may have 500 files and 2000 MB waiting\n`);
    });

    it.each(["off", "on (accounting)"])("limits nobody while they are %s", async (state) => {
      const said = await server.asRoot("sh", ["-s"], await withTools(state));
      expect(said).toMatch(/^# No quotas here/);
      await expect(fs.readFile(limits(), "utf8")).rejects.toThrow("ENOENT");
    });

    it("goes on with the others when one cannot be limited, and fails in the end", async () => {
      const script = await withTools();
      await fs.writeFile(join(folder.path, "tools/fails"), "");
      expect(await refusal(script)).toContain("some accounts are not as they should be");
      expect(await fs.readFile(limits(), "utf8")).toContain(`lea${VALLEY},`);
      await fs.rm(join(folder.path, "tools/fails"));
    });
  });

  it("refuses a folder above the boxes that others may write", async () => {
    await server.asRoot("chmod", ["0777", "/srv"]);
    expect(await refusal(await printed())).toContain(
      "/srv must be root's, and nobody else's to write",
    );
    await server.asRoot("chmod", ["0755", "/srv"]);
  });
});
