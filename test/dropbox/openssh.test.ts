/** What `config/openssh/` promises of a server (PROTOCOL 5), beyond the contract that every drop box keeps. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import { createServer, connect as dial } from "node:net";
import { promisify } from "node:util";
import ssh2 from "ssh2";
import type { Client, ConnectConfig, SFTPWrapper, Stats } from "ssh2";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hostKeyFingerprint, newSshKey } from "../../daemon/dropbox/sshkeys.ts";
import { noOpenSsh } from "../openssh.ts";
import { AGENCIES, OURS, SENDER, THIRD, packetName, refused } from "./contract.ts";
import { type OpenSshYard, openSshYard } from "./yards.ts";
import { until } from "../until.ts";

/** draft-ietf-secsh-filexfer-02, 7 */
const DENIED = { code: 3 };
const FAILURE = { code: 4 };

/** What an account may do on the server, asked for without our own drop box in between. */
class Guest implements AsyncDisposable {
  readonly client: Client;
  readonly sftp: SFTPWrapper;

  constructor(client: Client, sftp: SFTPWrapper) {
    this.client = client;
    this.sftp = sftp;
  }

  async put(path: string, text: string, mode = 0o666): Promise<void> {
    const handle = await this.open(path, "wx", mode);
    const bytes = Buffer.from(text);
    await ask<void>((answer) =>
      this.sftp.write(handle, bytes, 0, bytes.length, 0, (error) => answer(error, undefined)),
    );
    await this.close(handle);
  }

  open(path: string, flags: "r" | "r+" | "w" | "a" | "wx", mode = 0o666): Promise<Buffer> {
    return ask<Buffer>((answer) => this.sftp.open(path, flags, { mode }, answer));
  }

  close(handle: Buffer): Promise<void> {
    return this.#done((answer) => this.sftp.close(handle, answer));
  }

  async get(path: string): Promise<string> {
    const handle = await this.open(path, "r");
    const into = Buffer.alloc(1_000);
    const read = await ask<number>((answer) =>
      this.sftp.read(handle, into, 0, into.length, 0, answer),
    );
    await this.close(handle);
    return into.toString("utf8", 0, read);
  }

  async list(path: string): Promise<string[]> {
    const found = await ask<{ filename: string }[]>((answer) => this.sftp.readdir(path, answer));
    return found.map(({ filename }) => filename).toSorted();
  }

  look = (path: string): Promise<Stats> => ask((answer) => this.sftp.lstat(path, answer));
  rename = (from: string, to: string): Promise<void> =>
    this.#done((answer) => this.sftp.rename(from, to, answer));
  remove = (path: string): Promise<void> => this.#done((answer) => this.sftp.unlink(path, answer));
  makeFolder = (path: string): Promise<void> =>
    this.#done((answer) => this.sftp.mkdir(path, answer));
  removeFolder = (path: string): Promise<void> =>
    this.#done((answer) => this.sftp.rmdir(path, answer));
  symlink = (target: string, path: string): Promise<void> =>
    this.#done((answer) => this.sftp.symlink(target, path, answer));
  change = (path: string, mode: number): Promise<void> =>
    this.#done((answer) => this.sftp.chmod(path, mode, answer));
  cut = (path: string): Promise<void> =>
    this.#done((answer) => this.sftp.setstat(path, { size: 0 }, answer));

  /** An extension of OpenSSH; the server need not offer it to be asked. */
  async extension(name: string, method: string, ...args: unknown[]): Promise<void> {
    const offered: unknown = Reflect.get(this.sftp, "_extensions");
    const call: unknown = Reflect.get(this.sftp, method);
    if (typeof offered !== "object" || offered === null || typeof call !== "function") {
      throw new TypeError(`ssh2 has no ${method} any more`);
    }
    Reflect.set(offered, name, "1");
    await this.#done((answer) => void Reflect.apply(call, this.sftp, [...args, answer]));
  }

  offers(name: string): boolean {
    const offered: unknown = Reflect.get(this.sftp, "_extensions");
    return typeof offered === "object" && offered !== null && Reflect.has(offered, name);
  }

  #done(question: (answer: (error?: Error | null) => void) => void): Promise<void> {
    return ask<void>((answer) => question((error) => answer(error, undefined)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.client, "close");
    this.client.end();
    await closed;
  }
}

const ask = <T>(
  question: (answer: (error: Error | null | undefined, value: T) => void) => void,
): Promise<T> => promisify(question)();

describe.skipIf(noOpenSsh)("a server set up with config/openssh/", () => {
  const open = new AsyncDisposableStack();
  let yard: OpenSshYard;
  let ours: Guest;
  let sender: Guest;
  let third: Guest;
  beforeAll(async () => {
    yard = open.use(await openSshYard());
    // `restrict` before each key is a second lock: here the server's config must hold alone.
    const keyFiles = AGENCIES.map((agency) => `/etc/ssh/packetboat/lea${agency}.pub`);
    await yard.server.asRoot("sed", ["--in-place", "s/^restrict //", ...keyFiles]);
    ours = open.use(await guest(OURS));
    sender = open.use(await guest(SENDER));
    third = open.use(await guest(THIRD));
  });
  afterAll(() => open.disposeAsync());

  const inBox = (agency: string, name = ""): string => `/boxes/${agency}/${name}`;
  const onDisk = (name: string): string => yard.server.boxOnDisk(OURS, name);
  const left = (): Promise<string[]> => fs.readdir(yard.server.boxOnDisk(OURS));

  beforeEach(async () => {
    for (const agency of AGENCIES) {
      for (const name of await fs.readdir(yard.server.boxOnDisk(agency))) {
        if (name !== "test") await fs.rm(yard.server.boxOnDisk(agency, name), { recursive: true });
      }
    }
  });

  /** Logged in, or refused. */
  async function login(agency: string, config: ConnectConfig = {}): Promise<Client> {
    const { host, port, user: username } = yard.addressOf(agency);
    const { privateKey } = yard.keyOf(agency);
    const client = new ssh2.Client();
    const ready = once(client, "ready");
    const sock = dial({ host, port, noDelay: true });
    client.connect({ sock, username, privateKey, ...config });
    await ready;
    client.on("error", () => undefined);
    return client;
  }

  async function guest(agency: string): Promise<Guest> {
    const client = await login(agency);
    return new Guest(client, await ask((answer) => client.sftp(answer)));
  }

  async function refusesLogin(agency: string, config: ConnectConfig): Promise<void> {
    await expect(login(agency, config)).rejects.toMatchObject({ level: "client-authentication" });
  }

  describe("a box", () => {
    it("is listed, read and emptied by its owner", async () => {
      const name = packetName();
      await sender.put(inBox(OURS, name), "sealed");
      expect(await ours.list(inBox(OURS))).toEqual([name, "test"].toSorted());
      expect(await ours.get(inBox(OURS, name))).toBe("sealed");
      await ours.remove(inBox(OURS, name));
      expect(await left()).toEqual(["test"]);
    });

    it("is where its owner begins", async () => {
      expect(await ask((answer) => ours.sftp.realpath(".", answer))).toBe(`/boxes/${OURS}`);
    });

    it("has another beside it for trials, with the same rules", async () => {
      await sender.put(inBox(OURS, "test/trial"), "sealed");
      expect(await ours.list(inBox(OURS, "test"))).toEqual(["trial"]);
      await expect(sender.list(inBox(OURS, "test"))).rejects.toMatchObject(DENIED);
      await expect(third.remove(inBox(OURS, "test/trial"))).rejects.toMatchObject(DENIED);
      await ours.remove(inBox(OURS, "test/trial"));
    });

    it("can be added to by another district, and not listed", async () => {
      await sender.put(inBox(OURS, "letter"), "sealed");
      await expect(sender.list(inBox(OURS))).rejects.toMatchObject(DENIED);
      expect(await left()).toContain("letter");
    });

    it.each<[string, (path: string) => Promise<unknown>]>([
      ["read", (path) => sender.get(path)],
      ["write into", (path) => sender.open(path, "r+")],
      ["write over", (path) => sender.open(path, "w")],
      ["add to", (path) => sender.open(path, "a")],
      ["cut", (path) => sender.cut(path)],
      ["change", (path) => sender.change(path, 0o666)],
      ["remove", (path) => sender.remove(path)],
      ["take away", (path) => sender.rename(path, inBox(SENDER, "taken"))],
      ["give another name to", (path) => sender.rename(path, inBox(OURS, "taken"))],
    ])("holds a file of a third that nobody else can %s, name known", async (_what, attempt) => {
      await third.put(inBox(OURS, "letter"), "sealed");
      await expect(attempt(inBox(OURS, "letter"))).rejects.toMatchObject(DENIED);
      expect((await left()).toSorted()).toEqual(["letter", "test"]);
      expect(await fs.readFile(onDisk("letter"), "utf8")).toBe("sealed");
      expect((await fs.stat(onDisk("letter"))).mode & 0o777).toBe(0o640);
      expect(await fs.readdir(yard.server.boxOnDisk(SENDER))).toEqual(["test"]);
    });

    it("has no file written over, neither by upload nor by rename", async () => {
      await third.put(inBox(OURS, "letter"), "the first");
      await sender.put(inBox(OURS, "another"), "another");
      await expect(sender.put(inBox(OURS, "letter"), "another")).rejects.toMatchObject(FAILURE);
      await expect(
        sender.rename(inBox(OURS, "another"), inBox(OURS, "letter")),
      ).rejects.toMatchObject(FAILURE);
      expect(await fs.readFile(onDisk("letter"), "utf8")).toBe("the first");
    });

    it("gives its group to what comes, which its sender alone may write", async () => {
      await sender.put(inBox(OURS, "letter"), "sealed", 0o777);
      const box = await fs.stat(onDisk(""));
      const letter = await fs.stat(onDisk("letter"));
      const own = await fs.stat(yard.server.boxOnDisk(SENDER));
      expect(letter.mode & 0o7777).toBe(0o750);
      expect({ uid: letter.uid, gid: letter.gid }).toEqual({ uid: own.uid, gid: box.gid });
      await sender.put(inBox(OURS, "usual"), "sealed");
      expect((await fs.stat(onDisk("usual"))).mode & 0o7777).toBe(0o640);
    });

    it("cannot be read where the sender did not let its owner", async () => {
      await sender.put(inBox(OURS, "locked"), "sealed", 0o600);
      await expect(ours.get(inBox(OURS, "locked"))).rejects.toMatchObject(DENIED);
      await ours.remove(inBox(OURS, "locked"));
      expect(await left()).toEqual(["test"]);
    });

    it.each<[string, (own: (name: string) => string) => Promise<unknown>]>([
      ["making a folder", (own) => ours.makeFolder(own("drawer"))],
      ["removing a folder", (own) => ours.removeFolder(own("test"))],
      ["a symbolic link", (own) => ours.symlink("/etc/passwd", own("link"))],
      [
        "a hard link",
        (own) =>
          ours.extension("hardlink@openssh.com", "ext_openssh_hardlink", own("a"), own("link")),
      ],
      [
        "a rename that overwrites",
        (own) =>
          ours.extension("posix-rename@openssh.com", "ext_openssh_rename", own("a"), own("b")),
      ],
      [
        "copying on the server",
        async (own) => {
          const from = await ours.open(own("a"), "r");
          const to = await ours.open(own("b"), "w");
          try {
            await ours.extension("copy-data", "ext_copy_data", from, 0, 0, to, 0);
          } finally {
            await Promise.all([ours.close(from), ours.close(to)]);
          }
        },
      ],
    ])("allows %s not even to its owner", async (_what, attempt) => {
      await ours.put(inBox(OURS, "a"), "a");
      await ours.put(inBox(OURS, "b"), "");
      await expect(attempt((name) => inBox(OURS, name))).rejects.toMatchObject(DENIED);
      expect((await left()).toSorted()).toEqual(["a", "b", "test"]);
      expect(await fs.readFile(onDisk("b"), "utf8")).toBe("");
    });

    it("offers what makes a file durable, and not what it denies", async () => {
      await using fresh = await guest(OURS);
      expect(fresh.offers("fsync@openssh.com")).toBe(true);
      for (const name of ["hardlink@openssh.com", "posix-rename@openssh.com", "copy-data"]) {
        expect(fresh.offers(name)).toBe(false);
      }
    });
  });

  describe("the world outside", () => {
    it.each(["/", "../..", "../../../../..", "/boxes/../.."])("is not behind %s", async (path) => {
      expect(await ours.list(path)).toEqual(["boxes", "directory"]);
    });

    it.each(["/etc/passwd", "../../../../etc/passwd", "/proc/self/environ", "/dev/null"])(
      "shows nothing of %s",
      async (path) => {
        await expect(ours.look(path)).rejects.toMatchObject({ code: 2 });
      },
    );

    it("is not shown who else has a box", async () => {
      await expect(ours.list("/boxes")).rejects.toMatchObject(DENIED);
    });

    it.each(["/stray", "/boxes/stray", "/directory/stray", "/../stray"])(
      "cannot be written to: %s",
      async (path) => {
        await expect(ours.put(path, "x")).rejects.toMatchObject(DENIED);
        await ours.put(inBox(OURS, "own"), "x");
        await expect(ours.rename(inBox(OURS, "own"), path)).rejects.toMatchObject(DENIED);
        await expect(ours.rename(inBox(OURS, "test"), path)).rejects.toMatchObject(DENIED);
      },
    );

    it("keeps the boxes and the root as they are", async () => {
      for (const path of ["/", "/boxes", "/directory", inBox(THIRD)]) {
        await expect(ours.change(path, 0o777)).rejects.toMatchObject(DENIED);
      }
      await expect(ours.rename(inBox(THIRD), inBox(OURS, "x"))).rejects.toMatchObject(DENIED);
      await expect(ours.rename(inBox(OURS), "/boxes/9999999")).rejects.toMatchObject(DENIED);
    });

    it("reads the directory", async () => {
      await yard.server.asRoot("tee", ["/srv/packetboat/directory/directory.xml.pgp"], "signed");
      expect(await third.list("/directory")).toEqual(["directory.xml.pgp"]);
      expect(await third.get("/directory/directory.xml.pgp")).toBe("signed");
    });
  });

  describe("an account", () => {
    it.each(["id", "cat /etc/passwd", "internal-sftp -l DEBUG", "/bin/sh"])(
      "has no shell and runs no command: %s",
      async (command) => {
        const client = await login(THIRD);
        const channel = await ask<ssh2.ClientChannel>((answer) => client.exec(command, answer));
        let said = "";
        channel.on("data", (bytes: Buffer) => (said += bytes.toString()));
        const closed = once(channel, "close");
        channel.end("id\n");
        await closed;
        expect(said.trim()).toBe("This service allows sftp connections only.");
        client.end();
      },
    );

    it("has no terminal", async () => {
      const client = await login(THIRD);
      await expect(ask((answer) => client.exec("id", { pty: true }, answer))).rejects.toThrow();
      client.end();
    });

    it("has one session at a time", async () => {
      await expect(ask((answer) => third.client.sftp(answer))).rejects.toThrow();
    });

    it.each<[string, (client: Client) => Promise<unknown>]>([
      [
        "to a port of the server's network",
        (client) =>
          ask((answer) => client.forwardOut("127.0.0.1", 0, "127.0.0.1", yard.server.port, answer)),
      ],
      [
        "from a port of the server",
        (client) => ask((answer) => client.forwardIn("127.0.0.1", 0, answer)),
      ],
      [
        "to a socket of the server",
        async (client) => {
          const listener = createServer().listen(onDisk("socket"));
          await once(listener, "listening");
          await fs.chmod(onDisk("socket"), 0o777);
          try {
            const path = inBox(OURS, "socket");
            await ask((answer) => client.openssh_forwardOutStreamLocal(path, answer));
          } finally {
            const closed = once(listener, "close");
            listener.close();
            await closed;
          }
        },
      ],
      [
        "from a socket of the server",
        (client) =>
          ask((answer) =>
            client.openssh_forwardInStreamLocal(inBox(OURS, "socket"), (error) =>
              answer(error, undefined),
            ),
          ),
      ],
    ])("forwards nothing %s", async (_what, attempt) => {
      const client = await login(OURS);
      await expect(attempt(client)).rejects.toThrow();
      client.end();
      expect(await left()).toEqual(["test"]);
    });

    it("cannot log in with a password, though it had one", async () => {
      await yard.server.asRoot("chpasswd", [], `lea${OURS}:a password\n`);
      for (const method of ["password", "keyboard-interactive"] as const) {
        const authHandler = [method];
        await refusesLogin(OURS, { password: "a password", tryKeyboard: true, authHandler });
      }
    });

    it("cannot give itself a key", async () => {
      const intruder = newSshKey("intruder");
      const folder = onDisk(".ssh");
      // Its home is its box, where an administrator may have made the usual folder.
      await fs.mkdir(folder);
      const { uid, gid } = await fs.stat(onDisk(""));
      await fs.chown(folder, uid, gid);
      for (const path of ["authorized_keys", ".ssh/authorized_keys"]) {
        await ours.put(inBox(OURS, path), intruder.publicKey);
      }
      await refusesLogin(OURS, { privateKey: intruder.privateKey });
    });

    it("has its keys where only root can write", async () => {
      const listed = await yard.server.asRoot("stat", [
        "--format=%U %G %a %F",
        "/etc/ssh/packetboat",
        `/etc/ssh/packetboat/lea${OURS}.pub`,
      ]);
      expect(listed).toBe("root root 755 directory\nroot root 644 regular file\n");
    });

    it("is named in the log with the key it came with, its own or not", async () => {
      const stranger = newSshKey("stranger");
      await refusesLogin(OURS, { privateKey: stranger.privateKey });
      for (const [verdict, { publicKey }] of [
        ["Accepted", yard.keyOf(OURS)],
        ["Failed", stranger],
      ] as const) {
        const line = `${verdict} publickey for lea${OURS} from 127.0.0.1 port `;
        await until(`${verdict} is logged`, () =>
          yard.server
            .logged()
            .split("\n")
            .some((said) => said.startsWith(line) && said.endsWith(hostKeyFingerprint(publicKey))),
        );
      }
    });
  });

  it("says that it is full, keeps no part of the file, and takes it when there is room", async () => {
    const small = `/srv/packetboat/boxes/${OURS}`;
    const { uid, gid } = await fs.stat(onDisk(""));
    const options = `size=1m,mode=3733,uid=${uid},gid=${gid}`;
    await yard.server.asRoot("mount", ["-t", "tmpfs", "-o", options, "tmpfs", small]);
    await using harbor = await yard.harborOf(SENDER);
    const box = harbor.box(yard.boxOf(OURS));
    const name = packetName();
    const sealed = randomBytes(3_000_000);
    await expect(box.deliver(name, sealed)).rejects.toSatisfy(refused("BOX_FULL"));
    expect(await ours.list(inBox(OURS))).toEqual([]);
    await yard.server.asRoot("umount", [small]);
    expect(await box.deliver(name, sealed)).toBe("delivered");
  });

  it("greets sixty that come at once, before any has logged in", async () => {
    const sockets = Array.from({ length: 60 }, () =>
      dial({ host: yard.server.host, port: yard.server.port }),
    );
    const greetings = await Promise.all(
      sockets.map(async (socket) => {
        const heard = await Promise.race([once(socket, "data"), once(socket, "close")]);
        return String(heard[0]);
      }),
    );
    for (const socket of sockets) socket.destroy();
    expect(greetings.filter((text) => text.startsWith("SSH-2.0-"))).toHaveLength(60);
  });
});
