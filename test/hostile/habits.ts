/**
 * Bad habits of a server, each small and by itself: `server.behave(HABITS[...])`. How an exchange ends with each, and
 * that the next one with an honest server mends everything, is in `exchange.test.ts`.
 */
import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import type { Attributes, Served } from "../../daemon/dropbox/served.ts";
import { newSshKey } from "../../daemon/dropbox/sshkeys.ts";
import ssh2 from "ssh2";
import { type Asked, type Habit, sftpPacket, text, u32, u64 } from "./server.ts";

const TYPE = { status: 101, handle: 102, data: 103, name: 104, attrs: 105 };
const FILE = 0o100640;
/** So many questions are never asked in a session: who answers one of these answers none, however late it is read. */
const FAR_AHEAD = 1_000_000;
const NOW = (): number => Math.floor(Date.now() / 1000);

const attributes = (more: Partial<Attributes> = {}): Attributes => ({
  mode: FILE,
  uid: 1000,
  gid: 1000,
  size: 10,
  atime: NOW(),
  mtime: NOW(),
  links: 1,
  ...more,
});

/** Size, owner, permissions and times, on the wire. */
const wireAttributes = ({ size = 10n, mode = FILE, mtime = NOW() } = {}): Buffer =>
  Buffer.concat([u32(15), u64(size), u32(0), u32(0), u32(mode), u32(mtime), u32(mtime)]);

const status = (id: number, code: number, words = ""): Buffer =>
  sftpPacket(TYPE.status, id, u32(code), text(words), text(""));

const named = (id: number, ...names: readonly (Buffer | string)[]): Buffer =>
  sftpPacket(
    TYPE.name,
    id,
    u32(names.length),
    ...names.flatMap((name) => [text(name), text("-rw-r----- 1 0 0"), wireAttributes()]),
  );

/** To these requests it answers like this; to all others honestly. */
const to =
  (
    what: string | readonly string[],
    answer: (asked: Asked) => void,
  ): NonNullable<Habit["answers"]> =>
  (asked) => {
    if (![what].flat().includes(asked.what)) return false;
    answer(asked);
    return true;
  };

/** The first listing of a folder is this, and then it ends. */
const listing = (...names: readonly (Buffer | string)[]): NonNullable<Habit["answers"]> => {
  let isGiven = false;
  return to("READDIR", ({ id, send }) => {
    send(isGiven ? status(id, 1) : named(id, ...names));
    isGiven = !isGiven;
  });
};

let sequence = 0;
const packetName = (from = "3900417"): string =>
  `${from}_2700105_${String(++sequence).padStart(9, "0")}_${randomBytes(8).toString("hex")}.xml.pgp`;

/** Files are listed and looked at with other attributes than they have. */
const lying =
  (lie: (found: Attributes) => Attributes): NonNullable<Habit["files"]> =>
  (files) => ({
    look: async (path) => (path.endsWith(".pgp") ? lie(await files.look(path)) : files.look(path)),
    async *list(path) {
      for await (const batch of files.list(path)) {
        yield batch.map(({ name, attributes: found }) => ({
          name,
          attributes: name.endsWith(".pgp") ? lie(found) : found,
        }));
      }
    },
  });

const isSealed = (path: string): boolean => /\.(?:xml|att)\.pgp$/.test(path);

/** Packets give other bytes than they have. */
const reading =
  (
    read: (file: FileHandle, into: Buffer, position: number, length: number) => Promise<number>,
  ): NonNullable<Habit["files"]> =>
  (files) => ({
    open: async (path, how) => {
      const file = await files.open(path, how);
      if (how.write || !isSealed(path)) return file;
      const before = file.read.bind(file) as unknown as (
        ...given: unknown[]
      ) => Promise<{ bytesRead: number }>;
      const honest = {
        read: async (into: Buffer, _: number, length: number, position: number) =>
          (await before(into, 0, length, position)).bytesRead,
      } as unknown as FileHandle;
      return Object.assign(file, {
        read: async (into: Buffer, _: number, length: number, position: number) => ({
          bytesRead: await read(honest, into, position, length),
          buffer: into,
        }),
      });
    },
  });

const honestly = (file: FileHandle, into: Buffer, position: number, length: number) =>
  file.read(into, 0, length, position) as unknown as Promise<number>;

/** As a real one says it whenever something cannot be done. */
const failure = (code = "EIO"): Error => Object.assign(new Error(code), { code });

const SHOUT = `\u001b[2J\u001b]0;owned\u0007<script>alert(1)</script>\r\nFAKE LINE \u202e${"A".repeat(200_000)}`;

/** Who has our server's public key, as everybody may, and signs with a secret of its own. */
function stolenKey(publicKeyOf: () => Buffer): object {
  const own = ssh2.utils.parseKey(newSshKey("thief").privateKey);
  if (own instanceof Error) throw own;
  return new Proxy(own, {
    get: (key, name) => {
      if (name === "getPublicSSH") return publicKeyOf;
      const value: unknown = Reflect.get(key, name, key);
      return typeof value === "function" ? (value.bind(key) as unknown) : value;
    },
  });
}

/** How each is told apart; what becomes of it is beside it in the tests. */
export const HABITS = {
  // Listings.
  "lists the same files for ever": {
    files: () => {
      const batch = Array.from({ length: 100 }, () => ({
        name: packetName(),
        attributes: attributes(),
      }));
      return {
        async *list() {
          for (;;) yield batch;
        },
      };
    },
  },
  "lists ever new files for ever": {
    files: () => ({
      async *list() {
        for (;;) {
          yield Array.from({ length: 100 }, () => ({
            name: packetName(),
            attributes: attributes(),
          }));
        }
      },
    }),
  },
  "lists ever new files of ever new owners for ever": {
    files: () => {
      let uid = 0;
      return {
        async *list() {
          for (;;) {
            yield Array.from({ length: 100 }, () => ({
              name: packetName(),
              attributes: attributes({ uid: ++uid }),
            }));
          }
        },
      };
    },
  },
  "lists nothing for ever, and never says that it is all": {
    answers: to("READDIR", ({ id, send }) => send(named(id))),
  },
  "lists one name in a while, for ever": {
    answers: to("READDIR", ({ id, send }) => {
      setTimeout(() => send(named(id, packetName())), 100);
    }),
  },
  "lists names that lead elsewhere, or are none": {
    answers: listing(
      "../escape",
      "/etc/passwd",
      "..",
      "",
      "a/../../b",
      "..\\escape",
      "C:\\x",
      "nul\0name",
      "new\nline",
      "-rf",
      ".hidden",
      "x".repeat(300),
      "\u202egpj.exe",
      "3900417_2700105_000000001_0123456789ABCDEF.xml.pgp",
      "3900417_2700105_000000001_0123456789abcdef.XML.PGP",
      "3900417_2700105_000000001_0123456789abcdef.xml.pgp\n",
      "../3900417_2700105_000000001_0123456789abcdef.xml.pgp",
      Buffer.from([0xff, 0xfe, 0x2f, 0x80]),
    ),
  },
  "lists a name of 100,000 letters": { answers: listing("x".repeat(100_000)) },
  "lists four billion names in one answer": {
    answers: to("READDIR", ({ id, send }) => {
      send(sftpPacket(TYPE.name, id, u32(0xffff_ffff), text("a"), text(""), wireAttributes()));
    }),
  },
  "lists lines that are no listing": {
    answers: to("READDIR", ({ id, send }) => {
      const line = text(`-rw-r----- ${"9".repeat(50_000)} \u001b[31m`);
      send(sftpPacket(TYPE.name, id, u32(1), text(packetName()), line, wireAttributes()));
    }),
  },

  // What it says of files.
  "says of packets that they have no bytes": { files: lying((found) => ({ ...found, size: 0 })) },
  "says of packets that they have 2^53 bytes": {
    files: lying((found) => ({ ...found, size: Number.MAX_SAFE_INTEGER })),
  },
  "says of packets that they have 2^64 - 1 bytes": {
    answers: sizes(2n ** 64n - 1n),
  },
  "says of packets that they have too few bytes": {
    files: lying((found) => ({ ...found, size: Math.max(found.size - 7, 0) })),
  },
  "says of packets that they have too many bytes": {
    files: lying((found) => ({ ...found, size: found.size + 7 })),
  },
  "says of packets that they are of another age": {
    files: lying((found) => ({ ...found, mtime: 0xffff_ffff, atime: 0xffff_ffff })),
  },
  "says of packets that they were changed just now, whenever it is asked": {
    files: (() => {
      let at = NOW();
      return lying((found) => ({ ...found, mtime: ++at }));
    })(),
  },
  "says of packets that they are folders": {
    files: lying((found) => ({ ...found, mode: 0o040755 })),
  },
  "says of packets that they are pipes": {
    files: lying((found) => ({ ...found, mode: 0o010644 })),
  },
  "says of packets that they are links": {
    files: lying((found) => ({ ...found, mode: 0o120777 })),
  },
  "says nothing of any file": {
    answers: to(["LSTAT", "STAT", "FSTAT"], ({ id, send }) =>
      send(sftpPacket(TYPE.attrs, id, u32(0))),
    ),
  },
  "says of packets that they have two names": {
    files: lying((found) => ({ ...found, links: 2 })),
  },
  "lists files that nobody finds": {
    answers: listing(packetName(), packetName(), packetName(), packetName()),
  },

  // Reading.
  "gives more bytes than it was asked for": {
    answers: to("READ", ({ id, send, given }) =>
      send(sftpPacket(TYPE.data, id, text(Buffer.alloc(Number(given[2]) + 1000)))),
    ),
  },
  "gives nothing, again and again": {
    answers: to("READ", ({ id, send }) => send(sftpPacket(TYPE.data, id, text("")))),
  },
  "gives one byte at a time": { files: reading((file, into, at) => honestly(file, into, at, 1)) },
  "gives one byte in a while": {
    files: reading(async (file, into, at) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return honestly(file, into, at, 1);
    }),
  },
  "gives bytes behind the end for ever": {
    files: reading(async (_file, into, _at, length) => into.fill(65).length && length),
  },
  "gives other bytes each time": {
    files: (() => {
      let times = 0;
      return reading(async (file, into, at, length) => {
        const read = await honestly(file, into, at, length);
        if (read > 0) into[read - 1] = (into[read - 1] ?? 0) ^ (1 + (times++ % 255));
        return read;
      });
    })(),
  },
  "gives all bytes from the beginning": {
    files: reading((file, into, _at, length) => honestly(file, into, 0, length)),
  },
  "never opens a file": { answers: to("OPEN", () => undefined) },
  "opens files under names of a megabyte": {
    answers: to("OPEN", ({ id, send }) =>
      send(sftpPacket(TYPE.handle, id, text("h".repeat(1_000_000)))),
    ),
  },
  "opens files under names of 100,000 bytes": {
    answers: to("OPEN", ({ id, send }) =>
      send(sftpPacket(TYPE.handle, id, text("h".repeat(100_000)))),
    ),
  },

  // Doing.
  "says it renamed, and did not": { files: () => ({ rename: async () => undefined }) },
  "renames, and says it did not": {
    files: (files: Served) => ({
      rename: async (from, to_) => {
        await files.rename(from, to_);
        throw failure();
      },
    }),
  },
  "says it deleted, and did not": { files: () => ({ remove: async () => undefined }) },
  "deletes, and says it did not": {
    files: (files: Served) => ({
      remove: async (path) => {
        await files.remove(path);
        throw failure();
      },
    }),
  },
  "says it wrote, and did not": {
    files: (files: Served) => ({
      open: async (path, how) => {
        const file = await files.open(path, how);
        if (how.write) Object.assign(file, { write: async () => ({ bytesWritten: 0 }) });
        return file;
      },
    }),
  },

  // Words.
  "shouts whenever it refuses": {
    answers: to(["OPEN", "READDIR", "LSTAT"], ({ id, send }) => send(status(id, 4, SHOUT))),
  },
  "gives a number of failure that there is not": {
    answers: to(["OPEN", "READDIR", "LSTAT"], ({ id, send }) => send(status(id, 4_000_000_000))),
  },
  "says done to every question": {
    answers: to(["OPEN", "READDIR", "LSTAT", "OPENDIR", "READ"], ({ id, send }) =>
      send(status(id, 0)),
    ),
  },
  "answers what nobody asked": {
    answers: to("LSTAT", ({ id, send }) => {
      for (let other = 1; other < 200; other++) send(status(id + FAR_AHEAD + other, 0));
      send(sftpPacket(TYPE.handle, id, text("handle")));
    }),
  },
  "sends a packet larger than any may be": {
    answers: to("LSTAT", ({ send }) => send(u32(0x7fff_ffff), Buffer.alloc(100))),
  },
  "sends a packet of less than no bytes": {
    answers: to("LSTAT", ({ send }) => send(u32(0xffff_ffff), Buffer.alloc(100))),
  },
  "sends an empty packet": { answers: to("LSTAT", ({ send }) => send(u32(0), Buffer.alloc(100))) },
  "sends bytes that mean nothing": {
    answers: to("LSTAT", ({ send }) => send(randomBytes(1000))),
  },
  "closes the session at each question": { answers: to("LSTAT", ({ hangUp }) => hangUp()) },
  "never answers": { answers: () => true },

  // Before the login.
  "asks for a password": {
    authenticates: (attempt) => attempt.reject(["password", "keyboard-interactive"]),
  },
  "lets nobody in, and never says so": { authenticates: () => undefined },
  "greets without an end": {
    raw: (socket) => {
      const more = (): void => {
        while (!socket.destroyed && socket.write(`${"A".repeat(1000)}\r\n`));
        if (!socket.destroyed) socket.once("drain", more);
      };
      more();
    },
  },
  "greets in one line without an end": {
    raw: (socket) => {
      const more = (): void => {
        while (!socket.destroyed && socket.write("A".repeat(60_000)));
        if (!socket.destroyed) socket.once("drain", more);
      };
      more();
    },
  },
  "speaks an older protocol": { raw: (socket) => void socket.write("SSH-1.5-old\u001b[2J\r\n") },
  "shows a banner of a megabyte": { ssh: { banner: SHOUT.repeat(5) } },
  "calls itself what a terminal obeys": { ssh: { ident: "x\u001b[2J\u0007" } },
  "shows another key of the right kind": { ssh: { hostKeys: [newSshKey("another").privateKey] } },
  "shows our server's key, and has not its secret": { stolenKey: stolenKey },
  "offers only SHA-1 for the key exchange": {
    ssh: { algorithms: { kex: ["diffie-hellman-group1-sha1", "diffie-hellman-group14-sha1"] } },
  },

  // Beside the session.
  "opens channels to us": {
    welcomes: (connection) => {
      connection.forwardOut("127.0.0.1", 22, "127.0.0.1", 22, () => undefined);
      connection.x11("127.0.0.1", 6000, () => undefined);
      connection.openssh_forwardOutStreamLocal("/run/agent", () => undefined);
    },
  },
  "asks without an end, and never listens": { answers: to("OPENDIR", ({ flood }) => flood()) },
} satisfies Record<string, Habit>;

/** The sizes of all files, on the wire: a number in memory could not hold them. */
function sizes(size: bigint): NonNullable<Habit["answers"]> {
  const name = packetName();
  let isGiven = false;
  return (asked) => {
    const { what, id, send } = asked;
    if (what === "LSTAT") send(sftpPacket(TYPE.attrs, id, wireAttributes({ size })));
    else if (what === "READDIR") {
      const entry = [text(name), text(""), wireAttributes({ size })];
      send(isGiven ? status(id, 1) : sftpPacket(TYPE.name, id, u32(1), ...entry));
      isGiven = !isGiven;
    } else return false;
    return true;
  };
}
